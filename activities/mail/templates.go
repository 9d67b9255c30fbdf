package mail

import (
	"embed"
	"fmt"
	htmltemplate "html/template"
	"maps"
	"slices"
	"sync"
	"text/template"
)

// needs lists the templates and, for each, the data without which the mail would be worthless.
var needs = map[string][]string{
	"accepted":                 nil,
	"accepted_referrer":        nil,
	"ambassador_appointed":     nil,
	"ambassador_declined":      {"Reason"},
	"ambassador_ended":         nil,
	"ambassador_nominated":     {"Link"},
	"ambassador_not_tied":      {"Reason"},
	"ambassador_reinstated":    nil,
	"ambassador_renewed":       nil,
	"ambassador_resigned":      nil,
	"ambassador_revoked":       {"Reason"},
	"ambassador_thanked":       nil,
	"ambassador_transferred":   nil,
	"ambassador_unwilling":     {"Reason"},
	"ambassador_withdrawn":     nil,
	"angel_admitted":           nil,
	"angel_declined":           {"Reason"},
	"angel_ended":              {"Reason"},
	"angel_invited":            {"Link"},
	"angel_proof":              nil,
	"angel_reinstated":         nil,
	"angel_renewed":            nil,
	"angel_suspended":          nil,
	"angel_uninvited":          {"Reason"},
	"angel_vote":               nil,
	"angel_vouch":              {"Link"},
	"angel_withdrawn":          nil,
	"appeal_dismissed":         {"Reason"},
	"appeal_granted":           nil,
	"applicant_task_reminder":  {"TaskTitle"},
	"consent":                  {"Link"},
	"consent_refused_referrer": nil,
	"consent_reminder":         {"Link"},
	"declined":                 {"Reason"},
	"declined_referrer":        {"Reason"},
	"defence_called":           {"When", "Place"},
	"evidence_asked":           nil,
	"evidence_returned":        {"Reason"},
	"grant_completed":          nil,
	"grant_declined":           {"Reason"},
	"grant_ineligible":         {"Reason"},
	"grant_lapsed":             {"Reason"},
	"grant_shown":              {"Amount"},
	"grant_signed":             {"Amount"},
	"grant_suspended":          nil,
	"grant_terminated":         {"Reason"},
	"grant_waiting":            nil,
	"grant_withdrawn":          nil,
	"inquiry":                  {"Question"},
	"inquiry_answered":         nil,
	"inquiry_reminder":         {"Question"},
	"merged_referrer":          nil,
	"objection_dismissed":      {"Reason"},
	"objection_moot":           nil,
	"objection_over":           nil,
	"objection_received":       nil,
	"objection_told":           nil,
	"objection_upheld":         {"Reason"},
	"pitch_closed":             nil,
	"pitch_ended":              {"Reason"},
	"pitch_extended":           nil,
	"pitch_feedback":           {"Reason"},
	"pitch_invited":            nil,
	"pitch_member":             nil,
	"pitch_refill":             nil,
	"pitch_running":            nil,
	"pitch_syndicate":          nil,
	"pitch_two_leads":          nil,
	"pitch_waiting":            nil,
	"pitch_withdrawn":          nil,
	"round_deliberation":       nil,
	"round_moved":              {"Dates"},
	"round_over":               nil,
	"round_pitches":            nil,
	"round_reminder":           nil,
	"round_screening":          nil,
	"service_again":            nil,
	"service_asked":            nil,
	"service_cancelled":        nil,
	"service_done":             nil,
	"service_ended":            nil,
	"service_inquiry":          {"Question"},
	"service_undo":             nil,
	"settlement_completed":     nil,
	"settlement_managed":       nil,
	"settlement_moved":         nil,
	"settlement_papers":        nil,
	"settlement_rating":        nil,
	"settlement_trouble":       nil,
	"settlement_withdrawn":     nil,
	"task":                     {"TaskTitle"},
	"task_escalated":           {"TaskTitle"},
	"task_reminder":            {"TaskTitle"},
	"tranche_paid":             {"Amount"},
	"withdrawn":                nil,
	"withdrawn_referrer":       nil,
}

// Templates lists the names of all templates, sorted.
func Templates() []string { return slices.Sorted(maps.Keys(needs)) }

// Languages lists the languages in which every template exists.
func Languages() []string { return []string{"zh-CN", "en"} }

//go:embed templates
var files embed.FS

// A library holds the parsed templates.
type library struct {
	html *htmltemplate.Template
	text *template.Template
	// mails by language and name: the mail's own blocks, with those that all mails of its language share.
	mails map[string]map[string]*template.Template
}

// parsed parses the embedded templates when the first mail is rendered: they can fail only if they were built broken.
var parsed = sync.OnceValues(func() (library, error) {
	var lib library
	var err error
	if lib.html, err = htmltemplate.ParseFS(files, "templates/layout.html.tmpl"); err != nil {
		return library{}, fmt.Errorf("parse the HTML layout: %w", err)
	}
	if lib.text, err = template.ParseFS(files, "templates/layout.txt.tmpl"); err != nil {
		return library{}, fmt.Errorf("parse the text layout: %w", err)
	}
	lib.mails = make(map[string]map[string]*template.Template)
	for _, language := range Languages() {
		lib.mails[language] = make(map[string]*template.Template)
		for _, name := range Templates() {
			mail, err := template.ParseFS(files, "templates/"+language+".tmpl", "templates/"+language+"/"+name+".tmpl")
			if err != nil {
				return library{}, fmt.Errorf("parse template %s in %s: %w", name, language, err)
			}
			lib.mails[language][name] = mail
		}
	}
	return lib, nil
})
