package api

import (
	"context"
	"encoding/csv"
	"fmt"
	"io"
	"iter"
	"mime"
	"net/http"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/danielgtaylor/huma/v2"

	"wutong/station"
	"wutong/station/locale"
)

func (e *edge) registerFundExport(api huma.API) {
	op := read("export-fund", "/v1/funds/{code}/entries.csv", tagFunds, "Download a fund's ledger",
		"The whole ledger, the oldest first, as a file for a spreadsheet: UTF-8 with a byte order mark, fields as in RFC 4180, titles in the "+
			"reader's language, amounts as numbers in units of the currency (yuan). A text that a spreadsheet would take for a formula or a number begins "+
			"with an apostrophe.", http.StatusNotFound)
	op.Responses = map[string]*huma.Response{"200": {
		Description: "The file.",
		Headers:     map[string]*huma.Param{"Content-Disposition": {Schema: &huma.Schema{Type: huma.TypeString}}},
		Content:     map[string]*huma.MediaType{"text/csv": {Schema: &huma.Schema{Type: huma.TypeString}}},
	}}
	huma.Register(api, op, e.exportFund)
}

func (e *edge) exportFund(ctx context.Context, in *OnFund) (*huma.StreamResponse, error) {
	fund, entries, err := e.svc.FundLedger(ctx, actorOf(ctx), in.Code)
	if err != nil {
		return nil, err
	}
	return &huma.StreamResponse{Body: func(c huma.Context) {
		c.SetHeader("Content-Type", "text/csv; charset=utf-8")
		c.SetHeader("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": "fund-" + fund.Code + ".csv"}))
		err := writeLedger(c.BodyWriter(), languageOf(ctx), fund, entries)
		if err != nil && ctx.Err() == nil {
			// part of the file has left: the connection is cut, so that nobody
			// takes it for a whole one
			panic(fmt.Errorf("write the ledger of fund %s: %w", fund.Code, err))
		}
	}}, nil
}

// byteOrderMark tells a spreadsheet that what follows is UTF-8.
const byteOrderMark = "\uFEFF"

// column is a column of a ledger's file, and what is in it.
type column struct {
	title string
	cell  func(l station.Language, currency string, e station.FundEntry) string
}

var columns = []column{
	{"fund.column.seq", func(_ station.Language, _ string, e station.FundEntry) string { return strconv.FormatInt(e.Seq, 10) }},
	{"fund.column.at", func(_ station.Language, _ string, e station.FundEntry) string {
		return e.At.In(station.ChinaTime).Format(time.DateTime)
	}},
	{"fund.column.year", func(_ station.Language, _ string, e station.FundEntry) string { return strconv.Itoa(e.Year) }},
	{"fund.column.kind", func(l station.Language, _ string, e station.FundEntry) string {
		return asText(locale.T(l, "entry."+string(e.Kind)))
	}},
	{"fund.column.amount", func(_ station.Language, _ string, e station.FundEntry) string { return yuan(e.Fen) }},
	{"fund.column.currency", func(_ station.Language, currency string, _ station.FundEntry) string { return asText(currency) }},
	{"fund.column.number", func(_ station.Language, _ string, e station.FundEntry) string { return asText(e.Number) }},
	{"fund.column.tranche", func(_ station.Language, _ string, e station.FundEntry) string { return unlessZero(e.Tranche) }},
	{"fund.column.actor", func(_ station.Language, _ string, e station.FundEntry) string { return asText(e.Actor) }},
	{"fund.column.second", func(_ station.Language, _ string, e station.FundEntry) string { return asText(e.Second) }},
	{"fund.column.reference", func(_ station.Language, _ string, e station.FundEntry) string { return asText(e.Reference) }},
}

// writeLedger writes a ledger as a spreadsheet opens it: encoding/csv quotes by
// RFC 4180.
func writeLedger(to io.Writer, l station.Language, fund station.Fund, entries iter.Seq2[station.FundEntry, error]) error {
	if _, err := io.WriteString(to, byteOrderMark); err != nil {
		return err
	}
	w := csv.NewWriter(to)
	w.UseCRLF = true
	row := make([]string, len(columns))
	for i, c := range columns {
		row[i] = asText(locale.T(l, c.title))
	}
	if err := w.Write(row); err != nil {
		return err
	}
	for e, err := range entries {
		if err != nil {
			return err
		}
		for i, c := range columns {
			row[i] = c.cell(l, fund.Currency, e)
		}
		if err := w.Write(row); err != nil {
			return err
		}
	}
	w.Flush()
	return w.Error()
}

// asText keeps a spreadsheet from computing what people wrote: a formula, by its
// first character (also in full width, which some take as well), or a number,
// of which it would keep 15 digits. An apostrophe says that it is text.
func asText(s string) string {
	first, _ := utf8.DecodeRuneInString(s)
	_, err := strconv.ParseFloat(s, 64)
	if s != "" && (strings.ContainsRune("=+-@\t\r\n＝＋－＠", first) || err == nil) {
		return "'" + s
	}
	return s
}

// yuan writes fen as a number: -1234.05.
func yuan(fen int64) string {
	sign := ""
	if fen < 0 {
		sign, fen = "-", -fen
	}
	return fmt.Sprintf("%s%d.%02d", sign, fen/100, fen%100)
}

func unlessZero(n int) string {
	if n == 0 {
		return ""
	}
	return strconv.Itoa(n)
}
