package workflows_test

import (
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"wutong/station"
	"wutong/store/storetest"
)

// appointment tells an ambassador's appointment, and their years in office, in the
// procedure's words.
type appointment struct {
	*scenario
	house storetest.AmbassadorPeople
}

// applies begins a scenario: somebody of Zhejiang University applies to a programme
// with some terms, in JSON.
func applies(t *testing.T, terms string) *appointment {
	t.Helper()
	s := newAppointment(t, terms)
	s.start(s.house.Ambassadors[0], storetest.AmbassadorProgramme, storetest.AmbassadorForm("zju"))
	return s
}

// nominated begins a scenario: an officer nominates somebody of Zhejiang University.
func nominated(t *testing.T) *appointment {
	t.Helper()
	s := newAppointment(t, "{}")
	s.start(s.people.Officer, storetest.AmbassadorProgramme, storetest.NominationForm("zju", "nominee@example.com"))
	return s
}

func newAppointment(t *testing.T, terms string) *appointment {
	t.Helper()
	db := storetest.New(t)
	s := &appointment{scenario: &scenario{
		t: t, db: db, people: storetest.Sample(t, db, "{}"), kind: station.Ambassador, began: time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC),
	}}
	s.house = storetest.Ambassadors(t, db, terms)
	return s
}

func (s *appointment) then(step func()) *appointment {
	s.scenario.then(step)
	return s
}

func (s *appointment) passes(days int) *appointment {
	s.scenario.passes(days)
	return s
}

// by has an account decide the one open task of a kind.
func (s *appointment) by(who station.Account, kind station.TaskKind, b station.Body) *appointment {
	s.decides(func() station.Account { return who }, kind, b)
	return s
}

// itself has the ambassador act on the task that is theirs for the whole term.
func (s *appointment) itself(b station.Body) *appointment {
	return s.then(func() {
		_, err := s.svc.Decide(s.t.Context(), storetest.As(s.t, s.db, s.ambassador()), station.MembershipTask(s.id), "", b)
		require.NoError(s.t, err)
	})
}

// refused checks that the last act of an account was refused.
func (s *appointment) refused(who func() station.Account, why station.Reason) *appointment {
	return s.then(func() {
		s.t.Helper()
		var last []string
		require.NoError(s.t, s.db.SelectContext(s.t.Context(), &last, `SELECT reason FROM acts WHERE case_id = $1 AND actor = $2 AND status = 'refused' ORDER BY id DESC LIMIT 1`, s.id, who().ID))
		require.Equal(s.t, []string{string(why)}, last)
	})
}

// ambassador is whose the case is: of a nomination, the nominee's once they consent.
func (s *appointment) ambassador() station.Account {
	s.t.Helper()
	c, err := s.db.CaseByID(s.t.Context(), s.id)
	require.NoError(s.t, err)
	a, err := s.db.AccountByID(s.t.Context(), c.Applicant)
	require.NoError(s.t, err)
	return a
}

// consents has the nominee use their link: the case is theirs now.
func (s *appointment) consents() *appointment {
	s.byLink(station.TaskConsent, station.Body{Verdict: station.Consent})
	return s
}

func (s *appointment) officerConfirmsTheTie() *appointment {
	return s.by(s.people.Officer2, station.TaskCheck, station.Body{Verdict: station.Accept})
}

func (s *appointment) officerDeclines() *appointment {
	return s.by(s.people.Officer2, station.TaskCheck, station.Body{Verdict: station.Decline, Reason: "They left it in 2020."})
}

func (s *appointment) officerAsks() *appointment {
	return s.by(s.people.Officer2, station.TaskCheck, station.Body{Verdict: station.Ask, To: station.Applicant, Question: "Since when?"})
}

func (s *appointment) answers() *appointment {
	return s.then(func() {
		tasks := s.openTasks(station.TaskInquiry)
		require.Len(s.t, tasks, 1)
		_, err := s.svc.Answer(s.t.Context(), storetest.As(s.t, s.db, s.ambassador()), tasks[0].ID, "", "Since 2021.", nil)
		require.NoError(s.t, err)
	})
}

// panelScores has those who are asked give the same points for everything.
func (s *appointment) panelScores(points ...int) *appointment {
	for _, n := range points {
		s.reviewer(station.Body{Verdict: station.Score, Scores: []station.Point{{Criterion: "reach", Points: n}, {Criterion: "commitment", Points: n}}})
	}
	return s
}

func (s *appointment) directorSigns() *appointment {
	return s.by(s.people.Director, station.TaskSign, station.Body{Verdict: station.Sign})
}

func (s *appointment) directorDoesNotSign() *appointment {
	return s.by(s.people.Director, station.TaskSign, station.Body{Verdict: station.Decline, Reason: "We have three there."})
}

// reviewed takes an appointment to the director's signature, and appointed to the
// office.
func (s *appointment) reviewed() *appointment { return s.officerConfirmsTheTie().panelScores(80, 70) }

func (s *appointment) appointed() *appointment { return s.reviewed().directorSigns() }

// asksToMove has the ambassador ask to move to another institution.
func (s *appointment) asksToMove(to string) *appointment {
	return s.then(func() {
		proof := storetest.Document(s.t, s.db, s.ambassador(), station.NewID())
		_, err := s.svc.Decide(s.t.Context(), storetest.As(s.t, s.db, s.ambassador()), station.MembershipTask(s.id), "", station.Body{
			Verdict: station.Transfer, Institution: to, Reason: "I teach there now.", Documents: []string{proof},
		})
		require.NoError(s.t, err)
	})
}

// officerFinds has an officer decide whether there is a tie to that institution.
func (s *appointment) officerFinds(v station.Verdict) *appointment {
	return s.by(s.people.Officer2, station.TaskTie, station.Body{Verdict: v, Reason: "As the university says."})
}

func (s *appointment) moves(to string) *appointment {
	return s.asksToMove(to).officerFinds(station.Accept)
}

func (s *appointment) resigns() *appointment { return s.itself(station.Body{Verdict: station.Resign}) }

func (s *appointment) directorRevokes() *appointment {
	return s.by(s.people.Director, station.TaskOversight, station.Body{Verdict: station.Revoke, Reason: "They sold their referrals."})
}

func (s *appointment) appeals() *appointment {
	return s.then(func() {
		a, err := s.svc.Appeal(s.t.Context(), storetest.As(s.t, s.db, s.ambassador()), s.id, "", "Please look again.")
		require.NoError(s.t, err)
		require.NotEqual(s.t, station.ActRefused, a.Status)
	})
}

// anotherDirectorHears has a director hear an appeal who has decided nothing before.
func (s *appointment) anotherDirectorHears(v station.Verdict) *appointment {
	return s.by(s.house.Directors[0], station.TaskCheck, station.Body{Verdict: v, Reason: "On a second look."})
}

func (s *appointment) officerDecidesTo(v station.Verdict) *appointment {
	return s.by(s.people.Officer2, station.TaskRenewal, station.Body{Verdict: v})
}

func (s *appointment) withdraws() *appointment {
	return s.then(func() {
		_, err := s.svc.Withdraw(s.t.Context(), storetest.As(s.t, s.db, s.ambassador()), s.id, "")
		require.NoError(s.t, err)
	})
}

// stands checks how the office stands, of which institution, and the letters of
// appointment, the first one first: what each is worth, or how it ended.
func (s *appointment) stands(want station.OfficeStatus, institution string, letters ...string) *appointment {
	return s.then(func() { s.standsNow(want, institution, letters...) })
}

func (s *appointment) standsNow(want station.OfficeStatus, institution string, letters ...string) {
	s.t.Helper()
	o, err := s.db.OfficeOf(s.t.Context(), s.id)
	require.NoError(s.t, err)
	require.Equal(s.t, want, o.Status)
	require.Equal(s.t, institution, o.Institution.Code)
	require.Equal(s.t, letters, s.letters(func(a station.Appointment) string {
		if a.Ended != station.NotEnded {
			return string(a.Ended)
		}
		return string(a.Standing(s.env.Now()))
	}))
}

// letters say something of each letter of appointment, the first one first.
func (s *appointment) letters(say func(station.Appointment) string) (list []string) {
	s.t.Helper()
	issued, err := s.db.AppointmentsOf(s.t.Context(), s.id)
	require.NoError(s.t, err)
	for _, a := range slices.Backward(issued) {
		list = append(list, say(a))
	}
	return list
}

// until checks when the term ends.
func (s *appointment) until(day string) *appointment {
	return s.then(func() {
		s.t.Helper()
		o, err := s.db.OfficeOf(s.t.Context(), s.id)
		require.NoError(s.t, err)
		require.Equal(s.t, day, o.Until.In(station.ChinaTime).Format(time.DateOnly))
		for _, kind := range []station.TaskKind{station.TaskOffice, station.TaskOversight} {
			tasks := s.openTasks(kind)
			require.Len(s.t, tasks, 1, "open tasks of kind %s", kind)
			require.WithinDuration(s.t, o.Until, *tasks[0].Due, 0, kind)
		}
	})
}

// shown checks how many ambassadors are listed as in office, each of an institution
// that is covered, and how many of these are for a short time only.
func (s *appointment) shown(listed, expiring int) *appointment {
	return s.then(func() {
		s.t.Helper()
		page, err := s.svc.Ambassadors(s.t.Context(), "", 10, "")
		require.NoError(s.t, err)
		require.Len(s.t, page.Items, listed)
		report, err := s.svc.Coverage(s.t.Context(), storetest.As(s.t, s.db, s.people.Officer), "")
		require.NoError(s.t, err)
		covered, near := 0, 0
		for _, g := range report.Groups {
			covered, near = covered+g.Covered, near+g.Expiring
		}
		require.Equal(s.t, []int{listed, expiring}, []int{covered, near})
	})
}

// stage checks in which stage the case is.
func (s *appointment) stage(want station.Stage) *appointment {
	return s.then(func() {
		s.t.Helper()
		c, err := s.db.CaseByID(s.t.Context(), s.id)
		require.NoError(s.t, err)
		require.Equal(s.t, want, c.Stage)
	})
}

// happened are the events of the case, in order.
func (s *appointment) happened() (list []string) {
	s.t.Helper()
	for _, e := range s.events() {
		list = append(list, string(e))
	}
	return list
}

// told are the mails to the ambassador.
func (s *appointment) told() []string {
	s.t.Helper()
	return s.mails(s.ambassador().ID)
}
