package store_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"wutong/station"
	"wutong/store"
	"wutong/store/storetest"
)

// hub is a house with an angel hub, and what its tests do in it.
type hub struct {
	*house
	storetest.HubPeople
	pitched int
}

func newHub(t *testing.T) *hub {
	t.Helper()
	h := newHouse(t)
	return &hub{house: h, HubPeople: storetest.Hub(t, h.db, *h.People, storetest.RoundTerms(""), "{}")}
}

// opens takes in a case, for which a test plays the workflow.
func (h *hub) opens(kind station.Kind, programme string, by station.Account, form any) *matter {
	h.t.Helper()
	c, err := storetest.Take(h.t, h.db, kind, programme, by, form, monday)
	require.NoError(h.t, err)
	return &matter{house: h.house, Case: c, run: "run-1", at: monday}
}

// opensRound opens a round with so many seats; its call opens on monday.
func (h *hub) opensRound(code string, capacity int) *matter {
	h.t.Helper()
	form := storetest.RoundForm(code, monday)
	form.Capacity = capacity
	return h.opens(station.Round, storetest.RoundProgramme, h.Officer, form)
}

// applies has a team apply to a round, later than those before; the form can be
// changed.
func (h *hub) applies(round string, change ...func(*station.PitchForm)) *matter {
	h.t.Helper()
	team := h.Teams[h.pitched%len(h.Teams)]
	h.pitched++
	form := storetest.PitchForm(h.pitched, storetest.Document(h.t, h.db, team, "deck"))
	for _, f := range change {
		f(&form)
	}
	c, err := storetest.Take(h.t, h.db, station.Pitch, round, team, form, monday.Add(time.Duration(h.pitched)*time.Minute))
	require.NoError(h.t, err)
	return &matter{house: h.house, Case: c, run: "run-1", at: monday}
}

// candidate is the case of an admission.
func (h *hub) candidate(change ...func(*station.AngelForm)) *matter {
	h.t.Helper()
	form := storetest.AngelForm(storetest.Document(h.t, h.db, h.Candidate, "proof"), h.Angels[0], h.Angels[1])
	for _, f := range change {
		f(&form)
	}
	return h.opens(station.Angel, storetest.AngelProgramme, h.Candidate, form)
}

// belongs records how a membership stands.
func (m *matter) belongs(status station.MemberStatus) {
	m.t.Helper()
	m.records(station.Change{Standing: station.Standing{Stage: station.StageTerm}, Member: &station.MemberMove{Status: status}})
}

// declares records what an angel declares of a project.
func (m *matter) declares(who station.Account, conflict station.ConflictKind) station.Event {
	m.t.Helper()
	a := m.does(who, station.Declare, station.DeclarationTask(m.ID), station.Body{Conflict: conflict})
	m.records(station.Change{
		Event: station.EventDeclared, Actor: who.ID, Act: a.ID, Details: station.Details{"conflict": conflict},
		Declare: &station.Declaration{Act: a.ID, Account: who.ID, Conflict: conflict}, Settle: []station.Settlement{{Act: a.ID, Status: station.Recorded}},
	})
	events, err := m.db.Events(m.t.Context(), m.ID, 0, 0)
	require.NoError(m.t, err)
	return events[len(events)-1]
}

// declared is what an account has declared of a project.
func (m *matter) declared(who station.Account) station.ConflictKind {
	m.t.Helper()
	said, err := m.db.Declared(m.t.Context(), m.ID, who.ID)
	require.NoError(m.t, err)
	return said
}

// relation is how an account stands to a case.
func (m *matter) relation(who station.Account) station.Relation {
	m.t.Helper()
	rel, err := m.db.Relation(m.t.Context(), m.ID, who.ID)
	require.NoError(m.t, err)
	return rel
}

func (h *house) account(id string) station.Account {
	h.t.Helper()
	a, err := h.db.AccountByID(h.t.Context(), id)
	require.NoError(h.t, err)
	return a
}

func TestHub_AnActiveMemberIsAnAngelAndAnyOtherIsNot(t *testing.T) {
	h := newHub(t)
	founder := h.account(h.Angels[0].ID)
	require.True(t, founder.Has(station.RoleAngel))
	require.Equal(t, "HZ", founder.Hub)

	m := h.candidate()
	require.False(t, h.account(h.Candidate.ID).Has(station.RoleAngel))
	until := monday.AddDate(2, 0, 0)
	m.records(station.Change{Member: &station.MemberMove{Status: station.MemberActive, Until: &until}})
	require.Equal(t, "HZ", h.account(h.Candidate.ID).Hub)
	m.belongs(station.MemberSuspended)
	require.Empty(t, h.account(h.Candidate.ID).Hub)
	m.belongs(station.MemberActive)
	require.Equal(t, "HZ", h.account(h.Candidate.ID).Hub)

	page, err := h.db.Members(t.Context(), station.MemberQuery{Branch: "HZ", Limit: 100})
	require.NoError(t, err)
	require.Len(t, page.Items, 9)
	require.Equal(t, station.Member{
		Account: h.Candidate.ID, Case: m.ID, Branch: "HZ", Status: station.MemberActive, Name: h.Candidate.Name, Fields: []string{"AI", "robotics"},
		Since: page.Items[0].Since, Until: page.Items[0].Until,
	}, page.Items[0])
	require.True(t, until.Equal(*page.Items[0].Until))
	m.belongs(station.MemberLeft)
	page, err = h.db.Members(t.Context(), station.MemberQuery{Limit: 100})
	require.NoError(t, err)
	require.Len(t, page.Items, 8)
}

// TestHub_AMembershipIsTheOneOfTheCaseThatAdmittedLast: two applications of one
// person can run side by side. What becomes of the first does not touch what the
// other has given, nor give again what it took.
func TestHub_AMembershipIsTheOneOfTheCaseThatAdmittedLast(t *testing.T) {
	h := newHub(t)
	first := h.candidate()
	second := h.candidate(func(f *station.AngelForm) {
		f.Documents = []string{storetest.Document(t, h.db, h.Candidate, "another proof")}
	})
	until := monday.AddDate(2, 0, 0)
	for _, m := range []*matter{first, second} {
		m.records(station.Change{
			Event: station.EventAdmitted, Standing: station.Standing{Stage: station.StageTerm},
			Member: &station.MemberMove{Status: station.MemberActive, Until: &until},
		})
	}
	first.belongs(station.MemberEnded)
	require.True(t, h.account(h.Candidate.ID).Has(station.RoleAngel))
	second.belongs(station.MemberRevoked)
	first.belongs(station.MemberActive)
	require.False(t, h.account(h.Candidate.ID).Has(station.RoleAngel))
}

func TestHub_ThePublicListHasOnlyThoseWhoConsented(t *testing.T) {
	h := newHub(t)
	seen := []string{}
	q := station.MemberQuery{Public: true, Limit: 3}
	for {
		page, err := h.db.Members(t.Context(), q)
		require.NoError(t, err)
		for _, m := range page.Items {
			seen = append(seen, m.Account)
		}
		if q.Cursor = page.Next; q.Cursor == "" {
			break
		}
	}
	require.Equal(t, []string{h.Angels[0].ID, h.Angels[2].ID, h.Angels[4].ID, h.Angels[6].ID}, seen)
}

func TestHub_WhoIsInvitedBecomesTheApplicantByTheirOwnAccount(t *testing.T) {
	for name, email := range map[string]string{"new": "somebody@example.com", "known": "PERSON200@example.com"} {
		h := newHub(t)
		form := station.AngelForm{
			Invitee: &station.AngelInvitee{Name: "季逸超", Email: email, Language: station.English}, Statement: "Please do.", Fields: []string{"AI"},
		}
		m := h.opens(station.Angel, storetest.AngelProgramme, h.Officer, form)
		w := m.records(station.Change{Adopt: station.Talent, Open: []station.TaskSpec{{
			ID: m.task(station.StageProof, 1), Kind: station.TaskInquiry, Party: station.Applicant, Wait: station.Wait{Days: 5}, Notice: station.MailAngelProof,
		}}})
		a := h.account(w.Applicant)
		require.Equal(t, name == "known", a.ID == h.Candidate.ID)
		require.Equal(t, []station.Role{station.RoleApplicant}, a.Roles)
		c, err := h.db.CaseByID(t.Context(), m.ID)
		require.NoError(t, err)
		require.Equal(t, a.ID, c.Applicant)
		var told string
		h.reads(`SELECT account FROM notices WHERE template = 'angel_proof'`, nil, &told)
		require.Equal(t, a.ID, told)
		require.Equal(t, a.ID, m.records(station.Change{Adopt: station.Talent}).Applicant, "after a reset, too")
	}
}

func TestHub_AnInvitationSentAgainIsTheFirstOneWhoeverItsApplicantIsNow(t *testing.T) {
	h := newHub(t)
	p, err := h.db.Programme(t.Context(), storetest.AngelProgramme)
	require.NoError(t, err)
	app, err := station.Processes[station.Angel].CheckForm([]byte(`{"invitee": {"name": "A", "email": "person200@example.com"}, "statement": "s", "fields": ["AI"]}`))
	require.NoError(t, err)
	n := station.NewCase{ID: station.NewID(), Kind: station.Angel, Programme: p, Applicant: h.Officer.ID, Key: "1", RequestHash: "a", Application: app, At: monday}
	c, _, err := h.db.InsertCase(t.Context(), n)
	require.NoError(t, err)
	m := &matter{house: h.house, Case: c, run: "run-1", at: monday}
	m.records(station.Change{Adopt: station.Talent})

	n.ID = station.NewID()
	again, created, err := h.db.InsertCase(t.Context(), n)
	require.NoError(t, err)
	require.False(t, created)
	require.Equal(t, c.ID, again.ID)
	n.RequestHash = "b"
	_, _, err = h.db.InsertCase(t.Context(), n)
	refusedAs(t, err, station.Invalid, "key_reused")
	n.Applicant = h.Candidate.ID // may use the same key
	_, created, err = h.db.InsertCase(t.Context(), n)
	require.NoError(t, err)
	require.True(t, created)
}

func TestHub_VouchersAreActiveMembersWhoVouchForAnother(t *testing.T) {
	h := newHub(t)
	m := h.candidate(func(f *station.AngelForm) {
		f.Vouchers = []string{h.Angels[3].Email, h.Reviewers[0].Email, h.Candidate.Email, "nobody@example.com"}
	})
	got, err := h.db.Vouchers(t.Context(), m.ID)
	require.NoError(t, err)
	require.Equal(t, []string{h.Angels[3].ID, "", "", ""}, got)
	for who, want := range map[string]bool{h.Angels[4].ID: true, h.Angels[3].ID: false, h.Reviewers[0].ID: false, h.Candidate.ID: false, "nobody": false} {
		may, err := h.db.MayVouch(t.Context(), m.ID, who, []string{h.Angels[3].ID})
		require.NoError(t, err)
		require.Equal(t, want, may, who)
	}
}

func TestHub_AVoucherGetsALink(t *testing.T) {
	h := newHub(t)
	m := h.candidate()
	m.records(station.Change{Open: []station.TaskSpec{{
		ID: m.task(station.StageVouch, 1), Kind: station.TaskVoucher, Party: station.Voucher(1), Wait: station.Wait{Days: 10}, Notice: station.MailAngelVouch,
	}}})
	var links, mails int
	h.reads(`SELECT (SELECT count(*) FROM links WHERE party = 'voucher.1'), (SELECT count(*) FROM notices WHERE party = 'voucher.1')`, nil, &links, &mails)
	require.Equal(t, []int{1, 1}, []int{links, mails})
}

func TestHub_TheLastBallotOfAMemberCountsAndNoneOfOneInConflict(t *testing.T) {
	h := newHub(t)
	h.opensRound("r-1", 1)
	m := h.applies("r-1")
	says := func(stage station.Stage, n int, who station.Account, v station.Verdict, fen int64) {
		t.Helper()
		task := m.task(stage, n)
		a := m.does(who, station.Decide, task, station.Body{Verdict: v, Fen: fen})
		m.at = m.at.Add(time.Minute)
		m.records(station.Change{Standing: station.Standing{Stage: station.StageClosing}, Ballot: &station.Ballot{Task: task, Act: a.ID, Account: who.ID, Verdict: v, Fen: fen}})
	}
	for _, s := range []station.Stage{station.StageDeliberation, station.StageRefill} {
		m.records(station.Change{Standing: station.Standing{Stage: s}, Open: []station.TaskSpec{{
			ID: m.task(s, 1), Kind: station.TaskCommitment, Role: station.RoleAngel, Wait: station.Wait{Days: 5},
		}}})
	}
	says(station.StageDeliberation, 1, h.Angels[0], station.Follow, 10)
	says(station.StageDeliberation, 1, h.Angels[1], station.Lead, 20)
	says(station.StageDeliberation, 1, h.Angels[2], station.Lead, 30)
	says(station.StageDeliberation, 1, h.Angels[0], station.Lead, 40)
	says(station.StageRefill, 1, h.Angels[1], station.Follow, 50)
	m.declares(h.Angels[2], station.ConflictFamily)
	short := func(stages ...station.Stage) (list []station.Ballot) {
		t.Helper()
		all, err := h.db.Ballots(t.Context(), m.ID, stages...)
		require.NoError(t, err)
		for _, b := range all {
			list = append(list, station.Ballot{Account: b.Account, Verdict: b.Verdict, Fen: b.Fen})
		}
		return list
	}
	zero, one := station.Ballot{Account: h.Angels[0].ID, Verdict: station.Lead, Fen: 40}, station.Ballot{Account: h.Angels[1].ID, Verdict: station.Lead, Fen: 20}
	require.Equal(t, []station.Ballot{one, zero}, short(station.StageDeliberation))
	one.Verdict, one.Fen = station.Follow, 50
	require.Equal(t, []station.Ballot{zero, one}, short(station.StageDeliberation, station.StageRefill))
	require.Equal(t, []station.Ballot{one}, short(station.StageRefill))
}

func TestHub_TheLastWordOfAMemberCountsIfItComesBeforeTheFirst(t *testing.T) {
	h := newHub(t)
	h.opensRound("r-1", 1)
	m, angel := h.applies("r-1"), h.Angels[0]
	task := m.task(station.StageDeliberation, 1)
	m.records(station.Change{Standing: station.Standing{Stage: station.StageDeliberation}, Open: []station.TaskSpec{{
		ID: task, Kind: station.TaskCommitment, Role: station.RoleAngel, Wait: station.Wait{Days: 5},
	}}})
	first := m.does(angel, station.Decide, task, station.Body{Verdict: station.Lead, Fen: 40})
	m.at = m.at.Add(time.Minute)
	last := m.does(angel, station.Decide, task, station.Body{Verdict: station.Pass})
	for _, a := range []station.Act{last, first} {
		m.records(station.Change{Standing: station.Standing{Stage: station.StageDeliberation}, Ballot: &station.Ballot{
			Task: task, Act: a.ID, Account: angel.ID, Verdict: a.Body.Verdict, Fen: a.Body.Fen,
		}})
	}
	all, err := h.db.Ballots(t.Context(), m.ID, station.StageDeliberation)
	require.NoError(t, err)
	require.Len(t, all, 1)
	require.Equal(t, last.ID, all[0].Act)
}

func TestHub_AConflictIsNeverLifted(t *testing.T) {
	h := newHub(t)
	h.opensRound("r-1", 1)
	m, angel := h.applies("r-1"), h.Angels[0]
	require.Empty(t, m.declared(angel))
	m.declares(angel, station.ConflictNone)
	require.Equal(t, station.ConflictNone, m.declared(angel))
	m.declares(angel, station.ConflictFamily)
	for _, later := range []station.ConflictKind{station.ConflictNone, station.ConflictOther} {
		m.declares(angel, later)
		require.Equal(t, station.ConflictFamily, m.declared(angel))
	}
}

func TestHub_AnAngelSeesAProjectWithASeatAndJudgesItOnceTheyDeclared(t *testing.T) {
	h := newHub(t)
	h.opensRound("r-1", 1)
	m, angel := h.applies("r-1"), h.Angels[0]
	require.Equal(t, station.Relation{}, m.relation(angel))
	w := m.records(station.Change{Standing: station.Standing{Stage: station.StageScreening}, Panel: &station.PanelSpec{
		Count: 1, First: 1, Role: station.RoleAngel, Wait: station.Wait{Days: 1}, Quiet: true,
	}})
	asked := station.Account{ID: w.Tasks[0].Assignee}
	require.Equal(t, station.Relation{Hub: true}, m.relation(asked), "not the deck")
	m.declares(asked, station.ConflictNone)
	require.Equal(t, station.Relation{Hub: true, Panel: true, Cleared: true}, m.relation(asked))

	h.runs(`UPDATE pitches SET seat = 'confirmed' WHERE case_id = $1`, m.ID)
	for _, a := range h.Angels {
		if a.ID != asked.ID {
			angel = a
		}
	}
	require.Equal(t, station.Relation{Hub: true}, m.relation(angel))
	m.declares(angel, station.ConflictNone)
	require.Equal(t, station.Relation{Hub: true, Cleared: true}, m.relation(angel))
	m.declares(angel, station.ConflictEmployer)
	require.True(t, m.relation(angel).Conflict)
	require.Equal(t, station.Relation{}, m.relation(h.Reviewers[0]))
}

func TestHub_MembersSeeAnAdmissionOnceTheyVoteOnIt(t *testing.T) {
	h := newHub(t)
	m := h.candidate()
	require.Equal(t, station.Relation{}, m.relation(h.Angels[0]))
	m.votes()
	require.Equal(t, station.Relation{Hub: true, Cleared: true}, m.relation(h.Angels[0]))
	require.Equal(t, station.Relation{Applicant: true}, m.relation(h.Candidate))
	require.Equal(t, station.Relation{}, m.relation(h.Reviewers[0]))
}

// votes opens the members' vote on an admission.
func (m *matter) votes() {
	m.t.Helper()
	m.records(station.Change{Standing: station.Standing{Stage: station.StageVote}, Open: []station.TaskSpec{{
		ID: m.task(station.StageVote, 1), Kind: station.TaskVote, Role: station.RoleAngel, Wait: station.Wait{Days: 10}, Notice: station.MailAngelVote,
	}}})
}

func TestHub_ItsMembersAreToldButNotThoseInConflict(t *testing.T) {
	h := newHub(t)
	m := h.candidate()
	m.votes()
	var told int
	h.reads(`SELECT count(DISTINCT account) FROM notices WHERE template = 'angel_vote'`, nil, &told)
	require.Equal(t, 8, told)

	r := h.opensRound("r-1", 1)
	p := h.applies("r-1")
	p.declares(h.Angels[0], station.ConflictOther)
	p.records(station.Change{Notices: []station.NoticeSpec{{Occasion: "refill", Template: station.MailPitchRefill, Pool: station.PoolAngels}}})
	h.reads(`SELECT count(*) FROM notices WHERE template = 'pitch_refill' AND account <> $1`, []any{h.Angels[0].ID}, &told)
	require.Equal(t, 7, told)
	h.applies("r-1").ends(station.Withdrawn)
	r.records(station.Change{Notices: []station.NoticeSpec{{Occasion: "moved", Template: station.MailRoundMoved, Pool: station.PoolTeams}}})
	h.reads(`SELECT count(*) FROM notices WHERE template = 'round_moved' AND account = $1`, []any{p.Applicant}, &told)
	require.Equal(t, 1, told)
	h.reads(`SELECT count(*) FROM notices WHERE template = 'round_moved'`, nil, &told)
	require.Equal(t, 1, told)
}

// TestHub_TakesNobodyInTwice: who is a member, suspended or not, does not apply.
func TestHub_TakesNobodyInTwice(t *testing.T) {
	h := newHub(t)
	for _, status := range []string{"active", "suspended"} {
		_, err := h.db.ExecContext(t.Context(), `UPDATE angels SET status = $2 WHERE account = $1`, h.Angels[0].ID, status)
		require.NoError(t, err)
		form := storetest.AngelForm(storetest.Document(t, h.db, h.Angels[0], "proof of "+status), h.Angels[1], h.Angels[2])
		_, err = storetest.Take(t, h.db, station.Angel, storetest.AngelProgramme, h.Angels[0], form, monday)
		require.Equal(t, station.Conflict, station.CodeOf(err), status)
	}
}

// TestHub_LeavesFoundersAsTheyAreWhenItIsLoadedAgain: what they have declared
// since is theirs.
func TestHub_LeavesFoundersAsTheyAreWhenItIsLoadedAgain(t *testing.T) {
	h := newHub(t)
	founder := station.FoundingMember{Account: h.Angels[0].ID, Branch: "HZ", Fields: []string{"AI"}, Public: true, Since: monday}
	_, err := h.db.ExecContext(t.Context(), `UPDATE angels SET public = false, status = 'suspended' WHERE account = $1`, founder.Account)
	require.NoError(t, err)
	require.NoError(t, h.db.Load(t.Context(), store.Seed{Founders: []station.FoundingMember{founder}}))
	var left int
	require.NoError(t, h.db.GetContext(t.Context(), &left, `SELECT count(*) FROM angels WHERE account = $1 AND NOT public AND status = 'suspended'`, founder.Account))
	require.Equal(t, 1, left)
}
