package mailbox

import (
	"crypto/subtle"
	"encoding/json"
	"io"
	"log/slog"
	"maps"
	"mime"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// maxBody is SendGrid's limit on a mail.
const maxBody = 30 << 20

// Failure makes sends fail, so that a test sees what its sender does then.
type Failure struct {
	// Status is answered instead of taking the mail; 0 takes it, perhaps late.
	Status int `json:"status"`
	// Count is how many sends fail; 0 ends the failures.
	Count int `json:"count"`
	// DelayMS is how long each of them waits first, in milliseconds.
	DelayMS int `json:"delay_ms"`
	// AcceptThenDrop takes the mail and cuts the connection without an answer: the sender cannot know.
	AcceptThenDrop bool `json:"accept_then_drop"`
	// HoldMS takes the mail and holds the answer back, in milliseconds: the sender may die before it hears it.
	HoldMS int `json:"hold_ms"`
	// ResetSeconds is when a 429's X-RateLimit-Reset lies, from now; 0 means 1.
	ResetSeconds int `json:"reset_seconds"`
}

// send is SendGrid's POST /v3/mail/send.
func (m *Mailbox) send(w http.ResponseWriter, r *http.Request) {
	failure := m.takeFailure()
	// The body is read before the wait, or a sender that writes slowly would not have written all of it.
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	if err != nil {
		answerErrors(w, http.StatusRequestEntityTooLarge, apiError{Message: "The message is larger than 30 MB."})
		return
	}
	wait(r.Context(), time.Duration(failure.DelayMS)*time.Millisecond)
	if failure.Status != 0 && !failure.AcceptThenDrop {
		m.answerFailure(w, failure)
		return
	}
	if !m.authorized(r) {
		answerErrors(w, http.StatusUnauthorized, apiError{Message: "The provided authorization grant is invalid, expired, or revoked"})
		return
	}
	if kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || kind != "application/json" {
		answerErrors(w, http.StatusUnsupportedMediaType, apiError{Message: "Content-Type should be application/json."})
		return
	}
	mail, invalid := parse(body)
	if len(invalid) > 0 {
		answerErrors(w, http.StatusBadRequest, invalid...)
		return
	}
	id, err := m.accept(mail)
	if err != nil {
		slog.ErrorContext(r.Context(), "mail not kept", "error", err)
		answerErrors(w, http.StatusInternalServerError, apiError{Message: "The mailbox cannot write its folder."})
		return
	}
	wait(r.Context(), time.Duration(failure.HoldMS)*time.Millisecond)
	if failure.AcceptThenDrop {
		panic(http.ErrAbortHandler) // the standard library's way to cut the connection
	}
	w.Header().Set("X-Message-Id", id)
	w.WriteHeader(http.StatusAccepted)
}

// takeFailure uses up one of the failures that were asked for.
func (m *Mailbox) takeFailure() Failure {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.failure.Count == 0 {
		return Failure{}
	}
	m.failure.Count--
	return m.failure
}

func (m *Mailbox) answerFailure(w http.ResponseWriter, failure Failure) {
	if failure.Status == http.StatusTooManyRequests {
		reset := m.opts.Now().Add(time.Duration(max(failure.ResetSeconds, 1)) * time.Second)
		w.Header().Set("X-RateLimit-Limit", "600")
		w.Header().Set("X-RateLimit-Remaining", "0")
		w.Header().Set("X-RateLimit-Reset", strconv.FormatInt(reset.Unix(), 10))
	}
	answerErrors(w, failure.Status, apiError{Message: strings.ToLower(http.StatusText(failure.Status))})
}

func (m *Mailbox) authorized(r *http.Request) bool {
	key, bearer := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	if !bearer || key == "" {
		return false
	}
	return m.opts.APIKey == "" || subtle.ConstantTimeCompare([]byte(key), []byte(m.opts.APIKey)) == 1
}

// accept keeps a mail, one message for each personalization, and returns the ID that SendGrid would answer with: the
// first one's.
func (m *Mailbox) accept(r request) (string, error) {
	first := ""
	for _, p := range r.Personalizations {
		message := m.message(r, p)
		if err := m.keep(message); err != nil {
			return "", err
		}
		if first == "" {
			first = message.ID
		}
		if m.events != nil {
			m.events.delivered(message)
		}
	}
	return first, nil
}

func (m *Mailbox) message(r request, p personalization) *Message {
	now := m.opts.Now().UTC()
	message := &Message{
		ID: newID(now), ReceivedAt: now, From: r.From.Email, FromName: r.From.Name, Subject: r.Subject, ToName: p.To[0].Name,
		Categories: slices.Clone(r.Categories), Headers: r.Headers, CustomArgs: maps.Clone(r.CustomArgs),
	}
	if message.CustomArgs == nil {
		message.CustomArgs = make(map[string]string)
	}
	maps.Copy(message.CustomArgs, p.CustomArgs)
	if p.Subject != "" {
		message.Subject = p.Subject
	}
	if r.ReplyTo != nil {
		message.ReplyTo = r.ReplyTo.Email
	}
	var recipients []string
	for _, a := range p.recipients() {
		recipients = append(recipients, a.Email)
	}
	message.To = strings.Join(recipients, ", ")
	for _, part := range r.Content {
		switch part.Type {
		case "text/plain":
			message.Text = part.Value
		case "text/html":
			message.HTML = part.Value
		}
	}
	message.Links = links(message.Text, message.HTML)
	return message
}

func answerErrors(w http.ResponseWriter, status int, errs ...apiError) {
	answerJSON(w, status, map[string][]apiError{"errors": errs})
}

func answerJSON(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body) // the client is gone: nobody to tell
}
