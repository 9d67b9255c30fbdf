// Package crowd is the people and the programmes of a station that is only there to be tried: enough officers and
// reviewers to act at once, each with a token.
package crowd

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"wutong/station"
)

// Branch is where everyone works.
const Branch = "HZ"

// Crowd is the people, by what they do.
type Crowd struct {
	Referrers, Officers, Reviewers, Directors []station.Account
	rest                                      []station.Account
}

// New names two referrers, twenty officers, 24 reviewers of as many institutions, a director and an operator.
func New() *Crowd {
	n := 0
	some := func(role station.Role, branch string, count int) (list []station.Account) {
		for range count {
			n++
			list = append(list, station.Account{
				ID: fmt.Sprintf("01900000-0000-7000-8000-%012d", n), Name: fmt.Sprintf("Person %d", n), Email: fmt.Sprintf("person%d@example.com", n),
				Roles: []station.Role{role}, Branch: branch, Institution: fmt.Sprintf("institution %d", n), Language: station.English,
			})
		}
		return list
	}
	return &Crowd{
		Referrers: some(station.RoleReferrer, "", 2), Officers: some(station.RoleOfficer, Branch, 20), Reviewers: some(station.RoleReviewer, Branch, 24),
		Directors: some(station.RoleDirector, Branch, 1), rest: some(station.RoleOperator, Branch, 1),
	}
}

// Write writes the folder that `wutong seed` reads. Terms are those of its referral programmes, by their codes.
func (c *Crowd) Write(dir string, terms map[string]string) error {
	programmes := []station.Programme{}
	for code, t := range terms {
		programmes = append(programmes, station.Programme{
			Code: code, Kind: station.Referral, Branch: Branch, Name: station.Text{Zh: "举荐", En: "Referral"}, Terms: []byte(t),
			OpensAt: time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC), ClosesAt: time.Date(2040, 1, 1, 0, 0, 0, 0, time.UTC),
		})
	}
	for name, data := range map[string]any{
		"branches.json":     []station.Branch{{Code: Branch, Name: station.Text{Zh: "杭州", En: "Hangzhou"}}},
		"institutions.json": []station.Institution{},
		"channels.json":     []station.Channel{{Code: "alumni", Name: station.Text{Zh: "校友", En: "Alumni"}}},
		"programmes.json":   programmes,
		"accounts.json":     c.all(),
	} {
		b, err := json.Marshal(data)
		if err != nil {
			return fmt.Errorf("write %s: %w", name, err)
		}
		if err := os.WriteFile(filepath.Join(dir, name), b, 0o600); err != nil {
			return fmt.Errorf("write the sample: %w", err)
		}
	}
	return nil
}

// Admit gives everyone a token that is good for a day.
func (c *Crowd) Admit(ctx context.Context, db *sql.DB) error {
	for _, a := range c.all() {
		hash := sha256.Sum256([]byte(Token(a.ID)))
		_, err := db.ExecContext(ctx, `INSERT INTO tokens (id, account, hash, scope, expires_at) VALUES ($1, $2, $3, 'full', now() + interval '1 day')`,
			station.NewID(), a.ID, hash[:])
		if err != nil {
			return fmt.Errorf("give out tokens: %w", err)
		}
	}
	return nil
}

// Token is the token of an account.
func Token(account string) string { return "crowd-" + account }

// Referral is the form for the n-th talent.
func Referral(programme string, n int) map[string]any {
	return map[string]any{
		"programme": programme, "channel": "alumni", "name": fmt.Sprintf("Talent Number%d", n), "email": fmt.Sprintf("talent%d@example.com", n),
		"institution": fmt.Sprintf("school %d", n), "field": "AI", "evidence": []string{"https://example.com/p"}, "why": "Because.",
	}
}

// Score is a reviewer's verdict that lets a talent pass.
var Score = map[string]any{"verdict": "score", "scores": []map[string]any{
	{"criterion": "achievement", "points": 85}, {"criterion": "potential", "points": 80}, {"criterion": "fit", "points": 90},
}}

func (c *Crowd) all() (list []station.Account) {
	for _, some := range [][]station.Account{c.Referrers, c.Officers, c.Reviewers, c.Directors, c.rest} {
		list = append(list, some...)
	}
	return list
}
