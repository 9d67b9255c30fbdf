package proof_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"mime/multipart"
	"net/http"
	"time"

	"github.com/stretchr/testify/require"
	"wutong/station"

	"wutong/deploy/dev/crowd"
)

// The programme in which rounds are opened. A syndicate that loses members has a few seconds to find others.
const (
	pitching = "proof-rounds"
	roundCap = 6*crowd.MatchCap + crowd.MatchCap/2 // what the fund adds to all projects of a round
)

var rounds = map[string]string{pitching: crowd.RoundTerms(roundCap, `, "refill": {"seconds": 4}`)}

// opened is a round with its projects.
type opened struct {
	*house
	code  string
	id    string // its case
	times map[string]any
	cases []string // of the projects, by their numbers
	decks map[string]string
}

// opens has an officer open a round whose phases would end tomorrow and later: who wants to go on moves the timetable.
func (h *house) opens(code string, capacity int) *opened {
	h.t.Helper()
	r := &opened{house: h, code: code, times: crowd.Times(time.Now(), 24*time.Hour), decks: map[string]string{}}
	a := h.surely("/v1/rounds", h.Officers[0].ID, "open-"+code, crowd.Round(pitching, code, r.times, capacity))
	require.Equal(h.t, http.StatusCreated, a.Status, a.Body)
	r.id = a.id()
	return r
}

// applies hands the n-th project in. Change changes its form.
func (r *opened) applies(n int, change ...map[string]any) string {
	team := r.team(n)
	form := crowd.Pitch(r.code, n, r.decks[team])
	for _, c := range change {
		maps.Copy(form, c)
	}
	a := r.surely("/v1/pitches", team, fmt.Sprintf("%s-%d", r.code, n), form)
	if a.Status != http.StatusCreated {
		r.t.Errorf("apply: %d %v", a.Status, a.Body)
	}
	return a.id()
}

func (r *opened) team(n int) string { return r.Teams[n%len(r.Teams)].ID }

// apply hands so many projects in, each team its deck only once. Change changes the first one's form.
func (r *opened) apply(projects int, change ...map[string]any) {
	for _, t := range r.Teams[:min(projects, len(r.Teams))] {
		r.decks[t.ID] = r.uploads(t.ID, "deck of "+r.code)
	}
	r.cases = make([]string, projects)
	sideBySide(r.cases, 16, func(n int, _ string) {
		if n > 0 {
			r.cases[n] = r.applies(n)
		} else {
			r.cases[n] = r.applies(n, change...)
		}
	})
}

// uploads uploads a document and returns its ID.
func (h *house) uploads(account, text string) string {
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	file, err := form.CreateFormFile("file", "report.pdf")
	require.NoError(h.t, err)
	_, err = file.Write([]byte("%PDF-1.7\n" + text))
	require.NoError(h.t, err)
	require.NoError(h.t, form.Close())
	a := h.post("/v1/documents", account, fmt.Sprintf("upload-%s-%x", account, text), form.FormDataContentType(), &body)
	require.Equal(h.t, http.StatusCreated, a.Status, a.Body)
	return a.id()
}

// ends ends a phase of the round in a second, by its timetable, and waits until the next one has begun.
func (r *opened) ends(phase station.Stage, next string) {
	r.times = crowd.Over(r.times, phase, time.Now())
	a := r.surely("/v1/rounds/"+r.code+"/timetable", r.Officers[0].ID, "end-"+r.code+string(phase), map[string]any{"times": r.times})
	if a.Status != http.StatusOK && a.Status != http.StatusAccepted {
		r.t.Errorf("end %s: %d %v", phase, a.Status, a.Body)
	}
	r.until("the round comes to "+next, func() bool {
		return r.count(`SELECT count(*) FROM rounds WHERE code = $1 AND phase = $2`, r.code, next) == 1
	})
}

// stand waits until so many of the round's projects are in a stage.
func (r *opened) stand(stage string, projects int) {
	r.until(fmt.Sprintf("%d projects come to %s", projects, stage), func() bool {
		return r.count(`SELECT count(*) FROM cases WHERE programme = $1 AND stage = $2`, r.code, stage) >= projects
	})
}

// declares has an angel declare that there is no conflict, or what kind of one there is.
func (h *house) declares(id, angel string, conflict station.ConflictKind) answer {
	return h.surely("/v1/cases/"+id+"/declaration", angel, "declare-"+id+string(conflict), map[string]any{"conflict": conflict})
}

// screens has officer and angels screen a project, with these points: the officer first, then the angels as they were asked.
func (h *house) screens(id, officer string, points ...int) {
	task := id + ".screener.1"
	h.task(task)
	h.decide(task, officer, "screen-"+task, crowd.Screening(points[0]))
	for i, n := range points[1:] {
		task := fmt.Sprintf("%s.screening.%d", id, i+1)
		h.task(task)
		angel := h.assignee(task)
		h.declares(id, angel, station.ConflictNone)
		h.decide(task, angel, "screen-"+task, crowd.Screening(n))
	}
}

// seats has a team confirm its seat.
func (r *opened) seats(n int) { r.accepts(r.cases[n]+".seats.1", r.team(n)) }

// attends has an officer note that a team has pitched.
func (h *house) attends(id, officer string, came station.Verdict) {
	task := id + ".attendance.1"
	h.task(task)
	h.decide(task, officer, "attendance-"+task, map[string]any{"verdict": came})
}

// commits has an angel say what they would invest.
func (h *house) commits(id, angel string, v station.Verdict, fen int64) {
	task := id + ".deliberation.1"
	h.decide(task, angel, fmt.Sprintf("commit-%s-%s-%d", task, v, fen), crowd.Commitment(v, fen))
}

// feedback has an officer make of what the angels said what the team reads.
func (h *house) feedback(id, officer string) {
	task := id + ".feedback.1"
	h.task(task)
	h.decide(task, officer, "feedback-"+task, map[string]any{"verdict": "accept", "reason": "You know your market."})
}

// closes confirms one side of a closing: of the lead, or of the team.
func (h *house) closes(task, account string) {
	h.task(task)
	a := h.surely("/v1/tasks/"+task+"/confirmation", account, "close-"+task, map[string]any{"documents": []string{h.uploads(account, "term sheet")}})
	if a.Status != http.StatusOK && a.Status != http.StatusAccepted {
		h.t.Errorf("close %s: %d %v", task, a.Status, a.Body)
	}
}

// adds has a treasurer pay what the fund adds.
func (h *house) adds(task string) {
	h.task(task)
	a := h.confirms(task, h.Treasurers[0].ID, "pay-"+task, "BANK-"+task)
	if a.Status != http.StatusOK && a.Status != http.StatusAccepted {
		h.t.Errorf("pay %s: %d %v", task, a.Status, a.Body)
	}
}

// reads asks the API for something.
func (h *house) reads(path, account string) answer {
	status, raw := h.gets(path, account)
	a := answer{Status: status}
	_ = json.Unmarshal([]byte(raw), &a.Body)
	return a
}

// gets is what the API answers, as it is; of a stream all that it says until it ends. Without an answer the status is 0.
func (h *house) gets(path, account string) (status int, body string) {
	r, err := http.NewRequestWithContext(context.Background(), http.MethodGet, h.stack.APIURL()+path, nil)
	require.NoError(h.t, err)
	r.Header.Set("Authorization", "Bearer "+crowd.Token(account))
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		return 0, ""
	}
	defer func() { _ = resp.Body.Close() }()
	raw, _ := io.ReadAll(resp.Body)
	return resp.StatusCode, string(raw)
}

// inbox are an account's tasks of a kind.
func (h *house) inbox(account, kind string) (tasks []string) {
	a := h.reads("/v1/tasks?limit=100&kind="+kind, account)
	items, _ := a.Body["items"].([]any)
	for _, i := range items {
		if t, ok := i.(map[string]any); ok {
			id, _ := t["id"].(string)
			tasks = append(tasks, id)
		}
	}
	return tasks
}
