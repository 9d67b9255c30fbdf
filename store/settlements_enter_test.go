package store_test

import (
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"wutong/station"
	"wutong/store/storetest"
)

// settling is a house where newcomers settle, and what its tests do in it.
type settling struct {
	*house
	storetest.SettlementPeople
}

func newSettling(t *testing.T) *settling {
	t.Helper()
	h := newHouse(t)
	return &settling{house: h, SettlementPeople: storetest.Settlements(t, h.db, "{}")}
}

// takes takes in a settlement, unless it is refused.
func (h *settling) takes(who station.Account, form station.SettlementForm) (*matter, error) {
	h.t.Helper()
	c, err := storetest.Take(h.t, h.db, station.SettlementKind, storetest.SettlementProgramme, who, form, monday)
	return &matter{house: h.house, Case: c, run: "run-1", at: monday}, err
}

// chooses takes in a settlement of the first newcomer.
func (h *settling) chooses(services ...string) *matter {
	h.t.Helper()
	m, err := h.takes(h.Newcomers[0], station.SettlementForm{Services: services})
	require.NoError(h.t, err)
	return m
}

// paper is a document of an account, as a kind of paper.
func (h *settling) paper(of station.Account, kind string, until station.Day) station.Paper {
	return station.Paper{Kind: kind, Document: storetest.Document(h.t, h.db, of, kind+string(until)), Until: until}
}

// complaints are the fields that an error complains of.
func complaints(t *testing.T, err error) []station.Field {
	t.Helper()
	var e *station.Error
	require.ErrorAs(t, err, &e)
	require.Equal(t, station.Invalid, e.Code)
	return e.Fields
}

func TestSettlement_IsRefusedForWhatItsBranchCannotBring(t *testing.T) {
	h := newSettling(t)
	who := h.Newcomers[0]
	for name, x := range map[string]struct {
		form station.SettlementForm
		want station.Field
	}{
		"unknown":                {station.SettlementForm{Services: []string{"company", "spa"}}, station.Field{Path: "services/1", Rule: "unknown_service"}},
		"of another district":    {station.SettlementForm{Services: []string{"bank"}, District: "HZ-BJ"}, station.Field{Path: "services/0", Rule: "unknown_service"}},
		"of no provider there":   {station.SettlementForm{Services: []string{"housing"}}, station.Field{Path: "services/0", Rule: "no_provider"}},
		"without what it needs":  {station.SettlementForm{Services: []string{"office"}}, station.Field{Path: "services/0", Rule: "needs:company", Named: called("company")}},
		"unknown what it has":    {station.SettlementForm{Services: []string{"company"}, Has: []string{"spa"}}, station.Field{Path: "has/0", Rule: "unknown_service"}},
		"unknown paper":          {station.SettlementForm{Services: []string{"company"}, Papers: []station.Paper{h.paper(who, "poem", "")}}, station.Field{Path: "papers/0/kind", Rule: "unknown_paper"}},
		"paper without its date": {station.SettlementForm{Services: []string{"company"}, Papers: []station.Paper{h.paper(who, "identity", "")}}, station.Field{Path: "papers/0/until", Rule: "required"}},
		"paper that was good":    {station.SettlementForm{Services: []string{"company"}, Papers: []station.Paper{h.paper(who, "identity", "2026-03-01")}}, station.Field{Path: "papers/0/until", Rule: "in_the_future"}},
		"paper of somebody else": {station.SettlementForm{Services: []string{"company"}, Papers: []station.Paper{h.paper(who, "degree", ""), h.paper(h.Newcomers[1], "plan", "")}}, station.Field{Path: "papers/1/document", Rule: "unknown_document"}},
		"in another city":        {station.SettlementForm{Services: []string{"company"}, District: "SH"}, station.Field{Path: "district", Rule: "unknown_branch"}},
	} {
		_, err := h.takes(who, x.form)
		require.Error(t, err, name)
		assert.Equal(t, []station.Field{x.want}, complaints(t, err), name)
	}
	for i, form := range []station.SettlementForm{
		{Services: []string{"bank", "office"}, Has: []string{"company"}, District: "HZ-XH"},
		{Services: []string{"housing"}, District: "HZ-BJ"},
	} {
		_, err := h.takes(h.Newcomers[i], form)
		require.NoError(t, err)
	}
}

func TestSettlement_KeepsWhatWasChosenAndThePapers(t *testing.T) {
	h := newSettling(t)
	who := h.Newcomers[0]
	identity, degree := h.paper(who, "identity", "2026-03-03"), h.paper(who, "degree", "")
	m, err := h.takes(who, station.SettlementForm{Services: []string{"school", "residence"}, Papers: []station.Paper{identity, degree}})
	require.NoError(t, err)
	require.Equal(t, []string{"school 1 chosen ", "residence 1 chosen "}, m.services())
	o, err := h.db.OpenSettlement(t.Context(), m.ID)
	require.NoError(t, err)
	require.Equal(t, []string{"school", "residence"}, o.Services)
	require.Empty(t, o.Has)
	require.Equal(t, []string{"residence"}, o.Offers[0].Needs)
	require.Empty(t, o.Offers[0].Name.En+o.Offers[0].About.Zh, "its words are nothing that a workflow needs")

	held, err := h.db.PapersHeld(t.Context(), m.ID, monday.Add(15*time.Hour)) // midnight in Hangzhou
	require.NoError(t, err)
	require.Equal(t, station.PapersHeld{Today: "2026-03-03", Papers: []station.Paper{{Kind: "degree"}, {Kind: "identity", Until: "2026-03-03"}}}, held)
	documents, err := h.db.DocumentsOfCase(t.Context(), m.ID)
	require.NoError(t, err)
	require.Len(t, documents, 2)

	unstarted, err := h.db.Unstarted(t.Context(), station.Case{}, monday.Add(time.Minute), 10)
	require.NoError(t, err)
	require.Equal(t, m.ID, unstarted[0].ID)
}

func TestSettlement_WhatWasDoneAndGivenBeforeIsNotAskedAgain(t *testing.T) {
	h := newSettling(t)
	who := h.Newcomers[0]
	m, err := h.takes(who, station.SettlementForm{Services: []string{"company", "residence"}, Papers: []station.Paper{h.paper(who, "plan", "")}})
	require.NoError(t, err)
	m.starts("company").is(station.ServiceMove{State: station.ServiceDone})
	m.ends(station.Completed)

	m.at = monday.Add(time.Hour)
	c := storetest.Settling(t, h.db, who, station.SettlementForm{Services: []string{"office"}, Has: []string{"residence"}}, m.at)
	o, err := h.db.OpenSettlement(t.Context(), c.ID)
	require.NoError(t, err)
	require.Equal(t, []string{"residence", "company"}, o.Has)
	documents, err := h.db.DocumentsOfCase(t.Context(), c.ID)
	require.NoError(t, err)
	require.Len(t, documents, 1, "of the papers that it needs")
	o, err = h.db.OpenSettlement(t.Context(), m.ID)
	require.NoError(t, err)
	require.Empty(t, o.Has, "what it did itself was not done before")
}

func TestSettlement_OfManyAtOnceAnAccountHasOneThatGoesOn(t *testing.T) {
	h := newSettling(t)
	var wg sync.WaitGroup
	errs := make([]error, 8)
	for i := range errs {
		wg.Go(func() { _, errs[i] = h.takes(h.Newcomers[0], station.SettlementForm{Services: []string{"company"}}) })
	}
	wg.Wait()
	in := 0
	for _, err := range errs {
		if err == nil {
			in++
			continue
		}
		refusedAs(t, err, station.Conflict, "settling")
	}
	require.Equal(t, 1, in)
	_, err := h.takes(h.Newcomers[1], station.SettlementForm{Services: []string{"company"}})
	require.NoError(t, err)
}
