package main

import (
	"context"
	"fmt"
)

// cases measures a kind of case beside its baseline, and prints what was found.
func (b *bench) cases(ctx context.Context, k kind) error {
	temporal, err := dial(b.stack)
	if err != nil {
		return err
	}
	defer temporal.Close()
	baseline, err := newBare(ctx, temporal, b.db, k)
	if err != nil {
		return err
	}
	defer baseline.worker.Stop()
	station, err := newProduct(b.stack, b.db, b.people)
	if err != nil {
		return err
	}
	defer station.lis.Close()
	ours, theirs := &way{name: "wutong", take: func(ctx context.Context, n int, decisions *sample) error {
		return k.take(station, ctx, n, decisions)
	}}, &way{name: "bare", take: baseline.take}
	before, err := mails(ctx, temporal)
	if err != nil {
		return err
	}
	side := b.side * k.many
	for _, w := range []*way{theirs, ours} { // what only the first ones pay is nobody's figure
		if _, err := w.round(ctx, side, b.idle/2, &sample{}); err != nil {
			return err
		}
	}
	err = inTurns(b.rounds, []*way{ours, theirs}, func(w *way) error {
		if _, err := w.round(ctx, 1, b.idle, &w.idle); err != nil {
			return err
		}
		return w.underLoad(ctx, side, b.load)
	})
	if err != nil {
		return err
	}
	comparison{
		title: fmt.Sprintf("%s: %d rounds in turns, %d side by side under load", k.title, b.rounds, side),
		what:  "cases", each: 1, part: "a decision",
	}.print(ours, theirs)
	h := histories{temporal: temporal, db: b.db, kind: k, bare: baseline.id(1)}
	return h.print(ctx, before, int(ours.n.Load()))
}
