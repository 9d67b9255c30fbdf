package activities

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"wutong/station"
)

// roundTimes are a round's times, a day or more apart.
func roundTimes() *station.Timetable {
	day := func(month time.Month, d int) time.Time { return time.Date(2026, month, d, 6, 30, 0, 0, time.UTC) }
	return &station.Timetable{
		CallOpens: day(time.March, 2), CallCloses: day(time.March, 20), ScreeningCloses: day(time.April, 3),
		PitchesAt: day(time.April, 15), ScoresClose: day(time.April, 16), DeliberationCloses: day(time.April, 23),
	}
}

// roundLetter is a letter about a round, or about a project in it, as the store
// would gather it.
func roundLetter(kind station.Kind, template station.Template) station.Letter {
	l := station.Letter{
		Notice: "n", Template: template, Language: station.English, To: "a@example.com", ToName: "Mira Castell", Referrer: "叶子衿",
		Case:      station.Case{Number: "HZ-ROUND-2026-000003", Kind: kind, Stage: station.StageScreening},
		Programme: station.Programme{Name: station.Text{Zh: "2026年春季路演", En: "Spring round 2026"}},
		Times:     roundTimes(),
	}
	if kind == station.Pitch {
		l.Case.Number, l.Project, l.Company = "HZ-PITCH-2026-000011", "Tactile skins", "杭州触感机器人有限公司"
		l.Amount, l.Match = station.Money{Fen: 80_000_000, Currency: station.CNY}, station.Money{Fen: 16_000_000, Currency: station.CNY}
	}
	return l
}

func TestMessage_OfARoundTellsItsTimetable(t *testing.T) {
	l := roundLetter(station.Round, station.MailRoundMoved)
	text := write(t, l).Text
	for _, line := range []string{
		"Call opens: Mon 2 Mar 2026, 14:30 (China time)", "Call closes: Fri 20 Mar 2026", "Screening closes: Fri 3 Apr 2026",
		"Pitches begin: Wed 15 Apr 2026", "Scores close: Thu 16 Apr 2026", "Deliberation closes: Thu 23 Apr 2026",
	} {
		assert.Contains(t, text, "  - "+line)
	}
	l.Language = station.Chinese
	assert.Contains(t, write(t, l).Text, "  - 现场路演：2026年4月15日（星期三）14:30\n")
}

func TestMessage_OfAPhaseSaysWhenItEnds(t *testing.T) {
	for template, want := range map[station.Template]string{
		station.MailRoundScreening:    "Screen by: Fri 3 Apr 2026, 14:30 (China time)",
		station.MailRoundPitches:      "Score by: Thu 16 Apr 2026, 14:30 (China time)",
		station.MailRoundDeliberation: "Decide by: Thu 23 Apr 2026, 14:30 (China time)",
		station.MailRoundReminder:     "Phase: Screening\nEnds: Fri 3 Apr 2026, 14:30 (China time)",
	} {
		assert.Contains(t, write(t, roundLetter(station.Round, template)).Text, want, template)
	}
	l := roundLetter(station.Round, station.MailRoundReminder)
	l.Task = &station.Task{Kind: station.TaskPhase, Stage: station.StageDeliberation}
	assert.Contains(t, write(t, l).Text, "Phase: Deliberation\nEnds: Thu 23 Apr 2026", "the phase whose task it is")
}

func TestMessage_ToATeamSaysWhereItsProjectStands(t *testing.T) {
	l := roundLetter(station.Pitch, station.MailPitchWaiting)
	l.Position = 3
	assert.Contains(t, write(t, l).Text, "Project: Tactile skins\nCase number: HZ-PITCH-2026-000011\nPlace on the list: 3\nPitches: Wed 15 Apr 2026")
	l.Template = station.MailPitchRunning
	assert.Equal(t, "Your place in the running order: 3 (HZ-PITCH-2026-000011)", write(t, l).Subject)

	due := time.Date(2026, time.May, 23, 10, 0, 0, 0, time.UTC)
	l.Template, l.Due = station.MailPitchSyndicate, &due
	assert.Contains(t, write(t, l).Text, "Committed: CNY 800,000.00\nMatch of the fund: CNY 160,000.00\nClose by: 23 May 2026\n")
	l.Match.Fen = 0
	assert.NotContains(t, write(t, l).Text, "fund", "there is no match")

	l.Template, l.Reason = station.MailPitchEnded, station.ReasonNoSeat
	assert.Contains(t, write(t, l).Text, "> The round had no seat left.")
	l.Template, l.Words.Reason = station.MailPitchFeedback, "Show the second customer."
	assert.Contains(t, write(t, l).Text, "> Show the second customer.")
}

func TestMessage_ToTwoWhoWouldLeadSaysUntilWhenTheyCanChangeTheirMinds(t *testing.T) {
	l := roundLetter(station.Pitch, station.MailPitchTwoLeads)
	due := time.Date(2026, time.May, 29, 10, 0, 0, 0, time.UTC)
	l.Due, l.Task = &due, &station.Task{Kind: station.TaskCommitment, Stage: station.StageDeliberation}
	assert.Contains(t, write(t, l).Text, "Decide by: Thu 23 Apr 2026, 14:30 (China time)", "as the timetable is now")
	l.Task.Stage = station.StageRefill
	assert.Contains(t, write(t, l).Text, "Decide by: 29 May 2026\n", "no phase of the round")
}

// Who reads an angel's mail over their shoulder learns of no project.
func TestMessage_ToAnAngelNamesNoProject(t *testing.T) {
	for _, template := range []station.Template{station.MailPitchMember, station.MailPitchTwoLeads, station.MailPitchRefill, station.MailTask, station.MailTaskReminder} {
		for _, lang := range []station.Language{station.Chinese, station.English} {
			l := roundLetter(station.Pitch, template)
			l.Language, l.Task = lang, &station.Task{Kind: station.TaskReview, Stage: station.StageScreening}
			r := write(t, l)
			for _, secret := range []string{"Tactile", "触感", "800,000", "160,000", "叶子衿"} {
				assert.NotContains(t, r.Subject+r.Text+r.HTML, secret, "%s in %s", template, lang)
			}
			assert.Contains(t, r.Text, l.Programme.Name.In(lang))
		}
	}
}

func TestMessage_OfAnAdmissionIsForWhoReadsIt(t *testing.T) {
	since, until := time.Date(2026, time.March, 1, 0, 0, 0, 0, station.ChinaTime), time.Date(2028, time.February, 29, 0, 0, 0, 0, station.ChinaTime)
	l := station.Letter{
		Notice: "n", Template: station.MailAngelAdmitted, Language: station.English, To: "a@example.com", ToName: "Mira Castell",
		Talent: "骆云深", Referrer: "叶子衿", Case: station.Case{Number: "HZ-ANGEL-2026-000002", Kind: station.Angel},
		Since: &since, Until: &until,
	}
	assert.Contains(t, write(t, l).Text, "Term begins: 1 Mar 2026\nTerm ends: 29 Feb 2028\n")
	l.Template, l.Language = station.MailAngelVote, station.Chinese
	assert.NotContains(t, write(t, l).Text, "骆云深", "the members are written to about nobody")

	l.Template, l.Reason = station.MailAngelDeclined, station.ReasonVotedDown
	assert.Contains(t, write(t, l).Text, "> 会员表决未获过半数赞成。")
}

func TestMessage_OfAnInquiryToWhoAppliesIsAboutThem(t *testing.T) {
	l := station.Letter{
		Notice: "n", Template: station.MailInquiry, Language: station.English, To: "a@example.com", ToName: "骆云深", Talent: "骆云深", Referrer: "骆云深",
		Case: station.Case{Number: "HZ-ANGEL-2026-000002", Kind: station.Angel}, Words: station.Body{Question: "Which year?"},
	}
	text := write(t, l).Text
	assert.Contains(t, text, "Your case is being checked.")
	assert.NotContains(t, text, "Your referral")
}

func TestMessage_ThatRemindsByALinkSaysTheSameAgain(t *testing.T) {
	l := station.Letter{Template: station.MailConsentReminder, Case: station.Case{Kind: station.Angel}, Task: &station.Task{Kind: station.TaskConsent}}
	assert.Equal(t, station.MailAngelInvited, templateOf(l))
	l.Template, l.Task.Kind = station.MailApplicantReminder, station.TaskVoucher
	assert.Equal(t, station.MailAngelVouch, templateOf(l))
	l.Task.Kind = station.TaskEvidence
	assert.Equal(t, station.MailApplicantReminder, templateOf(l), "done by who has signed in")
	l.Case.Kind, l.Template, l.Task.Kind = station.Referral, station.MailConsentReminder, station.TaskConsent
	assert.Equal(t, station.MailConsentReminder, templateOf(l))
}
