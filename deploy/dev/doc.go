// Package dev is the one-command stack: everything that Wutong needs, on one machine, in one process and two children.
//
// Start brings up a private PostgreSQL server, a Temporal server with its web UI, the mailbox that stands in for the mail
// service, and, as child processes of the built binary, the product itself: migrations, samples, API and worker. Ports
// that are not given are free ones, so that tests start stacks side by side; each part can be stopped, killed and
// started again to see what the others do meanwhile.
//
// It is a module of its own so that the product does not carry a Temporal server. It is not for production.
package dev
