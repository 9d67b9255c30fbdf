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

// Programme is the code of Sample's referral programme. It is of branch HZ and
// open from 2020 to 2040.
const Programme = "referral-test"

// People are the accounts of Sample, by what they do. Each has an institution
// of their own that no other has.
type People struct {
	Applicant       station.Account // of no role but that
	Referrer        station.Account
	Officer         station.Account   // HZ
	Officer2        station.Account   // HZ
	DistrictOfficer station.Account   // HZ-BJ
	Director        station.Account   // HZ
	Treasurer       station.Account   // HZ
	Operator        station.Account   // HZ
	Reviewers       []station.Account // 8, HZ
}

// All are the accounts.
func (p People) All() []station.Account {
	return append([]station.Account{p.Applicant, p.Referrer, p.Officer, p.Officer2, p.DistrictOfficer, p.Director, p.Operator, p.Treasurer}, p.Reviewers...)
}

// Sample loads a small station: the city branch HZ with the districts HZ-XH and
// HZ-BJ, channels, institutions, one referral programme with terms ("{}" are
// the defaults), and its people.
func Sample(tb testing.TB, db *store.DB, terms string) People {
	tb.Helper()
	p := people()
	require.NoError(tb, db.Load(context.Background(), store.Seed{
		Branches: []station.Branch{
			{Code: "HZ", Name: station.Text{Zh: "杭州", En: "Hangzhou"}},
			{Code: "HZ-XH", Name: station.Text{Zh: "西湖", En: "Xihu"}, Parent: "HZ"},
			{Code: "HZ-BJ", Name: station.Text{Zh: "滨江", En: "Binjiang"}, Parent: "HZ"},
		},
		Institutions: []station.Institution{
			{Code: "zju", Name: station.Text{Zh: "浙江大学", En: "Zhejiang University"}, Group: "c9", Place: station.Text{Zh: "杭州", En: "Hangzhou"}, Land: "CN"},
			{Code: "pku", Name: station.Text{Zh: "北京大学", En: "Peking University"}, Group: "c9", Place: station.Text{Zh: "北京", En: "Beijing"}, Land: "CN"},
			{
				Code: "mit", Name: station.Text{Zh: "麻省理工学院", En: "Massachusetts Institute of Technology"}, Group: "overseas",
				Place: station.Text{Zh: "剑桥", En: "Cambridge, Massachusetts"}, Land: "US",
			},
		},
		Channels: []station.Channel{
			{Code: "ambassador", Name: station.Text{Zh: "青年人才大使", En: "Youth talent ambassador"}},
			{Code: "alumni", Name: station.Text{Zh: "校友会", En: "Alumni"}},
		},
		Programmes: []station.Programme{{
			Code: Programme, Kind: station.Referral, Branch: "HZ", Name: station.Text{Zh: "测试举荐", En: "Test referral"}, Terms: []byte(terms),
			OpensAt: time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC), ClosesAt: time.Date(2040, 1, 1, 0, 0, 0, 0, time.UTC),
		}},
		Accounts: p.All(),
	}))
	return p
}

func people() People {
	n := 0
	account := func(role station.Role, branch string) station.Account {
		n++
		return station.Account{
			ID: fmt.Sprintf("01900000-0000-7000-8000-%012d", n), Name: fmt.Sprintf("Person %d", n), Email: fmt.Sprintf("person%d@example.com", n),
			Roles: []station.Role{role}, Branch: branch, Institution: fmt.Sprintf("institution %d", n), Language: station.English,
		}
	}
	p := People{
		Referrer: account(station.RoleReferrer, ""), Officer: account(station.RoleOfficer, "HZ"), Officer2: account(station.RoleOfficer, "HZ"),
		DistrictOfficer: account(station.RoleOfficer, "HZ-BJ"), Director: account(station.RoleDirector, "HZ"), Operator: account(station.RoleOperator, "HZ"),
	}
	for range 8 {
		p.Reviewers = append(p.Reviewers, account(station.RoleReviewer, "HZ"))
	}
	p.Applicant = account(station.RoleApplicant, "")
	p.Treasurer = account(station.RoleTreasurer, "HZ")
	return p
}

// As makes an actor of an account, as a token of full scope would.
func As(tb testing.TB, db *store.DB, a station.Account) station.Actor {
	tb.Helper()
	a, err := db.AccountByID(context.Background(), a.ID)
	require.NoError(tb, err)
	return station.Actor{Account: a, Scope: station.ScopeFull}
}
