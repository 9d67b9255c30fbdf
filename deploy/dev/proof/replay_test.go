package proof_test

import (
	"bytes"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	commonpb "go.temporal.io/api/common/v1"
	enumspb "go.temporal.io/api/enums/v1"
	historypb "go.temporal.io/api/history/v1"
	"go.temporal.io/api/proxy"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"wutong/worker/codec"
)

var record = flag.Bool("record", false, "write histories into workflows/testdata/replay")

// recordings is where the histories go.
const recordings = "../../../workflows/testdata/replay"

// TestRecordHistories drives telling cases through the station as it is now and
// writes down their histories, which workflows.TestReplay has every later
// version replay. It overwrites those of the same name, so record anew only
// what was never released; give what is new a name of its own. One process
// alone is recorded by -run TestRecordHistories/grant.
func TestRecordHistories(t *testing.T) {
	if !*record {
		t.Skip("run with -record to write the histories anew")
	}
	t.Run("referral", recordReferrals)
	t.Run("grant", recordGrants)
	t.Run("angel", recordAngels)
	t.Run("round", recordRounds)
	t.Run("ambassador", recordAmbassadors)
	t.Run("settlement", recordSettlements)
}

func recordReferrals(t *testing.T) {
	r := recorder{openHouse(t, nil)}
	for n, c := range []struct {
		name string
		do   func(r *recorder, id string, n int)
		of   func(r *recorder, n int) string // the case to write down, if it is a second one
	}{
		{"accepted", func(r *recorder, id string, n int) { r.through(id, n) }, nil},
		{"consent-declined", func(r *recorder, id string, n int) { r.byLink("consent", n, map[string]any{"verdict": "decline"}) }, nil},
		{"withdrawn-before-consent", func(r *recorder, id string, n int) { r.task(id + ".consent.1"); r.withdraw(id) }, nil},
		{"withdrawn-during-review", (*recorder).withdrawnDuringReview, nil},
		{"won-on-appeal", (*recorder).wonOnAppeal, nil},
		{"lost-on-appeal", (*recorder).lostOnAppeal, nil},
		{"inquiries-answered", (*recorder).inquired, nil},
		{"duplicate-merged", func(r *recorder, id string, n int) { r.through(id, n) }, (*recorder).merged},
		{"duplicate-kept-apart", func(r *recorder, id string, n int) { r.through(id, n) }, (*recorder).keptApart},
		{"reviewers-recused-and-torn", (*recorder).torn, nil},
		{"task-handed-over", (*recorder).handedOver, nil},
		{"stopped-by-operator", (*recorder).stopped, nil},
	} {
		id := r.refer(usual, n)
		c.do(&r, id, n)
		r.ended(id)
		if c.of != nil {
			id = c.of(&r, n)
			r.ended(id)
		}
		r.write("referral/"+c.name, id, "")
		require.False(t, t.Failed(), c.name)
	}
	r.mail()
	r.sweep()

	renewing := recorder{openHouse(t, map[string]any{"limit.historyCount.suggestContinueAsNew": 20})}
	id := renewing.refer(usual, 50)
	renewing.inquired(id, 50)
	renewing.ended(id)
	renewing.write("referral/continued-as-new", id, "")
}

// recorder is a house whose cases are written down.
type recorder struct{ *house }

// byLink uses the link of the newest mail of a kind to a case's talent.
func (r *recorder) byLink(template string, n int, body map[string]any) {
	r.well(r.surely(r.link(template, fmt.Sprintf("talent%d@example.com", n)), "", "", body))
}

// well fails the recording over an answer that says no.
func (r *recorder) well(a answer) {
	r.t.Helper()
	require.Less(r.t, a.Status, 300, "%v", a.Body)
}

func (r *recorder) withdraw(id string) {
	r.well(r.surely("/v1/cases/"+id+"/withdrawal", r.Referrers[0].ID, "withdraw-"+id, nil))
}

// check has the talent consent and an officer decide.
func (r *recorder) check(id string, n int, body map[string]any) {
	r.consent(id, n)
	r.task(id + ".check.1")
	r.well(r.decide(id+".check.1", r.Officers[0].ID, "", body))
}

var (
	accept  = map[string]any{"verdict": "accept"}
	decline = map[string]any{"verdict": "decline", "reason": "It is of somebody else."}
)

// review has a reviewer who is asked answer.
func (r *recorder) review(id, stage string, n int, body map[string]any) {
	task := fmt.Sprintf("%s.%s.%d", id, stage, n)
	r.task(task)
	r.well(r.decide(task, r.assignee(task), "", body))
}

func points(n int) map[string]any {
	return map[string]any{"verdict": "score", "scores": []map[string]any{
		{"criterion": "achievement", "points": n}, {"criterion": "potential", "points": n}, {"criterion": "fit", "points": n},
	}}
}

func (r *recorder) reviews(id, stage string, scores ...int) {
	for i, n := range scores {
		r.review(id, stage, i+1, points(n))
	}
}

func (r *recorder) withdrawnDuringReview(id string, n int) {
	r.check(id, n, accept)
	r.reviews(id, "review", 80)
	r.withdraw(id)
}

func (r *recorder) wonOnAppeal(id string, n int) {
	r.check(id, n, decline)
	r.task(id + ".declined.1")
	r.byLink("declined", n, map[string]any{"reason": "You overlooked my book."})
	r.reviews(id, "appeal", 80, 90, 85)
}

func (r *recorder) lostOnAppeal(id string, n int) {
	r.check(id, n, accept)
	r.reviews(id, "review", 50, 55, 60)
	r.task(id + ".declined.1")
	r.well(r.surely("/v1/cases/"+id+"/appeal", r.Referrers[0].ID, "", map[string]any{"reason": "Please look again."}))
	r.reviews(id, "appeal", 40, 45, 50)
}

// inquired asks both parties, and goes on to be accepted.
func (r *recorder) inquired(id string, n int) {
	r.check(id, n, map[string]any{"verdict": "ask", "to": "talent", "question": "Which is yours?"})
	r.task(id + ".inquiry.1")
	r.byLink("inquiry", n, map[string]any{"answer": "The second."})
	r.until("the inquiry is answered", func() bool {
		return r.count(`SELECT count(*) FROM tasks WHERE id = $1 AND status = 'done'`, id+".inquiry.1") == 1
	})
	r.well(r.decide(id+".check.1", r.Officers[0].ID, "", map[string]any{"verdict": "ask", "to": "applicant", "question": "Since when?"}))
	r.task(id + ".inquiry.2")
	r.well(r.surely("/v1/tasks/"+id+".inquiry.2/answer", r.Referrers[0].ID, "", map[string]any{"answer": "Since spring."}))
	a := r.surely("/v1/tasks/"+id+".check.1/decision", r.Officers[0].ID, "", map[string]any{"verdict": "ask", "to": "talent", "question": "And before?"})
	require.Equal(r.t, http.StatusConflict, a.Status, "a third question is refused")
	r.well(r.decide(id+".check.1", r.Officers[0].ID, "", accept))
	r.reviews(id, "review", 80, 85, 90)
}

// again refers the talent of case n, who is in the reserve by now, once more.
func (r *recorder) again(n, as int) string {
	a := r.surely("/v1/referrals", r.Referrers[1].ID, fmt.Sprintf("again-%d", as), map[string]any{
		"programme": usual, "channel": "alumni", "name": fmt.Sprintf("Number%d Talent", n), "email": fmt.Sprintf("talent%d@example.com", as),
		"institution": fmt.Sprintf("school %d", n), "field": "AI", "evidence": []string{"https://example.com/p"}, "why": "Because.",
	})
	r.well(a)
	id := a.id()
	r.consent(id, as)
	r.task(id + ".duplicates.1")
	return id
}

func (r *recorder) merged(n int) string {
	id := r.again(n, 100+n)
	var target string
	require.NoError(r.t, r.db.QueryRowContext(context.Background(),
		`SELECT details->'duplicates'->0->>'id' FROM tasks WHERE id = $1`, id+".duplicates.1").Scan(&target))
	r.well(r.decide(id+".duplicates.1", r.Officers[0].ID, "", map[string]any{"verdict": "merge", "target": target}))
	return id
}

func (r *recorder) keptApart(n int) string {
	id := r.again(n, 100+n)
	r.well(r.decide(id+".duplicates.1", r.Officers[0].ID, "", map[string]any{"verdict": "keep_apart"}))
	r.task(id + ".check.1")
	r.well(r.decide(id+".check.1", r.Officers[0].ID, "", accept))
	r.reviews(id, "review", 80, 85, 90)
	return id
}

func (r *recorder) torn(id string, n int) {
	r.check(id, n, accept)
	r.review(id, "review", 1, map[string]any{"verdict": "recuse"})
	r.review(id, "review", 2, map[string]any{"verdict": "abstain"})
	r.review(id, "review", 3, points(40))
	r.review(id, "review", 4, points(95))
	r.review(id, "review", 5, points(90))
}

func (r *recorder) handedOver(id string, n int) {
	r.consent(id, n)
	task := id + ".check.1"
	r.task(task)
	for _, b := range []map[string]any{{"verdict": "take"}, {"verdict": "release"}, {"verdict": "take"}, {"verdict": "hand_over", "account": r.Officers[1].ID}} {
		r.well(r.surely("/v1/tasks/"+task+"/assignment", r.Officers[0].ID, "", b))
	}
	r.well(r.decide(task, r.Officers[1].ID, "", accept))
	a := r.surely("/v1/tasks/"+task+"/decision", r.Officers[0].ID, "", accept)
	require.Contains(r.t, []int{http.StatusConflict, http.StatusForbidden}, a.Status, "somebody else has decided")
	r.reviews(id, "review", 80, 85, 90)
}

func (r *recorder) stopped(id string, n int) {
	r.check(id, n, accept)
	r.task(id + ".review.1")
	require.NoError(r.t, r.temporal().CancelWorkflow(r.t.Context(), id, ""))
}

// mail waits until the workflow that sends mails has made a round.
func (r *recorder) mail() {
	c := r.temporal()
	r.until("mails were sent for a minute", func() bool {
		for _, e := range r.history(c, "mail", "").GetEvents() {
			if e.GetEventType() == enumspb.EVENT_TYPE_ACTIVITY_TASK_COMPLETED {
				return true
			}
		}
		return false
	})
	r.write("mail/first-rounds", "mail", "")
}

// sweep has the schedule run at once.
func (r *recorder) sweep() {
	c := r.temporal()
	require.NoError(r.t, c.ScheduleClient().GetHandle(r.t.Context(), "sweep").Trigger(r.t.Context(), client.ScheduleTriggerOptions{}))
	var id, run string
	r.until("a sweep has run", func() bool {
		list, err := c.ListWorkflow(r.t.Context(), &workflowservice.ListWorkflowExecutionsRequest{
			Namespace: r.stack.Temporal.Namespace(), Query: "WorkflowType = 'sweep' AND ExecutionStatus = 'Completed'",
		})
		if err != nil || len(list.GetExecutions()) == 0 {
			return false
		}
		x := list.GetExecutions()[0].GetExecution()
		id, run = x.GetWorkflowId(), x.GetRunId()
		return true
	})
	r.write("sweep/one", id, run)
}

// history fetches a run's history; without a run, the last one's.
func (r *recorder) history(c client.Client, id, run string) *historypb.History {
	h := &historypb.History{}
	events := c.GetWorkflowHistory(context.Background(), id, run, false, enumspb.HISTORY_EVENT_FILTER_TYPE_ALL_EVENT)
	for events.HasNext() {
		e, err := events.Next()
		require.NoError(r.t, err)
		h.Events = append(h.Events, e)
	}
	return h
}

// write writes down a workflow's runs: one as NAME.json, several in a row as
// NAME.1.json, NAME.2.json and so on.
func (r *recorder) write(name, id, run string) {
	r.t.Helper()
	c := r.temporal()
	chain := []*historypb.History{r.history(c, id, run)}
	for first := chain[0]; ; first = chain[0] {
		before := first.GetEvents()[0].GetWorkflowExecutionStartedEventAttributes().GetContinuedExecutionRunId()
		if before == "" {
			break
		}
		chain = append([]*historypb.History{r.history(c, id, before)}, chain...)
	}
	if strings.HasSuffix(name, "continued-as-new") {
		require.Greater(r.t, len(chain), 2, "the case was to continue as new")
	}
	old, err := filepath.Glob(filepath.Join(recordings, name+".[0-9]*.json"))
	require.NoError(r.t, err)
	for _, file := range old { // there may have been more runs
		require.NoError(r.t, os.Remove(file))
	}
	for i, h := range chain {
		file := name + ".json"
		if len(chain) > 1 {
			file = fmt.Sprintf("%s.%d.json", name, i+1)
		}
		r.open(h)
		save(r.t, filepath.Join(recordings, file), h)
		r.t.Logf("%s: %d events", file, len(h.GetEvents()))
	}
}

// wordsOfPeople are what people say and are called in the cases that are
// recorded.
var wordsOfPeople = []string{
	"Number", "example.com", "school", "Because", "overlooked", "look again", "somebody else", "yours", "spring",
	"Project ", "Company ", "91330108MA", "A thing", "build it", "Neighbour", "no office", "We went", "We built", "report.pdf", "33010401600001", "Room", "licence", "BANK", "BACK", "account is closed",
	"invest in people", "three of our teams", "looked into it", "Person ", "contract",
	"Founder", "know your market", "You have enough", "hall is closed",
}

// open decrypts a history, and makes sure that nothing in it was worth
// encrypting: what a person wrote, or is called, has no place in Temporal.
func (r *recorder) open(h *historypb.History, words ...string) {
	r.t.Helper()
	var keys codec.Keyring
	for _, v := range r.stack.Env() {
		if text, ok := strings.CutPrefix(v, "WUTONG_CODEC_KEYS="); ok {
			var err error
			keys, err = codec.ParseKeys(text)
			require.NoError(r.t, err)
		}
	}
	opener := codec.New(keys)
	require.NoError(r.t, proxy.VisitPayloads(r.t.Context(), h, proxy.VisitPayloadsOptions{
		SkipSearchAttributes: true,
		Visitor: func(_ *proxy.VisitPayloadsContext, sealed []*commonpb.Payload) ([]*commonpb.Payload, error) {
			plain, err := opener.Decode(sealed)
			for _, p := range plain {
				for _, personal := range append(words, wordsOfPeople...) {
					require.NotContains(r.t, string(p.GetData()), personal, "a personal word is in a history")
				}
			}
			return plain, err
		},
	}))
	anonymous(h.ProtoReflect())
}

// anonymous takes out the name of the machine that recorded.
func anonymous(m protoreflect.Message) {
	m.Range(func(f protoreflect.FieldDescriptor, v protoreflect.Value) bool {
		switch {
		case f.Name() == "identity" && f.Kind() == protoreflect.StringKind:
			m.Set(f, protoreflect.ValueOfString("recorded"))
		case f.IsList() && f.Message() != nil:
			for i := range v.List().Len() {
				anonymous(v.List().Get(i).Message())
			}
		case !f.IsMap() && !f.IsList() && f.Message() != nil:
			anonymous(v.Message())
		}
		return true
	})
}

// save writes a history with one event per line, the same bytes for the same
// history.
func save(tb testing.TB, file string, h *historypb.History) {
	tb.Helper()
	out := bytes.NewBufferString(`{"events":[`)
	for i, e := range h.GetEvents() {
		raw, err := protojson.Marshal(proto.CloneOf(e))
		require.NoError(tb, err)
		if i > 0 {
			out.WriteByte(',')
		}
		out.WriteByte('\n')
		require.NoError(tb, json.Compact(out, raw)) // protojson varies its spaces on purpose
	}
	out.WriteString("\n]}\n")
	require.NoError(tb, os.MkdirAll(filepath.Dir(file), 0o755))
	require.NoError(tb, os.WriteFile(file, out.Bytes(), 0o644))
}
