package mail

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"
	"syscall"
	"time"
)

const (
	// forbiddenWait is how slowly a 403 is retried: it takes a person to lift it.
	forbiddenWait = 15 * time.Minute
	// limitedWait is used when a 429 names no time.
	limitedWait = time.Minute
	// A reset time is believed within these bounds: clocks differ, and a mail is not to wait for a day.
	shortestWait, longestWait = time.Second, time.Hour
	// maxAnswer is how much of an answer's body is read.
	maxAnswer = 64 << 10
)

// refused turns an answer other than 2xx into an error.
func refused(response *http.Response, now time.Time) *SendError {
	e := &SendError{Class: classOf(response.StatusCode), Status: response.StatusCode, Code: codeOf(response)}
	switch e.Class {
	case Forbidden:
		e.RetryAfter = forbiddenWait
	case Limited:
		e.RetryAfter = limitedWait
		if wait, ok := resetAfter(response.Header, now); ok {
			e.RetryAfter = wait
		}
	case Unavailable:
		if wait, ok := retryAfter(response.Header); ok {
			e.RetryAfter = wait
		}
	case Rejected, Unknown:
	}
	return e
}

func classOf(status int) Class {
	switch {
	case status == http.StatusForbidden:
		return Forbidden
	case status == http.StatusTooManyRequests:
		return Limited
	case status == http.StatusGatewayTimeout:
		// A gateway passed the request on and heard nothing: the same as hearing nothing ourselves.
		return Unknown
	case status == http.StatusRequestTimeout:
		// The server gave up before it had all of the request, through no fault of the message.
		return Unavailable
	case status >= 400 && status < 500:
		return Rejected
	}
	// 5xx, and redirects too: those come from a proxy that stands in the way for a while.
	return Unavailable
}

// codeOf takes the field that SendGrid complains about, or else the status in words.
func codeOf(response *http.Response) string {
	var answer struct {
		Errors []struct {
			Field string `json:"field"`
		} `json:"errors"`
	}
	body, err := io.ReadAll(io.LimitReader(response.Body, maxAnswer))
	if err == nil && json.Unmarshal(body, &answer) == nil {
		for _, e := range answer.Errors {
			if field := word(e.Field); field != "" {
				return field
			}
		}
	}
	return strings.ReplaceAll(strings.ToLower(http.StatusText(response.StatusCode)), " ", "_")
}

// word lets through only what looks like a field's path, so that nothing else slips into an error.
func word(s string) string {
	if len(s) > 80 {
		return ""
	}
	for _, r := range s {
		if (r < 'a' || r > 'z') && (r < '0' || r > '9') && !strings.ContainsRune("._-[]", r) {
			return ""
		}
	}
	return s
}

// resetAfter reads when the rate limit ends: X-RateLimit-Reset is a time in Unix seconds.
func resetAfter(header http.Header, now time.Time) (time.Duration, bool) {
	seconds, err := strconv.ParseInt(header.Get("X-RateLimit-Reset"), 10, 64)
	if err != nil {
		return retryAfter(header)
	}
	return bounded(time.Unix(seconds, 0).Sub(now)), true
}

// retryAfter reads HTTP's own Retry-After, in seconds.
func retryAfter(header http.Header) (time.Duration, bool) {
	seconds, err := strconv.ParseInt(header.Get("Retry-After"), 10, 32)
	if err != nil {
		return 0, false
	}
	return bounded(time.Duration(seconds) * time.Second), true
}

func bounded(wait time.Duration) time.Duration { return min(max(wait, shortestWait), longestWait) }

// broken turns a failure to get an answer into an error.
func broken(ctx context.Context, err error, maybeDelivered bool) *SendError {
	e := &SendError{Class: Unavailable, Code: breakage(err), cause: ctx.Err()}
	if maybeDelivered {
		e.Class = Unknown
	}
	return e
}

// breakage names a network failure without the hosts and addresses that its text would hold.
func breakage(err error) string {
	var network net.Error
	var dns *net.DNSError
	var certificate *tls.CertificateVerificationError
	switch {
	case errors.Is(err, context.Canceled):
		return "canceled"
	case errors.As(err, &dns):
		return "dns"
	case errors.As(err, &certificate):
		return "certificate"
	case errors.Is(err, syscall.ECONNREFUSED):
		return "connection_refused"
	case errors.Is(err, context.DeadlineExceeded), errors.As(err, &network) && network.Timeout():
		return "timeout"
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, syscall.ECONNRESET):
		return "connection_cut"
	}
	return "network"
}
