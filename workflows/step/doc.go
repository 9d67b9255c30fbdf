// Package step holds the building blocks of which procedures are made: open,
// consent, await, review, inquire, appeal, undo, close. What is hard about a
// long process is solved here once:
//
//   - The desk (desk.go) receives every act and settles each exactly once.
//   - Every wait ends (await.go): reminders, due date, escalation.
//   - Changes of a case are written in their order, what follows at once from
//     a decision in one transaction with it (record.go).
//   - A procedure is written as if it ran from its beginning to its end in one
//     go. When Temporal suggests a new run, the results so far travel in the
//     journal (journal.go): the new run walks through the procedure again, and
//     each step that was done answers what it answered before.
//
// It knows no process: names, numbers and deadlines come from the caller.
package step
