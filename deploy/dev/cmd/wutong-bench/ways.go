package main

import (
	"context"
	"fmt"
	"strconv"
	"sync"
	"sync/atomic"
	"time"
)

// way is one of the ways to do the same, and what was measured of it.
type way struct {
	name string
	// take does it once, for the n-th time from 1, and adds how long its parts took.
	take       func(ctx context.Context, n int, parts *sample) error
	n          atomic.Int64
	idle, load sample
	perSecond  []float64
}

// round does it again and again, so many side by side, until the time is up; then it finishes what has begun.
func (w *way) round(ctx context.Context, side int, length time.Duration, parts *sample) (perSecond float64, err error) {
	var group sync.WaitGroup
	var done atomic.Int64
	var once sync.Once
	began := time.Now()
	for range side {
		group.Go(func() {
			for time.Since(began) < length && ctx.Err() == nil {
				if e := w.take(ctx, int(w.n.Add(1)), parts); e != nil {
					once.Do(func() { err = fmt.Errorf("%s: %w", w.name, e) })
					return
				}
				done.Add(1)
			}
		})
	}
	group.Wait()
	return float64(done.Load()) / time.Since(began).Seconds(), err
}

// underLoad is a round whose rate and parts are kept.
func (w *way) underLoad(ctx context.Context, side int, length time.Duration) error {
	rate, err := w.round(ctx, side, length, &w.load)
	w.perSecond = append(w.perSecond, rate)
	return err
}

// inTurns measures each of the ways in so many rounds, which begin with another one each.
func inTurns(rounds int, ways []*way, measure func(*way) error) error {
	for i := range rounds {
		for j := range ways {
			if err := measure(ways[(i+j)%len(ways)]); err != nil {
				return err
			}
		}
	}
	return nil
}

// comparison is how ways are printed: the first one beside the others, which are its baselines.
type comparison struct {
	title string
	what  string  // is counted per second
	each  float64 // how many of them are in a take
	part  string  // what the samples are of; "": there are none
}

func (c comparison) print(ways ...*way) {
	columns := []string{""}
	for _, w := range ways {
		columns = append(columns, w.name)
	}
	for _, w := range ways[1:] {
		columns = append(columns, "ratio to "+w.name)
	}
	t := newTable(c.title, columns...)
	row := func(name string, shown func(float64) string, value func(*way) float64) {
		cells := []string{name}
		for _, w := range ways {
			cells = append(cells, shown(value(w)))
		}
		for _, w := range ways[1:] {
			cells = append(cells, ratio(value(ways[0]), value(w)))
		}
		t.row(cells...)
	}
	for i := range ways[0].perSecond {
		row(fmt.Sprintf("%s per second, round %d", c.what, i+1), count, func(w *way) float64 { return w.perSecond[i] * c.each })
	}
	for name, of := range samples(ways[0]) {
		for _, q := range []int{50, 99} {
			row(fmt.Sprintf("%s, %s, p%d", c.part, name, q), func(v float64) string { return ms(time.Duration(v)) },
				func(w *way) float64 { return float64(of(w).at(q)) })
		}
	}
	t.end()
}

// samples yields those of a way's samples that hold something.
func samples(w *way) func(func(string, func(*way) *sample) bool) {
	return func(yield func(string, func(*way) *sample) bool) {
		if len(w.idle.took) > 0 && !yield("idle", func(w *way) *sample { return &w.idle }) {
			return
		}
		if len(w.load.took) > 0 {
			yield("under load", func(w *way) *sample { return &w.load })
		}
	}
}

// count is a number with as many places as it is worth.
func count(n float64) string {
	if n >= 1000 {
		return strconv.FormatFloat(n, 'f', 0, 64)
	}
	return strconv.FormatFloat(n, 'f', 1, 64)
}
