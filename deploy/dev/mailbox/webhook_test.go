package mailbox_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"time"

	"wutong/deploy/dev/mailbox"
)

func TestMailbox_TellsTheWebhookOfEachDeliveryUntilItListens(t *testing.T) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	var attempts atomic.Int32
	bodies := make(chan []byte, 10)
	product := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		signature, _ := base64.StdEncoding.DecodeString(r.Header.Get("X-Twilio-Email-Event-Webhook-Signature"))
		hash := sha256.Sum256(append([]byte(r.Header.Get("X-Twilio-Email-Event-Webhook-Timestamp")), body...))
		if !ecdsa.VerifyASN1(&key.PublicKey, hash[:], signature) {
			t.Error("the signature does not match")
		}
		if attempts.Add(1) == 1 {
			w.WriteHeader(http.StatusServiceUnavailable)
			return
		}
		bodies <- body
	}))
	defer product.Close()
	b := open(t, mailbox.Options{WebhookURL: product.URL, WebhookKey: key})

	b.send("lin@example.com", "n1")

	var events []struct {
		Event     string `json:"event"`
		Notice    string `json:"notice"`
		ID        string `json:"sg_event_id"`
		Timestamp int64  `json:"timestamp"`
	}
	select {
	case body := <-bodies:
		if err := json.Unmarshal(body, &events); err != nil {
			t.Fatal(err)
		}
	case <-time.After(5 * time.Second):
		t.Fatal("the webhook was not told")
	}
	if len(events) != 1 || events[0].Event != "delivered" || events[0].Notice != "n1" || events[0].ID == "" || events[0].Timestamp == 0 {
		t.Errorf("got %+v", events)
	}
}

func TestMailbox_ClosesWhileAWebhookDoesNotListen(t *testing.T) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	m, err := mailbox.New(mailbox.Options{WebhookURL: "http://127.0.0.1:1", WebhookKey: key})
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(m)
	defer server.Close()
	box{t, server.URL}.send("lin@example.com", "n1")
	closed := make(chan struct{})
	go func() {
		m.Close()
		close(closed)
	}()
	select {
	case <-closed:
	case <-time.After(5 * time.Second):
		t.Fatal("it does not close")
	}
}
