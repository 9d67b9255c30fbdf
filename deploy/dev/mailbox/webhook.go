package mailbox

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net/http"
	"strconv"
	"sync"
	"time"
)

const (
	// firstPause doubles with each attempt up to longestPause; SendGrid too tries for about a day.
	firstPause, longestPause = 500 * time.Millisecond, time.Minute
	maxAttempts              = 1440
	// atOnce bounds how many events are on their way, so that a load test does not open a connection for each mail.
	atOnce = 8
)

// A webhook tells the product what became of its mails, as SendGrid's event webhook does.
type webhook struct {
	url    string
	key    *ecdsa.PrivateKey
	now    func() time.Time
	client *http.Client
	ctx    context.Context //nolint:containedctx // its life is the webhook's, not a call's
	cancel context.CancelFunc
	slots  chan struct{}
	posts  sync.WaitGroup
}

func newWebhook(url string, key *ecdsa.PrivateKey, now func() time.Time) *webhook {
	ctx, cancel := context.WithCancel(context.Background())
	return &webhook{
		url: url, key: key, now: now, client: &http.Client{Timeout: 10 * time.Second},
		ctx: ctx, cancel: cancel, slots: make(chan struct{}, atOnce),
	}
}

func (h *webhook) close() {
	h.cancel()
	h.posts.Wait()
}

// delivered tells of a delivery in the background.
func (h *webhook) delivered(message *Message) {
	event := map[string]any{
		"email": message.To, "timestamp": h.now().Unix(), "event": "delivered", "response": "250 OK",
		"sg_event_id": newID(h.now()), "sg_message_id": message.ID + ".mailbox", "smtp-id": "<" + message.ID + "@mailbox>",
		"category": message.Categories,
	}
	// Custom arguments stand beside the other fields, as in SendGrid's events.
	for name, value := range maps.All(message.CustomArgs) {
		event[name] = value
	}
	body, err := json.Marshal([]any{event})
	if err != nil {
		slog.ErrorContext(h.ctx, "delivery event not encoded", "message", message.ID, "error", err)
		return
	}
	body = append(body, "\r\n"...) // SendGrid's end so too, and the signature covers it
	h.posts.Go(func() { h.deliver(message.ID, body) })
}

// deliver posts a body until it is taken, the webhook is closed, or no patience is left.
func (h *webhook) deliver(id string, body []byte) {
	pause := firstPause
	for attempt := range maxAttempts {
		err := h.attempt(body)
		if err == nil || h.ctx.Err() != nil {
			return
		}
		if attempt == 0 {
			slog.WarnContext(h.ctx, "delivery event not taken, trying again", "message", id, "error", err)
		}
		wait(h.ctx, pause)
		pause = min(2*pause, longestPause)
	}
	slog.ErrorContext(h.ctx, "delivery event given up", "message", id)
}

// attempt posts once. Each attempt is signed anew: the receiver refuses an old timestamp.
func (h *webhook) attempt(body []byte) error {
	select {
	case h.slots <- struct{}{}:
		defer func() { <-h.slots }()
	case <-h.ctx.Done():
		return h.ctx.Err()
	}
	timestamp := strconv.FormatInt(h.now().Unix(), 10)
	hash := sha256.Sum256(append([]byte(timestamp), body...))
	signature, err := ecdsa.SignASN1(rand.Reader, h.key, hash[:])
	if err != nil {
		return fmt.Errorf("sign the event: %w", err)
	}
	request, err := http.NewRequestWithContext(h.ctx, http.MethodPost, h.url, bytes.NewReader(body))
	if err != nil {
		return fmt.Errorf("build the request: %w", err)
	}
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("X-Twilio-Email-Event-Webhook-Timestamp", timestamp)
	request.Header.Set("X-Twilio-Email-Event-Webhook-Signature", base64.StdEncoding.EncodeToString(signature))
	response, err := h.client.Do(request)
	if err != nil {
		return fmt.Errorf("post the event: %w", err)
	}
	defer func() { _ = response.Body.Close() }()
	_, _ = io.Copy(io.Discard, io.LimitReader(response.Body, 1<<16))
	if response.StatusCode < 200 || response.StatusCode > 299 {
		return fmt.Errorf("post the event: %s", response.Status)
	}
	return nil
}
