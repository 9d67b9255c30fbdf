package proof_test

import (
	"io"
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"
	"wutong/station"

	"wutong/deploy/dev/crowd"
)

// What an angel in conflict must not come across: the project's name, its summary, whose it is, who is behind it, and what was
// said of it.
var ofCanaries = []string{"Aviary for canaries", "a summary of feathers", crowd.Stake, "Wilhelmina Canary", "too many birds", "the birds sing well"}

// TestPitch_IsNotThereForAnAngelInConflict has one angel declare a conflict late, who has scored and follows the project in a
// stream, while another has a stake in it from the beginning. The project goes on to its closing, and neither of them learns a
// thing of it, nor does Temporal or a log of what is personal in it.
func TestPitch_IsNotThereForAnAngelInConflict(t *testing.T) {
	h := openHouse(t, nil)
	r := &recordedRound{recorder: recorder{h}, opened: h.opens("aviary", 2)}
	r.apply(2, map[string]any{
		"project": map[string]any{"name": ofCanaries[0], "field": "AI", "summary": ofCanaries[1]},
		"company": map[string]any{"name": ofCanaries[2]}, "team": []map[string]any{{"name": ofCanaries[3], "institution": "school of birds"}},
	})
	require.False(t, t.Failed())
	id, other := r.cases[0], r.cases[1]
	r.ends(station.StageCall, "screening")
	for _, c := range r.cases {
		r.screens(c, r.Officers[0].ID, 4, 4, 4)
	}
	r.ends(station.StageScreening, "seats")
	r.seats(0)
	r.seats(1)
	r.ends(station.StageSeats, "pitches")
	for _, c := range r.cases {
		r.attends(c, r.Officers[0].ID, station.Attended)
	}
	late, staked := r.angel(id, 5), r.Angels[len(r.Angels)-1].ID
	for i := range 6 {
		r.scores(id, i, 0)
		r.scores(other, i, 1)
	}
	followed := r.follows(id, late)
	r.well(r.declares(id, late, station.ConflictFamily))
	r.ends(station.StagePitches, "deliberation")
	r.task(id + ".deliberation.1")
	r.syndicate(id, 0, 1, 2)
	said := crowd.Commitment(station.Pass, 0)
	said["reason"] = ofCanaries[4]
	r.well(r.decide(id+".deliberation.1", r.angel(id, 3), "", said))
	r.ends(station.StageDeliberation, "closing")
	r.task(id + ".feedback.1")
	r.well(r.decide(id+".feedback.1", r.Officers[0].ID, "", map[string]any{"verdict": "accept", "reason": ofCanaries[5]}))
	r.closes(id+".closing.1", r.angel(id, 0))
	r.closes(id+".closing.2", r.team(0))
	r.adds(id + ".closing.3")
	for _, c := range append(r.cases, r.id) {
		r.ended(c)
	}
	r.mailed()

	stream := <-followed
	require.Contains(t, stream, `"kind":"reviewed"`, "it was there before")
	for _, kind := range []station.EventKind{station.EventDeliberated, station.EventCommitted, station.EventSyndicate, station.EventPaid, station.EventCompleted} {
		require.NotContains(t, stream, `"kind":"`+string(kind)+`"`)
	}
	for _, account := range []string{late, staked} {
		r.learnsNothing(id, account)
	}
	_, seen := r.gets("/v1/rounds/aviary/report", r.angel(id, 0))
	require.Contains(t, seen, ofCanaries[0], "but for others it is")
	r.recorder.alone(ofCanaries, id)
}

// follows opens a stream of a case, and returns what it says until it ends.
func (h *house) follows(id, account string) <-chan string {
	r, err := http.NewRequestWithContext(h.t.Context(), http.MethodGet, h.stack.APIURL()+"/v1/cases/"+id+"/stream", nil)
	require.NoError(h.t, err)
	r.Header.Set("Authorization", "Bearer "+crowd.Token(account))
	resp, err := http.DefaultClient.Do(r) //nolint:bodyclose // the reader of the stream closes it
	require.NoError(h.t, err)
	require.Equal(h.t, http.StatusOK, resp.StatusCode)
	said := make(chan string, 1)
	go func() {
		defer func() { _ = resp.Body.Close() }()
		raw, _ := io.ReadAll(resp.Body)
		said <- string(raw)
	}()
	return said
}

// learnsNothing asks for all that there is of the first project, and of its round, and looks into the mails.
func (r *recordedRound) learnsNothing(id, account string) {
	r.t.Helper()
	var number, deck string
	require.NoError(r.t, r.db.QueryRowContext(r.t.Context(), `SELECT number, form->'documents'->>0 FROM cases WHERE id = $1`, id).Scan(&number, &deck))
	secrets := append([]string{id, number, deck}, ofCanaries...)
	for _, path := range []string{
		"/v1/cases/" + id, "/v1/cases/" + id + "/events", "/v1/cases/" + id + "/stream", "/v1/tasks/" + id + ".pitches.1", "/v1/tasks/" + id + ".deliberation.1",
		"/v1/documents/" + deck, "/v1/documents/" + deck + "/content",
	} {
		status, said := r.gets(path, account)
		require.Equal(r.t, http.StatusNotFound, status, path)
		r.lackIn(path, said, secrets)
	}
	for path, want := range map[string]int{
		"/v1/cases?limit=100": 200, "/v1/cases?kind=pitch": 200, "/v1/cases?q=" + number: 200, "/v1/tasks?limit=100": 200, "/v1/rounds": 200, "/v1/rounds/" + r.code: 200,
		"/v1/rounds/" + r.code + "/report": 200, "/v1/rounds/" + r.code + "/report.csv": 200, "/rounds/" + r.code + "/report": 200,
		"/v1/rounds/" + r.code + "/board": 403, "/v1/programmes/" + r.code: 200, "/v1/documents": 200, "/v1/angels": 200, "/v1/notices": 200,
	} {
		status, said := r.gets(path, account)
		require.Equal(r.t, want, status, "%s: %s", path, said)
		r.lackIn(path, said, secrets)
	}
	for _, a := range r.Angels {
		if a.ID == account {
			resp, err := http.Get(r.stack.MailboxURL() + "/api/messages?to=" + a.Email) //nolint:noctx // a test's own mailbox
			require.NoError(r.t, err)
			raw, err := io.ReadAll(resp.Body)
			require.NoError(r.t, err)
			_ = resp.Body.Close()
			require.Contains(r.t, string(raw), "round_deliberation", "mails of the round do come")
			r.lackIn("mail", string(raw), secrets)
		}
	}
}

func (r *recordedRound) lackIn(where, text string, secrets []string) {
	r.t.Helper()
	for _, s := range secrets {
		require.NotContains(r.t, text, s, where)
	}
}
