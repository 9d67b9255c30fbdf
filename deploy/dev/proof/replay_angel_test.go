package proof_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"
	"wutong/station"
)

// admitting is a programme of admission whose vote and whose term take seconds, and in which proof is late after a few.
const admitting = "proof-angels"

var angels = map[string]string{
	admitting: `{"vote": {"days": 0, "seconds": 4, "reminders": []}, "proof": {"days": 0, "seconds": 3, "reminders": []}, "term": {"days": 0, "seconds": 16, "reminders": []}}`,
}

// recordAngels admits angels, and follows their terms, in all the ways in which one goes.
func recordAngels(t *testing.T) {
	r := recorder{openHouseWith(t, 0, nil)}
	for n, c := range []struct {
		name string
		do   func(r *recorder, id string, n int)
	}{
		{"renewed-and-thanked", (*recorder).served},
		{"voted-down-won-on-appeal-and-left", (*recorder).wonAndLeft},
		{"another-vouches-and-revoked", (*recorder).revoked},
		{"withdrawn-during-the-vote", func(r *recorder, id string, n int) {
			r.vouchedFor(id, n)
			r.task(id + ".vote.1")
			r.well(r.surely("/v1/cases/"+id+"/withdrawal", r.Teams[n].ID, "", nil))
		}},
	} {
		id := r.candidate(n)
		c.do(&r, id, n)
		r.ended(id)
		r.write("angel/"+c.name, id, "")
		require.False(t, t.Failed(), c.name)
	}
	for n, v := range []string{"consent", "decline"} {
		id := r.invited(n)
		r.well(r.surely(r.link("angel_invited", invitee(n)), "", "", map[string]any{"verdict": v}))
		r.ended(id)
		r.write("angel/invited-"+v, id, "")
	}

	renewing := recorder{openHouseWith(t, 0, map[string]any{"limit.historyCount.suggestContinueAsNew": 20})}
	id := renewing.candidate(0)
	renewing.served(id, 0)
	renewing.ended(id)
	renewing.write("angel/renewed-and-continued-as-new", id, "")
}

// candidate has a team's account apply to the hub.
func (r *recorder) candidate(n int) string {
	who := r.Teams[n].ID
	a := r.surely("/v1/angels", who, fmt.Sprintf("angel-%d", n), map[string]any{
		"programme": admitting, "statement": "I invest in people.", "fields": []string{"AI"}, "documents": []string{r.uploads(who, "proof")},
		"investments": []any{map[string]any{"company": "Nimble Hands", "year": 2023, "fen": 50_000_000}},
		"vouchers":    []string{r.Angels[0].Email, r.Angels[1].Email},
	})
	r.well(a)
	return a.id()
}

func invitee(n int) string { return fmt.Sprintf("invitee%d@example.com", n) }

func (r *recorder) invited(n int) string {
	a := r.surely("/v1/angels", r.Officers[0].ID, fmt.Sprintf("invite-%d", n), map[string]any{
		"programme": admitting, "statement": "We met at the summit.", "fields": []string{"AI"},
		"invitee": map[string]any{"name": "Ilse Vantongeren", "email": invitee(n), "language": "en"},
	})
	r.well(a)
	return a.id()
}

// vouchedFor has an officer accept the proof, and both angels vouch.
func (r *recorder) vouchedFor(id string, _ int) {
	r.accepts(id+".check.1", r.Officers[1].ID)
	for i := range 2 {
		r.task(fmt.Sprintf("%s.vouching.%d", id, i+1))
		r.vouches(id, i, "vouch")
	}
}

// vouches has an angel use the link of their task.
func (r *recorder) vouches(id string, i int, verdict string) {
	party := station.Voucher(i + 1)
	r.until("the mail to "+string(party)+" of "+id, func() bool {
		return r.count(`SELECT count(*) FROM notices WHERE case_id = $1 AND party = $2 AND status IN ('sent', 'delivered')`, id, party) == 1
	})
	r.well(r.surely(r.link("angel_vouch", r.Angels[i].Email), "", "", map[string]any{"verdict": verdict}))
}

// votes has members vote, the first of them twice.
func (r *recorder) votes(id string, verdicts ...station.Verdict) {
	task := id + ".vote.1"
	r.task(task)
	r.well(r.decide(task, r.Angels[2].ID, "first-"+task, map[string]any{"verdict": station.Abstain}))
	for i, v := range verdicts {
		r.well(r.decide(task, r.Angels[2+i].ID, fmt.Sprintf("vote-%s-%d", task, i), map[string]any{"verdict": v}))
	}
}

func (r *recorder) admitted(id string, n int) {
	r.vouchedFor(id, n)
	r.votes(id, station.Approve, station.Approve, station.Approve, station.Reject, station.Abstain)
	r.task(id + ".membership.1")
}

func (r *recorder) served(id string, n int) {
	r.admitted(id, n)
	director := r.Directors[0].ID
	r.well(r.decide(id+".oversight.1", director, "", map[string]any{"verdict": "suspend", "reason": "A complaint is looked into."}))
	r.well(r.decide(id+".membership.1", r.Teams[n].ID, "", map[string]any{"verdict": "amend", "interests": []any{map[string]any{"kind": "company", "name": "Nimble Hands"}}}))
	r.well(r.decide(id+".oversight.1", director, "", map[string]any{"verdict": "reinstate"}))
	for i, v := range []string{"renew", "thank"} {
		task := fmt.Sprintf("%s.renewal.%d", id, i+1)
		r.task(task)
		r.well(r.decide(task, r.Officers[0].ID, "", map[string]any{"verdict": v}))
	}
}

func (r *recorder) wonAndLeft(id string, n int) {
	r.vouchedFor(id, n)
	r.votes(id, station.Reject, station.Reject, station.Reject, station.Approve, station.Approve)
	r.task(id + ".declined.1")
	r.well(r.surely("/v1/cases/"+id+"/appeal", r.Teams[n].ID, "", map[string]any{"reason": "They do not know me."}))
	r.accepts(id+".appeal.1", r.Directors[0].ID)
	r.task(id + ".membership.1")
	r.well(r.decide(id+".membership.1", r.Teams[n].ID, "", map[string]any{"verdict": "leave"}))
}

func (r *recorder) revoked(id string, n int) {
	r.accepts(id+".check.1", r.Officers[1].ID)
	r.task(id + ".vouching.2")
	r.vouches(id, 0, "decline")
	r.vouches(id, 1, "vouch")
	appoint := id + ".naming.1"
	r.until("an officer is to name another", func() bool {
		ids := list(r.house, r.db, `SELECT id FROM tasks WHERE case_id = $1 AND kind = 'appoint' AND status = 'open'`, id)
		if len(ids) == 1 {
			appoint = ids[0]
		}
		return len(ids) == 1
	})
	r.well(r.decide(appoint, r.Officers[0].ID, "", map[string]any{"verdict": "appoint", "account": r.Angels[9].ID}))
	r.until("another is to vouch", func() bool {
		ids := list(r.house, r.db, `SELECT id FROM tasks WHERE case_id = $1 AND kind = 'voucher' AND status = 'open' AND assignee IS NOT NULL`, id)
		if len(ids) == 1 {
			appoint = ids[0]
		}
		return len(ids) == 1
	})
	r.well(r.decide(appoint, r.Angels[9].ID, "", map[string]any{"verdict": "vouch"}))
	r.votes(id, station.Approve, station.Approve, station.Approve, station.Approve, station.Approve)
	r.task(id + ".oversight.1")
	r.well(r.decide(id+".oversight.1", r.Directors[0].ID, "", map[string]any{"verdict": "revoke", "reason": "The proof was forged."}))
}
