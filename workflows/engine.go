package workflows

import (
	"context"
	"errors"
	"fmt"
	"time"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"

	"wutong/station"
	"wutong/workflows/step"
)

// Engine starts and signals cases' workflows.
type Engine struct {
	Client    client.Client
	Namespace string
}

var _ station.Engine = (*Engine)(nil)

// StartCase starts a case's workflow. The workflow's ID is the case's, and is
// never used twice: one that runs, or has run, is fine.
func (e *Engine) StartCase(ctx context.Context, c station.Case) error {
	_, err := e.Client.ExecuteWorkflow(ctx, client.StartWorkflowOptions{
		ID:                                       c.ID,
		TaskQueue:                                step.CasesQueue,
		WorkflowIDReusePolicy:                    enumspb.WORKFLOW_ID_REUSE_POLICY_REJECT_DUPLICATE,
		WorkflowExecutionErrorWhenAlreadyStarted: true,
		StaticSummary:                            c.Number,
		TypedSearchAttributes:                    step.Attributes(c),
	}, string(c.Kind), station.CaseStart{Case: c.ID})
	if _, ok := errors.AsType[*serviceerror.WorkflowExecutionAlreadyStarted](err); ok {
		return nil
	}
	if err != nil {
		return fmt.Errorf("start case %s: %w", c.ID, err)
	}
	return nil
}

// SignalCase tells a case where an act is.
func (e *Engine) SignalCase(ctx context.Context, caseID string, s station.Signal) error {
	err := e.Client.SignalWorkflow(ctx, caseID, "", station.SignalName, s)
	if _, ok := errors.AsType[*serviceerror.NotFound](err); ok {
		return station.Errorf(station.NotFound, "no workflow of case %s runs", caseID)
	}
	if err != nil {
		return fmt.Errorf("signal case %s: %w", caseID, err)
	}
	return nil
}

// Runs lists the runs of cases that began since a time and still go on.
func (e *Engine) Runs(ctx context.Context, since time.Time) (cases, runs []string, err error) {
	query := fmt.Sprintf("CaseNumber IS NOT NULL AND ExecutionStatus = 'Running' AND StartTime > '%s'", since.UTC().Format(time.RFC3339))
	var page []byte
	for {
		res, err := e.Client.ListWorkflow(ctx, &workflowservice.ListWorkflowExecutionsRequest{
			Namespace: e.Namespace, PageSize: 1000, Query: query, NextPageToken: page,
		})
		if err != nil {
			return nil, nil, fmt.Errorf("list runs: %w", err)
		}
		for _, x := range res.GetExecutions() {
			cases, runs = append(cases, x.GetExecution().GetWorkflowId()), append(runs, x.GetExecution().GetRunId())
		}
		if page = res.GetNextPageToken(); len(page) == 0 {
			return cases, runs, nil
		}
	}
}
