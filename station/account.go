package station

import (
	"slices"
	"time"
)

// Role is what an account may be at the station.
type Role string

// The roles.
const (
	RoleApplicant Role = "applicant"
	RoleReferrer  Role = "referrer"
	RoleReviewer  Role = "reviewer"
	RoleOfficer   Role = "officer"
	RoleDirector  Role = "director"
	RoleTreasurer Role = "treasurer"
	RoleProvider  Role = "provider"
	RoleOperator  Role = "operator"
	RoleAngel     Role = "angel" // while an active member of a hub: read from the members, never loaded
)

// Roles are all roles, in the order of the table of access.
var Roles = []Role{RoleApplicant, RoleReferrer, RoleReviewer, RoleOfficer, RoleDirector, RoleTreasurer, RoleProvider, RoleOperator, RoleAngel}

// Language is a BCP 47 tag of a language the station speaks.
type Language string

// The languages.
const (
	Chinese Language = "zh-CN"
	English Language = "en"
)

// Text is what a person reads, in both languages.
type Text struct {
	Zh string `json:"zh-CN"`
	En string `json:"en"`
}

// In returns the text in a language.
func (t Text) In(l Language) string {
	if l == English {
		return t.En
	}
	return t.Zh
}

// Account is a person who can sign in.
type Account struct {
	ID          string   `json:"id"`
	Name        string   `json:"name"`
	Email       string   `json:"email"`
	Roles       []Role   `json:"roles"`
	Branch      string   `json:"branch,omitempty"` // "" for people outside the station
	Districts   []string `json:"-"`                // of a city's branch: it sees them all
	Hub         string   `json:"-"`                // the branch of whose angel hub they are an active member
	Institution string   `json:"institution,omitempty"`
	Language    Language `json:"language"`
	Provider    string   `json:"provider,omitempty"` // of a provider's people: its code
	Disabled    bool     `json:"disabled,omitempty"`
}

// Has reports whether the account has a role.
func (a Account) Has(r Role) bool { return slices.Contains(a.Roles, r) }

// Covers reports whether a branch is the account's own or a district of it.
func (a Account) Covers(branch string) bool {
	return a.Branch != "" && (a.Branch == branch || slices.Contains(a.Districts, branch))
}

// Scope narrows what a token may be used for.
type Scope string

// The scopes of a token.
const (
	ScopeRead Scope = "read" // look, never act
	ScopeFull Scope = "full" // all that the account may do
)

// Actor is who stands behind a request: an account with a token's scope, or a
// party by a mailed link.
type Actor struct {
	Account
	Scope Scope
	Token string // the token's opaque ID; what the rate is counted by
}

// Token is a bearer token as it is stored: never the secret itself.
type Token struct {
	ID        string
	Account   string
	Hash      []byte // SHA-256 of the secret
	Scope     Scope
	ExpiresAt time.Time
}

// Branch is one of the station's offices.
type Branch struct {
	Code   string `json:"code"`
	Name   Text   `json:"name"`
	Parent string `json:"parent,omitempty"` // "" for a city branch
}

// Institution is a university, school or firm that people come from.
type Institution struct {
	Code  string `json:"code"`
	Name  Text   `json:"name"`
	Group string `json:"group"` // one of the Groups
	Place Text   `json:"city"`
	Land  string `json:"country"` // ISO 3166-1 alpha-2
}

// Channel is a way by which talents are referred.
type Channel struct {
	Code string `json:"code"`
	Name Text   `json:"name"`
}
