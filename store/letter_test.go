package store_test

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"

	"wutong/station"
	"wutong/store/storetest"
)

// granted is a matter about a grant of storetest's founder.
func (h *house) granted() (*matter, storetest.GrantPeople) {
	h.t.Helper()
	grant := storetest.Grants(h.t, h.db, 100_000_000, storetest.GrantTerms(""))
	raw, err := json.Marshal(storetest.GrantForm())
	require.NoError(h.t, err)
	app, err := station.Processes[station.Grant].CheckForm(raw)
	require.NoError(h.t, err)
	programme, err := h.db.Programme(h.t.Context(), storetest.GrantProgramme)
	require.NoError(h.t, err)
	c, _, err := h.db.InsertCase(h.t.Context(), station.NewCase{
		ID: station.NewID(), Kind: station.Grant, Programme: programme, Applicant: grant.Founder.ID, Key: "k", RequestHash: "h", Application: app, At: monday,
	})
	require.NoError(h.t, err)
	return &matter{house: h, Case: c, run: "run-1", at: monday}, grant
}

func TestLetter_OfAGrantSaysWhatTheMailIsAbout(t *testing.T) {
	h := newHouse(t)
	m, grant := h.granted()
	amount := func(template station.Template, task string) station.Money {
		t.Helper()
		m.records(station.Change{Notices: []station.NoticeSpec{{Occasion: "about " + task, Template: template, Party: station.Applicant, Task: task}}})
		var id string
		h.reads(`SELECT id FROM notices WHERE template = $1 AND task = $2`, []any{template, task}, &id)
		l, err := h.db.Letter(t.Context(), id)
		require.NoError(t, err)
		require.Equal(t, grant.Founder.Email, l.To)
		return l.Amount
	}
	fen := func(n int64) station.Money { return station.Money{Fen: n, Currency: station.CNY} }
	opens := func(kind station.TaskKind, stage station.Stage, details station.Details) string {
		t.Helper()
		spec := station.TaskSpec{
			ID: station.TaskID(m.ID, stage, 1), Kind: kind, Role: station.RoleTreasurer, Level: station.CityLevel, Wait: station.Wait{Days: 5}, Details: details,
		}
		m.records(station.Change{Event: station.EventAssigned, Task: spec.ID, Open: []station.TaskSpec{spec}})
		return spec.ID
	}

	require.Zero(t, amount(station.MailGrantDeclined, "").Fen, "it has no award")
	m.records(station.Change{Fund: &station.FundMove{Fund: storetest.Fund, Reserve: &station.Reservation{Fen: 5_000_000, Task: m.ID + ".funds.1"}}})
	require.Equal(t, fen(5_000_000), amount(station.MailGrantSigned, ""), "the award")
	payment := opens(station.TaskPayment, station.StageTranches, station.Details{"tranche": 1, "fen": 2_500_000})
	require.Equal(t, fen(2_500_000), amount(station.MailTranchePaid, payment), "the tranche")
	require.Zero(t, amount(station.MailGrantTerminated, "").Fen, "nothing is to be repaid")
	repayment := opens(station.TaskRepayment, station.StageRepayment, station.Details{"tranche": 0, "fen": 1_000_000})
	require.Equal(t, fen(1_000_000), amount(station.MailGrantTerminated, repayment), "what is to be repaid")
}
