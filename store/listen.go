package store

import (
	"strings"
	"sync"
	"time"

	"github.com/lib/pq"
)

// wakeups tells those who wait in this process what PostgreSQL announces. One
// connection listens for all of them, from the first wait on. What was
// announced while that connection was away is lost, so after it comes back
// everyone is woken to look for themselves.
type wakeups struct {
	url     string
	mu      sync.Mutex
	waiting map[string]map[chan string]struct{} // "channel key" → who waits
	lis     *pq.Listener
	done    chan struct{}
}

func newWakeups(url string) *wakeups {
	return &wakeups{url: url, waiting: map[string]map[chan string]struct{}{}, done: make(chan struct{})}
}

// on returns a channel that gets the announcement's payload, and how to stop.
func (w *wakeups) on(channel, key string) (<-chan string, func()) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.lis == nil {
		w.listen()
	}
	name := channel + " " + key
	c := make(chan string, 1)
	if w.waiting[name] == nil {
		w.waiting[name] = map[chan string]struct{}{}
	}
	w.waiting[name][c] = struct{}{}
	return c, func() {
		w.mu.Lock()
		defer w.mu.Unlock()
		delete(w.waiting[name], c)
		if len(w.waiting[name]) == 0 {
			delete(w.waiting, name)
		}
	}
}

func (w *wakeups) listen() {
	w.lis = pq.NewListener(w.url, 100*time.Millisecond, 5*time.Second, nil)
	for _, c := range []string{"acts", "cases", "notices", "rounds"} {
		// Listen waits for the connection; a database that is away must not
		// hold up whoever asks
		go func() {
			_ = w.lis.Listen(c)
			w.tell(nil) // what was announced before it listened is lost too
		}()
	}
	go func() {
		// a connection that died without a word is found by writing to it
		still := time.NewTicker(time.Minute)
		defer still.Stop()
		for {
			select {
			case <-still.C:
				go func() { _ = w.lis.Ping() }()
			case n, ok := <-w.lis.Notify:
				if !ok {
					return
				}
				w.tell(n)
			case <-w.done:
				return
			}
		}
	}()
}

func (w *wakeups) tell(n *pq.Notification) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if n == nil { // the connection was lost and is back
		for _, waiting := range w.waiting {
			wakeAll(waiting, "")
		}
		return
	}
	key, rest, _ := strings.Cut(n.Extra, " ")
	wakeAll(w.waiting[n.Channel+" "+key], rest)
}

func wakeAll(waiting map[chan string]struct{}, payload string) {
	for c := range waiting {
		select {
		case c <- payload:
		default: // it has one to look at already
		}
	}
}

func (w *wakeups) close() {
	w.mu.Lock()
	defer w.mu.Unlock()
	select {
	case <-w.done:
		return
	default:
		close(w.done)
	}
	if w.lis != nil {
		_ = w.lis.Close()
	}
}
