package mailbox

import (
	"context"
	"crypto/ecdsa"
	"fmt"
	"net/http"
	"slices"
	"sync"
	"time"
)

// Options say how a Mailbox behaves; the zero value keeps its messages in memory and takes every API key.
type Options struct {
	// Dir keeps one JSON file for each message, so that they survive a restart. Empty: in memory only.
	Dir string
	// Max is how many messages are kept, the newest; 0 means 5000.
	Max int
	// APIKey is the only key taken. Empty: any.
	APIKey string
	// WebhookURL is told of every delivery, if WebhookKey (on P-256) is set too.
	WebhookURL string
	WebhookKey *ecdsa.PrivateKey
	// Now is the clock. Nil: the machine's.
	Now func() time.Time
}

// Mailbox is an http.Handler that speaks SendGrid's v3 mail endpoint. Close it after use.
type Mailbox struct {
	opts    Options
	handler http.Handler
	events  *webhook // nil: nobody is told

	mu       sync.Mutex
	messages []*Message     // oldest first
	received map[string]int // how often each notice came; what Max drops is still counted
	failure  Failure
}

// New opens a mailbox, with the messages that Dir holds.
func New(opts Options) (*Mailbox, error) {
	if opts.Max <= 0 {
		opts.Max = 5000
	}
	if opts.Now == nil {
		opts.Now = time.Now //nolint:forbidigo // a tool of its own, with no caller that has a clock; tests give theirs
	}
	m := &Mailbox{opts: opts, received: make(map[string]int)}
	if opts.Dir != "" {
		kept, err := load(opts.Dir)
		if err != nil {
			return nil, fmt.Errorf("open the mailbox: %w", err)
		}
		for _, message := range kept {
			m.count(message)
		}
		m.messages = kept
		m.trim()
	}
	if opts.WebhookURL != "" && opts.WebhookKey != nil {
		m.events = newWebhook(opts.WebhookURL, opts.WebhookKey, opts.Now)
	}
	m.handler = m.routes()
	return m, nil
}

// Close stops telling the webhook. Messages in Dir stay.
func (m *Mailbox) Close() {
	if m.events != nil {
		m.events.close()
	}
}

// ServeHTTP answers SendGrid's clients, browsers and tests.
func (m *Mailbox) ServeHTTP(w http.ResponseWriter, r *http.Request) { m.handler.ServeHTTP(w, r) }

func (m *Mailbox) routes() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("POST /v3/mail/send", m.send)
	mux.HandleFunc("GET /{$}", m.showList)
	mux.HandleFunc("GET /messages/{id}", m.showMessage)
	mux.HandleFunc("GET /messages/{id}/html", m.showHTML)
	mux.HandleFunc("GET /api/messages", m.listMessages)
	mux.HandleFunc("DELETE /api/messages", m.deleteMessages)
	mux.HandleFunc("GET /api/duplicates", m.listDuplicates)
	mux.HandleFunc("POST /api/fail", m.setFailure)
	// A page elsewhere on the internet, open in the developer's browser, is not to send mail or empty the mailbox.
	return http.NewCrossOriginProtection().Handler(mux)
}

// keep stores a message, and drops the oldest beyond Max.
func (m *Mailbox) keep(message *Message) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.opts.Dir != "" {
		if err := save(m.opts.Dir, message); err != nil {
			return fmt.Errorf("keep message %s: %w", message.ID, err)
		}
	}
	m.messages = append(m.messages, message)
	m.count(message)
	m.trim()
	return nil
}

func (m *Mailbox) count(message *Message) {
	if notice := message.CustomArgs["notice"]; notice != "" {
		m.received[notice]++
	}
}

// trim drops the oldest messages beyond Max. A file that cannot be removed comes back at the next start, no more.
func (m *Mailbox) trim() {
	for len(m.messages) > m.opts.Max {
		if m.opts.Dir != "" {
			_ = remove(m.opts.Dir, m.messages[0])
		}
		m.messages[0] = nil
		m.messages = m.messages[1:]
	}
}

// find lists the messages that match, newest first.
func (m *Mailbox) find(matches func(*Message) bool) []*Message {
	m.mu.Lock()
	defer m.mu.Unlock()
	found := make([]*Message, 0)
	for _, message := range slices.Backward(m.messages) {
		if matches(message) {
			found = append(found, message)
		}
	}
	return found
}

// wait waits for d, or until ctx ends.
func wait(ctx context.Context, d time.Duration) {
	if d <= 0 {
		return
	}
	pause, cancel := context.WithTimeout(ctx, d)
	defer cancel()
	<-pause.Done()
}
