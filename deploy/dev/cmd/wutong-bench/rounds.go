package main

import (
	"context"
	"fmt"
	"time"

	"golang.org/x/sync/errgroup"
	"wutong/station"

	"wutong/deploy/dev/crowd"
)

// The round that is measured, and its size. Every project has a seat in it, so that every angel can act on each.
const (
	pitching  = "bench-rounds"
	inRound   = "bench-round"
	projects  = 500
	roundCap  = int64(1_000 * crowd.MatchCap)
	perAngel  = 2 // acts of an angel on a project that are measured: a declaration and a score
	atOnce    = 16
	wholeTurn = 3 // acts of an angel on a project in all: the commitment, too
)

// roundParts measures how fast a round takes the acts of all its angels at once, how fast its projects are ranked, and how long
// the histories are.
func (b *bench) roundParts(ctx context.Context) error {
	if err := b.acts(ctx); err != nil {
		return err
	}
	return b.ranking(ctx)
}

// acts has all angels declare and score at once, each on another project, beside workflows that write a row for each signal.
func (b *bench) acts(ctx context.Context) error {
	temporal, err := dial(b.stack)
	if err != nil {
		return err
	}
	defer temporal.Close()
	baseline, err := newBareRound(ctx, temporal, b.db)
	if err != nil {
		return err
	}
	defer baseline.worker.Stop()
	station, err := newProduct(b.stack, b.db, b.people)
	if err != nil {
		return err
	}
	defer station.lis.Close()
	fmt.Printf("\nopening a round of %d projects …\n", projects)
	r := &round{product: station}
	if err := r.open(ctx); err != nil {
		return err
	}
	ours, theirs := &way{name: "wutong", take: r.judge}, &way{name: "bare", take: baseline.take}
	angels := len(b.people.Angels)
	for _, w := range []*way{theirs, ours} { // what only the first ones pay is nobody's figure
		if _, err := w.round(ctx, angels, b.load/4, &sample{}); err != nil {
			return err
		}
	}
	if err := inTurns(b.rounds, []*way{ours, theirs}, func(w *way) error { return w.underLoad(ctx, angels, b.load) }); err != nil {
		return err
	}
	comparison{
		title: fmt.Sprintf("A round of %d projects and %d angels: %d rounds in turns, all angels at once", projects, angels, b.rounds),
		what:  "acts", each: perAngel, part: "an act",
	}.print(ours, theirs)
	if err := r.whole(ctx); err != nil {
		return err
	}
	return r.histories(ctx, baseline)
}

// round is the product's, with its projects. The first of them is kept for the histories.
type round struct {
	*product
	id    string
	times map[string]any
	cases []string
}

// open opens the round, and takes its projects to the pitches.
func (r *round) open(ctx context.Context) (err error) {
	r.times = crowd.Times(time.Now(), 24*time.Hour)
	if r.id, err = r.start(ctx, "/v1/rounds", r.officer(0), crowd.Round(pitching, inRound, r.times, projects)); err != nil {
		return err
	}
	r.cases = make([]string, projects)
	if err := r.each(ctx, r.apply); err != nil {
		return err
	}
	for _, phase := range []station.Stage{station.StageCall, station.StageScreening} {
		if err := r.end(ctx, phase); err != nil {
			return err
		}
	}
	if err := r.each(ctx, r.seat); err != nil {
		return err
	}
	if err := r.end(ctx, station.StageSeats); err != nil {
		return err
	}
	return r.each(ctx, func(ctx context.Context, n int) error {
		_, err := r.kindOpen(ctx, r.cases[n], station.TaskScore)
		return err
	})
}

// each does something with each project, some at once.
func (r *round) each(ctx context.Context, do func(ctx context.Context, n int) error) error {
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(atOnce)
	for n := range projects {
		group.Go(func() error { return do(ctx, n) })
	}
	return group.Wait()
}

func (r *round) team(n int) string { return r.people.Teams[n%len(r.people.Teams)].ID }

func (r *round) apply(ctx context.Context, n int) (err error) {
	deck, err := r.document(ctx, r.team(n))
	if err != nil {
		return err
	}
	r.cases[n], err = r.start(ctx, "/v1/pitches", r.team(n), crowd.Pitch(inRound, n, deck))
	return err
}

func (r *round) seat(ctx context.Context, n int) error {
	task, err := r.kindOpen(ctx, r.cases[n], station.TaskSeat)
	if err != nil {
		return err
	}
	return r.act(ctx, r.cases[n], "/v1/tasks/"+task+"/decision", r.team(n), accept, &sample{})
}

// end ends a phase at once, by the timetable, and waits until the next one has begun.
func (r *round) end(ctx context.Context, phase station.Stage) error {
	r.times = crowd.Over(r.times, phase, time.Now())
	if err := r.act(ctx, r.id, "/v1/rounds/"+inRound+"/timetable", r.officer(0), map[string]any{"times": r.times}, &sample{}); err != nil {
		return err
	}
	return r.when(ctx, r.id, func() (begun bool, err error) {
		err = r.db.QueryRowContext(ctx, `SELECT phase <> $2 FROM rounds WHERE code = $1`, inRound, phase).Scan(&begun)
		return begun, err
	})
}

// judge has the n-th pair of an angel and a project of all but the first be declared on and scored.
func (r *round) judge(ctx context.Context, n int, acts *sample) error {
	angels := len(r.people.Angels)
	project := 1 + (n/angels+n%angels*8)%(projects-1)
	return r.judges(ctx, project, n%angels, acts)
}

func (r *round) judges(ctx context.Context, n, angel int, acts *sample) error {
	id, who := r.cases[n], r.people.Angels[angel].ID
	if err := r.act(ctx, id, "/v1/cases/"+id+"/declaration", who, map[string]any{"conflict": station.ConflictNone}, acts); err != nil {
		return err
	}
	return r.act(ctx, id, "/v1/tasks/"+station.TaskID(id, station.StagePitches, 1)+"/decision", who, crowd.Scored(crowd.Pitches(who, n)), acts)
}

// whole takes the first project through all of it: every angel declares, scores and commits, and it comes to its closing.
func (r *round) whole(ctx context.Context) error {
	const first = 0
	id := r.cases[first]
	attendance, err := r.kindOpen(ctx, id, station.TaskAttendance)
	if err != nil {
		return err
	}
	if err := r.act(ctx, id, "/v1/tasks/"+attendance+"/decision", r.officer(0), map[string]any{"verdict": station.Attended}, &sample{}); err != nil {
		return err
	}
	for angel := range r.people.Angels {
		if err := r.judges(ctx, first, angel, &sample{}); err != nil {
			return err
		}
	}
	if err := r.end(ctx, station.StagePitches); err != nil {
		return err
	}
	task, err := r.kindOpen(ctx, id, station.TaskCommitment)
	if err != nil {
		return err
	}
	for i, angel := range r.people.Angels {
		says := crowd.Commitment(station.Follow, crowd.MinimumTicket+int64(i))
		if i == 0 {
			says = crowd.Commitment(station.Lead, crowd.Minimum)
		}
		if err := r.act(ctx, id, "/v1/tasks/"+task+"/decision", angel.ID, says, &sample{}); err != nil {
			return err
		}
	}
	if err := r.end(ctx, station.StageDeliberation); err != nil {
		return err
	}
	return r.close(ctx, id, r.team(first))
}

// close has lead and team confirm, a treasurer pay, and an officer send the feedback.
func (r *round) close(ctx context.Context, id, team string) error {
	for ordinal, who := range []string{r.people.Angels[0].ID, team} {
		document, err := r.document(ctx, who)
		if err != nil {
			return err
		}
		task := station.TaskID(id, station.StageClosing, 1+ordinal)
		err = r.when(ctx, id, func() (open bool, err error) {
			err = r.db.QueryRowContext(ctx, `SELECT count(*) > 0 FROM tasks WHERE id = $1 AND status = 'open'`, task).Scan(&open)
			return open, err
		})
		if err != nil {
			return err
		}
		if err := r.act(ctx, id, "/v1/tasks/"+task+"/confirmation", who, map[string]any{"documents": []string{document}}, &sample{}); err != nil {
			return err
		}
	}
	payment, err := r.kindOpen(ctx, id, station.TaskPayment)
	if err != nil {
		return err
	}
	if err := r.act(ctx, id, "/v1/tasks/"+payment+"/confirmation", r.people.Treasurers[0].ID, map[string]any{"reference": id}, &sample{}); err != nil {
		return err
	}
	feedback, err := r.kindOpen(ctx, id, station.TaskFeedback)
	if err != nil {
		return err
	}
	says := map[string]any{"verdict": "accept", "reason": "You know your market."}
	if err := r.act(ctx, id, "/v1/tasks/"+feedback+"/decision", r.officer(0), says, &sample{}); err != nil {
		return err
	}
	return r.when(ctx, id, func() (ended bool, err error) {
		err = r.db.QueryRowContext(ctx, `SELECT ended_at IS NOT NULL FROM cases WHERE id = $1`, id).Scan(&ended)
		return ended, err
	})
}

// histories prints what the whole project and the round cost, beside a bare project of as many acts.
func (r *round) histories(ctx context.Context, baseline *bareRound) error {
	acts := wholeTurn * len(r.people.Angels)
	if err := baseline.whole(ctx, acts); err != nil {
		return err
	}
	var project, round, bare cost
	for id, c := range map[string]*cost{r.cases[0]: &project, r.id: &round, baseline.id(0): &bare} {
		if err := c.count(ctx, baseline.temporal, id, ""); err != nil {
			return err
		}
	}
	t := newTable(fmt.Sprintf("What a project costs in Temporal, with the %d acts of all angels, and its round", acts), "", "its case", "bare", "ratio", "the round's case")
	t.row("history events", fmt.Sprintf("%.0f", project.events), fmt.Sprintf("%.0f", bare.events), ratio(project.events, bare.events), fmt.Sprintf("%.0f", round.events))
	t.row("Actions", fmt.Sprintf("%.0f", project.actions), fmt.Sprintf("%.0f", bare.actions), ratio(project.actions, bare.actions), fmt.Sprintf("%.0f", round.actions))
	t.end()
	return nil
}
