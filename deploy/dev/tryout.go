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

// tryout adds a programme beside each of the sample that shows awards to the public for days. It differs in that alone, so
// that nobody who tries the station out has to wait for a week: CODE-tryout.
func (s *Stack) tryout(ctx context.Context) error {
	var programmes, short []station.Programme
	raw, err := os.ReadFile(filepath.Join(s.opts.Sample, "programmes.json"))
	if err != nil {
		return fmt.Errorf("read the sample programmes: %w", err)
	}
	if err := json.Unmarshal(raw, &programmes); err != nil {
		return fmt.Errorf("read the sample programmes: %w", err)
	}
	for _, p := range programmes {
		var terms map[string]any
		if err := json.Unmarshal(p.Terms, &terms); err != nil || p.Kind != station.Grant || terms["notice"] == nil {
			continue
		}
		terms["notice"] = station.Wait{Seconds: TryoutNotice}
		if p.Terms, err = json.Marshal(terms); err != nil {
			return fmt.Errorf("shorten %s: %w", p.Code, err)
		}
		p.Code += "-tryout"
		p.Name.Zh += "（试用）"
		p.Name.En += " (tryout)"
		short = append(short, p)
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
	_, err = s.Run(ctx, "seed", dir)
	return err
}
