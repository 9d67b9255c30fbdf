// Package proof holds the tests of what only the whole station shows: the built
// binary, a real Temporal, a real PostgreSQL and the mailbox, while parts of
// them are killed.
package proof
