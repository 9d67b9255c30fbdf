package step

import (
	"encoding/json"
	"slices"

	"go.temporal.io/sdk/workflow"

	"wutong/station"
)

// Task is an open task as the workflow sees it: its clock, and the acts that
// lie with it.
type Task struct {
	station.CarriedTask
	acts []station.Act
	wake workflow.Channel
}

func taskFrom(ctx workflow.Context, t station.CarriedTask) *Task {
	return &Task{CarriedTask: t, wake: workflow.NewBufferedChannel(ctx, 1)}
}

// task returns an open task, or nil.
func (c *Case) task(id string) *Task {
	i := slices.IndexFunc(c.tasks, func(t *Task) bool { return t.Spec.ID == id })
	if i < 0 {
		return nil
	}
	return c.tasks[i]
}

// lay puts an act where whoever waits for the task finds it.
func (t *Task) lay(a station.Act) {
	t.acts = append(t.acts, a)
	t.wake.SendAsync(true)
}

// TaskID is the ID of the next task of a stage.
func (c *Case) TaskID(stage station.Stage) string {
	c.counts["task "+string(stage)]++
	return station.TaskID(c.ID, stage, c.counts["task "+string(stage)])
}

// openedTask is a task as the journal keeps it: of one that is done it is still
// known whose it was.
type openedTask struct {
	ID       string `json:"id"`
	Assignee string `json:"assignee,omitempty"`
}

// UnmarshalJSON reads what earlier releases wrote too: the ID alone.
func (o *openedTask) UnmarshalJSON(raw []byte) error {
	if json.Unmarshal(raw, &o.ID) == nil {
		return nil
	}
	type plain openedTask
	return json.Unmarshal(raw, (*plain)(o))
}

// Open opens tasks and says in the same change what happened. It returns them
// in order; after a continue-as-new, tasks that are done come back closed.
func (c *Case) Open(ctx workflow.Context, ch station.Change, specs ...station.TaskSpec) ([]*Task, error) {
	if ctx.Err() != nil { // who has withdrawn is asked nothing more
		return nil, ctx.Err()
	}
	ch.Open = specs
	opened, err := once(c, "open", func() ([]openedTask, error) {
		w, err := c.record(ctx, ch)
		var list []openedTask
		for _, t := range w.Tasks {
			list = append(list, openedTask{ID: t.ID, Assignee: t.Assignee})
		}
		return list, err
	})
	var tasks []*Task
	for _, o := range opened {
		t := c.task(o.ID)
		if t == nil { // done before this run began
			t = taskFrom(ctx, station.CarriedTask{Spec: station.TaskSpec{ID: o.ID, Assignee: o.Assignee}})
		}
		tasks = append(tasks, t)
	}
	return tasks, err
}

// remember keeps what a written change did to the tasks' clocks.
func (c *Case) remember(ctx workflow.Context, ch station.Change, w station.Written) {
	if t := c.task(ch.Hold); t != nil {
		t.Held = true
	}
	if t := c.task(ch.Resume); t != nil {
		t.Held = false
	}
	if w.Fund != nil {
		c.award = *w.Fund
	}
	if w.Applicant != "" {
		c.Applicant = w.Applicant
	}
	for _, opened := range w.Tasks {
		t := c.task(opened.ID)
		if t == nil {
			spec, ok := specOf(ch, opened)
			if !ok { // only moved, and closed by a change that was written together with this one
				continue
			}
			t = taskFrom(ctx, station.CarriedTask{Spec: spec, Held: spec.Untimed})
			t.acts = c.desk.dueNow(opened.ID)
			c.tasks = append(c.tasks, t)
		} else {
			t.wake.SendAsync(true) // whoever waits looks at the new clock
		}
		t.Deadline, t.Reminded = opened.Deadline, 0
	}
}

// specOf finds what was asked for; a panel's tasks are the store's to name.
func specOf(ch station.Change, opened station.TaskOpened) (station.TaskSpec, bool) {
	for _, s := range ch.Open {
		if s.ID == opened.ID {
			return s, true
		}
	}
	if ch.Panel == nil {
		return station.TaskSpec{}, false
	}
	return station.TaskSpec{ID: opened.ID, Kind: station.TaskReview, Assignee: opened.Assignee, Wait: ch.Panel.Wait, Untimed: ch.Panel.Untimed}, true
}

// forget takes closed tasks off the list. Acts that lie with them go back to
// the desk, which refuses them.
func (c *Case) forget(closed []station.TaskEnd) {
	for _, end := range closed {
		t := c.task(end.Task)
		if t == nil {
			continue
		}
		for _, a := range t.acts {
			c.desk.backlog = append(c.desk.backlog, signalOf(a))
		}
		c.tasks = slices.DeleteFunc(c.tasks, func(x *Task) bool { return x == t })
	}
}
