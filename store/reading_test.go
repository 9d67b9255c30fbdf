package store_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"wutong/station"
	"wutong/store"
	"wutong/store/storetest"
)

func TestProgrammes_AreThoseThatAreOpen(t *testing.T) {
	h := newHouse(t)
	closes := monday.AddDate(0, 1, 0)
	spring := station.Programme{
		Code: "spring", Kind: station.Referral, Branch: "HZ", Name: station.Text{Zh: "春", En: "Spring"}, About: station.Text{Zh: "关于", En: "About"},
		OpensAt: monday, ClosesAt: closes, Terms: []byte(`{"inquiryRounds": 1}`),
	}
	require.NoError(t, h.db.Load(t.Context(), store.Seed{Programmes: []station.Programme{spring}}))
	open := func(at time.Time) []string {
		list, err := h.db.Programmes(t.Context(), at)
		require.NoError(t, err)
		codes := []string{}
		for _, p := range list {
			codes = append(codes, p.Code)
		}
		return codes
	}
	require.Equal(t, []string{storetest.Programme}, open(monday.Add(-time.Second)))
	require.Equal(t, []string{storetest.Programme, "spring"}, open(monday))
	require.Equal(t, []string{storetest.Programme}, open(closes))
	got, err := h.db.Programme(t.Context(), "spring")
	require.NoError(t, err)
	got.OpensAt, got.ClosesAt = got.OpensAt.UTC(), got.ClosesAt.UTC()
	require.Equal(t, spring, got)
	_, err = h.db.Programme(t.Context(), "autumn")
	require.Equal(t, station.NotFound, station.CodeOf(err))
}

func TestInstitutionsAndChannels_AreRead(t *testing.T) {
	h := newHouse(t)
	institutions, err := h.db.Institutions(t.Context())
	require.NoError(t, err)
	require.Len(t, institutions, 3)
	require.Equal(t, station.Institution{Code: "pku", Name: station.Text{Zh: "北京大学", En: "Peking University"}, Group: "c9", Place: station.Text{Zh: "北京", En: "Beijing"}, Land: "CN"}, institutions[0])
	channels, err := h.db.Channels(t.Context())
	require.NoError(t, err)
	require.Equal(t, "alumni", channels[0].Code)
	require.Len(t, channels, 2)
}

func TestReviews_AreReadInTheOrderInWhichTheyWereGiven(t *testing.T) {
	m := newHouse(t).opens()
	standing := station.Standing{Stage: station.StageReview}
	w := m.records(station.Change{Standing: standing, Panel: &station.PanelSpec{Count: 3, First: 1, Wait: station.Wait{Days: 5}}})
	want := []station.Review{}
	for _, i := range []int{2, 0, 1} {
		task := w.Tasks[i]
		a := m.does(station.Account{ID: task.Assignee}, station.Decide, task.ID, station.Body{Verdict: station.Score})
		r := station.Review{
			Task: task.ID, Act: a.ID, Reviewer: task.Assignee, Verdict: station.Score, Total: 70.5 + float64(i),
			Scores: []station.Point{{Criterion: "fit", Points: 70 + i}},
		}
		m.at = m.at.Add(time.Hour)
		m.records(station.Change{Standing: standing, Reviews: []station.Review{r}})
		r.Stage = standing.Stage
		want = append(want, r)
	}
	got, err := m.db.Reviews(t.Context(), m.ID)
	require.NoError(t, err)
	require.Equal(t, want, got)
}

func TestRelation_SaysWhoOpenedACaseAndWhoReviewsIt(t *testing.T) {
	m := newHouse(t).opens()
	asked := m.panel(1, 1)[0]
	for account, want := range map[string]station.Relation{m.Referrer.ID: {Applicant: true}, asked: {Panel: true}, m.Officer.ID: {}} {
		got, err := m.db.Relation(t.Context(), m.ID, account)
		require.NoError(t, err)
		require.Equal(t, want, got)
	}
}

func TestAccounts_AreFoundByTheirIDOrTheirToken(t *testing.T) {
	h := newHouse(t)
	a, err := h.db.AccountByID(t.Context(), h.Officer.ID)
	require.NoError(t, err)
	require.Equal(t, []string{"HZ-BJ", "HZ-XH"}, a.Districts)
	require.True(t, a.Covers("HZ-XH"))
	for _, id := range []string{"", "x", station.NewID()} {
		_, err := h.db.AccountByID(t.Context(), id)
		require.Equal(t, station.NotFound, station.CodeOf(err), id)
	}
	token := station.Token{ID: station.NewID(), Account: h.Officer.ID, Hash: []byte("hash"), Scope: station.ScopeRead, ExpiresAt: monday}
	require.NoError(t, h.db.InsertToken(t.Context(), token))
	who, err := h.db.ActorByToken(t.Context(), []byte("hash"), monday.Add(-time.Second))
	require.NoError(t, err)
	require.Equal(t, a, who.Account)
	require.Equal(t, station.ScopeRead, who.Scope)
	_, err = h.db.ActorByToken(t.Context(), []byte("hash"), monday)
	refusedAs(t, err, station.Unauthorized, "token_expired")
	_, err = h.db.ActorByToken(t.Context(), []byte("other"), monday)
	refusedAs(t, err, station.Unauthorized, "token_unknown")
}
