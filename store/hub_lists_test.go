package store_test

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"wutong/station"
)

// inbox is what an angel has to do, by kind and number of the case.
func (h *hub) inbox(who station.Account, kind station.TaskKind) []string {
	h.t.Helper()
	page, err := h.db.TaskList(h.t.Context(), station.TaskQuery{Account: who.ID, Roles: []station.Role{station.RoleAngel, station.RoleApplicant}, Kind: kind, Limit: 100})
	require.NoError(h.t, err)
	list := []string{}
	for _, t := range page.Items {
		list = append(list, string(t.Kind)+" "+t.Case)
	}
	slices.Sort(list)
	return list
}

// poses opens a task of the angels' pool.
func (m *matter) poses(stage station.Stage, kind station.TaskKind) {
	m.t.Helper()
	id := m.task(stage, 1)
	if kind == station.TaskDeclaration {
		id = station.DeclarationTask(m.ID)
	}
	m.records(station.Change{Standing: station.Standing{Stage: stage}, Open: []station.TaskSpec{{ID: id, Kind: kind, Role: station.RoleAngel, Wait: station.Wait{Days: 5}}}})
}

// ballots keeps what a member says.
func (m *matter) ballots(who station.Account, stage station.Stage, v station.Verdict) {
	m.t.Helper()
	a := m.does(who, station.Decide, m.task(stage, 1), station.Body{Verdict: v})
	m.records(station.Change{Standing: station.Standing{Stage: stage}, Ballot: &station.Ballot{Task: a.Task, Act: a.ID, Account: who.ID, Verdict: v}})
}

func TestHub_AnAngelsInboxHoldsWhatTheyHaveNotSaidYet(t *testing.T) {
	h := newHub(t)
	h.opensRound("r-1", 3)
	m, angel := h.applies("r-1"), h.Angels[0]
	m.poses(station.StageCall, station.TaskDeclaration)
	m.poses(station.StagePitches, station.TaskScore)
	m.poses(station.StageDeliberation, station.TaskCommitment)
	vote := h.candidate()
	vote.votes()
	mine := []string{"declaration " + m.ID, "vote " + vote.ID}
	require.Equal(t, mine, h.inbox(angel, ""), "nothing but to declare, before they have")
	require.Equal(t, mine[:1], h.inbox(angel, station.TaskDeclaration))
	m.declares(angel, station.ConflictNone)
	require.Equal(t, []string{"commitment " + m.ID, "score " + m.ID, "vote " + vote.ID}, h.inbox(angel, ""))
	h.scores(m, station.StagePitches, angel, 80)
	vote.ballots(angel, station.StageVote, station.Approve)
	require.Equal(t, []string{"commitment " + m.ID}, h.inbox(angel, ""))
	m.ballots(angel, station.StageDeliberation, station.Pass)
	require.Empty(t, h.inbox(angel, ""))

	other := h.Angels[1]
	m.declares(other, station.ConflictNone)
	m.declares(other, station.ConflictOther)
	require.Equal(t, []string{"vote " + vote.ID}, h.inbox(other, ""), "in conflict")
	require.Empty(t, h.inbox(h.Reviewers[0], ""), "no member")
	h.runs(`UPDATE angels SET status = 'suspended' WHERE account = $1`, h.Angels[2].ID)
	require.Empty(t, h.inbox(h.Angels[2], ""))
}

func TestHub_AnAngelIsNotAskedOfTheirOwnProject(t *testing.T) {
	h := newHub(t)
	h.opensRound("r-1", 3)
	h.Teams = h.Angels[:1]
	m := h.applies("r-1")
	m.poses(station.StageCall, station.TaskDeclaration)
	require.Empty(t, h.inbox(h.Angels[0], ""))
	require.Len(t, h.inbox(h.Angels[1], ""), 1)
}

func TestHub_WhatMayBeDoneAtAnyTimeIsNotInTheInboxUnlessAskedFor(t *testing.T) {
	h := newHub(t)
	r := h.opensRound("r-1", 1)
	r.records(station.Change{Open: []station.TaskSpec{{
		ID: station.TimetableTask(r.ID), Kind: station.TaskTimetable, Role: station.RoleOfficer, Wait: station.Wait{Days: 5}, Untimed: true,
	}}})
	q := station.TaskQuery{Account: h.Officer.ID, Roles: []station.Role{station.RoleOfficer}, Branches: []string{"HZ"}}
	page, err := h.db.TaskList(t.Context(), q)
	require.NoError(t, err)
	require.Empty(t, page.Items)
	q.Kind = station.TaskTimetable
	page, err = h.db.TaskList(t.Context(), q)
	require.NoError(t, err)
	require.Len(t, page.Items, 1)
}

func TestHub_ACaseInConflictIsInNoListOfAnybody(t *testing.T) {
	h := newHub(t)
	h.opensRound("r-1", 3)
	m, other := h.applies("r-1"), h.applies("r-1")
	vote := h.candidate()
	vote.votes()
	h.runs(`UPDATE pitches SET seat = 'confirmed'`)
	hidden := h.applies("r-1") // without a seat
	screened := h.applies("r-1")
	w := screened.records(station.Change{Standing: station.Standing{Stage: station.StageScreening}, Panel: &station.PanelSpec{
		Count: 1, First: 1, Role: station.RoleAngel, Wait: station.Wait{Days: 1}, Quiet: true,
	}})
	angel := h.account(w.Tasks[0].Assignee)
	soon := monday.AddDate(1, 0, 0)
	lists := func(v station.Visibility) (all [][]string) {
		t.Helper()
		for _, q := range []station.CaseQuery{{}, {Kind: station.Pitch}, {Q: "HZ-PITCH"}, {Branch: "HZ", Kind: station.Pitch}, {DueBefore: &soon}} {
			q.Viewer, q.Limit = v, 100
			page, err := h.db.CaseList(t.Context(), q)
			require.NoError(t, err)
			var ids []string
			for _, c := range page.Items {
				ids = append(ids, c.ID)
			}
			all = append(all, ids)
		}
		return all
	}
	hubs := station.Visibility{Account: angel.ID, Own: true, InPanel: true, Hub: "HZ"}
	seen := lists(hubs)
	require.Equal(t, []string{screened.ID, vote.ID, other.ID, m.ID}, seen[0])
	require.Equal(t, []string{screened.ID, other.ID, m.ID}, seen[1])
	require.Equal(t, []string{screened.ID, other.ID, m.ID}, seen[2])
	require.NotContains(t, seen[0], hidden.ID)
	for _, x := range []*matter{m, screened} {
		x.declares(angel, station.ConflictInvested)
	}
	everywhere := hubs
	everywhere.All = true
	house := hubs
	house.Branches = []string{"HZ", "HZ-XH"}
	for _, v := range []station.Visibility{hubs, everywhere, house} {
		for i, ids := range lists(v) {
			require.NotContains(t, ids, m.ID, i)
			require.NotContains(t, ids, screened.ID, i)
			if i < 4 {
				require.Contains(t, ids, other.ID, i)
			}
		}
	}
	tasks, err := h.db.TaskList(t.Context(), station.TaskQuery{
		Account: angel.ID, Roles: []station.Role{station.RoleAngel, station.RoleOfficer, station.RoleOperator}, Branches: []string{"HZ"}, All: true, Limit: 100,
	})
	require.NoError(t, err)
	for _, task := range tasks.Items {
		require.NotEqual(t, screened.ID, task.Case)
	}
}
