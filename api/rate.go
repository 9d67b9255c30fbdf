package api

import (
	"math"
	"strconv"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// Rate is how much one client may ask of one API process: so many requests a
// second, with bursts. What is zero has a default; below zero there is no
// limit.
type Rate struct {
	PerSecond float64 // per token; 20
	Burst     int     // 40
	// For routes without a token, and for whoever has none; per address.
	AnonymousPerSecond float64 // 2
	AnonymousBurst     int     // 20
}

func (r Rate) withDefaults() Rate {
	defaults := Rate{PerSecond: 20, Burst: 40, AnonymousPerSecond: 2, AnonymousBurst: 20}
	if r.PerSecond == 0 {
		r.PerSecond = defaults.PerSecond
	}
	if r.Burst == 0 {
		r.Burst = defaults.Burst
	}
	if r.AnonymousPerSecond == 0 {
		r.AnonymousPerSecond = defaults.AnonymousPerSecond
	}
	if r.AnonymousBurst == 0 {
		r.AnonymousBurst = defaults.AnonymousBurst
	}
	return r
}

// gate keeps a bucket for each key. A full bucket says no more than none, so
// full ones are thrown away, and it grows no larger than what is being spent.
type gate struct {
	mu      sync.Mutex
	limit   rate.Limit
	burst   int
	buckets map[string]*rate.Limiter
	swept   time.Time
}

func newGate(perSecond float64, burst int) *gate {
	limit := rate.Limit(perSecond)
	if perSecond < 0 {
		limit = rate.Inf
	}
	return &gate{limit: limit, burst: burst, buckets: map[string]*rate.Limiter{}}
}

// spend takes one request out of a key's bucket, or says when there is one.
func (g *gate) spend(key string, now time.Time) error {
	r := g.bucket(key, now).ReserveN(now, 1)
	if wait := r.DelayFrom(now); wait > 0 {
		r.CancelAt(now)
		return tooFast(wait)
	}
	return nil
}

// left looks without taking.
func (g *gate) left(key string, now time.Time) error {
	if g.limit == rate.Inf {
		return nil
	}
	if missing := 1 - g.bucket(key, now).TokensAt(now); missing > 0 {
		return tooFast(time.Duration(missing / float64(g.limit) * float64(time.Second)))
	}
	return nil
}

// knows reports whether a key has spent anything lately.
func (g *gate) knows(key string) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.buckets[key] != nil
}

func (g *gate) bucket(key string, now time.Time) *rate.Limiter {
	g.mu.Lock()
	defer g.mu.Unlock()
	if now.Sub(g.swept) > time.Minute {
		g.swept = now
		for k, b := range g.buckets {
			if b.TokensAt(now) >= float64(g.burst) {
				delete(g.buckets, k)
			}
		}
	}
	b := g.buckets[key]
	if b == nil {
		b = rate.NewLimiter(g.limit, g.burst)
		g.buckets[key] = b
	}
	return b
}

func tooFast(wait time.Duration) error {
	return &overRate{retryAfter: strconv.Itoa(int(max(1, math.Ceil(wait.Seconds()))))}
}

// places are how many streams each account has open.
type places struct {
	mu    sync.Mutex
	taken map[string]int
}

// maxStreams is more than one person's tabs, and less than what would hurt.
const maxStreams = 16

func newPlaces() *places { return &places{taken: map[string]int{}} }

// take gives an account a place, if there is one, and how to leave it.
func (p *places) take(account string) (leave func(), err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.taken[account] >= maxStreams {
		return nil, tooFast(time.Minute)
	}
	p.taken[account]++
	return sync.OnceFunc(func() {
		p.mu.Lock()
		defer p.mu.Unlock()
		if p.taken[account]--; p.taken[account] == 0 {
			delete(p.taken, account)
		}
	}), nil
}
