package storetest

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"wutong/station"
	"wutong/store"
)

// SettlementProgramme is the code of the programme of Settlements. It is of branch
// HZ and open from 2020 to 2040.
const SettlementProgramme = "settlement-test"

// SettlementPeople are the accounts that a settlement needs beside those of Sample.
type SettlementPeople struct {
	Newcomers []station.Account            // 20 applicants
	Providers map[string][]station.Account // 2 of each provider, by its code
}

// Catalogue is a small catalogue of services:
//
//	residence                     by police           papers identity, degree
//	company                       by market           papers identity
//	office     needs company      by east, or west    papers plan
//	school     needs residence    by education        papers child; nothing to undo
//	housing                       by estate           papers identity, contract
//	bank       in HZ-XH only      by bank             no papers
//
// An identity expires. Estate is of HZ-BJ, so that there is no provider of housing
// in HZ and HZ-XH; all others are of HZ.
func Catalogue() station.Catalogue {
	text := func(s string) station.Text { return station.Text{Zh: s + "（测试）", En: s} }
	wait, undo := station.Wait{Days: 10, Reminders: []int{7}}, &station.Wait{Days: 5}
	offer := func(code string, undo *station.Wait, providers, papers, needs, branches []string) station.Offer {
		return station.Offer{
			Code: code, Name: text(code), About: text("about " + code), Providers: providers, Papers: papers, Needs: needs, Branches: branches,
			Wait: wait, Undo: undo,
		}
	}
	c := station.Catalogue{
		Papers: []station.PaperKind{{Code: "identity", Name: text("identity"), Expires: true}},
		Offers: []station.Offer{
			offer("residence", undo, []string{"police"}, []string{"identity", "degree"}, nil, nil),
			offer("company", undo, []string{"market"}, []string{"identity"}, nil, nil),
			offer("office", undo, []string{"east", "west"}, []string{"plan"}, []string{"company"}, nil),
			offer("school", nil, []string{"education"}, []string{"child"}, []string{"residence"}, nil),
			offer("housing", undo, []string{"estate"}, []string{"identity", "contract"}, nil, nil),
			offer("bank", undo, []string{"bank"}, nil, nil, []string{"HZ-XH"}),
		},
	}
	for _, code := range []string{"degree", "plan", "child", "contract"} {
		c.Papers = append(c.Papers, station.PaperKind{Code: code, Name: text(code)})
	}
	for _, code := range []string{"police", "market", "east", "west", "education", "estate", "bank"} {
		p := station.Provider{Code: code, Name: text(code), Branch: "HZ"}
		if code == "estate" {
			p.Branch = "HZ-BJ"
		}
		c.Providers = append(c.Providers, p)
	}
	return c
}

// Settlements loads Catalogue, the people of its providers, newcomers, and a
// programme of settlements with terms ("{}" are the defaults), into a station that
// has Sample.
func Settlements(tb testing.TB, db *store.DB, terms string) SettlementPeople {
	tb.Helper()
	c, p := Catalogue(), SettlementPeople{Providers: map[string][]station.Account{}}
	account := func(n int, role station.Role, provider string) station.Account {
		return station.Account{
			ID: fmt.Sprintf("01900000-0000-7000-8000-%012d", n), Name: fmt.Sprintf("Person %d", n), Email: fmt.Sprintf("person%d@example.com", n),
			Roles: []station.Role{role}, Provider: provider, Institution: fmt.Sprintf("institution %d", n), Language: station.English,
		}
	}
	for n := range 20 {
		p.Newcomers = append(p.Newcomers, account(401+n, station.RoleApplicant, ""))
	}
	accounts := p.Newcomers
	for i, provider := range c.Providers {
		for n := range 2 {
			p.Providers[provider.Code] = append(p.Providers[provider.Code], account(601+2*i+n, station.RoleProvider, provider.Code))
		}
		accounts = append(accounts, p.Providers[provider.Code]...)
	}
	programme := station.Programme{
		Code: SettlementProgramme, Kind: station.SettlementKind, Branch: "HZ", Name: station.Text{Zh: "测试落户", En: "Test settlement"}, Terms: []byte(terms),
		OpensAt: time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC), ClosesAt: time.Date(2040, 1, 1, 0, 0, 0, 0, time.UTC),
	}
	require.NoError(tb, programme.Check())
	require.NoError(tb, db.Load(context.Background(), store.Seed{
		Catalogue: &c, Accounts: accounts, Programmes: []station.Programme{programme},
	}))
	return p
}

// Settling takes in a settlement of a newcomer; no workflow knows of it.
func Settling(tb testing.TB, db *store.DB, by station.Account, form station.SettlementForm, at time.Time) station.Case {
	tb.Helper()
	c, err := Take(tb, db, station.SettlementKind, SettlementProgramme, by, form, at)
	require.NoError(tb, err)
	return c
}
