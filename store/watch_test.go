package store_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"wutong/station"
	"wutong/store"
	"wutong/store/pgserver"
	"wutong/store/storetest"
)

// next is the next number that is sent, or -1 when the channel closes.
func next(t *testing.T, numbers <-chan int) int {
	t.Helper()
	select {
	case n, ok := <-numbers:
		if !ok {
			return -1
		}
		return n
	case <-time.After(20 * time.Second):
		t.Fatal("no number came")
		return 0
	}
}

func TestWatchCase_SendsThePresentNumberAndEachGrowth(t *testing.T) {
	h := newHouse(t)
	m, other := h.opens(), h.opens()
	m.records(station.Change{Event: station.EventOpened})
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	numbers, err := h.db.WatchCase(ctx, m.ID)
	require.NoError(t, err)
	require.Equal(t, 1, next(t, numbers))
	m.records(station.Change{Event: station.EventAsked})
	require.Equal(t, 2, next(t, numbers))
	other.records(station.Change{Event: station.EventOpened})
	m.records(station.Change{}) // a change without an event
	for range 5 {
		m.records(station.Change{Event: station.EventReminded})
	}
	last := 2
	for last < 7 { // some may be left out, none comes twice
		n := next(t, numbers)
		require.Greater(t, n, last)
		last = n
	}
	require.Equal(t, 7, last)
	stop()
	require.Equal(t, -1, next(t, numbers))
}

func TestWatchCase_OfACaseThatIsNotThereIsNotFound(t *testing.T) {
	_, err := storetest.New(t).WatchCase(t.Context(), station.NewID())
	require.Equal(t, station.NotFound, station.CodeOf(err))
}

func TestWatchCase_ManyCanWatchOneCase(t *testing.T) {
	m := newHouse(t).opens()
	watches := []<-chan int{}
	for range 20 {
		numbers, err := m.db.WatchCase(t.Context(), m.ID)
		require.NoError(t, err)
		require.Equal(t, 0, next(t, numbers))
		watches = append(watches, numbers)
	}
	m.records(station.Change{Event: station.EventOpened})
	for _, numbers := range watches {
		require.Equal(t, 1, next(t, numbers))
	}
}

// TestOutage_IsUnavailableAndPassesWithTheDatabase has a server of its own: it
// takes it away.
func TestOutage_IsUnavailableAndPassesWithTheDatabase(t *testing.T) {
	if testing.Short() {
		t.Skip("starts a PostgreSQL of its own")
	}
	dir := t.TempDir()
	server, err := pgserver.Start(t.Context(), pgserver.Config{Dir: dir})
	require.NoError(t, err)
	t.Cleanup(func() {
		assert.NoError(t, server.Stop(context.Background()))
		assert.NoError(t, pgserver.Remove(context.Background(), dir))
	})
	db, err := store.Open(server.URL("postgres"))
	require.NoError(t, err)
	t.Cleanup(func() { _ = db.Close() })
	require.NoError(t, db.Migrate(t.Context()))
	p := storetest.Sample(t, db, "{}")
	m := (&house{People: &p, t: t, db: db}).opens()
	numbers, err := db.WatchCase(t.Context(), m.ID)
	require.NoError(t, err)
	require.Equal(t, 0, next(t, numbers))
	a := m.does(p.Referrer, station.Withdraw, "", station.Body{})

	server.Kill()
	ch := m.change(station.Change{Event: station.EventOpened})
	for name, call := range map[string]func() error{
		"ping":   func() error { return db.Ping(t.Context()) },
		"case":   func() error { _, err := db.CaseByID(t.Context(), m.ID); return err },
		"events": func() error { _, err := db.Events(t.Context(), m.ID, 0, 0); return err },
		"list": func() error {
			_, err := db.CaseList(t.Context(), station.CaseQuery{Viewer: station.Visibility{All: true}})
			return err
		},
		"record": func() error { _, err := db.Record(t.Context(), ch); return err },
		"act":    func() error { _, err := db.InsertAct(t.Context(), a); return err },
		"await":  func() error { _, err := db.AwaitAct(t.Context(), a.ID); return err },
		"watch":  func() error { _, err := db.WatchCase(t.Context(), m.ID); return err },
	} {
		require.Equal(t, station.Unavailable, station.CodeOf(call()), name)
	}

	require.NoError(t, server.Restart(t.Context()))
	require.EventuallyWithT(t, func(c *assert.CollectT) {
		require.NoError(c, db.Ping(t.Context()))
	}, 20*time.Second, 50*time.Millisecond)
	_, err = db.Record(t.Context(), ch)
	require.NoError(t, err, "the same change, sent again")
	require.Equal(t, 1, next(t, numbers), "who watched before the outage hears of what came after it")
	m.records(station.Change{Event: station.EventAsked, Settle: []station.Settlement{{Act: a.ID, Status: station.Recorded}}})
	require.Equal(t, 2, next(t, numbers))
	got, err := db.AwaitAct(t.Context(), a.ID)
	require.NoError(t, err)
	require.Equal(t, station.Recorded, got.Status)
}

func TestClose_MayBeCalledTwice(t *testing.T) {
	db := storetest.New(t)
	require.NoError(t, db.Close())
	require.NoError(t, db.Close())
}
