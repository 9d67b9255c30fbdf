package api_test

import (
	"context"
	"encoding/csv"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"wutong/api"
	"wutong/station"
	"wutong/store"
)

const theFund = "/v1/funds/startup"

// thisYear is the station's.
func thisYear() int { return time.Now().In(time.FixedZone("Asia/Shanghai", 8*60*60)).Year() }

// endows gives the station a fund of the city with a budget for this year, and
// for the next, should it begin meanwhile.
func (h *house) endows(fen int64) {
	h.t.Helper()
	require.NoError(h.t, h.db.Load(context.Background(), store.Seed{Funds: []station.Fund{{
		Code: "startup", Branch: "HZ", Name: station.Text{Zh: "创业基金", En: "Start-up fund"}, Currency: station.CNY,
		Budgets: []station.FundBudget{{Year: thisYear(), Fen: fen}, {Year: thisYear() + 1, Fen: fen}},
	}}}))
}

// reserves has a case ask for an award.
func (h *house) reserves(id string, fen int64) {
	h.t.Helper()
	h.clerk.records(h.t, station.Change{
		Case: id, Standing: station.Standing{Stage: station.StageFunds, Status: station.Open},
		Fund: &station.FundMove{Fund: "startup", Reserve: &station.Reservation{Fen: fen, Score: 80, Task: station.TaskID(id, station.StageFunds, 1)}},
	})
}

// pays pays a tranche of a case's award.
func (h *house) pays(id string, tranche int, fen int64, reference string) {
	h.t.Helper()
	task := station.TaskID(id, station.StageTranches, tranche)
	a, err := h.db.InsertAct(context.Background(), station.Act{
		ID: station.NewID(), Case: id, Task: task, Kind: station.Confirm, Actor: h.people.Treasurer.ID,
		Body: station.Body{Verdict: station.Confirmed, Reference: reference}, At: time.Now(), Status: station.Pending,
	})
	require.NoError(h.t, err)
	h.clerk.records(h.t, station.Change{
		Case: id, Act: a.ID, Actor: a.Actor, Standing: station.Standing{Stage: station.StageTranches, Status: station.Open},
		Settle: []station.Settlement{{Act: a.ID, Status: station.Recorded}},
		Fund:   &station.FundMove{Fund: "startup", Pay: &station.Payment{Tranche: tranche, Fen: fen}},
	})
}

func TestFund_ShowsTheHouseHowItStands(t *testing.T) {
	h := open(t)
	h.endows(1_000_000)
	id := h.refer()
	h.reserves(id, 600_000)
	h.reserves(h.refer(), 500_000)
	h.pays(id, 1, 300_000, "ICBC 1")

	for name, x := range map[string]struct {
		who       station.Account
		list, one int
	}{
		"officer": {h.people.Officer, 200, 200}, "director": {h.people.Director, 200, 200}, "treasurer": {h.people.Treasurer, 200, 200},
		"operator": {h.people.Operator, 200, 200}, "district": {h.people.DistrictOfficer, 200, 404}, "referrer": {h.people.Referrer, 403, 404},
	} {
		assert.Equal(t, x.list, h.get("/v1/funds", x.who).Code, name)
		assert.Equal(t, x.one, h.get(theFund, x.who).Code, name)
		assert.Equal(t, x.one, h.get(theFund+"/entries.csv", x.who).Code, name)
	}
	list := read[api.List[api.Fund]](t, h.get("/v1/funds", h.people.Treasurer))
	assert.Equal(t, []api.Fund{{Code: "startup", Branch: "HZ", Name: "Start-up fund", Currency: "CNY"}}, list.Items)
	assert.Empty(t, read[api.List[api.Fund]](t, h.get("/v1/funds", h.people.DistrictOfficer)).Items)
	assert.Equal(t, http.StatusNotFound, h.get("/v1/funds/none", h.people.Treasurer).Code)

	first := read[api.FundDetail](t, h.get(theFund+"?limit=1", h.people.Officer))
	cny := func(fen int64) api.Money { return api.Money{Fen: fen, Currency: "CNY"} }
	assert.Equal(t, api.FundYear{
		Year: thisYear(), Budget: cny(1_000_000), Adjusted: cny(0), Reserved: cny(300_000), Paid: cny(300_000), Repaid: cny(0),
		Free: cny(400_000), Waiting: cny(500_000),
	}, first.Years[0])
	require.Len(t, first.Entries.Items, 1)
	paid := first.Entries.Items[0]
	assert.Equal(t, "Paid", paid.KindText)
	assert.Equal(t, cny(300_000), paid.Amount)
	assert.Equal(t, []any{id, 1, "ICBC 1", h.people.Treasurer.ID}, []any{paid.Case, paid.Tranche, paid.Reference, paid.Actor})
	second := read[api.FundDetail](t, h.get(theFund+"?limit=1&cursor="+first.Entries.Next, h.people.Officer))
	assert.Equal(t, "reserve", second.Entries.Items[0].Kind)
	assert.Empty(t, second.Entries.Next)
}

func TestFundLedger_OpenedAgainInASpreadsheetIsWhatWasWritten(t *testing.T) {
	h := open(t)
	h.endows(100_000_000)
	id := h.refer()
	h.reserves(id, 100_000_00)
	references := []string{
		`=HYPERLINK("http://evil.example","ok")`, `+1+cmd|' /C calc'!A0`, "-2+3", "@SUM(1,2)", "＝1+1", "6222020200112233445", `quoted "one", with a comma`, "工行 42",
	}
	for i, r := range references {
		h.pays(id, i+1, 12_345_05, r)
	}
	_, err := h.db.ExecContext(t.Context(), `UPDATE accounts SET language = 'zh-CN' WHERE id = $1`, h.people.Treasurer.ID)
	require.NoError(t, err)

	w := h.get(theFund+"/entries.csv", h.people.Treasurer)
	require.Equal(t, http.StatusOK, w.Code, w.Body)
	assert.Equal(t, "text/csv; charset=utf-8", w.Header().Get("Content-Type"))
	assert.Equal(t, "attachment; filename=fund-startup.csv", w.Header().Get("Content-Disposition"))
	file, marked := strings.CutPrefix(w.Body.String(), "\uFEFF")
	require.True(t, marked)
	assert.Equal(t, strings.Count(file, "\n"), strings.Count(file, "\r\n"))
	rows, err := csv.NewReader(strings.NewReader(file)).ReadAll()
	require.NoError(t, err)
	require.Len(t, rows, 2+len(references))
	assert.Equal(t, []string{"序号", "时间（北京时间）", "年度", "类别", "金额", "币种", "办件编号", "期次", "经办人", "复核人", "银行流水号"}, rows[0])
	assert.Equal(t, []string{"1", strconv.Itoa(thisYear()), "额度占用", "100000.00", "CNY", "", ""}, pick(rows[1], 0, 2, 3, 4, 5, 7, 10))

	page := read[api.FundDetail](t, h.get(theFund+"?limit=100", h.people.Officer))
	for i, r := range references {
		row, e := rows[2+i], page.Entries.Items[len(references)-1-i]
		assert.Equal(t, []string{strconv.FormatInt(e.Seq, 10), "12345.05", e.Number, strconv.Itoa(e.Tranche), e.Actor}, pick(row, 0, 4, 6, 7, 8))
		assert.Equal(t, e.At.In(time.FixedZone("CST", 8*60*60)).Format(time.DateTime), row[1])
		assert.Equal(t, r, e.Reference)
		assert.Equal(t, r, strings.TrimPrefix(row[10], "'"))
		assert.Equal(t, i < 6, strings.HasPrefix(row[10], "'"), "%s is no formula and no number", r)
	}
	assert.Equal(t, http.StatusUnprocessableEntity, h.get(theFund+"/entries.csv?limit=1", h.people.Treasurer).Code)
}

// pick takes cells of a row.
func pick(row []string, columns ...int) []string {
	var cells []string
	for _, i := range columns {
		cells = append(cells, row[i])
	}
	return cells
}

func TestAdjustment_IsProposedByOneAndApprovedByAnother(t *testing.T) {
	h := open(t)
	h.endows(100)
	id := h.refer()
	h.reserves(id, 150)
	year := strconv.Itoa(thisYear())
	propose := func(body string, who station.Account, header ...string) (int, api.Adjustment) {
		w := h.post(theFund+"/adjustments", body, who, header...)
		if w.Code != http.StatusCreated {
			return w.Code, api.Adjustment{}
		}
		return w.Code, read[api.Adjustment](t, w)
	}
	more := `{"year":` + year + `,"fen":60,"reason":"The city gives more."}`
	code, a := propose(more, h.people.Treasurer, "Idempotency-Key", "k")
	require.Equal(t, http.StatusCreated, code)
	assert.Equal(t, api.Money{Fen: 60, Currency: "CNY"}, a.Amount)
	_, again := propose(more, h.people.Treasurer, "Idempotency-Key", "k")
	assert.Equal(t, a.ID, again.ID)
	assert.Equal(t, []api.Adjustment{a}, read[api.FundDetail](t, h.get(theFund, h.people.Officer)).Adjustments)
	code, _ = propose(more, h.people.Officer)
	assert.Equal(t, http.StatusForbidden, code)
	code, _ = propose(more, h.people.Referrer)
	assert.Equal(t, http.StatusNotFound, code)

	approval := theFund + "/adjustments/" + a.ID + "/approval"
	own := h.post(approval, "", h.people.Treasurer)
	require.Equal(t, http.StatusForbidden, own.Code, own.Body)
	assert.Equal(t, "needs_second_person", problem(t, own).Code)
	h.token(h.people.Director, "wt_reads", station.ScopeRead)
	assert.Equal(t, http.StatusForbidden, h.post(approval, "", nobody, "Authorization", "Bearer wt_reads").Code)
	for range 2 {
		w := h.post(approval, "", h.people.Director)
		require.Equal(t, http.StatusOK, w.Code, w.Body)
		assert.Equal(t, h.people.Director.ID, read[api.Adjustment](t, w).ApprovedBy)
	}
	var told int
	require.NoError(t, h.db.GetContext(t.Context(), &told, `SELECT count(*) FROM acts WHERE kind = 'found' AND case_id = $1 AND status = 'recorded'`, id))
	assert.Equal(t, 1, told, "the case that waited was woken")

	code, less := propose(`{"year":`+year+`,"fen":-11,"reason":"Less."}`, h.people.Director)
	require.Equal(t, http.StatusCreated, code)
	over := h.post(theFund+"/adjustments/"+less.ID+"/approval", "", h.people.Treasurer)
	require.Equal(t, http.StatusConflict, over.Code, over.Body)
	assert.Equal(t, "fund_overspent", problem(t, over).Code)
	assert.Equal(t, http.StatusNotFound, h.post(theFund+"/adjustments/"+station.NewID()+"/approval", "", h.people.Treasurer).Code)
	assert.Equal(t, http.StatusNotFound, h.post(theFund+"/adjustments/x/approval", "", h.people.Treasurer).Code)
}

func TestAdjustment_WhatCannotBeMeantIsNamed(t *testing.T) {
	h := open(t)
	h.endows(100)
	year := strconv.Itoa(thisYear())
	for body, want := range map[string]string{
		`{"year":1999,"fen":1,"reason":"x"}`:                            "year unknown_year",
		`{"year":` + year + `,"fen":0,"reason":"x"}`:                    "fen not_zero",
		`{"year":` + year + `,"fen":1000000000000001,"reason":"x"}`:     "fen at_most",
		`{"year":` + year + `,"fen":-1000000000000001,"reason":"x"}`:    "fen at_least",
		`{"year":` + year + `,"fen":99999999999999999999,"reason":"x"}`: " format",
		`{"year":` + year + `,"fen":1.5,"reason":"x"}`:                  "fen integer",
		`{"year":` + year + `,"fen":1,"reason":"  "}`:                   "reason required",
	} {
		w := h.post(theFund+"/adjustments", body, h.people.Treasurer)
		if assert.Equal(t, http.StatusUnprocessableEntity, w.Code, "%s: %s", body, w.Body) {
			p := problem(t, w)
			assert.Equal(t, want, p.Errors[0].Path+" "+p.Errors[0].Code, body)
			assert.False(t, strings.HasPrefix(p.Errors[0].Message, "rule."), p.Errors[0].Message)
		}
	}
}
