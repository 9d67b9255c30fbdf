package mailbox

import (
	"encoding/json"
	"mime"
	"net/http"
	"slices"
	"strings"
)

// listMessages answers GET /api/messages?to=&template=&notice=: what matches all that is given, newest first.
func (m *Mailbox) listMessages(w http.ResponseWriter, r *http.Request) {
	to, template, notice := r.FormValue("to"), r.FormValue("template"), r.FormValue("notice")
	answerJSON(w, http.StatusOK, m.find(func(message *Message) bool {
		return (to == "" || message.sentTo(to)) &&
			(template == "" || slices.Contains(message.Categories, template)) &&
			(notice == "" || message.CustomArgs["notice"] == notice)
	}))
}

// sentTo reports whether a whole address is among the recipients.
func (message *Message) sentTo(address string) bool {
	for to := range strings.SplitSeq(message.To, ", ") {
		if strings.EqualFold(to, address) {
			return true
		}
	}
	return false
}

// deleteMessages empties the mailbox, its count of duplicates too.
func (m *Mailbox) deleteMessages(w http.ResponseWriter, _ *http.Request) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.opts.Dir != "" {
		for _, message := range m.messages {
			if err := remove(m.opts.Dir, message); err != nil {
				answerErrors(w, http.StatusInternalServerError, apiError{Message: "A message's file cannot be removed."})
				return
			}
		}
	}
	m.messages = nil
	clear(m.received)
	w.WriteHeader(http.StatusNoContent)
}

// Duplicate is a notice that was mailed more than once.
type Duplicate struct {
	Notice string `json:"notice"`
	Count  int    `json:"count"`
}

func (m *Mailbox) listDuplicates(w http.ResponseWriter, _ *http.Request) {
	answerJSON(w, http.StatusOK, m.duplicates())
}

func (m *Mailbox) duplicates() []Duplicate {
	m.mu.Lock()
	defer m.mu.Unlock()
	found := []Duplicate{}
	for notice, count := range m.received {
		if count > 1 {
			found = append(found, Duplicate{Notice: notice, Count: count})
		}
	}
	slices.SortFunc(found, func(a, b Duplicate) int { return strings.Compare(a.Notice, b.Notice) })
	return found
}

// setFailure replaces the failures that are left; a count of 0 ends them.
func (m *Mailbox) setFailure(w http.ResponseWriter, r *http.Request) {
	var failure Failure
	kind, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
	decoder := json.NewDecoder(http.MaxBytesReader(w, r.Body, 1<<16))
	decoder.DisallowUnknownFields()
	if kind != "application/json" || decoder.Decode(&failure) != nil {
		answerErrors(w, http.StatusBadRequest, apiError{
			Message: "Send JSON such as {\"status\":429,\"count\":1,\"delay_ms\":0,\"accept_then_drop\":false,\"hold_ms\":0,\"reset_seconds\":1}.",
		})
		return
	}
	if failure.Status != 0 && (failure.Status < 300 || failure.Status > 599) || failure.Count < 0 || failure.DelayMS < 0 || failure.HoldMS < 0 {
		answerErrors(w, http.StatusBadRequest, invalid("status", "A status lies between 300 and 599; count, delay_ms and hold_ms are not negative."))
		return
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.failure = failure
	w.WriteHeader(http.StatusNoContent)
}
