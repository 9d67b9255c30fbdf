package api

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"wutong/station"
	"wutong/station/locale"
)

// Board is a round on its pitch day.
type Board struct {
	Code      string    `json:"code" example:"pitch-2026-05"`
	Phase     string    `json:"phase" example:"pitches"`
	PhaseText string    `json:"phaseText" example:"Pitches"`
	At        time.Time `json:"at" doc:"As of when."`
	Projects  []OnBoard `json:"projects" doc:"Those who pitch, in running order; then the others by rank."`
}

// OnBoard is a project on the board.
type OnBoard struct {
	Case       string  `json:"case"`
	Number     string  `json:"number" example:"HZ-PITCH-2026-000007"`
	Name       string  `json:"name" example:"Dexterous hands for small workshops"`
	Status     string  `json:"status" example:"open"`
	StatusText string  `json:"statusText" example:"Open"`
	Seat       string  `json:"seat,omitempty" example:"confirmed"`
	SeatText   string  `json:"seatText,omitempty" example:"Confirmed"`
	Running    int     `json:"running,omitempty" example:"2"`
	CheckedIn  bool    `json:"checkedIn" doc:"Whether they came."`
	Scores     int     `json:"scores" doc:"How many angels have scored it." example:"5"`
	Mean       float64 `json:"mean" example:"82.5"`
	Late       int     `json:"late" doc:"Scores that came after the scores closed."`
}

func boardOf(l station.Language, r station.RoundReport) Board {
	b := Board{
		Code: r.Round.Code, Phase: string(r.Round.Phase), PhaseText: locale.T(l, "stage."+string(r.Round.Phase)), Projects: make([]OnBoard, len(r.Projects)),
	}
	for i, p := range r.Projects {
		full := projectOf(l, p)
		b.Projects[i] = OnBoard{
			Case: p.Case, Number: p.Number, Name: p.Name, Status: full.Status, StatusText: full.StatusText, Seat: full.Seat, SeatText: full.SeatText,
			Running: p.Running, CheckedIn: p.Attended, Scores: p.Scores.Count, Mean: p.Scores.Mean, Late: p.Late,
		}
	}
	return b
}

func (e *edge) registerBoard(api huma.API) {
	op := read("follow-board", "/v1/rounds/{code}/board", tagHub, "Follow a round's board",
		"The round as server-sent events: the board as it is, and again whenever something on it changes. Each message is the whole board. "+
			"A comment comes now and then, so that nobody takes silence for a broken line. For officers and directors of the round's branch; it ends "+
			"when they are that no longer.", http.StatusForbidden, http.StatusNotFound)
	op.Responses = map[string]*huma.Response{"200": {
		Description: "Boards, until the client goes.",
		Content:     map[string]*huma.MediaType{"text/event-stream": {Schema: &huma.Schema{Type: huma.TypeString}}},
	}}
	huma.Register(api, op, e.followBoard)
}

func (e *edge) followBoard(ctx context.Context, in *OnRound) (*huma.StreamResponse, error) {
	who := actorOf(ctx)
	return follow(ctx, e, following[struct{}, station.RoundReport]{
		watch: func(ctx context.Context) (<-chan struct{}, error) { return e.svc.WatchBoard(ctx, who, in.Code) },
		read:  func(ctx context.Context) (station.RoundReport, error) { return e.svc.Board(ctx, who, in.Code) },
		run: func(ctx context.Context, w http.ResponseWriter, first station.RoundReport, changes <-chan struct{}) {
			b := &board{edge: e, secret: frameOf(ctx).secret, code: in.Code, language: languageOf(ctx)}
			b.open(w)
			b.run(ctx, first, changes)
		},
	})
}

// boardPace is the least time between two boards: on a pitch day scores come by
// the hundred.
const boardPace = 200 * time.Millisecond

// board is one reader of one round's board.
type board struct {
	*edge
	wire
	secret   []byte
	code     string
	language station.Language
	last     []byte // what was sent, without its time
	sent     int
}

func (b *board) run(ctx context.Context, now station.RoundReport, changes <-chan struct{}) {
	beat, pace := time.NewTicker(b.Heartbeat), time.NewTicker(boardPace)
	defer beat.Stop()
	defer pace.Stop()
	if b.send(": hello\nretry: 2000\n\n") != nil || b.show(now) != nil {
		return
	}
	for changed := false; ; {
		select {
		case <-ctx.Done():
			return
		case <-b.Draining:
			return
		case _, open := <-changes:
			if !open {
				return
			}
			changed = true
		case <-pace.C:
			if changed && b.look(ctx) != nil {
				return
			}
			changed = false
		case <-beat.C:
			if b.look(ctx) != nil || b.send(": still here\n\n") != nil {
				return
			}
		}
	}
}

// look reads the board anew, as whoever holds the token now.
func (b *board) look(ctx context.Context) error {
	who, err := b.svc.Authenticate(ctx, b.secret)
	if err != nil {
		return err
	}
	now, err := b.svc.Board(ctx, who, b.code)
	if err != nil {
		return err
	}
	return b.show(now)
}

// show sends a board that is not the one before.
func (b *board) show(r station.RoundReport) error {
	said := boardOf(b.language, r)
	bare, err := json.Marshal(said)
	if err != nil {
		return fmt.Errorf("write the board: %w", err)
	}
	if bytes.Equal(bare, b.last) {
		return nil
	}
	said.At = r.At.UTC()
	data, err := json.Marshal(said)
	if err != nil {
		return fmt.Errorf("write the board: %w", err)
	}
	b.last = bare
	b.sent++
	return b.send(fmt.Sprintf("id: %d\ndata: %s\n\n", b.sent, data))
}
