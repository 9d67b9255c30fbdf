package store_test

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"wutong/station"
	"wutong/store"
	"wutong/store/storetest"
)

// asks begins a service that needs nothing, in a settlement of the n-th newcomer, and
// asks a provider.
func (h *settling) asks(newcomer int, service, provider string) *matter {
	h.t.Helper()
	m, err := h.takes(h.Newcomers[newcomer], station.SettlementForm{Services: []string{service}})
	require.NoError(h.t, err)
	s := m.starts(service)
	s.turnsTo(1, provider)
	return s
}

// answers ends the first request.
func (h *settling) answers(m *matter, answer string, at time.Time) {
	h.t.Helper()
	h.runs(`UPDATE requests SET ended_at = $2, answer = $3, on_time = CASE $3::text WHEN 'completed' THEN $2::timestamptz < asked_at + interval '10 days' END
		WHERE service = $1 AND ordinal = 1`, m.ID, at, answer)
}

// gives puts a talent's paper there.
func (h *settling) gives(who station.Account, kind string, d station.Document, until any) {
	h.t.Helper()
	h.runs(`INSERT INTO papers (account, kind, document, until, given_at) VALUES ($1, $2, $3, $4, $5)
		ON CONFLICT (account, kind) DO UPDATE SET document = EXCLUDED.document, until = EXCLUDED.until`, who.ID, kind, d.ID, until, monday)
}

func TestCatalogue_IsReadAsItWasLoaded(t *testing.T) {
	h := newHouse(t)
	c, err := h.db.Catalogue(t.Context())
	require.NoError(t, err)
	require.Equal(t, station.Catalogue{}, c)
	storetest.Settlements(t, h.db, "{}")
	c, err = h.db.Catalogue(t.Context())
	require.NoError(t, err)
	require.Equal(t, marshal(t, storetest.Catalogue()), marshal(t, c))
}

func TestCatalogue_RetiresWhatANewerOneHasNoMore(t *testing.T) {
	h := newSettling(t)
	whole := storetest.Catalogue()
	less := withoutOffices(storetest.Catalogue())
	require.NoError(t, h.db.Load(t.Context(), store.Seed{Catalogue: &less}))
	c, err := h.db.Catalogue(t.Context())
	require.NoError(t, err)
	require.Equal(t, marshal(t, less), marshal(t, c.Offered()))
	require.Len(t, c.Offers, len(whole.Offers), "old settlements are read by it")
	office, known := c.Offer("office")
	require.True(t, known && office.Retired && office.Name.En == "office")
	require.Equal(t, []string{"east", "west"}, c.ProvidersOf("office", "HZ-BJ", "HZ"), "running ones go on")

	_, err = h.takes(h.Newcomers[0], station.SettlementForm{Services: []string{"company", "office"}})
	requireFields(t, err, "services/1 unknown_service")
	_, err = h.takes(h.Newcomers[0], station.SettlementForm{
		Services: []string{"company"}, Papers: []station.Paper{{Kind: "plan", Document: h.uploads(h.Newcomers[0], "plan").ID}},
	})
	requireFields(t, err, "papers/0/kind unknown_paper")

	require.NoError(t, h.db.Load(t.Context(), store.Seed{}), "a seed without a catalogue leaves it as it was")
	require.NoError(t, h.db.Load(t.Context(), store.Seed{Catalogue: &whole}))
	c, err = h.db.Catalogue(t.Context())
	require.NoError(t, err)
	require.Equal(t, marshal(t, whole), marshal(t, c.Offered()), "it is there again")
}

// withoutOffices is a catalogue without the service, the paper and the providers of
// offices.
func withoutOffices(c station.Catalogue) station.Catalogue {
	c.Offers = slices.DeleteFunc(c.Offers, func(o station.Offer) bool { return o.Code == "office" })
	c.Papers = slices.DeleteFunc(c.Papers, func(p station.PaperKind) bool { return p.Code == "plan" })
	c.Providers = slices.DeleteFunc(c.Providers, func(p station.Provider) bool { return p.Code == "east" || p.Code == "west" })
	return c
}

func TestCity_IsTheBranchAboveOrItself(t *testing.T) {
	h := newHouse(t)
	for branch, want := range map[string]string{"HZ": "HZ", "HZ-BJ": "HZ"} {
		city, err := h.db.City(t.Context(), branch)
		require.NoError(t, err)
		require.Equal(t, want, city)
	}
	_, err := h.db.City(t.Context(), "SH")
	require.Equal(t, station.NotFound, station.CodeOf(err))
}

func TestPapers_AreWhatATalentGaveAndIsNotErased(t *testing.T) {
	h := newSettling(t)
	who := h.Newcomers[0]
	passport, degree := h.uploads(who, "passport"), h.uploads(who, "degree")
	h.gives(who, "degree", degree, nil)
	h.gives(who, "identity", passport, "2027-05-31")
	h.gives(h.Newcomers[1], "identity", h.uploads(h.Newcomers[1], "passport"), nil)
	list, err := h.db.PapersOf(t.Context(), who.ID)
	require.NoError(t, err)
	require.Equal(t, []station.Paper{{Kind: "identity", Document: passport.ID, Until: "2027-05-31"}, {Kind: "degree", Document: degree.ID}}, list)
	h.erases(passport)
	list, err = h.db.PapersOf(t.Context(), who.ID)
	require.NoError(t, err)
	require.Equal(t, []station.Paper{{Kind: "degree", Document: degree.ID}}, list)
}

func TestServices_AreReadInTheOrderInWhichTheyWereChosen(t *testing.T) {
	h := newSettling(t)
	settlement := h.chooses("school", "residence")
	s := settlement.ID
	m := settlement.starts("residence")
	m.turnsTo(1, "police")
	settlement.guides(station.SettlementMove{End: []station.ServiceEnd{{Code: "school", Reason: station.ReasonNeedGone}}})
	m.is(station.ServiceMove{State: station.ServiceAccepted, Answers: station.AnswerAccepted})
	h.runs(`UPDATE services SET stars = 4 WHERE case_id = $1`, m.ID)
	list, err := h.db.ServicesOf(t.Context(), s)
	require.NoError(t, err)
	require.Len(t, list, 2)
	require.Equal(t, station.ServiceView{Offer: station.Offer{Code: "school"}, State: station.ServiceEnded, Reason: station.ReasonNeedGone}, list[0])
	require.NotNil(t, list[1].Due)
	list[1].Due = nil
	require.Equal(t, station.ServiceView{
		Case: m.ID, Offer: station.Offer{Code: "residence"}, State: station.ServiceAccepted, Provider: station.Provider{Code: "police"}, Stars: 4,
	}, list[1])

	of, err := h.db.SettlementOf(t.Context(), m.ID)
	require.NoError(t, err)
	require.Equal(t, s, of)
	_, err = h.db.SettlementOf(t.Context(), s)
	require.Equal(t, station.NotFound, station.CodeOf(err))
	manager, err := h.db.Manager(t.Context(), s)
	require.NoError(t, err)
	require.Empty(t, manager)
	want := settlement.isManaged()
	manager, err = h.db.Manager(t.Context(), s)
	require.NoError(t, err)
	require.Equal(t, want, manager)
	_, err = h.db.Manager(t.Context(), m.ID)
	require.Equal(t, station.NotFound, station.CodeOf(err))
}

func TestDoneFor_IsWhatWasDoneAndNotUndone(t *testing.T) {
	h := newSettling(t)
	who := h.Newcomers[0]
	first := h.chooses("residence", "company", "office")
	first.records(station.Change{Standing: station.Standing{Stage: station.StageEnded, Status: station.Withdrawn}, End: &station.Ending{}})
	for code, state := range map[string]string{"residence": "done", "company": "waived", "office": "undone"} {
		h.runs(`UPDATE services SET state = $3 WHERE settlement = $1 AND code = $2`, first.ID, code, state)
	}
	second, err := h.takes(who, station.SettlementForm{Services: []string{"school"}, Has: []string{"residence"}})
	require.NoError(t, err)
	other, err := h.takes(h.Newcomers[1], station.SettlementForm{Services: []string{"bank"}, District: "HZ-XH"})
	require.NoError(t, err)
	h.runs(`UPDATE services SET state = 'done' WHERE settlement IN ($1, $2)`, second.ID, other.ID)
	done, err := h.db.DoneFor(t.Context(), who.ID)
	require.NoError(t, err)
	require.Equal(t, []string{"residence", "company", "school"}, done)
	done, err = h.db.DoneFor(t.Context(), h.Newcomers[2].ID)
	require.NoError(t, err)
	require.Empty(t, done)
}

func TestTimeline_PageByPageIsTheSettlementsAndItsServicesEventsByTime(t *testing.T) {
	h := newSettling(t)
	s := h.chooses("residence", "company", "school")
	matters := []*matter{s, s.starts("residence"), s.starts("company")}
	h.asks(1, "residence", "police") // another's
	r := rand.New(rand.NewPCG(5, 6))
	at := monday
	for range 60 {
		at = at.Add(time.Duration(r.IntN(3)) * time.Microsecond) // some at the same time
		m := pick(r, matters...)
		m.at = at
		m.records(station.Change{Event: station.EventReminded, Details: station.Details{"n": 1}})
	}
	want, codes := []station.TimelineEvent{}, []string{"", "residence", "company"}
	for i, m := range matters {
		events, err := h.db.Events(t.Context(), m.ID, 0, 0)
		require.NoError(t, err)
		for _, e := range events {
			want = append(want, station.TimelineEvent{Event: e, Offer: codes[i]})
		}
	}
	slices.SortFunc(want, func(a, b station.TimelineEvent) int {
		return cmp.Or(a.At.Compare(b.At), cmp.Compare(a.Case, b.Case), cmp.Compare(a.Seq, b.Seq))
	})
	for _, limit := range []int{0, 1, 7, 100} {
		got, mark := []station.TimelineEvent{}, station.TimelineMark{}
		for {
			page, err := h.db.Timeline(t.Context(), s.ID, mark, limit)
			require.NoError(t, err)
			got = append(got, page...)
			if limit == 0 || len(page) < limit {
				break
			}
			last := page[len(page)-1]
			mark = station.TimelineMark{At: last.At, Case: last.Case, Seq: last.Seq}
		}
		require.Equal(t, want, got, limit)
	}
}

func TestProviderMonths_CountWhatWasAskedInAMonthOfChinasTime(t *testing.T) {
	h := newSettling(t)
	may := time.Date(2026, 4, 30, 16, 0, 0, 0, time.UTC) // midnight in Hangzhou
	day := 24 * time.Hour
	n := 0
	asked := func(provider string, at time.Time) *matter {
		n++
		m := h.asks(n, "residence", provider)
		h.runs(`UPDATE requests SET asked_at = $2 WHERE service = $1`, m.ID, at)
		return m
	}
	h.answers(asked("police", may.Add(-time.Second)), "refused", may)
	for i, days := range []int{2, 4, 12} { // the last one is late
		m := asked("police", may.Add(time.Duration(i)*day))
		h.answers(m, "completed", may.Add(time.Duration(i+days)*day))
		if i > 0 {
			h.runs(`UPDATE services SET stars = $2 WHERE case_id = $1`, m.ID, 2*i)
		}
	}
	m := asked("police", may.Add(5*day))
	h.answers(m, "late", may.Add(20*day))
	h.runs(`UPDATE services SET stars = 1 WHERE case_id = $1`, m.ID) // of who completed it in their place
	h.answers(asked("police", may.Add(5*day)), "cancelled", may.Add(6*day))
	again := asked("police", may.Add(7*day))
	h.answers(again, "completed", may.Add(13*day))
	h.runs(`UPDATE services SET stars = 3 WHERE case_id = $1`, again.ID)
	h.runs(`INSERT INTO requests (service, ordinal, provider, asked_at, ended_at, answer, on_time) SELECT service, 2, provider, $2, $3, 'completed', true FROM requests WHERE service = $1`,
		again.ID, may.Add(14*day), may.Add(20*day))
	asked("police", may.Add(30*day))
	asked("market", may)
	june := may.Add(31 * day)
	asked("police", june)
	months, err := h.db.ProviderMonths(t.Context(), "police", may.AddDate(0, -1, 0), june)
	require.NoError(t, err)
	require.Equal(t, []station.ProviderMonth{
		{Month: "2026-04", Asked: 1, Refused: 1},
		{Month: "2026-05", Asked: 8, Completed: 5, OnTime: 4, Late: 1, Open: 1, Days: 6, Rated: 3, Stars: 3},
	}, months)
}

// seenBy are the cases that a provider's people see, and what is in their inbox.
func (h *settling) seenBy(who station.Account) (cases, inbox []string) {
	h.t.Helper()
	p, err := h.db.CaseList(h.t.Context(), station.CaseQuery{Viewer: station.Visibility{Account: who.ID, Provider: who.Provider}})
	require.NoError(h.t, err)
	for _, c := range p.Items {
		cases = append(cases, c.ID)
	}
	tasks, err := h.db.TaskList(h.t.Context(), station.TaskQuery{Account: who.ID, Provider: who.Provider})
	require.NoError(h.t, err)
	for _, task := range tasks.Items {
		require.Equal(h.t, who.Provider, task.Provider)
		inbox = append(inbox, task.ID)
	}
	return cases, inbox
}

func TestProvider_SeesAServiceFromWhenTheyAreAskedUntilAnotherIs(t *testing.T) {
	h := newSettling(t)
	east, west := h.Providers["east"][0], h.Providers["west"][1]
	s := h.chooses("office", "company")
	m, other := s.starts("office"), s.starts("company")
	m.turnsTo(1, "east")
	other.turnsTo(1, "market")
	relation := func(who station.Account) station.Relation {
		t.Helper()
		r, err := h.db.Relation(t.Context(), m.ID, who.ID)
		require.NoError(t, err)
		return r
	}
	require.Equal(t, station.Relation{Provider: true}, relation(east))
	require.Equal(t, station.Relation{}, relation(west))
	require.Equal(t, station.Relation{Applicant: true}, relation(h.Newcomers[0]))
	rel, err := h.db.Relation(t.Context(), s.ID, east.ID)
	require.NoError(t, err)
	require.Equal(t, station.Relation{}, rel, "the settlement is not theirs")
	for _, colleague := range h.Providers["east"] {
		cases, inbox := h.seenBy(colleague)
		require.Equal(t, []string{m.ID}, cases)
		require.Equal(t, []string{m.task(station.StageAsked, 1)}, inbox)
	}

	m.at = monday.Add(time.Hour)
	m.records(station.Change{Event: station.EventProviderNo, Close: []station.TaskEnd{{Task: m.task(station.StageAsked, 1), Status: station.TaskDone}}})
	m.at = m.at.Add(time.Hour)
	m.turnsTo(2, "west")
	require.Equal(t, station.Relation{Provider: true, After: 2}, relation(west), "not how it was refused")
	require.Equal(t, station.Relation{}, relation(east))
	cases, inbox := h.seenBy(east)
	require.Empty(t, cases)
	require.Empty(t, inbox)
	cases, inbox = h.seenBy(west)
	require.Equal(t, []string{m.ID}, cases)
	require.Equal(t, []string{m.task(station.StageAsked, 2)}, inbox)
	m.at = m.at.Add(time.Hour)
	m.turnsTo(3, "west")
	require.Equal(t, station.Relation{Provider: true, After: 2}, relation(west), "asked again, it is theirs from the first time on")
	cases, _ = h.seenBy(h.Providers["market"][0])
	require.Equal(t, []string{other.ID}, cases)
}

func TestDocuments_OfAServiceAreThePapersThatItNeedsAndNoOthers(t *testing.T) {
	h := newSettling(t)
	who := h.Newcomers[0]
	s := h.chooses("residence", "office", "company")
	m := s.starts("residence")
	passport, degree, plan := h.uploads(who, "passport"), h.uploads(who, "degree"), h.uploads(who, "plan")
	h.gives(who, "identity", passport, nil)
	h.gives(who, "degree", degree, nil)
	h.gives(who, "plan", plan, nil)
	h.gives(h.Newcomers[1], "identity", h.uploads(h.Newcomers[1], "another's passport"), nil)
	handedIn := func(c string) (names []string) {
		list, err := h.db.DocumentsOfCase(t.Context(), c)
		require.NoError(t, err)
		for _, d := range list {
			names = append(names, d.Name)
		}
		return names
	}
	require.Equal(t, []string{"passport.pdf", "degree.pdf"}, handedIn(m.ID))
	require.Empty(t, handedIn(s.ID), "given before, or attached by who takes them in")
	require.Equal(t, []string{m.ID}, h.serves(degree))
	require.Empty(t, h.serves(plan), "no service has begun that needs it")

	renewed := h.uploads(who, "new passport")
	h.gives(who, "identity", renewed, nil)
	require.Equal(t, []string{"degree.pdf", "new passport.pdf"}, handedIn(m.ID))
	require.Empty(t, h.serves(passport))
	office := s.starts("office")
	require.Equal(t, []string{"plan.pdf"}, handedIn(office.ID))
	m.records(station.Change{Standing: station.Standing{Stage: station.StageEnded, Status: station.Completed}, End: &station.Ending{}})
	require.Empty(t, handedIn(m.ID), "a service that is over needs none")
	require.Empty(t, h.serves(renewed))
}

func TestCaseList_OfAProviderPageByPageIsWhatTheyAreAskedFor(t *testing.T) {
	h := newSettling(t)
	r := rand.New(rand.NewPCG(7, 8))
	var mine []station.Case
	for i := range 20 {
		provider := pick(r, "police", "market")
		m := h.asks(i, "residence", provider)
		stage, branch := pick(r, station.StageAsked, station.StageDelivery), pick(r, "HZ", "HZ-BJ")
		h.runs(`UPDATE cases SET stage = $2, branch = $3, due = $4 WHERE id = $1`, m.ID, stage, branch, monday.Add(time.Duration(i)*time.Hour))
		if provider == "police" {
			c, err := h.db.CaseByID(t.Context(), m.ID)
			require.NoError(t, err)
			mine = append(mine, c)
		}
	}
	soon := monday.Add(10 * time.Hour)
	for name, x := range map[string]struct {
		query station.CaseQuery
		fits  func(station.Case) bool
	}{
		"all":    {station.CaseQuery{}, func(station.Case) bool { return true }},
		"kind":   {station.CaseQuery{Kind: station.Grant}, func(station.Case) bool { return false }},
		"stage":  {station.CaseQuery{Stage: station.StageDelivery}, func(c station.Case) bool { return c.Stage == station.StageDelivery }},
		"branch": {station.CaseQuery{Branch: "HZ-BJ"}, func(c station.Case) bool { return c.Branch == "HZ-BJ" }},
		"due":    {station.CaseQuery{DueBefore: &soon}, func(c station.Case) bool { return c.Due.Before(soon) }},
		"number": {station.CaseQuery{Q: "HZ-SERVICE"}, func(station.Case) bool { return true }},
	} {
		want, got := []string{}, []string{}
		for _, c := range mine {
			if x.fits(c) {
				want = append(want, c.Number)
			}
		}
		x.query.Viewer, x.query.Limit = station.Visibility{Account: h.Providers["police"][0].ID, Provider: "police"}, 3
		for {
			p, err := h.db.CaseList(t.Context(), x.query)
			require.NoError(t, err)
			for _, c := range p.Items {
				got = append(got, c.Number)
			}
			if x.query.Cursor = p.Next; p.Next == "" {
				break
			}
		}
		require.ElementsMatch(t, want, got, name)
		require.Len(t, got, len(want), fmt.Sprint(name, ": each once"))
	}
}
