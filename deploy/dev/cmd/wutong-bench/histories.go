package main

import (
	"context"
	"database/sql"
	"fmt"

	"go.temporal.io/api/enums/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
)

// cost is what one or more histories hold.
type cost struct{ events, actions float64 }

// count adds a history. Actions are an estimate of what Temporal Cloud would bill
// (docs.temporal.io/evaluate/cloud/actions): starts, attempts of activities, timers, signals, upserts of search
// attributes, and the local activities of a workflow task as one. Heartbeats leave no event: they are not in it.
func (c *cost) count(ctx context.Context, temporal client.Client, id, run string) error {
	it := temporal.GetWorkflowHistory(ctx, id, run, false, enums.HISTORY_EVENT_FILTER_TYPE_ALL_EVENT)
	local := map[int64]bool{}
	for it.HasNext() {
		e, err := it.Next()
		if err != nil {
			return fmt.Errorf("read a history: %w", err)
		}
		c.events++
		switch e.EventType { //nolint:exhaustive // the others are free
		case enums.EVENT_TYPE_WORKFLOW_EXECUTION_STARTED, enums.EVENT_TYPE_TIMER_STARTED, enums.EVENT_TYPE_WORKFLOW_EXECUTION_SIGNALED,
			enums.EVENT_TYPE_UPSERT_WORKFLOW_SEARCH_ATTRIBUTES:
			c.actions++
		case enums.EVENT_TYPE_ACTIVITY_TASK_STARTED:
			c.actions += float64(e.GetActivityTaskStartedEventAttributes().Attempt)
		case enums.EVENT_TYPE_MARKER_RECORDED:
			a := e.GetMarkerRecordedEventAttributes()
			if a.MarkerName == "LocalActivity" && !local[a.WorkflowTaskCompletedEventId] {
				local[a.WorkflowTaskCompletedEventId] = true
				c.actions++
			}
		}
	}
	return nil
}

func (c cost) per(n int) cost { return cost{c.events / float64(n), c.actions / float64(n)} }

// printHistories counts some referrals and all mail.
func printHistories(ctx context.Context, temporal client.Client, db *sql.DB, referrals int) error {
	const some = 20
	var ours, bare, mail cost
	rows, err := db.QueryContext(ctx, `SELECT id FROM cases WHERE ended_at IS NOT NULL ORDER BY id DESC LIMIT $1`, some)
	if err != nil {
		return fmt.Errorf("find cases: %w", err)
	}
	defer rows.Close()
	n := 0
	for ; rows.Next(); n++ {
		var id string
		if err := rows.Scan(&id); err != nil {
			return fmt.Errorf("find cases: %w", err)
		}
		if err := ours.count(ctx, temporal, id, ""); err != nil {
			return err
		}
	}
	if err := rows.Err(); err != nil {
		return fmt.Errorf("find cases: %w", err)
	}
	if err := bare.count(ctx, temporal, "bare-1", ""); err != nil {
		return err
	}
	for page := []byte(nil); ; {
		list, err := temporal.ListWorkflow(ctx, &workflowservice.ListWorkflowExecutionsRequest{Query: `WorkflowType = 'mail'`, NextPageToken: page})
		if err != nil {
			return fmt.Errorf("list the mail's runs: %w", err)
		}
		for _, x := range list.Executions {
			if err := mail.count(ctx, temporal, x.Execution.WorkflowId, x.Execution.RunId); err != nil {
				return err
			}
		}
		if page = list.NextPageToken; len(page) == 0 {
			break
		}
	}
	var changes float64
	if err := db.QueryRowContext(ctx, `SELECT count(*)::float / count(DISTINCT case_id) FROM changes`).Scan(&changes); err != nil {
		return fmt.Errorf("count changes: %w", err)
	}
	ours, mail = ours.per(n), mail.per(referrals)
	t := newTable("What a referral costs in Temporal", "", "its case", "its mails", "bare", "ratio, without mails")
	t.row("history events", fmt.Sprintf("%.0f", ours.events), fmt.Sprintf("%.1f", mail.events), fmt.Sprintf("%.0f", bare.events), ratio(ours.events, bare.events))
	t.row("Actions", fmt.Sprintf("%.0f", ours.actions), fmt.Sprintf("%.1f", mail.actions), fmt.Sprintf("%.0f", bare.actions), ratio(ours.actions, bare.actions))
	t.row("changes written", fmt.Sprintf("%.1f", changes), "", fmt.Sprint(len(bareSignals)+2), ratio(changes, float64(len(bareSignals)+2)))
	t.end()
	return nil
}
