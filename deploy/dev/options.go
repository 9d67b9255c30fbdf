package dev

import (
	"path/filepath"
	"time"
)

// Ports are the stack's ports on 127.0.0.1. 0 is a free one.
type Ports struct {
	API, Temporal, UI, Codec, Mailbox, Postgres int
}

// DefaultPorts are the ports that the documentation names.
var DefaultPorts = Ports{API: 8080, Temporal: 7233, UI: 8233, Codec: 8234, Mailbox: 8025, Postgres: 5433}

// Options say what to start and where. The zero value, with Ephemeral and NoProduct, suits a test of Temporal alone.
type Options struct {
	// Dir keeps data, logs, keys and tokens. Empty: a temporary folder, removed by Stop.
	Dir string
	// Ports are fixed or free ports.
	Ports Ports
	// Ephemeral trades durability for speed: the databases start empty and are gone after Stop.
	Ephemeral bool
	// NoUI leaves out the Temporal UI and the forwarder that decrypts for it.
	NoUI bool
	// NoProduct leaves out the product: PostgreSQL, Temporal and the mailbox only.
	NoProduct bool
	// Namespace is Temporal's. Empty: "wutong".
	Namespace string
	// DynamicConfig overrides Temporal's settings by their names.
	DynamicConfig map[string]any
	// Binary is the built product, such as bin/wutong.
	Binary string
	// Sample is the folder with sample programmes and accounts. Empty: none are loaded and no tokens are made.
	Sample string
	// NoTokens leaves out the tokens, which are a process each: whoever has a sample of many accounts makes them otherwise.
	NoTokens bool
	// BuildID is the version that the worker serves. Empty: "dev".
	BuildID string
	// Env is added to the product's environment, as "NAME=value".
	Env []string
	// Progress is told what has been done, in a few words. Nil: nobody is. It is called from several goroutines.
	Progress func(string)
	// Now is the clock by which tokens expire. Nil: the system's.
	Now func() time.Time
}

func (o Options) withDefaults() Options {
	if o.Namespace == "" {
		o.Namespace = "wutong"
	}
	if o.BuildID == "" {
		o.BuildID = "dev"
	}
	if o.Progress == nil {
		o.Progress = func(string) {}
	}
	if o.Now == nil {
		o.Now = time.Now //nolint:forbidigo // the stack is an edge of its own: nobody above it has a clock
	}
	return o
}

// file is the path of a file in the stack's folder.
func (o Options) file(name string) string { return filepath.Join(o.Dir, name) }
