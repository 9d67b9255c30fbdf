package dev

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"

	"wutong/station"
)

// TryoutNotice is how long an award is on public notice in a programme to try out, in seconds.
const TryoutNotice = 5

// TryoutVote is how long the members of the hub vote on an admission there, in seconds.
const TryoutVote = 20

// shortened are the waits that must pass before a case goes on, or that show what becomes of who does not act, and how many
// seconds they take in a programme to try out. All others end when somebody acts.
var shortened = map[station.Kind]map[string]int{
	station.Grant: {"notice": TryoutNotice},
	station.Angel: {"vote": TryoutVote, "term": 3600}, // half of the term, then the time to renew it
	station.Round: {"seat": 60, "refill": 30, "closing": 1800},

	station.Ambassador: {"term": 3600, "renewal": 1800}, // the renewal is of the term
}

// tryout adds a programme beside each of the sample that lets days pass: CODE-tryout. It differs only in how long some waits
// are, so that nobody who tries the station out has to wait for a week.
func (s *Stack) tryout(ctx context.Context) error {
	var programmes, short []station.Programme
	if err := readSample(s.opts.Sample, "programmes.json", &programmes); err != nil {
		return err
	}
	for _, p := range programmes {
		shorter, err := shorten(&p)
		if err != nil {
			return fmt.Errorf("shorten %s: %w", p.Code, err)
		}
		if shorter {
			short = append(short, p)
		}
	}
	if len(short) == 0 {
		return nil
	}
	dir := s.opts.file("tryout")
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return fmt.Errorf("make a folder: %w", err)
	}
	for name, data := range map[string]any{
		"branches.json": []any{}, "institutions.json": []any{}, "channels.json": []any{}, "accounts.json": []any{}, "programmes.json": short,
	} {
		b, err := json.Marshal(data)
		if err == nil {
			err = os.WriteFile(filepath.Join(dir, name), b, 0o600)
		}
		if err != nil {
			return fmt.Errorf("write %s: %w", name, err)
		}
	}
	_, err := s.Run(ctx, "seed", dir)
	return err
}

// shorten makes of a programme the one to try out. It reports whether there was anything to shorten.
func shorten(p *station.Programme) (bool, error) {
	var terms map[string]any
	if len(shortened[p.Kind]) == 0 || len(p.Terms) == 0 {
		return false, nil
	}
	if err := json.Unmarshal(p.Terms, &terms); err != nil {
		return false, err
	}
	changed := false
	for wait, seconds := range shortened[p.Kind] {
		if terms[wait] != nil {
			terms[wait], changed = map[string]any{"days": 0, "seconds": seconds, "reminders": []int{}}, true
		}
	}
	if !changed {
		return false, nil
	}
	raw, err := json.Marshal(terms)
	p.Terms = raw
	p.Code += "-tryout"
	p.Name.Zh += "（试用）"
	p.Name.En += " (tryout)"
	return true, err
}
