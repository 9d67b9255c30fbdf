package main

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/lib/pq"
	"wutong/station"

	"wutong/deploy/dev"
	"wutong/deploy/dev/crowd"
)

// product drives the station as its people do: over HTTP. What it must know to act in time (that a task is open, whose it
// is) it reads from the database when PostgreSQL announces a change of the case.
type product struct {
	base   string
	http   *http.Client
	db     *sql.DB
	people *crowd.Crowd
	links  *station.LinkSigner
	lis    *pq.Listener
	wake   sync.Map // case → chan struct{}
}

func newProduct(stack *dev.Stack, db *sql.DB, people *crowd.Crowd) (*product, error) {
	links, err := signer(stack)
	if err != nil {
		return nil, err
	}
	p := &product{
		base: stack.APIURL(), db: db, people: people, links: links,
		http: &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 256}},
		lis:  pq.NewListener(stack.DatabaseURL(), time.Second, time.Second, nil),
	}
	if err := p.lis.Listen("cases"); err != nil {
		return nil, fmt.Errorf("listen: %w", err)
	}
	go func() {
		for n := range p.lis.Notify {
			if n == nil {
				continue
			}
			id, _, _ := strings.Cut(n.Extra, " ")
			if c, ok := p.wake.Load(id); ok {
				select {
				case c.(chan struct{}) <- struct{}{}:
				default: // it has one already
				}
			}
		}
	}()
	return p, nil
}

// call sends a request and returns its answer, which must have one of the good states.
func (p *product) call(ctx context.Context, method, path, account string, body any) (map[string]any, error) {
	b, err := json.Marshal(body)
	if err != nil {
		return nil, err
	}
	r, err := http.NewRequestWithContext(ctx, method, p.base+path, bytes.NewReader(b))
	if err != nil {
		return nil, err
	}
	if method == http.MethodPost {
		r.Header.Set("Content-Type", "application/json")
	}
	if account != "" {
		r.Header.Set("Authorization", "Bearer "+crowd.Token(account))
	}
	resp, err := p.http.Do(r)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	raw, err := io.ReadAll(resp.Body)
	if err != nil {
		return nil, err
	}
	if resp.StatusCode > http.StatusAccepted {
		return nil, fmt.Errorf("%s %s: %d %s", method, path, resp.StatusCode, raw)
	}
	var answer map[string]any
	return answer, json.Unmarshal(raw, &answer)
}

// when waits until something is so of a case.
func (p *product) when(ctx context.Context, id string, so func() (bool, error)) error {
	c := make(chan struct{}, 1)
	p.wake.Store(id, c)
	defer p.wake.Delete(id)
	for {
		if ok, err := so(); ok || err != nil {
			return err
		}
		select {
		case <-c:
		case <-time.After(time.Second):
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// tasks waits for so many open tasks of a stage, and returns them with whose they are.
func (p *product) tasks(ctx context.Context, id, stage string, count int) (map[string]string, error) {
	open := map[string]string{}
	return open, p.when(ctx, id, func() (bool, error) {
		rows, err := p.db.QueryContext(ctx, `SELECT id, coalesce(assignee::text, '') FROM tasks WHERE case_id = $1 AND stage = $2 AND status = 'open'`, id, stage)
		if err != nil {
			return false, err
		}
		defer rows.Close()
		for rows.Next() {
			var task, who string
			if err := rows.Scan(&task, &who); err != nil {
				return false, err
			}
			open[task] = who
		}
		return len(open) == count, rows.Err()
	})
}

// referral takes one from its start to its end; a decision is from its request to its answer, "recorded".
func (p *product) referral(ctx context.Context, n int, decisions *sample) error {
	started, err := p.call(ctx, http.MethodPost, "/v1/referrals", p.people.Referrers[0].ID, crowd.Referral(programme, n))
	if err != nil {
		return err
	}
	id, _ := started["id"].(string)
	if _, err := p.tasks(ctx, id, "consent", 1); err != nil {
		return err
	}
	var link string
	if err := p.db.QueryRowContext(ctx, `SELECT id FROM links WHERE task = $1`, id+".consent.1").Scan(&link); err != nil {
		return err
	}
	if err := p.decide(ctx, "/v1/links/"+p.links.Token(link), "", map[string]any{"verdict": "consent"}, decisions); err != nil {
		return err
	}
	if _, err := p.tasks(ctx, id, "check", 1); err != nil {
		return err
	}
	officer := p.people.Officers[n%len(p.people.Officers)].ID
	if err := p.decide(ctx, "/v1/tasks/"+id+".check.1/decision", officer, map[string]any{"verdict": "accept"}, decisions); err != nil {
		return err
	}
	reviews, err := p.tasks(ctx, id, "review", 3)
	if err != nil {
		return err
	}
	for task, who := range reviews {
		if err := p.decide(ctx, "/v1/tasks/"+task+"/decision", who, crowd.Score, decisions); err != nil {
			return err
		}
	}
	return p.when(ctx, id, func() (ended bool, err error) {
		err = p.db.QueryRowContext(ctx, `SELECT ended_at IS NOT NULL FROM cases WHERE id = $1`, id).Scan(&ended)
		return ended, err
	})
}

func (p *product) decide(ctx context.Context, path, account string, body map[string]any, decisions *sample) error {
	began := time.Now()
	answer, err := p.call(ctx, http.MethodPost, path, account, body)
	if err != nil {
		return err
	}
	if answer["status"] != "recorded" {
		return fmt.Errorf("%s: the act is %v, not recorded", path, answer["status"])
	}
	decisions.add(time.Since(began))
	return nil
}
