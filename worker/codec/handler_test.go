package codec

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	commonpb "go.temporal.io/api/common/v1"
	"go.temporal.io/sdk/converter"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
)

func TestHandler_DecodesForTheUIUnderAnyPrefix(t *testing.T) {
	ring := keys(t, "k", 1)
	server := httptest.NewServer(Handler(ring))
	defer server.Close()
	remote := converter.NewRemotePayloadCodec(converter.RemotePayloadCodecOptions{Endpoint: server.URL + "/v1/codec"})

	sealed := seal(t, bind(New(ring), caseA), plain(`"词"`))
	opened, err := remote.Decode([]*commonpb.Payload{sealed, plain("1")})
	require.NoError(t, err)
	assert.True(t, proto.Equal(plain(`"词"`), opened[0]))
	assert.True(t, proto.Equal(plain("1"), opened[1]))

	encoded, err := remote.Encode(opened[:1])
	require.NoError(t, err)
	assert.NotContains(t, encoded[0].GetMetadata(), "wutong-case")
	again, err := open(bind(New(ring), caseA), encoded[0])
	require.NoError(t, err)
	assert.True(t, proto.Equal(plain(`"词"`), again))
}

func TestHandler_AnswersBadInputWith400(t *testing.T) {
	ring := keys(t, "k", 1)
	damaged := seal(t, New(ring), plain("1"))
	damaged.Data[3] ^= 1
	foreign := seal(t, New(keys(t, "gone", 1)), plain("1"))
	bodies := map[string]string{
		"nothing":       "",
		"not JSON":      "{",
		"an array":      "[]",
		"null payload":  `{"payloads":[null]}`,
		"wrong type":    `{"payloads":[{"data":7}]}`,
		"unknown field": `{"other":1}`,
		"not UTF-8":     "{\"payloads\":\"\xff\"}",
		"damaged":       jsonOf(t, damaged),
		"unknown key":   jsonOf(t, foreign),
	}
	for name, body := range bodies {
		t.Run(name, func(t *testing.T) {
			answer := post(t, Handler(ring), "/decode", strings.NewReader(body))
			assert.Equal(t, http.StatusBadRequest, answer.Code, answer.Body.String())
		})
	}
}

func TestHandler_AnswersEmptyListsAndOddMethods(t *testing.T) {
	h := Handler(keys(t, "k", 1))
	assert.Equal(t, http.StatusOK, post(t, h, "/decode", strings.NewReader(`{}`)).Code)
	assert.Equal(t, http.StatusOK, post(t, h, "/encode", strings.NewReader(`{"payloads":[{}]}`)).Code)
	assert.Equal(t, http.StatusNotFound, post(t, h, "/other", strings.NewReader(`{}`)).Code)
	assert.Equal(t, http.StatusBadRequest, post(t, h, "/decode", failing{}).Code)

	get := httptest.NewRecorder()
	h.ServeHTTP(get, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/decode", nil))
	assert.Equal(t, http.StatusNotFound, get.Code)

	bare := httptest.NewRecorder()
	request := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/decode", nil)
	request.Body = nil
	h.ServeHTTP(bare, request)
	assert.Equal(t, http.StatusBadRequest, bare.Code)
}

func TestHandler_BoundsTheBody(t *testing.T) {
	body := io.MultiReader(strings.NewReader(`{"payloads":[{"data":"`), io.LimitReader(zeros{}, maxBody), strings.NewReader(`"}]}`))
	assert.Equal(t, http.StatusRequestEntityTooLarge, post(t, Handler(keys(t, "k", 1)), "/encode", body).Code)
}

func FuzzHandler_NeverPanics(f *testing.F) {
	h := Handler(keys(f, "k", 1))
	f.Add(true, `{"payloads":[{"metadata":{"encoding":"YQ=="},"data":"YQ=="}]}`)
	f.Add(false, jsonOf(f, seal(f, New(keys(f, "k", 1)), plain("1"))))
	f.Fuzz(func(t *testing.T, encode bool, body string) {
		path := "/decode"
		if encode {
			path = "/encode"
		}
		answer := post(t, h, path, strings.NewReader(body))
		if answer.Code != http.StatusOK && answer.Code != http.StatusBadRequest {
			t.Fatalf("answered %d", answer.Code)
		}
	})
}

func post(tb testing.TB, h http.Handler, path string, body io.Reader) *httptest.ResponseRecorder {
	tb.Helper()
	answer := httptest.NewRecorder()
	h.ServeHTTP(answer, httptest.NewRequestWithContext(tb.Context(), http.MethodPost, path, body))
	return answer
}

func jsonOf(tb testing.TB, p *commonpb.Payload) string {
	tb.Helper()
	text, err := protojson.Marshal(&commonpb.Payloads{Payloads: []*commonpb.Payload{p}})
	require.NoError(tb, err)
	return string(text)
}

type failing struct{}

func (failing) Read([]byte) (int, error) { return 0, errors.New("cut off") }

type zeros struct{}

func (zeros) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = 'A'
	}
	return len(p), nil
}
