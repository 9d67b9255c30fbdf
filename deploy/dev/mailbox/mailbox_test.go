package mailbox_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"wutong/deploy/dev/mailbox"
)

// box is a mailbox behind an address.
type box struct {
	t   *testing.T
	url string
}

func open(t *testing.T, opts mailbox.Options) box {
	t.Helper()
	m, err := mailbox.New(opts)
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(m)
	t.Cleanup(func() {
		server.Close()
		m.Close()
	})
	return box{t, server.URL}
}

func mail(to, notice string) string {
	return fmt.Sprintf(`{
		"from": {"email": "station@station.example", "name": "青年人才工作站"},
		"subject": "请您确认 <b>",
		"personalizations": [{"to": [{"email": %q, "name": "林晓"}]}],
		"content": [
			{"type": "text/plain", "value": "打开 https://station.example/links/a1?x=1&y=2。再见"},
			{"type": "text/html", "value": "<p><a href=\"https://station.example/links/a1?x=1&amp;y=2\">打开</a> <a href='https://station.example/'>home</a></p>"}
		],
		"categories": ["consent"],
		"custom_args": {"notice": %q},
		"headers": {"Auto-Submitted": "auto-generated"}
	}`, to, notice)
}

// do makes a request and returns the status, the headers and the body.
func (b box) do(method, path, body string, headers ...string) (int, http.Header, string) {
	b.t.Helper()
	request, err := http.NewRequestWithContext(b.t.Context(), method, b.url+path, strings.NewReader(body))
	if err != nil {
		b.t.Fatal(err)
	}
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("Authorization", "Bearer SG.key")
	for i := 0; i < len(headers); i += 2 {
		request.Header.Set(headers[i], headers[i+1])
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return 0, nil, err.Error()
	}
	defer func() { _ = response.Body.Close() }()
	answer, err := io.ReadAll(response.Body)
	if err != nil {
		b.t.Fatal(err)
	}
	return response.StatusCode, response.Header, string(answer)
}

// send sends a mail that must be taken, and returns its ID.
func (b box) send(to, notice string) string {
	b.t.Helper()
	status, headers, body := b.do("POST", "/v3/mail/send", mail(to, notice))
	if status != http.StatusAccepted || headers.Get("X-Message-Id") == "" {
		b.t.Fatalf("mail to %s: %d %s", to, status, body)
	}
	return headers.Get("X-Message-Id")
}

func (b box) list(query string) []mailbox.Message {
	b.t.Helper()
	var found []mailbox.Message
	_, _, body := b.do("GET", "/api/messages"+query, "")
	if err := json.Unmarshal([]byte(body), &found); err != nil {
		b.t.Fatalf("%v: %s", err, body)
	}
	return found
}

func (b box) fail(failure string) {
	b.t.Helper()
	if status, _, body := b.do("POST", "/api/fail", failure); status != http.StatusNoContent {
		b.t.Fatalf("fail: %d %s", status, body)
	}
}

func (b box) wantCount(query string, want int) {
	b.t.Helper()
	if got := len(b.list(query)); got != want {
		b.t.Errorf("messages%s: got %d, want %d", query, got, want)
	}
}

func TestMailbox_ListsWhatArrivedNewestFirst(t *testing.T) {
	b := open(t, mailbox.Options{APIKey: "SG.key"})
	b.wantCount("", 0)
	first := b.send("lin@example.com", "n1")
	second := b.send("ji@example.com", "n2")

	all := b.list("")
	if len(all) != 2 || all[0].ID != second || all[1].ID != first {
		t.Fatalf("got %+v", all)
	}
	b.wantCount("?to=LIN@example.com", 1)
	b.wantCount("?to=lin", 0)
	b.wantCount("?template=consent&notice=n2", 1)
	b.wantCount("?template=task", 0)

	m := all[1]
	if m.To != "lin@example.com" || m.ToName != "林晓" || m.From != "station@station.example" || m.Subject != "请您确认 <b>" ||
		m.CustomArgs["notice"] != "n1" || m.Categories[0] != "consent" || m.Headers["Auto-Submitted"] != "auto-generated" {
		t.Errorf("got %+v", m)
	}
	want := []string{"https://station.example/links/a1?x=1&y=2", "https://station.example/"}
	if fmt.Sprint(m.Links) != fmt.Sprint(want) {
		t.Errorf("links: got %q, want %q", m.Links, want)
	}
}

func TestMailbox_KeepsMessagesOverARestartAndForgetsDeletedOnes(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "mail")
	b := open(t, mailbox.Options{Dir: dir})
	id := b.send("lin@example.com", "n1")
	b.send("lin@example.com", "n1")

	b = open(t, mailbox.Options{Dir: dir})
	b.wantCount("?notice=n1", 2)
	if _, _, body := b.do("GET", "/api/duplicates", ""); strings.TrimSpace(body) != `[{"notice":"n1","count":2}]` {
		t.Errorf("duplicates: %s", body)
	}
	if status, _, _ := b.do("GET", "/messages/"+id, ""); status != http.StatusOK {
		t.Errorf("the first message is gone: %d", status)
	}

	if status, _, _ := b.do("DELETE", "/api/messages", ""); status != http.StatusNoContent {
		t.Errorf("delete: %d", status)
	}
	b.wantCount("", 0)
	open(t, mailbox.Options{Dir: dir}).wantCount("", 0)
	if _, _, body := b.do("GET", "/api/duplicates", ""); strings.TrimSpace(body) != `[]` {
		t.Errorf("duplicates: %s", body)
	}
}

func TestMailbox_DropsTheOldestBeyondItsMaximumButStillCountsThem(t *testing.T) {
	dir := t.TempDir()
	clock := time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)
	b := open(t, mailbox.Options{Dir: dir, Max: 2, Now: func() time.Time { clock = clock.Add(time.Second); return clock }})
	for _, notice := range []string{"n1", "n2", "n3", "n1"} {
		b.send("lin@example.com", notice)
	}
	all := b.list("")
	if len(all) != 2 || all[0].CustomArgs["notice"] != "n1" || all[1].CustomArgs["notice"] != "n3" {
		t.Errorf("got %+v", all)
	}
	files, err := filepath.Glob(filepath.Join(dir, "*"))
	if err != nil || len(files) != 2 {
		t.Errorf("files: %v %v", files, err)
	}
	if _, _, body := b.do("GET", "/api/duplicates", ""); !strings.Contains(body, `"n1","count":2`) {
		t.Errorf("duplicates: %s", body)
	}
}

func TestMailbox_DoesNotOpenAFolderItCannotRead(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "x.json"), []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := mailbox.New(mailbox.Options{Dir: dir}); err == nil || !strings.Contains(err.Error(), "x.json") {
		t.Errorf("got %v", err)
	}
}

func TestMailbox_RefusesWhatSendGridRefuses(t *testing.T) {
	b := open(t, mailbox.Options{APIKey: "SG.key"})
	good := mail("lin@example.com", "n1")
	replace := func(old, new string) string {
		if !strings.Contains(good, old) {
			t.Fatalf("no %s in the mail", old)
		}
		return strings.Replace(good, old, new, 1)
	}
	tests := map[string]struct {
		body    string
		headers []string
		status  int
		field   string
	}{
		"another key":         {good, []string{"Authorization", "Bearer SG.other"}, 401, ""},
		"no bearer":           {good, []string{"Authorization", "SG.key"}, 401, ""},
		"a form":              {good, []string{"Content-Type", "text/plain"}, 415, ""},
		"no JSON":             {"{", nil, 400, ""},
		"a number as an arg":  {replace(`"n1"`, `1`), nil, 400, ""},
		"nothing":             {"{}", nil, 400, "from.email"},
		"no such address":     {replace("lin@example.com", "lin"), nil, 400, "personalizations.0.to.0.email"},
		"a sender's name":     {replace("station@station.example", "The Station <s@s.example>"), nil, 400, "from.email"},
		"no recipients":       {replace(`{"to": [{"email": "lin@example.com", "name": "林晓"}]}`, `{}`), nil, 400, "personalizations.0.to"},
		"twice the same":      {replace(`"name": "林晓"}]`, `"name": "林晓"}], "cc": [{"email": "LIN@example.com"}]`), nil, 400, "personalizations.0"},
		"no subject":          {replace("请您确认 <b>", ""), nil, 400, "subject"},
		"two lines":           {replace("请您确认 <b>", `a\nBcc: b`), nil, 400, "subject"},
		"HTML before text":    {strings.NewReplacer("text/plain", "text/html", "text/html", "text/plain").Replace(good), nil, 400, "content"},
		"an empty part":       {replace("打开 https://station.example/links/a1?x=1&y=2。再见", ""), nil, 400, "content.0.value"},
		"a category twice":    {replace(`["consent"]`, `["consent","consent"]`), nil, 400, "categories.1"},
		"too long an arg":     {mail("lin@example.com", strings.Repeat("n", 10000)), nil, 400, "custom_args"},
		"a header of its own": {replace("Auto-Submitted", "Reply-To"), nil, 400, "headers"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			status, _, body := b.do("POST", "/v3/mail/send", test.body, test.headers...)
			var answer struct {
				Errors []struct{ Message, Field string }
			}
			if err := json.Unmarshal([]byte(body), &answer); err != nil || len(answer.Errors) == 0 {
				t.Fatalf("%v: %s", err, body)
			}
			if status != test.status || answer.Errors[0].Field != test.field || answer.Errors[0].Message == "" {
				t.Errorf("got %d %s, want %d %s", status, body, test.status, test.field)
			}
		})
	}
	b.wantCount("", 0)
}

func TestMailbox_FailsAsOftenAsAsked(t *testing.T) {
	now := time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)
	b := open(t, mailbox.Options{Now: func() time.Time { return now }})
	b.fail(`{"status": 429, "count": 2, "reset_seconds": 30}`)
	for range 2 {
		status, headers, body := b.do("POST", "/v3/mail/send", mail("lin@example.com", "n1"))
		if status != 429 || headers.Get("X-RateLimit-Reset") != fmt.Sprint(now.Unix()+30) || !strings.Contains(body, "too many requests") {
			t.Errorf("got %d %v %s", status, headers, body)
		}
	}
	b.send("lin@example.com", "n1")

	b.fail(`{"status": 500, "count": 100}`)
	b.fail(`{"count": 0}`)
	b.send("lin@example.com", "n2")
	b.wantCount("", 2)

	for _, nonsense := range []string{`{"status": 200, "count": 1}`, `{"status": 500, "count": -1}`, `{"sttus": 500}`, `no`} {
		if status, _, _ := b.do("POST", "/api/fail", nonsense); status != http.StatusBadRequest {
			t.Errorf("%s: got %d", nonsense, status)
		}
	}
}

func TestMailbox_TakesAMailAndCutsTheConnection(t *testing.T) {
	b := open(t, mailbox.Options{})
	b.fail(`{"count": 1, "accept_then_drop": true}`)
	if status, _, text := b.do("POST", "/v3/mail/send", mail("lin@example.com", "n1")); status != 0 || !strings.Contains(text, "EOF") {
		t.Errorf("got %d %s", status, text)
	}
	b.wantCount("?notice=n1", 1)
	b.send("lin@example.com", "n1")
	if _, _, body := b.do("GET", "/api/duplicates", ""); strings.TrimSpace(body) != `[{"notice":"n1","count":2}]` {
		t.Errorf("duplicates: %s", body)
	}
}

func TestMailbox_TakesAMailAndHoldsTheAnswerBack(t *testing.T) {
	b := open(t, mailbox.Options{})
	b.fail(`{"count": 1, "hold_ms": 60000}`)
	dead, die := context.WithCancel(t.Context())
	request, err := http.NewRequestWithContext(dead, http.MethodPost, b.url+"/v3/mail/send", bytes.NewBufferString(mail("lin@example.com", "n1")))
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("Authorization", "Bearer x")
	answered := make(chan error, 1)
	go func() {
		response, err := http.DefaultClient.Do(request)
		if err == nil {
			_ = response.Body.Close()
		}
		answered <- err
	}()
	eventually(t, func() bool { return len(b.list("?notice=n1")) == 1 })
	die()
	if err := <-answered; !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want no answer before the sender died", err)
	}
}

func TestMailbox_TakesAMailLateEvenIfTheSenderHasGivenUp(t *testing.T) {
	b := open(t, mailbox.Options{})
	b.fail(`{"count": 1, "delay_ms": 300}`)
	client := http.Client{Timeout: 50 * time.Millisecond}
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, b.url+"/v3/mail/send", bytes.NewBufferString(mail("lin@example.com", "n1")))
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("Authorization", "Bearer x")
	response, err := client.Do(request)
	if err == nil {
		_ = response.Body.Close()
	}
	var timeout interface{ Timeout() bool }
	if !errors.As(err, &timeout) || !timeout.Timeout() {
		t.Fatalf("got %v, want a timeout", err)
	}
	eventually(t, func() bool { return len(b.list("?notice=n1")) == 1 })
}

func TestMailbox_ShowsMailInABrowserWithoutTrustingIt(t *testing.T) {
	b := open(t, mailbox.Options{})
	id := b.send("lin@example.com", "n1")
	b.send("ji@example.com", "n2")

	_, headers, list := b.do("GET", "/?q="+url.QueryEscape("LIN@"), "")
	if !strings.Contains(list, "lin@example.com") || strings.Contains(list, "ji@example.com") || !strings.Contains(list, "请您确认 &lt;b&gt;") {
		t.Errorf("list: %s", list)
	}
	if !strings.Contains(headers.Get("Content-Security-Policy"), "default-src 'none'") {
		t.Errorf("headers: %v", headers)
	}
	_, _, page := b.do("GET", "/messages/"+id, "")
	for _, part := range []string{`sandbox="allow-popups allow-popups-to-escape-sandbox" src="/messages/` + id + `/html"`, "打开 https://station", "Auto-Submitted", "n1"} {
		if !strings.Contains(page, part) {
			t.Errorf("no %s in %s", part, page)
		}
	}
	_, headers, part := b.do("GET", "/messages/"+id+"/html", "")
	if !strings.HasPrefix(headers.Get("Content-Security-Policy"), "sandbox ") || !strings.Contains(part, "<p><a href=") {
		t.Errorf("HTML part: %v %s", headers, part)
	}
	if status, _, _ := b.do("GET", "/messages/none", ""); status != http.StatusNotFound {
		t.Errorf("no such message: got %d", status)
	}
}

func TestMailbox_TakesNothingFromOtherSitesPages(t *testing.T) {
	b := open(t, mailbox.Options{})
	b.send("lin@example.com", "n1")
	if status, _, _ := b.do("DELETE", "/api/messages", "", "Sec-Fetch-Site", "cross-site"); status != http.StatusForbidden {
		t.Errorf("got %d", status)
	}
	b.wantCount("", 1)
}

// eventually waits for what happens in the background.
func eventually(t *testing.T, happened func() bool) {
	t.Helper()
	deadline := time.Now().Add(5 * time.Second)
	for !happened() {
		if time.Now().After(deadline) {
			t.Fatal("it did not happen within 5 seconds")
		}
		time.Sleep(10 * time.Millisecond)
	}
}
