package api

import (
	"bytes"
	"context"
	"encoding/csv"
	"net/http"
	"strconv"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"wutong/api/chart"
	"wutong/station"
	"wutong/station/locale"
)

// Coverage is which institutions ambassadors cover.
type Coverage struct {
	Branch       *Named               `json:"branch,omitempty" doc:"Whose ambassadors are counted, with its districts'; absent: those of all branches."`
	At           time.Time            `json:"at" doc:"As of when."`
	Groups       []GroupCoverage      `json:"groups" doc:"Each group of institutions."`
	Institutions []CoveredInstitution `json:"institutions" doc:"Each institution, by its group."`
}

// GroupCoverage is how many institutions of a group are covered.
type GroupCoverage struct {
	Group    string `json:"group" example:"c9"`
	Name     string `json:"name" example:"C9 universities"`
	Total    int    `json:"total" example:"9"`
	Covered  int    `json:"covered" doc:"With an ambassador in office." example:"7"`
	Expiring int    `json:"expiring" doc:"Of those that are covered: the last term ends within 90 days." example:"1"`
	Open     int    `json:"open" doc:"With no ambassador in office." example:"2"`
}

// CoveredInstitution is an institution, and whether ambassadors cover it.
type CoveredInstitution struct {
	Institution
	Ambassadors int        `json:"ambassadors" doc:"Who are in office." example:"1"`
	Expiring    bool       `json:"expiring" doc:"Whether the last of their terms ends within 90 days."`
	Until       *time.Time `json:"until,omitempty" doc:"The latest end of their terms; absent when nobody covers it."`
}

type coverageInput struct {
	Branch string `query:"branch" pattern:"^[A-Za-z0-9._-]{1,60}$" doc:"One branch, with its districts; all that the reader may see when left out." example:"HZ-XH"`
	Format string `query:"format" enum:"json,csv,svg" doc:"What is answered, whatever Accept says: the numbers, a file for a spreadsheet, or a chart." example:"svg"`
	By     string `query:"by" enum:"group,institution" default:"group" doc:"Of a file for a spreadsheet: what a row is of." example:"institution"`
}

func (e *edge) registerCoverage(api huma.API) {
	op := read("get-coverage", "/v1/coverage", tagOffices, "Which institutions are covered",
		"The institutions that the station knows, by group: covered by an ambassador in office, expiring within 90 days, or open. For officers and directors, "+
			"who see their branch and, of a city's, its districts; for operators, who see all. As JSON; as a file for a spreadsheet (UTF-8 with a byte order mark, "+
			"fields as in RFC 4180, titles in the reader's language; a text that a spreadsheet would take for a formula or a number begins with an apostrophe); "+
			"or as a chart.", http.StatusForbidden, http.StatusUnprocessableEntity)
	op.Responses = figuresOf[Coverage](api, "The coverage.")
	huma.Register(api, op, e.getCoverage)
}

func (e *edge) getCoverage(ctx context.Context, in *coverageInput) (*huma.StreamResponse, error) {
	report, err := e.svc.Coverage(ctx, actorOf(ctx), in.Branch)
	if err != nil {
		return nil, err
	}
	l := languageOf(ctx)
	return figures{
		name: "coverage", numbers: coverageOf(l, report),
		csv: func() ([]byte, error) { return coverageFile(l, report, in.By) },
		svg: func() ([]byte, error) { return drawCoverage(l, report) },
	}.answer(ctx, in.Format)
}

func coverageOf(l station.Language, r station.CoverageReport) Coverage {
	out := Coverage{At: r.At.UTC(), Groups: []GroupCoverage{}, Institutions: []CoveredInstitution{}}
	if r.Branch.Code != "" {
		out.Branch = &Named{Code: r.Branch.Code, Name: r.Branch.Name.In(l)}
	}
	for _, g := range r.Groups {
		out.Groups = append(out.Groups, GroupCoverage{
			Group: g.Group, Name: groupName(l, g.Group), Total: g.Total, Covered: g.Covered, Expiring: g.Expiring, Open: g.Open,
		})
	}
	for _, c := range r.Institutions {
		out.Institutions = append(out.Institutions, CoveredInstitution{
			Institution: institutionOf(l, c.Institution), Ambassadors: c.Ambassadors, Expiring: c.Expiring(r.At), Until: utc(c.Until),
		})
	}
	return out
}

// groupNames are the words of the groups that the station knows.
var groupNames = map[string]string{
	"c9": "group.c9", "overseas": "group.overseas", "key_high_school": "group.key_high_school", "university": "group.university",
	"company": "group.company", "association": "group.association",
}

// groupName is what people call a group of institutions; of one that the station
// does not know, its code.
func groupName(l station.Language, group string) string {
	if words, known := groupNames[group]; known {
		return locale.T(l, words)
	}
	return group
}

func drawCoverage(l station.Language, r station.CoverageReport) ([]byte, error) {
	of := locale.T(l, "coverage.all")
	if r.Branch.Code != "" {
		of = r.Branch.Name.In(l)
	}
	words := [3]string{locale.T(l, "coverage.covered"), locale.T(l, "coverage.expiring"), locale.T(l, "coverage.open")}
	return chart.Coverage(r.Groups, locale.T(l, "coverage.title", of, locale.Date(l, r.At)), func(group string) string { return groupName(l, group) }, words)
}

// coverageFile writes coverage as a spreadsheet opens it.
func coverageFile(l station.Language, r station.CoverageReport, by string) ([]byte, error) {
	rows := groupRows(l, r)
	if by == "institution" {
		rows = institutionRows(l, r)
	}
	file := bytes.NewBufferString(byteOrderMark)
	w := csv.NewWriter(file)
	w.UseCRLF = true
	err := w.WriteAll(rows)
	return file.Bytes(), err
}

func groupRows(l station.Language, r station.CoverageReport) [][]string {
	rows := [][]string{coverageTitles(l, "group", "total", "covered", "expiring", "open")}
	for _, g := range r.Groups {
		rows = append(rows, []string{
			asText(groupName(l, g.Group)), strconv.Itoa(g.Total), strconv.Itoa(g.Covered), strconv.Itoa(g.Expiring), strconv.Itoa(g.Open),
		})
	}
	return rows
}

func institutionRows(l station.Language, r station.CoverageReport) [][]string {
	rows := [][]string{coverageTitles(l, "group", "code", "institution", "city", "country", "status", "ambassadors", "until")}
	for _, c := range r.Institutions {
		status, until := "coverage.covered", ""
		switch {
		case c.Until == nil:
			status = "coverage.open"
		case c.Expiring(r.At):
			status = "coverage.expiring"
		}
		if c.Until != nil {
			until = c.Until.In(station.ChinaTime).Format(time.DateOnly)
		}
		i := c.Institution
		rows = append(rows, []string{
			asText(groupName(l, i.Group)), asText(i.Code), asText(i.Name.In(l)), asText(i.Place.In(l)), asText(i.Land), locale.T(l, status),
			strconv.Itoa(c.Ambassadors), until,
		})
	}
	return rows
}

func coverageTitles(l station.Language, columns ...string) []string {
	titles := make([]string, len(columns))
	for i, c := range columns {
		titles[i] = asText(locale.T(l, "coverage.column."+c))
	}
	return titles
}
