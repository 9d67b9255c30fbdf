package store_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"wutong/station"
	"wutong/store"
)

// at is a time of day in March 2026 in Hangzhou; the 2nd is a Monday.
func at(day, hour int) time.Time {
	return time.Date(2026, 3, day, hour, 0, 0, 0, time.FixedZone("Asia/Shanghai", 8*60*60))
}

// dates are the days and hours of a deadline, the due date first.
func dates(d station.Deadline) []string {
	list := []string{d.Due.In(at(1, 1).Location()).Format("2 15:04:05")}
	for _, r := range d.Reminders {
		list = append(list, r.In(at(1, 1).Location()).Format("2 15:04:05"))
	}
	return list
}

func TestTasks_AreDueByWorkingDaysOrCalendarDays(t *testing.T) {
	m := newHouse(t).opens()
	w := m.records(station.Change{Open: []station.TaskSpec{officerChecks(m, 1), talentConsents(m)}})
	require.Equal(t, []string{"9 23:59:59", "5 09:00:00"}, dates(w.Tasks[0].Deadline))
	require.Equal(t, []string{"16 23:59:59", "9 09:00:00", "14 09:00:00"}, dates(w.Tasks[1].Deadline))
	c, err := m.db.CaseByID(t.Context(), m.ID)
	require.NoError(t, err)
	require.Equal(t, "9 23:59:59", dates(station.Deadline{Due: *c.Due})[0], "a case is due when its earliest task is")
	require.Equal(t, w.Tasks[0].Deadline.Due.UTC(), m.taskNow(w.Tasks[0].ID).Due.UTC())
}

func TestTasks_WhatWaitsForNobodyKeepsItsPlaceAndHasNoDate(t *testing.T) {
	m := newHouse(t).opens()
	forGood, ten := officerChecks(m, 1), officerChecks(m, 2)
	forGood.Wait, ten.Wait = station.ForGood, station.Wait{Days: 3650}
	m.records(station.Change{Open: []station.TaskSpec{forGood, ten}})
	require.Nil(t, m.taskNow(forGood.ID).Due)
	require.NotNil(t, m.taskNow(ten.ID).Due)
	q := station.TaskQuery{Account: m.Officer.ID, Roles: []station.Role{station.RoleOfficer}, Branches: []string{"HZ"}, Limit: 1}
	p, err := m.db.TaskList(t.Context(), q)
	require.NoError(t, err)
	require.Equal(t, forGood.ID, p.Items[0].ID, "3650 days, not working days")
	require.Nil(t, p.Items[0].Due)
	q.Cursor = p.Next
	p, err = m.db.TaskList(t.Context(), q)
	require.NoError(t, err)
	require.Equal(t, ten.ID, p.Items[0].ID)
}

func TestTasks_AnInquiryStopsTheClockAndItsAnswerLetsItRunOn(t *testing.T) {
	for name, c := range map[string]struct {
		task   func(*matter) station.TaskSpec
		pauses [][2]time.Time // held, resumed
		want   []string
	}{
		"working days":                      {check, [][2]time.Time{{at(4, 10), at(13, 15)}}, []string{"18 23:59:59", "16 09:00:00"}},
		"after the reminder":                {check, [][2]time.Time{{at(6, 10), at(13, 15)}}, []string{"16 23:59:59"}},
		"on the last day":                   {check, [][2]time.Time{{at(9, 10), at(13, 15)}}, []string{"16 23:59:59"}},
		"over a weekend":                    {check, [][2]time.Time{{at(7, 10), at(8, 15)}}, []string{"9 23:59:59"}},
		"at once":                           {check, [][2]time.Time{{at(4, 10), at(4, 11)}}, []string{"9 23:59:59", "5 09:00:00"}},
		"twice, the reminder still to come": {check, [][2]time.Time{{at(3, 10), at(9, 10)}, {at(10, 10), at(16, 10)}}, []string{"19 23:59:59", "17 09:00:00"}},
		"twice, the reminder gone":          {check, [][2]time.Time{{at(3, 10), at(9, 10)}, {at(12, 10), at(16, 10)}}, []string{"17 23:59:59"}},
		"calendar days":                     {talentConsents, [][2]time.Time{{at(10, 10), at(20, 15)}}, []string{"26 23:59:59", "24 09:00:00"}},
		"calendar days at once":             {talentConsents, [][2]time.Time{{at(3, 10), at(3, 11)}}, []string{"16 23:59:59", "9 09:00:00", "14 09:00:00"}},
		"calendar days, on the last day":    {talentConsents, [][2]time.Time{{at(16, 10), at(20, 15)}}, []string{"21 23:59:59"}},
	} {
		t.Run(name, func(t *testing.T) {
			m := newHouse(t).opens()
			task := c.task(m)
			m.records(station.Change{Open: []station.TaskSpec{task}})
			var last station.Written
			for _, p := range c.pauses {
				m.records(station.Change{At: p[0], Hold: task.ID})
				require.Nil(t, m.taskNow(task.ID).Due, "a task whose clock stands still is not due")
				cs, err := m.db.CaseByID(t.Context(), m.ID)
				require.NoError(t, err)
				require.Nil(t, cs.Due)
				last = m.records(station.Change{At: p[1], Resume: task.ID})
			}
			require.Len(t, last.Tasks, 1)
			require.Equal(t, task.ID, last.Tasks[0].ID)
			require.Equal(t, c.want, dates(last.Tasks[0].Deadline))
			require.Equal(t, c.want[0], dates(station.Deadline{Due: *m.taskNow(task.ID).Due})[0])
		})
	}
}

func check(m *matter) station.TaskSpec { return officerChecks(m, 1) }

func TestTasks_ATaskThatIsNotHeldIsNotMovedByResume(t *testing.T) {
	m := newHouse(t).opens()
	task := officerChecks(m, 1)
	m.records(station.Change{Open: []station.TaskSpec{task}})
	w := m.records(station.Change{At: at(10, 10), Resume: task.ID})
	require.Empty(t, w.Tasks)
}

func TestTasks_AnEscalatedTaskGoesToTheOtherPoolWithItsOwnTime(t *testing.T) {
	m := newHouse(t).opens()
	task := officerChecks(m, 1)
	m.records(station.Change{Open: []station.TaskSpec{task}})
	m.records(station.Change{Assign: &station.Assignment{Task: task.ID, Account: m.Officer.ID}})
	require.Equal(t, m.Officer.ID, m.taskNow(task.ID).Assignee)
	w := m.records(station.Change{
		At: at(10, 0), Event: station.EventEscalated, Task: task.ID,
		Assign: &station.Assignment{Task: task.ID, Role: station.RoleDirector, Wait: &station.Wait{Days: 5, Reminders: []int{2}}},
	})
	require.Equal(t, []string{"17 23:59:59", "12 09:00:00"}, dates(w.Tasks[0].Deadline))
	now := m.taskNow(task.ID)
	require.Equal(t, station.RoleDirector, now.Role)
	require.Empty(t, now.Assignee)
	// held after that, it goes by its new time
	m.records(station.Change{At: at(11, 10), Hold: task.ID})
	w = m.records(station.Change{At: at(16, 10), Resume: task.ID})
	require.Equal(t, []string{"20 23:59:59", "17 09:00:00"}, dates(w.Tasks[0].Deadline))
}

func TestTasks_ATaskIsTakenAndReleased(t *testing.T) {
	m := newHouse(t).opens()
	task := officerChecks(m, 1)
	m.records(station.Change{Open: []station.TaskSpec{task}})
	m.records(station.Change{Assign: &station.Assignment{Task: task.ID, Account: m.Officer.ID}})
	require.Equal(t, m.Officer.ID, m.taskNow(task.ID).Assignee)
	m.records(station.Change{Assign: &station.Assignment{Task: task.ID}})
	require.Empty(t, m.taskNow(task.ID).Assignee)
	require.Equal(t, station.RoleOfficer, m.taskNow(task.ID).Role)
}

// panel opens a panel and returns who was asked.
func (m *matter) panel(count, first int, exclude ...string) []string {
	m.t.Helper()
	w := m.records(station.Change{
		Standing: station.Standing{Stage: station.StageReview},
		Panel:    &station.PanelSpec{Count: count, First: first, Exclude: exclude, Wait: station.Wait{Days: 5}},
	})
	asked := []string{}
	for i, task := range w.Tasks {
		require.Equal(m.t, m.task(station.StageReview, first+i), task.ID)
		require.Equal(m.t, task.Assignee, m.taskNow(task.ID).Assignee)
		asked = append(asked, task.Assignee)
	}
	return asked
}

func (h *house) ids(accounts []station.Account) []string {
	ids := []string{}
	for _, a := range accounts {
		ids = append(ids, a.ID)
	}
	return ids
}

func TestPanel_IsThoseOfThePoolWithTheLeastToDo(t *testing.T) {
	h := newHouse(t)
	first, second, third := h.opens().panel(3, 1), h.opens().panel(3, 1), h.opens().panel(2, 1)
	require.ElementsMatch(t, h.ids(h.Reviewers), append(append(first, second...), third...), "each is asked once before anyone is asked twice")
	require.Len(t, h.opens().panel(8, 1), 8)
}

func TestPanel_FewerThanAskedForIsNoError(t *testing.T) {
	h := newHouse(t)
	m := h.opens()
	require.Len(t, m.panel(20, 1, h.Reviewers[0].ID), 7)
	require.Empty(t, m.panel(1, 21, h.ids(h.Reviewers)...))
}

func TestPanel_LeavesOutWhoWasAskedBeforeWhoIsDisabledAndWhoIsOfAnotherBranch(t *testing.T) {
	h := newHouse(t)
	accounts := []station.Account{h.Reviewers[1], h.Reviewers[2]}
	accounts[0].Disabled, accounts[1].Branch = true, "HZ-XH"
	require.NoError(t, h.db.Load(t.Context(), store.Seed{Accounts: accounts}))
	require.ElementsMatch(t, h.ids(h.Reviewers[3:]), h.opens().panel(8, 1, h.Reviewers[0].ID))
}

func TestPanel_OfADistrictIsOfTheDistrictAndItsCity(t *testing.T) {
	h := newHouse(t)
	accounts := []station.Account{h.Reviewers[0], h.Reviewers[1]}
	accounts[0].Branch, accounts[1].Branch = "HZ-XH", "HZ-BJ"
	require.NoError(t, h.db.Load(t.Context(), store.Seed{Accounts: accounts}))
	m := h.opens()
	h.runs(`UPDATE cases SET branch = 'HZ-XH' WHERE id = $1`, m.ID)
	require.ElementsMatch(t, append(h.ids(h.Reviewers[2:]), h.Reviewers[0].ID), m.panel(8, 1))
}

func TestPanel_HasNobodyWhoseCaseItIsOrWhoseInstitution(t *testing.T) {
	h := newHouse(t)
	talent := func(change func(*station.ReferralForm)) *matter {
		return h.opens(func(_ *station.NewCase, f *station.ReferralForm) { change(f) })
	}
	judge := h.Reviewers[0]
	for name, m := range map[string]*matter{
		"the applicant":               h.opens(func(n *station.NewCase, _ *station.ReferralForm) { n.Applicant = judge.ID }),
		"the talent":                  talent(func(f *station.ReferralForm) { f.Email = "PERSON7@Example.com" }),
		"a colleague of the talent":   talent(func(f *station.ReferralForm) { f.Institution = " Institution  7 " }),
		"a colleague of the referrer": h.opens(func(n *station.NewCase, _ *station.ReferralForm) { n.Applicant = h.colleagueOf(judge).ID }),
	} {
		require.Equal(t, "person7@example.com", judge.Email)
		require.ElementsMatch(t, h.ids(h.Reviewers[1:]), m.panel(8, 1), name)
	}
}

func TestPanel_KnowsAnInstitutionByItsCodeAndByEachOfItsNames(t *testing.T) {
	h := newHouse(t)
	judge := h.Reviewers[0]
	for _, own := range []string{"zju", "浙江大学", "zhejiang  UNIVERSITY"} {
		judge.Institution = own
		require.NoError(t, h.db.Load(t.Context(), store.Seed{Accounts: []station.Account{judge}}))
		for _, talents := range []string{"ZJU", "浙江大学", "Zhejiang University"} {
			m := h.opens(func(_ *station.NewCase, f *station.ReferralForm) { f.Institution = talents })
			require.NotContains(t, m.panel(8, 1), judge.ID, "%s and %s", own, talents)
		}
	}
}

// colleagueOf is another referrer at an account's institution.
func (h *house) colleagueOf(a station.Account) station.Account {
	h.t.Helper()
	c := h.Referrer
	c.ID, c.Email, c.Institution = station.NewID(), "colleague@example.com", a.Institution
	require.NoError(h.t, h.db.Load(h.t.Context(), store.Seed{Accounts: []station.Account{c}}))
	return c
}
