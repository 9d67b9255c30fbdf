package store_test

import (
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"wutong/station"
)

func TestEnd_RefusesPendingActsCancelsTasksAndSpendsLinks(t *testing.T) {
	m := newHouse(t).opens()
	m.records(station.Change{Event: station.EventAsked, Open: []station.TaskSpec{talentConsents(m), officerChecks(m, 1)}})
	late := m.does(m.Referrer, station.Withdraw, "", station.Body{})
	own := m.does(m.Referrer, station.Withdraw, "", station.Body{Reason: "other"})
	m.records(station.Change{
		Event: station.EventWithdrawn, Act: own.ID, Actor: m.Referrer.ID,
		Settle:   []station.Settlement{{Act: own.ID, Status: station.Recorded}},
		Standing: station.Standing{Stage: station.StageEnded, Status: station.Withdrawn, Reason: station.ReasonWithdrawn}, End: &station.Ending{},
	})
	a, err := m.db.ActByID(t.Context(), late.ID)
	require.NoError(t, err)
	require.Equal(t, station.ActRefused, a.Status)
	require.Equal(t, station.ReasonCaseEnded, a.Reason)
	a, err = m.db.ActByID(t.Context(), own.ID)
	require.NoError(t, err)
	require.Equal(t, station.Recorded, a.Status)
	require.Equal(t, station.TaskCancelled, m.taskNow(m.task(station.StageCheck, 1)).Status)
	require.Equal(t, station.TaskCancelled, m.taskNow(m.task(station.StageConsent, 1)).Status)
	var unspent int
	m.reads(`SELECT count(*) FROM links WHERE used_at IS NULL`, nil, &unspent)
	require.Zero(t, unspent)
	c, err := m.db.CaseByID(t.Context(), m.ID)
	require.NoError(t, err)
	require.True(t, c.Ended())
	require.Equal(t, station.Withdrawn, c.Status)
}

func TestEnd_ACoReferrerIsCreditedInTheEntryOrInTheCaseThatMayBecomeOne(t *testing.T) {
	h := newHouse(t)
	inReserve := h.accepted()
	var entry string
	h.reads(`SELECT id FROM talents`, nil, &entry)
	open := h.opens()
	by := func(a station.Account, target string) {
		m := h.opens(func(n *station.NewCase, _ *station.ReferralForm) { n.Applicant = a.ID })
		m.records(station.Change{
			Event: station.EventMerged, Standing: station.Standing{Stage: station.StageEnded, Status: station.Merged},
			End: &station.Ending{Credit: target},
		})
	}
	by(h.Officer, entry)
	by(h.Officer, entry) // credited once
	by(h.Officer2, open.ID)

	p, err := h.db.TalentList(t.Context(), station.TalentQuery{Viewer: station.Visibility{All: true}})
	require.NoError(t, err)
	require.Equal(t, []string{h.Referrer.ID, h.Officer.ID}, p.Items[0].Referrers, "who referred first comes first")
	require.Equal(t, inReserve.ID, p.Items[0].Case)
	var role string
	h.reads(`SELECT role FROM credits WHERE case_id = $1 AND account = $2`, []any{open.ID, h.Officer2.ID}, &role)
	require.Equal(t, "co_referrer", role)
}

// everything is all that is kept in the test's schema, as text.
func (h *house) everything() string {
	h.t.Helper()
	var tables []string
	require.NoError(h.t, h.db.SelectContext(h.t.Context(), &tables, `
		SELECT relname FROM pg_class WHERE relnamespace = current_schema()::regnamespace AND relkind = 'r'`))
	require.Greater(h.t, len(tables), 15)
	var all strings.Builder
	for _, table := range tables {
		var rows []string
		require.NoError(h.t, h.db.SelectContext(h.t.Context(), &rows, `SELECT t::text FROM `+table+` t`))
		for _, r := range rows {
			all.WriteString(table + " " + r + "\n")
		}
	}
	return all.String()
}

func TestEnd_ErasingLeavesNoWordOfTheTalentAnywhere(t *testing.T) {
	h := newHouse(t)
	canaries := []string{"Canary", "鸟金丝", "jinsiniao", "niaojinsi", "canary.bird", "1390000", "aviary", "ornithology", "evidence-of-song", "sings well", "asks a question", "answers it", "says no thanks"}
	m := h.opens(func(n *station.NewCase, f *station.ReferralForm) {
		f.Name, f.Email, f.Phone, f.Institution = "鸟金丝 (Canary Niao)", "canary.bird@example.com", "13900001111", "Royal Aviary"
		f.Field, f.Evidence, f.Why = "ornithology", []string{"https://example.com/evidence-of-song"}, "Sings well."
		n.RequestHash = "hash-of-the-form"
	})
	m.records(station.Change{Event: station.EventAsked, Open: []station.TaskSpec{talentConsents(m), officerChecks(m, 1)}})
	asked := m.does(h.Officer, station.Decide, m.task(station.StageCheck, 1), station.Body{Verdict: station.Ask, Question: "asks a question of Canary"})
	answered := m.does(h.Referrer, station.Answer, m.task(station.StageCheck, 1), station.Body{Answer: "answers it"})
	refused := m.does(station.Account{ID: "talent"}, station.Decide, m.task(station.StageConsent, 1), station.Body{Verdict: station.Decline, Reason: "says no thanks"})
	var digests []string
	require.NoError(t, h.db.SelectContext(t.Context(), &digests, `SELECT request_hash FROM acts`))
	before := h.everything()
	for _, c := range canaries[2:] {
		if !strings.Contains(strings.ToLower(before), strings.ToLower(c)) {
			t.Fatalf("%s must have been there", c)
		}
	}
	m.records(station.Change{
		Event: station.EventRefused, Act: refused.ID, Actor: "talent", Standing: station.Standing{Stage: station.StageEnded, Status: station.Refused},
		Settle: []station.Settlement{{Act: refused.ID, Status: station.Recorded}, {Act: asked.ID, Status: station.Recorded}, {Act: answered.ID, Status: station.Recorded}},
		End:    &station.Ending{Erase: true},
	})

	after := strings.ToLower(h.everything())
	// a hash without its salt would confirm a guess
	for _, c := range append(append(canaries, digests...), "hash-of-the-form") {
		if strings.Contains(after, strings.ToLower(c)) {
			t.Errorf("%s is there still", c)
		}
	}
	require.Empty(t, m.audit(), "the history still proves itself")
	form, err := h.db.Form(t.Context(), m.ID)
	require.NoError(t, err)
	require.Nil(t, form)
	words, err := h.db.Words(t.Context(), refused.ID)
	require.NoError(t, err)
	require.Equal(t, station.Body{}, words)
	again, err := h.db.InsertAct(t.Context(), station.Act{
		ID: refused.ID, Case: m.ID, Task: refused.Task, Kind: station.Decide, Actor: "talent",
		Body: station.Body{Verdict: station.Decline, Reason: "says no thanks"}, At: m.at, Status: station.Pending,
	})
	require.NoError(t, err, "a repeated request still finds its receipt")
	require.Equal(t, station.Recorded, again.Status)
	letters, err := h.letters(m.at.AddDate(1, 0, 0))
	require.NoError(t, err)
	for _, l := range letters {
		require.NotEqual(t, station.MailConsent, l.Template, "nobody is left to tell")
	}
}

func TestEnd_NoActIsLeftPendingHoweverItRacesWithTheEnd(t *testing.T) {
	h := newHouse(t)
	const rounds, acts = 40, 8
	for range rounds {
		m := h.opens()
		end := m.change(station.Change{
			Event: station.EventWithdrawn, Standing: station.Standing{Stage: station.StageEnded, Status: station.Withdrawn}, End: &station.Ending{},
		})
		var wg sync.WaitGroup
		for i := range acts + 1 {
			wg.Go(func() {
				if i == acts/2 {
					_, err := h.db.Record(t.Context(), end)
					assert.NoError(t, err)
					return
				}
				_, err := h.db.InsertAct(t.Context(), station.Act{
					ID: station.NewID(), Case: m.ID, Kind: station.Withdraw, Actor: h.Referrer.ID, At: m.at, Status: station.Pending,
				})
				assert.NoError(t, err)
			})
		}
		wg.Wait()
	}
	var kept, pending int
	h.reads(`SELECT count(*), count(*) FILTER (WHERE status = 'pending') FROM acts`, nil, &kept, &pending)
	require.Equal(t, rounds*acts, kept)
	require.Zero(t, pending)
}
