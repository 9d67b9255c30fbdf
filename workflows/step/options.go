package step

import (
	"time"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"wutong/activities"
)

// Queues of the workers: cases, which write their own records; what is done to the
// records of many cases; and mail. Each can be scaled, stopped and throttled by itself.
const (
	CasesQueue   = "cases"
	RecordsQueue = "records"
	MailQueue    = "mail"
)

// records names the activities; only its methods' names are used.
var records *activities.Records

// patient is for what must happen in the end: an outage of the database makes a
// case wait, never fail. It runs on the workflow's own queue: the server gives it to
// the worker in its answer to the workflow task, and need not queue it.
func patient(ctx workflow.Context, summary string) workflow.Context {
	return workflow.WithActivityOptions(ctx, workflow.ActivityOptions{
		StartToCloseTimeout: 30 * time.Second,
		Summary:             summary,
		RetryPolicy: &temporal.RetryPolicy{
			InitialInterval:    200 * time.Millisecond,
			BackoffCoefficient: 2,
			MaximumInterval:    15 * time.Second,
		},
	})
}

// glance is for reading where the workflow runs: short, and again for as long as
// it takes.
func glance(ctx workflow.Context, summary string) workflow.Context {
	return workflow.WithLocalActivityOptions(ctx, workflow.LocalActivityOptions{
		StartToCloseTimeout: 10 * time.Second,
		Summary:             summary,
		RetryPolicy: &temporal.RetryPolicy{
			InitialInterval:    200 * time.Millisecond,
			BackoffCoefficient: 2,
			MaximumInterval:    10 * time.Second,
		},
	})
}
