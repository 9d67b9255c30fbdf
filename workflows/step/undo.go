package step

import (
	"slices"

	"go.temporal.io/sdk/workflow"

	"wutong/station"
)

// undoing is how to take back what a step did.
type undoing struct {
	what string
	do   func(ctx workflow.Context) error
}

// Undo registers how to take back what a step has done. If the case is declined,
// or does not end well, what is registered is undone, newest first, whatever else
// was cancelled. What is a word for the history.
func (c *Case) Undo(what string, do func(ctx workflow.Context) error) {
	c.undo = append(c.undo, undoing{what, do})
}

// Forgo takes nothing back of what was registered by a name: it came to its end in
// another way.
func (c *Case) Forgo(what string) {
	c.undo = slices.DeleteFunc(c.undo, func(u undoing) bool { return u.what == what })
}

// undoAll takes everything back. An undo that fails is told in the history,
// and the others go on.
func (c *Case) undoAll(ctx workflow.Context) {
	for _, u := range slices.Backward(c.undo) {
		details := station.Details{"what": u.what, "done": true}
		if err := u.do(ctx); err != nil {
			details["done"] = false
			workflow.GetLogger(ctx).Error("not undone", "case", c.ID, "what", u.what, "error", err)
		}
		c.put(ctx, station.Change{Event: station.EventUndone, Details: details})
	}
	c.undo = nil
}

// undoNow takes everything back where the procedure goes on afterwards.
func (c *Case) undoNow(ctx workflow.Context) error {
	if len(c.undo) == 0 {
		return nil
	}
	_, err := once(c, "undo", func() (bool, error) {
		c.undoAll(ctx)
		return true, nil
	})
	c.undo = nil // also where the run before undid it
	return err
}
