package main

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"strconv"
	"time"

	"wutong/station"
	"wutong/store"

	"wutong/deploy/dev/crowd"
)

const (
	// rankings is a database of its own: nobody starts these cases' workflows.
	rankings = "bench_rankings"
	// reading is how long a round's projects are read in one round of measuring.
	reading = 5 * time.Second
)

// ranking measures how fast a round's projects are ranked by the scores of all angels: for the report, and when the seats are
// given, which says of every project how it goes on. Beside them are the means alone.
func (b *bench) ranking(ctx context.Context) error {
	if err := b.stack.Postgres.CreateDatabase(ctx, rankings); err != nil {
		return err
	}
	db, err := store.Open(b.stack.Postgres.URL(rankings))
	if err != nil {
		return err
	}
	defer db.Close()
	s := &scoredRound{bench: b, db: db}
	if err := s.fill(ctx); err != nil {
		return err
	}
	ways := []*way{
		{name: "report", take: s.report}, {name: "giving the seats", take: s.seats}, {name: "means alone", take: s.means},
	}
	for _, w := range ways {
		if _, err := w.round(ctx, 1, reading/5, &sample{}); err != nil {
			return err
		}
	}
	if err := inTurns(b.rounds, ways, func(w *way) error { return w.underLoad(ctx, 1, reading) }); err != nil {
		return err
	}
	comparison{
		title: fmt.Sprintf("Ranking %d projects by %d scores each, %d rounds in turns", projects, len(b.people.Angels), b.rounds),
		what:  "rankings", each: 1, part: "a ranking",
	}.print(ways...)
	return nil
}

// scoredRound is a round whose projects have the scores of all angels, without a workflow.
type scoredRound struct {
	*bench
	db       *store.DB
	id       string
	sequence int
}

func (s *scoredRound) fill(ctx context.Context) error {
	if err := s.db.Migrate(ctx); err != nil {
		return err
	}
	name, now := station.Text{Zh: "试", En: "Trial"}, time.Now()
	seed := store.Seed{
		Branches: []station.Branch{{Code: crowd.Branch, Name: name}},
		Accounts: append(append(s.people.Officers[:1:1], s.people.Teams...), s.people.Angels...),
		Programmes: []station.Programme{{
			Code: pitching, Kind: station.Round, Branch: crowd.Branch, Name: name, OpensAt: now.AddDate(-1, 0, 0), ClosesAt: now.AddDate(1, 0, 0),
		}},
		Founders: s.people.Hub(),
	}
	if err := s.db.Load(ctx, seed); err != nil {
		return err
	}
	times := crowd.Times(now, 24*time.Hour)
	made, err := s.takeIn(ctx, station.Round, pitching, s.people.Officers[0].ID, crowd.Round(pitching, inRound, times, projects/10))
	if err != nil {
		return err
	}
	s.id = made
	decks := map[string]string{}
	for n := range projects {
		team := s.people.Teams[n%len(s.people.Teams)].ID
		if decks[team] == "" {
			if decks[team], err = s.deck(ctx, team); err != nil {
				return err
			}
		}
		if _, err := s.takeIn(ctx, station.Pitch, inRound, team, crowd.Pitch(inRound, n, decks[team])); err != nil {
			return err
		}
	}
	return s.score(ctx)
}

// takeIn takes in a form and returns the case.
func (s *scoredRound) takeIn(ctx context.Context, kind station.Kind, programme, by string, form map[string]any) (string, error) {
	delete(form, "programme") // it is beside the form
	raw, err := json.Marshal(form)
	if err != nil {
		return "", err
	}
	app, err := station.Processes[kind].CheckForm(raw)
	if err != nil {
		return "", err
	}
	p, err := s.db.Programme(ctx, programme)
	if err != nil {
		return "", err
	}
	c, _, err := s.db.InsertCase(ctx, station.NewCase{
		ID: station.NewID(), Kind: kind, Programme: p, Applicant: by, Key: station.NewID(), Application: app, At: time.Now(),
	})
	return c.ID, err
}

// deck is a document of a team; it has no content.
func (s *scoredRound) deck(ctx context.Context, team string) (string, error) {
	sum := sha256.Sum256([]byte(team))
	d, err := s.db.InsertDocument(ctx, station.Document{
		ID: station.NewID(), Owner: team, Name: "deck.pdf", MediaType: "application/pdf", Size: 1, SHA256: sum[:], Key: station.NewID(), UploadedAt: time.Now(),
	}, "")
	return d.ID, err
}

// scoring gives every project the score of every angel at both stages, beside a declaration. It goes round the station: 60,000
// acts would take long.
var scoring = []string{
	`SET LOCAL session_replication_role = replica`, // foreign keys are not asked
	`INSERT INTO reviews (case_id, task, act, reviewer, stage, verdict, scores, total, at)
	SELECT p.case_id, p.case_id || '.' || s || '.1', gen_random_uuid(), g.account, s, 'score', '[]', 40 + (hashtext(p.case_id || g.account::text || s) & 4095) / 100.0, now()
	FROM pitches p, angels g, unnest(ARRAY['screening', 'pitches']) s`,
	`INSERT INTO declarations (case_id, account, conflict, act, at)
	SELECT p.case_id, g.account, CASE WHEN hashtext(p.case_id || g.account::text) % 20 = 0 THEN 'employer' ELSE 'none' END, gen_random_uuid(), now() FROM pitches p, angels g`,
}

func (s *scoredRound) score(ctx context.Context) error {
	tx, err := s.db.BeginTx(ctx, nil)
	if err != nil {
		return fmt.Errorf("score: %w", err)
	}
	defer func() { _ = tx.Rollback() }()
	for _, q := range scoring {
		if _, err := tx.ExecContext(ctx, q); err != nil {
			return fmt.Errorf("score: %w", err)
		}
	}
	if err := tx.Commit(); err != nil {
		return fmt.Errorf("score: %w", err)
	}
	_, err = s.db.ExecContext(ctx, `VACUUM ANALYZE`)
	return err
}

func (s *scoredRound) report(ctx context.Context, _ int, took *sample) error {
	began := time.Now()
	list, err := s.db.Projects(ctx, inRound, "")
	if err == nil && len(list) != projects {
		err = fmt.Errorf("the report has %s projects", strconv.Itoa(len(list)))
	}
	took.add(time.Since(began))
	return err
}

// seats gives the seats. What was said before is not said again: after the first time, ranking is nearly all of it.
func (s *scoredRound) seats(ctx context.Context, _ int, took *sample) error {
	s.sequence++
	began := time.Now()
	_, err := s.db.Record(ctx, station.Change{
		Case: s.id, Run: "bench", Sequence: s.sequence, At: began, Round: &station.RoundMove{Phase: station.StageSeats},
		Standing: station.Standing{Stage: station.StageSeats, Status: station.Open},
	})
	took.add(time.Since(began))
	return err
}

// means is the least that a ranking must read.
func (s *scoredRound) means(ctx context.Context, _ int, took *sample) error {
	began := time.Now()
	var list []string
	err := s.db.SelectContext(ctx, &list, `
		SELECT v.case_id FROM pitches p JOIN reviews v ON v.case_id = p.case_id
		WHERE p.round = $1 AND v.stage = 'pitches' AND v.verdict = 'score' GROUP BY v.case_id ORDER BY avg(v.total::numeric) DESC, v.case_id`, inRound)
	took.add(time.Since(began))
	return err
}
