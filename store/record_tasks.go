package store

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"wutong/station"
	"wutong/station/calendar"
)

// closeTasks ends tasks and spends their links.
func (r *recording) closeTasks(ctx context.Context) error {
	if len(r.ch.Close) == 0 {
		return nil
	}
	var tasks, statuses []string
	for _, end := range r.ch.Close {
		if !slices.Contains(tasks, end.Task) { // the first word on a task counts
			tasks, statuses = append(tasks, end.Task), append(statuses, string(end.Status))
		}
	}
	_, err := r.tx.ExecContext(ctx, `
		WITH closed AS (
			UPDATE tasks t SET status = e.status, closed_at = $3
			FROM unnest($1::text[], $2::text[]) AS e (task, status) WHERE t.id = e.task AND t.status = 'open')
		UPDATE links SET used_at = $3 WHERE task = ANY($1) AND used_at IS NULL`, textArray(tasks), textArray(statuses), r.ch.At)
	if err != nil {
		return fmt.Errorf("close %d tasks: %w", len(tasks), err)
	}
	return nil
}

func (r *recording) openTasks(ctx context.Context) error {
	for _, spec := range r.ch.Open {
		if err := r.openTask(ctx, spec); err != nil {
			return err
		}
	}
	return nil
}

// openTask puts a task on the calendar and, if its owner is a party without an
// account, makes the link by which they do it. A task of that ID that an
// earlier run left is opened again.
func (r *recording) openTask(ctx context.Context, spec station.TaskSpec) error {
	due := deadline(r.cal, r.ch.At, spec.Wait)
	if spec.Role == station.RoleAngel {
		spec.Level = station.CityLevel // where the hub is
	}
	if spec.Managed && spec.Role == station.RoleOfficer {
		spec.Assignee = r.home.Manager
	}
	branch, err := r.branchOf(ctx, spec.Level)
	if err != nil {
		return err
	}
	wait, err := json.Marshal(spec.Wait)
	if err != nil {
		return err
	}
	details, err := normalise(&spec.Details)
	if err != nil {
		return err
	}
	_, err = r.tx.ExecContext(ctx, `
		INSERT INTO tasks (id, case_id, kind, stage, role, branch, party, assignee, status, due, wait, opened_at, details, provider, managed)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 'open', $9, $10, $11, $12, $13, $14)
		ON CONFLICT (id) DO UPDATE SET role = EXCLUDED.role, assignee = EXCLUDED.assignee, status = 'open',
			due = EXCLUDED.due, wait = EXCLUDED.wait, held_at = NULL, opened_at = EXCLUDED.opened_at,
			closed_at = NULL, details = EXCLUDED.details, provider = EXCLUDED.provider, managed = EXCLUDED.managed`,
		spec.ID, r.ch.Case, spec.Kind, r.ch.Standing.Stage, spec.Role, branch, spec.Party, nullable(spec.Assignee),
		due.Due, string(wait), r.ch.At, details, nullable(spec.Provider), spec.Managed)
	if err != nil {
		return fmt.Errorf("open task %s: %w", spec.ID, err)
	}
	if spec.Party.Mailed() {
		_, err := r.tx.ExecContext(ctx, `
			INSERT INTO links (id, task, party, expires_at) VALUES ($1, $2, $3, $4)
			ON CONFLICT ON CONSTRAINT one_link_per_task DO UPDATE SET expires_at = EXCLUDED.expires_at, used_at = NULL`,
			station.NewID(), spec.ID, spec.Party, due.Due)
		if err != nil {
			return fmt.Errorf("make the link of task %s: %w", spec.ID, err)
		}
	}
	if spec.Notice != "" {
		r.ch.Notices = append(r.ch.Notices, station.NoticeSpec{
			Occasion: occasion(spec.ID), Template: spec.Notice, Account: spec.Assignee, Party: spec.Party, Task: spec.ID, Act: r.ch.Act,
		})
	}
	r.written.Tasks = append(r.written.Tasks, station.TaskOpened{ID: spec.ID, Assignee: spec.Assignee, Deadline: due})
	return nil
}

// branchOf is the branch of the case that does something: its own, or the city's.
func (r *recording) branchOf(ctx context.Context, level station.Level) (branch string, err error) {
	if level == station.OwnLevel {
		return r.c.Branch, nil
	}
	err = r.tx.GetContext(ctx, &branch, `SELECT coalesce(parent, code) FROM branches WHERE code = $1`, r.c.Branch)
	if err != nil {
		return "", fmt.Errorf("look for the city of %s: %w", r.c.Branch, err)
	}
	return branch, nil
}

// occasion is a task's ID without its case: what a notice about it is about.
func occasion(task string) string { return task[len(station.CaseOfTask(task))+1:] }

// selectPanel lists whom a case ($1) of a branch ($3) can ask, but for those in
// $2, by least load; among equals by lot, the same lot for the same case.
const selectPanel = `
	SELECT a.id, a.email, a.institution FROM accounts a
	WHERE a.roles @> ARRAY['reviewer'] AND NOT a.disabled AND a.id <> ALL($2::uuid[])
	  AND (a.branch = $3 OR a.branch = (SELECT parent FROM branches WHERE code = $3))
	ORDER BY (SELECT count(*) FROM tasks t WHERE t.assignee = a.id AND t.status = 'open'), md5(a.id::text || $1::text)`

// selectAngels is selectPanel for the members of the hub, without those who have
// declared a conflict in the case.
const selectAngels = `
	SELECT a.id, a.email, a.institution FROM angels g JOIN accounts a ON a.id = g.account
	WHERE g.status = 'active' AND NOT a.disabled AND a.id <> ALL($2::uuid[])
	  AND g.branch = (SELECT coalesce(parent, code) FROM branches WHERE code = $3)
	  AND NOT EXISTS (SELECT FROM declarations d WHERE d.case_id = $1 AND d.account = a.id AND d.conflict <> 'none')
	ORDER BY (SELECT count(*) FROM tasks t WHERE t.assignee = a.id AND t.status = 'open' AND t.kind = 'review'), md5(a.id::text || $1::text)`

// openPanel gives a review task to each of the reviewers who have least to do
// and no conflict. Fewer than asked for may be left: the procedure decides what
// then.
func (r *recording) openPanel(ctx context.Context) error {
	p := r.ch.Panel
	if p == nil {
		return nil
	}
	parties, err := partiesOf(ctx, r.tx, r.ch.Case)
	if err != nil {
		return err
	}
	query := selectPanel
	if p.Role == station.RoleAngel {
		query = selectAngels
	}
	var pool []station.Account
	rows, err := r.tx.QueryxContext(ctx, query, r.ch.Case, textArray(p.Exclude), r.c.Branch)
	if err != nil {
		return fmt.Errorf("look for reviewers: %w", err)
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var a station.Account
		if err := rows.Scan(&a.ID, &a.Email, &a.Institution); err != nil {
			return err
		}
		if !station.Conflicted(a, parties) {
			pool = append(pool, a)
		}
	}
	if err := rows.Err(); err != nil {
		return err
	}
	_ = rows.Close()
	if len(p.Only) > 0 { // they come before the others
		wanted, others := []station.Account{}, []station.Account{}
		for _, a := range pool {
			if slices.Contains(p.Only, a.ID) {
				wanted = append(wanted, a)
			} else {
				others = append(others, a)
			}
		}
		pool = append(wanted, others...)
	}
	for i, a := range pool[:min(p.Count, len(pool))] {
		spec := station.TaskSpec{
			ID: station.TaskID(r.ch.Case, r.ch.Standing.Stage, p.First+i), Kind: station.TaskReview,
			Assignee: a.ID, Wait: p.Wait, Notice: station.MailTask, Untimed: p.Untimed,
		}
		if p.Quiet {
			spec.Notice = ""
		}
		if err := r.openTask(ctx, spec); err != nil {
			return err
		}
	}
	return nil
}

// moveClock stops a task's clock, or lets it run on with the time that was left.
func (r *recording) moveClock(ctx context.Context) error {
	if r.ch.Hold != "" {
		if _, err := r.tx.ExecContext(ctx, `UPDATE tasks SET held_at = $2 WHERE id = $1 AND held_at IS NULL`, r.ch.Hold, r.ch.At); err != nil {
			return fmt.Errorf("stop the clock of %s: %w", r.ch.Hold, err)
		}
	}
	if r.ch.Resume == "" {
		return nil
	}
	t, err := taskByID(ctx, r.tx, r.ch.Resume)
	if err != nil {
		return err
	}
	if !t.HeldAt.Valid || t.Due == nil {
		return nil
	}
	var w station.Wait
	if err := json.Unmarshal([]byte(t.Wait), &w); err != nil {
		return err
	}
	// the time that is left runs from now on; a reminder keeps its distance from
	// the due date, however often the clock was stopped before
	days := left(r.cal, t.HeldAt.Time, *t.Due, w)
	rest := station.Wait{Days: days, Calendar: w.Calendar}
	if w.Seconds > 0 {
		rest.Seconds = 1 + int(t.Due.Sub(t.HeldAt.Time)/time.Second)
	}
	for _, n := range w.Reminders {
		if day := days - (w.Days - n); day > 0 {
			rest.Reminders = append(rest.Reminders, day)
		}
	}
	d := deadline(r.cal, r.ch.At, rest)
	if _, err := r.tx.ExecContext(ctx, `UPDATE tasks SET held_at = NULL, due = $2 WHERE id = $1`, t.ID, d.Due); err != nil {
		return fmt.Errorf("let the clock of %s run on: %w", t.ID, err)
	}
	r.written.Tasks = append(r.written.Tasks, station.TaskOpened{ID: t.ID, Assignee: t.Assignee.String, Deadline: d})
	return nil
}

// assign gives a task to someone, back to its pool, or to the pool it is
// escalated to.
func (r *recording) assign(ctx context.Context) error {
	a := r.ch.Assign
	if a == nil {
		return nil
	}
	if a.Role == "" {
		_, err := r.tx.ExecContext(ctx, `UPDATE tasks SET assignee = $2 WHERE id = $1`, a.Task, nullable(a.Account))
		if err != nil {
			return fmt.Errorf("assign task %s: %w", a.Task, err)
		}
		return r.changeManager(ctx, *a)
	}
	d := deadline(r.cal, r.ch.At, *a.Wait)
	wait, err := json.Marshal(a.Wait)
	if err != nil {
		return err
	}
	_, err = r.tx.ExecContext(ctx, `UPDATE tasks SET assignee = NULL, role = $2, due = $3, wait = $4, opened_at = $5, managed = false WHERE id = $1`,
		a.Task, a.Role, d.Due, string(wait), r.ch.At)
	if err != nil {
		return fmt.Errorf("escalate task %s: %w", a.Task, err)
	}
	r.written.Tasks = append(r.written.Tasks, station.TaskOpened{ID: a.Task, Deadline: d})
	return nil
}

func (r *recording) insertReviews(ctx context.Context) error {
	for _, v := range r.ch.Reviews {
		scores, err := json.Marshal(v.Scores)
		if err != nil {
			return err
		}
		// the stage is that in which the task was opened: a score can come late
		_, err = r.tx.ExecContext(ctx, `
			INSERT INTO reviews (case_id, task, act, stage, reviewer, verdict, scores, total, tier, at)
			SELECT $1, t.id, $3, t.stage, $4, $5, $6, $7, $8, $9 FROM tasks t WHERE t.id = $2`,
			r.ch.Case, v.Task, v.Act, v.Reviewer, v.Verdict, string(scores), v.Total, v.Tier, r.ch.At)
		if err != nil {
			return fmt.Errorf("record the verdict on %s: %w", v.Task, err)
		}
	}
	return nil
}

// deadline puts a wait on the calendar. Reminders go out in the morning; one whose
// time has passed already does not.
func deadline(cal *calendar.Calendar, at time.Time, w station.Wait) station.Deadline {
	if w.Seconds > 0 && w.Until == nil {
		return station.Deadline{Due: at.Add(time.Duration(w.Seconds) * time.Second)}
	}
	from := at
	if w.From != nil {
		from = *w.From
	}
	add := cal.AddWorkingDays
	if w.Calendar {
		add = cal.AddDays
	}
	var d station.Deadline
	if w.Until != nil {
		d.Due = *w.Until
	} else {
		d.Due = add(from, w.Days)
	}
	for _, n := range slices.Sorted(slices.Values(w.Reminders)) {
		if m := morning(add(from, n)); (w.From == nil || m.After(at)) && m.Before(d.Due) {
			d.Reminders = append(d.Reminders, m)
		}
	}
	return d
}
