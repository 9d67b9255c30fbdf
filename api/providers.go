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

// Provider is a provider in the reader's language.
type Provider struct {
	Named
	Branch string `json:"branch" doc:"Whose provider it is; a city's serves its districts, too." example:"HZ"`
}

func providerOf(l station.Language, p station.Provider) Provider {
	return Provider{providerNamed(l, p), p.Branch}
}

// ProviderReport is what a provider did, month by month.
type ProviderReport struct {
	Provider Provider        `json:"provider"`
	At       time.Time       `json:"at" doc:"As of when."`
	Months   []ProviderMonth `json:"months" doc:"Each month of the report, also one in which nothing was asked."`
	Total    ProviderCount   `json:"total" doc:"Of all these months."`
}

// ProviderMonth is what a provider did with what it was asked in a month.
type ProviderMonth struct {
	Month string `json:"month" doc:"In China's time." example:"2026-05"`
	ProviderCount
}

// ProviderCount is how much a provider was asked, and what came of it.
type ProviderCount struct {
	Asked     int     `json:"asked" doc:"How often it was asked to perform a service." example:"42"`
	Completed int     `json:"completed" doc:"Of these." example:"37"`
	OnTime    int     `json:"onTime" doc:"Of the completed: before they were due." example:"35"`
	Refused   int     `json:"refused" example:"2"`
	Late      int     `json:"late" doc:"Not completed in time, and taken from it." example:"1"`
	Open      int     `json:"open" doc:"Not completed yet." example:"2"`
	Days      float64 `json:"days" doc:"How many calendar days it took on average from the asking to the completion." example:"6.5"`
	Rated     int     `json:"rated" doc:"Of the completed: how many were rated." example:"30"`
	Stars     float64 `json:"stars" doc:"How, on average, from 1 to 5." example:"4.6"`
}

func providerCountOf(m station.ProviderMonth) ProviderCount {
	return ProviderCount{
		Asked: m.Asked, Completed: m.Completed, OnTime: m.OnTime, Refused: m.Refused, Late: m.Late, Open: m.Open,
		Days: m.Days, Rated: m.Rated, Stars: m.Stars,
	}
}

type providerListInput struct {
	Branch string `query:"branch" pattern:"^[A-Za-z0-9._-]{1,60}$" doc:"Those that serve one branch; all when left out." example:"HZ-XH"`
}

type providerReportInput struct {
	Code   string `path:"code" doc:"The provider's code." example:"hz-police"`
	From   string `query:"from" pattern:"^[0-9]{4}-[0-9]{2}$" doc:"The first month; eleven before the last when left out." example:"2026-01"`
	To     string `query:"to" pattern:"^[0-9]{4}-[0-9]{2}$" doc:"The last month; this one when left out." example:"2026-06"`
	Format string `query:"format" enum:"json,csv,svg" doc:"What is answered, whatever Accept says: the numbers, a file for a spreadsheet, or a chart." example:"svg"`
}

func (e *edge) registerProviders(api huma.API) {
	huma.Register(api, read("list-providers", "/v1/providers", tagSettlement, "List providers",
		"The departments and firms that perform services.", http.StatusUnprocessableEntity), e.listProviders)
	op := read("get-provider-report", "/v1/providers/{code}/report", tagSettlement, "What a provider did",
		"What a provider did with what it was asked, by the month in which it was asked. For the house of its branch, and of the city above it, for operators, "+
			"and for the provider's own people. As JSON; as a file for a spreadsheet (UTF-8 with a byte order mark, fields as in RFC 4180, titles in the "+
			"reader's language; a text that a spreadsheet would take for a formula or a number begins with an apostrophe); or as a chart.",
		http.StatusForbidden, http.StatusNotFound, http.StatusUnprocessableEntity)
	op.Responses = figuresOf[ProviderReport](api, "The report.")
	huma.Register(api, op, e.getProviderReport)
}

func (e *edge) listProviders(ctx context.Context, in *providerListInput) (*answer[List[Provider]], error) {
	all, err := e.svc.Providers(ctx, in.Branch)
	if err != nil {
		return nil, err
	}
	l := languageOf(ctx)
	return page(station.Page[station.Provider]{Items: all}, func(p station.Provider) Provider { return providerOf(l, p) }), nil
}

func (e *edge) getProviderReport(ctx context.Context, in *providerReportInput) (*huma.StreamResponse, error) {
	report, err := e.svc.ProviderReport(ctx, actorOf(ctx), in.Code, in.From, in.To)
	if err != nil {
		return nil, err
	}
	l := languageOf(ctx)
	return figures{
		name: "provider-" + report.Provider.Code, numbers: providerReportOf(l, report),
		csv: func() ([]byte, error) { return providerFile(l, report) },
		svg: func() ([]byte, error) { return drawProvider(l, report) },
	}.answer(ctx, in.Format)
}

func providerReportOf(l station.Language, r station.ProviderReport) ProviderReport {
	out := ProviderReport{Provider: providerOf(l, r.Provider), At: r.At.UTC(), Months: []ProviderMonth{}, Total: providerCountOf(r.Total)}
	for _, m := range r.Months {
		out.Months = append(out.Months, ProviderMonth{m.Month, providerCountOf(m)})
	}
	return out
}

func drawProvider(l station.Language, r station.ProviderReport) ([]byte, error) {
	title := locale.T(l, "provider.title", providerNamed(l, r.Provider).Name, r.Months[0].Month, r.Months[len(r.Months)-1].Month)
	words := [3]string{locale.T(l, "provider.column.asked"), locale.T(l, "provider.ontime"), locale.T(l, "provider.failed")}
	return chart.Provider(r.Months, title, words)
}

// providerColumns are the columns of a provider's file, and what is in them.
var providerColumns = []struct {
	title string
	cell  func(station.ProviderMonth) string
}{
	{"provider.column.asked", func(m station.ProviderMonth) string { return strconv.Itoa(m.Asked) }},
	{"provider.column.completed", func(m station.ProviderMonth) string { return strconv.Itoa(m.Completed) }},
	{"provider.column.ontime", func(m station.ProviderMonth) string { return strconv.Itoa(m.OnTime) }},
	{"provider.column.refused", func(m station.ProviderMonth) string { return strconv.Itoa(m.Refused) }},
	{"provider.column.late", func(m station.ProviderMonth) string { return strconv.Itoa(m.Late) }},
	{"provider.column.open", func(m station.ProviderMonth) string { return strconv.Itoa(m.Open) }},
	{"provider.column.days", func(m station.ProviderMonth) string { return meanUnless(m.Completed, m.Days) }},
	{"provider.column.rated", func(m station.ProviderMonth) string { return strconv.Itoa(m.Rated) }},
	{"provider.column.stars", func(m station.ProviderMonth) string { return meanUnless(m.Rated, m.Stars) }},
}

// meanUnless is a mean, of which there is none of nothing.
func meanUnless(count int, mean float64) string {
	if count == 0 {
		return ""
	}
	return number(mean)
}

// providerFile writes a provider's report as a spreadsheet opens it: a row of each
// month, and one of all.
func providerFile(l station.Language, r station.ProviderReport) ([]byte, error) {
	titles := []string{locale.T(l, "provider.column.provider"), locale.T(l, "provider.column.month")}
	for _, c := range providerColumns {
		titles = append(titles, locale.T(l, c.title))
	}
	r.Total.Month = locale.T(l, "provider.total")
	rows := [][]string{titles}
	for _, m := range append(r.Months, r.Total) {
		row := []string{asText(providerNamed(l, r.Provider).Name), asText(m.Month)}
		for _, c := range providerColumns {
			row = append(row, c.cell(m))
		}
		rows = append(rows, row)
	}
	file := bytes.NewBufferString(byteOrderMark)
	w := csv.NewWriter(file)
	w.UseCRLF = true
	err := w.WriteAll(rows)
	return file.Bytes(), err
}
