package api

import (
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/gin-gonic/gin"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/swaggest/swgui/v5emb"

	"wutong/station"
)

// metrics are the edge's own.
type metrics struct {
	requests *prometheus.CounterVec
	seconds  *prometheus.HistogramVec
}

func newMetrics(r prometheus.Registerer) *metrics {
	if r == nil {
		r = prometheus.DefaultRegisterer
	}
	m := &metrics{
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "wutong_http_requests_total", Help: "Requests answered."}, []string{"method", "route", "status"}),
		seconds:  prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: "wutong_http_request_seconds", Help: "How long answers took."}, []string{"route"}),
	}
	r.MustRegister(m.requests, m.seconds)
	return m
}

// observe counts and logs each request by its route: the path may hold a
// link's token.
func (e *edge) observe(c *gin.Context) {
	began := e.Now()
	c.Next()
	f := frameOf(c.Request.Context())
	took, status := e.Now().Sub(began), c.Writer.Status()
	e.metrics.requests.WithLabelValues(f.method, c.FullPath(), strconv.Itoa(status)).Inc()
	e.metrics.seconds.WithLabelValues(c.FullPath()).Observe(took.Seconds())
	attrs := []any{"method", f.method, "route", c.FullPath(), "status", status, "took", took.Round(time.Microsecond), "reference", f.reference, "account", f.actor.ID}
	if f.code != "" {
		attrs = append(attrs, "code", f.code)
	}
	if f.err != nil {
		attrs = append(attrs, "error", f.err)
	}
	if status >= http.StatusInternalServerError {
		e.Log.ErrorContext(c.Request.Context(), "request failed", attrs...)
		return
	}
	e.Log.InfoContext(c.Request.Context(), "request", attrs...)
}

// recovered answers a panic as an internal error, and keeps the process alive.
func (e *edge) recovered(c *gin.Context) {
	defer func() {
		if p := recover(); p != nil {
			e.fail(c, fmt.Errorf("panic: %v", p))
		}
	}()
	c.Next()
}

// config describes the API for /openapi.json.
func (e *edge) config() huma.Config {
	o := huma.DefaultConfig("Wutong", e.Version)
	o.DocsPath, o.SchemasPath, o.CreateHooks = "", "", nil
	o.Info.Description = "A city's youth talent station. Acts answer 200 when they are recorded, 409 when the case refuses them, and 202 with the address of their receipt while they are still on their way."
	o.Components.SecuritySchemes = map[string]*huma.SecurityScheme{bearerScheme: {Type: "http", Scheme: "bearer"}}
	return o
}

func mountDocs(g *gin.Engine, _ *edge, _ huma.API) {
	docs := v5emb.New("Wutong", "/openapi.json", "/docs")
	serve := func(c *gin.Context) {
		c.Header("Content-Security-Policy", "default-src 'self'; style-src 'self' 'unsafe-inline'; script-src 'self' 'unsafe-inline'; img-src 'self' data:")
		docs.ServeHTTP(c.Writer, c.Request)
	}
	g.GET("/docs", serve)
	g.GET("/docs/*rest", serve)
}

func (e *edge) mountMetrics(g *gin.Engine, _ huma.API) {
	if e.Metrics != nil {
		g.GET("/metrics", gin.WrapH(e.Metrics))
	}
}

// mountCodec lets operators read payloads, and nobody else.
func (e *edge) mountCodec(g *gin.Engine) {
	if e.Codec == nil {
		return
	}
	g.POST("/codec/*rest", func(c *gin.Context) {
		err := e.authenticate(c)
		if err == nil {
			err = e.svc.MayOperate(frameOf(c.Request.Context()).actor)
		}
		if err != nil {
			e.fail(c, err)
			return
		}
		e.Codec.ServeHTTP(c.Writer, c.Request)
	})
}

// ready is what probes ask. Draining makes a load balancer look elsewhere.
func (e *edge) ready(c *gin.Context) {
	select {
	case <-e.Draining:
		e.fail(c, station.Refuse(station.Unavailable, "unavailable", "draining"))
		return
	default:
	}
	if err := e.svc.Ready(c.Request.Context()); err != nil {
		if station.CodeOf(err) == "" {
			err = errors.Join(station.Refuse(station.Unavailable, "unavailable", "not ready"), err)
		}
		e.fail(c, err)
		return
	}
	c.JSON(http.StatusOK, gin.H{"status": "ready"})
}

func (e *edge) mountProbes(g *gin.Engine) {
	g.GET("/healthz", func(c *gin.Context) { c.JSON(http.StatusOK, gin.H{"status": "alive", "version": e.Version}) })
	g.GET("/readyz", e.ready)
}
