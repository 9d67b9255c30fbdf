package main

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"io"
	"mime/multipart"
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

	mu        sync.Mutex
	documents map[string]string // of an account
}

func newProduct(stack *dev.Stack, db *sql.DB, people *crowd.Crowd) (*product, error) {
	links, err := signer(stack)
	if err != nil {
		return nil, err
	}
	p := &product{
		base: stack.APIURL(), db: db, people: people, links: links, documents: map[string]string{},
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
	media := ""
	if method == http.MethodPost {
		media = "application/json"
	}
	return p.send(ctx, method, path, account, media, bytes.NewReader(b))
}

func (p *product) send(ctx context.Context, method, path, account, media string, body io.Reader) (map[string]any, error) {
	r, err := http.NewRequestWithContext(ctx, method, p.base+path, body)
	if err != nil {
		return nil, err
	}
	if media != "" {
		r.Header.Set("Content-Type", media)
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

// document uploads a report of an account, once, and returns its ID.
func (p *product) document(ctx context.Context, account string) (string, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if id := p.documents[account]; id != "" {
		return id, nil
	}
	var form bytes.Buffer
	w := multipart.NewWriter(&form)
	file, err := w.CreateFormFile("file", "report.pdf")
	if err != nil {
		return "", err
	}
	if _, err := io.WriteString(file, "%PDF-1.4\n%%EOF\n"); err != nil {
		return "", err
	}
	if err := w.Close(); err != nil {
		return "", err
	}
	uploaded, err := p.send(ctx, http.MethodPost, "/v1/documents", account, w.FormDataContentType(), &form)
	if err != nil {
		return "", err
	}
	p.documents[account], _ = uploaded["id"].(string)
	return p.documents[account], nil
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
func (p *product) tasks(ctx context.Context, id string, stage station.Stage, count int) (map[string]string, error) {
	var open map[string]string
	err := p.when(ctx, id, func() (bool, error) {
		open = map[string]string{}
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
	return open, err
}

// turn is what people do next in a case.
type turn struct {
	stage    station.Stage
	tasks    int    // how many are open at the stage; 0: one
	by       string // an account; "": whoever has the task
	confirms bool   // by a confirmation, not by a decision
	says     map[string]any
}

// turns has people act on a case, one after the other, and waits for its end.
func (p *product) turns(ctx context.Context, id string, decisions *sample, all ...turn) error {
	for _, t := range all {
		open, err := p.tasks(ctx, id, t.stage, max(t.tasks, 1))
		if err != nil {
			return err
		}
		how := "/decision"
		if t.confirms {
			how = "/confirmation"
		}
		for task, who := range open {
			if t.by != "" {
				who = t.by
			}
			if err := p.act(ctx, id, "/v1/tasks/"+task+how, who, t.says, decisions); err != nil {
				return err
			}
		}
	}
	return p.when(ctx, id, func() (ended bool, err error) {
		err = p.db.QueryRowContext(ctx, `SELECT ended_at IS NOT NULL FROM cases WHERE id = $1`, id).Scan(&ended)
		return ended, err
	})
}

// act does one thing to a case, and waits until it is recorded: as a rule the answer says so, but when the station is slow
// that comes before.
func (p *product) act(ctx context.Context, id, path, account string, body map[string]any, decisions *sample) error {
	began := time.Now()
	answer, err := p.call(ctx, http.MethodPost, path, account, body)
	if err != nil {
		return err
	}
	status, _ := answer["status"].(string)
	if status == string(station.Pending) {
		err := p.when(ctx, id, func() (bool, error) {
			err := p.db.QueryRowContext(ctx, `SELECT status FROM acts WHERE id = $1`, answer["id"]).Scan(&status)
			return status != string(station.Pending), err
		})
		if err != nil {
			return err
		}
	}
	if status != string(station.Recorded) {
		return fmt.Errorf("%s: the act is %s, not recorded", path, status)
	}
	decisions.add(time.Since(began))
	return nil
}

// kindOpen waits until a case has an open task of a kind, and returns it.
func (p *product) kindOpen(ctx context.Context, id string, kind station.TaskKind) (task string, err error) {
	err = p.when(ctx, id, func() (bool, error) {
		err := p.db.QueryRowContext(ctx, `SELECT coalesce(min(id), '') FROM tasks WHERE case_id = $1 AND kind = $2 AND status = 'open'`, id, kind).Scan(&task)
		return task != "", err
	})
	return task, err
}
