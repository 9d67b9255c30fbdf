// Package workflows holds one file per process, each reading as its written
// procedure, and register.go, which has a line for each.
//
// What is hard about a long process (receiving acts, waiting, undoing,
// recording) is in workflows/step; nothing here holds a selector, a timer or a
// signal channel.
package workflows
