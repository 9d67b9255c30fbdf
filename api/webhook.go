package api

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"
)

// report is a webhook's request. Its signature stands in its headers and
// covers its bytes, so it takes both as they came.
type report struct {
	header  http.Header
	RawBody []byte `contentType:"application/json"`
}

// Resolve keeps the headers.
func (r *report) Resolve(c huma.Context) []error {
	r.header = http.Header{}
	c.EachHeader(r.header.Add)
	return nil
}

func (e *edge) registerWebhook(api huma.API) {
	if e.Webhook == nil {
		return
	}
	op := withBody(huma.Operation{
		OperationID: "sendgrid-events", Method: http.MethodPost, Path: "/v1/webhooks/sendgrid", Tags: []string{tagOperation},
		Summary: "Reports of SendGrid",
		Description: "SendGrid's event webhook: what became of mails. It is believed by its signature, so it needs no token. " +
			"A report that came before, or too late, is refused.",
		DefaultStatus: http.StatusNoContent, Metadata: map[string]any{freely: true},
		SkipValidateBody: true, // its shape is SendGrid's, and nothing is read before the signature is
		Errors:           withCommon(nil, http.StatusUnauthorized, http.StatusConflict),
	})
	huma.Register(api, op, func(ctx context.Context, in *report) (*struct{}, error) {
		return nil, e.Webhook.Receive(ctx, in.header, in.RawBody)
	})
}
