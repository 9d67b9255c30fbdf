package activities_test

import (
	"log/slog"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"wutong/activities"
	"wutong/station"
	"wutong/store/storetest"
)

func TestRecord_StartsTheSettlementThatFollowsAnotherAndNoService(t *testing.T) {
	for _, away := range []bool{false, true} {
		db, b := storetest.New(t), &bell{away: away}
		storetest.Sample(t, db, "{}")
		who := storetest.Settlements(t, db, "{}").Newcomers[0]
		log, now := slog.New(slog.DiscardHandler), time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
		records := &activities.Records{Store: db, Engine: b, Log: log}
		c := storetest.Settling(t, db, who, station.SettlementForm{Services: []string{"company", "residence"}}, now)
		moves, err := db.InsertAct(t.Context(), station.Act{
			ID: station.NewID(), Case: c.ID, Task: station.SettlingTask(c.ID), Kind: station.Decide, Actor: who.ID, At: now, Status: station.Pending,
			Body: station.Body{Verdict: station.Relocate, Branch: "HZ-BJ"},
		})
		require.NoError(t, err)
		ch := station.Change{Case: c.ID, Run: "run", Sequence: 1, At: now, Standing: station.Standing{Stage: station.StageServices, Status: station.Open}}
		begins, ends := ch, ch
		begins.Services = &station.SettlementMove{Begin: []station.ServiceBegin{{Code: "company", Attempt: 1}}}
		ends.Sequence, ends.Services, ends.End = 2, &station.SettlementMove{Moves: moves.ID}, &station.Ending{}
		w, err := records.Record(t.Context(), []station.Change{begins, ends})
		require.NoError(t, err)
		require.Equal(t, station.ServiceKind, w[0].Begun[0].Kind, "its settlement starts it")
		next := w[1].Begun[0].ID
		if away {
			require.Empty(t, b.started)
			b.away = false
			upkeep := &activities.Upkeep{Store: db, Engine: b, Log: log, Now: func() time.Time { return now.Add(time.Minute) }}
			_, err := upkeep.Sweep(t.Context())
			require.NoError(t, err)
			require.ElementsMatch(t, []string{w[0].Begun[0].ID, next}, b.started, "the sweep starts what nobody else did")
			continue
		}
		require.Equal(t, []string{next}, b.started)
	}
}

// TestRecord_HasANewRunHearWhatWasSaidInItsOrder: an operator has reset a settlement whose services have said something.
func TestRecord_HasANewRunHearWhatWasSaidInItsOrder(t *testing.T) {
	db, b := storetest.New(t), &bell{}
	storetest.Sample(t, db, "{}")
	who := storetest.Settlements(t, db, "{}").Newcomers[0]
	records := &activities.Records{Store: db, Engine: b, Log: slog.New(slog.DiscardHandler)}
	now := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	c := storetest.Settling(t, db, who, station.SettlementForm{Services: []string{"company", "residence"}}, now)
	write := func(caseID, run string, ch station.Change) []station.Written {
		now = now.Add(time.Minute)
		ch.Case, ch.Run, ch.Sequence, ch.At = caseID, run, int(now.Unix()), now
		ch.Standing = station.Standing{Stage: station.StageServices, Status: station.Open}
		w, err := records.Record(t.Context(), []station.Change{ch})
		require.NoError(t, err)
		return w
	}
	begun := write(c.ID, "first", station.Change{Services: &station.SettlementMove{Begin: []station.ServiceBegin{{Code: "company", Attempt: 1}, {Code: "residence", Attempt: 1}}}})[0].Begun
	for _, say := range []station.Verdict{station.Done, station.Undone} {
		for _, service := range begun {
			write(service.ID, "run of "+service.ID, station.Change{Service: &station.ServiceMove{Say: say}})
		}
	}
	said := b.rung
	require.Len(t, said, 4)
	b.rung = nil
	write(c.ID, "second", station.Change{Event: station.EventResumed})
	require.Equal(t, said, b.rung)
	b.rung = nil
	write(c.ID, "second", station.Change{Event: station.EventResumed})
	require.Empty(t, b.rung, "once for each run")
}
