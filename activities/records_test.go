package activities_test

import (
	"context"
	"errors"
	"log/slog"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"wutong/activities"
	"wutong/station"
	"wutong/store"
	"wutong/store/storetest"
)

// bell stands in for Temporal: it notes whom it would have told.
type bell struct {
	away    bool
	rung    []station.Wake
	started []string
	takes   func() // time, if anything, for each
}

func (b *bell) StartCase(_ context.Context, c station.Case) error {
	if b.away {
		return errors.New("nobody is there")
	}
	b.started = append(b.started, c.ID)
	b.passes()
	return nil
}

func (b *bell) SignalCase(_ context.Context, id string, s station.Signal) error {
	if b.away {
		return errors.New("nobody is there")
	}
	b.rung = append(b.rung, station.Wake{Case: id, Signal: s})
	b.passes()
	return nil
}

func (b *bell) passes() {
	if b.takes != nil {
		b.takes()
	}
}

func (*bell) Runs(context.Context, time.Time) (cases, runs []string, err error) { return nil, nil, nil }

// counter is a fund of 100 with one award of it all and a case that waits.
type counter struct {
	t               *testing.T
	db              *store.DB
	bell            *bell
	records         *activities.Records
	upkeep          *activities.Upkeep
	people          storetest.People
	holder, waiting station.Case
	seq             int
}

func newCounter(t *testing.T) *counter {
	t.Helper()
	c := &counter{t: t, db: storetest.New(t), bell: &bell{}}
	c.people = storetest.Sample(t, c.db, "{}")
	c.endows(100)
	log := slog.New(slog.DiscardHandler)
	c.records = &activities.Records{Store: c.db, Engine: c.bell, Log: log}
	c.upkeep = &activities.Upkeep{Store: c.db, Engine: c.bell, Log: log, Now: func() time.Time { return time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC) }}
	c.holder, c.waiting = storetest.Referral(t, c.db, c.people.Referrer), storetest.Referral(t, c.db, c.people.Referrer)
	require.False(t, c.asks(c.holder).Waiting)
	require.True(t, c.asks(c.waiting).Waiting)
	return c
}

func (c *counter) endows(fen int64) {
	c.t.Helper()
	require.NoError(c.t, c.db.Load(c.t.Context(), store.Seed{Funds: []station.Fund{{
		Code: "startup", Branch: "HZ", Name: station.Text{Zh: "创业基金", En: "Start-up fund"}, Currency: station.CNY,
		Budgets: []station.FundBudget{{Year: 2026, Fen: fen}},
	}}}))
}

func (c *counter) moves(of station.Case, m station.FundMove) station.Written {
	c.t.Helper()
	c.seq++
	m.Fund = "startup"
	w, err := c.records.Record(c.t.Context(), []station.Change{{
		Case: of.ID, Run: "run", Sequence: c.seq, At: c.upkeep.Now(), Standing: station.Standing{Stage: station.StageFunds, Status: station.Open}, Fund: &m,
	}})
	require.NoError(c.t, err)
	return w[0]
}

func (c *counter) asks(of station.Case) *station.AwardState {
	c.t.Helper()
	return c.moves(of, station.FundMove{Reserve: &station.Reservation{Fen: 100, Score: 80, Task: of.ID + ".funds.1"}}).Fund
}

// sweeps sweeps when what was done before is old enough to be done again.
func (c *counter) sweeps() activities.Swept {
	c.t.Helper()
	now := c.upkeep.Now().Add(time.Minute)
	c.upkeep.Now = func() time.Time { return now }
	did, err := c.upkeep.Sweep(c.t.Context())
	require.NoError(c.t, err)
	return did
}

// heard says who was told that there is money for them.
func (c *counter) heard() []string {
	cases := []string{}
	for _, w := range c.bell.rung {
		require.Equal(c.t, station.Found, w.Signal.Kind)
		require.Equal(c.t, w.Case+".funds.1", w.Signal.Task)
		cases = append(cases, w.Case)
	}
	return cases
}

func TestRecord_WakesTheCaseThatGetsWhatAnotherReleases(t *testing.T) {
	c := newCounter(t)
	w := c.moves(c.holder, station.FundMove{Release: true})
	require.Empty(t, w.Wake, "it is no business of the case that released it")
	require.Equal(t, []string{c.waiting.ID}, c.heard())
}

func TestRecord_LeavesACaseThatCannotBeWokenToTheSweep(t *testing.T) {
	c := newCounter(t)
	c.bell.away = true
	c.moves(c.holder, station.FundMove{Release: true})
	c.bell.away = false
	require.Equal(t, 1, c.sweeps().Signalled)
	require.Equal(t, []string{c.waiting.ID}, c.heard())
}

func TestSweep_ServesAFundThatGotANewBudget(t *testing.T) {
	c := newCounter(t)
	require.Zero(t, c.sweeps().Served)
	c.endows(200)
	require.Equal(t, 1, c.sweeps().Served)
	require.Equal(t, []string{c.waiting.ID}, c.heard())
	require.Zero(t, c.sweeps().Served, "once")
}

// outage leaves so many cases without a workflow, and so many acts that nobody was
// told of, many of them of one moment.
func (c *counter) outage(cases, acts int) {
	c.t.Helper()
	for range cases {
		storetest.Referral(c.t, c.db, c.people.Referrer)
	}
	_, err := c.db.ExecContext(c.t.Context(), `
		INSERT INTO acts (id, case_id, task, kind, actor, body, salt, digest, request_hash, at, status)
		SELECT md5('act ' || n)::uuid, $1, 'task', 'decide', $2, '{}', '', '', '', $3::timestamptz + n / 100 * interval '1 millisecond', 'pending'
		FROM generate_series(1, $4::int) n`, c.waiting.ID, c.people.Officer.ID, c.upkeep.Now(), acts)
	require.NoError(c.t, err)
}

func TestSweep_GoesThroughAllThatAnOutageLeftEachOnce(t *testing.T) {
	c := newCounter(t)
	c.outage(510, 1234)
	did := c.sweeps()
	require.Equal(t, activities.Swept{Started: 510, Signalled: 1234}, did)
	seen := map[string]bool{}
	for _, w := range c.bell.rung {
		require.False(t, seen[w.Signal.Act], "it was told already")
		seen[w.Signal.Act] = true
	}
	require.Equal(t, 1234, c.sweeps().Signalled, "none of them is settled")
}

func TestSweep_LeavesToTheNextWhatItHasNoTimeFor(t *testing.T) {
	c := newCounter(t)
	c.outage(510, 1234)
	now := c.upkeep.Now().Add(time.Minute)
	began := now
	c.upkeep.Now = func() time.Time { return now }
	c.bell.takes = func() { now = now.Add(50 * time.Millisecond) }
	did, err := c.upkeep.Sweep(t.Context())
	require.NoError(t, err)
	require.Equal(t, activities.Swept{Started: 400, Signalled: 400}, did, "as many acts, however many cases there are to start")
	require.Equal(t, 40*time.Second, now.Sub(began))
	var oldest []string
	require.NoError(t, c.db.SelectContext(t.Context(), &oldest, `SELECT id FROM acts ORDER BY at, id LIMIT 400`))
	for i, w := range c.bell.rung {
		require.Equal(t, oldest[i], w.Signal.Act, "the oldest first")
	}
}
