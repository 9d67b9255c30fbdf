package letter

import (
	"crypto/sha256"
	_ "embed" // for the page
	"encoding/base64"
	"fmt"
	"html/template"
	"io"
	"time"

	"wutong/station"
	"wutong/station/locale"
)

//go:embed page.html
var pageHTML string

//go:embed page.css
var pageCSS string

var pageTemplate = template.Must(template.New("letter").Parse(pageHTML))

// Policy is the Content-Security-Policy of a letter's page: it allows the page its
// own style, and nothing else in the world.
var Policy = func() string {
	sum := sha256.Sum256([]byte(pageCSS))
	return "default-src 'none'; style-src 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
}()

// view is a letter's page.
type view struct {
	Language             station.Language
	Style                template.CSS
	Title, Number        string
	Branch               string
	Standing             station.AppointmentStanding
	Worth, Says, Compare string
	Facts                []fact
	PDF, Download        string // PDF: its address; "": it is not offered
	Address, QR, Path    string
	Side                 int
}

type fact struct{ Label, Value string }

// Page writes a letter as a page in one language, with what it is worth. Address is
// the page's own; the PDF is at the same with /pdf behind it, and is not offered of
// a letter that was revoked. It shows what anybody may know, to whoever has the
// code. Serve it with [Policy].
func Page(w io.Writer, a station.Appointment, standing station.AppointmentStanding, lang station.Language, address string) error {
	path, side, err := svgPath(address)
	if err != nil {
		return fmt.Errorf("show letter %s: %w", a.Number, err)
	}
	t := func(key string, args ...string) string { return locale.T(lang, key, args...) }
	v := view{
		Language: lang, Style: template.CSS(pageCSS), //nolint:gosec // our own
		Title: t("letter.title"), Number: a.Number, Branch: a.Branch.In(lang),
		Standing: standing, Worth: t("letter." + string(standing)), Says: t("letter.says."+string(standing), locale.Date(lang, until(a))),
		Compare: t("letter.compare"), Download: t("letter.pdf"), Address: address, QR: t("letter.address"), Path: path, Side: side,
		Facts: []fact{
			{t("letter.name"), a.Name},
			{t("letter.office"), t("letter.ambassador")},
			{t("letter.institution"), a.Institution.In(lang)},
			{t("letter.branch"), a.Branch.In(lang)},
			{t("letter.term"), t("letter.period", locale.Date(lang, a.From), locale.Date(lang, a.Until))},
			{t("letter.director"), a.Director},
			{t("letter.issued"), locale.Date(lang, a.IssuedAt)},
			{t("letter.number"), a.Number},
			{t("letter.code"), grouped(a.Code)},
		},
	}
	if standing != station.LetterRevoked {
		v.PDF = address + "/pdf"
	}
	if err := pageTemplate.Execute(w, v); err != nil {
		return fmt.Errorf("show letter %s: %w", a.Number, err)
	}
	return nil
}

// until is when a letter's force ends, or ended.
func until(a station.Appointment) time.Time {
	if a.EndedAt != nil {
		return *a.EndedAt
	}
	return a.Until
}
