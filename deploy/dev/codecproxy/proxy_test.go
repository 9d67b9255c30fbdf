package codecproxy_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"wutong/deploy/dev/codecproxy"
)

const ui = "http://127.0.0.1:8233"

// start starts a forwarder to an API that answers with what it was asked.
func start(t *testing.T, token string) string {
	t.Helper()
	api := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		w.Header().Set("Access-Control-Allow-Origin", "*")
		_, _ = io.WriteString(w, r.Method+" "+r.URL.Path+" "+r.Header.Get("Authorization")+r.Header.Get("Origin")+" "+string(body))
	}))
	t.Cleanup(api.Close)
	address, err := url.Parse(api.URL)
	require.NoError(t, err)
	proxy := httptest.NewServer(codecproxy.New(codecproxy.Config{
		API: address, Origins: []string{ui}, Token: func() string { return token },
	}))
	t.Cleanup(proxy.Close)
	return proxy.URL
}

func ask(t *testing.T, method, address, origin string) (int, http.Header, string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, address, strings.NewReader("payloads"))
	require.NoError(t, err)
	if origin != "" {
		r.Header.Set("Origin", origin)
		r.Header.Set("Access-Control-Request-Headers", "content-type,x-namespace")
	}
	resp, err := http.DefaultClient.Do(r)
	require.NoError(t, err)
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	require.NoError(t, err)
	return resp.StatusCode, resp.Header, string(body)
}

func TestProxy_AddsTheOperatorsToken(t *testing.T) {
	t.Parallel()
	proxy := start(t, "secret")
	for _, origin := range []string{ui, ""} {
		status, header, body := ask(t, http.MethodPost, proxy+"/decode", origin)
		require.Equal(t, http.StatusOK, status)
		require.Equal(t, "POST /codec/decode Bearer secret payloads", body)
		require.Equal(t, origin, header.Get("Access-Control-Allow-Origin"))
	}
}

func TestProxy_LetsTheUIAskFirst(t *testing.T) {
	t.Parallel()
	status, header, _ := ask(t, http.MethodOptions, start(t, "secret")+"/decode", ui)
	require.Equal(t, http.StatusNoContent, status)
	require.Equal(t, ui, header.Get("Access-Control-Allow-Origin"))
	require.Equal(t, "content-type,x-namespace", header.Get("Access-Control-Allow-Headers"))
}

func TestProxy_RefusesOtherPagesAndOtherPaths(t *testing.T) {
	t.Parallel()
	proxy := start(t, "secret")
	for _, c := range []struct {
		method, path, origin string
		status               int
	}{
		{http.MethodPost, "/decode", "http://evil.example", http.StatusForbidden},
		{http.MethodOptions, "/decode", "http://evil.example", http.StatusForbidden},
		{http.MethodGet, "/decode", "", http.StatusMethodNotAllowed},
		{http.MethodPost, "/v1/cases", ui, http.StatusNotFound},
	} {
		status, _, body := ask(t, c.method, proxy+c.path, c.origin)
		require.Equal(t, c.status, status, "%s %s from %s", c.method, c.path, c.origin)
		require.NotContains(t, body, "secret")
	}
}

func TestProxy_SaysThatTheAPIIsNotThere(t *testing.T) {
	t.Parallel()
	status, _, _ := ask(t, http.MethodPost, start(t, "")+"/decode", ui)
	require.Equal(t, http.StatusServiceUnavailable, status)
}
