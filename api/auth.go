package api

import (
	"crypto/sha256"
	"net/http"
	"net/netip"
	"strings"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humagin"
	"github.com/gin-gonic/gin"

	"wutong/station"
)

// bearerScheme is the name of the security scheme in /openapi.json.
const bearerScheme = "token"

// byToken marks an operation that needs a token.
var byToken = []map[string][]string{{bearerScheme: {}}}

// freely, in an operation's Metadata, lifts the rate: for probes and for the
// mail service, which would take a 429 for a lost report.
const freely = "freely"

// admit lets a request into an operation: within its rate, with a token where
// one is needed, and with a query that says one thing.
func (e *edge) admit(c huma.Context, next func(huma.Context)) {
	g, op := humagin.Unwrap(c), c.Operation()
	var err error
	switch {
	case len(op.Security) > 0:
		if err = e.authenticate(g); err == nil {
			err = checkQuery(g.Request.URL)
		}
	case op.Metadata[freely] == nil:
		err = e.addresses.spend(address(g), e.Now())
	}
	if err != nil {
		e.fail(g, err)
		return
	}
	c.SetHeader("Content-Language", string(languageOf(c.Context())))
	next(c)
}

// authenticate finds out who holds the request's token, and counts the
// request. A token that was good before is counted as such; whoever is not
// known is counted by address, so that guessing does not reach the database at
// more than that rate.
func (e *edge) authenticate(c *gin.Context) error {
	from, now := address(c), e.Now()
	secret := bearer(c.Request.Header)
	if secret == "" {
		if err := e.addresses.spend(from, now); err != nil {
			return err
		}
		return station.Errorf(station.Unauthorized, "no token")
	}
	hash := sha256.Sum256([]byte(secret))
	key := string(hash[:])
	known := e.tokens.knows(key)
	if known {
		if err := e.tokens.spend(key, now); err != nil {
			return err
		}
	} else if err := e.addresses.left(from, now); err != nil {
		return err
	}
	who, err := e.svc.Authenticate(c.Request.Context(), hash[:])
	if station.CodeOf(err) == station.Unauthorized {
		_ = e.addresses.spend(from, now) // the answer is 401 this time, whatever is left
	}
	if err != nil {
		return err
	}
	frameOf(c.Request.Context()).enter(who, hash[:])
	if !known {
		return e.tokens.spend(key, now)
	}
	return nil
}

// bearer returns the request's token, or "" if it has none, or several.
func bearer(h http.Header) string {
	values := h.Values("Authorization")
	if len(values) != 1 {
		return ""
	}
	scheme, secret, _ := strings.Cut(values[0], " ")
	if !strings.EqualFold(scheme, "Bearer") {
		return ""
	}
	return strings.TrimSpace(secret)
}

// address is what an unknown client is counted by: its address, or its network
// where one home has more addresses than there are people.
func address(c *gin.Context) string {
	ip, err := netip.ParseAddr(c.ClientIP())
	if err != nil {
		return "unknown"
	}
	if ip = ip.Unmap(); ip.Is6() {
		if network, err := ip.WithZone("").Prefix(64); err == nil {
			return network.String()
		}
	}
	return ip.String()
}
