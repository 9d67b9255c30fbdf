package mail

import (
	"fmt"
	"time"
)

// A Class says what an attempt that failed allows.
type Class string

const (
	// Rejected means that the message or the account is at fault (400, 401, 413, …), and the same attempt would fail again.
	Rejected Class = "rejected"
	// Forbidden means that the account may not send at present (403): suspended, or its sender is not verified yet. Somebody must
	// act first, so retry slowly.
	Forbidden Class = "forbidden"
	// Limited means that there were too many requests (429); SendGrid says until when.
	Limited Class = "limited"
	// Unavailable means that SendGrid did not take the message (5xx, or it was not reached). Retry with backoff.
	Unavailable Class = "unavailable"
	// Unknown means that the request went out and no answer came back, so the mail may be on its way. Wait for the event
	// webhook's word before sending again.
	Unknown Class = "unknown"
)

// SendError says why an attempt failed. Its text holds no address and no word of the mail.
type SendError struct {
	Class  Class
	Status int // the HTTP status; 0 when there was no answer
	// RetryAfter is how long to wait before the next attempt; 0 leaves it to the caller's backoff.
	RetryAfter time.Duration
	// Code names the cause in one word: the field SendGrid complains about (from.email), the status (too_many_requests),
	// or what broke (timeout, dns). SendGrid's own sentence is left out because it can quote the recipient's address.
	Code string

	cause error // only ever Render's error or the context's: others can hold addresses
}

func (e *SendError) Error() string {
	text := "mail " + string(e.Class)
	if e.Code != "" {
		text += ": " + e.Code
	}
	if e.Status != 0 {
		text += fmt.Sprintf(" (HTTP %d)", e.Status)
	}
	if e.cause != nil {
		text += ": " + e.cause.Error()
	}
	return text
}

// Unwrap lets a caller see that its own context ended, or why the message could not be rendered.
func (e *SendError) Unwrap() error { return e.cause }
