package api

import (
	"errors"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/gin-gonic/gin"
	"github.com/prometheus/client_golang/prometheus"
)

// metrics are what the edge tells of itself. Labels are route patterns and
// statuses: few, and nobody's.
type metrics struct {
	requests *prometheus.CounterVec
	duration *prometheus.HistogramVec
	inFlight prometheus.Gauge
}

func newMetrics(r prometheus.Registerer) *metrics {
	if r == nil {
		r = prometheus.DefaultRegisterer
	}
	return &metrics{
		requests: registered(r, prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "wutong_http_requests_total", Help: "Requests answered.",
		}, []string{"method", "route", "status"})),
		duration: registered(r, prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "wutong_http_request_duration_seconds", Help: "How long answers took; streams are not among them.",
			Buckets: []float64{.005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10},
		}, []string{"method", "route"})),
		inFlight: registered[prometheus.Gauge](r, prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "wutong_http_requests_in_flight", Help: "Requests being answered now, streams among them.",
		})),
	}
}

// registered registers a collector, or returns the one that a handler built
// earlier in this process has registered.
func registered[C prometheus.Collector](r prometheus.Registerer, c C) C {
	err := r.Register(c)
	if already, ok := errors.AsType[prometheus.AlreadyRegisteredError](err); ok {
		if earlier, ok := already.ExistingCollector.(C); ok {
			return earlier
		}
	}
	if err != nil {
		panic("register the metrics: " + err.Error())
	}
	return c
}

func (m *metrics) count(method, route string, status int, took time.Duration) {
	method = methodOf(method)
	m.requests.WithLabelValues(method, route, strconv.Itoa(status)).Inc()
	if !strings.HasSuffix(route, "/stream") {
		m.duration.WithLabelValues(method, route).Observe(took.Seconds())
	}
}

// mountMetrics serves and describes /metrics; Prometheus chooses its own
// format, so huma has no part in the answer.
func (e *edge) mountMetrics(g *gin.Engine, api huma.API) {
	if e.Metrics == nil {
		return
	}
	g.GET("/metrics", gin.WrapH(e.Metrics))
	api.OpenAPI().AddOperation(&huma.Operation{
		OperationID: "metrics", Method: http.MethodGet, Path: "/metrics", Tags: []string{tagOperation},
		Summary: "Metrics", Description: "For Prometheus. Not for the public: keep it behind your proxy.",
		Responses: map[string]*huma.Response{"200": {
			Description: "Metrics in Prometheus' text format.",
			Content:     map[string]*huma.MediaType{"text/plain": {Schema: &huma.Schema{Type: huma.TypeString}}},
		}},
	})
}
