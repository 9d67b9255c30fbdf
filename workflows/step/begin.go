package step

import (
	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"wutong/station"
)

// Begin writes a change that begins other cases, and starts their workflows: as
// children of this one in the operator's eyes, which go on whatever becomes of it.
// What cannot be started now the sweep starts.
func (c *Case) Begin(ctx workflow.Context, ch station.Change) error {
	if ctx.Err() != nil { // who has withdrawn begins nothing more
		return ctx.Err()
	}
	_, err := once(c, "begin", func() (bool, error) {
		w, err := c.record(ctx, ch)
		if err != nil {
			return false, err
		}
		ctx, _ := workflow.NewDisconnectedContext(ctx)
		var started []workflow.Future
		for _, begun := range w.Begun {
			started = append(started, start(ctx, begun))
		}
		for i, f := range started {
			if err := f.Get(ctx, nil); err != nil && !temporal.IsWorkflowExecutionAlreadyStartedError(err) {
				workflow.GetLogger(ctx).Warn("case waits for the sweep to start it", "case", w.Begun[i].ID, "error", err)
			}
		}
		return true, nil
	})
	return err
}

// start starts a case's workflow, and returns when that is done.
func start(ctx workflow.Context, c station.Case) workflow.Future {
	child := workflow.WithChildOptions(ctx, workflow.ChildWorkflowOptions{
		WorkflowID:            c.ID,
		WorkflowIDReusePolicy: enumspb.WORKFLOW_ID_REUSE_POLICY_REJECT_DUPLICATE,
		ParentClosePolicy:     enumspb.PARENT_CLOSE_POLICY_ABANDON,
		StaticSummary:         c.Number,
		TypedSearchAttributes: Attributes(c),
	})
	return workflow.ExecuteChildWorkflow(child, string(c.Kind), station.CaseStart{Case: c.ID}).GetChildWorkflowExecution()
}

// Attributes are the search attributes with which a case's workflow starts.
func Attributes(c station.Case) temporal.SearchAttributes {
	return temporal.NewSearchAttributes(
		KeyKind.ValueSet(string(c.Kind)), KeyProgramme.ValueSet(c.Programme), KeyBranch.ValueSet(c.Branch),
		KeyCaseNumber.ValueSet(c.Number), KeyStage.ValueSet(string(c.Stage)), KeyStatus.ValueSet(string(c.Status)),
	)
}
