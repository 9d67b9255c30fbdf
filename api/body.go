package api

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humagin"

	"wutong/station"
)

const (
	// maxBody is the most that a body may hold, in bytes.
	maxBody = 1 << 20
	// bodyPatience is how long a body may take to arrive.
	bodyPatience = 10 * time.Second
	// maxDepth is far more than any body needs, and far less than a parser's
	// stack.
	maxDepth = 32
)

var (
	errTooLarge  = &edgeError{http.StatusRequestEntityTooLarge, "body_too_large"}
	errWrongType = &edgeError{http.StatusUnsupportedMediaType, "unsupported_media_type"}
	errNotJSON   = &edgeError{http.StatusBadRequest, "bad_json"}
	errCutShort  = &edgeError{http.StatusBadRequest, "body_cut_short"}
	errTooSlow   = &edgeError{http.StatusRequestTimeout, "request_timeout"}
)

// asItComes, in an operation's Metadata, leaves the body to the operation, with
// limits of its own: for what is too large to be held in memory.
const asItComes = "as it comes"

// takeBody reads an operation's body before anything else looks at it: of a
// type that the operation takes, not too large, not too slow, and, if it is
// JSON, JSON that says one thing.
func (e *edge) takeBody(c huma.Context, next func(huma.Context)) {
	op := c.Operation()
	if op.RequestBody == nil || op.Metadata[asItComes] != nil {
		next(c)
		return
	}
	g := humagin.Unwrap(c)
	body, err := readBody(g.Writer, g.Request, op.RequestBody)
	if err == nil && !op.SkipValidateBody && len(body) > 0 && !isForm(g.Request) {
		err = checkJSON(body)
	}
	if err != nil {
		e.fail(g, err)
		return
	}
	g.Request.Body = io.NopCloser(bytes.NewReader(body))
	g.Request.ContentLength = int64(len(body))
	next(c)
}

func readBody(w http.ResponseWriter, r *http.Request, expected *huma.RequestBody) ([]byte, error) {
	if err := checkType(r.Header, expected); err != nil {
		return nil, err
	}
	if r.ContentLength > maxBody {
		return nil, errTooLarge
	}
	arrived := within(bodyPatience, http.NewResponseController(w).SetReadDeadline)
	defer arrived()
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	var (
		large *http.MaxBytesError
		slow  net.Error
	)
	switch {
	case err == nil:
		return body, nil
	case errors.As(err, &large):
		return nil, errTooLarge
	case errors.As(err, &slow) && slow.Timeout():
		return nil, errTooSlow
	default: // the client said more than it sent, or sent broken chunks
		return nil, errCutShort
	}
}

// within sets a deadline that is long over once d has passed, and, when it is
// told that there was no need, none. That way it needs no clock.
func within(d time.Duration, set func(time.Time) error) (done func()) {
	var once sync.Once
	late := time.AfterFunc(d, func() { once.Do(func() { _ = set(time.Unix(1, 0)) }) })
	return func() {
		late.Stop()
		once.Do(func() { _ = set(time.Time{}) }) // not every writer has deadlines; those of net/http do
	}
}

// checkType wants one of the operation's types, in UTF-8, not compressed. No
// type at all means the usual one.
func checkType(h http.Header, expected *huma.RequestBody) error {
	if encoding := h.Get("Content-Encoding"); encoding != "" && !strings.EqualFold(encoding, "identity") {
		return errWrongType
	}
	given := h.Get("Content-Type")
	if given == "" {
		return nil
	}
	name, params, err := mime.ParseMediaType(given)
	if err != nil || expected.Content[name] == nil {
		return errWrongType
	}
	if charset := params["charset"]; charset != "" && !strings.EqualFold(charset, "utf-8") {
		return errWrongType
	}
	return nil
}

// checkJSON refuses what parsers disagree about or choke on: names given
// twice, text that PostgreSQL cannot hold, numbers beyond any float, and depth.
func checkJSON(body []byte) error {
	if !utf8.Valid(body) || !json.Valid(body) {
		return errNotJSON
	}
	w := walker{dec: json.NewDecoder(bytes.NewReader(body))}
	w.dec.UseNumber()
	w.value("", 0)
	if len(w.faults) == 0 {
		return nil
	}
	return &station.Error{Code: station.Invalid, Key: "invalid", Message: "unfit JSON", Fields: w.faults}
}

// walker goes through JSON that is known to be well formed.
type walker struct {
	dec    *json.Decoder
	faults []station.Field
	over   bool
}

func (w *walker) fault(path, rule string) {
	w.faults = append(w.faults, station.Field{Path: path, Rule: rule})
	w.over = w.over || len(w.faults) >= maxFaults
}

func (w *walker) next() json.Token {
	t, err := w.dec.Token()
	if err != nil { // it was valid a moment ago
		w.over = true
	}
	return t
}

func (w *walker) value(path string, depth int) {
	switch t := w.next().(type) {
	case json.Delim:
		if depth >= maxDepth {
			w.fault(path, "format")
			w.over = true
			return
		}
		if t == '{' {
			w.object(path, depth)
		} else {
			w.array(path, depth)
		}
	case string:
		if strings.ContainsRune(t, 0) {
			w.fault(path, "plain_text")
		}
	case json.Number:
		if _, err := t.Float64(); err != nil {
			w.fault(path, "number")
		}
	}
}

func (w *walker) object(path string, depth int) {
	seen := map[string]bool{}
	for !w.over && w.dec.More() {
		name, _ := w.next().(string)
		at := join(path, name)
		if seen[name] {
			w.fault(at, "given_twice")
		}
		seen[name] = true
		w.value(at, depth+1)
	}
	if !w.over {
		w.next()
	}
}

func (w *walker) array(path string, depth int) {
	for i := 0; !w.over && w.dec.More(); i++ {
		w.value(join(path, strconv.Itoa(i)), depth+1)
	}
	if !w.over {
		w.next()
	}
}

func join(path, name string) string {
	if path == "" {
		return name
	}
	return fmt.Sprintf("%s/%s", path, name)
}
