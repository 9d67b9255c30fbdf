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

// Branch is where everyone works but the district's officers; Fund is what it awards grants from.
const (
	Branch   = "HZ"
	District = "HZ-XC"
	Fund     = "crowd-fund"
)

// Crowd is the people, by what they do.
type Crowd struct {
	Referrers, Officers, Reviewers, Directors, Founders, Treasurers, DistrictOfficers, Angels, Teams []station.Account
	Newcomers                                                                                        []station.Account
	Providers                                                                                        map[string][]station.Account // by their code
	rest                                                                                             []station.Account
}

// New names two referrers, twenty officers, 24 reviewers of as many institutions, a director, an operator, a founder,
// two treasurers, an officer of the district, sixty angels, who are the hub from its beginning, twenty teams, a thousand
// newcomers, and two people of each provider. The last angel has a stake in a company.
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
		Founders: some(station.RoleApplicant, "", 1), Treasurers: some(station.RoleTreasurer, Branch, 2),
		DistrictOfficers: some(station.RoleOfficer, District, 1),
		Angels:           some(station.RoleApplicant, "", 60), Teams: some(station.RoleApplicant, "", 20),
		Newcomers: some(station.RoleApplicant, "", 1000), Providers: providers(Services(), 2000),
	}
}

// Programmes are what the station offers: terms by the programmes' codes. Grants, and what is added in rounds, are out of one
// fund, which has a budget for each year.
type Programmes struct {
	Referrals, Grants, Angels, Rounds, Ambassadors, Settlements map[string]string
	Budget                                                      int64 // fen
}

// Write writes the folder that `wutong seed` reads.
func (c *Crowd) Write(dir string, p Programmes) error {
	programmes := []station.Programme{}
	add := func(kind station.Kind, terms map[string]string) {
		for code, t := range terms {
			programmes = append(programmes, station.Programme{
				Code: code, Kind: kind, Branch: Branch, Name: station.Text{Zh: "项目", En: "Programme"}, Terms: []byte(t),
				OpensAt: time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC), ClosesAt: time.Date(2040, 1, 1, 0, 0, 0, 0, time.UTC),
			})
		}
	}
	add(station.Referral, p.Referrals)
	add(station.Grant, p.Grants)
	add(station.Angel, p.Angels)
	add(station.Round, p.Rounds)
	add(station.Ambassador, p.Ambassadors)
	add(station.SettlementKind, p.Settlements)
	fund := station.Fund{Code: Fund, Branch: Branch, Name: station.Text{Zh: "基金", En: "Fund"}, Currency: station.CNY}
	for year := 2020; year <= 2040; year++ {
		fund.Budgets = append(fund.Budgets, station.FundBudget{Year: year, Fen: p.Budget})
	}
	for name, data := range map[string]any{
		"funds.json": []station.Fund{fund},
		"branches.json": []station.Branch{
			{Code: Branch, Name: station.Text{Zh: "杭州", En: "Hangzhou"}},
			{Code: District, Name: station.Text{Zh: "西城", En: "West"}, Parent: Branch},
		},
		"institutions.json": []station.Institution{{
			Code: University, Name: station.Text{Zh: "大学", En: "University"}, Group: "university", Place: station.Text{Zh: "杭州", En: "Hangzhou"}, Land: "CN",
		}},
		"channels.json":   []station.Channel{{Code: "alumni", Name: station.Text{Zh: "校友", En: "Alumni"}}},
		"programmes.json": programmes,
		"accounts.json":   c.all(),
		"founders.json":   c.Hub(),
		"catalogue.json":  Services(),
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

// Stake is the company in which the last angel has a stake.
const Stake = "Canary and Finch"

// Hub are the angels as founding members.
func (c *Crowd) Hub() (list []station.FoundingMember) {
	for _, a := range c.Angels {
		list = append(list, station.FoundingMember{
			Account: a.ID, Branch: Branch, Fields: []string{"AI"}, Since: time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC),
		})
	}
	list[len(list)-1].Interests = []station.Interest{{Kind: station.InCompany, Name: Stake}}
	return list
}

func (c *Crowd) all() (list []station.Account) {
	for _, some := range [][]station.Account{c.Referrers, c.Officers, c.Reviewers, c.Directors, c.rest, c.Founders, c.Treasurers, c.DistrictOfficers, c.Angels, c.Teams, c.Newcomers} {
		list = append(list, some...)
	}
	for _, p := range Services().Providers {
		list = append(list, c.Providers[p.Code]...)
	}
	return list
}
