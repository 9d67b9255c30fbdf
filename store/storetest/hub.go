package storetest

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"wutong/station"
	"wutong/store"
)

// The programmes and the fund of Hub.
const (
	AngelProgramme = "angel-test"
	RoundProgramme = "rounds-test"
	MatchFund      = "match-test"
)

// HubPeople are the accounts that the angel hub needs beside those of Sample.
type HubPeople struct {
	Angels    []station.Account // founding members, each with an institution of their own
	Candidate station.Account   // an applicant, who is to be admitted
	Teams     []station.Account // 20 applicants
}

// RoundTerms are the terms of a programme of rounds whose fund adds 30 % to what
// angels invest: up to 500,000 yuan for a project, and 1,000,000 in a round. More is
// added to them, as JSON.
func RoundTerms(more string) string {
	return `{"fund": "` + MatchFund + `", "match": {"percent": 30, "cap": 50000000, "roundCap": 100000000}` + more + `}`
}

// Hub loads a fund with a budget of 10,000,000 yuan (for each year from 2020 to
// 2040), a programme of rounds, one of admission ("{}" are the defaults of both),
// and a hub of 8 founding members, into a station that has Sample.
func Hub(tb testing.TB, db *store.DB, p People, roundTerms, angelTerms string) HubPeople {
	tb.Helper()
	return HubOf(tb, db, p, 8, roundTerms, angelTerms)
}

// HubOf is Hub with another number of founding members.
func HubOf(tb testing.TB, db *store.DB, _ People, members int, roundTerms, angelTerms string) HubPeople {
	tb.Helper()
	account := func(n int) station.Account {
		return station.Account{
			ID: fmt.Sprintf("01900000-0000-7000-8000-%012d", n), Name: fmt.Sprintf("Person %d", n), Email: fmt.Sprintf("person%d@example.com", n),
			Roles: []station.Role{station.RoleApplicant}, Institution: fmt.Sprintf("institution %d", n), Language: station.English,
		}
	}
	h := HubPeople{Candidate: account(200)}
	for n := range 20 {
		h.Teams = append(h.Teams, account(201+n))
	}
	seed := store.Seed{Accounts: append(h.Teams, h.Candidate)}
	for n := range members {
		a := account(301 + n)
		h.Angels = append(h.Angels, a)
		seed.Founders = append(seed.Founders, station.FoundingMember{
			Account: a.ID, Branch: "HZ", Fields: []string{"AI"}, Public: n%2 == 0, Since: time.Date(2025, 1, 1, 0, 0, 0, 0, time.UTC),
		})
	}
	seed.Accounts = append(seed.Accounts, h.Angels...)
	fund := station.Fund{Code: MatchFund, Branch: "HZ", Name: station.Text{Zh: "跟投基金", En: "Matching fund"}, Currency: station.CNY}
	for year := 2020; year <= 2040; year++ {
		fund.Budgets = append(fund.Budgets, station.FundBudget{Year: year, Fen: 1_000_000_000})
	}
	seed.Funds = []station.Fund{fund}
	for _, q := range []station.Programme{
		{Code: AngelProgramme, Kind: station.Angel, Name: station.Text{Zh: "测试入会", En: "Test admission"}, Terms: []byte(angelTerms)},
		{Code: RoundProgramme, Kind: station.Round, Name: station.Text{Zh: "测试路演", En: "Test rounds"}, Terms: []byte(roundTerms)},
	} {
		q.Branch, q.OpensAt, q.ClosesAt = "HZ", time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC), time.Date(2040, 1, 1, 0, 0, 0, 0, time.UTC)
		require.NoError(tb, q.Check())
		seed.Programmes = append(seed.Programmes, q)
	}
	require.NoError(tb, db.Load(context.Background(), seed))
	return h
}

// RoundForm is what an officer says who opens a round whose call opens at a time:
// one week for the call, two for the screening, one until the pitches, a day for
// them, and a week for the deliberation.
func RoundForm(code string, opens time.Time) station.RoundForm {
	day := 24 * time.Hour
	return station.RoundForm{
		Code: code, Name: station.Text{Zh: "测试一期", En: "First test round"},
		Times: station.Timetable{
			CallOpens: opens, CallCloses: opens.Add(7 * day), ScreeningCloses: opens.Add(21 * day),
			PitchesAt: opens.Add(28 * day), ScoresClose: opens.Add(29 * day), DeliberationCloses: opens.Add(36 * day),
		},
	}
}

// PitchForm is an application of a team to a round; n makes it one of its own.
func PitchForm(n int, documents ...string) station.PitchForm {
	return station.PitchForm{
		Project:   station.PitchProject{Name: fmt.Sprintf("触感机器人 %d", n), Field: "robotics", Summary: "Skins that feel."},
		Company:   station.PitchCompany{Name: fmt.Sprintf("杭州触感机器人%d号有限公司", n)},
		Team:      []station.TeamMember{{Name: fmt.Sprintf("Founder Of%d", n), Institution: "zju"}},
		Seeks:     300_000_000,
		Documents: documents,
	}
}

// AngelForm is an application of a candidate, for whom two members vouch.
func AngelForm(document string, vouchers ...station.Account) station.AngelForm {
	f := station.AngelForm{
		Statement: "I invest in people.", Fields: []string{"AI", "robotics"},
		Investments: []station.Investment{{Company: "杭州灵巧手科技有限公司", Year: 2023, Fen: 50_000_000}}, Documents: []string{document},
	}
	for _, v := range vouchers {
		f.Vouchers = append(f.Vouchers, v.Email)
	}
	return f
}

// Document keeps a document of an account, and returns its ID. It has no content.
func Document(tb testing.TB, db *store.DB, owner station.Account, name string) string {
	tb.Helper()
	sum := sha256.Sum256([]byte(owner.ID + name))
	d, err := db.InsertDocument(context.Background(), station.Document{
		ID: station.NewID(), Owner: owner.ID, Name: name, MediaType: "application/pdf", Size: 1, SHA256: sum[:], Key: station.NewID(),
		UploadedAt: time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC),
	}, "")
	require.NoError(tb, err)
	return d.ID
}

// Take takes in a form of a process of the hub, for an account; no workflow knows
// of it.
func Take(tb testing.TB, db *store.DB, kind station.Kind, programme string, by station.Account, form any, at time.Time) (station.Case, error) {
	tb.Helper()
	raw, err := json.Marshal(form)
	require.NoError(tb, err)
	app, err := station.Processes[kind].CheckForm(raw)
	require.NoError(tb, err)
	p, err := db.Programme(context.Background(), programme)
	require.NoError(tb, err)
	c, _, err := db.InsertCase(context.Background(), station.NewCase{
		ID: station.NewID(), Kind: kind, Programme: p, Applicant: by.ID, Key: station.NewID(), RequestHash: "hash", Application: app, At: at,
	})
	return c, err
}
