package mail_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"wutong/activities/mail"
)

// noon is the time on the senders' clock.
var noon = time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)

func newSender(host string) *mail.Sender {
	return mail.NewSender(mail.Config{
		APIKey: "SG.secret\n", Host: host + "/", From: "station@station.example", FromName: "青年人才工作站", ReplyTo: "desk@station.example",
		Now: func() time.Time { return noon },
	})
}

func consent() mail.Message {
	return mail.Message{
		Notice: "0195-notice", Template: "consent", Language: "zh-CN", To: "lin.xiao@example.com", ToName: "Lin, Xiao\r\n",
		Data: mail.Data{Recipient: "林晓", Referrer: "陈一鸣", Programme: "2026年青年人才举荐", Link: "https://station.example/links/t0ken", Due: "3月16日"},
	}
}

// sendTo sends one mail to a server that answers as told.
func sendTo(t *testing.T, answer http.HandlerFunc) *mail.SendError {
	t.Helper()
	server := httptest.NewServer(answer)
	defer server.Close()
	_, err := newSender(server.URL).Send(t.Context(), consent())
	return sendError(t, err)
}

// sendError checks what every error of Send promises.
func sendError(t *testing.T, err error) *mail.SendError {
	t.Helper()
	var e *mail.SendError
	require.ErrorAs(t, err, &e)
	for _, secret := range []string{"lin.xiao", "林晓", "陈一鸣", "t0ken", "SG.secret", "127.0.0.1", "http://"} {
		assert.NotContains(t, err.Error(), secret)
	}
	return e
}

func TestSend_HandsOverAllThatSendGridNeeds(t *testing.T) {
	var request *http.Request
	var body map[string]any
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		request = r
		assert.NoError(t, json.NewDecoder(r.Body).Decode(&body))
		w.Header().Set("X-Message-Id", "msg-1")
		w.WriteHeader(http.StatusAccepted)
	}))
	defer server.Close()

	id, err := newSender(server.URL).Send(t.Context(), consent())

	require.NoError(t, err)
	assert.Equal(t, "msg-1", id)
	assert.Equal(t, "POST /v3/mail/send", request.Method+" "+request.URL.Path)
	assert.Equal(t, "Bearer SG.secret", request.Header.Get("Authorization"))
	assert.Equal(t, "application/json", request.Header.Get("Content-Type"))
	content := body["content"].([]any)
	require.Len(t, content, 2)
	assert.Equal(t, "text/plain", content[0].(map[string]any)["type"])
	assert.Equal(t, "text/html", content[1].(map[string]any)["type"])
	delete(body, "content")
	off := map[string]any{"enable": false}
	assert.Equal(t, map[string]any{
		"from":              map[string]any{"name": "青年人才工作站", "email": "station@station.example"},
		"reply_to":          map[string]any{"name": "青年人才工作站", "email": "desk@station.example"},
		"subject":           "请您确认：陈一鸣向青年人才工作站举荐了您",
		"personalizations":  []any{map[string]any{"to": []any{map[string]any{"name": "Lin Xiao", "email": "lin.xiao@example.com"}}}},
		"custom_args":       map[string]any{"notice": "0195-notice"},
		"categories":        []any{"consent"},
		"headers":           map[string]any{"Auto-Submitted": "auto-generated"},
		"tracking_settings": map[string]any{"click_tracking": map[string]any{"enable": false, "enable_text": false}, "open_tracking": off, "subscription_tracking": off, "ganalytics": off},
	}, body)
}

func TestSend_ClassesSendGridsAnswers(t *testing.T) {
	tests := []struct {
		status int
		body   string
		class  mail.Class
		wait   time.Duration
		code   string
	}{
		{400, `{"errors":[{"message":"lin.xiao@example.com is no address","field":"personalizations.0.to.0.email"}]}`, mail.Rejected, 0, "personalizations.0.to.0.email"},
		{400, `{"errors":[{"message":"no","field":"lin.xiao@example.com 林晓"}]}`, mail.Rejected, 0, "bad_request"},
		{401, `{"errors":[{"message":"authorization required","field":null}]}`, mail.Rejected, 0, "unauthorized"},
		{404, `<html>lin.xiao@example.com`, mail.Rejected, 0, "not_found"},
		{413, ``, mail.Rejected, 0, "request_entity_too_large"},
		{403, `{"errors":[{"message":"not verified","field":"from"}]}`, mail.Forbidden, 15 * time.Minute, "from"},
		{429, `{"errors":[{"message":"too many requests","field":null}]}`, mail.Limited, time.Minute, "too_many_requests"},
		{408, ``, mail.Unavailable, 0, "request_timeout"},
		{302, ``, mail.Unavailable, 0, "found"},
		{500, `{"errors":[]}`, mail.Unavailable, 0, "internal_server_error"},
		{503, ``, mail.Unavailable, 0, "service_unavailable"},
		{504, ``, mail.Unknown, 0, "gateway_timeout"},
	}
	for _, test := range tests {
		t.Run(fmt.Sprint(test.status, test.code), func(t *testing.T) {
			e := sendTo(t, func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Location", "/elsewhere")
				w.WriteHeader(test.status)
				_, _ = io.WriteString(w, test.body)
			})
			assert.Equal(t, test.class, e.Class)
			assert.Equal(t, test.status, e.Status)
			assert.Equal(t, test.wait, e.RetryAfter)
			assert.Equal(t, test.code, e.Code)
		})
	}
}

func TestSend_WaitsUntilTheTimeTheServerNames(t *testing.T) {
	unix := func(after time.Duration) string { return fmt.Sprint(noon.Add(after).Unix()) }
	tests := map[string]struct {
		status        int
		header, value string
		want          time.Duration
	}{
		"reset in 42 s":            {429, "X-RateLimit-Reset", unix(42 * time.Second), 42 * time.Second},
		"reset already past":       {429, "X-RateLimit-Reset", unix(-time.Hour), time.Second},
		"reset next year":          {429, "X-RateLimit-Reset", unix(9000 * time.Hour), time.Hour},
		"reset beyond all numbers": {429, "X-RateLimit-Reset", "99999999999999999999", time.Minute},
		"reset is a word":          {429, "X-RateLimit-Reset", "soon", time.Minute},
		"limited, retry in 7 s":    {429, "Retry-After", "7", 7 * time.Second},
		"down, retry in 90 s":      {503, "Retry-After", "90", 90 * time.Second},
		"down, retry unsaid":       {503, "Server", "x", 0},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			e := sendTo(t, func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set(test.header, test.value)
				w.WriteHeader(test.status)
			})
			assert.Equal(t, test.want, e.RetryAfter)
		})
	}
}

func TestSend_IsUnknownWhenTheAnswerIsLate(t *testing.T) {
	release := make(chan struct{})
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		<-release
	}))
	defer server.Close()
	defer close(release)
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()

	_, err := newSender(server.URL).Send(ctx, consent())

	e := sendError(t, err)
	assert.Equal(t, mail.Unknown, e.Class)
	assert.Equal(t, "timeout", e.Code)
	assert.ErrorIs(t, err, context.DeadlineExceeded)
}

func TestSend_IsUnknownWhenTheClientsOwnTimeoutEndsTheWait(t *testing.T) {
	release := make(chan struct{})
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		<-release
	}))
	defer server.Close()
	defer close(release)
	sender := mail.NewSender(mail.Config{
		Host: server.URL, From: "a@b.example", Now: func() time.Time { return noon }, HTTP: &http.Client{Timeout: 100 * time.Millisecond},
	})

	_, err := sender.Send(t.Context(), consent())

	assert.Equal(t, mail.Unknown, sendError(t, err).Class)
	assert.Equal(t, "timeout", sendError(t, err).Code)
}

func TestSend_IsUnknownWhenTheConnectionIsCutAfterTheRequest(t *testing.T) {
	var requests atomic.Int32
	e := sendTo(t, func(_ http.ResponseWriter, r *http.Request) {
		requests.Add(1)
		_, _ = io.Copy(io.Discard, r.Body)
		panic(http.ErrAbortHandler)
	})
	assert.Equal(t, mail.Unknown, e.Class)
	assert.Equal(t, "connection_cut", e.Code)
	assert.EqualValues(t, 1, requests.Load(), "nothing sends it again by itself")
}

func TestSend_IsUnavailableWhenNobodyListens(t *testing.T) {
	server := httptest.NewServer(http.NotFoundHandler())
	server.Close()
	_, err := newSender(server.URL).Send(t.Context(), consent())
	e := sendError(t, err)
	assert.Equal(t, mail.Unavailable, e.Class)
	assert.Equal(t, "connection_refused", e.Code)
}

func TestSend_IsUnavailableWhenTheConnectionEndsBeforeTheRequestIsOut(t *testing.T) {
	// A connection that fails in the middle of the body.
	transport := &http.Transport{DialContext: func(context.Context, string, string) (net.Conn, error) {
		client, server := net.Pipe()
		go func() {
			_, _ = io.ReadFull(server, make([]byte, 5000))
			_ = server.Close()
		}()
		return client, nil
	}}
	sender := mail.NewSender(mail.Config{
		Host: "http://sendgrid.example", From: "a@b.example", Now: func() time.Time { return noon }, HTTP: &http.Client{Transport: transport},
	})
	_, err := sender.Send(t.Context(), consent())
	assert.Equal(t, mail.Unavailable, sendError(t, err).Class)
}

func TestSend_IsUnavailableWhenItsContextHasEnded(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := newSender("http://127.0.0.1:1").Send(ctx, consent())
	e := sendError(t, err)
	assert.Equal(t, mail.Unavailable, e.Class)
	assert.Equal(t, "canceled", e.Code)
	assert.ErrorIs(t, err, context.Canceled)
}

func TestSend_RejectsWhatCannotBeSent(t *testing.T) {
	tests := map[string]struct {
		change func(*mail.Message)
		text   string
	}{
		"no recipient":   {func(m *mail.Message) { m.To = "" }, "mail rejected: recipient"},
		"two recipients": {func(m *mail.Message) { m.To = "lin.xiao@example.com,b@b.example" }, "mail rejected: recipient"},
		"a line end":     {func(m *mail.Message) { m.To = "lin.xiao@example.com\r\nBcc: x@y.z" }, "mail rejected: recipient"},
		"no link":        {func(m *mail.Message) { m.Data.Link = "" }, "mail rejected: template: template consent needs Link"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			m := consent()
			test.change(&m)
			_, err := newSender("http://127.0.0.1:1").Send(t.Context(), m)
			assert.Equal(t, mail.Rejected, sendError(t, err).Class)
			assert.EqualError(t, err, test.text)
		})
	}
}

func TestSend_RejectsAHostThatIsNone(t *testing.T) {
	_, err := newSender("http://[::1").Send(t.Context(), consent())
	assert.Equal(t, mail.Rejected, sendError(t, err).Class)
}

func TestSend_KeepsConcurrentMailsApart(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var body struct {
			CustomArgs struct{ Notice string } `json:"custom_args"`
		}
		_ = json.NewDecoder(r.Body).Decode(&body)
		w.Header().Set("X-Message-Id", "id-of-"+body.CustomArgs.Notice)
		w.WriteHeader(http.StatusAccepted)
	}))
	defer server.Close()
	sender := newSender(server.URL)
	var wait sync.WaitGroup
	for i := range 50 {
		wait.Go(func() {
			m := consent()
			m.Notice = fmt.Sprint("notice-", i)
			id, err := sender.Send(t.Context(), m)
			if assert.NoError(t, err) { // not require: this is not the test's own goroutine
				assert.Equal(t, "id-of-"+m.Notice, id)
			}
		})
	}
	wait.Wait()
}

func TestNewSender_PanicsWithoutAClock(t *testing.T) {
	assert.Panics(t, func() { mail.NewSender(mail.Config{}) })
}

func TestSendError_TellsClassesApartByErrorsAs(t *testing.T) {
	err := fmt.Errorf("send notice: %w", &mail.SendError{Class: mail.Limited, Status: 429, Code: "too_many_requests"})
	var e *mail.SendError
	require.ErrorAs(t, err, &e)
	assert.Equal(t, "send notice: mail limited: too_many_requests (HTTP 429)", err.Error())
	assert.NotContains(t, err.Error(), "@")
}
