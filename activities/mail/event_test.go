package mail_test

import (
	"testing"
	"time"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"wutong/activities/mail"
)

func TestParseEvents_ReadsWhatSendGridDocuments(t *testing.T) {
	events, err := mail.ParseEvents([]byte(`[
		{"sg_event_id":"e1","notice":"n1","event":"processed","timestamp":1772445600,"email":"a@b.example","category":["consent"]},
		{"sg_event_id":"e2","notice":"n1","event":"deferred","timestamp":1772445601,"response":"452 4.2.2 a@b.example is full","attempt":"5"},
		{"sg_event_id":"e3","notice":"n1","event":"delivered","timestamp":"1772445602","response":"250 OK","category":"consent"},
		{"sg_event_id":"e4","notice":"n2","event":"bounce","type":"bounce","timestamp":1772445603,"reason":"550 a@b.example unknown","status":"5.1.1","bounce_classification":"Invalid Address"},
		{"sg_event_id":"e5","notice":"n3","event":"bounce","type":"blocked","timestamp":1772445604,"bounce_classification":"Unclassified"},
		{"sg_event_id":"e6","notice":"n4","event":"dropped","timestamp":1772445605,"reason":"Bounced Address"},
		{"sg_event_id":"e7","notice":"n5","event":"dropped","timestamp":1772445606,"reason":"a@b.example looked odd"},
		{"sg_event_id":"e8","notice":"n6","event":"spamreport","timestamp":1772445607},
		{"sg_event_id":"e9","notice":"n7","event":"deferred","timestamp":1772445608},
		{"sg_event_id":"e10","event":"delivered","timestamp":1772445609,"email":"somebody@else.example"}
	]` + "\r\n"))

	require.NoError(t, err)
	at := time.Date(2026, 3, 2, 10, 0, 0, 0, time.UTC)
	assert.Equal(t, []mail.DeliveryEvent{
		{ID: "e1", Notice: "n1", Kind: mail.Processed, At: at},
		{ID: "e2", Notice: "n1", Kind: mail.Deferred, Code: "smtp_452", At: at.Add(1 * time.Second)},
		{ID: "e3", Notice: "n1", Kind: mail.Delivered, At: at.Add(2 * time.Second)},
		{ID: "e4", Notice: "n2", Kind: mail.Bounced, Code: "invalid_address", At: at.Add(3 * time.Second)},
		{ID: "e5", Notice: "n3", Kind: mail.Bounced, Code: "blocked", At: at.Add(4 * time.Second)},
		{ID: "e6", Notice: "n4", Kind: mail.Dropped, Code: "bounced_address", At: at.Add(5 * time.Second)},
		{ID: "e7", Notice: "n5", Kind: mail.Dropped, Code: "other", At: at.Add(6 * time.Second)},
		{ID: "e8", Notice: "n6", Kind: mail.SpamReport, At: at.Add(7 * time.Second)},
		{ID: "e9", Notice: "n7", Kind: mail.Deferred, Code: "other", At: at.Add(8 * time.Second)},
	}, events)
}

func TestParseEvents_SaysWhatIsWrong(t *testing.T) {
	tests := map[string]string{
		``:                         "the webhook's body is not a JSON array of events",
		`{"event":"delivered"}`:    "the webhook's body is not a JSON array of events",
		`[{"event":"delivered"}`:   "the webhook's body is not a JSON array of events",
		`[7]`:                      "event 0 is not an object with fields of the documented types",
		`[{"notice":{"id":"n1"}}]`: "event 0 is not an object with fields of the documented types",
		`[{"notice":"n1"}]`:        "event 0: sg_event_id is absent or too long",
		`[{}, {"notice":"n1","sg_event_id":"e1","timestamp":1}]`:                             "event 1: event is absent or not a word",
		`[{"notice":"n1","sg_event_id":"e1","event":"a@b.example","timestamp":1}]`:           "event 0: event is absent or not a word",
		`[{"notice":"n1","sg_event_id":"e1","event":"delivered"}]`:                           "event 0: timestamp is not in Unix seconds",
		`[{"notice":"n1","sg_event_id":"e1","event":"delivered","timestamp":1.5}]`:           "event 0: timestamp is not in Unix seconds",
		`[{"notice":"n1","sg_event_id":"e1","event":"delivered","timestamp":1772445600000}]`: "event 0: timestamp is not in Unix seconds",
	}
	for body, want := range tests {
		_, err := mail.ParseEvents([]byte(body))
		assert.EqualError(t, err, want, body)
	}
}

func TestParseEvents_OfNothingIsNothing(t *testing.T) {
	for _, body := range []string{`[]`, `null`, `[null, {}]`} {
		events, err := mail.ParseEvents([]byte(body))
		require.NoError(t, err, body)
		assert.Empty(t, events, body)
	}
}

func FuzzParseEvents(f *testing.F) {
	f.Add([]byte(sendGridBody))
	f.Add([]byte(`[{"sg_event_id":"e","notice":"n","event":"bounce","timestamp":"1","bounce_classification":"Content","response":"4"}]`))
	f.Add([]byte(`[{"sg_event_id":1e999,"notice":[],"timestamp":-1}]`))
	f.Fuzz(func(t *testing.T, body []byte) {
		events, err := mail.ParseEvents(body)
		if err != nil {
			assert.Empty(t, events)
			assert.NotContains(t, err.Error(), "@", "errors quote nothing")
			return
		}
		for _, event := range events {
			assert.NotEmpty(t, event.ID)
			assert.NotEmpty(t, event.Notice)
			assert.NotEmpty(t, event.Kind)
			assert.True(t, utf8.ValidString(event.Code))
			assert.LessOrEqual(t, len(event.Code), 40)
			_, err := event.At.MarshalJSON()
			assert.NoError(t, err)
		}
	})
}
