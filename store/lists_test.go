package store_test

import (
	"cmp"
	"encoding/base64"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"wutong/station"
	"wutong/store"
	"wutong/store/storetest"
)

// pick returns one of a few, by chance.
func pick[T any](r *rand.Rand, from ...T) T { return from[r.IntN(len(from))] }

// crowd is a station with cases of every sort, made by chance: what a list
// must give is counted in Go from these.
type crowd struct {
	*house
	cases   []station.Case
	tasks   []station.Task
	reviews map[string][]string // case → who was asked
}

func newCrowd(t *testing.T, r *rand.Rand) *crowd {
	t.Helper()
	c := &crowd{house: newHouse(t), reviews: map[string][]string{}}
	for _, code := range []string{"g1", "g2"} {
		require.NoError(t, c.db.Load(t.Context(), store.Seed{Programmes: []station.Programme{{
			Code: code, Kind: "grant", Branch: "HZ", OpensAt: monday, ClosesAt: monday.AddDate(1, 0, 0),
		}}}))
	}
	for i := range 300 {
		due := monday.Add(time.Duration(r.IntN(100)) * time.Hour) // some fall together
		cs := station.Case{
			ID: station.NewID(), Number: fmt.Sprintf("HZ-%s-%d", pick(r, "GRANT", "REFERRAL"), 100000+i),
			Programme: pick(r, storetest.Programme, "g1", "g2"), Branch: pick(r, "HZ", "HZ-XH", "HZ-BJ"),
			Applicant: pick(r, c.Referrer.ID, c.Applicant.ID, c.Officer.ID, c.Reviewers[0].ID),
			Stage:     pick(r, station.StageCheck, station.StageReview, station.StageConsent), Status: station.Open, Due: &due,
		}
		cs.Kind = "grant"
		if cs.Programme == storetest.Programme {
			cs.Kind = station.Referral
		}
		if r.IntN(4) == 0 {
			cs.Stage, cs.Status, cs.Due, cs.EndedAt = station.StageEnded, pick(r, station.Accepted, station.Declined), nil, &due
		}
		c.runs(`INSERT INTO cases (id, number, kind, programme, branch, applicant, request_key, request_hash, stage, status, due, opened_at, updated_at, ended_at)
			VALUES ($1, $2, $3, $4, $5, $6, $2, '', $7, $8, $9, now(), now(), $10)`,
			cs.ID, cs.Number, cs.Kind, cs.Programme, cs.Branch, cs.Applicant, cs.Stage, cs.Status, cs.Due, cs.EndedAt)
		c.cases = append(c.cases, cs)
		for n := range r.IntN(3) {
			c.addTask(r, cs, n, due)
		}
	}
	return c
}

func (c *crowd) addTask(r *rand.Rand, cs station.Case, n int, due time.Time) {
	c.t.Helper()
	task := station.Task{ID: station.TaskID(cs.ID, cs.Stage, n), Case: cs.ID, Kind: station.TaskCheck, Branch: cs.Branch, Due: &due, Status: station.TaskOpen}
	switch r.IntN(5) {
	case 0:
		task.Kind, task.Assignee = station.TaskReview, pick(r, c.Reviewers[0].ID, c.Reviewers[1].ID, c.Officer.ID)
		task.Status = pick(r, station.TaskOpen, station.TaskDone, station.TaskCancelled)
		if task.Status != station.TaskCancelled {
			c.reviews[cs.ID] = append(c.reviews[cs.ID], task.Assignee)
		}
	case 1:
		task.Kind, task.Party = station.TaskInquiry, pick(r, station.Applicant, station.Talent)
	case 2:
		task.Role, task.Assignee = station.RoleOfficer, c.Officer.ID
	case 3:
		task.Kind, task.Role = station.TaskMail, station.RoleOperator
	default:
		task.Role = pick(r, station.RoleOfficer, station.RoleDirector)
		task.Status = pick(r, station.TaskOpen, station.TaskOpen, station.TaskDone)
	}
	var assignee, closed any
	if task.Assignee != "" {
		assignee = task.Assignee
	}
	if task.Status != station.TaskOpen {
		closed = due
	}
	c.runs(`INSERT INTO tasks (id, case_id, kind, stage, role, branch, party, assignee, status, due, wait, opened_at, closed_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, '{}', now(), $11)`,
		task.ID, task.Case, task.Kind, cs.Stage, task.Role, task.Branch, task.Party, assignee, task.Status, due, closed)
	c.tasks = append(c.tasks, task)
}

// wanted are the numbers of the cases that a query must give, in its order.
func (c *crowd) wanted(q station.CaseQuery) []string {
	var found []station.Case
	for _, cs := range c.cases {
		v := q.Viewer
		seen := v.All || v.Own && cs.Applicant == v.Account || slices.Contains(v.Branches, cs.Branch) ||
			v.InPanel && slices.Contains(c.reviews[cs.ID], v.Account)
		if seen && (q.Kind == "" || q.Kind == cs.Kind) && (q.Programme == "" || q.Programme == cs.Programme) &&
			(q.Stage == "" || q.Stage == cs.Stage) && (q.Status == "" || q.Status == cs.Status) && (q.Branch == "" || q.Branch == cs.Branch) &&
			(q.DueBefore == nil || cs.Due != nil && cs.Due.Before(*q.DueBefore)) && strings.HasPrefix(cs.Number, strings.ToUpper(q.Q)) {
			found = append(found, cs)
		}
	}
	slices.SortFunc(found, func(a, b station.Case) int {
		switch {
		case q.Q != "":
			return cmp.Compare(b.Number, a.Number)
		case q.DueBefore != nil:
			return cmp.Or(a.Due.Compare(*b.Due), cmp.Compare(a.ID, b.ID))
		default:
			return cmp.Compare(b.ID, a.ID)
		}
	})
	numbers := []string{}
	for _, cs := range found {
		numbers = append(numbers, cs.Number)
	}
	return numbers
}

func TestCaseList_PageByPageIsWhatTheViewerMaySee(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	c := newCrowd(t, r)
	for range 400 {
		q := station.CaseQuery{
			Viewer: station.Visibility{
				Account: pick(r, c.Referrer.ID, c.Officer.ID, c.Reviewers[0].ID, c.Reviewers[1].ID, c.Operator.ID),
				All:     r.IntN(5) == 0, Own: r.IntN(2) == 0, InPanel: r.IntN(2) == 0,
				Branches: pick(r, nil, nil, []string{"HZ-BJ"}, []string{"HZ", "HZ-XH", "HZ-BJ"}),
			},
			Kind: pick[station.Kind](r, "", "", "grant", station.Referral), Programme: pick(r, "", "", "", "g1"),
			Stage:  pick(r, "", "", station.StageReview, station.StageEnded),
			Status: pick(r, "", "", station.Open, station.Declined), Branch: pick(r, "", "", "", "HZ-BJ", "HZ"),
			Q: pick(r, "", "", "", "hz-grant-1001"), Limit: 1 + r.IntN(30),
		}
		if r.IntN(4) == 0 {
			before := monday.Add(50 * time.Hour)
			q.DueBefore = &before
		}
		got := []string{}
		for {
			p, err := c.db.CaseList(t.Context(), q)
			require.NoError(t, err)
			require.LessOrEqual(t, len(p.Items), q.Limit)
			for _, cs := range p.Items {
				got = append(got, cs.Number)
			}
			if p.Next == "" {
				break
			}
			require.Len(t, p.Items, q.Limit, "only the last page is shorter")
			q.Cursor = p.Next
		}
		require.Equal(t, c.wanted(q), got, "%+v", q)
	}
}

func TestTaskList_PageByPageIsTheInboxDueFirst(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	c := newCrowd(t, r)
	for range 200 {
		q := station.TaskQuery{
			Account:  pick(r, c.Referrer.ID, c.Officer.ID, c.Officer2.ID, c.Reviewers[0].ID, c.Operator.ID),
			Roles:    pick(r, nil, []station.Role{station.RoleOfficer}, []station.Role{station.RoleOfficer, station.RoleDirector}, []station.Role{station.RoleOperator}),
			Branches: pick(r, nil, []string{"HZ-BJ"}, []string{"HZ", "HZ-XH", "HZ-BJ"}), All: r.IntN(5) == 0,
			Kind: pick(r, "", "", station.TaskCheck, station.TaskReview), Limit: 1 + r.IntN(20),
		}
		var want []station.Task
		for _, task := range c.tasks {
			i := slices.IndexFunc(c.cases, func(cs station.Case) bool { return cs.ID == task.Case })
			mine := task.Assignee == q.Account || task.Party == station.Applicant && c.cases[i].Applicant == q.Account && c.cases[i].EndedAt == nil ||
				task.Assignee == "" && slices.Contains(q.Roles, task.Role) && (q.All || slices.Contains(q.Branches, task.Branch))
			if mine && task.Status == station.TaskOpen && (q.Kind == "" || q.Kind == task.Kind) {
				want = append(want, task)
			}
		}
		slices.SortFunc(want, func(a, b station.Task) int { return cmp.Or(a.Due.Compare(*b.Due), cmp.Compare(a.ID, b.ID)) })
		wanted, got := []string{}, []string{}
		for _, task := range want {
			wanted = append(wanted, task.ID)
		}
		for {
			p, err := c.db.TaskList(t.Context(), q)
			require.NoError(t, err)
			for _, task := range p.Items {
				got = append(got, task.ID)
			}
			if p.Next == "" {
				break
			}
			q.Cursor = p.Next
		}
		require.Equal(t, wanted, got, "%+v", q)
	}
}

func TestTaskList_ATaskWhoseClockStandsStillKeepsItsPlace(t *testing.T) {
	m := newHouse(t).opens()
	early, late := officerChecks(m, 1), officerChecks(m, 2)
	late.Wait.Days = 20
	m.records(station.Change{Open: []station.TaskSpec{late, early}, Hold: early.ID})
	p, err := m.db.TaskList(t.Context(), station.TaskQuery{Account: m.Officer.ID, Roles: []station.Role{station.RoleOfficer}, Branches: []string{"HZ"}, Limit: 1})
	require.NoError(t, err)
	require.Equal(t, early.ID, p.Items[0].ID)
	require.Nil(t, p.Items[0].Due)
	p, err = m.db.TaskList(t.Context(), station.TaskQuery{Account: m.Officer.ID, Roles: []station.Role{station.RoleOfficer}, Branches: []string{"HZ"}, Limit: 1, Cursor: p.Next})
	require.NoError(t, err)
	require.Equal(t, late.ID, p.Items[0].ID)
	require.Empty(t, p.Next)
}

func TestLists_PagesHaveTwentyItemsUnlessAskedOtherwiseAndNeverMoreThanAHundred(t *testing.T) {
	h := newHouse(t)
	for range 105 {
		h.opens()
	}
	for limit, want := range map[int]int{0: 20, -1: 20, 7: 7, 100: 100, 5000: 100} {
		p, err := h.db.CaseList(t.Context(), station.CaseQuery{Viewer: station.Visibility{All: true}, Limit: limit})
		require.NoError(t, err)
		require.Len(t, p.Items, want)
		require.NotEmpty(t, p.Next)
	}
}

func TestLists_ACursorThatWasTamperedWithOrIsOfAnotherListIsRefused(t *testing.T) {
	h := newHouse(t)
	for range 3 {
		h.opens()
	}
	all := station.CaseQuery{Viewer: station.Visibility{All: true}, Limit: 1}
	p, err := h.db.CaseList(t.Context(), all)
	require.NoError(t, err)
	raw, err := base64.RawURLEncoding.DecodeString(p.Next)
	require.NoError(t, err)
	tampered := []string{"x", "!", "bnVsbA", "e30", "W10", p.Next + "A", p.Next[1:], strings.ToUpper(p.Next)}
	for i := range raw {
		changed := slices.Clone(raw)
		changed[i] ^= 1
		tampered = append(tampered, base64.RawURLEncoding.EncodeToString(changed))
	}
	for _, cursor := range tampered {
		q := all
		q.Cursor = cursor
		_, err := h.db.CaseList(t.Context(), q)
		refusedAs(t, err, station.Invalid, "cursor_invalid")
	}
	soon := monday
	for _, q := range []station.CaseQuery{{Kind: "grant"}, {Stage: "check"}, {DueBefore: &soon}, {Q: "HZ"}} {
		q.Viewer, q.Cursor = all.Viewer, p.Next
		_, err := h.db.CaseList(t.Context(), q)
		refusedAs(t, err, station.Invalid, "cursor_invalid")
	}
	_, err = h.db.TaskList(t.Context(), station.TaskQuery{Account: h.Officer.ID, Cursor: p.Next})
	refusedAs(t, err, station.Invalid, "cursor_invalid")
	_, err = h.db.TalentList(t.Context(), station.TalentQuery{Viewer: all.Viewer, Cursor: p.Next})
	refusedAs(t, err, station.Invalid, "cursor_invalid")
}
