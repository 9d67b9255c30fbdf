package step

import (
	"slices"
	"time"

	"go.temporal.io/sdk/workflow"

	"wutong/station"
)

// Floor is a set of open tasks on which anybody may act next, each as often as
// the procedure lets them: a vote, a deliberation, a standing permission. What is
// closed leaves the floor by itself.
type Floor struct {
	*Case
	tasks []*Task
}

// NewFloor returns a floor with nothing on it.
func NewFloor(c *Case) *Floor { return &Floor{Case: c} }

// Turn is one thing that happened on a floor: an act that was recorded, or a task
// that nobody did in time.
type Turn struct {
	Task    string           `json:"task"`
	Kind    station.TaskKind `json:"kind"`
	Did     station.ActKind  `json:"did,omitempty"`
	Act     string           `json:"act,omitempty"`
	Actor   string           `json:"actor,omitempty"`
	Body    station.Body     `json:"body,omitzero"` // without words
	At      time.Time        `json:"at,omitzero"`   // when they did it: what was done before can come after it
	Overdue bool             `json:"overdue,omitempty"`
}

// Rule says which change an act on a task brings about, or why it is refused. For
// a task that is overdue the act is nil; the task is closed.
type Rule func(t station.TaskSpec, a *station.Act) (station.Change, station.Reason)

// Put opens tasks on the floor, and says in the same change what happened.
func (f *Floor) Put(ctx workflow.Context, ch station.Change, specs ...station.TaskSpec) ([]*Task, error) {
	tasks, err := f.Open(ctx, ch, specs...)
	for _, t := range tasks {
		if !slices.Contains(f.tasks, t) { // opened again, it has another clock
			f.tasks = append(f.tasks, t)
		}
	}
	return tasks, err
}

// Next lets one thing happen. A rule is asked only once in the life of the case:
// what it needs to know must follow from the turns before. What follows from the
// turn is put down next, and written together with it.
func (f *Floor) Next(ctx workflow.Context, rule Rule) (Turn, error) {
	return once(f.Case, "turn", func() (Turn, error) {
		f.tasks = slices.DeleteFunc(f.tasks, func(t *Task) bool { return f.task(t.Spec.ID) != t })
		for {
			t, act, err := f.Await(ctx, f.tasks...)
			if err != nil {
				return Turn{}, err
			}
			ch, refused := rule(t.Spec, act)
			if ctx.Err() != nil { // it had to look something up
				return Turn{}, ctx.Err()
			}
			turn := Turn{Task: t.Spec.ID, Kind: t.Spec.Kind}
			switch {
			case act == nil:
				ch.Task, ch.Close = t.Spec.ID, append(ch.Close, ended(station.TaskExpired, t)...)
				if ch.Event == "" {
					ch.Event = station.EventUnanswered
				}
				f.put(ctx, ch)
				turn.Overdue = true
			case refused != "":
				f.Refuse(ctx, *act, refused)
				continue
			default:
				turn.Did, turn.Act, turn.Actor, turn.Body, turn.At = act.Kind, act.ID, act.Actor, act.Body, act.At
				for _, v := range ch.Reviews {
					f.standing.Reviewed = append(f.standing.Reviewed, v.Act) // its task can have many
				}
				f.Settle(ctx, *act, ch)
			}
			return turn, nil
		}
	})
}

// Closing closes the tasks on the floor that are of some kinds, and perhaps of
// one account ("": of all).
func (f *Floor) Closing(how station.TaskStatus, account string, kinds ...station.TaskKind) []station.TaskEnd {
	var list []*Task
	for _, t := range f.Case.tasks {
		if slices.Contains(kinds, t.Spec.Kind) && (account == "" || t.Spec.Assignee == account) {
			list = append(list, t)
		}
	}
	return ended(how, list...)
}
