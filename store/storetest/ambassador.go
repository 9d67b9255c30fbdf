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

// AmbassadorProgramme is the code of the programme of Ambassadors. It is of branch HZ
// and open from 2020 to 2040.
const AmbassadorProgramme = "ambassador-test"

// AmbassadorPeople are the accounts that ambassadors need beside those of Sample.
type AmbassadorPeople struct {
	Ambassadors []station.Account // 20 applicants, who are to be ambassadors
	Directors   []station.Account // 2 more, HZ: to whom an appeal can go
}

// Ambassadors loads a programme of ambassadors with terms ("{}" are the defaults), and
// its people, into a station that has Sample.
func Ambassadors(tb testing.TB, db *store.DB, terms string) AmbassadorPeople {
	tb.Helper()
	account := func(n int, role station.Role, branch string) station.Account {
		return station.Account{
			ID: fmt.Sprintf("01900000-0000-7000-8000-%012d", n), Name: fmt.Sprintf("Person %d", n), Email: fmt.Sprintf("person%d@example.com", n),
			Roles: []station.Role{role}, Branch: branch, Institution: fmt.Sprintf("institution %d", n), Language: station.English,
		}
	}
	p := AmbassadorPeople{Directors: []station.Account{account(591, station.RoleDirector, "HZ"), account(592, station.RoleDirector, "HZ")}}
	for n := range 20 {
		p.Ambassadors = append(p.Ambassadors, account(501+n, station.RoleApplicant, ""))
	}
	programme := station.Programme{
		Code: AmbassadorProgramme, Kind: station.Ambassador, Branch: "HZ", Name: station.Text{Zh: "测试聘任", En: "Test appointment"}, Terms: []byte(terms),
		OpensAt: time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC), ClosesAt: time.Date(2040, 1, 1, 0, 0, 0, 0, time.UTC),
	}
	require.NoError(tb, programme.Check())
	require.NoError(tb, db.Load(context.Background(), store.Seed{
		Accounts: append(p.Directors, p.Ambassadors...), Programmes: []station.Programme{programme},
	}))
	return p
}

// AmbassadorForm is an application for oneself to be an institution's ambassador.
func AmbassadorForm(institution string) station.AmbassadorForm {
	return station.AmbassadorForm{
		Channel: "alumni", Institution: institution, Tie: "Lecturer since 2021.", Statement: "I know whom they should meet.",
	}
}

// NominationForm nominates somebody who has an e-mail address.
func NominationForm(institution, email string) station.AmbassadorForm {
	f := AmbassadorForm(institution)
	f.Nominee = &station.Nominee{Name: "骆云深", Email: email}
	return f
}
