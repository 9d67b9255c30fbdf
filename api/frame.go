package api

import (
	"context"
	"crypto/rand"
	"encoding/base32"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"wutong/station"
	"wutong/station/locale"
)

// frame is what is known of one request, from its first byte to its line in
// the log.
type frame struct {
	reference string // tells a person's report from all others in the log
	method    string
	language  station.Language
	accept    string // the Accept header
	html      bool   // the client prefers a page over JSON
	actor     station.Actor
	secret    []byte // SHA-256 of the token
	code      string // of the problem that was answered
	err       error  // what is behind it; for the log only
}

type frameKey struct{}

func newFrame(r *http.Request) *frame {
	return &frame{
		reference: newReference(), method: r.Method,
		language: preferredLanguage(r.Header.Get("Accept-Language")),
		accept:   r.Header.Get("Accept"),
		html:     prefersHTML(r.Header.Get("Accept")),
	}
}

// frameOf returns the request's frame.
func frameOf(ctx context.Context) *frame {
	if f, ok := ctx.Value(frameKey{}).(*frame); ok {
		return f
	}
	return &frame{reference: newReference(), language: station.Chinese}
}

// actorOf returns who is behind the request. Handlers ask once, and hand it on
// as a parameter.
func actorOf(ctx context.Context) station.Actor { return frameOf(ctx).actor }

func languageOf(ctx context.Context) station.Language { return frameOf(ctx).language }

// enter makes an actor the one behind the request: from here on the answer is
// in their language.
func (f *frame) enter(who station.Actor, secret []byte) {
	f.actor, f.secret = who, secret
	if who.Language == station.Chinese || who.Language == station.English {
		f.language = who.Language
	}
}

func newReference() string {
	var b [10]byte
	_, _ = rand.Read(b[:]) // never fails
	return base32.StdEncoding.EncodeToString(b[:])
}

// preferredLanguage reads an Accept-Language header; one that is longer than
// any browser's says nothing.
func preferredLanguage(header string) station.Language {
	if len(header) > 200 {
		header = ""
	}
	return locale.Match(header)
}

// prefersHTML reports whether an Accept header ranks text/html above JSON, as
// browsers do. Without a preference it is JSON.
func prefersHTML(header string) bool {
	html, json := 0.0, 0.0
	for part := range strings.SplitSeq(header, ",") {
		name, params, _ := strings.Cut(part, ";")
		q := quality(params)
		switch strings.ToLower(strings.TrimSpace(name)) {
		case "text/html", "application/xhtml+xml":
			html = max(html, q)
		case "application/json", "application/*", "application/problem+json":
			json = max(json, q)
		}
	}
	return html > json
}

// preferred is which of some media types an Accept header names and ranks highest;
// without a preference, the first.
func preferred(header string, types ...string) string {
	best, rank := types[0], 0.0
	for part := range strings.SplitSeq(header, ",") {
		name, params, _ := strings.Cut(part, ";")
		name = strings.ToLower(strings.TrimSpace(name))
		if q := quality(params); slices.Contains(types, name) && (q > rank || q == rank && name == types[0]) {
			best, rank = name, q
		}
	}
	return best
}

func quality(params string) float64 {
	for p := range strings.SplitSeq(params, ";") {
		if v, ok := strings.CutPrefix(strings.TrimSpace(p), "q="); ok {
			if q, err := strconv.ParseFloat(v, 64); err == nil {
				return q
			}
		}
	}
	return 1
}
