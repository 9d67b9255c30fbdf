package api

import (
	"context"
	"log/slog"
	"net/http"
	"net/netip"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humagin"
	"github.com/gin-gonic/gin"
	"github.com/prometheus/client_golang/prometheus"

	"wutong/station"
)

// Options are what the edge works with. Service, Log and Now are needed; the
// rest may be left out.
type Options struct {
	Service *station.Service
	Log     *slog.Logger
	Now     func() time.Time
	Version string // shown in /openapi.json and /healthz
	// PublicURL is where the public reaches the API: with it begins the address on a
	// letter of appointment.
	PublicURL string
	Rate      Rate
	// TrustedProxies are believed when they say for whom they ask
	// (X-Forwarded-For). Without them everyone behind a proxy counts as one.
	TrustedProxies []netip.Prefix
	Codec          http.Handler // for the Temporal UI, at /codec/; operators only
	Webhook        Webhook
	Metrics        http.Handler // at /metrics
	// Registry is where the edge's own metrics are registered;
	// prometheus.DefaultRegisterer when nil.
	Registry prometheus.Registerer
	// Heartbeat is how often a stream with nothing to say says so; 15 s when
	// zero.
	Heartbeat time.Duration
	// Draining, once closed, ends streams and makes /readyz say 503.
	Draining <-chan struct{}
}

// Webhook takes the mail service's reports. It gets the body as it was sent,
// because its signature covers every byte. Its errors are [station.Error]s.
type Webhook interface {
	Receive(ctx context.Context, header http.Header, rawBody []byte) error
}

// edge is what the handlers share.
type edge struct {
	Options
	svc       *station.Service
	metrics   *metrics
	tokens    *gate // per token
	addresses *gate // per address, for whoever is not known
	streams   *places
	readiness readiness
}

// New returns the handler of the whole API.
func New(o Options) http.Handler {
	if o.Heartbeat == 0 {
		o.Heartbeat = 15 * time.Second
	}
	rate := o.Rate.withDefaults()
	e := &edge{
		Options: o, svc: o.Service, metrics: newMetrics(o.Registry),
		tokens:    newGate(rate.PerSecond, rate.Burst),
		addresses: newGate(rate.AnonymousPerSecond, rate.AnonymousBurst),
		streams:   newPlaces(),
	}
	return e.framed(e.router())
}

// router puts all routes on an engine.
func (e *edge) router() *gin.Engine {
	gin.SetMode(gin.ReleaseMode)
	g := gin.New()
	g.HandleMethodNotAllowed = true
	g.RedirectTrailingSlash = false
	proxies := make([]string, len(e.TrustedProxies))
	for i, p := range e.TrustedProxies {
		proxies[i] = p.String()
	}
	if err := g.SetTrustedProxies(proxies); err != nil {
		panic("a prefix is not a prefix: " + err.Error())
	}
	g.Use(e.observe, e.recovered, secure, e.cleanPath)
	g.NoRoute(func(c *gin.Context) { e.fail(c, &edgeError{http.StatusNotFound, "route_unknown"}) })
	g.NoMethod(func(c *gin.Context) {
		if allow := c.Writer.Header().Get("Allow"); strings.Contains(allow, http.MethodGet) {
			c.Header("Allow", allow+", "+http.MethodHead)
		}
		e.fail(c, &edgeError{http.StatusMethodNotAllowed, "method_not_allowed"})
	})

	routes := humagin.New(g, e.config())
	routes.UseMiddleware(e.admit, e.takeBody)
	for _, register := range []func(huma.API){
		e.registerStarts, e.registerProgrammes, e.registerLists, e.registerCases, e.registerEvents,
		e.registerTasks, e.registerActs, e.registerDocuments, e.registerLinks, e.registerNotices, e.registerTalents, e.registerFunds,
		e.registerAngels, e.registerRounds, e.registerPitches, e.registerDrafts,
		e.registerSettlements, e.registerServices, e.registerProviders,
		e.registerAmbassadors,
		e.registerWebhook, e.registerHealth,
	} {
		register(routes)
	}
	e.mountMetrics(g, routes)
	e.mountCodec(g)
	mountDocs(g, e, routes)
	return g
}

// framed gives each request its frame, and answers HEAD as GET: the server
// leaves the body out. A stream is not for HEAD: it would never end.
func (e *edge) framed(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		f := newFrame(r)
		r = r.WithContext(context.WithValue(r.Context(), frameKey{}, f))
		if r.Method == http.MethodHead && !strings.HasSuffix(r.URL.Path, "/stream") {
			r.Method = http.MethodGet
		}
		// What is preferred is in the frame. Huma is not to parse it: its
		// parser panics on "a;,b".
		r.Header.Del("Accept")
		next.ServeHTTP(w, r)
	})
}
