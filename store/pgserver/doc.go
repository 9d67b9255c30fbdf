// Package pgserver runs a private PostgreSQL server for development and tests.
//
// Start finds PostgreSQL's programs (on PATH, by pg_config, in the usual folders; otherwise it fetches them once), makes
// a data folder at first use and starts the server on loopback with a password of its own. It works as root too:
// PostgreSQL refuses to, so the server then runs as an unprivileged user. A server left behind by a process that was
// killed is stopped before the data is used again.
//
// Its errors are read by people who typed one command and want to go on: each is one plain sentence that says what to do.
//
// It is not for production: nothing is tuned, replicated or backed up.
package pgserver
