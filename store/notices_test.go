package store_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"wutong/station"
	"wutong/store"
)

// told is who is told what: template and recipient, in order.
func (h *house) told() []string {
	h.t.Helper()
	list := []string{}
	require.NoError(h.t, h.db.SelectContext(h.t.Context(), &list, `
		SELECT template || ' ' || coalesce(account::text, party) FROM notices ORDER BY template, account, party`))
	return list
}

func TestNotices_AreOnePerFactAndRecipient(t *testing.T) {
	m := newHouse(t).opens()
	notice := station.NoticeSpec{Occasion: "check.1", Template: station.MailInquiry, Account: m.Officer.ID}
	m.records(station.Change{Notices: []station.NoticeSpec{notice, notice}})
	m.records(station.Change{Notices: []station.NoticeSpec{notice}})
	require.Equal(t, []string{"inquiry " + m.Officer.ID}, m.told())

	other := notice
	other.Account = m.Officer2.ID
	again := notice
	again.Occasion = "check.2"
	m.records(station.Change{Notices: []station.NoticeSpec{other, again}})
	require.Len(t, m.told(), 3)

	// a reset does the same again under another run: nobody is mailed twice
	m.run, m.seq = "run-2", 0
	m.records(station.Change{Notices: []station.NoticeSpec{notice, other, again}})
	require.Len(t, m.told(), 3)
}

func TestNotices_GoToWhoOwnsTheTask(t *testing.T) {
	h := newHouse(t)
	disabled := h.Officer
	disabled.ID, disabled.Email, disabled.Disabled = station.NewID(), "gone@example.com", true
	require.NoError(t, h.db.Load(t.Context(), store.Seed{Accounts: []station.Account{disabled}}))
	m := h.opens()
	pool := officerChecks(m, 1)
	pool.Notice = station.MailTask
	inquiry := station.TaskSpec{ID: m.task(station.StageCheck, 2), Kind: station.TaskInquiry, Party: station.Applicant, Wait: pool.Wait, Notice: station.MailInquiry}
	review := station.TaskSpec{ID: m.task(station.StageReview, 1), Kind: station.TaskReview, Assignee: h.Reviewers[3].ID, Wait: pool.Wait, Notice: station.MailTaskReminder}
	m.records(station.Change{Open: []station.TaskSpec{pool, inquiry, review, talentConsents(m)}})
	require.Equal(t, []string{
		"consent talent", "inquiry " + h.Referrer.ID, "task " + h.Officer.ID, "task " + h.Officer2.ID, "task_reminder " + h.Reviewers[3].ID,
	}, h.told())

	// once somebody has taken it, it is theirs alone to be reminded of
	m.records(station.Change{Assign: &station.Assignment{Task: pool.ID, Account: h.Officer2.ID}})
	m.records(station.Change{Notices: []station.NoticeSpec{{Occasion: "check.1.late", Template: station.MailTaskEscalated, Task: pool.ID}}})
	require.Contains(t, h.told(), "task_escalated "+h.Officer2.ID)
	require.NotContains(t, h.told(), "task_escalated "+h.Officer.ID)
}

func TestNotices_ToAPartyGoToThePartyOrToTheApplicantsAccount(t *testing.T) {
	m := newHouse(t).opens()
	m.records(station.Change{Notices: []station.NoticeSpec{
		{Occasion: "end", Template: station.MailAccepted, Party: station.Talent},
		{Occasion: "end", Template: station.MailAcceptedReferrer, Party: station.Applicant},
	}})
	require.Equal(t, []string{"accepted talent", "accepted_referrer " + m.Referrer.ID}, m.told())
}

func TestNotices_EachIsClaimedOnceWithAllThatItsMailNeeds(t *testing.T) {
	m := newHouse(t).opens()
	m.records(station.Change{Event: station.EventAsked, Open: []station.TaskSpec{talentConsents(m)}})
	later := time.Now().Add(time.Hour)
	letters, err := m.letters(later)
	require.NoError(t, err)
	require.Len(t, letters, 1)
	l := letters[0]
	require.Equal(t, []any{"talent1@example.com", "季逸超", station.Chinese, m.Referrer.Name, 1, station.MailConsent}, []any{l.To, l.ToName, l.Language, l.Referrer, l.Attempts, l.Template})
	require.NotEmpty(t, l.Link)
	require.Equal(t, m.task(station.StageConsent, 1), l.Task.ID)
	again, err := m.letters(later)
	require.NoError(t, err)
	require.Empty(t, again)
}

func TestNotices_AMailGivenUpBecomesAnEventAndAnOperatorsTask(t *testing.T) {
	m := newHouse(t).opens()
	m.records(station.Change{Event: station.EventAsked, Open: []station.TaskSpec{talentConsents(m)}})
	letters, err := m.letters(time.Now().Add(time.Hour))
	require.NoError(t, err)
	require.NoError(t, m.db.NoticeFailed(t.Context(), letters[0].Notice, "rejected", monday))

	require.Equal(t, []station.EventKind{station.EventAsked, station.EventMailFailed}, m.history())
	require.Empty(t, m.audit())
	inbox, err := m.db.TaskList(t.Context(), station.TaskQuery{Account: m.Operator.ID, Roles: []station.Role{station.RoleOperator}, All: true})
	require.NoError(t, err)
	require.Len(t, inbox.Items, 1)
	require.Equal(t, station.TaskMail, inbox.Items[0].Kind)
	// the workflow goes on after that as if nothing had happened
	m.records(station.Change{Event: station.EventReminded})
	require.Empty(t, m.audit())

	a, err := m.db.ResendNotice(t.Context(), station.Act{
		ID: station.NewID(), Case: m.ID, Task: inbox.Items[0].ID, Kind: station.Decide, Actor: m.Operator.ID, Body: station.Body{Verdict: station.Accept}, At: monday,
	})
	require.NoError(t, err)
	require.Equal(t, station.Recorded, a.Status)
	letters, err = m.letters(time.Now().Add(time.Hour))
	require.NoError(t, err)
	require.Len(t, letters, 1)
	require.Equal(t, 2, letters[0].Attempts)
}

func TestNotices_AReportThatIsNotOursIsNoError(t *testing.T) {
	h := newHouse(t)
	for _, id := range []string{"", "x", station.NewID()} {
		require.NoError(t, h.db.RecordDelivery(t.Context(), store.Delivery{ID: "report " + id, Notice: id, Kind: "delivered", At: monday}))
	}
}

// letters claims what is due, as a worker does before it sends it.
func (h *house) letters(now time.Time) ([]station.Letter, error) {
	until := now.Add(time.Minute)
	ids, err := h.db.ClaimNotices(h.t.Context(), now, until, 10)
	if err != nil {
		return nil, err
	}
	var list []station.Letter
	for _, id := range ids {
		l, err := h.db.Letter(h.t.Context(), id)
		if err != nil {
			return nil, err
		}
		if l.To == "" {
			continue
		}
		ours, err := h.db.NoticeSending(h.t.Context(), id, until, now)
		if err != nil || !ours {
			return nil, err
		}
		list = append(list, l)
	}
	return list, nil
}

func TestNotices_AClaimThatCameToNothingEndsByItself(t *testing.T) {
	m := newHouse(t).opens()
	m.records(station.Change{Event: station.EventAsked, Open: []station.TaskSpec{talentConsents(m)}})
	now := time.Now().Add(time.Hour)
	until := now.Add(time.Minute)
	claimed, err := m.db.ClaimNotices(t.Context(), now, until, 10)
	require.NoError(t, err)
	require.Len(t, claimed, 1)
	// its worker died; another one has it when the claim is over
	again, err := m.db.ClaimNotices(t.Context(), now.Add(time.Second), until.Add(time.Second), 10)
	require.NoError(t, err)
	require.Empty(t, again)
	again, err = m.db.ClaimNotices(t.Context(), until, until.Add(time.Minute), 10)
	require.NoError(t, err)
	require.Equal(t, claimed, again)
	// the one who had it was only slow: it is not theirs any more
	ours, err := m.db.NoticeSending(t.Context(), claimed[0], until, until)
	require.NoError(t, err)
	require.False(t, ours)
	ours, err = m.db.NoticeSending(t.Context(), claimed[0], until.Add(time.Minute), until)
	require.NoError(t, err)
	require.True(t, ours)
}

func TestNotices_InDoubtAreSentAgainUnlessTheMailServiceHasThem(t *testing.T) {
	m := newHouse(t).opens()
	m.records(station.Change{Event: station.EventAsked, Open: []station.TaskSpec{talentConsents(m)}})
	now := time.Now().Add(time.Hour)
	letters, err := m.letters(now)
	require.NoError(t, err)
	doubt := func(since time.Time) int64 {
		n, err := m.db.NoticesInDoubt(t.Context(), since, now)
		require.NoError(t, err)
		return n
	}
	require.Zero(t, doubt(now), "it may still be on its way")
	require.EqualValues(t, 1, doubt(now.Add(time.Second)))

	_, err = m.letters(now)
	require.NoError(t, err)
	require.NoError(t, m.db.RecordDelivery(t.Context(), store.Delivery{ID: "report", Notice: letters[0].Notice, Kind: "processed", At: now}))
	require.Zero(t, doubt(now.Add(time.Second)), "the mail service has it")
}
