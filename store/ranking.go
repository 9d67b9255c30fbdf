package store

import (
	"context"
	"database/sql"
	"fmt"

	"wutong/station"
)

// selectRanked ranks the open projects of a round ($1) by the mean of their scores
// in a stage ($2): the best first, those without any last, of equals the one that
// applied earlier. Scores of who has a conflict do not count; but a conflict of $4
// in case $3 is looked over.
const selectRanked = `
	SELECT p.case_id, p.seat, p.place AS stood, p.attended, s.mean::float8 AS mean,
	       row_number() OVER (ORDER BY s.mean DESC NULLS LAST, c.opened_at, c.id) AS place
	FROM pitches p JOIN cases c ON c.id = p.case_id
	CROSS JOIN LATERAL (
		SELECT avg(v.total::numeric) AS mean FROM reviews v
		WHERE v.case_id = p.case_id AND v.stage = $2 AND v.verdict = 'score' AND NOT EXISTS (
			SELECT FROM declarations d WHERE d.case_id = v.case_id AND d.account = v.reviewer AND d.conflict <> 'none'
			AND (d.case_id, d.account) IS DISTINCT FROM ($3::uuid, $4::uuid))
	) s
	WHERE p.round = $1 AND NOT p.ended ORDER BY place`

// ranked is an open project in its rank.
type ranked struct {
	Case     string `db:"case_id"`
	Seat     station.Seat
	Stood    int // the place that it was given
	Attended bool
	Mean     sql.NullFloat64
	Place    int
}

// ranking ranks the open projects of the round.
func (r *recording) ranking(ctx context.Context, stage station.Stage) ([]ranked, error) {
	return r.rankingBut(ctx, stage, "")
}

// rankingBut ranks as if an account had no conflict in this case.
func (r *recording) rankingBut(ctx context.Context, stage station.Stage, account string) ([]ranked, error) {
	var list []ranked
	err := r.tx.SelectContext(ctx, &list, selectRanked, r.round.Code, stage, r.ch.Case, nullable(account))
	if err != nil {
		return nil, fmt.Errorf("rank the projects of round %s: %w", r.round.Code, err)
	}
	return list, nil
}

// standsAt is the project's mean and place, as an event tells it; there is no mean
// without scores.
func (r *recording) standsAt(ctx context.Context, stage station.Stage, but string) (station.Details, error) {
	list, err := r.rankingBut(ctx, stage, but)
	if err != nil {
		return nil, err
	}
	for _, p := range list {
		if p.Case != r.ch.Case {
			continue
		}
		d := station.Details{"place": p.Place}
		if p.Mean.Valid {
			d["mean"] = p.Mean.Float64
		}
		return d, nil
	}
	return nil, nil
}
