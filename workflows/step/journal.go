package step

import (
	"encoding/json"
	"fmt"

	"go.temporal.io/sdk/workflow"
)

// once does a piece of work once in the life of a case, however many runs that
// life takes: a later run gets the first one's answer from the journal. Name
// says what it is; the same name again is the next piece.
func once[T any](c *Case, name string, do func() (T, error)) (T, error) {
	c.counts[name]++
	key := fmt.Sprintf("%s.%d", name, c.counts[name])
	var answer T
	if raw, done := c.journal[key]; done {
		if err := json.Unmarshal(raw, &answer); err != nil {
			return answer, fmt.Errorf("read %s in the journal: %w", key, err)
		}
		return answer, nil
	}
	answer, err := do()
	if err != nil {
		return answer, err
	}
	raw, err := json.Marshal(answer)
	if err != nil {
		return answer, fmt.Errorf("write %s into the journal: %w", key, err)
	}
	c.journal[key] = raw
	return answer, nil
}

// Look runs an activity that only reads, and briefly, where what comes of it is
// kept: in the rule of a floor.
func Look[T any](ctx workflow.Context, summary string, activity any, args ...any) (T, error) {
	var answer T
	err := workflow.ExecuteLocalActivity(glance(ctx, summary), activity, args...).Get(ctx, &answer)
	return answer, err
}

// Read runs an activity that only reads, and briefly, once in the life of the
// case. It runs beside the workflow, as a local activity.
func Read[T any](ctx workflow.Context, c *Case, name, summary string, activity any, args ...any) (T, error) {
	return once(c, name, func() (T, error) {
		return Look[T](ctx, summary, activity, args...)
	})
}

// ReadBack is Read once what was put down is written: it reads what came of that.
func ReadBack[T any](ctx workflow.Context, c *Case, name, summary string, activity any, args ...any) (T, error) {
	return once(c, name, func() (T, error) {
		if err := c.flush(ctx); err != nil {
			var none T
			return none, err
		}
		return Look[T](ctx, summary, activity, args...)
	})
}
