package store

import (
	"context"
	"fmt"
	"time"

	"github.com/lib/pq"

	"wutong/station"
)

const selectRound = `
	SELECT o.code, o.case_id, o.branch, p.name_zh, p.name_en, o.phase, c.status, o.times, p.terms, o.matched,
	       n.projects, n.open, n.confirmed
	FROM rounds o JOIN programmes p ON p.code = o.code JOIN cases c ON c.id = o.case_id
	CROSS JOIN LATERAL (
		SELECT count(*) AS projects, count(*) FILTER (WHERE NOT ended) AS open, count(*) FILTER (WHERE seat = 'confirmed') AS confirmed
		FROM pitches WHERE round = o.code) n`

func scanRound(row scanner) (station.RoundView, error) {
	var v station.RoundView
	var times timetable
	var raw []byte
	err := row.Scan(&v.Code, &v.Case, &v.Branch, &v.Name.Zh, &v.Name.En, &v.Phase, &v.Status, &times, &raw, &v.Matched, &v.Projects, &v.Open, &v.Confirmed)
	if err != nil {
		return v, err
	}
	v.Times = station.Timetable(times)
	v.Terms, err = station.ReadRoundTerms(raw)
	return v, err
}

// RoundByCode returns a round.
func (db *DB) RoundByCode(ctx context.Context, code string) (station.RoundView, error) {
	v, err := scanRound(db.QueryRowxContext(ctx, selectRound+` WHERE o.code = $1`, code))
	return v, notFound(err, "no round %s", code)
}

// RoundList lists rounds, the newest first.
func (db *DB) RoundList(ctx context.Context, limit int, cursor string) (station.Page[station.RoundView], error) {
	var p station.Page[station.RoundView]
	size := pageSize(limit)
	after, err := readCursor(cursor, "rounds", isUUID)
	if err != nil {
		return p, err
	}
	if after == nil {
		after = []string{lastID}
	}
	var list []station.RoundView
	err = db.each(ctx, func(row scanner) error {
		v, err := scanRound(row)
		list = append(list, v)
		return err
	}, selectRound+` WHERE o.case_id < $1 ORDER BY o.case_id DESC LIMIT $2`, after[0], size+1)
	if err != nil {
		return p, err
	}
	p.Items, p.Next = cutPage(list, size, "rounds", func(v station.RoundView) []string { return []string{v.Case} })
	return p, nil
}

// NextCall returns when the next call of a branch opens; nil if none is planned.
func (db *DB) NextCall(ctx context.Context, branch string, after time.Time) (*time.Time, error) {
	var at *time.Time
	err := db.GetContext(ctx, &at, `
		SELECT min(p.opens_at) FROM rounds o JOIN programmes p ON p.code = o.code
		WHERE o.branch = $1 AND o.phase = 'call' AND p.opens_at > $2`, branch, after)
	return at, domainError(err)
}

// spreadOf is what scores of a project p at a stage add up to. Those of angels in
// conflict do not count. Each project is looked at by itself: how many scores a
// conflict takes away is more than PostgreSQL can guess.
func spreadOf(stage station.Stage) string {
	return `(
		SELECT count(*) AS n, avg(v.total::numeric) AS mean, min(v.total) AS least, max(v.total) AS most,
		       array_agg(v.total ORDER BY v.total) AS all, count(*) FILTER (WHERE v.at > o.closes) AS late
		FROM reviews v
		WHERE v.case_id = p.case_id AND v.stage = '` + string(stage) + `' AND v.verdict = 'score' AND NOT ` + fmt.Sprintf(inConflict, "v.case_id", "v.reviewer") + `)`
}

// selectProjects are the projects of a round ($1) without those in which an account
// ($2) has a conflict. Of scores and commitments those of angels in conflict do not
// count.
var selectProjects = `
	WITH o AS (SELECT code, (times->>'scoresClose')::timestamptz AS closes FROM rounds WHERE code = $1)
	SELECT p.case_id, c.number, coalesce(c.form->'project'->>'name', ''), c.status, c.reason, c.stage, p.seat, p.place, p.running, p.attended, p.match, c.opened_at,
	       CASE WHEN p.lead IS NULL THEN coalesce(said.fen, 0) ELSE p.committed END,
	       said.leads, said.follows, said.passes, declared.clear, declared.conflicts,
	       s.n, coalesce(s.mean, 0)::float8, coalesce(s.least, 0), coalesce(s.most, 0), s.all,
	       d.n, coalesce(d.mean, 0)::float8, coalesce(d.least, 0), coalesce(d.most, 0), d.all, d.late
	FROM o JOIN pitches p ON p.round = o.code JOIN cases c ON c.id = p.case_id
	CROSS JOIN LATERAL ` + spreadOf(station.StageScreening) + ` s
	CROSS JOIN LATERAL ` + spreadOf(station.StagePitches) + ` d
	CROSS JOIN LATERAL (
		SELECT count(*) FILTER (WHERE conflict = 'none') AS clear, count(*) FILTER (WHERE conflict <> 'none') AS conflicts
		FROM declarations WHERE case_id = p.case_id) declared
	CROSS JOIN LATERAL (
		SELECT count(*) FILTER (WHERE verdict = 'lead') AS leads, count(*) FILTER (WHERE verdict = 'follow') AS follows,
		       count(*) FILTER (WHERE verdict = 'pass') AS passes, sum(fen) FILTER (WHERE verdict IN ('lead', 'follow'))::bigint AS fen
		FROM (SELECT DISTINCT ON (b.account) b.verdict, b.fen FROM ballots b
			WHERE b.case_id = p.case_id AND NOT ` + fmt.Sprintf(inConflict, "b.case_id", "b.account") + ` ORDER BY b.account, b.at DESC, b.act DESC) last) said
	WHERE NOT ` + fmt.Sprintf(inConflict, "p.case_id", "$2::uuid") + `
	ORDER BY d.mean DESC NULLS LAST, s.mean DESC NULLS LAST, c.opened_at, p.case_id`

// Projects returns a round's projects in their rank: by rubric, once they have
// pitched, and else by screening.
func (db *DB) Projects(ctx context.Context, round, account string) ([]station.Project, error) {
	days, err := db.stageDays(ctx, round)
	if err != nil {
		return nil, err
	}
	var list []station.Project
	err = db.each(ctx, func(row scanner) error {
		var p station.Project
		err := row.Scan(&p.Case, &p.Number, &p.Name, &p.Status, &p.Reason, &p.Stage, &p.Seat, &p.Place, &p.Running, &p.Attended, &p.Match, &p.OpenedAt,
			&p.Committed, &p.Leads, &p.Follows, &p.Passes, &p.Declared, &p.Conflicts,
			&p.Screening.Count, &p.Screening.Mean, &p.Screening.Least, &p.Screening.Most, (*pq.Float64Array)(&p.Screening.PerReviewer),
			&p.Scores.Count, &p.Scores.Mean, &p.Scores.Least, &p.Scores.Most, (*pq.Float64Array)(&p.Scores.PerReviewer), &p.Late)
		p.Stages = days[p.Case]
		list = append(list, p)
		return err
	}, selectProjects, round, nullable(account))
	return list, err
}

// selectStageDays is how long the projects of a round ($1) stood in the stages that
// they have left, in the order in which they first came to them.
const selectStageDays = `
	SELECT case_id, stage, sum(extract(epoch FROM until - at))::float8 / 86400
	FROM (
		SELECT e.case_id, e.stage, e.seq, e.at,
		       coalesce(lead(e.at) OVER (PARTITION BY e.case_id ORDER BY e.seq), e.ended_at) AS until
		FROM (
			SELECT e.case_id, e.seq, e.stage, e.at, c.ended_at, lag(e.stage) OVER (PARTITION BY e.case_id ORDER BY e.seq) AS before
			FROM pitches p JOIN cases c ON c.id = p.case_id JOIN events e ON e.case_id = p.case_id WHERE p.round = $1) e
		WHERE e.stage IS DISTINCT FROM e.before) entered
	WHERE until IS NOT NULL AND stage <> 'ended' GROUP BY case_id, stage ORDER BY case_id, min(seq)`

func (db *DB) stageDays(ctx context.Context, round string) (map[string][]station.StageDays, error) {
	days := map[string][]station.StageDays{}
	err := db.each(ctx, func(row scanner) error {
		var id string
		var d station.StageDays
		err := row.Scan(&id, &d.Stage, &d.Days)
		days[id] = append(days[id], d)
		return err
	}, selectStageDays, round)
	return days, err
}

// WatchRound sends at once, and then whenever something has happened in a round or
// in one of its projects. What nobody took in time is left out. The channel closes
// when ctx ends.
func (db *DB) WatchRound(ctx context.Context, code string) (<-chan struct{}, error) {
	woken, stop := db.wake.on("rounds", code)
	var there string
	if err := db.GetContext(ctx, &there, `SELECT code FROM rounds WHERE code = $1`, code); err != nil {
		stop()
		return nil, notFound(err, "no round %s", code)
	}
	news := make(chan struct{}, 1)
	news <- struct{}{}
	go func() {
		defer close(news)
		defer stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-woken:
			}
			select {
			case news <- struct{}{}:
			default: // there is one to take already
			}
		}
	}()
	return news, nil
}
