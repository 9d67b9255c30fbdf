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

// The grant programme and the fund of Grants.
const (
	GrantProgramme = "grant-test"
	Fund           = "fund-test"
)

// GrantPeople are the accounts that a grant needs beside those of Sample.
type GrantPeople struct {
	Founder    station.Account   // an applicant
	Treasurers []station.Account // 2, HZ
}

// GrantTerms are a grant programme's terms: two rules, six tiers from 20,000 to
// 200,000 yuan, everything else by default; more is added to them, as JSON.
func GrantTerms(more string) string {
	return `{"fund": "` + Fund + `", "rules": [
		{"code": "representative", "when": "applicant.legalRepresentative", "says": {"zh-CN": "申请人是法定代表人", "en": "The applicant is the legal representative"},
		 "source": {"zh-CN": "测试", "en": "Test"}},
		{"code": "share", "when": "team.share >= 30.0", "says": {"zh-CN": "团队持股不低于30%", "en": "The team holds at least 30 percent"},
		 "source": {"zh-CN": "测试", "en": "Test"}}],
		"review": {"tiers": [2000000, 5000000, 8000000, 10000000, 15000000, 20000000]}` + more + `}`
}

// Grants loads a fund with a budget (in fen, for each year from 2020 to 2040), a
// grant programme with terms as [GrantTerms] makes them, and its people, into a
// station that has Sample.
func Grants(tb testing.TB, db *store.DB, budget int64, terms string) GrantPeople {
	tb.Helper()
	account := func(n int, role station.Role, branch string) station.Account {
		return station.Account{
			ID: fmt.Sprintf("01900000-0000-7000-8000-%012d", n), Name: fmt.Sprintf("Person %d", n), Email: fmt.Sprintf("person%d@example.com", n),
			Roles: []station.Role{role}, Branch: branch, Institution: fmt.Sprintf("institution %d", n), Language: station.English,
		}
	}
	p := GrantPeople{
		Founder:    account(101, station.RoleApplicant, ""),
		Treasurers: []station.Account{account(102, station.RoleTreasurer, "HZ"), account(103, station.RoleTreasurer, "HZ")},
	}
	fund := station.Fund{Code: Fund, Branch: "HZ", Name: station.Text{Zh: "测试基金", En: "Test fund"}, Currency: station.CNY}
	for year := 2020; year <= 2040; year++ {
		fund.Budgets = append(fund.Budgets, station.FundBudget{Year: year, Fen: budget})
	}
	programme := station.Programme{
		Code: GrantProgramme, Kind: station.Grant, Branch: "HZ", Name: station.Text{Zh: "测试资助", En: "Test grant"}, Terms: []byte(terms),
		OpensAt: time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC), ClosesAt: time.Date(2040, 1, 1, 0, 0, 0, 0, time.UTC),
	}
	require.NoError(tb, programme.Check())
	require.NoError(tb, db.Load(context.Background(), store.Seed{
		Funds: []station.Fund{fund}, Programmes: []station.Programme{programme}, Accounts: append(p.Treasurers, p.Founder),
	}))
	return p
}

// GrantForm is an application that every rule of GrantTerms lets pass, in the
// district HZ-BJ.
func GrantForm() station.GrantForm {
	return station.GrantForm{
		District:  "HZ-BJ",
		Project:   station.GrantProject{Name: "触感机器人", Summary: "Skins that feel.", Plan: "Moulds and a clean bench."},
		Company:   station.GrantCompany{Name: "杭州触感机器人有限公司", Number: "91330108MA2H00001B", RegisteredOn: "2025-06-01", Bank: "杭州银行", Account: "3301040160000123456"},
		Applicant: station.GrantApplicant{LegalRepresentative: true, GraduatedOn: "2024-06-30", Institution: "zju"},
		Team:      station.GrantTeam{Members: 3, Share: 60},
		Documents: []string{},
	}
}
