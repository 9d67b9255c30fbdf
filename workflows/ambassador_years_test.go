package workflows_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"wutong/station"
	"wutong/store/storetest"
)

// Nine terms of 406 days are ten years and a day.
const (
	termsServed = 9
	termDays    = 406
	tenYears    = `{"term": {"days": 406}}`
)

// career is an ambassador's years in office, beside the referrals that name them:
// each is a workflow of its own. Days count from the beginning.
type career struct {
	*appointment
	others *rounded // how cases begin in an environment where many run
	talent int      // who was referred last
}

func careers(t *testing.T) *career {
	t.Helper()
	s := &career{appointment: newAppointment(t, tenYears)}
	s.others = &rounded{scenario: s.scenario}
	s.others.environment()
	s.env.SetWorkflowRunTimeout(2 * termsServed * termDays * 24 * time.Hour) // by itself it ends after ten years
	s.then(func() {
		s.id = s.others.begins(s.house.Ambassadors[0], station.Ambassador, storetest.AmbassadorProgramme, storetest.AmbassadorForm("zju"))
	})
	return s
}

// on goes on to a day.
func (s *career) on(day int) *career {
	s.at = time.Duration(day) * 24 * time.Hour
	return s
}

// refers has somebody refer a talent through the ambassador: by the number of their
// letter or, the ambassador themself, by saying nothing of it.
func (s *career) refers(who station.Account, consents bool) {
	s.talent++
	n := s.talent
	var referral scenario
	s.then(func() {
		form := station.ReferralForm{
			Channel: "alumni", Name: fmt.Sprintf("Number%d Talent", n), Email: fmt.Sprintf("talent%d@example.com", n), Institution: fmt.Sprintf("school %d", n),
			Field: "AI", Evidence: []string{"https://example.com/paper"}, Why: "A canary essay about phoenixes.",
		}
		if who.ID != s.ambassador().ID {
			issued, err := s.db.AppointmentsOf(s.t.Context(), s.id)
			require.NoError(s.t, err)
			form.Ambassador = issued[0].Number
		}
		referral = *s.scenario
		referral.id = s.others.begins(who, station.Referral, storetest.Programme, form)
	})
	does := func(step func(r *scenario) *scenario) {
		s.at += time.Hour
		s.env.RegisterDelayedCallback(func() { referral.at = 0; step(&referral) }, s.at)
	}
	if !consents {
		does((*scenario).talentDeclines)
		return
	}
	does((*scenario).talentConsents)
	does((*scenario).officerAccepts)
	does(func(r *scenario) *scenario { return r.reviewersScore(80, 85, 90) })
	s.at += 6 * time.Hour // those steps come an hour after that in which they are said
}

// TestAmbassador_HoldsOfficeForTenYears: in the terms one, two and no referrals, in
// turn, name the ambassador. The talent of the first is accepted into the reserve;
// that of the second does not consent.
func TestAmbassador_HoldsOfficeForTenYears(t *testing.T) {
	s := careers(t)
	s.appointed()
	var shown []string
	for n := range termsServed {
		began := n * termDays
		if n%3 < 2 {
			s.on(began+60).refers(s.house.Ambassadors[0], true)
		}
		if n%3 == 1 {
			s.on(began+120).refers(s.people.Referrer, false)
		}
		decided := began + termDays - 29
		if n%2 == 1 {
			decided += 23 // they had to be reminded
		}
		verdict := station.Renew
		if n == termsServed-1 {
			verdict = station.Thank
		}
		s.on(decided).officerDecidesTo(verdict)
		shown = append(shown, []string{"1 1", "2 1", "0 0"}[n%3])
	}
	s.env.ExecuteWorkflow(fleet)
	require.NoError(t, s.env.GetWorkflowError())

	var record []string
	require.NoError(t, s.db.SelectContext(t.Context(), &record, `SELECT (details->>'made') || ' ' || (details->>'accepted')
		FROM tasks WHERE case_id = $1 AND kind = 'renewal' ORDER BY opened_at`, s.id))
	assert.Equal(t, shown, record, "what was made and accepted in each term")
	assert.Equal(t, 6, s.count(`SELECT count(*) FROM talents`), "an accepted referral enters the reserve")
	s.tenYearsInOffice()
	assert.Zero(t, s.count(`SELECT count(*) FROM acts WHERE status = 'pending'`))
	_, _, err := s.db.Audit(t.Context(), func(f station.Fault) { t.Error(f) })
	require.NoError(t, err)
}

// TestAmbassador_HasEachReferralInTheRecordOfOneRenewal: also those that come while a
// renewal is decided on, in time or late.
func TestAmbassador_HasEachReferralInTheRecordOfOneRenewal(t *testing.T) {
	s := careers(t)
	s.appointed()
	who := s.house.Ambassadors[0]
	s.on(60).refers(who, true)
	s.on(378).refers(s.people.Referrer, true) // the renewal is open since day 376
	s.on(380).officerDecidesTo(station.Renew)
	s.on(400).refers(who, true)
	s.on(405).refers(who, false)
	s.on(500).refers(who, true)
	s.on(785).refers(who, true) // since day 782
	s.on(815).refers(who, true) // the term is over since day 812
	s.on(820).by(s.people.Director, station.TaskRenewal, station.Body{Verdict: station.Renew})
	s.on(900).refers(who, false)
	s.on(1190).officerDecidesTo(station.Thank)
	s.env.ExecuteWorkflow(fleet)
	require.NoError(t, s.env.GetWorkflowError())

	var record []string
	require.NoError(t, s.db.SelectContext(t.Context(), &record, `SELECT (details->>'made') || ' ' || (details->>'accepted') || ' ' ||
		((details->>'since')::timestamptz AT TIME ZONE 'Asia/Shanghai')::date FROM tasks WHERE case_id = $1 AND kind = 'renewal' ORDER BY opened_at`, s.id))
	assert.Equal(t, []string{"1 1 2026-03-02", "4 3 2027-03-13", "3 2 2028-04-22"}, record)
	assert.Equal(t, s.talent, s.count(`SELECT count(*) FROM ambassador_referrals WHERE office = $1`, s.id))
}

// TestAmbassador_HoldsOfficeForTenYearsInAsManyRuns: each term is a run of its own.
func TestAmbassador_HoldsOfficeForTenYearsInAsManyRuns(t *testing.T) {
	s := applies(t, tenYears)
	runs := []func(){func() { s.appointed() }}
	for n := range termsServed {
		days, verdict := termDays, station.Renew
		switch {
		case n == 0:
			days = termDays - 29
		case n%2 == 1:
			days = termDays + 23
		default:
			days = termDays - 23
		}
		if n == termsServed-1 {
			verdict = station.Thank
		}
		runs = append(runs, func() { s.passes(days).officerDecidesTo(verdict) })
	}
	s.overManyRuns(runs)
	s.tenYearsInOffice()
}

// tenYearsInOffice checks what has come of nine terms.
func (s *appointment) tenYearsInOffice() {
	s.t.Helper()
	c, err := s.db.CaseByID(s.t.Context(), s.id)
	require.NoError(s.t, err)
	require.Equal(s.t, "completed term_over", fmt.Sprint(c.Status, " ", c.Reason))
	issued, err := s.db.AppointmentsOf(s.t.Context(), s.id)
	require.NoError(s.t, err)
	require.Len(s.t, issued, termsServed)
	assert.Equal(s.t, "2026-03-02", issued[termsServed-1].From.In(station.ChinaTime).Format(time.DateOnly))
	assert.Equal(s.t, "2036-03-03", issued[0].Until.In(station.ChinaTime).Format(time.DateOnly))
	for n := 1; n < termsServed; n++ {
		assert.WithinDuration(s.t, issued[n].Until, issued[n-1].From, 0, "a term begins when the one before ends")
		assert.Equal(s.t, station.NotEnded, issued[n].Ended)
	}
	assert.Equal(s.t, station.NotEnded, issued[0].Ended, "they served to the last day")
	assert.WithinDuration(s.t, issued[0].Until, *c.EndedAt, 0)
	for event, want := range map[station.EventKind]int{
		station.EventInOffice: 1, station.EventRenewing: termsServed, station.EventReminded: 4, station.EventRenewed: termsServed - 1, station.EventThanked: 1,
		station.EventServed: 1, station.EventEscalated: 0, station.EventCompleted: 1,
	} {
		assert.Equal(s.t, want, s.count(`SELECT count(*) FROM events WHERE case_id = $1 AND kind = $2`, s.id, event), event)
	}
	for template, want := range map[station.Template]int{
		station.MailAmbassadorAppointed: 1, station.MailAmbassadorRenewed: termsServed - 1, station.MailAmbassadorThanked: 1,
		station.MailAmbassadorEnded: 0,
	} {
		assert.Equal(s.t, want, s.count(`SELECT count(*) FROM notices WHERE case_id = $1 AND template = $2`, s.id, template), template)
	}
}
