package store

import (
	"context"
	"time"
)

// lookAgain is how soon a watched case is looked at again when the database
// did not answer.
const lookAgain = time.Second

// WatchCase sends the number of a case's last event: the present one first,
// then whenever it grows. Numbers that nobody took in time are left out. It
// goes on over an outage of the database; the channel closes when ctx ends.
func (db *DB) WatchCase(ctx context.Context, caseID string) (<-chan int, error) {
	// wait first, then look: what happens in between is not missed
	woken, stop := db.wake.on("cases", caseID)
	last, err := db.lastEvent(ctx, caseID)
	if err != nil {
		stop()
		return nil, err
	}
	numbers := make(chan int, 1)
	numbers <- last
	go func() {
		defer close(numbers)
		defer stop()
		db.watch(ctx, caseID, last, woken, numbers)
	}()
	return numbers, nil
}

func (db *DB) watch(ctx context.Context, caseID string, last int, woken <-chan string, numbers chan int) {
	again := make(chan struct{}, 1)
	for {
		select {
		case <-ctx.Done():
			return
		case <-woken: // the announced number may not be the last any more
		case <-again:
		}
		n, err := db.lastEvent(ctx, caseID)
		switch {
		case err != nil:
			time.AfterFunc(lookAgain, func() {
				select {
				case again <- struct{}{}:
				default:
				}
			})
		case n > last:
			last = n
			sendLatest(numbers, n)
		}
	}
}

// sendLatest puts a number in place of one that was not taken yet.
func sendLatest(numbers chan int, n int) {
	select {
	case <-numbers:
	default:
	}
	numbers <- n // there is room: nobody else sends
}

func (db *DB) lastEvent(ctx context.Context, caseID string) (int, error) {
	var n int
	err := db.GetContext(ctx, &n, `SELECT event_seq FROM cases WHERE id = $1`, caseID)
	return n, notFound(err, "no case %s", caseID)
}
