package crowd

import (
	"fmt"
	"hash/fnv"
	"maps"
	"time"

	"wutong/station"
)

// What the crowd's rounds are by: a fund that adds a fifth, up to a cap for each project, and tickets in fen.
const (
	MatchPercent  = 20
	MatchCap      = 20_000_000
	MinimumTicket = 10_000_000
	Minimum       = 50_000_000 // of a syndicate
)

// RoundTerms are the terms of a programme of rounds out of the fund of the crowd, which adds so many fen to a whole round;
// more is added to them, as JSON.
func RoundTerms(roundCap int64, more string) string {
	return fmt.Sprintf(`{"fund": %q, "match": {"percent": %d, "cap": %d, "roundCap": %d}, "minimumTicket": %d, "minimum": %d%s}`,
		Fund, MatchPercent, MatchCap, roundCap, MinimumTicket, Minimum, more)
}

// Times are a round's timetable that begins now, with so long for each of its five phases: as a body holds it.
func Times(now time.Time, each time.Duration) map[string]any {
	times := map[string]any{"callOpens": now.Add(-time.Minute).UTC().Format(time.RFC3339Nano)}
	for i, end := range Ends {
		times[end] = now.Add(time.Duration(i+1) * each).UTC().Format(time.RFC3339Nano)
	}
	return times
}

// Ends name when each phase of a timetable ends, in the order of [station.Phases].
var Ends = [...]string{"callCloses", "screeningCloses", "pitchesAt", "scoresClose", "deliberationCloses"}

// Over is a timetable in which a phase ends in a moment, and those after it when they did, or a moment later each if that
// would be before.
func Over(times map[string]any, phase station.Stage, now time.Time) map[string]any {
	times = maps.Clone(times)
	at, begun := now.Add(time.Second), false
	for i, end := range Ends {
		begun = begun || station.Phases[i] == phase
		was, _ := time.Parse(time.RFC3339Nano, times[end].(string))
		if begun && (station.Phases[i] == phase || !was.After(at)) {
			times[end] = at.UTC().Format(time.RFC3339Nano)
			at = at.Add(time.Minute)
		}
	}
	return times
}

// Round is the form of a round.
func Round(programme, code string, times map[string]any, capacity int) map[string]any {
	return map[string]any{
		"programme": programme, "code": code, "name": map[string]any{"zh-CN": "路演", "en": "Round"}, "times": times, "capacity": capacity,
	}
}

// Pitch is the form of the n-th project.
func Pitch(round string, n int, deck string) map[string]any {
	return map[string]any{
		"programme": round, "project": map[string]any{"name": fmt.Sprintf("Project %d", n), "field": "AI", "summary": "A thing."},
		"company": map[string]any{"name": fmt.Sprintf("Company %d", n), "number": creditCode(n)},
		"team":    []map[string]any{{"name": fmt.Sprintf("Founder Number%d", n), "institution": fmt.Sprintf("school %d", n)}},
		"seeks":   100_000_000, "documents": []string{deck},
	}
}

// Screens is how many points, 1 to 4, somebody gives the n-th project at its screening: always the same.
func Screens(account string, n int) int { return 1 + Draw(4, "screening", account, n) }

// Screening is that as a verdict.
func Screening(points int) map[string]any { return score("invite", points) }

// rubric are the criteria of a pitch.
var rubric = []string{"team", "market", "product", "feasibility", "fit"}

// Pitches is how many points, 40 to 100, an angel gives the n-th project on each criterion.
func Pitches(account string, n int) []station.Point {
	points := make([]station.Point, len(rubric))
	for i, c := range rubric {
		points[i] = station.Point{Criterion: c, Points: 40 + Draw(61, c, account, n)}
	}
	return points
}

// Scored are points as a verdict.
func Scored(points []station.Point) map[string]any {
	return map[string]any{"verdict": station.Score, "scores": points}
}

// Invests is what an angel says in the deliberation on the n-th project: of eight one would lead, three follow, and the others
// pass. No two would invest the same: ticket is the angel's own number.
func Invests(account string, ticket, n int) (station.Verdict, int64) {
	fen := int64(MinimumTicket + 100_000*ticket + 100*Draw(900, "fen", account, n))
	switch d := Draw(8, "verdict", account, n); {
	case d == 0:
		return station.Lead, fen
	case d < 4:
		return station.Follow, fen
	default:
		return station.Pass, 0
	}
}

// Commitment is that as a body.
func Commitment(v station.Verdict, fen int64) map[string]any {
	body := map[string]any{"verdict": v, "reason": "Because of the market."}
	if fen > 0 {
		body["fen"] = fen
	}
	return body
}

func score(criterion string, points int) map[string]any {
	return Scored([]station.Point{{Criterion: criterion, Points: points}})
}

// Draw is a number below n by chance, but the same whenever the same is asked.
func Draw(n int, about, account string, project int) int {
	h := fnv.New64a()
	fmt.Fprint(h, about, account, project)
	x := h.Sum64()
	x ^= x >> 33 // the low bits of similar texts are similar
	x *= 0xff51afd7ed558ccd
	x ^= x >> 33
	return int(x % uint64(n)) //nolint:gosec // below n
}
