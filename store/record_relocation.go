package store

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"wutong/station"
)

// relocate has a settlement in another branch take up what was not done in this one:
// once, whatever happens to this one afterwards. What the other branch does not offer
// ends for that reason.
func (r *recording) relocate(ctx context.Context, act string) error {
	a, err := r.actOf(ctx, act)
	if err != nil {
		return err
	}
	c, err := r.tookUp(ctx, a.Body.Branch)
	if err != nil {
		return err
	}
	asked := len(c.Services)
	left := c.shrink()
	_, err = r.tx.ExecContext(ctx, `
		WITH room AS (UPDATE settlements SET ended = true WHERE case_id = $1)
		UPDATE services s SET reason = $3 WHERE settlement = $1 AND code = ANY($2)
		AND attempt = (SELECT max(attempt) FROM services l WHERE l.settlement = $1 AND l.code = s.code)`, r.ch.Case, textArray(left), station.ReasonNoProvider)
	if err != nil {
		return fmt.Errorf("make room for the settlement that follows: %w", err)
	}
	if len(left) == asked {
		return nil
	}
	form, err := json.Marshal(c.SettlementForm)
	if err != nil {
		return err
	}
	id := saidID("wutong settlement moved", r.ch.Case)
	before := len(r.written.Begun)
	err = r.beginCase(ctx, station.NewCase{ID: id, Kind: station.SettlementKind, Application: station.Application{Branch: c.Branch, Form: form}})
	if err != nil {
		return fmt.Errorf("begin the settlement that follows: %w", err)
	}
	var there bool
	if err := r.tx.GetContext(ctx, &there, `SELECT EXISTS (SELECT FROM settlements WHERE case_id = $1)`, id); err != nil || there {
		return err
	}
	next := r.written.Begun[before]
	return insertSettlement(ctx, r.tx, next, c.Services)
}

// tookUp is what a settlement in another branch takes up: what was chosen, but for
// what is done and what the talent has dropped.
func (r *recording) tookUp(ctx context.Context, branch string) (choice, error) {
	var raw []byte
	if err := r.tx.GetContext(ctx, &raw, `SELECT form FROM cases WHERE id = $1`, r.ch.Case); err != nil {
		return choice{}, fmt.Errorf("read the form: %w", err)
	}
	var c choice
	if err := json.Unmarshal(raw, &c.SettlementForm); err != nil {
		return c, fmt.Errorf("read the form: %w", err)
	}
	if err := c.look(ctx, r.tx, r.c.Applicant, branch, r.ch.At); err != nil {
		return c, err
	}
	var rows []struct {
		Code    string
		State   station.ServiceState
		Dropped bool
	}
	err := r.tx.SelectContext(ctx, &rows, `
		SELECT s.code, s.state, EXISTS (
			SELECT FROM acts d WHERE d.case_id = $1 AND d.task = $2 AND d.status = 'recorded' AND d.body->>'verdict' = 'drop'
			AND d.body::jsonb->'services' ? s.code AND d.at >= coalesce((SELECT a.at FROM acts a WHERE a.id = s.added), d.at)) AS dropped
		FROM services s WHERE s.settlement = $1
		  AND s.attempt = (SELECT max(attempt) FROM services l WHERE l.settlement = $1 AND l.code = s.code)
		ORDER BY s.position, s.code`, r.ch.Case, station.SettlingTask(r.ch.Case))
	if err != nil {
		return c, fmt.Errorf("look what was not done: %w", err)
	}
	c.District, c.Papers, c.Services = branch, nil, nil
	for _, s := range rows {
		switch {
		case s.State.Satisfies():
			if !slices.Contains(c.Has, s.Code) {
				c.Has = append(c.Has, s.Code)
			}
		case !s.Dropped:
			c.Services = append(c.Services, s.Code)
		}
	}
	c.Has = slices.DeleteFunc(c.Has, func(code string) bool { return slices.Contains(c.Services, code) })
	return c, nil
}

// shrink takes out of a choice what its branch does not offer, and what needs that. It
// returns what it took out.
func (c *choice) shrink() (left []string) {
	for {
		i := slices.IndexFunc(c.Services, func(code string) bool {
			o, known := c.Offer(code)
			return !known || len(c.ProvidersOf(code, c.Branch, c.City)) == 0 ||
				slices.ContainsFunc(o.Needs, func(need string) bool { return !c.has(need) })
		})
		if i < 0 {
			return left
		}
		left = append(left, c.Services[i])
		c.Services = slices.Delete(c.Services, i, i+1)
	}
}
