package api_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"wutong/api"
	"wutong/station"
)

// conflicted is a round with two projects on their pitch day: one in which some
// angels have a conflict, and one of others.
type conflicted struct {
	*hub
	id, other string   // the projects' cases
	score     string   // the task on which the project is scored
	act       string   // of another angel, on the project
	words     []string // that tell of the project: whoever reads one has learnt of it
}

func openConflicted(t *testing.T) *conflicted {
	t.Helper()
	b := openHub(t).opensRound()
	c := &conflicted{hub: b, id: b.pitches(), other: b.pitches(map[string]any{
		"project": map[string]any{"name": "Plain Arms", "field": "robots", "summary": "Another."}, "company": map[string]any{"name": "杭州寻常科技有限公司"},
		"documents": b.decks[1:], "team": []any{map[string]any{"name": "王一", "institution": "Somewhere"}},
	})}
	for _, id := range []string{c.id, c.other} {
		task := b.stands(id, station.StagePitches, station.TaskScore)
		b.clerk.records(t, station.Change{
			Case: id, Event: station.EventAssigned, Task: station.DeclarationTask(id), Standing: station.Standing{Stage: station.StagePitches, Status: station.Open},
			Open: []station.TaskSpec{{ID: station.DeclarationTask(id), Kind: station.TaskDeclaration, Role: station.RoleAngel, Untimed: true, Wait: station.Wait{Days: 5}}},
		})
		if id == c.id {
			c.score = task
		}
	}
	b.phase(station.StagePitches)
	witness := b.angels[4]
	b.declares(c.id, witness, station.ConflictNone)
	w := b.post("/v1/tasks/"+c.score+"/decision", rubric, witness)
	require.Equal(t, http.StatusOK, w.Code, w.Body)
	c.act = read[api.Receipt](t, w).ID
	var number string
	require.NoError(t, b.db.GetContext(t.Context(), &number, `SELECT number FROM cases WHERE id = $1`, c.id))
	c.words = []string{c.id, number, "Canary", "canary", "金丝雀", "林知远", b.decks[0]}
	return c
}

// hides asserts that an answer tells nothing of the project.
func (c *conflicted) hides(t *testing.T, what string, w *httptest.ResponseRecorder) {
	t.Helper()
	assert.Less(t, w.Code, 500, what)
	for _, word := range c.words {
		assert.NotContains(t, w.Body.String(), word, what)
		assert.NotContains(t, fmt.Sprint(w.Header()), word, what)
	}
}

// asked are what is said to a route that names something: the thing of the project
// where there is one, what is not there at all, and a body that is good.
type asked struct{ theirs, nothing, body string }

func (c *conflicted) routes() map[string][]asked {
	none := station.NewID()
	of := func(body string) []asked { return []asked{{c.id, none, body}} }
	tasks := func(body string) []asked {
		return []asked{{c.score, station.TaskID(none, station.StagePitches, 1), body}, {station.DeclarationTask(c.id), station.DeclarationTask(none), body}}
	}
	documents := []asked{{c.decks[0], none, ""}}
	return map[string][]asked{
		"GET /v1/cases/{id}": of(""), "GET /v1/cases/{id}/events": of(""), "GET /v1/cases/{id}/stream": of(""),
		"POST /v1/cases/{id}/withdrawal": of(""), "POST /v1/cases/{id}/appeal": of(`{"reason":"No."}`),
		"POST /v1/cases/{id}/objection":   of(`{"name":"n","email":"n@example.com","reason":"No."}`),
		"POST /v1/cases/{id}/declaration": append(of(`{"conflict":"none"}`), of(`{"conflict":"family"}`)...),
		"GET /v1/tasks/{id}":              tasks(""), "POST /v1/tasks/{id}/decision": tasks(rubric), "POST /v1/tasks/{id}/answer": tasks(`{"answer":"a"}`),
		"POST /v1/tasks/{id}/confirmation": tasks(`{"reference":"r"}`), "POST /v1/tasks/{id}/assignment": tasks(`{"verdict":"take"}`),
		"GET /v1/acts/{id}": {{c.act, none, ""}}, "GET /v1/documents/{id}": documents, "GET /v1/documents/{id}/content": documents,
		"GET /v1/settlements/{id}": of(""), "GET /v1/settlements/{id}/timeline": of(""),
		"GET /v1/links/{token}": of(""), "POST /v1/links/{token}": of(`{"verdict":"consent"}`),
	}
}

// queries are what lists are asked for, to find the project.
func (c *conflicted) queries() []string {
	return []string{
		"?limit=1", "?q=" + c.words[1], "?q=HZ-PITCH", "?kind=pitch", "?programme=" + theRound, "?stage=pitches", "?status=open",
		"?due_before=2100-01-01T00:00:00Z", "?branch=HZ", "?kind=score", "?kind=declaration",
	}
}

// walks goes every way that there is, as an angel.
func (c *conflicted) walks(t *testing.T, who station.Account) {
	t.Helper()
	doc, _ := c.document()
	named, reference := c.routes(), regexp.MustCompile(`"reference":"[A-Z0-9]+"`)
	for path, methods := range doc.Paths {
		for method := range methods {
			route := strings.ToUpper(method) + " " + path
			address := strings.NewReplacer("{code}", theRound, "{programme}", theRound).Replace(path)
			if strings.Contains(path, "/funds/") || path == "/v1/programmes/{code}" {
				address = strings.ReplaceAll(path, "{code}", theRound)
			}
			switch {
			case strings.Contains(address, "{id}") && strings.Contains(path, "/funds/"):
				address = strings.ReplaceAll(address, "{id}", c.id)
			case strings.Contains(address, "{"):
				require.Contains(t, named, route, "say in routes how this one is asked")
				for _, a := range named[route] {
					put := func(id string) string { return strings.NewReplacer("{id}", id, "{token}", id).Replace(path) }
					got, want := c.send(strings.ToUpper(method), put(a.theirs), a.body, who), c.send(strings.ToUpper(method), put(a.nothing), a.body, who)
					assert.Equal(t, http.StatusNotFound, got.Code, "%s %s: %s", route, a.theirs, got.Body)
					assert.Equal(t, reference.ReplaceAllString(want.Body.String(), ""), reference.ReplaceAllString(got.Body.String(), ""), "%s: it is as if it were not there", route)
					c.hides(t, route, got)
				}
				continue
			}
			if strings.HasSuffix(path, "/board") {
				assert.Equal(t, http.StatusForbidden, c.get(address, who).Code)
			}
			c.hides(t, route, c.send(strings.ToUpper(method), address, "", who))
			if path == "/v1/cases" || path == "/v1/tasks" {
				for _, q := range c.queries() {
					c.hides(t, route+q, c.get(address+q, who))
				}
			}
		}
	}
}

// counts are what an angel reads of how much there is.
func (c *conflicted) counts(t *testing.T, who station.Account) map[string]int {
	t.Helper()
	report := read[api.RoundReport](t, c.get("/v1/rounds/"+theRound+"/report", who))
	round := read[api.RoundDetail](t, c.get("/v1/rounds/"+theRound, who))
	n := map[string]int{
		"cases": len(read[api.List[api.Case]](t, c.get("/v1/cases", who)).Items),
		"tasks": len(read[api.List[api.Task]](t, c.get("/v1/tasks", who)).Items), "report": len(report.Projects),
		"rows": strings.Count(c.get("/v1/rounds/"+theRound+"/report.csv", who).Body.String(), "\r\n") - 1,
		"page": strings.Count(c.get("/rounds/"+theRound+"/report", who).Body.String(), "<tr>") - 1,
	}
	for name, r := range map[string]api.RoundDetail{"round ": round, "report ": report.Round} {
		n[name+"projects"], n[name+"open"], n[name+"confirmed"] = r.Counts.Projects, r.Counts.Open, r.Counts.Confirmed
	}
	return n
}

func TestConflict_LeavesNothingOfTheProjectOnAnyRoute(t *testing.T) {
	c := openConflicted(t)
	seen := map[string]int{
		"cases": 2, "tasks": 2, "report": 2, "rows": 2, "page": 2, "round projects": 2, "round open": 2, "round confirmed": 2,
		"report projects": 2, "report open": 2, "report confirmed": 2,
	}
	hidden := map[string]int{}
	for name := range seen {
		hidden[name] = 1
	}
	assert.Equal(t, seen, c.counts(t, c.angels[0]), "an angel without a conflict sees it")
	assert.Contains(t, c.get("/v1/cases?q="+c.words[1], c.angels[0]).Body.String(), c.id)

	t.Run("by a declaration", func(t *testing.T) {
		c.declares(c.id, c.angels[0], station.ConflictFamily)
		c.walks(t, c.angels[0])
		assert.Equal(t, hidden, c.counts(t, c.angels[0]))
	})
	t.Run("by one that came late", func(t *testing.T) {
		c.declares(c.id, c.angels[1], station.ConflictNone)
		require.Equal(t, http.StatusOK, c.post("/v1/tasks/"+c.score+"/decision", rubric, c.angels[1]).Code)
		c.declares(c.id, c.angels[1], station.ConflictInvested)
		c.walks(t, c.angels[1])
		assert.Equal(t, hidden, c.counts(t, c.angels[1]))
	})
	t.Run("by a declared interest", func(t *testing.T) {
		_, err := c.db.ExecContext(t.Context(), `INSERT INTO declarations (case_id, account, conflict, at) VALUES ($1, $2, 'interest', now())`, c.id, c.angels[2].ID)
		require.NoError(t, err)
		c.walks(t, c.angels[2])
		assert.Equal(t, hidden, c.counts(t, c.angels[2]))
	})
	assert.Equal(t, seen, c.counts(t, c.angels[3]), "nobody else loses sight of it")
}

// Who comes from where the team does is in conflict without saying so.
func TestConflict_OfTheSameInstitutionNeedsNoDeclaration(t *testing.T) {
	b := openHub(t)
	_, err := b.db.ExecContext(t.Context(), `UPDATE accounts SET institution = 'zju' WHERE id = $1`, b.angels[0].ID)
	require.NoError(t, err)
	b.opensRound()
	id := b.pitches()
	task := b.stands(id, station.StagePitches, station.TaskScore)
	for _, path := range []string{"/v1/cases/" + id, "/v1/cases/" + id + "/events", "/v1/tasks/" + task, "/v1/documents/" + b.decks[0]} {
		assert.Equal(t, http.StatusNotFound, b.get(path, b.angels[0]).Code, path)
	}
	assert.Equal(t, http.StatusNotFound, b.post("/v1/cases/"+id+"/declaration", `{"conflict":"none"}`, b.angels[0]).Code)
	assert.Equal(t, http.StatusNotFound, b.post("/v1/tasks/"+task+"/decision", rubric, b.angels[0]).Code)
	assert.Equal(t, http.StatusOK, b.get("/v1/cases/"+id, b.angels[1]).Code)
	for _, path := range []string{"/v1/cases", "/v1/tasks", "/v1/rounds/" + theRound + "/report", "/v1/rounds/" + theRound + "/report.csv"} {
		assert.NotContains(t, b.get(path, b.angels[0]).Body.String(), "PITCH", path)
	}
	assert.Zero(t, read[api.RoundDetail](t, b.get("/v1/rounds/"+theRound, b.angels[0])).Counts.Projects)
}

// A stream that was opened before says nothing more, and ends.
func TestConflict_EndsAStreamThatWasOpenedBefore(t *testing.T) {
	c := openConflicted(t)
	angel := c.angels[0]
	c.declares(c.id, angel, station.ConflictNone)
	server := c.serve()
	w, said := c.listen(t.Context(), server, "/v1/cases/"+c.id+"/stream", angel)
	require.Equal(t, http.StatusOK, w.StatusCode)
	hears(t, said, "data:")
	c.declares(c.id, angel, station.ConflictEmployer)
	c.clerk.records(t, station.Change{Case: c.id, Event: station.EventReminded, Standing: station.Standing{Stage: station.StagePitches, Status: station.Open}})
	var after []string
	for line := range said {
		after = append(after, line)
	}
	assert.False(t, slices.ContainsFunc(after, func(line string) bool {
		return strings.Contains(line, `"kind":"reminded"`) || strings.Contains(line, string(station.ConflictEmployer))
	}), "%v", after)
}

// A team reads its own project, even if it is of the hub, and never as an angel.
func TestConflict_OfWhoPitchesIsNone(t *testing.T) {
	b := openHub(t).opensRound()
	_, err := b.db.ExecContext(context.Background(), `
		INSERT INTO angels (account, branch, status, since) VALUES ($1, 'HZ', 'active', now())`, b.team.ID)
	require.NoError(t, err)
	id := b.pitches()
	task := b.stands(id, station.StagePitches, station.TaskScore)
	seen := read[api.CaseDetail](t, b.get("/v1/cases/"+id, b.team))
	assert.Contains(t, string(seen.Form), "Canary Hands")
	assert.Nil(t, seen.Teaser)
	assert.Equal(t, http.StatusForbidden, b.post("/v1/cases/"+id+"/declaration", `{"conflict":"none"}`, b.team).Code)
	assert.Equal(t, http.StatusForbidden, b.post("/v1/tasks/"+task+"/decision", rubric, b.team).Code, "nobody scores their own")
}
