package activities

import (
	"slices"
	"strconv"

	"wutong/activities/mail"
	"wutong/station"
	"wutong/station/locale"
)

// ofTheOffice says what only mails of an ambassador's office speak of. A mail that
// repeats nobody's reason, though it should say why, says what the case does.
func (p *Post) ofTheOffice(d *mail.Data, l station.Letter) {
	if l.Case.Kind != station.Ambassador {
		return
	}
	d.Talent = "" // the ambassador: it is they who are written to
	d.Institution = l.Institution.In(l.Language)
	if why, ok := unsaid[l.Template]; ok && d.Reason == "" {
		d.Reason = locale.T(l.Language, "reason."+string(why))
	}
	if l.Appointment == nil {
		return
	}
	d.LetterNumber, d.Institution = l.Appointment.Number, l.Appointment.Institution.In(l.Language) // theirs, though another was asked for
	d.Since, d.Until = locale.Date(l.Language, l.Appointment.From), locale.Date(l.Language, l.Appointment.Until)
	if l.Record.Made > 0 {
		d.Made, d.Counted = strconv.Itoa(l.Record.Made), strconv.Itoa(l.Record.Accepted)
	}
	if slices.Contains(withLetter, l.Template) {
		d.Link = p.PublicURL + "/v1/letters/" + l.Appointment.Code
	}
}

// withLetter are the mails that show a letter of appointment.
var withLetter = []station.Template{
	station.MailAmbassadorAppointed, station.MailAmbassadorRenewed, station.MailAmbassadorReinstated, station.MailAmbassadorTransferred,
}

// unsaid are why mails are sent that repeat somebody's reason, where there is none.
var unsaid = map[station.Template]station.Reason{
	station.MailAmbassadorRevoked: station.ReasonRevoked,
	station.MailAmbassadorNotTied: station.ReasonNotDecided, // an officer would have said why
}

// ofTheSettlement says what only mails of a settlement, and of its services, speak
// of.
func ofTheSettlement(d *mail.Data, l station.Letter) {
	if l.Manager != nil {
		d.Manager, d.ManagerEmail = l.Manager.Name, l.Manager.Email
	}
	d.Service, d.Provider, d.Branch = l.Service.In(l.Language), l.Provider.In(l.Language), l.Branch.In(l.Language)
	d.Services, d.Papers = inAll(l.Language, l.Services), inAll(l.Language, l.Papers)
	d.GivenBefore = l.Renews
	if l.Template == station.MailSettlementTrouble { // a provider's own words may name anybody
		d.Reason = ""
		if l.Reason != "" {
			d.Reason = locale.T(l.Language, "reason."+string(l.Reason))
		}
	}
}

// inAll are texts in a language.
func inAll(lang station.Language, texts []station.Text) []string {
	list := make([]string, len(texts))
	for i, t := range texts {
		list[i] = t.In(lang)
	}
	return list
}
