package store_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"wutong/station"
)

// settles is a matter about a settlement, managed by the officer: of residence,
// which the police had, then housing, which is not chosen twice though it was tried
// twice.
func (h *house) settles() *matter {
	h.t.Helper()
	m := &matter{house: h, Case: station.Case{ID: station.NewID()}, run: "run-1", at: monday}
	h.inserts(m.ID, station.SettlementKind)
	for i, code := range []string{"police", "estate"} {
		h.runs(`INSERT INTO providers (code, position, branch, provider) VALUES ($1, $2, 'HZ', $3)`, code, i, named(code))
	}
	for i, code := range []string{"degree", "identity"} {
		h.runs(`INSERT INTO paper_kinds (code, position, kind) VALUES ($1, $2, $3)`, code, i, named(code))
	}
	for i, code := range []string{"housing", "residence"} {
		h.runs(`INSERT INTO offers (code, position, offer) VALUES ($1, $2, $3)`, code, i, named(code))
	}
	h.runs(`INSERT INTO settlements (case_id, account, programme, branch, manager) SELECT id, applicant, programme, branch, $2 FROM cases WHERE id = $1`, m.ID, h.Officer.ID)
	h.runs(`INSERT INTO services (settlement, code, attempt, position, state, reason, provider) VALUES
		($1, 'residence', 1, 1, 'done', '', 'police'), ($1, 'housing', 1, 2, 'ended', 'need_gone', NULL), ($1, 'housing', 2, 3, 'ended', 'papers_silent', NULL)`, m.ID)
	return m
}

// performs is a matter about a service of a settlement.
func (m *matter) performs(code string) *matter {
	m.t.Helper()
	s := &matter{house: m.house, Case: station.Case{ID: station.NewID()}, run: "run-1", at: monday}
	m.inserts(s.ID, station.ServiceKind)
	m.runs(`UPDATE services SET case_id = $1 WHERE settlement = $2 AND code = $3`, s.ID, m.ID, code)
	return s
}

// inserts puts a case there that nobody handed in.
func (h *house) inserts(id string, kind station.Kind) {
	h.t.Helper()
	h.runs(`INSERT INTO cases (id, number, kind, programme, branch, applicant, request_key, request_hash, stage, status, opened_at, updated_at)
		SELECT $1, $2, $3, code, branch, $4, $2, '', 'submitted', 'open', $5, $5 FROM programmes LIMIT 1`,
		id, "HZ-"+string(kind), kind, h.Referrer.ID, monday)
}

// named is an entry of the catalogue that has nothing but a name.
func named(code string) string {
	return fmt.Sprintf(`{"code": %[1]q, "name": {"zh-CN": %[2]q, "en": %[1]q}}`, code, code+"（测试）")
}

// called is what named calls a code.
func called(code string) station.Text { return station.Text{Zh: code + "（测试）", En: code} }

func (m *matter) opensFor(kind station.TaskKind, details station.Details) string {
	m.t.Helper()
	spec := station.TaskSpec{ID: m.task(station.Stage(kind), 1), Kind: kind, Party: station.Applicant, Wait: station.Wait{Days: 10}, Details: details}
	m.records(station.Change{Event: station.EventAssigned, Task: spec.ID, Open: []station.TaskSpec{spec}})
	return spec.ID
}

// says puts an act there, and returns its ID.
func (m *matter) says(who station.Account, body string) string {
	m.t.Helper()
	id := station.NewID()
	m.runs(`INSERT INTO acts (id, case_id, kind, actor, body, digest, request_hash, at, status, settled_at) VALUES ($1, $2, 'decide', $3, $4, '', '', $5, 'recorded', $5)`,
		id, m.ID, who.ID, body, monday)
	return id
}

func TestLetter_OfASettlementSaysWhoManagesItAndWhatItBrings(t *testing.T) {
	m := newHouse(t).settles()
	l := m.letter(station.NoticeSpec{Template: station.MailSettlementManaged, Party: station.Applicant})
	require.Equal(t, &station.Contact{Account: m.Officer.ID, Name: m.Officer.Name, Email: m.Officer.Email}, l.Manager)
	require.Equal(t, []station.Text{called("residence"), called("housing")}, l.Services, "each once, as they were chosen")
	l = m.letter(station.NoticeSpec{Template: station.MailSettlementCompleted, Party: station.Applicant})
	require.Equal(t, []station.Text{called("residence")}, l.Services, "those that are done")

	asked := m.opensFor(station.TaskPapers, station.Details{"papers": []string{"identity", "degree"}})
	l = m.letter(station.NoticeSpec{Template: station.MailSettlementPapers, Party: station.Applicant, Task: asked})
	require.Equal(t, []station.Text{called("degree"), called("identity")}, l.Papers, "in the catalogue's order")
	require.NotNil(t, l.Due)
	require.False(t, l.Renews, "none of them was given")
	paper := m.uploads(m.Referrer, "degree").ID
	for _, given := range []struct {
		at     time.Time
		renews bool
	}{{monday.AddDate(0, 0, 1), false}, {monday.AddDate(0, 0, -300), true}} {
		m.runs(`INSERT INTO papers (account, kind, document, given_at) VALUES ($1, 'degree', $2, $3)
			ON CONFLICT (account, kind) DO UPDATE SET given_at = EXCLUDED.given_at`, m.Referrer.ID, paper, given.at)
		l = m.letter(station.NoticeSpec{Template: station.MailSettlementPapers, Party: station.Applicant, Task: asked})
		require.Equal(t, given.renews, l.Renews, "given before it was asked for")
	}

	m.says(m.Referrer, `{"verdict": "relocate", "branch": "HZ-XH"}`)
	l = m.letter(station.NoticeSpec{Template: station.MailSettlementMoved, Party: station.Applicant})
	require.Contains(t, l.Branch.En, "Xihu")

	m.runs(`UPDATE settlements SET manager = NULL`)
	require.Nil(t, m.letter(station.NoticeSpec{Template: station.MailSettlementWithdrawn, Party: station.Applicant}).Manager, "nobody yet")
}

func TestLetter_OfASettlementNamesTheServiceThatItsTaskIsAbout(t *testing.T) {
	m := newHouse(t).settles()
	rated := m.opensFor(station.TaskRating, station.Details{"service": "residence"})
	l := m.letter(station.NoticeSpec{Template: station.MailSettlementRating, Party: station.Applicant, Task: rated})
	require.Equal(t, called("residence"), l.Service)
	require.Equal(t, called("police"), l.Provider)
	require.Empty(t, l.Reason)

	stalled := m.opensFor(station.TaskStalled, station.Details{"service": "housing", "why": station.ReasonNeedGone})
	l = m.letter(station.NoticeSpec{Template: station.MailSettlementTrouble, Account: m.Officer.ID, Task: stalled})
	require.Equal(t, called("housing"), l.Service)
	require.Equal(t, station.ReasonNeedGone, l.Reason, "what is to be decided on")
	require.Empty(t, l.Provider, "nobody was asked yet")
	l = m.letter(station.NoticeSpec{Template: station.MailServiceEnded, Party: station.Applicant, Task: m.opensFor(station.TaskCallback, station.Details{"service": "housing"})})
	require.Equal(t, station.ReasonPapersLate, l.Reason, "of the last attempt")
}

func TestLetter_OfAServiceSaysWhoHasIt(t *testing.T) {
	m := newHouse(t).settles()
	s := m.performs("residence")
	l := s.letter(station.NoticeSpec{Template: station.MailServiceDone, Party: station.Applicant})
	require.Equal(t, called("residence"), l.Service)
	require.Equal(t, called("police"), l.Provider)
	require.Equal(t, m.Officer.Name, l.Manager.Name)

	// it has gone to another since, but the mail is about who had it
	task := s.opensFor(station.TaskTrouble, station.Details{"service": "residence", "why": "refused", "provider": "estate"})
	l = s.letter(station.NoticeSpec{Template: station.MailSettlementTrouble, Account: m.Officer.ID, Task: task})
	require.Equal(t, called("estate"), l.Provider)
	require.Equal(t, station.Reason("refused"), l.Reason)
}

func TestLetter_OfAProvidersQuestionHasItsWordsThoughTheMailNamesNoAct(t *testing.T) {
	m := newHouse(t).settles()
	s := m.performs("residence")
	m.runs(`UPDATE accounts SET provider = 'estate' WHERE id = $1`, m.Reviewers[0].ID)
	task := s.opensFor(station.TaskInquiry, station.Details{"act": s.says(m.Reviewers[0], `{"verdict": "ask", "question": "Which floor?"}`)})
	l := s.letter(station.NoticeSpec{Template: station.MailInquiry, Party: station.Applicant, Task: task})
	require.Equal(t, "Which floor?", l.Words.Question)
	require.Equal(t, called("estate"), l.Provider, "who asks")
}
