package api

import (
	"fmt"
	"log/slog"
	"net/http"
	"runtime/debug"
	"time"

	"github.com/gin-gonic/gin"
)

// observe writes a request's line in the log and counts it. The line has the
// route's pattern and never the path, which may hold a link's token; no
// query, no address, no name.
func (e *edge) observe(c *gin.Context) {
	began, f := e.Now(), frameOf(c.Request.Context())
	e.metrics.inFlight.Inc()
	defer func() {
		e.metrics.inFlight.Dec()
		took := e.Now().Sub(began)
		e.metrics.count(f.method, routeOf(c), c.Writer.Status(), took)
		e.logRequest(c, f, took)
	}()
	c.Next()
}

func (e *edge) logRequest(c *gin.Context, f *frame, took time.Duration) {
	status := c.Writer.Status()
	attrs := []slog.Attr{
		slog.String("method", methodOf(f.method)), slog.String("route", routeOf(c)),
		slog.Int("status", status), slog.Duration("duration", took), slog.String("reference", f.reference),
	}
	if f.actor.ID != "" {
		attrs = append(attrs, slog.String("account", f.actor.ID))
	}
	if f.code != "" {
		attrs = append(attrs, slog.String("code", f.code))
	}
	level := slog.LevelInfo
	if status >= http.StatusInternalServerError {
		level = slog.LevelError
		// Only here is the cause told: that of a lesser status may repeat
		// what a person wrote.
		attrs = append(attrs, slog.Any("error", f.err))
	}
	e.Log.LogAttrs(c.Request.Context(), level, "request answered", attrs...)
}

// routeOf is the pattern that a request matched.
func routeOf(c *gin.Context) string {
	if route := c.FullPath(); route != "" {
		return route
	}
	return "none"
}

// methodOf keeps invented methods out of logs and metrics.
func methodOf(method string) string {
	switch method {
	case http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete, http.MethodOptions:
		return method
	default:
		return "other"
	}
}

// recovered answers 500 when a handler panics. When part of an answer has left
// already the connection is cut, so that nobody takes it for a whole one.
func (e *edge) recovered(c *gin.Context) {
	defer func() {
		cause := recover()
		if cause == nil {
			return
		}
		if cause == http.ErrAbortHandler { //nolint:errorlint // net/http compares it so
			panic(cause)
		}
		err := fmt.Errorf("panic: %v\n%s", cause, debug.Stack())
		if c.Writer.Written() {
			frameOf(c.Request.Context()).err = err
			c.Status(http.StatusInternalServerError)
			e.Log.ErrorContext(c.Request.Context(), "answer cut off", "reference", frameOf(c.Request.Context()).reference, "error", err)
			panic(http.ErrAbortHandler)
		}
		e.fail(c, err)
	}()
	c.Next()
}
