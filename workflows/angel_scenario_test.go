package workflows_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"wutong/station"
	"wutong/store/storetest"
)

// admission tells an admission to the angel hub, and the term after it, in the
// procedure's words.
type admission struct {
	*scenario
	hub       storetest.HubPeople
	candidate station.Account
}

// joins begins a scenario: somebody applies, for whom the first two members vouch,
// to a programme with some terms, in JSON.
func joins(t *testing.T, terms string, change ...func(*station.AngelForm)) *admission {
	t.Helper()
	s := newAdmission(t, terms)
	form := storetest.AngelForm(storetest.Document(t, s.db, s.hub.Candidate, "contract.pdf"), s.hub.Angels[:2]...)
	for _, f := range change {
		f(&form)
	}
	s.start(s.hub.Candidate, storetest.AngelProgramme, form)
	return s
}

// invited begins a scenario: an officer invites somebody.
func invited(t *testing.T) *admission {
	t.Helper()
	s := newAdmission(t, "{}")
	s.start(s.people.Officer, storetest.AngelProgramme, station.AngelForm{
		Invitee:   &station.AngelInvitee{Name: "沈南", Email: "invited@example.com", Language: station.English},
		Statement: "She backed three of our teams.", Fields: []string{"AI"}, Vouchers: []string{s.hub.Angels[0].Email, s.hub.Angels[1].Email},
	})
	return s
}

func newAdmission(t *testing.T, terms string) *admission {
	t.Helper()
	db := storetest.New(t)
	s := &admission{scenario: &scenario{
		t: t, db: db, people: storetest.Sample(t, db, "{}"), kind: station.Angel, began: time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC),
	}}
	s.hub = storetest.Hub(t, db, s.people, "{}", terms)
	s.candidate = s.hub.Candidate
	return s
}

func (s *admission) then(step func()) *admission {
	s.scenario.then(step)
	return s
}

func (s *admission) passes(days int) *admission {
	s.scenario.passes(days)
	return s
}

// by has an account decide the one open task of a kind.
func (s *admission) by(who station.Account, kind station.TaskKind, b station.Body) *admission {
	s.decides(func() station.Account { return who }, kind, b)
	return s
}

// refused is by, for what the case refuses.
func (s *admission) refused(who station.Account, kind station.TaskKind, b station.Body, why station.Reason) *admission {
	return s.by(who, kind, b).then(func() {
		s.t.Helper()
		n := s.count(`SELECT count(*) FROM acts WHERE case_id = $1 AND actor = $2 AND body->>'verdict' = $3 AND status = 'refused' AND reason = $4`,
			s.id, who.ID, string(b.Verdict), string(why))
		require.NotZero(s.t, n, "%s is not refused as %s", b.Verdict, why)
	})
}

// consents has who is invited use their link.
func (s *admission) consents() *admission {
	s.byLink(station.TaskConsent, station.Body{Verdict: station.Consent})
	return s
}

// handsIn has who was invited hand in proof: the case is theirs now.
func (s *admission) handsIn() *admission {
	return s.then(func() {
		c, err := s.db.CaseByID(s.t.Context(), s.id)
		require.NoError(s.t, err)
		s.candidate, err = s.db.AccountByID(s.t.Context(), c.Applicant)
		require.NoError(s.t, err)
		tasks := s.openTasks(station.TaskEvidence)
		require.Len(s.t, tasks, 1, "proof that is asked for")
		doc := storetest.Document(s.t, s.db, s.candidate, "proof.pdf")
		_, err = s.svc.Confirm(s.t.Context(), storetest.As(s.t, s.db, s.candidate), tasks[0].ID, "", station.Body{Documents: []string{doc}, Answer: "The contract."})
		require.NoError(s.t, err)
	})
}

func (s *admission) officerAccepts() *admission {
	return s.by(s.people.Officer2, station.TaskCheck, station.Body{Verdict: station.Accept})
}

func (s *admission) officerDeclines() *admission {
	return s.by(s.people.Officer2, station.TaskCheck, station.Body{Verdict: station.Decline, Reason: "It was a loan."})
}

// vouches has the first of those who were asked by mail use their link.
func (s *admission) vouches(v station.Verdict) *admission {
	return s.then(func() {
		var link string
		require.NoError(s.t, s.db.GetContext(s.t.Context(), &link, `SELECT l.id FROM links l JOIN tasks t ON t.id = l.task
			WHERE t.case_id = $1 AND t.kind = 'voucher' AND t.status = 'open' ORDER BY t.id LIMIT 1`, s.id))
		_, err := s.svc.UseLink(s.t.Context(), s.links.Token(link), station.Body{Verdict: v})
		require.NoError(s.t, err)
	})
}

func (s *admission) vouched() *admission { return s.vouches(station.Vouch).vouches(station.Vouch) }

// names has an officer name another voucher, at the first such task.
func (s *admission) names(who station.Account) *admission {
	return s.then(func() {
		tasks := s.openTasks(station.TaskAppoint)
		require.NotEmpty(s.t, tasks, "nobody is asked to name a voucher")
		_, err := s.svc.Decide(s.t.Context(), storetest.As(s.t, s.db, s.people.Officer), tasks[0].ID, "", station.Body{Verdict: station.Appoint, Account: who.ID})
		require.NoError(s.t, err)
	})
}

// votes has a member vote.
func (s *admission) votes(n int, v station.Verdict) *admission {
	return s.by(s.hub.Angels[n], station.TaskVote, station.Body{Verdict: v})
}

// vote has the members vote, in their order.
func (s *admission) vote(votes ...station.Verdict) *admission {
	for n, v := range votes {
		s.votes(n, v)
	}
	return s
}

// ballot is vote, and the days of the vote go by.
func (s *admission) ballot(votes ...station.Verdict) *admission { return s.vote(votes...).passes(16) }

const (
	yes       = station.Approve
	no        = station.Reject
	abstained = station.Abstain
)

// admitted takes an admission to its term.
func (s *admission) admitted() *admission {
	return s.officerAccepts().vouched().ballot(yes, yes, yes, yes, yes)
}

func (s *admission) appeals() *admission {
	return s.then(func() {
		_, err := s.svc.Appeal(s.t.Context(), storetest.As(s.t, s.db, s.candidate), s.id, "", "Please look again.")
		require.NoError(s.t, err)
	})
}

func (s *admission) directorHears(v station.Verdict) *admission {
	return s.by(s.people.Director, station.TaskCheck, station.Body{Verdict: v, Reason: "On a second look."})
}

func (s *admission) leaves() *admission {
	return s.then(func() {
		_, err := s.svc.Decide(s.t.Context(), storetest.As(s.t, s.db, s.candidate), station.MembershipTask(s.id), "", station.Body{Verdict: station.Leave})
		require.NoError(s.t, err)
	})
}

// declares has the member declare an interest, and hide from the public.
func (s *admission) declares(company string) *admission {
	return s.then(func() {
		hidden := false
		_, err := s.svc.Decide(s.t.Context(), storetest.As(s.t, s.db, s.candidate), station.MembershipTask(s.id), "", station.Body{
			Verdict: station.Amended, Interests: []station.Interest{{Kind: station.InCompany, Name: company}}, Public: &hidden,
		})
		require.NoError(s.t, err)
	})
}

func (s *admission) director(v station.Verdict) *admission {
	return s.by(s.people.Director, station.TaskOversight, station.Body{Verdict: v, Reason: "An investigation."})
}

func (s *admission) renews(v station.Verdict) *admission {
	return s.by(s.people.Officer, station.TaskRenewal, station.Body{Verdict: v})
}

func (s *admission) withdraws() *admission {
	return s.then(func() {
		_, err := s.svc.Withdraw(s.t.Context(), storetest.As(s.t, s.db, s.candidate), s.id, "")
		require.NoError(s.t, err)
	})
}

// stands checks how the membership stands, and whether it gives the role.
func (s *admission) stands(want station.MemberStatus) *admission {
	return s.then(func() { s.standsNow(want) })
}

func (s *admission) standsNow(want station.MemberStatus) {
	s.t.Helper()
	var status station.MemberStatus
	require.NoError(s.t, s.db.GetContext(s.t.Context(), &status, `SELECT status FROM angels WHERE account = $1`, s.candidate.ID))
	require.Equal(s.t, want, status)
	a, err := s.db.AccountByID(s.t.Context(), s.candidate.ID)
	require.NoError(s.t, err)
	require.Equal(s.t, want == station.MemberActive, a.Has(station.RoleAngel), "of the role angel")
}

// until checks when the term ends.
func (s *admission) until(day string) *admission {
	return s.then(func() {
		s.t.Helper()
		var until time.Time
		require.NoError(s.t, s.db.GetContext(s.t.Context(), &until, `SELECT until FROM angels WHERE account = $1`, s.candidate.ID))
		require.Equal(s.t, day, until.In(station.ChinaTime).Format(time.DateOnly))
		for _, kind := range []station.TaskKind{station.TaskMembership, station.TaskOversight} {
			tasks := s.openTasks(kind)
			require.Len(s.t, tasks, 1, "open tasks of kind %s", kind)
			require.WithinDuration(s.t, until, *tasks[0].Due, 0, kind)
		}
	})
}

// happened are the events of the case, in order.
func (s *admission) happened() []string {
	s.t.Helper()
	var list []string
	require.NoError(s.t, s.db.SelectContext(s.t.Context(), &list, `SELECT kind FROM events WHERE case_id = $1 ORDER BY seq`, s.id))
	return list
}
