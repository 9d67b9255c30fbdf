package station

// Doing names what someone may be allowed to do.
type Doing string

// What the table of access speaks of.
const (
	ToStart        Doing = "start a case"
	ToSeeCase      Doing = "see a case"
	ToSeeReviewers Doing = "see who reviewed"
	ToSeePerson    Doing = "see what was handed in"
	ToWithdraw     Doing = "withdraw a case"
	ToAppeal       Doing = "appeal"
	ToDoTask       Doing = "do a task"
	ToHandOver     Doing = "hand over another's task"
	ToSeeReserve   Doing = "see the talent reserve"
	ToSeeFund      Doing = "see a fund"
	ToAdjustFund   Doing = "adjust a fund"
	ToOperate      Doing = "operate the system"
	ToLeadRound    Doing = "lead a round" // move its timetable, see its board
	ToSeeRound     Doing = "see a round"  // its report
	ToDeclare      Doing = "declare a conflict of interest in a project"
	ToSeeMembers   Doing = "see the members of a hub"
	ToSeeProvider  Doing = "see what a provider did"
	ToSeeCoverage  Doing = "see which institutions ambassadors cover"
)

// Reach says how far a role's permission goes.
type Reach int

// The reaches, each wider than the one before.
const (
	Never     Reach = iota
	Own             // a case they opened; a task that is theirs
	InService       // a service that their provider is asked to perform
	InPanel         // a case in which they have a review to give or gave one
	Cleared         // a case of their hub that they may judge: of a project, once they have declared that they have no conflict in it
	InHub           // a case that their hub votes on, or a project that it is shown
	InHouse         // their branch, and its districts if it is a city's
	All             // everywhere
)

// access is who may do what, and how far. What is not in it is forbidden. A
// person with several roles has the widest reach of them.
var access = map[Doing]map[Role]Reach{
	ToStart:        {RoleApplicant: All, RoleReferrer: All, RoleReviewer: All, RoleOfficer: All, RoleDirector: All, RoleAngel: All},
	ToSeeCase:      {RoleApplicant: Own, RoleReferrer: Own, RoleReviewer: InPanel, RoleOfficer: InHouse, RoleDirector: InHouse, RoleTreasurer: InHouse, RoleProvider: InService, RoleOperator: All, RoleAngel: InHub},
	ToSeeReviewers: {RoleOfficer: InHouse, RoleDirector: InHouse},
	ToSeePerson:    {RoleApplicant: Own, RoleReferrer: Own, RoleReviewer: InPanel, RoleOfficer: InHouse, RoleDirector: InHouse, RoleTreasurer: InHouse, RoleProvider: InService, RoleAngel: Cleared},
	ToWithdraw:     {RoleApplicant: Own, RoleReferrer: Own, RoleReviewer: Own, RoleOfficer: Own, RoleDirector: Own, RoleAngel: Own},
	ToAppeal:       {RoleApplicant: Own, RoleReferrer: Own, RoleReviewer: Own, RoleOfficer: Own, RoleDirector: Own, RoleAngel: Own},
	ToDoTask:       {RoleApplicant: Own, RoleReferrer: Own, RoleReviewer: Own, RoleOfficer: InHouse, RoleDirector: InHouse, RoleTreasurer: InHouse, RoleProvider: InService, RoleOperator: All, RoleAngel: InHub},
	ToHandOver:     {RoleDirector: InHouse},
	ToSeeReserve:   {RoleOfficer: InHouse, RoleDirector: InHouse},
	ToSeeFund:      {RoleOfficer: InHouse, RoleDirector: InHouse, RoleTreasurer: InHouse, RoleOperator: All},
	ToAdjustFund:   {RoleDirector: InHouse, RoleTreasurer: InHouse},
	ToOperate:      {RoleOperator: All},
	ToLeadRound:    {RoleOfficer: InHouse, RoleDirector: InHouse},
	ToSeeRound:     {RoleOfficer: InHouse, RoleDirector: InHouse, RoleTreasurer: InHouse, RoleOperator: All, RoleAngel: InHub},
	ToDeclare:      {RoleAngel: InHub},
	ToSeeMembers:   {RoleOfficer: InHouse, RoleDirector: InHouse},
	ToSeeProvider:  {RoleOfficer: InHouse, RoleDirector: InHouse, RoleTreasurer: InHouse, RoleProvider: Own, RoleOperator: All},
	ToSeeCoverage:  {RoleOfficer: InHouse, RoleDirector: InHouse, RoleOperator: All},
}

// reach is how far an account may go in doing d.
func reach(a Account, d Doing) Reach {
	widest := Never
	for _, r := range a.Roles {
		widest = max(widest, access[d][r])
	}
	return widest
}

// Relation is how a person stands to one case.
type Relation struct {
	Applicant bool // they opened it
	Panel     bool // they have a review to give in it, or gave one
	Hub       bool // their hub votes on it, or is shown it
	Cleared   bool // and they may judge it
	Conflict  bool // they have a conflict in it: to them, it is not there
	Provider  bool // it is a service that their provider is asked to perform
	// After is the last event before their provider was asked, when another was asked
	// first: what was with the other is not theirs to see.
	After int
}

// allowed reports whether an account may do d to a case. Roles are asked one by
// one: whoever opened a case may see it, whatever else they are.
func allowed(a Account, d Doing, c Case, rel Relation) bool {
	if rel.Conflict {
		return false
	}
	for _, r := range a.Roles {
		switch access[d][r] {
		case All:
			return true
		case InHouse:
			if a.Covers(c.Branch) {
				return true
			}
		case InService:
			if rel.Provider {
				return true
			}
		case InPanel:
			if rel.Panel {
				return true
			}
		case InHub:
			if rel.Hub || rel.Panel {
				return true
			}
		case Cleared:
			if rel.Cleared {
				return true
			}
		case Own:
			if rel.Applicant {
				return true
			}
		case Never:
		}
		if rel.Applicant && access[d][RoleApplicant] == Own {
			return true
		}
	}
	return false
}

// seesPerson reports whether an account may see what was handed in. A deck opens
// to those who judge it once they have declared, whatever else they are.
func seesPerson(a Account, c Case, rel Relation) bool {
	if c.Kind == Pitch {
		rel.Panel = rel.Cleared
	}
	return allowed(a, ToSeePerson, c, rel)
}

// opensTo reports whether somebody who sees what was handed in for a case sees a
// document, too: who performs a service sees the talent's, and what their own
// provider's people attached, but not what another did who had it before.
func opensTo(a Account, c Case, rel Relation, d Document) bool {
	if d.Owner == c.Applicant || rel.Provider && d.Provider == a.Provider {
		return true
	}
	rel.Provider = false
	return seesPerson(a, c, rel)
}

// mayDoTask reports whether a task is the account's to do: given to them, of their
// provider, or open to a pool that they are of.
func mayDoTask(a Account, t Task, c Case) bool {
	switch {
	case t.Party == Applicant:
		return c.Applicant == a.ID
	case t.Party != "":
		return false // done by a mailed link
	case t.Role == RoleProvider:
		return a.Has(RoleProvider) && a.Provider != "" && a.Provider == t.Provider
	case t.Assignee != "":
		return t.Assignee == a.ID
	default:
		return a.Has(t.Role) && access[ToDoTask][t.Role] != Never &&
			(a.Covers(t.Branch) || access[ToDoTask][t.Role] == All || access[ToDoTask][t.Role] == InHub && a.Hub == t.Branch)
	}
}

// mayHandOver reports whether an account may say whose a task of the house is:
// whoever leads the task's branch, which can be another than the case's. To take
// it themself they must be of its pool.
func mayHandOver(a Account, t Task, v Verdict) bool {
	return allowed(a, ToHandOver, Case{Branch: t.Branch}, Relation{}) && (v != Take || a.Has(t.Role))
}

// Parties are the people and institutions that a case touches.
type Parties struct {
	Accounts     []string // the applicant, and anyone known to be the talent
	Emails       []string // lower case
	Institutions []string // codes or normalised names
}

// Conflicted reports whether a reviewer must not judge a case: their own, one
// of their institution or employer, or one they referred.
func Conflicted(reviewer Account, p Parties) bool {
	return containsFold(p.Accounts, reviewer.ID) || containsFold(p.Emails, reviewer.Email) ||
		reviewer.Institution != "" && containsFold(p.Institutions, reviewer.Institution)
}
