package main

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"golang.org/x/sync/errgroup"
	"wutong/station"

	"wutong/deploy/dev/crowd"
)

// The programmes of settlements and of ambassadors. A newcomer who does not rate at once does not rate.
const (
	settling   = "bench-settlements"
	appointing = "bench-ambassadors"
	atRatings  = time.Second
)

// offers are the services of which each settlement has all.
var offers = crowd.Services().Offers

// settlements measures settlements of eight services, each accepted and completed by its provider, beside bare workflows of
// the same shape.
func (b *bench) settlements(ctx context.Context) error {
	temporal, err := dial(b.stack)
	if err != nil {
		return err
	}
	defer temporal.Close()
	baseline, err := newBareSettlement(ctx, temporal, b.db)
	if err != nil {
		return err
	}
	defer baseline.worker.Stop()
	station, err := newProduct(b.stack, b.db, b.people)
	if err != nil {
		return err
	}
	defer station.lis.Close()
	ours, theirs := &way{name: "wutong", take: station.settlement}, &way{name: "bare", take: baseline.take}
	for _, w := range []*way{theirs, ours} { // what only the first ones pay is nobody's figure
		if _, err := w.round(ctx, b.side, b.idle/2, &sample{}); err != nil {
			return err
		}
	}
	err = inTurns(b.rounds, []*way{ours, theirs}, func(w *way) error {
		if _, err := w.round(ctx, 1, b.idle, &w.idle); err != nil {
			return err
		}
		return w.underLoad(ctx, b.side, b.load)
	})
	if err != nil {
		return err
	}
	comparison{
		title: fmt.Sprintf("Settlements of %d services, each with a second to rate them: %d rounds in turns, %d side by side under load", len(offers), b.rounds, b.side),
		what:  "settlements", each: 1, part: "an act of a provider",
	}.print(ours, theirs)
	return b.settlementCost(ctx, baseline)
}

// settlement takes one from its start to its end; a part is from a provider's request to "recorded".
func (p *product) settlement(ctx context.Context, n int, acts *sample) error {
	who := p.people.Newcomers[n%len(p.people.Newcomers)].ID
	document, err := p.document(ctx, who)
	if err != nil {
		return err
	}
	id, err := p.start(ctx, "/v1/settlements", who, crowd.Settlement(settling, document))
	if err != nil {
		return err
	}
	group, side := errgroup.WithContext(ctx)
	for _, o := range offers {
		group.Go(func() error { return p.service(side, station.ServiceCase(id, o.Code, 1), o.Providers[0], acts) })
	}
	if err := group.Wait(); err != nil {
		return err
	}
	return p.when(ctx, id, func() (ended bool, err error) {
		err = p.db.QueryRowContext(ctx, `SELECT ended_at IS NOT NULL FROM cases WHERE id = $1`, id).Scan(&ended)
		return ended, err
	})
}

// service has a provider accept and complete a service, once it is asked.
func (p *product) service(ctx context.Context, id, provider string, acts *sample) error {
	clerk := p.people.Providers[provider][0].ID
	for _, t := range []struct {
		kind station.TaskKind
		how  string
		says map[string]any
	}{
		{station.TaskService, "/decision", accept},
		{station.TaskDelivery, "/confirmation", map[string]any{"note": "Done."}},
	} {
		task, err := p.kindOpen(ctx, id, t.kind)
		if err != nil {
			return err
		}
		if err := p.act(ctx, id, "/v1/tasks/"+task+t.how, clerk, t.says, acts); err != nil {
			return err
		}
	}
	return nil
}

// settlementCost prints what a settlement costs, with its services.
func (b *bench) settlementCost(ctx context.Context, baseline *bareSettlement) error {
	var ours, services, bare cost
	var id string
	if err := b.db.QueryRowContext(ctx, `SELECT id FROM cases WHERE kind = 'settlement' AND ended_at IS NOT NULL ORDER BY id DESC LIMIT 1`).Scan(&id); err != nil {
		return fmt.Errorf("find a settlement: %w", err)
	}
	if err := ours.count(ctx, baseline.temporal, id, ""); err != nil {
		return err
	}
	if err := bare.count(ctx, baseline.temporal, baseline.id(1), ""); err != nil {
		return err
	}
	for _, o := range offers {
		if err := services.count(ctx, baseline.temporal, station.ServiceCase(id, o.Code, 1), ""); err != nil {
			return err
		}
		if err := bare.count(ctx, baseline.temporal, baseline.child(1, o.Code), ""); err != nil {
			return err
		}
	}
	t := newTable("What a settlement costs in Temporal", "", "its case", "its services", "bare, with its services", "ratio")
	t.row("history events", fmt.Sprintf("%.0f", ours.events), fmt.Sprintf("%.0f", services.events), fmt.Sprintf("%.0f", bare.events), ratio(ours.events+services.events, bare.events))
	t.row("Actions", fmt.Sprintf("%.0f", ours.actions), fmt.Sprintf("%.0f", services.actions), fmt.Sprintf("%.0f", bare.actions), ratio(ours.actions+services.actions, bare.actions))
	t.end()
	return nil
}

// letters measures how fast letters of appointment are set as PDF, beside what is known of the same letter as JSON.
func (b *bench) letters(ctx context.Context) error {
	p, err := newProduct(b.stack, b.db, b.people)
	if err != nil {
		return err
	}
	defer p.lis.Close()
	code, err := p.appointed(ctx)
	if err != nil {
		return err
	}
	gets := func(path string) func(context.Context, int, *sample) error {
		return func(ctx context.Context, _ int, parts *sample) error {
			began := time.Now()
			err := p.get(ctx, path)
			parts.add(time.Since(began))
			return err
		}
	}
	pdf, json := &way{name: "PDF", take: gets("/v1/letters/" + code + "/pdf")}, &way{name: "JSON", take: gets("/v1/letters/" + code)}
	const readers = 4
	err = inTurns(b.rounds, []*way{pdf, json}, func(w *way) error { return w.underLoad(ctx, readers, b.idle) })
	if err != nil {
		return err
	}
	comparison{
		title: fmt.Sprintf("Letters of appointment: %d rounds in turns, %d side by side", b.rounds, readers), what: "letters", each: 1, part: "a letter",
	}.print(pdf, json)
	return nil
}

// appointed appoints an ambassador, and returns the code of the letter.
func (p *product) appointed(ctx context.Context) (code string, err error) {
	id, err := p.start(ctx, "/v1/ambassadors", p.people.Newcomers[0].ID, crowd.Ambassador(appointing))
	if err != nil {
		return "", err
	}
	for _, t := range []turn{
		{stage: station.StageCheck, by: p.officer(0), says: accept},
		{stage: station.StageReview, tasks: 2, says: crowd.Approve},
		{stage: station.StageSignature, by: p.people.Directors[0].ID, says: map[string]any{"verdict": "sign"}},
	} {
		open, err := p.tasks(ctx, id, t.stage, max(t.tasks, 1))
		if err != nil {
			return "", err
		}
		for task, who := range open {
			if t.by != "" {
				who = t.by
			}
			if err := p.act(ctx, id, "/v1/tasks/"+task+"/decision", who, t.says, &sample{}); err != nil {
				return "", err
			}
		}
	}
	err = p.when(ctx, id, func() (bool, error) {
		err := p.db.QueryRowContext(ctx, `SELECT coalesce(min(code), '') FROM letters WHERE case_id = $1`, id).Scan(&code)
		return code != "", err
	})
	return code, err
}

// get reads something that is there.
func (p *product) get(ctx context.Context, path string) error {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, p.base+path, nil)
	if err != nil {
		return err
	}
	resp, err := p.http.Do(r)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("GET %s: %s", path, resp.Status)
	}
	_, err = resp.Body.Read(make([]byte, 1))
	return err
}
