package station

import (
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// granted is the table of access once more, as the office would read it: how
// far each role goes, in the order of Roles. Who changes access.go changes this.
var granted = map[Doing]string{
	//               applicant referrer reviewer officer director treasurer provider operator angel
	ToStart:        "all       all      all      all     all      -         -        -        all",
	ToSeeCase:      "own       own      panel    house   house    house     service  all      hub",
	ToSeeReviewers: "-         -        -        house   house    -         -        -        -",
	ToSeePerson:    "own       own      panel    house   house    house     service  -        cleared",
	ToWithdraw:     "own       own      own      own     own      -         -        -        own",
	ToAppeal:       "own       own      own      own     own      -         -        -        own",
	ToDoTask:       "own       own      own      house   house    house     service  all      hub",
	ToHandOver:     "-         -        -        -       house    -         -        -        -",
	ToSeeReserve:   "-         -        -        house   house    -         -        -        -",
	ToSeeFund:      "-         -        -        house   house    house     -        all      -",
	ToAdjustFund:   "-         -        -        -       house    house     -        -        -",
	ToOperate:      "-         -        -        -       -        -         -        all      -",
	ToLeadRound:    "-         -        -        house   house    -         -        -        -",
	ToSeeRound:     "-         -        -        house   house    house     -        all      hub",
	ToDeclare:      "-         -        -        -       -        -         -        -        hub",
	ToSeeMembers:   "-         -        -        house   house    -         -        -        -",
	ToSeeProvider:  "-         -        -        house   house    house     own      all      -",
	ToSeeCoverage:  "-         -        -        house   house    -         -        all      -",
}

// situation is how an account stands to a case, and which reaches suffice.
type situation struct {
	name     string
	branch   string // the account's; the case is of the district HZ-BJ
	relation Relation
	suffice  []string
}

var districts = map[string][]string{"HZ": {"HZ-BJ", "HZ-XH"}}

var situations = []situation{
	{"a stranger", "SH", Relation{}, []string{"all"}},
	{"of another district", "HZ-XH", Relation{}, []string{"all"}},
	{"of no branch", "", Relation{}, []string{"all"}},
	{"of its district", "HZ-BJ", Relation{}, []string{"all", "house"}},
	{"of its city", "HZ", Relation{}, []string{"all", "house"}},
	{"of the provider that is asked", "SH", Relation{Provider: true}, []string{"all", "service"}},
	{"of a provider of its branch that is not", "HZ-BJ", Relation{}, []string{"all", "house"}},
	{"in its panel", "SH", Relation{Panel: true}, []string{"all", "panel", "hub"}},
	{"of its hub", "SH", Relation{Hub: true}, []string{"all", "hub"}},
	{"of its hub, and may judge it", "SH", Relation{Hub: true, Cleared: true}, []string{"all", "hub", "cleared"}},
	{"in conflict with it", "HZ", Relation{Hub: true, Cleared: true, Panel: true, Conflict: true}, nil},
	{"its applicant", "SH", Relation{Applicant: true}, []string{"all", "own"}},
}

func TestAccess_IsWhatTheOfficeGranted(t *testing.T) {
	require.Len(t, access, len(granted), "a thing to do is in one table and not in the other")
	for doing, line := range granted {
		reaches := strings.Fields(line)
		require.Len(t, reaches, len(Roles), doing)
		require.Contains(t, access, doing)
		for i, role := range Roles {
			for _, s := range situations {
				a := Account{ID: "a", Roles: []Role{role}, Branch: s.branch, Districts: districts[s.branch]}
				want := slices.Contains(s.suffice, reaches[i])
				// whoever opened a case may do what an applicant may with their own
				want = want || s.relation.Applicant && reaches[0] == "own" && !s.relation.Conflict
				assert.Equal(t, want, allowed(a, doing, Case{Branch: "HZ-BJ", Applicant: "x"}, s.relation), "%s: %s, %s", doing, role, s.name)
			}
			assert.Equal(t, reaches[i] != "-", reach(Account{Roles: []Role{role}}, doing) != Never, "%s: %s at all", doing, role)
		}
	}
}

func TestAccess_OfSeveralRolesTheWidestCounts(t *testing.T) {
	c := Case{Branch: "HZ"}
	a := Account{Roles: []Role{RoleReviewer, RoleOfficer}, Branch: "HZ"}
	assert.True(t, allowed(a, ToSeeReserve, c, Relation{}))
	assert.True(t, allowed(Account{Roles: []Role{RoleOperator, RoleReviewer}}, ToSeeCase, c, Relation{}))
	assert.False(t, allowed(Account{}, ToSeeCase, c, Relation{Panel: true}), "no role, no access")
}

func TestTask_IsOnlyItsOwnersToDo(t *testing.T) {
	c := Case{ID: "c", Branch: "HZ-BJ", Applicant: "applicant"}
	officer := func(branch string) Account {
		return Account{ID: "o", Roles: []Role{RoleOfficer}, Branch: branch, Districts: districts[branch]}
	}
	pool := Task{Role: RoleOfficer, Branch: "HZ-BJ"}
	of := func(provider, branch string) Account {
		return Account{ID: "v", Roles: []Role{RoleProvider}, Provider: provider, Branch: branch}
	}
	delivery := Task{Role: RoleProvider, Provider: "police", Branch: "HZ-BJ"}
	for name, x := range map[string]struct {
		who  Account
		task Task
		want bool
	}{
		"of the pool":                {officer("HZ-BJ"), pool, true},
		"of the city's pool":         {officer("HZ"), pool, true},
		"of another district":        {officer("HZ-XH"), pool, false},
		"of another role":            {Account{ID: "r", Roles: []Role{RoleReviewer}, Branch: "HZ-BJ"}, pool, false},
		"taken by another":           {officer("HZ-BJ"), Task{Role: RoleOfficer, Branch: "HZ-BJ", Assignee: "other"}, false},
		"taken by them":              {officer("HZ-BJ"), Task{Role: RoleOfficer, Branch: "HZ-BJ", Assignee: "o"}, true},
		"the applicant's":            {Account{ID: "applicant"}, Task{Party: Applicant}, true},
		"the applicant's, not them":  {officer("HZ-BJ"), Task{Party: Applicant}, false},
		"by a mailed link":           {officer("HZ-BJ"), Task{Party: Talent, Assignee: "o"}, false},
		"of the hub's pool":          {Account{ID: "a", Roles: []Role{RoleAngel}, Hub: "HZ"}, Task{Role: RoleAngel, Branch: "HZ"}, true},
		"of another hub's pool":      {Account{ID: "a", Roles: []Role{RoleAngel}, Hub: "SH"}, Task{Role: RoleAngel, Branch: "HZ"}, false},
		"the officer's, an angel":    {Account{ID: "a", Roles: []Role{RoleAngel}, Hub: "HZ-BJ"}, pool, false},
		"by a voucher's link":        {Account{ID: "a", Roles: []Role{RoleAngel}, Hub: "HZ"}, Task{Party: Voucher(1)}, false},
		"of the provider":            {of("police", ""), delivery, true},
		"of another provider":        {of("bank", "HZ-BJ"), delivery, false},
		"of no provider":             {of("", "HZ-BJ"), Task{Role: RoleProvider, Branch: "HZ-BJ"}, false},
		"the provider's, left":       {Account{ID: "v", Roles: []Role{RoleApplicant}, Provider: "police"}, delivery, false},
		"the provider's, an officer": {officer("HZ-BJ"), delivery, false},
		"the provider's, withheld":   {of("police", ""), Task{Role: RoleOfficer, Branch: "HZ-BJ"}, false},
		"the operators', anywhere":   {Account{ID: "p", Roles: []Role{RoleOperator}, Branch: "SH"}, Task{Role: RoleOperator, Branch: "HZ-BJ"}, true},
	} {
		assert.Equal(t, x.want, mayDoTask(x.who, x.task, c), name)
	}
}

func TestDeck_OpensToThoseOfThePanelOnlyOnceTheyDeclared(t *testing.T) {
	pitch := Case{Kind: Pitch, Branch: "HZ"}
	angel := Account{ID: "a", Roles: []Role{RoleReviewer, RoleAngel}, Hub: "HZ"}
	assert.True(t, allowed(angel, ToSeeCase, pitch, Relation{Panel: true}))
	assert.False(t, seesPerson(angel, pitch, Relation{Panel: true, Hub: true}), "a reviewer elsewhere is an angel here")
	assert.True(t, seesPerson(angel, pitch, Relation{Panel: true, Hub: true, Cleared: true}))
	assert.True(t, seesPerson(Account{Roles: []Role{RoleOfficer}, Branch: "HZ"}, pitch, Relation{}))
	assert.True(t, seesPerson(angel, Case{Kind: Grant}, Relation{Panel: true}))
}

func TestConflicted_KeepsAReviewerFromTheirOwn(t *testing.T) {
	p := Parties{Accounts: []string{"applicant"}, Emails: []string{"talent@example.com"}, Institutions: []string{"zju"}}
	for name, x := range map[string]struct {
		who  Account
		want bool
	}{
		"who referred":            {Account{ID: "applicant"}, true},
		"who is the talent":       {Account{ID: "r", Email: "Talent@Example.com"}, true},
		"of the same institution": {Account{ID: "r", Institution: "ZJU"}, true},
		"of no institution":       {Account{ID: "r"}, false},
		"of another":              {Account{ID: "r", Email: "r@example.com", Institution: "pku"}, false},
	} {
		assert.Equal(t, x.want, Conflicted(x.who, p), name)
	}
}
