package api

import (
	"bytes"
	"context"
	"crypto/sha256"
	_ "embed" // for the page
	"encoding/base64"
	"encoding/csv"
	"fmt"
	"html/template"
	"io"
	"mime"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"wutong/station"
	"wutong/station/locale"
)

// RoundReport is a round with each of its projects.
type RoundReport struct {
	Round    RoundDetail `json:"round"`
	At       time.Time   `json:"at" doc:"As of when."`
	Projects []Project   `json:"projects" doc:"By their rank: by screening before the pitches, by rubric after them."`
}

// Project is a line of a round's report.
type Project struct {
	Case       string      `json:"case"`
	Number     string      `json:"number" example:"HZ-PITCH-2026-000007"`
	Name       string      `json:"name" example:"Dexterous hands for small workshops"`
	Status     string      `json:"status" example:"completed"`
	StatusText string      `json:"statusText" example:"Completed"`
	Reason     string      `json:"reason,omitempty" doc:"Why it ended so."`
	ReasonText string      `json:"reasonText,omitempty"`
	Stage      string      `json:"stage" example:"closing"`
	StageText  string      `json:"stageText" example:"Closing"`
	Seat       string      `json:"seat,omitempty" doc:"invited, waiting or confirmed; absent: none." example:"confirmed"`
	SeatText   string      `json:"seatText,omitempty" example:"Confirmed"`
	Place      int         `json:"place,omitempty" doc:"By its screening, from 1." example:"3"`
	Running    int         `json:"running,omitempty" doc:"In the order of the pitch day, from 1." example:"2"`
	Attended   bool        `json:"attended" doc:"Whether it pitched."`
	Screening  Spread      `json:"screening" doc:"Of the scores at the screening, 1 to 4."`
	Scores     Spread      `json:"scores" doc:"Of the scores at the pitch, 0 to 100."`
	Late       int         `json:"late" doc:"Scores that came after the scores closed."`
	Declared   int         `json:"declared" doc:"Angels without a conflict; for the house."`
	Conflicts  int         `json:"conflicts" doc:"Angels with one; for the house."`
	Leads      int         `json:"leads" doc:"Angels who would lead."`
	Follows    int         `json:"follows"`
	Passes     int         `json:"passes"`
	Committed  Money       `json:"committed" doc:"By the syndicate; before it is formed, by all."`
	Match      Money       `json:"match" doc:"By the fund."`
	Stages     []StageDays `json:"stages" doc:"How long it stood in each stage."`
}

// Spread is what reviewers' totals add up to.
type Spread struct {
	Count       int       `json:"count" example:"5"`
	Mean        float64   `json:"mean" example:"82.5"`
	Least       float64   `json:"least" example:"70"`
	Most        float64   `json:"most" example:"91"`
	PerReviewer []float64 `json:"perReviewer" doc:"Each reviewer's total, in no order by which one could be known."`
}

// StageDays is how long a project stood in a stage.
type StageDays struct {
	Stage     string  `json:"stage" example:"screening"`
	StageText string  `json:"stageText" example:"Screening"`
	Days      float64 `json:"days" example:"9.5"`
}

func (e *edge) registerReport(api huma.API) {
	for _, r := range []struct {
		id, path, summary, about, media string
		write                           func(context.Context, huma.Context, station.RoundReport)
	}{
		{"export-report", "/v1/rounds/{code}/report.csv", "Download a round's report", "As a file for a spreadsheet: UTF-8 with a byte order mark, " +
			"fields as in RFC 4180, titles in the reader's language, amounts in yuan. A text that a spreadsheet would take for a formula or a number " +
			"begins with an apostrophe.", "text/csv", e.writeReportCSV},
		{"show-report", "/rounds/{code}/report", "See a round's report", "As a page in the reader's language.", "text/html", e.writeReportPage},
	} {
		op := read(r.id, r.path, tagHub, r.summary, r.about, http.StatusForbidden, http.StatusNotFound)
		op.Responses = map[string]*huma.Response{"200": {
			Description: "The report.", Content: map[string]*huma.MediaType{r.media: {Schema: &huma.Schema{Type: huma.TypeString}}},
		}}
		huma.Register(api, op, func(ctx context.Context, in *OnRound) (*huma.StreamResponse, error) {
			report, err := e.svc.Report(ctx, actorOf(ctx), in.Code)
			if err != nil {
				return nil, err
			}
			return &huma.StreamResponse{Body: func(c huma.Context) { r.write(ctx, c, report) }}, nil
		})
	}
	huma.Register(api, read("get-report", "/v1/rounds/{code}/report", tagHub, "A round's report",
		"Every project of the round that the reader may see, with its scores, commitments, match, outcome, and how long it stood in each stage; at any "+
			"time of the round. For the house and the hub's angels, who find no scores in it as long as they still give them.",
		http.StatusForbidden, http.StatusNotFound), e.getReport)
}

func (e *edge) getReport(ctx context.Context, in *OnRound) (*answer[RoundReport], error) {
	r, err := e.svc.Report(ctx, actorOf(ctx), in.Code)
	if err != nil {
		return nil, err
	}
	return answered(reportOf(languageOf(ctx), r)), nil
}

func reportOf(l station.Language, r station.RoundReport) RoundReport {
	out := RoundReport{Round: roundDetailOf(l, r.Round, true), At: r.At.UTC(), Projects: make([]Project, len(r.Projects))}
	for i, p := range r.Projects {
		out.Projects[i] = projectOf(l, p)
	}
	return out
}

func projectOf(l station.Language, p station.Project) Project {
	out := Project{
		Case: p.Case, Number: p.Number, Name: p.Name, Status: string(p.Status), StatusText: locale.T(l, "status."+string(p.Status)),
		Stage: string(p.Stage), StageText: locale.T(l, "stage."+string(p.Stage)), Place: p.Place, Running: p.Running, Attended: p.Attended,
		Screening: spreadOf(p.Screening), Scores: spreadOf(p.Scores), Late: p.Late, Declared: p.Declared, Conflicts: p.Conflicts,
		Leads: p.Leads, Follows: p.Follows, Passes: p.Passes, Committed: cny(p.Committed), Match: cny(p.Match), Stages: []StageDays{},
	}
	if p.Reason != "" {
		out.Reason, out.ReasonText = string(p.Reason), locale.T(l, "reason."+string(p.Reason))
	}
	if p.Seat != station.SeatNone {
		out.Seat, out.SeatText = string(p.Seat), locale.T(l, "seat."+string(p.Seat))
	}
	for _, s := range p.Stages {
		out.Stages = append(out.Stages, StageDays{Stage: string(s.Stage), StageText: locale.T(l, "stage."+string(s.Stage)), Days: s.Days})
	}
	return out
}

func spreadOf(s station.Spread) Spread {
	return Spread{Count: s.Count, Mean: s.Mean, Least: s.Least, Most: s.Most, PerReviewer: append([]float64{}, s.PerReviewer...)}
}

// reportColumn is a column of a report's file and page, and what is in it.
type reportColumn struct {
	title string
	text  bool // what a spreadsheet is not to compute
	cell  func(l station.Language, p station.Project) string
}

var reportColumns = []reportColumn{
	{"report.column.place", false, func(_ station.Language, p station.Project) string { return unlessZero(p.Place) }},
	{"report.column.running", false, func(_ station.Language, p station.Project) string { return unlessZero(p.Running) }},
	{"report.column.number", true, func(_ station.Language, p station.Project) string { return p.Number }},
	{"report.column.name", true, func(_ station.Language, p station.Project) string { return p.Name }},
	{"report.column.status", true, func(l station.Language, p station.Project) string { return locale.T(l, "status."+string(p.Status)) }},
	{"report.column.reason", true, func(l station.Language, p station.Project) string {
		if p.Reason == "" {
			return ""
		}
		return locale.T(l, "reason."+string(p.Reason))
	}},
	{"report.column.seat", true, func(l station.Language, p station.Project) string {
		if p.Seat == station.SeatNone {
			return ""
		}
		return locale.T(l, "seat."+string(p.Seat))
	}},
	{"report.column.screening", false, func(_ station.Language, p station.Project) string { return meanOf(p.Screening) }},
	{"report.column.screenings", true, func(_ station.Language, p station.Project) string { return eachOf(p.Screening) }},
	{"report.column.score", false, func(_ station.Language, p station.Project) string { return meanOf(p.Scores) }},
	{"report.column.scores", true, func(_ station.Language, p station.Project) string { return eachOf(p.Scores) }},
	{"report.column.late", false, func(_ station.Language, p station.Project) string { return unlessZero(p.Late) }},
	{"report.column.leads", false, func(_ station.Language, p station.Project) string { return strconv.Itoa(p.Leads) }},
	{"report.column.follows", false, func(_ station.Language, p station.Project) string { return strconv.Itoa(p.Follows) }},
	{"report.column.passes", false, func(_ station.Language, p station.Project) string { return strconv.Itoa(p.Passes) }},
	{"report.column.committed", false, func(_ station.Language, p station.Project) string { return yuan(p.Committed) }},
	{"report.column.match", false, func(_ station.Language, p station.Project) string { return yuan(p.Match) }},
}

// reportStages are the stages of which the report says how long they took.
var reportStages = slices.DeleteFunc(slices.Clone(station.Processes[station.Pitch].Stages), func(s station.Stage) bool {
	return s == station.StageSubmitted || s == station.StageEnded
})

func meanOf(s station.Spread) string {
	if s.Count == 0 {
		return ""
	}
	return number(s.Mean)
}

// eachOf are the reviewers' totals: "70 / 82.5 / 91".
func eachOf(s station.Spread) string {
	each := make([]string, len(s.PerReviewer))
	for i, total := range s.PerReviewer {
		each[i] = number(total)
	}
	return strings.Join(each, " / ")
}

func number(f float64) string {
	return strings.TrimSuffix(strings.TrimSuffix(strconv.FormatFloat(f, 'f', 2, 64), "0"), ".0")
}

// daysIn is how long a project stood in a stage, in days; "" for one that it was
// never in.
func daysIn(p station.Project, stage station.Stage) string {
	for _, s := range p.Stages {
		if s.Stage == stage {
			return number(s.Days)
		}
	}
	return ""
}

// titlesOf are the titles of all columns; a stage's says that it counts days.
func titlesOf(l station.Language) []string {
	var row []string
	for _, c := range reportColumns {
		row = append(row, locale.T(l, c.title))
	}
	for _, s := range reportStages {
		row = append(row, locale.T(l, "report.days", locale.T(l, "stage."+string(s))))
	}
	return row
}

func cellsOf(l station.Language, p station.Project) []string {
	var row []string
	for _, c := range reportColumns {
		row = append(row, c.cell(l, p))
	}
	for _, s := range reportStages {
		row = append(row, daysIn(p, s))
	}
	return row
}

func (e *edge) writeReportCSV(ctx context.Context, c huma.Context, r station.RoundReport) {
	c.SetHeader("Content-Type", "text/csv; charset=utf-8")
	c.SetHeader("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": "round-" + r.Round.Code + ".csv"}))
	if err := writeReport(c.BodyWriter(), languageOf(ctx), r); err != nil && ctx.Err() == nil {
		// part of the file has left: the connection is cut, so that nobody takes
		// it for a whole one
		panic(fmt.Errorf("write the report of round %s: %w", r.Round.Code, err))
	}
}

func writeReport(to io.Writer, l station.Language, r station.RoundReport) error {
	if _, err := io.WriteString(to, byteOrderMark); err != nil {
		return err
	}
	w := csv.NewWriter(to)
	w.UseCRLF = true
	rows := [][]string{titlesOf(l)}
	for _, p := range r.Projects {
		rows = append(rows, cellsOf(l, p))
	}
	for _, row := range rows {
		for i, c := range reportColumns {
			if c.text {
				row[i] = asText(row[i])
			}
		}
		if err := w.Write(row); err != nil {
			return err
		}
	}
	w.Flush()
	return w.Error()
}

//go:embed report.html
var reportHTML string

//go:embed report.css
var reportCSS string

var reportTemplate = template.Must(template.New("report").Parse(reportHTML))

// reportPolicy allows the page its own style, and nothing else in the world.
var reportPolicy = func() string {
	sum := sha256.Sum256([]byte(reportCSS))
	return "default-src 'none'; style-src 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
}()

// reportView is a report's page.
type reportView struct {
	Language       station.Language
	Style          template.CSS
	Station, Title string
	Facts          [][2]string
	Titles         []string
	Rows           [][]string
}

func (e *edge) writeReportPage(ctx context.Context, c huma.Context, r station.RoundReport) {
	var page bytes.Buffer
	if err := reportTemplate.Execute(&page, reportPageOf(languageOf(ctx), r)); err != nil {
		panic(fmt.Errorf("write the report of round %s: %w", r.Round.Code, err))
	}
	c.SetHeader("Content-Type", "text/html; charset=utf-8")
	c.SetHeader("Content-Security-Policy", reportPolicy)
	_, _ = c.BodyWriter().Write(page.Bytes()) // fails only when nobody reads
}

func reportPageOf(l station.Language, r station.RoundReport) reportView {
	v := reportView{
		Language: l, Style: template.CSS(reportCSS), //nolint:gosec // our own
		Station: locale.T(l, "link.station"), Title: locale.T(l, "report.title", r.Round.Name.In(l)), Titles: titlesOf(l),
		Facts: [][2]string{
			{locale.T(l, "report.phase"), locale.T(l, "stage."+string(r.Round.Phase))},
			{locale.T(l, "report.at"), locale.Moment(l, r.At)},
			{locale.T(l, "report.pitches"), locale.Moment(l, r.Round.Times.PitchesAt)},
			{locale.T(l, "report.projects"), strconv.Itoa(r.Round.Projects)},
			{locale.T(l, "report.confirmed"), strconv.Itoa(r.Round.Confirmed)},
			{locale.T(l, "report.matched"), locale.Money(l, station.Money{Fen: r.Round.Matched, Currency: station.CNY})},
		},
	}
	for _, p := range r.Projects {
		v.Rows = append(v.Rows, cellsOf(l, p))
	}
	return v
}
