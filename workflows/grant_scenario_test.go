package workflows_test

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"wutong/station"
	"wutong/store/storetest"
)

// granted tells a grant in the procedure's words.
type granted struct {
	*scenario
	grant    storetest.GrantPeople
	payments int
}

const (
	plenty = 1_000_000_000 // fen
	tier20 = 2_000_000     // 20,000 yuan
	tier50 = 5_000_000
	tier80 = 8_000_000
)

// apply begins a scenario: a founder applies to a programme with the usual terms,
// and more, in JSON.
func apply(t *testing.T, budget int64, more string, change ...func(*station.GrantForm)) *granted {
	t.Helper()
	db := storetest.New(t)
	s := &granted{scenario: &scenario{
		t: t, db: db, people: storetest.Sample(t, db, "{}"), kind: station.Grant, began: time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC),
	}}
	s.grant = storetest.Grants(t, db, budget, storetest.GrantTerms(more))
	form := storetest.GrantForm()
	for _, f := range change {
		f(&form)
	}
	s.start(s.grant.Founder, storetest.GrantProgramme, form)
	return s
}

// by has an account decide the one open task of a kind.
func (s *granted) by(who station.Account, kind station.TaskKind, b station.Body) *granted {
	s.decides(func() station.Account { return who }, kind, b)
	return s
}

func (s *granted) passes(days int) *granted {
	s.scenario.passes(days)
	return s
}

func (s *granted) then(step func()) *granted {
	s.scenario.then(step)
	return s
}

func (s *granted) districtAccepts() *granted {
	return s.by(s.people.DistrictOfficer, station.TaskCheck, station.Body{Verdict: station.Accept})
}

func (s *granted) districtAsks() *granted {
	return s.by(s.people.DistrictOfficer, station.TaskCheck, station.Body{Verdict: station.Ask, To: station.Applicant, Question: "Which licence?"})
}

func (s *granted) cityAccepts() *granted {
	return s.by(s.people.Officer, station.TaskCheck, station.Body{Verdict: station.Accept})
}

func (s *granted) cityAsks(whom station.Party) *granted {
	return s.by(s.people.Officer, station.TaskCheck, station.Body{Verdict: station.Ask, To: whom, Question: "Is it so?"})
}

func (s *granted) cityDeclines() *granted {
	return s.by(s.people.Officer, station.TaskCheck, station.Body{Verdict: station.Decline, Reason: "It is another project."})
}

// answers has an account answer the open inquiry, with changes of the form.
func (s *granted) answers(who station.Account, changes string) *granted {
	return s.then(func() {
		tasks := s.openTasks(station.TaskInquiry)
		require.Len(s.t, tasks, 1, "open inquiries")
		_, err := s.svc.Answer(s.t.Context(), storetest.As(s.t, s.db, who), tasks[0].ID, "", "It is.", json.RawMessage(changes))
		require.NoError(s.t, err)
	})
}

func (s *granted) founderAnswers(changes string) *granted { return s.answers(s.grant.Founder, changes) }

// expertsRecommend has as many reviewers score 80 and recommend a tier each.
func (s *granted) expertsRecommend(tiers ...int64) *granted { return s.expertsScore(80, tiers...) }

func (s *granted) expertsScore(points int, tiers ...int64) *granted {
	for _, tier := range tiers {
		s.reviewer(recommend(points, tier))
	}
	return s
}

func recommend(points int, tier int64) station.Body {
	b := station.Body{Verdict: station.Score, Tier: tier}
	for _, c := range station.DefaultGrantTerms().Review.Criteria {
		b.Scores = append(b.Scores, station.Point{Criterion: c.Code, Points: points})
	}
	return b
}

// reviewed takes a grant to the fund, with an award of 50,000 yuan.
func (s *granted) reviewed() *granted {
	return s.districtAccepts().cityAccepts().expertsRecommend(tier20, tier50, tier80)
}

// noticed takes a grant through its public notice.
func (s *granted) noticed() *granted { return s.reviewed().passes(8) }

func (s *granted) directorSigns() *granted {
	return s.by(s.people.Director, station.TaskSign, station.Body{Verdict: station.Sign})
}

func (s *granted) founderAgrees() *granted {
	return s.by(s.grant.Founder, station.TaskAgreement, station.Body{Verdict: station.Accept})
}

// signed takes a grant to its first tranche.
func (s *granted) signed() *granted { return s.noticed().directorSigns().founderAgrees() }

func (s *granted) officerOrders() *granted {
	return s.by(s.people.DistrictOfficer, station.TaskAcceptance, station.Body{Verdict: station.Accept})
}

// confirms has an account confirm the one open task of a kind.
func (s *granted) confirms(who station.Account, kind station.TaskKind, b station.Body) *granted {
	return s.then(func() {
		tasks := s.openTasks(kind)
		require.Len(s.t, tasks, 1, "open tasks of kind %s", kind)
		_, err := s.svc.Confirm(s.t.Context(), storetest.As(s.t, s.db, who), tasks[0].ID, "", b)
		require.NoError(s.t, err)
	})
}

func (s *granted) treasurerPays() *granted {
	s.payments++
	return s.confirms(s.grant.Treasurers[0], station.TaskPayment, station.Body{Reference: fmt.Sprintf("ICBC-%d", s.payments)})
}

// document is one that an account has uploaded.
func (s *granted) document(who station.Account) string {
	s.t.Helper()
	sum := sha256.Sum256([]byte(station.NewID()))
	d, err := s.db.InsertDocument(s.t.Context(), station.Document{
		ID: station.NewID(), Owner: who.ID, Name: "report.pdf", MediaType: "application/pdf", Size: 10, SHA256: sum[:], Key: station.NewID(), UploadedAt: s.env.Now(),
	}, "")
	require.NoError(s.t, err)
	return d.ID
}

// repaid has a treasurer confirm that the money is back.
func (s *granted) repaid(reference string) *granted {
	return s.confirms(s.grant.Treasurers[1], station.TaskRepayment, station.Body{Reference: reference})
}

// handsIn has the founder hand in what is asked for.
func (s *granted) handsIn() *granted {
	return s.then(func() {
		tasks := s.openTasks(station.TaskEvidence)
		require.Len(s.t, tasks, 1, "evidence that is asked for")
		doc := s.document(s.grant.Founder)
		_, err := s.svc.Confirm(s.t.Context(), storetest.As(s.t, s.db, s.grant.Founder), tasks[0].ID, "", station.Body{Documents: []string{doc}, Answer: "As promised."})
		require.NoError(s.t, err)
	})
}

// objects has somebody of the public object.
func (s *granted) objects(email string) *granted {
	return s.then(func() {
		_, err := s.svc.Object(s.t.Context(), s.id, "", station.Body{Name: "A neighbour", Email: email, Reason: "They have no office.", Language: station.English})
		require.NoError(s.t, err)
	})
}

// investigated has an officer decide on the open objection that came first.
func (s *granted) investigated(v station.Verdict) *granted {
	return s.then(func() {
		tasks := s.openTasks(station.TaskObjection)
		require.NotEmpty(s.t, tasks, "objections")
		_, err := s.svc.Decide(s.t.Context(), storetest.As(s.t, s.db, s.people.Officer2), tasks[0].ID, "", station.Body{Verdict: v, Reason: "We went there."})
		require.NoError(s.t, err)
	})
}

func (s *granted) founderAppeals() *granted {
	return s.then(func() {
		_, err := s.svc.Appeal(s.t.Context(), storetest.As(s.t, s.db, s.grant.Founder), s.id, "", "Please look again.")
		require.NoError(s.t, err)
	})
}

func (s *granted) founderWithdraws() *granted {
	return s.then(func() {
		_, err := s.svc.Withdraw(s.t.Context(), storetest.As(s.t, s.db, s.grant.Founder), s.id, "")
		require.NoError(s.t, err)
	})
}

// appealHeard has an officer who did not decide before hear the appeal.
func (s *granted) appealHeard(v station.Verdict) *granted {
	return s.by(s.people.Officer2, station.TaskCheck, station.Body{Verdict: v, Reason: "On a second look."})
}

// award checks what was paid and paid back, in fen, and that nothing stays
// reserved.
func (s *granted) award(paid, repaid int64) {
	s.t.Helper()
	var a station.AwardState
	require.NoError(s.t, s.db.QueryRowxContext(s.t.Context(), `SELECT reserved, paid, repaid FROM awards WHERE case_id = $1`, s.id).Scan(&a.Reserved, &a.Paid, &a.Repaid))
	require.Equal(s.t, station.AwardState{Paid: paid, Repaid: repaid}, a)
}

// happened are the events of the case, in order.
func (s *granted) happened() []string {
	s.t.Helper()
	var list []string
	require.NoError(s.t, s.db.SelectContext(s.t.Context(), &list, `SELECT kind FROM events WHERE case_id = $1 ORDER BY seq`, s.id))
	return list
}
