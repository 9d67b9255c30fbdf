package store

import (
	"context"
	"time"

	"github.com/lib/pq"

	"wutong/station"
)

// Catalogue returns the catalogue of services, with what is retired; an empty one if
// none was loaded.
func (db *DB) Catalogue(ctx context.Context) (station.Catalogue, error) {
	c, err := catalogue(ctx, db.DB)
	return c, domainError(err)
}

// City returns the branch above a branch, or itself.
func (db *DB) City(ctx context.Context, branch string) (string, error) {
	var city string
	err := db.GetContext(ctx, &city, `SELECT coalesce(parent, code) FROM branches WHERE code = $1`, branch)
	return city, notFound(err, "no branch %s", branch)
}

// PapersOf returns an account's papers, the newest of each kind, in the order of
// the catalogue; without those whose document was erased.
func (db *DB) PapersOf(ctx context.Context, account string) ([]station.Paper, error) {
	var list []station.Paper
	err := db.each(ctx, func(row scanner) error {
		var p station.Paper
		err := row.Scan(&p.Kind, &p.Document, &p.Until)
		list = append(list, p)
		return err
	}, `SELECT p.kind, p.document, coalesce(to_char(p.until, 'YYYY-MM-DD'), '')
		FROM papers p JOIN paper_kinds k ON k.code = p.kind JOIN documents d ON d.id = p.document AND d.erased_at IS NULL
		WHERE p.account = $1 ORDER BY k.position, k.code`, account)
	return list, err
}

// DoneFor returns the services that were done for an account, in the order of the
// catalogue. One that the case manager saw to in another way is done, and one that
// was undone is not.
func (db *DB) DoneFor(ctx context.Context, account string) ([]string, error) {
	var codes pq.StringArray
	err := db.GetContext(ctx, &codes, `
		SELECT ARRAY(SELECT o.code FROM offers o WHERE EXISTS (
			SELECT FROM settlements x JOIN services s ON s.settlement = x.case_id
			WHERE x.account = $1 AND s.code = o.code AND s.state IN ('done', 'waived'))
		ORDER BY o.position, o.code)`, account)
	return codes, domainError(err)
}

// ServicesOf returns a settlement's services, in the order in which they were
// chosen.
func (db *DB) ServicesOf(ctx context.Context, settlement string) ([]station.ServiceView, error) {
	var list []station.ServiceView
	err := db.each(ctx, func(row scanner) error {
		var v station.ServiceView
		err := row.Scan(&v.Case, &v.Offer.Code, &v.State, &v.Reason, &v.Provider.Code, &v.Due, &v.Stars, &v.Asks)
		list = append(list, v)
		return err
	}, `SELECT coalesce(s.case_id::text, ''), s.code, s.state, s.reason, coalesce(s.provider, ''), c.due, coalesce(s.stars, 0),
			EXISTS (SELECT FROM tasks t WHERE t.case_id = s.case_id AND t.status = 'open' AND t.party = 'applicant' AND t.kind = 'inquiry')
		FROM services s LEFT JOIN cases c ON c.id = s.case_id WHERE s.settlement = $1 ORDER BY s.position, s.attempt, s.code`, settlement)
	return list, err
}

// SettlementOf returns the settlement that a service is of.
func (db *DB) SettlementOf(ctx context.Context, service string) (string, error) {
	var settlement string
	err := db.GetContext(ctx, &settlement, `SELECT settlement FROM services WHERE case_id = $1`, service)
	return settlement, notFound(err, "no service %s", service)
}

// Manager returns the case manager of a settlement.
func (db *DB) Manager(ctx context.Context, settlement string) (string, error) {
	var manager string
	err := db.GetContext(ctx, &manager, `SELECT coalesce(manager::text, '') FROM settlements WHERE case_id = $1`, settlement)
	return manager, notFound(err, "no settlement %s", settlement)
}

// selectTimeline reads, of a settlement ($1) and each of its services, as many
// events ($5) as are asked for, and puts those few in order. They are tens in each.
const selectTimeline = `
	SELECT ` + eventColumns + `, l.code
	FROM (SELECT $1::uuid AS case_id, '' AS code UNION ALL SELECT s.case_id, s.code FROM services s WHERE s.settlement = $1 AND s.case_id IS NOT NULL) l
	CROSS JOIN LATERAL (
		SELECT * FROM events x WHERE x.case_id = l.case_id AND (x.at, x.case_id, x.seq) > ($2, $3::uuid, $4)
		ORDER BY x.at, x.seq LIMIT nullif($5, 0)) e
	ORDER BY e.at, e.case_id, e.seq LIMIT nullif($5, 0)`

// noID is before every ID.
const noID = "00000000-0000-0000-0000-000000000000"

// Timeline returns events of a settlement and its services, the oldest first; limit
// 0 is all of them.
func (db *DB) Timeline(ctx context.Context, settlement string, after station.TimelineMark, limit int) ([]station.TimelineEvent, error) {
	if after.Case == "" {
		after.Case = noID
	}
	var list []station.TimelineEvent
	err := db.each(ctx, func(row scanner) error {
		var e station.TimelineEvent
		err := scanEvent(row, &e.Event, &e.Offer)
		list = append(list, e)
		return err
	}, selectTimeline, settlement, after.At, after.Case, after.Seq, limit)
	return list, err
}

// selectProviderMonths counts what a provider ($1) was asked from one time ($2) to
// before another ($3) by month; what talents said of it, of what it completed: once, where
// it was asked to do that again.
const selectProviderMonths = `
	SELECT to_char(q.asked_at AT TIME ZONE 'Asia/Shanghai', 'YYYY-MM') AS month, count(*),
	       count(*) FILTER (WHERE q.answer = 'completed'), count(*) FILTER (WHERE q.answer = 'completed' AND q.on_time),
	       count(*) FILTER (WHERE q.answer = 'refused'), count(*) FILTER (WHERE q.answer = 'late'), count(*) FILTER (WHERE q.answer = ''),
	       coalesce(avg(extract(epoch FROM q.ended_at - q.asked_at)) FILTER (WHERE q.answer = 'completed'), 0)::float8 / 86400,
	       count(q.stars), coalesce(avg(q.stars), 0)::float8
	FROM (SELECT *, CASE answer WHEN 'completed' THEN (SELECT s.stars FROM services s WHERE s.case_id = service AND ordinal =
			(SELECT max(l.ordinal) FROM requests l WHERE l.service = s.case_id AND l.answer = 'completed')) END AS stars
		FROM requests WHERE provider = $1 AND asked_at >= $2 AND asked_at < $3) q
	GROUP BY month ORDER BY month`

// ProviderMonths returns what a provider did with what it was asked, by the months
// in which it was.
func (db *DB) ProviderMonths(ctx context.Context, provider string, from, to time.Time) ([]station.ProviderMonth, error) {
	var list []station.ProviderMonth
	err := db.each(ctx, func(row scanner) error {
		var m station.ProviderMonth
		err := row.Scan(&m.Month, &m.Asked, &m.Completed, &m.OnTime, &m.Refused, &m.Late, &m.Open, &m.Days, &m.Rated, &m.Stars)
		list = append(list, m)
		return err
	}, selectProviderMonths, provider, from, to)
	return list, err
}
