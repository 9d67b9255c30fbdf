// Package api is the HTTP edge: it turns requests into calls of
// [station.Service] and answers back, and knows nothing of how either is done.
//
// Every route is described by the Go types of its handler; /openapi.json and
// /docs are generated from them. Every error, whoever made it, leaves as an
// RFC 9457 problem document with a stable code, words in the reader's language
// and a reference that the log has too; internal text never leaves.
//
// It is not the place for rules (who may do what, what a form must hold): those
// are the station's. What is checked here is what only HTTP knows: content
// types, sizes, syntax, tokens, rates.
//
// # Running it
//
// The handler bounds what it does itself: a body must arrive within ten
// seconds, a stream's reader must take each piece within ten seconds. The rest
// is the [http.Server]'s: give it a ReadHeaderTimeout (5 s) and an IdleTimeout
// (2 min). A ReadTimeout or WriteTimeout is safe too, as long as it is well
// above the two seconds that an act waits for its settlement: streams lift
// them for themselves. Before calling Shutdown close [Options.Draining]:
// streams end, and /readyz says 503.
//
// It speaks plain HTTP; whatever ends TLS before it should add
// Strict-Transport-Security, and keep /metrics from the public.
package api
