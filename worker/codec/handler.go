package codec

import (
	"bytes"
	"errors"
	"io"
	"net/http"

	"go.temporal.io/sdk/converter"
)

// maxBody bounds a request to the codec endpoint. A payload is at most 2 MiB by the server's default, and the UI asks for the payloads
// of one event, or of one page, together.
const maxBody = 16 << 20

// Handler is the remote codec endpoint that Temporal's UI and command line ask: POST …/encode and …/decode, under any prefix, with
// the JSON of a temporal.api.common.v1.Payloads as body and as answer. Bad input, and payloads that do not open, answer 400; a body
// over 16 MiB answers 413; anything else is 404.
//
// Whoever reaches it can read every payload: the caller must authenticate, and answer the browser's CORS preflight. The UI names no
// workflow, so what it encodes is sealed for no case.
func Handler(keys Keyring) http.Handler {
	next := converter.NewPayloadCodecHTTPHandler(New(keys))
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Body == nil { // a request built by hand; a server's always has one
			r.Body = http.NoBody
		}
		body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
		if tooLarge := (*http.MaxBytesError)(nil); errors.As(err, &tooLarge) {
			http.Error(w, "the request is larger than 16 MiB", http.StatusRequestEntityTooLarge)
			return
		}
		if err != nil {
			http.Error(w, "the request could not be read", http.StatusBadRequest)
			return
		}
		again := r.Clone(r.Context())
		again.Body = io.NopCloser(bytes.NewReader(body))
		w.Header().Set("Cache-Control", "no-store")
		next.ServeHTTP(w, again)
	})
}
