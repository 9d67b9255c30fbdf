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

// mails counts all that the mail's runs have cost until now.
func mails(ctx context.Context, temporal client.Client) (cost, error) {
	var mail cost
	for page := []byte(nil); ; {
		list, err := temporal.ListWorkflow(ctx, &workflowservice.ListWorkflowExecutionsRequest{Query: `WorkflowType = 'mail'`, NextPageToken: page})
		if err != nil {
			return mail, fmt.Errorf("list the mail's runs: %w", err)
		}
		for _, x := range list.Executions {
			if err := mail.count(ctx, temporal, x.Execution.WorkflowId, x.Execution.RunId); err != nil {
				return mail, err
			}
		}
		if page = list.NextPageToken; len(page) == 0 {
			return mail, nil
		}
	}
}

// histories are those of one kind of case, and of its baseline.
type histories struct {
	temporal client.Client
	db       *sql.DB
	kind     kind
	bare     string // a baseline's case
}

// print prints what a case costs; before is what mails cost before so many cases were started.
func (h histories) print(ctx context.Context, before cost, cases int) error {
	ours, err := h.some(ctx)
	if err != nil {
		return err
	}
	var bare cost
	if err := bare.count(ctx, h.temporal, h.bare, ""); err != nil {
		return err
	}
	mail, err := mails(ctx, h.temporal)
	if err != nil {
		return err
	}
	mail = cost{mail.events - before.events, mail.actions - before.actions}.per(cases)
	var changes float64
	err = h.db.QueryRowContext(ctx, `SELECT count(*)::float / count(DISTINCT case_id) FROM changes JOIN cases c ON c.id = case_id WHERE c.kind = $1 AND c.ended_at IS NOT NULL`,
		h.kind.Kind).Scan(&changes)
	if err != nil {
		return fmt.Errorf("count changes: %w", err)
	}
	written := float64(len(h.kind.bare))
	t := newTable(fmt.Sprintf("What a %s costs in Temporal", h.kind.Kind), "", "its case", "its mails", "bare", "ratio, without mails")
	t.row("history events", fmt.Sprintf("%.0f", ours.events), fmt.Sprintf("%.1f", mail.events), fmt.Sprintf("%.0f", bare.events), ratio(ours.events, bare.events))
	t.row("Actions", fmt.Sprintf("%.0f", ours.actions), fmt.Sprintf("%.1f", mail.actions), fmt.Sprintf("%.0f", bare.actions), ratio(ours.actions, bare.actions))
	t.row("changes written", fmt.Sprintf("%.1f", changes), "", fmt.Sprintf("%.0f", written), ratio(changes, written))
	t.end()
	return nil
}

// some is what one of the last cases cost, on average.
func (h histories) some(ctx context.Context) (cost, error) {
	const some = 20
	var all cost
	rows, err := h.db.QueryContext(ctx, `SELECT id FROM cases WHERE kind = $1 AND ended_at IS NOT NULL ORDER BY id DESC LIMIT $2`, h.kind.Kind, some)
	if err != nil {
		return all, fmt.Errorf("find cases: %w", err)
	}
	defer rows.Close()
	n := 0
	for ; rows.Next(); n++ {
		var id string
		if err := rows.Scan(&id); err != nil {
			return all, fmt.Errorf("find cases: %w", err)
		}
		if err := all.count(ctx, h.temporal, id, ""); err != nil {
			return all, err
		}
	}
	return all.per(n), rows.Err()
}
