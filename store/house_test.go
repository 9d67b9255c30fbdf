package store_test

import (
	"context"
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"wutong/station"
	"wutong/store"
	"wutong/store/storetest"
)

func TestMain(m *testing.M) { storetest.Main(m) }

// monday is a Monday before an ordinary week: nine o'clock in Hangzhou.
var monday = time.Date(2026, 3, 2, 1, 0, 0, 0, time.UTC)

// house is a small station and what tests do in it.
type house struct {
	*storetest.People
	t    *testing.T
	db   *store.DB
	keys int
}

func newHouse(t *testing.T) *house {
	t.Helper()
	db := storetest.New(t)
	p := storetest.Sample(t, db, "{}")
	return &house{People: &p, t: t, db: db}
}

// application is how the referrer refers a talent, changed as a test needs.
func (h *house) application(change ...func(*station.NewCase, *station.ReferralForm)) station.NewCase {
	h.t.Helper()
	h.keys++
	form := station.ReferralForm{
		Channel: "alumni", Name: "季逸超", Email: fmt.Sprintf("talent%d@example.com", h.keys), Phone: "13800000000",
		Institution: "zju", Field: "AI", Evidence: []string{"https://example.com"}, Why: "Because.", Language: station.Chinese,
	}
	programme, err := h.db.Programme(h.t.Context(), storetest.Programme)
	require.NoError(h.t, err)
	n := station.NewCase{
		ID: station.NewID(), Kind: station.Referral, Programme: programme, Applicant: h.Referrer.ID,
		Key: fmt.Sprintf("key %d", h.keys), RequestHash: "hash", At: monday,
	}
	for _, f := range change {
		f(&n, &form)
	}
	raw, err := json.Marshal(form)
	require.NoError(h.t, err)
	n.Application, err = station.Processes[station.Referral].CheckForm(raw)
	require.NoError(h.t, err)
	return n
}

// opens takes in an application.
func (h *house) opens(change ...func(*station.NewCase, *station.ReferralForm)) *matter {
	h.t.Helper()
	c, created, err := h.db.InsertCase(h.t.Context(), h.application(change...))
	require.NoError(h.t, err)
	require.True(h.t, created)
	return &matter{house: h, Case: c, run: "run-1", at: monday}
}

// matter is a case whose workflow a test plays.
type matter struct {
	*house
	station.Case
	run string
	seq int
	at  time.Time
}

// task is the ID of a task of the case.
func (m *matter) task(stage station.Stage, n int) string { return station.TaskID(m.ID, stage, n) }

// change is the next change of the case's run.
func (m *matter) change(ch station.Change) station.Change {
	m.seq++
	ch.Case, ch.Run, ch.Sequence = m.ID, m.run, m.seq
	if ch.At.IsZero() {
		ch.At = m.at
	}
	if ch.Standing.Stage == "" {
		ch.Standing.Stage = station.StageCheck
	}
	if ch.Standing.Status == "" {
		ch.Standing.Status = station.Open
	}
	return ch
}

// records writes the next change.
func (m *matter) records(ch station.Change) station.Written {
	m.t.Helper()
	w, err := m.db.Record(m.t.Context(), m.change(ch))
	require.NoError(m.t, err)
	return w[0]
}

// officerChecks opens a check for the officers, number n.
func officerChecks(m *matter, n int) station.TaskSpec {
	return station.TaskSpec{
		ID: m.task(station.StageCheck, n), Kind: station.TaskCheck, Role: station.RoleOfficer,
		Wait: station.Wait{Days: 5, Reminders: []int{3}},
	}
}

// talentConsents opens the talent's consent.
func talentConsents(m *matter) station.TaskSpec {
	return station.TaskSpec{
		ID: m.task(station.StageConsent, 1), Kind: station.TaskConsent, Party: station.Talent,
		Wait: station.Wait{Days: 14, Calendar: true, Reminders: []int{7, 12}}, Notice: station.MailConsent,
	}
}

// does keeps an act of an account.
func (m *matter) does(who station.Account, kind station.ActKind, task string, b station.Body) station.Act {
	m.t.Helper()
	a, err := m.db.InsertAct(m.t.Context(), station.Act{
		ID: station.NewID(), Case: m.ID, Task: task, Kind: kind, Actor: who.ID, Body: b, At: m.at, Status: station.Pending,
	})
	require.NoError(m.t, err)
	return a
}

// reads scans one row.
func (h *house) reads(query string, args []any, into ...any) {
	h.t.Helper()
	require.NoError(h.t, h.db.QueryRowxContext(h.t.Context(), query, args...).Scan(into...))
}

// runs executes SQL.
func (h *house) runs(query string, args ...any) {
	h.t.Helper()
	_, err := h.db.ExecContext(h.t.Context(), query, args...)
	require.NoError(h.t, err)
}

// history are the kinds of a case's events.
func (m *matter) history() []station.EventKind {
	m.t.Helper()
	events, err := m.db.Events(m.t.Context(), m.ID, 0, 0)
	require.NoError(m.t, err)
	kinds := []station.EventKind{}
	for _, e := range events {
		kinds = append(kinds, e.Kind)
	}
	return kinds
}

// taskNow is a task as it is kept.
func (h *house) taskNow(id string) station.Task {
	h.t.Helper()
	t, err := h.db.TaskByID(h.t.Context(), id)
	require.NoError(h.t, err)
	return t
}

// refusedAs checks an error's code and key.
func refusedAs(t *testing.T, err error, code station.Code, key string) {
	t.Helper()
	var e *station.Error
	require.ErrorAs(t, err, &e)
	require.Equal(t, code, e.Code)
	require.Equal(t, key, e.Key)
}

// marshal writes a value as JSON, for comparing what went through it.
func marshal(t *testing.T, v any) string {
	t.Helper()
	b, err := json.Marshal(v)
	require.NoError(t, err)
	return string(b)
}

// audit are the faults in all histories.
func (h *house) audit() []string {
	h.t.Helper()
	found := []string{}
	_, _, err := h.db.Audit(h.t.Context(), func(f station.Fault) { found = append(found, f.String()) })
	require.NoError(h.t, err)
	return found
}

// contextOf is the test's context with an end.
func contextOf(t *testing.T, patience time.Duration) (context.Context, context.CancelFunc) {
	t.Helper()
	return context.WithTimeout(t.Context(), patience)
}
