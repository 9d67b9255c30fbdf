package activities

import (
	"strconv"
	"time"

	"wutong/activities/mail"
	"wutong/station"
	"wutong/station/locale"
)

// templateOf is the template that a letter is written by. What the hub and the
// office ask by a mailed link they ask by mails of their own, and so does a provider
// who asks: a reminder says the same once more.
func templateOf(l station.Letter) station.Template {
	switch {
	case l.Task == nil:
		return l.Template
	case l.Case.Kind == station.Angel && l.Template == station.MailConsentReminder:
		return station.MailAngelInvited
	case l.Case.Kind == station.Angel && l.Template == station.MailApplicantReminder && l.Task.Kind == station.TaskVoucher:
		return station.MailAngelVouch
	case l.Case.Kind == station.Ambassador && l.Template == station.MailConsentReminder:
		return station.MailAmbassadorNominated
	case l.Case.Kind == station.ServiceKind && (l.Template == station.MailInquiry || l.Template == station.MailInquiryReminder):
		return station.MailServiceInquiry
	default:
		return l.Template
	}
}

// ofTheHub says what only mails of the hub and its rounds speak of.
func ofTheHub(d *mail.Data, l station.Letter) {
	if l.Case.Kind == station.Angel && templateOf(l) != station.MailAngelVouch {
		d.Talent = "" // it is they who are written to, or nobody is to be named
	}
	d.Project, d.Company = l.Project, l.Company
	if l.Position > 0 {
		d.Position = strconv.Itoa(l.Position)
	}
	if l.Match.Fen > 0 {
		d.Match = locale.Money(l.Language, l.Match)
	}
	if l.Since != nil {
		d.Since = locale.Date(l.Language, *l.Since)
	}
	if l.Until != nil {
		d.Until = locale.Date(l.Language, *l.Until)
	}
	if l.Times == nil {
		return
	}
	d.Dates = timetable(l.Language, *l.Times)
	d.When = locale.Moment(l.Language, l.Times.PitchesAt)
	if phase, due := phaseOf(l); !due.IsZero() {
		d.Stage, d.Due = locale.T(l.Language, "stage."+string(phase)), locale.Moment(l.Language, due)
	}
}

// phaseOf is the phase that a mail of a round is about, and when it ends: to the
// minute, not to the day.
func phaseOf(l station.Letter) (phase station.Stage, ends time.Time) {
	switch l.Template {
	case station.MailRoundScreening:
		phase = station.StageScreening
	case station.MailRoundPitches:
		phase = station.StagePitches
	case station.MailRoundDeliberation:
		phase = station.StageDeliberation
	case station.MailRoundReminder, station.MailPitchTwoLeads:
		phase = l.Case.Stage
		if l.Task != nil {
			phase = l.Task.Stage
		}
	default:
	}
	return phase, l.Times.Ends(phase)
}

// timetable writes a round's times, a line each.
func timetable(lang station.Language, t station.Timetable) []string {
	colon := "："
	if lang == station.English {
		colon = ": "
	}
	var lines []string
	for _, at := range []struct {
		key string
		time.Time
	}{
		{"link.field.times.callOpens", t.CallOpens},
		{"link.field.times.callCloses", t.CallCloses},
		{"link.field.times.screeningCloses", t.ScreeningCloses},
		{"link.field.times.pitchesAt", t.PitchesAt},
		{"link.field.times.scoresClose", t.ScoresClose},
		{"link.field.times.deliberationCloses", t.DeliberationCloses},
	} {
		lines = append(lines, locale.T(lang, at.key)+colon+locale.Moment(lang, at.Time))
	}
	return lines
}
