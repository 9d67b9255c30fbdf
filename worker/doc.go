// Package worker builds the Temporal workers: their queues, what runs on them,
// versioning and interceptors. The payload codec is in worker/codec.
//
// It decides nothing about cases: that is in workflows.
package worker
