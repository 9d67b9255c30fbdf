package api

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humagin"

	"wutong/station"
	"wutong/station/locale"
)

// Event is one line of a case's history.
type Event struct {
	Seq       int             `json:"seq" doc:"Its place in the history, from 1." example:"7"`
	At        time.Time       `json:"at"`
	Kind      string          `json:"kind" doc:"What happened." example:"reviewed"`
	KindText  string          `json:"kindText" example:"A reviewer answered"`
	Stage     string          `json:"stage" example:"review"`
	StageText string          `json:"stageText" example:"Review"`
	Actor     string          `json:"actor,omitempty" doc:"An account's ID, a party, staff, or nobody: the station itself."`
	Act       string          `json:"act,omitempty" doc:"By which act."`
	Task      string          `json:"task,omitempty" doc:"On which task."`
	Details   station.Details `json:"details,omitempty" doc:"Codes and numbers that go with it."`
	Hash      string          `json:"hash" doc:"Of this event and, by the one before it, of all before: whoever notes it can tell later whether the history was altered."`
}

func eventOf(l station.Language, e station.Event) Event {
	return Event{
		Seq: e.Seq, At: e.At.UTC(), Actor: e.Actor, Act: e.Act, Task: e.Task, Details: e.Details, Hash: e.Hash,
		Kind: string(e.Kind), KindText: locale.T(l, "event."+string(e.Kind)),
		Stage: string(e.Stage), StageText: locale.T(l, "stage."+string(e.Stage)),
	}
}

type eventListInput struct {
	OnCase
	After int `query:"after" minimum:"0" maximum:"999999" doc:"Only what came after this place in the history."`
	Limit int `query:"limit" minimum:"1" maximum:"100" default:"20" doc:"How many items at most."`
}

type streamInput struct {
	OnCase
	LastEventID int `header:"Last-Event-ID" minimum:"0" maximum:"999999" doc:"Where to go on: the id of the last event that arrived. Browsers send it by themselves."`
}

func (e *edge) registerEvents(api huma.API) {
	huma.Register(api, read("list-case-events", "/v1/cases/{id}/events", tagCases, "Read a case's history",
		"What happened, in order. Next is the `after` of the next page.", http.StatusNotFound), e.listEvents)

	op := read("stream-case", "/v1/cases/{id}/stream", tagCases, "Follow a case",
		"The case's history as server-sent events: what there is, then what comes. Each message's id is the event's place in the history, "+
			"its data the event as in the list. A comment comes now and then, so that nobody takes silence for a broken line. "+
			"It ends when the token does; a client that comes back with Last-Event-ID has missed nothing.", http.StatusNotFound)
	op.Responses = map[string]*huma.Response{"200": {
		Description: "Events, until the client goes.",
		Content:     map[string]*huma.MediaType{"text/event-stream": {Schema: &huma.Schema{Type: huma.TypeString}}},
	}}
	huma.Register(api, op, e.streamCase)
}

func (e *edge) listEvents(ctx context.Context, in *eventListInput) (*answer[List[Event]], error) {
	events, err := e.svc.Events(ctx, actorOf(ctx), in.ID, in.After, in.Limit)
	if err != nil {
		return nil, err
	}
	p := station.Page[station.Event]{Items: events}
	if len(events) == in.Limit {
		p.Next = strconv.Itoa(events[len(events)-1].Seq)
	}
	l := languageOf(ctx)
	return page(p, func(ev station.Event) Event { return eventOf(l, ev) }), nil
}

func (e *edge) streamCase(ctx context.Context, in *streamInput) (*huma.StreamResponse, error) {
	who := actorOf(ctx)
	return follow(ctx, e, following[int, []station.Event]{
		watch: func(ctx context.Context) (<-chan int, error) { return e.svc.Watch(ctx, who, in.ID) },
		read: func(ctx context.Context) ([]station.Event, error) {
			return e.svc.Events(ctx, who, in.ID, in.LastEventID, maxEvents)
		},
		run: func(ctx context.Context, w http.ResponseWriter, first []station.Event, changes <-chan int) {
			s := &stream{edge: e, who: who, secret: frameOf(ctx).secret, id: in.ID, last: in.LastEventID, language: languageOf(ctx)}
			s.open(w)
			s.run(ctx, first, changes)
		},
	})
}

// following is what a stream of server-sent events watches for changes, reads
// first, and sends.
type following[C, F any] struct {
	watch func(context.Context) (<-chan C, error)
	read  func(context.Context) (F, error)
	run   func(ctx context.Context, w http.ResponseWriter, first F, changes <-chan C)
}

// follow answers with a stream. It watches before it reads, so that nothing falls
// between; and reads before it answers, so that what cannot be read is still a
// problem document.
func follow[C, F any](ctx context.Context, e *edge, f following[C, F]) (*huma.StreamResponse, error) {
	leave, err := e.streams.take(actorOf(ctx).ID)
	if err != nil {
		return nil, err
	}
	ctx, stop := context.WithCancel(ctx)
	end := func() { stop(); leave() }
	changes, err := f.watch(ctx)
	if err != nil {
		end()
		return nil, err
	}
	first, err := f.read(ctx)
	if err != nil {
		end()
		return nil, err
	}
	return &huma.StreamResponse{Body: func(c huma.Context) {
		defer end()
		f.run(ctx, humagin.Unwrap(c).Writer, first, changes)
	}}, nil
}

// maxEvents is how many events a stream reads at once.
const maxEvents = 100

// writePatience is how long a stream's reader may take to take something.
const writePatience = 10 * time.Second

// stream is one reader of one case's history.
type stream struct {
	*edge
	wire
	who      station.Actor
	secret   []byte
	id       string
	last     int // the last event that was sent
	language station.Language
}

// wire is the line to a reader of server-sent events.
type wire struct {
	w       http.ResponseWriter
	control *http.ResponseController
}

// open sends the headers. The server's own deadlines are lifted: they are
// meant for answers that end.
func (s *wire) open(w http.ResponseWriter) {
	s.w, s.control = w, http.NewResponseController(w)
	_ = s.control.SetReadDeadline(time.Time{})
	w.Header().Set("Content-Type", "text/event-stream; charset=utf-8")
	w.Header().Set("X-Accel-Buffering", "no") // nginx would keep events back
	w.WriteHeader(http.StatusOK)
}

// run sends what there is, then what comes, until the reader goes, may no
// longer look, or the process is being stopped.
func (s *stream) run(ctx context.Context, events []station.Event, changes <-chan int) {
	beat := time.NewTicker(s.Heartbeat)
	defer beat.Stop()
	err := s.send(": hello\nretry: 2000\n\n")
	for err == nil {
		if err = s.sendEvents(ctx, events); err != nil {
			return
		}
		if len(events) < maxEvents {
			if !s.pause(ctx, beat.C, changes) {
				return
			}
		}
		events, err = s.svc.Events(ctx, s.who, s.id, s.last, maxEvents)
	}
}

// pause waits for news, and meanwhile shows that the line is alive and the
// token still good. It reports whether to go on.
func (s *stream) pause(ctx context.Context, beat <-chan time.Time, changes <-chan int) bool {
	for {
		select {
		case <-ctx.Done():
			return false
		case <-s.Draining:
			return false
		case _, open := <-changes:
			return open
		case <-beat:
			if s.still(ctx) != nil {
				return false
			}
			if s.send(": still here\n\n") != nil {
				return false
			}
		}
	}
}

// still is an error if the reader may no longer look: their token is not good any
// more, or the case is not theirs to see.
func (s *stream) still(ctx context.Context) error {
	who, err := s.svc.Authenticate(ctx, s.secret)
	if err != nil {
		return err
	}
	s.who = who
	return s.svc.Sees(ctx, who, s.id)
}

// sendEvents asks before each one whether the reader may still see it: what they
// may see can change between two.
func (s *stream) sendEvents(ctx context.Context, events []station.Event) error {
	for _, ev := range events {
		if err := s.still(ctx); err != nil {
			return err
		}
		data, err := json.Marshal(eventOf(s.language, ev))
		if err != nil {
			return fmt.Errorf("write event %d: %w", ev.Seq, err)
		}
		if err := s.send(fmt.Sprintf("id: %d\ndata: %s\n\n", ev.Seq, data)); err != nil {
			return err
		}
		s.last = ev.Seq
	}
	return nil
}

func (s *wire) send(text string) error {
	taken := within(writePatience, s.control.SetWriteDeadline)
	defer taken()
	if _, err := fmt.Fprint(s.w, text); err != nil {
		return err
	}
	return s.control.Flush()
}
