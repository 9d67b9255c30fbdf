package store_test

import (
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"wutong/station"
	"wutong/store"
)

func TestInsertCase_TheSameKeyFiftyTimesAtOnceMakesOneCase(t *testing.T) {
	h := newHouse(t)
	n := h.application()
	var mu sync.Mutex
	ids, created := map[string]bool{}, 0
	var wg sync.WaitGroup
	for range 50 {
		wg.Go(func() {
			mine := n
			mine.ID = station.NewID()
			c, fresh, err := h.db.InsertCase(t.Context(), mine)
			mu.Lock()
			defer mu.Unlock()
			if !assert.NoError(t, err) {
				return
			}
			ids[c.ID] = true
			if fresh {
				created++
			}
		})
	}
	wg.Wait()
	require.Len(t, ids, 1)
	require.Equal(t, 1, created)
	var cases, parties, last int
	h.reads(`SELECT (SELECT count(*) FROM cases), (SELECT count(*) FROM parties), (SELECT last FROM case_counters)`, nil, &cases, &parties, &last)
	require.Equal(t, []int{1, 1, 1}, []int{cases, parties, last})
}

func TestInsertCase_TheSameKeyForAnotherApplicationIsRefused(t *testing.T) {
	h := newHouse(t)
	n := h.application()
	first, _, err := h.db.InsertCase(t.Context(), n)
	require.NoError(t, err)
	again := n
	again.ID = station.NewID()
	c, created, err := h.db.InsertCase(t.Context(), again)
	require.NoError(t, err)
	require.False(t, created)
	require.Equal(t, first.ID, c.ID)
	again.RequestHash = "another"
	_, _, err = h.db.InsertCase(t.Context(), again)
	refusedAs(t, err, station.Invalid, "key_reused")
	// another's key is another's
	again.Applicant = h.Officer.ID
	_, created, err = h.db.InsertCase(t.Context(), again)
	require.NoError(t, err)
	require.True(t, created)
}

func TestInsertCase_NumbersAreCountedPerKindAndYearWithoutGaps(t *testing.T) {
	h := newHouse(t)
	require.Equal(t, "HZ-REFERRAL-2026-000001", h.opens().Number)
	require.Equal(t, "HZ-REFERRAL-2026-000002", h.opens().Number)
	newYear := time.Date(2026, 12, 31, 17, 0, 0, 0, time.UTC) // 1 January in Hangzhou
	require.Equal(t, "HZ-REFERRAL-2027-000001", h.opens(func(n *station.NewCase, _ *station.ReferralForm) { n.At = newYear }).Number)
	n := h.application()
	n.Applicant = station.NewID() // nobody: it must not count
	_, _, err := h.db.InsertCase(t.Context(), n)
	require.Error(t, err)
	require.Equal(t, "HZ-REFERRAL-2026-000003", h.opens().Number)
}

func TestInsertCase_IsReadAgainAsItWasHandedIn(t *testing.T) {
	h := newHouse(t)
	m := h.opens()
	c, err := h.db.CaseByID(t.Context(), m.ID)
	require.NoError(t, err)
	c.OpenedAt, c.UpdatedAt = c.OpenedAt.UTC(), c.UpdatedAt.UTC()
	require.Equal(t, m.Case, c)
	form, err := h.db.Form(t.Context(), m.ID)
	require.NoError(t, err)
	require.Contains(t, string(form), "季逸超")
	p, err := h.db.PartiesOf(t.Context(), m.ID)
	require.NoError(t, err)
	require.Contains(t, p.Accounts, h.Referrer.ID)
	require.Contains(t, p.Emails, "talent1@example.com")
	require.Contains(t, p.Institutions, "zju")
	_, err = h.db.CaseByID(t.Context(), station.NewID())
	require.Equal(t, station.NotFound, station.CodeOf(err))
}

func TestUnstarted_AreCasesThatNoWorkflowHasBegunToWrite(t *testing.T) {
	h := newHouse(t)
	begun, waiting := h.opens(), h.opens()
	begun.records(station.Change{Event: station.EventOpened})
	list, err := h.db.Unstarted(t.Context(), station.Case{}, monday.Add(time.Minute), 10)
	require.NoError(t, err)
	require.Len(t, list, 1)
	require.Equal(t, waiting.ID, list[0].ID)
	list, err = h.db.Unstarted(t.Context(), station.Case{}, monday, 10)
	require.NoError(t, err)
	require.Empty(t, list, "it was opened only just now")
	unknown, err := h.db.UnknownRuns(t.Context(), []string{begun.ID, begun.ID, waiting.ID}, []string{"run-1", "run-2", "run-9"})
	require.NoError(t, err)
	require.Equal(t, []string{begun.ID}, unknown)
}

func TestInsertAct_TwiceIsOnce(t *testing.T) {
	m := newHouse(t).opens()
	a := station.Act{
		ID: station.NewID(), Case: m.ID, Kind: station.Appeal, Actor: m.Referrer.ID, Body: station.Body{Reason: "why"}, At: monday, Status: station.Pending,
	}
	var wg sync.WaitGroup
	for range 10 {
		wg.Go(func() {
			got, err := m.db.InsertAct(t.Context(), a)
			if assert.NoError(t, err) {
				assert.Equal(t, station.Pending, got.Status)
			}
		})
	}
	wg.Wait()
	var kept int
	m.reads(`SELECT count(*) FROM acts`, nil, &kept)
	require.Equal(t, 1, kept)
	m.records(station.Change{Settle: []station.Settlement{{Act: a.ID, Status: station.Recorded}}})
	again, err := m.db.InsertAct(t.Context(), a)
	require.NoError(t, err)
	require.Equal(t, station.Recorded, again.Status, "a repeated request gets the receipt")
	require.Equal(t, "why", again.Body.Reason)
}

func TestInsertAct_TheSameIDForSomethingElseIsRefused(t *testing.T) {
	h := newHouse(t)
	m, other := h.opens(), h.opens()
	a := m.does(m.Referrer, station.Appeal, m.task(station.StageDeclined, 1), station.Body{Reason: "why"})
	for name, change := range map[string]func(*station.Act){
		"words": func(b *station.Act) { b.Body.Reason = "why not" },
		"task":  func(b *station.Act) { b.Task = m.task(station.StageDeclined, 2) },
		"kind":  func(b *station.Act) { b.Kind = station.Answer },
		"case":  func(b *station.Act) { b.Case = other.ID },
	} {
		b := a
		change(&b)
		_, err := m.db.InsertAct(t.Context(), b)
		require.Error(t, err, name)
		refusedAs(t, err, station.Invalid, "key_reused")
	}
}

func TestInsertAct_OnACaseThatHasEndedIsKeptAsRefused(t *testing.T) {
	m := newHouse(t).opens()
	m.records(station.Change{Standing: station.Standing{Stage: station.StageEnded, Status: station.Withdrawn}, End: &station.Ending{}})
	a := m.does(m.Referrer, station.Withdraw, "", station.Body{})
	require.Equal(t, station.ActRefused, a.Status)
	require.Equal(t, station.ReasonCaseEnded, a.Reason)
	kept, err := m.db.ActByID(t.Context(), a.ID)
	require.NoError(t, err)
	require.Equal(t, station.ActRefused, kept.Status)
	_, err = m.db.InsertAct(t.Context(), station.Act{ID: station.NewID(), Case: station.NewID(), Kind: station.Withdraw, Actor: "x", At: monday, Status: station.Pending})
	require.Equal(t, station.NotFound, station.CodeOf(err))
}

func TestAwaitAct_ReturnsAsSoonAsTheActIsSettled(t *testing.T) {
	m := newHouse(t).opens()
	a := m.does(m.Referrer, station.Withdraw, "", station.Body{})
	for range 2 { // the first wait begins to listen, the second finds it listening
		done := make(chan station.Act, 1)
		go func() {
			got, err := m.db.AwaitAct(t.Context(), a.ID)
			assert.NoError(t, err)
			done <- got
		}()
		m.records(station.Change{Settle: []station.Settlement{{Act: a.ID, Status: station.Recorded}}})
		select {
		case got := <-done:
			require.Equal(t, station.Recorded, got.Status)
		case <-time.After(10 * time.Second):
			t.Fatal("nobody woke up")
		}
		a = m.does(m.Referrer, station.Withdraw, "", station.Body{})
	}
}

func TestAwaitAct_ReturnsTheActAsItIsWhenPatienceEnds(t *testing.T) {
	m := newHouse(t).opens()
	a := m.does(m.Referrer, station.Withdraw, "", station.Body{})
	ctx, stop := contextOf(t, 30*time.Millisecond)
	defer stop()
	got, err := m.db.AwaitAct(ctx, a.ID)
	require.NoError(t, err)
	require.Equal(t, station.Pending, got.Status)
}

func TestUnsettled_AreActsThatTheirCasesHaveNotSettled(t *testing.T) {
	m := newHouse(t).opens()
	a, b := m.does(m.Referrer, station.Withdraw, "", station.Body{}), m.does(m.Officer, station.Decide, "task", station.Body{})
	m.records(station.Change{Settle: []station.Settlement{{Act: a.ID, Status: station.Recorded}}})
	list, err := m.db.Unsettled(t.Context(), store.PendingAct{}, monday.Add(time.Minute), 10)
	require.NoError(t, err)
	require.Len(t, list, 1)
	require.Equal(t, station.Signal{Act: b.ID, Kind: station.Decide, Task: "task"}, list[0].Signal)
	require.Equal(t, m.ID, list[0].Case)
}
