// Package migrations holds the database's schema as numbered forward steps.
//
// Each step must let the release before it go on running: expand first,
// contract in a later release.
package migrations

import "embed"

// FS holds the steps, in goose's format.
//
//go:embed *.sql
var FS embed.FS
