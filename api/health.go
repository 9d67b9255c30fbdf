package api

import (
	"context"
	"net/http"
	"sync"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"wutong/station"
)

// health is what probes are told.
type health struct {
	Body struct {
		Status  string `json:"status" enum:"ok" doc:"Always ok: anything else is a problem document."`
		Version string `json:"version" doc:"Which build answers." example:"1.4.0"`
	}
}

func (e *edge) registerHealth(api huma.API) {
	huma.Register(api, e.probe("healthz", "/healthz", "Is the process alive?",
		"Says ok as long as the process answers at all; it asks nobody else."),
		func(context.Context, *struct{}) (*health, error) { return e.healthy(), nil })
	huma.Register(api, e.probe("readyz", "/readyz", "Can it do its work?",
		"Says ok when the database answers; 503 when it does not, and while the process is being stopped. Temporal is not asked: "+
			"without it acts are still taken in, and done later."),
		func(ctx context.Context, _ *struct{}) (*health, error) {
			if err := e.ready(ctx); err != nil {
				return nil, err
			}
			return e.healthy(), nil
		})
}

func (e *edge) probe(id, path, summary, description string) huma.Operation {
	return huma.Operation{
		OperationID: id, Method: http.MethodGet, Path: path, Summary: summary, Description: description,
		Tags: []string{tagOperation}, Metadata: map[string]any{freely: true}, Errors: []int{http.StatusServiceUnavailable},
	}
}

func (e *edge) healthy() *health {
	var h health
	h.Body.Status, h.Body.Version = "ok", e.Version
	return &h
}

// readiness remembers for a second whether the database answered, so that
// whoever asks often costs it nothing.
type readiness struct {
	mu    sync.Mutex
	asked time.Time
	err   error
}

func (e *edge) ready(ctx context.Context) error {
	select {
	case <-e.Draining:
		return station.Errorf(station.Unavailable, "being stopped")
	default:
	}
	r := &e.readiness
	r.mu.Lock()
	defer r.mu.Unlock()
	if now := e.Now(); r.asked.IsZero() || now.Sub(r.asked) >= time.Second {
		// detached: one caller's leaving must not be everyone's answer
		ask, stop := context.WithTimeout(context.WithoutCancel(ctx), 2*time.Second)
		defer stop()
		if r.err = e.svc.Ready(ask); r.err != nil && station.CodeOf(r.err) != station.Unavailable {
			r.err = &station.Error{Code: station.Unavailable, Key: "unavailable", Message: r.err.Error()}
		}
		r.asked = now
	}
	return r.err
}
