package step

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"wutong/station"
)

// Procedure is a process's own part: its steps, from the case's opening to its
// outcome. It runs again from its beginning after the case continued as new,
// so it may only act through this package.
type Procedure func(ctx workflow.Context, c *Case) (Outcome, error)

// Outcome is how a procedure ended.
type Outcome struct {
	Status  station.Status
	Reason  station.Reason
	Event   station.EventKind // station.EventClosed when empty
	Details station.Details
	Notices []station.NoticeSpec
	End     station.Ending
}

// Case is a running case: where it stands, its open tasks, and its desk. Its
// fields belong to the coroutines of one workflow: only one runs at a time.
type Case struct {
	ID string
	station.Opened

	run      string
	after    string // the run that this one continues
	sequence int
	standing station.Standing
	journal  map[string]json.RawMessage
	counts   map[string]int // of journal entries by name
	tasks    []*Task        // open, in the order in which they were opened
	undo     []undoing
	drafts   []*draft // changes put down and not written yet
	writing  workflow.Mutex
	// unwritten is why the desk could not write what the procedure put down
	unwritten error

	desk      desk
	shown     string             // the search attributes, as the operator sees them
	about     func() string      // more of the case for the operator, or nil
	award     station.AwardState // as the last change that moved money left it
	appealed  map[string]bool    // by matter
	withdrawn *station.Act
	farewell  Outcome                      // what a withdrawal brings with it
	aftermath func(workflow.Context) error // what is done after one, before the end
	keeps     []string                     // tasks that a withdrawal leaves open
	uncut     bool                         // what is under way is finished, whoever withdraws meanwhile
	ordered   bool                         // acts are looked at in the order in which they were done
	closing   bool
	renewing  bool // every wait ends with errRenew
	cancel    workflow.CancelFunc
}

// errRenew unwinds a procedure whose case continues as new.
var errRenew = errors.New("the case continues as new")

// Run opens a case, runs its procedure, and closes it: it undoes what must be
// undone, settles every act, and records the end.
func Run(ctx workflow.Context, in station.CaseStart, procedure Procedure) error {
	c, err := open(ctx, in)
	if err != nil {
		return err
	}
	inner, cancel := workflow.WithCancel(ctx)
	c.cancel = cancel
	workflow.GoNamed(ctx, "desk", c.serve)
	outcome, err := procedure(inner, c)
	// from here on nothing may be cut short: the case must end in good order
	last, _ := workflow.NewDisconnectedContext(ctx)
	if c.withdrawn != nil && c.aftermath != nil {
		if err := c.leave(last); err != nil {
			return err
		}
	}
	c.closing = true
	switch {
	case errors.Is(err, errRenew) && c.withdrawn == nil:
		return c.renew(last)
	case c.withdrawn != nil:
		c.farewell.Status, c.farewell.Reason = station.Withdrawn, station.ReasonWithdrawn
		return c.close(last, c.farewell, nil)
	case stale(err):
		return err // another run writes: this one has nothing to say any more
	case temporal.IsCanceledError(err):
		return c.close(last, Outcome{Status: station.Failed, Reason: station.ReasonStopped, Event: station.EventFailed}, nil)
	case err != nil:
		return c.close(last, Outcome{Status: station.Failed, Reason: station.ReasonStopped, Event: station.EventFailed}, err)
	default:
		return c.close(last, outcome, nil)
	}
}

// open takes up a case: as new, or where the run before left it.
func open(ctx workflow.Context, in station.CaseStart) (*Case, error) {
	info := workflow.GetInfo(ctx)
	c := &Case{
		ID: in.Case, run: info.WorkflowExecution.RunID, journal: map[string]json.RawMessage{}, counts: map[string]int{},
		appealed: map[string]bool{}, writing: workflow.NewMutex(ctx), desk: newDesk(ctx),
	}
	if info.WorkflowExecution.ID != in.Case {
		return nil, temporal.NewNonRetryableApplicationError("workflow and case differ", "WrongCase", nil)
	}
	if in.Carried != nil {
		c.resume(ctx, in.Carried)
		return c, nil
	}
	c.standing = station.Standing{Stage: station.StageSubmitted, Status: station.Open}
	if err := workflow.ExecuteLocalActivity(glance(ctx, "Open the case"), records.OpenCase, in.Case).Get(ctx, &c.Opened); err != nil {
		return nil, fmt.Errorf("open case %s: %w", in.Case, err)
	}
	return c, nil
}

func (c *Case) resume(ctx workflow.Context, carried *station.Carried) {
	c.Opened, c.after, c.sequence, c.standing, c.award = carried.Opened, carried.Run, carried.Sequence, carried.Standing, carried.Award
	if carried.Journal != nil {
		c.journal = carried.Journal
	}
	for _, t := range carried.Tasks {
		c.tasks = append(c.tasks, taskFrom(ctx, t))
	}
	for _, id := range carried.Settled {
		c.desk.settled[id] = true
	}
	c.desk.backlog = carried.Signals
	c.describe(ctx)
}

// renew continues the case as new. What the desk has in hand is finished first,
// and what it has not read yet travels along.
func (c *Case) renew(ctx workflow.Context) error {
	if err := c.desk.rest(ctx); err != nil {
		return err
	}
	if err := c.flush(ctx); err != nil {
		return err
	}
	carried := &station.Carried{
		Run: c.run, Opened: c.Opened, Sequence: c.sequence, Standing: c.standing, Award: c.award, Journal: c.journal,
		Settled: workflow.DeterministicKeys(c.desk.settled), Signals: c.desk.unread(),
	}
	for _, a := range c.desk.early {
		carried.Signals = append(carried.Signals, signalOf(a))
	}
	for _, t := range c.tasks {
		carried.Tasks = append(carried.Tasks, t.CarriedTask)
		for _, a := range t.acts {
			carried.Signals = append(carried.Signals, signalOf(a))
		}
	}
	return workflow.NewContinueAsNewError(ctx, workflow.GetInfo(ctx).WorkflowType.Name, station.CaseStart{Case: c.ID, Carried: carried})
}

// close ends the case. Nothing reaches it afterwards: the last record refuses
// what is pending in the same transaction, and the workflow returns only when
// the desk is idle and has read everything, so that no act is lost half-way.
func (c *Case) close(ctx workflow.Context, o Outcome, cause error) error {
	// what the desk has decided on comes before the end: a withdrawal that ends
	// the case is recorded, not refused by it
	if err := c.desk.rest(ctx); err != nil {
		return err
	}
	if o.Status != station.Accepted && o.Status != station.Completed {
		c.undoAll(ctx)
	}
	if o.Event == "" {
		o.Event = station.EventClosed
	}
	change := station.Change{Event: o.Event, Details: o.Details, Notices: o.Notices, End: &o.End}
	c.standing.Stage, c.standing.Status, c.standing.Reason = station.StageEnded, o.Status, o.Reason
	c.tasks = nil
	if _, err := c.record(ctx, change); err != nil {
		if stale(err) {
			return err
		}
		return fmt.Errorf("close case %s: %w", c.ID, err)
	}
	for {
		if err := c.desk.rest(ctx); err != nil {
			return err
		}
		if len(c.desk.unread()) == 0 { // refused by the last record
			return cause
		}
	}
}

// stale reports that another run of the case has taken over.
func stale(err error) bool {
	var app *temporal.ApplicationError
	return errors.As(err, &app) && app.Type() == "stale_run"
}

// IfWithdrawn says what a withdrawal brings with it from here on: who is told,
// what is erased and, if anything, what is to be done before the case ends.
func (c *Case) IfWithdrawn(o Outcome, aftermath func(workflow.Context) error) {
	c.farewell, c.aftermath = o, aftermath
}

// Keep says which tasks a withdrawal leaves open: what it brings with it needs them.
func (c *Case) Keep(tasks ...string) { c.keeps = tasks }

// leave cancels what tasks a withdrawal left open, and does what is to be done
// before the case ends.
func (c *Case) leave(ctx workflow.Context) error {
	if err := c.desk.rest(ctx); err != nil {
		return err
	}
	cancelled := slices.DeleteFunc(slices.Clone(c.tasks), func(t *Task) bool { return slices.Contains(c.keeps, t.Spec.ID) })
	c.put(ctx, station.Change{Close: ended(station.TaskCancelled, cancelled...)})
	err := c.aftermath(ctx)
	if err != nil && !stale(err) {
		return fmt.Errorf("end case %s after its withdrawal: %w", c.ID, err)
	}
	return err
}

// withUncut does something that a withdrawal does not cut short: it takes effect
// when that is done.
func withUncut[T any](ctx workflow.Context, c *Case, do func(workflow.Context) (T, error)) (T, error) {
	ctx, _ = workflow.NewDisconnectedContext(ctx)
	c.uncut = true
	defer func() { c.uncut = false }()
	return do(ctx)
}
