// Package activities holds the side effects of the procedures, split by what
// they do and not by process: records of cases, mail, upkeep. Each is safe to
// run twice, for Temporal may do so.
//
// It is not the place for decisions: those are the workflows'.
package activities
