package station_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/mail"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"wutong/station"
)

// sample is what deploy/sample holds.
type sample struct {
	branches     []station.Branch
	institutions []station.Institution
	channels     []station.Channel
	programmes   []station.Programme
	accounts     []sampleAccount
	founders     []station.FoundingMember
	catalogue    station.Catalogue
}

type sampleAccount struct {
	ID          string           `json:"id"`
	Name        string           `json:"name"`
	Email       string           `json:"email"`
	Roles       []station.Role   `json:"roles"`
	Branch      string           `json:"branch"`
	Institution string           `json:"institution"`
	Language    station.Language `json:"language"`
	Provider    string           `json:"provider"`
}

func readSample(t *testing.T) sample {
	t.Helper()
	var s sample
	readStrictly(t, "branches.json", &s.branches)
	readStrictly(t, "institutions.json", &s.institutions)
	readStrictly(t, "channels.json", &s.channels)
	readStrictly(t, "programmes.json", &s.programmes)
	readStrictly(t, "accounts.json", &s.accounts)
	readStrictly(t, "founders.json", &s.founders)
	readStrictly(t, "catalogue.json", &s.catalogue)
	return s
}

func readStrictly(t *testing.T, name string, into any) {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join("..", "deploy", "sample", name))
	require.NoError(t, err)
	d := json.NewDecoder(bytes.NewReader(raw))
	d.DisallowUnknownFields()
	require.NoError(t, d.Decode(into), name)
	_, err = d.Token()
	require.ErrorIs(t, err, io.EOF, name)
}

// account is the sample's account as the station sees it.
func (s sample) account(a sampleAccount) station.Account {
	acc := station.Account{ID: a.ID, Name: a.Name, Email: a.Email, Roles: a.Roles, Branch: a.Branch, Institution: a.Institution, Language: a.Language, Provider: a.Provider}
	for _, b := range s.branches {
		if b.Parent != "" && b.Parent == a.Branch {
			acc.Districts = append(acc.Districts, b.Code)
		}
	}
	return acc
}

// with returns all accounts of a role, in their order.
func (s sample) with(r station.Role) []station.Account {
	var all []station.Account
	for _, a := range s.accounts {
		if slices.Contains(a.Roles, r) {
			all = append(all, s.account(a))
		}
	}
	return all
}

func (s sample) programme(t *testing.T, code string) station.Programme {
	t.Helper()
	i := slices.IndexFunc(s.programmes, func(p station.Programme) bool { return p.Code == code })
	require.GreaterOrEqual(t, i, 0, "no programme %s", code)
	return s.programmes[i]
}

// codes returns the codes of a list, and checks that each is there once.
func codes[T any](t *testing.T, list []T, code func(T) string) []string {
	t.Helper()
	var all []string
	for _, x := range list {
		assert.NotEmpty(t, code(x))
		assert.NotContains(t, all, code(x))
		all = append(all, code(x))
	}
	return all
}

func inBothLanguages(t *testing.T, x station.Text, of string) {
	t.Helper()
	assert.NotEmpty(t, strings.TrimSpace(x.Zh), "%s in Chinese", of)
	assert.NotEmpty(t, strings.TrimSpace(x.En), "%s in English", of)
}

func TestSample_NamesItsPlacesOnceAndInBothLanguages(t *testing.T) {
	s := readSample(t)
	branches := codes(t, s.branches, func(b station.Branch) string { return b.Code })
	for _, b := range s.branches {
		inBothLanguages(t, b.Name, b.Code)
		if b.Parent != "" {
			assert.Contains(t, branches, b.Parent, "parent of %s", b.Code)
		}
	}
	assert.Len(t, codes(t, s.channels, func(c station.Channel) string { return c.Code }), 7)
	for _, c := range s.channels {
		inBothLanguages(t, c.Name, c.Code)
	}
}

func TestSample_KnowsInstitutionsOfEveryGroupAndWhereTheyAre(t *testing.T) {
	s := readSample(t)
	known := codes(t, s.institutions, func(i station.Institution) string { return i.Code })
	groups, abroad := map[string]int{}, map[string]int{}
	for _, i := range s.institutions {
		inBothLanguages(t, i.Name, i.Code)
		inBothLanguages(t, i.Place, "the city of "+i.Code)
		assert.Contains(t, station.Groups, i.Group, i.Code)
		assert.Regexp(t, `^[A-Z]{2}$`, i.Land, i.Code)
		assert.Regexp(t, `^[a-z0-9-]+$`, i.Code)
		groups[i.Group]++
		if i.Land != "CN" {
			abroad[i.Group]++
		}
	}
	assert.Equal(t, 9, groups["c9"])
	for _, g := range station.Groups {
		assert.GreaterOrEqual(t, groups[g], 8, g)
	}
	assert.Equal(t, groups["overseas"], abroad["overseas"])
	assert.Positive(t, abroad["association"], "associations of those who studied abroad, or work there")
	assert.Subset(t, known, []string{"mit", "stanford", "cambridge"})
	assert.GreaterOrEqual(t, len(known), 9+3+30)
}

func TestSample_HasProgrammesThatCanRun(t *testing.T) {
	s := readSample(t)
	branches := codes(t, s.branches, func(b station.Branch) string { return b.Code })
	channels := codes(t, s.channels, func(c station.Channel) string { return c.Code })
	codes(t, s.programmes, func(p station.Programme) string { return p.Code })
	for _, p := range s.programmes {
		require.NoError(t, p.Check(), p.Code)
		assert.Contains(t, branches, p.Branch, p.Code)
		inBothLanguages(t, p.Name, p.Code)
		inBothLanguages(t, p.About, p.Code)
		texts := map[string]station.Text{}
		switch p.Kind {
		case station.Grant:
			terms, err := station.ReadGrantTerms(p.Terms)
			require.NoError(t, err, p.Code)
			for _, r := range terms.Rules {
				texts["what rule "+r.Code+" says"], texts["the source of rule "+r.Code] = r.Says, r.Source
			}
			for i, tr := range terms.Tranches {
				texts[fmt.Sprint("tranche ", i)] = tr.Name
			}
		case station.Angel:
			terms, err := station.ReadAngelTerms(p.Terms)
			require.NoError(t, err, p.Code)
			assert.GreaterOrEqual(t, len(s.founders), max(terms.Quorum, terms.Vouchers+1), "members for %s", p.Code)
		case station.Round:
			terms, err := station.ReadRoundTerms(p.Terms)
			require.NoError(t, err, p.Code)
			for _, c := range slices.Concat(terms.Screening.Criteria, terms.Rubric.Criteria) {
				texts["criterion "+c.Code] = c.Name
			}
			assert.Greater(t, len(s.founders), terms.Screening.Reviewers, "members for %s", p.Code)
		case station.Ambassador:
			terms, err := station.ReadAmbassadorTerms(p.Terms)
			require.NoError(t, err, p.Code)
			assert.Subset(t, channels, terms.Channels, p.Code)
		case station.SettlementKind:
			assert.NotEmpty(t, s.catalogue.Offers, p.Code)
		default:
			terms, err := station.ReadReferralTerms(p.Terms)
			require.NoError(t, err, p.Code)
			assert.NotEmpty(t, terms.Offers, p.Code)
			for i, o := range terms.Offers {
				texts[fmt.Sprint("offer ", i)] = o
			}
			assert.Subset(t, channels, terms.Channels, p.Code)
		}
		if panelOf := station.Processes[p.Kind].Panel; panelOf != nil {
			panel, err := panelOf(p.Terms, "")
			require.NoError(t, err, p.Code)
			for _, c := range panel.Criteria {
				texts["criterion "+c.Code] = c.Name
			}
			reviewers := slices.DeleteFunc(s.with(station.RoleReviewer), func(a station.Account) bool { return !a.Covers(p.Branch) })
			assert.GreaterOrEqual(t, len(reviewers), panel.Reviewers, "reviewers for %s", p.Code)
		}
		for what, text := range texts {
			inBothLanguages(t, text, what+" of "+p.Code)
		}
	}
}

// writesOut checks that a programme's terms name each of the settings in all: the
// defaults would fill a gap.
func writesOut(t *testing.T, p station.Programme, all any) {
	t.Helper()
	var written, settings map[string]json.RawMessage
	require.NoError(t, json.Unmarshal(p.Terms, &written))
	raw, err := json.Marshal(all)
	require.NoError(t, err)
	require.NoError(t, json.Unmarshal(raw, &settings))
	for setting := range settings {
		assert.Contains(t, written, setting, p.Code)
	}
	assert.True(t, p.OpensAt.Equal(time.Date(2025, time.December, 31, 16, 0, 0, 0, time.UTC)), p.Code)
	assert.True(t, p.ClosesAt.Equal(time.Date(2027, time.December, 31, 15, 59, 59, 0, time.UTC)), p.Code)
}

func TestSample_WritesOutTheDefaultsOfTheReferral(t *testing.T) {
	p := readSample(t).programme(t, "referral-2026")
	terms, err := station.ReadReferralTerms(p.Terms)
	require.NoError(t, err)
	assert.Len(t, terms.Channels, 7)
	terms.Offers, terms.Channels = nil, nil
	assert.Equal(t, station.DefaultReferralTerms(), terms)
	writesOut(t, p, station.ReferralTerms{Channels: []string{""}})

	other, err := station.ReadReferralTerms(readSample(t).programme(t, "referral-returnees-2026").Terms)
	require.NoError(t, err)
	assert.InDelta(t, 80, other.Review.PassMark, 0)
	assert.Equal(t, 14, other.Review.Wait.Days)
}

func TestSample_WritesOutTheDefaultsOfTheAmbassadors(t *testing.T) {
	p := readSample(t).programme(t, "ambassador-2026")
	terms, err := station.ReadAmbassadorTerms(p.Terms)
	require.NoError(t, err)
	assert.Len(t, terms.Channels, 7)
	terms.Channels = nil
	assert.Equal(t, station.DefaultAmbassadorTerms(), terms)
	writesOut(t, p, station.AmbassadorTerms{Channels: []string{""}})
}

func TestSample_WritesOutTheDefaultsOfTheGrant(t *testing.T) {
	p := readSample(t).programme(t, "grant-startup-2026")
	terms, err := station.ReadGrantTerms(p.Terms)
	require.NoError(t, err)
	assert.Equal(t, "hz-startup", terms.Fund)
	assert.Equal(t, []int64{20_000_00, 50_000_00, 80_000_00, 100_000_00, 150_000_00, 200_000_00}, terms.Review.Tiers, "in fen")
	assert.NotNil(t, terms.Defence, "a defence can be called")
	assert.Len(t, terms.Rules, 7)
	terms.Fund, terms.Review.Tiers, terms.Defence, terms.Rules = "", nil, nil, nil
	assert.Equal(t, station.DefaultGrantTerms(), terms)
	writesOut(t, p, station.GrantTerms{Defence: &station.Defence{}})
}

func TestSample_WritesOutTheDefaultsOfTheHubAndItsRounds(t *testing.T) {
	s := readSample(t)
	hub := s.programme(t, "angel-hub")
	admission, err := station.ReadAngelTerms(hub.Terms)
	require.NoError(t, err)
	assert.Equal(t, station.DefaultAngelTerms(), admission)
	writesOut(t, hub, station.AngelTerms{})

	rounds := s.programme(t, "pitch-rounds")
	terms, err := station.ReadRoundTerms(rounds.Terms)
	require.NoError(t, err)
	assert.Equal(t, "hz-match", terms.Fund)
	assert.Equal(t, station.RoundMatch{Percent: 20, Cap: 1_000_000_00, RoundCap: 5_000_000_00}, terms.Match, "in fen")
	terms.Fund, terms.Match = "", station.RoundMatch{}
	assert.Equal(t, station.DefaultRoundTerms(), terms)
	writesOut(t, rounds, station.RoundTerms{Fund: "a fund"})
}

func TestSample_WritesOutTheDefaultsOfTheSettlement(t *testing.T) {
	p := readSample(t).programme(t, "settlement-2026")
	terms, err := station.ReadSettlementTerms(p.Terms)
	require.NoError(t, err)
	assert.Equal(t, station.DefaultSettlementTerms(), terms)
	writesOut(t, p, station.SettlementTerms{})
}

func TestSample_HasACatalogueOfServicesThatCanBePerformed(t *testing.T) {
	s := readSample(t)
	require.NoError(t, s.catalogue.Check())
	papers := codes(t, s.catalogue.Papers, func(p station.PaperKind) string { return p.Code })
	branches := codes(t, s.branches, func(b station.Branch) string { return b.Code })
	offers := codes(t, s.catalogue.Offers, func(o station.Offer) string { return o.Code })
	assert.Subset(t, offers, []string{"residence", "housing", "rent_allowance", "company", "office", "school", "insurance", "bank", "mentor"})
	assert.True(t, slices.ContainsFunc(s.catalogue.Papers, func(p station.PaperKind) bool { return p.Expires }))
	var needed, undone []string
	for _, o := range s.catalogue.Offers {
		needed = append(needed, o.Papers...)
		if o.Undo != nil {
			undone = append(undone, o.Code)
		}
		assert.Subset(t, branches, o.Branches, o.Code)
		for _, b := range s.branches {
			if !o.In(b.Code, "HZ") {
				continue
			}
			assert.NotEmpty(t, s.catalogue.ProvidersOf(o.Code, b.Code, "HZ"), "who performs %s in %s", o.Code, b.Code)
			for _, need := range o.Needs {
				before, _ := s.catalogue.Offer(need)
				assert.True(t, before.In(b.Code, "HZ"), "%s needs %s, which is not offered in %s", o.Code, need, b.Code)
			}
		}
	}
	assert.ElementsMatch(t, papers, slices.Compact(slices.Sorted(slices.Values(needed))), "papers that no service needs")
	assert.Less(t, len(undone), len(offers), "some have nothing to undo")
	for _, p := range s.catalogue.Providers {
		assert.Contains(t, branches, p.Branch, p.Code)
		assert.True(t, slices.ContainsFunc(s.with(station.RoleProvider), func(a station.Account) bool { return a.Provider == p.Code }), "nobody of %s can sign in", p.Code)
	}
	for _, a := range s.accounts {
		assert.Equal(t, slices.Contains(a.Roles, station.RoleProvider), a.Provider != "", "%s: a provider's people, and nobody else", a.ID)
	}
}

func TestSample_HasAHubThatCouldBegin(t *testing.T) {
	s := readSample(t)
	branches := codes(t, s.branches, func(b station.Branch) string { return b.Code })
	institutions := codes(t, s.institutions, func(i station.Institution) string { return i.Code })
	codes(t, s.founders, func(f station.FoundingMember) string { return f.Account })
	staff := []station.Role{station.RoleReviewer, station.RoleOfficer, station.RoleDirector, station.RoleTreasurer, station.RoleOperator}
	languages := map[station.Language]int{}
	public := 0
	for _, f := range s.founders {
		i := slices.IndexFunc(s.accounts, func(a sampleAccount) bool { return a.ID == f.Account })
		require.GreaterOrEqual(t, i, 0, "no account %s", f.Account)
		assert.NotContains(t, s.accounts[i].Roles, station.RoleAngel, "comes with the membership")
		assert.False(t, slices.ContainsFunc(staff, s.account(s.accounts[i]).Has), "%s is of the staff", f.Account)
		assert.Contains(t, branches, f.Branch, f.Account)
		assert.NotEmpty(t, f.Fields, f.Account)
		assert.NotEmpty(t, f.Interests, f.Account)
		for _, n := range f.Interests {
			assert.Contains(t, []station.InterestKind{station.InCompany, station.InInstitution, station.InPerson}, n.Kind, f.Account)
			assert.NotEmpty(t, n.Name, f.Account)
			if n.Kind == station.InInstitution {
				assert.Contains(t, institutions, n.Name, f.Account)
			}
		}
		languages[s.accounts[i].Language]++
		if f.Public {
			public++
		}
	}
	assert.Len(t, languages, 2, "members who read Chinese, and members who read English")
	assert.Positive(t, public)
	assert.Less(t, public, len(s.founders), "some do not want to be seen by the public")
}

func TestSample_HasAccountsThatCanSignIn(t *testing.T) {
	s := readSample(t)
	branches := codes(t, s.branches, func(b station.Branch) string { return b.Code })
	institutions := codes(t, s.institutions, func(i station.Institution) string { return i.Code })
	codes(t, s.accounts, func(a sampleAccount) string { return a.ID })
	codes(t, s.accounts, func(a sampleAccount) string { return a.Email })
	codes(t, s.accounts, func(a sampleAccount) string { return a.Name })
	for _, a := range s.accounts {
		id, err := uuid.Parse(a.ID)
		require.NoError(t, err, a.ID)
		assert.Equal(t, uuid.Version(7), id.Version(), a.ID)
		assert.Equal(t, uuid.RFC4122, id.Variant(), a.ID)
		assert.Equal(t, id.String(), a.ID)
		addr, err := mail.ParseAddress(a.Email)
		require.NoError(t, err, a.Email)
		assert.Equal(t, addr.Address, a.Email)
		assert.Regexp(t, `[@.](example\.com|[a-z.]+\.test)$`, a.Email, "nobody must ever get this mail")
		assert.NotEmpty(t, a.Roles, a.ID)
		assert.Subset(t, station.Roles, a.Roles, a.ID)
		assert.Contains(t, []station.Language{station.Chinese, station.English}, a.Language, a.ID)
		if a.Branch != "" {
			assert.Contains(t, branches, a.Branch, a.ID)
		}
		if a.Institution != "" {
			assert.Contains(t, institutions, a.Institution, a.ID)
		}
	}
}

func TestSample_HasTheStaffOfAStation(t *testing.T) {
	s := readSample(t)
	for role, least := range map[station.Role]int{
		station.RoleApplicant: 4, station.RoleReferrer: 2, station.RoleReviewer: 8, station.RoleOfficer: 3,
		station.RoleDirector: 2, station.RoleTreasurer: 1, station.RoleProvider: 1, station.RoleOperator: 1,
	} {
		assert.GreaterOrEqual(t, len(s.with(role)), least, role)
	}
	for _, code := range []string{"HZ", "HZ-XH", "HZ-BJ"} {
		assert.True(t, slices.ContainsFunc(s.with(station.RoleOfficer), func(a station.Account) bool { return a.Branch == code }), "officer of %s", code)
	}
	for role, branches := range map[station.Role][]string{
		station.RoleOfficer: {"HZ", "HZ", "HZ-XH"}, station.RoleDirector: {"HZ", "HZ-XH"}, station.RoleTreasurer: {"HZ", "HZ"},
	} { // what a grant needs: another officer and treasurer of the city, and a district's staff
		var have []string
		for _, a := range s.with(role) {
			have = append(have, a.Branch)
		}
		for _, b := range branches {
			i := slices.Index(have, b)
			if assert.GreaterOrEqual(t, i, 0, "one more %s of %s", role, b) {
				have = slices.Delete(have, i, i+1)
			}
		}
	}
	var places []string
	for _, a := range s.with(station.RoleReviewer) {
		assert.NotContains(t, places, a.Institution, "reviewers are of different institutions")
		places = append(places, a.Institution)
	}
}

func TestSample_FirstAccountsRunAReferralTogether(t *testing.T) {
	s := readSample(t)
	p := s.programme(t, "referral-2026")
	referrer := s.with(station.RoleReferrer)[0]
	about := station.Parties{
		Accounts: []string{referrer.ID}, Emails: []string{referrer.Email, "talent@example.com"},
		Institutions: []string{"tsinghua", referrer.Institution},
	}
	for _, r := range []station.Role{station.RoleOfficer, station.RoleDirector, station.RoleReviewer} {
		first := s.with(r)[0]
		assert.Equal(t, p.Branch, first.Branch, r)
		assert.True(t, first.Covers(p.Branch), r)
		assert.False(t, station.Conflicted(first, about), r)
	}
	free := slices.DeleteFunc(s.with(station.RoleReviewer), func(a station.Account) bool {
		return a.Branch != p.Branch || station.Conflicted(a, about)
	})
	assert.GreaterOrEqual(t, len(free), 5)
	assert.True(t, slices.ContainsFunc(s.with(station.RoleReviewer), func(a station.Account) bool { return station.Conflicted(a, about) }),
		"somebody is left out of a case of Tsinghua, to show the rule")
}
