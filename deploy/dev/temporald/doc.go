// Package temporald runs a Temporal server inside this process, on a private PostgreSQL server.
//
// It can be stopped and started again on the same port and the same data, as an outage and its end: workflows that were
// open go on. It is for development and tests; production uses a real cluster.
package temporald
