package api_test

import (
	"context"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"wutong/api"
	"wutong/station"
)

// inbox is a webhook that keeps what it got.
type inbox struct {
	header http.Header
	body   string
	err    error
}

func (i *inbox) Receive(_ context.Context, header http.Header, body []byte) error {
	i.header, i.body = header, string(body)
	return i.err
}

func TestWebhook_GetsTheBytesThatWereSigned(t *testing.T) {
	in := &inbox{}
	h := open(t, func(o *api.Options) { o.Webhook = in })
	raw := "[ {\"a\":1,\"a\":2} ,\n\"\\u0000\" ]"
	w := h.post("/v1/webhooks/sendgrid", raw, nobody, "X-Twilio-Email-Event-Webhook-Signature", "sig")
	require.Equal(t, http.StatusNoContent, w.Code, w.Body)
	assert.Empty(t, w.Body.String())
	assert.Equal(t, raw, in.body)
	assert.Equal(t, "sig", in.header.Get("X-Twilio-Email-Event-Webhook-Signature"))

	in.err = station.Refuse(station.Unauthorized, "signature_invalid", "no")
	p := problem(t, h.post("/v1/webhooks/sendgrid", raw, nobody))
	assert.Equal(t, http.StatusUnauthorized, p.Status)
	assert.Equal(t, "signature_invalid", p.Code)
	p = problem(t, h.post("/v1/webhooks/sendgrid", strings.Repeat(" ", 1<<20+1), nobody))
	assert.Equal(t, http.StatusRequestEntityTooLarge, p.Status)
	assert.Equal(t, http.StatusNotFound, open(t).post("/v1/webhooks/sendgrid", raw, nobody).Code)
}
