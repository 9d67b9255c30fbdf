package api

import (
	"net/url"
	"regexp"
	"strings"
	"unicode/utf8"

	"github.com/gin-gonic/gin"

	"wutong/station"
)

// opaque is what every ID, code and link token is made of. Nothing else can be
// the name of anything, and some of it (NUL, "urn:uuid:…") would upset a
// database that is asked for it.
var opaque = regexp.MustCompile(`^[A-Za-z0-9._~-]{1,200}$`)

// cleanPath answers 404 for a path that cannot be anything's. A letter's code is
// whatever a person has typed.
func (e *edge) cleanPath(c *gin.Context) {
	for _, p := range c.Params {
		typed := strings.HasPrefix(c.FullPath(), letterRoute)
		if p.Key != "rest" && !typed && !opaque.MatchString(p.Value) {
			e.fail(c, station.Errorf(station.NotFound, "a path that nothing has"))
			return
		}
	}
}

// checkQuery refuses a query that cannot be read, or says two things.
func checkQuery(u *url.URL) error {
	values, err := url.ParseQuery(u.RawQuery)
	var wrong []station.Field
	if err != nil {
		wrong = append(wrong, station.Field{Rule: "format"})
	}
	for name, list := range values {
		switch {
		case !plain(name) || !plain(strings.Join(list, "")):
			wrong = append(wrong, station.Field{Path: strings.ToValidUTF8(name, "?"), Rule: "plain_text"})
		case len(list) > 1:
			wrong = append(wrong, station.Field{Path: name, Rule: "given_twice"})
		}
	}
	if len(wrong) == 0 {
		return nil
	}
	return &station.Error{Code: station.Invalid, Key: "invalid", Message: "unfit query", Fields: wrong}
}

// plain reports whether PostgreSQL can hold a text.
func plain(s string) bool { return utf8.ValidString(s) && !strings.ContainsRune(s, 0) }

// secure sets what every answer should say to a browser. Pages set a policy of
// their own.
func secure(c *gin.Context) {
	h := c.Writer.Header()
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("X-Frame-Options", "DENY")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	h.Set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'")
	h.Set("Cache-Control", "no-store")
	h.Set("Vary", "Accept, Accept-Language, Authorization")
}
