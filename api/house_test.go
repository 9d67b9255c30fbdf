package api_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/require"

	"wutong/api"
	"wutong/station"
	"wutong/store"
	"wutong/store/storetest"
)

func TestMain(m *testing.M) { storetest.Main(m) }

// secret begins every token here; nothing may ever repeat it.
const secret = "wt_canary-secret-"

// house is an API over a real database, with a clerk in the place of Temporal.
type house struct {
	t       testing.TB
	db      *store.DB
	svc     *station.Service
	handler http.Handler
	options api.Options
	clerk   *clerk
	links   *station.LinkSigner
	people  storetest.People
	log     *lines
	now     func() time.Time
}

// open builds a house; each change may alter the options.
func open(tb testing.TB, changes ...func(*api.Options)) *house {
	tb.Helper()
	db := storetest.New(tb)
	h := &house{t: tb, db: db, people: storetest.Sample(tb, db, "{}"), log: &lines{}, clerk: &clerk{db: db}, now: time.Now}
	for _, a := range h.people.All() {
		h.token(a, secret+a.ID, station.ScopeFull)
	}
	links, err := station.NewLinkSigner(make([]byte, 32))
	require.NoError(tb, err)
	h.links = links
	log := slog.New(slog.NewJSONHandler(h.log, nil))
	h.svc = station.NewService(station.Options{
		Store: db, Engine: h.clerk, Links: links, Log: log, Now: time.Now, Patience: 50 * time.Millisecond,
	})
	o := api.Options{
		Service: h.svc, Log: log, Now: func() time.Time { return h.now() }, Version: "1.2.3", Registry: prometheus.NewRegistry(),
		Rate: api.Rate{PerSecond: -1, AnonymousPerSecond: -1},
	}
	for _, change := range changes {
		change(&o)
	}
	h.handler, h.options = api.New(o), o
	return h
}

func (h *house) token(a station.Account, secret string, scope station.Scope) {
	h.t.Helper()
	hash := sha256.Sum256([]byte(secret))
	require.NoError(h.t, h.db.InsertToken(context.Background(), station.Token{
		ID: station.NewID(), Account: a.ID, Hash: hash[:], Scope: scope, ExpiresAt: time.Now().Add(time.Hour),
	}))
}

// nobody sends no token.
var nobody station.Account

// send sends a request as an account would; headers come in pairs.
func (h *house) send(method, path, body string, who station.Account, header ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequestWithContext(context.Background(), method, path, strings.NewReader(body))
	if who.ID != "" {
		r.Header.Set("Authorization", "Bearer "+secret+who.ID)
	}
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	for i := 0; i+1 < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	h.handler.ServeHTTP(w, r)
	return w
}

func (h *house) get(path string, who station.Account, header ...string) *httptest.ResponseRecorder {
	return h.send(http.MethodGet, path, "", who, header...)
}

func (h *house) post(path, body string, who station.Account, header ...string) *httptest.ResponseRecorder {
	return h.send(http.MethodPost, path, body, who, header...)
}

// form is a good referral; what is in it may stand in no log.
const form = `{"programme":"referral-test","channel":"alumni","name":"季逸超","email":"canary@example.com","phone":"+86 571 5550 0199",` +
	`"institution":"tsinghua","field":"AI","evidence":["https://example.com/p"],"why":"A canary essay."}`

// refer starts a referral and returns the case's ID.
func (h *house) refer() string {
	h.t.Helper()
	w := h.post("/v1/referrals", form, h.people.Referrer)
	require.Equal(h.t, http.StatusCreated, w.Code, w.Body)
	return read[struct{ ID string }](h.t, w).ID
}

// asks opens a task in a case and returns its ID.
func (h *house) asks(id string, stage station.Stage, spec station.TaskSpec) string {
	h.t.Helper()
	spec.ID = station.TaskID(id, stage, 1)
	spec.Wait = station.Wait{Days: 5}
	h.clerk.records(h.t, station.Change{
		Case: id, Event: station.EventAssigned, Task: spec.ID, Open: []station.TaskSpec{spec},
		Standing: station.Standing{Stage: stage, Status: station.Open, Tasks: []string{spec.ID}},
	})
	return spec.ID
}

// mails opens a task that the talent does by a link, and returns the link's
// path.
func (h *house) mails(kind station.TaskKind, stage station.Stage) string {
	h.t.Helper()
	task := h.asks(h.refer(), stage, station.TaskSpec{Kind: kind, Party: station.Talent})
	var link string
	require.NoError(h.t, h.db.GetContext(context.Background(), &link, `SELECT id::text FROM links WHERE task = $1`, task))
	return "/v1/links/" + h.links.Token(link)
}

// read decodes an answer.
func read[T any](tb testing.TB, w *httptest.ResponseRecorder) T {
	tb.Helper()
	var v T
	require.NoError(tb, json.Unmarshal(w.Body.Bytes(), &v), w.Body)
	return v
}

// problem decodes a problem document, and checks that it is one.
func problem(tb testing.TB, w *httptest.ResponseRecorder) api.Problem {
	tb.Helper()
	require.Equal(tb, "application/problem+json", w.Header().Get("Content-Type"), w.Body)
	p := read[api.Problem](tb, w)
	require.Equal(tb, w.Code, p.Status)
	require.NotEmpty(tb, p.Code)
	require.NotEmpty(tb, p.Title)
	require.Len(tb, p.Reference, 16)
	return p
}

// clerk stands in for a case's workflow: it settles every act at once, as it
// is told to.
type clerk struct {
	db      *store.DB
	away    bool                                                                           // nothing is settled
	missed  int                                                                            // so many signals do not get through at first
	refuses station.Reason                                                                 // every act, for this reason
	does    func(ctx context.Context, id string, s station.Signal) (station.Change, error) // instead of what it does by itself
	mu      sync.Mutex
	seq     int
}

func (c *clerk) StartCase(context.Context, station.Case) error {
	if c.away {
		return context.DeadlineExceeded
	}
	return nil
}

func (c *clerk) SignalCase(ctx context.Context, id string, s station.Signal) error {
	if c.away || c.misses() {
		return context.DeadlineExceeded
	}
	settled := station.Settlement{Act: s.Act, Status: station.Recorded}
	if c.refuses != "" {
		settled = station.Settlement{Act: s.Act, Status: station.ActRefused, Reason: c.refuses}
	}
	ch := station.Change{Case: id, Event: station.EventAnswered, Act: s.Act, Settle: []station.Settlement{settled}}
	ch.Standing = station.Standing{Stage: station.StageConsent, Status: station.Open}
	if c.does != nil {
		done, err := c.does(ctx, id, s)
		if err != nil {
			return err
		}
		done.Case, done.Act, done.Settle = id, s.Act, ch.Settle
		ch = done
	}
	return c.record(context.WithoutCancel(ctx), ch) // however slow the machine is
}

func (c *clerk) misses() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.missed--
	return c.missed >= 0
}

func (c *clerk) record(ctx context.Context, ch station.Change) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.seq++
	ch.Run, ch.Sequence, ch.At = "run", c.seq, time.Now()
	_, err := c.db.Record(ctx, ch)
	return err
}

func (c *clerk) records(tb testing.TB, ch station.Change) {
	tb.Helper()
	require.NoError(tb, c.record(context.Background(), ch))
}

// lines is a log that many may write.
type lines struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}
