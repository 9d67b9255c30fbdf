package mail

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"
)

// Kind says what became of a mail, in SendGrid's words.
type Kind string

// The kinds that say something about delivery. SendGrid has others (open, click, …) and may add some: a caller ignores
// what it does not know.
const (
	Processed  Kind = "processed"  // SendGrid will try to deliver it
	Deferred   Kind = "deferred"   // the recipient's server said: later
	Delivered  Kind = "delivered"  // the recipient's server took it
	Bounced    Kind = "bounce"     // the recipient's server refused it
	Dropped    Kind = "dropped"    // SendGrid did not try, because of an earlier bounce or complaint
	SpamReport Kind = "spamreport" // the recipient called it spam
)

// DeliveryEvent is one thing that happened to one of our mails. Events can come late, twice and out of order.
type DeliveryEvent struct {
	ID     string // SendGrid's sg_event_id: the same when the event is sent again
	Notice string // the notice's ID, as it was given to Send
	Kind   Kind
	// Code classes the reason, for example invalid_address, blocked, bounced_address or smtp_452. The reason's text is
	// left out: it quotes addresses.
	Code string
	At   time.Time // UTC
}

// lastSecond is the end of the year 9999: no database or JSON writes a later year.
const lastSecond = 253402300799

// maxID bounds what is taken for an opaque ID.
const maxID = 200

// rawEvent is one event as SendGrid sends it, as far as we read it. Custom arguments stand beside the other fields.
type rawEvent struct {
	ID             string      `json:"sg_event_id"`
	Notice         string      `json:"notice"`
	Event          string      `json:"event"`
	Timestamp      json.Number `json:"timestamp"`
	Type           string      `json:"type"` // bounce or blocked
	Classification string      `json:"bounce_classification"`
	Reason         string      `json:"reason"`
	Response       string      `json:"response"`
}

// ParseEvents reads an event webhook's body, after Verify has accepted it. Events about mails that are not ours (an
// account can be shared, and SendGrid's test button sends samples) are left out.
func ParseEvents(body []byte) ([]DeliveryEvent, error) {
	var elements []json.RawMessage
	if err := json.Unmarshal(body, &elements); err != nil {
		return nil, errors.New("the webhook's body is not a JSON array of events")
	}
	var events []DeliveryEvent
	for i, element := range elements {
		var raw rawEvent
		if err := json.Unmarshal(element, &raw); err != nil {
			return nil, fmt.Errorf("event %d is not an object with fields of the documented types", i)
		}
		if raw.Notice == "" {
			continue
		}
		event, err := raw.event()
		if err != nil {
			return nil, fmt.Errorf("event %d: %w", i, err)
		}
		events = append(events, event)
	}
	return events, nil
}

func (raw rawEvent) event() (DeliveryEvent, error) {
	if raw.ID == "" || len(raw.ID) > maxID {
		return DeliveryEvent{}, errors.New("sg_event_id is absent or too long")
	}
	if len(raw.Notice) > maxID {
		return DeliveryEvent{}, errors.New("notice is too long")
	}
	if raw.Event == "" || word(raw.Event) == "" {
		return DeliveryEvent{}, errors.New("event is absent or not a word")
	}
	seconds, err := raw.Timestamp.Int64()
	if err != nil || seconds <= 0 || seconds > lastSecond {
		return DeliveryEvent{}, errors.New("timestamp is not in Unix seconds")
	}
	return DeliveryEvent{
		ID: raw.ID, Notice: raw.Notice, Kind: Kind(raw.Event), Code: raw.code(), At: time.Unix(seconds, 0).UTC(),
	}, nil
}

// code classes the reason. What SendGrid has no fixed word for becomes "other".
func (raw rawEvent) code() string {
	switch Kind(raw.Event) {
	case Bounced:
		if class := known(raw.Classification, "Content", "Frequency or Volume Too High", "Invalid Address",
			"Mailbox Unavailable", "Reputation", "Technical Failure"); class != "" {
			return class
		}
		if raw.Type == "blocked" {
			return "blocked"
		}
		return "other"
	case Dropped:
		if class := known(raw.Reason, "Bounced Address", "Invalid", "Invalid SMTPAPI header",
			"Recipient List over Package Quota", "Spam Content", "Spam Reporting Address", "Unsubscribed Address"); class != "" {
			return class
		}
		return "other"
	case Deferred:
		return smtpCode(raw.Response)
	case Processed, Delivered, SpamReport:
	}
	return ""
}

// known returns the phrase that text is, as one word, or "".
func known(text string, phrases ...string) string {
	for _, phrase := range phrases {
		if strings.EqualFold(text, phrase) {
			return strings.ReplaceAll(strings.ToLower(phrase), " ", "_")
		}
	}
	return ""
}

// smtpCode takes the three digits with which an SMTP answer begins.
func smtpCode(response string) string {
	if len(response) < 3 || strings.Trim(response[:3], "0123456789") != "" {
		return "other"
	}
	return "smtp_" + response[:3]
}
