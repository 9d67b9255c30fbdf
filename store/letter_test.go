package store_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"wutong/station"
	"wutong/store/storetest"
)

// granted is a matter about a grant of storetest's founder.
func (h *house) granted() (*matter, storetest.GrantPeople) {
	h.t.Helper()
	grant := storetest.Grants(h.t, h.db, 100_000_000, storetest.GrantTerms(""))
	raw, err := json.Marshal(storetest.GrantForm())
	require.NoError(h.t, err)
	app, err := station.Processes[station.Grant].CheckForm(raw)
	require.NoError(h.t, err)
	programme, err := h.db.Programme(h.t.Context(), storetest.GrantProgramme)
	require.NoError(h.t, err)
	c, _, err := h.db.InsertCase(h.t.Context(), station.NewCase{
		ID: station.NewID(), Kind: station.Grant, Programme: programme, Applicant: grant.Founder.ID, Key: "k", RequestHash: "h", Application: app, At: monday,
	})
	require.NoError(h.t, err)
	return &matter{house: h, Case: c, run: "run-1", at: monday}, grant
}

func TestLetter_OfAGrantSaysWhatTheMailIsAbout(t *testing.T) {
	h := newHouse(t)
	m, grant := h.granted()
	amount := func(template station.Template, task string) station.Money {
		t.Helper()
		m.records(station.Change{Notices: []station.NoticeSpec{{Occasion: "about " + task, Template: template, Party: station.Applicant, Task: task}}})
		var id string
		h.reads(`SELECT id FROM notices WHERE template = $1 AND task = $2`, []any{template, task}, &id)
		l, err := h.db.Letter(t.Context(), id)
		require.NoError(t, err)
		require.Equal(t, grant.Founder.Email, l.To)
		return l.Amount
	}
	fen := func(n int64) station.Money { return station.Money{Fen: n, Currency: station.CNY} }
	opens := func(kind station.TaskKind, stage station.Stage, details station.Details) string {
		t.Helper()
		spec := station.TaskSpec{
			ID: station.TaskID(m.ID, stage, 1), Kind: kind, Role: station.RoleTreasurer, Level: station.CityLevel, Wait: station.Wait{Days: 5}, Details: details,
		}
		m.records(station.Change{Event: station.EventAssigned, Task: spec.ID, Open: []station.TaskSpec{spec}})
		return spec.ID
	}

	require.Zero(t, amount(station.MailGrantDeclined, "").Fen, "it has no award")
	m.records(station.Change{Fund: &station.FundMove{Fund: storetest.Fund, Reserve: &station.Reservation{Fen: 5_000_000, Task: m.ID + ".funds.1"}}})
	require.Equal(t, fen(5_000_000), amount(station.MailGrantSigned, ""), "the award")
	payment := opens(station.TaskPayment, station.StageTranches, station.Details{"tranche": 1, "fen": 2_500_000})
	require.Equal(t, fen(2_500_000), amount(station.MailTranchePaid, payment), "the tranche")
	require.Zero(t, amount(station.MailGrantTerminated, "").Fen, "nothing is to be repaid")
	repayment := opens(station.TaskRepayment, station.StageRepayment, station.Details{"tranche": 0, "fen": 1_000_000})
	require.Equal(t, fen(1_000_000), amount(station.MailGrantTerminated, repayment), "what is to be repaid")

	// the case has gone on before its mail is sent
	m.records(station.Change{Fund: &station.FundMove{Fund: storetest.Fund, Release: true}})
	require.Equal(t, fen(5_000_000), amount(station.MailGrantShown, ""), "the award that was released meanwhile")
	require.Zero(t, amount(station.MailGrantWithdrawn, "").Fen, "nothing is left of it")
}

func TestLetter_OfADeclineSaysWhyThoughTheCaseHasGoneOn(t *testing.T) {
	h := newHouse(t)
	m, _ := h.granted()
	m.records(station.Change{Event: station.EventDeclined, Details: station.Details{"reason": station.ReasonBelowPassMark}})
	l := m.letter(station.NoticeSpec{Template: station.MailGrantDeclined, Party: station.Applicant}) // after an appeal, the case has no reason any more
	require.Equal(t, station.ReasonBelowPassMark, l.Reason)
}

// letter returns the letter of the one mail of a template that a case has asked
// for.
func (m *matter) letter(spec station.NoticeSpec) station.Letter {
	m.t.Helper()
	spec.Occasion = string(spec.Template)
	m.records(station.Change{Notices: []station.NoticeSpec{spec}})
	var id string
	m.reads(`SELECT id FROM notices WHERE case_id = $1 AND template = $2 LIMIT 1`, []any{m.ID, spec.Template}, &id)
	l, err := m.db.Letter(m.t.Context(), id)
	require.NoError(m.t, err)
	return l
}

// takes is a matter about a case of the hub.
func (h *house) takes(kind station.Kind, programme string, by station.Account, form any, at time.Time) *matter {
	h.t.Helper()
	c, err := storetest.Take(h.t, h.db, kind, programme, by, form, at)
	require.NoError(h.t, err)
	return &matter{house: h, Case: c, run: "run-1", at: at}
}

func TestLetter_OfARoundAndItsProjectsSaysWhereTheyStand(t *testing.T) {
	h := newHouse(t)
	hub := storetest.Hub(t, h.db, *h.People, storetest.RoundTerms(""), "{}")
	form := storetest.RoundForm("spring", monday)
	round := h.takes(station.Round, storetest.RoundProgramme, h.Officer, form, monday)
	project := func(n int) *matter {
		t.Helper()
		return h.takes(station.Pitch, "spring", hub.Teams[n], storetest.PitchForm(n, storetest.Document(t, h.db, hub.Teams[n], "deck.pdf")), monday)
	}
	first, second := project(0), project(1)
	third := project(2)

	l := round.letter(station.NoticeSpec{Template: station.MailRoundOver, Party: station.Applicant})
	require.Equal(t, "First test round", l.Programme.Name.En, "the round, not the programme of rounds")
	require.True(t, form.Times.PitchesAt.Equal(l.Times.PitchesAt))
	later := form.Times
	later.PitchesAt = later.PitchesAt.Add(time.Hour)
	h.runs(`UPDATE rounds SET times = $1`, marshal(t, later))

	h.runs(`UPDATE pitches SET seat = 'waiting', place = CASE case_id WHEN $1 THEN 11 WHEN $2 THEN 12 ELSE 13 END`, first.ID, second.ID)
	l = third.letter(station.NoticeSpec{Template: station.MailPitchWaiting, Party: station.Applicant})
	require.Equal(t, 3, l.Position, "the third of those who wait")
	require.Equal(t, hub.Teams[2].Email, l.To)
	require.Equal(t, "触感机器人 2", l.Project)
	require.Equal(t, "杭州触感机器人2号有限公司", l.Company)
	require.True(t, later.PitchesAt.Equal(l.Times.PitchesAt), "as it is now")
	h.runs(`UPDATE pitches SET ended = true WHERE case_id = $1`, second.ID)
	require.Equal(t, 2, third.letter(station.NoticeSpec{Template: station.MailPitchWaiting, Party: station.Applicant}).Position, "one has gone")

	h.runs(`UPDATE pitches SET seat = 'confirmed', running = 4, committed = 80000000, match = 16000000 WHERE case_id = $1`, first.ID)
	require.Equal(t, 4, first.letter(station.NoticeSpec{Template: station.MailPitchRunning, Party: station.Applicant}).Position)
	closing := station.TaskSpec{ID: first.task(station.StageClosing, 1), Kind: station.TaskClosing, Party: station.Applicant, Wait: station.Wait{Days: 30, Calendar: true}}
	first.records(station.Change{Event: station.EventSyndicate, Open: []station.TaskSpec{closing}})
	l = first.letter(station.NoticeSpec{Template: station.MailPitchSyndicate, Party: station.Applicant})
	require.Equal(t, station.Money{Fen: 80_000_000, Currency: station.CNY}, l.Amount, "of all who invest")
	require.Equal(t, station.Money{Fen: 16_000_000, Currency: station.CNY}, l.Match)
	require.NotNil(t, l.Due)
	require.Zero(t, l.Position)
	require.True(t, l.Due.Equal(*h.taskNow(closing.ID).Due), "by when the team is to close")
	require.Nil(t, first.letter(station.NoticeSpec{Template: station.MailPitchClosed, Party: station.Applicant}).Due)
}

func TestLetter_OfAnAdmissionSaysForWhomAndForHowLong(t *testing.T) {
	h := newHouse(t)
	hub := storetest.Hub(t, h.db, *h.People, "{}", "{}")
	own := h.takes(station.Angel, storetest.AngelProgramme, hub.Candidate,
		storetest.AngelForm(storetest.Document(t, h.db, hub.Candidate, "proof.pdf"), hub.Angels[0], hub.Angels[1]), monday)
	vouch := station.TaskSpec{ID: own.task(station.StageVouch, 1), Kind: station.TaskVoucher, Party: station.Voucher(1), Wait: station.Wait{Days: 10}}
	own.records(station.Change{Event: station.EventAssigned, Open: []station.TaskSpec{vouch}})
	l := own.letter(station.NoticeSpec{Template: station.MailAngelVouch, Party: station.Voucher(1), Task: vouch.ID})
	require.Equal(t, hub.Angels[0].Email, l.To)
	require.Equal(t, hub.Candidate.Name, l.Talent, "for whom")
	require.NotEmpty(t, l.Link)
	require.Nil(t, l.Since, "is no member yet")

	until := monday.AddDate(2, 0, 0)
	h.runs(`INSERT INTO angels (account, case_id, branch, status, since, until) VALUES ($1, $2, 'HZ', 'active', $3, $4)`, hub.Candidate.ID, own.ID, monday, until)
	l = own.letter(station.NoticeSpec{Template: station.MailAngelAdmitted, Party: station.Applicant})
	require.True(t, monday.Equal(*l.Since))
	require.True(t, until.Equal(*l.Until))

	form := storetest.AngelForm("", hub.Angels[0])
	form.Documents, form.Investments = nil, nil
	form.Invitee = &station.AngelInvitee{Name: "骆云深", Email: "yunshen@example.com"}
	invited := h.takes(station.Angel, storetest.AngelProgramme, h.Officer, form, monday)
	consent := station.TaskSpec{ID: invited.task(station.StageConsent, 1), Kind: station.TaskConsent, Party: station.Talent, Wait: station.Wait{Days: 10}}
	invited.records(station.Change{Event: station.EventAsked, Open: []station.TaskSpec{consent}})
	l = invited.letter(station.NoticeSpec{Template: station.MailAngelInvited, Party: station.Talent, Task: consent.ID})
	require.Equal(t, "yunshen@example.com", l.To)
	require.NotEmpty(t, l.Link)
	l = invited.letter(station.NoticeSpec{Template: station.MailAngelVouch, Party: station.Voucher(1)})
	require.Equal(t, "骆云深", l.Talent, "not the officer who invited")
}
