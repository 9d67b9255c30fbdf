package api_test

import (
	"bufio"
	"context"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"wutong/api"
	"wutong/station"
)

// follow opens a stream over a real connection and sends what it says, line by
// line.
func (h *house) follow(ctx context.Context, server *httptest.Server, id string, header ...string) (heard, <-chan string) {
	h.t.Helper()
	return h.listen(ctx, server, "/v1/cases/"+id+"/stream", h.people.Officer, header...)
}

// listen opens any stream.
func (h *house) listen(ctx context.Context, server *httptest.Server, path string, who station.Account, header ...string) (heard, <-chan string) {
	h.t.Helper()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, server.URL+path, nil)
	require.NoError(h.t, err)
	r.Header.Set("Authorization", "Bearer "+secret+who.ID)
	for i := 0; i+1 < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	w, err := server.Client().Do(r)
	require.NoError(h.t, err)
	h.t.Cleanup(func() { _ = w.Body.Close() })
	said := make(chan string, 1000)
	go func() {
		defer close(said)
		for s := bufio.NewScanner(w.Body); s.Scan(); {
			said <- s.Text()
		}
	}()
	return heard{w.StatusCode, w.Header}, said
}

// heard is how a stream began.
type heard struct {
	StatusCode int
	Header     http.Header
}

// hears waits for a line that begins so; an end comes as "".
func hears(t *testing.T, said <-chan string, prefix string) string {
	t.Helper()
	late := time.After(10 * time.Second)
	for {
		select {
		case line, open := <-said:
			if !open || prefix != "" && strings.HasPrefix(line, prefix) {
				return line
			}
		case <-late:
			require.FailNow(t, "never heard", prefix)
		}
	}
}

func (h *house) serve() *httptest.Server {
	h.t.Helper()
	s := httptest.NewUnstartedServer(h.handler)
	// shorter than the streams below live: they lift these for themselves
	s.Config.ReadTimeout, s.Config.WriteTimeout = 3*time.Second, 3*time.Second
	s.Start()
	h.t.Cleanup(s.Close)
	return s
}

func TestStream_SaysWhatThereIsThenWhatComes(t *testing.T) {
	h := open(t, func(o *api.Options) { o.Heartbeat = 100 * time.Millisecond })
	id, server := h.refer(), h.serve()
	remind := func() {
		h.clerk.records(t, station.Change{Case: id, Event: station.EventReminded, Standing: station.Standing{Stage: station.StageConsent, Status: station.Open}})
	}
	remind()
	w, said := h.follow(t.Context(), server, id)
	require.Equal(t, http.StatusOK, w.StatusCode)
	assert.Equal(t, "text/event-stream; charset=utf-8", w.Header.Get("Content-Type"))
	assert.Equal(t, "id: 1", hears(t, said, "id:"))
	data := hears(t, said, "data: ")
	assert.Contains(t, data, `"kindText":"Reminder sent"`)
	for range 32 { // past the server's own deadlines
		assert.Equal(t, ": still here", hears(t, said, ": still"))
	}
	for n := 2; n < 5; n++ {
		remind()
		assert.Equal(t, "id: "+strconv.Itoa(n), hears(t, said, "id:"))
	}

	_, resumed := h.follow(t.Context(), server, id, "Last-Event-ID", "3")
	assert.Equal(t, "id: 4", hears(t, resumed, "id:"))
}

func TestStream_SaysALongHistoryWhole(t *testing.T) {
	h := open(t)
	id := h.refer()
	for range 230 {
		h.clerk.records(t, station.Change{Case: id, Event: station.EventReminded, Standing: station.Standing{Stage: station.StageConsent, Status: station.Open}})
	}
	_, said := h.follow(t.Context(), h.serve(), id)
	for n := 1; n <= 230; n++ {
		require.Equal(t, "id: "+strconv.Itoa(n), hears(t, said, "id:"))
	}
}

func TestStream_Ends(t *testing.T) {
	draining := make(chan struct{})
	h := open(t, func(o *api.Options) { o.Heartbeat, o.Draining = 20*time.Millisecond, draining })
	id, server := h.refer(), h.serve()

	t.Run("with its token", func(t *testing.T) {
		h.token(h.people.Officer, "wt_short", station.ScopeRead)
		_, said := h.follow(t.Context(), server, id, "Authorization", "Bearer wt_short")
		hears(t, said, ": still")
		_, err := h.db.ExecContext(t.Context(), `DELETE FROM tokens WHERE scope = 'read'`)
		require.NoError(t, err)
		assert.Empty(t, hears(t, said, ""))
	})
	t.Run("with its client, whose place is free again", func(t *testing.T) {
		ctx, leave := context.WithCancel(t.Context())
		for range 16 {
			w, _ := h.follow(ctx, server, id)
			require.Equal(t, http.StatusOK, w.StatusCode)
		}
		w, _ := h.follow(ctx, server, id)
		assert.Equal(t, http.StatusTooManyRequests, w.StatusCode)
		leave()
		assert.Eventually(t, func() bool {
			w, _ := h.follow(t.Context(), server, id)
			return w.StatusCode == http.StatusOK
		}, 5*time.Second, 20*time.Millisecond)
	})
	t.Run("with the process", func(t *testing.T) {
		_, said := h.follow(t.Context(), server, id)
		hears(t, said, ": still")
		close(draining)
		assert.Empty(t, hears(t, said, ""))
	})
}

func TestStream_WhatCannotBeFollowedIsAProblem(t *testing.T) {
	h := open(t)
	p := problem(t, h.get("/v1/cases/"+station.NewID()+"/stream", h.people.Officer))
	assert.Equal(t, http.StatusNotFound, p.Status)
	p = problem(t, h.get("/v1/cases/"+h.refer()+"/stream", h.people.Officer, "Last-Event-ID", "x"))
	assert.Equal(t, []api.Fault{{Path: "Last-Event-ID", Code: "integer", Message: "must be a whole number"}}, p.Errors)
}
