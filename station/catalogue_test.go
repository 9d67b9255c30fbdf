package station_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"wutong/station"
)

// small is a catalogue of three services: a school place comes after residence,
// and company stands alone.
func small() station.Catalogue {
	text := func(s string) station.Text { return station.Text{Zh: s, En: s} }
	offer := func(code string, needs ...string) station.Offer {
		return station.Offer{
			Code: code, Name: text(code), About: text(code), Providers: []string{"police"}, Papers: []string{"identity"}, Needs: needs,
			Wait: station.Wait{Days: 10}, Undo: &station.Wait{Days: 5},
		}
	}
	return station.Catalogue{
		Papers:    []station.PaperKind{{Code: "identity", Name: text("identity"), Expires: true}, {Code: "degree", Name: text("degree")}},
		Providers: []station.Provider{{Code: "police", Name: text("police"), Branch: "HZ"}, {Code: "binjiang", Name: text("binjiang"), Branch: "HZ-BJ"}},
		Offers:    []station.Offer{offer("residence"), offer("school", "residence"), offer("company")},
	}
}

func TestCatalogue_IsRefusedByTheNameOfWhatIsWrong(t *testing.T) {
	require.NoError(t, small().Check())
	require.NoError(t, station.Catalogue{}.Check(), "a station without settlements")
	for want, spoil := range map[string]func(*station.Catalogue){
		"services/1/needs/0: school names visa, which is not in the catalogue":        func(c *station.Catalogue) { c.Offers[1].Needs[0] = "visa" },
		"services/2/papers/0: company names charter, which is not in the catalogue":   func(c *station.Catalogue) { c.Offers[2].Papers[0] = "charter" },
		"services/0/providers/1: residence names bank, which is not in the catalogue": func(c *station.Catalogue) { c.Offers[0].Providers = append(c.Offers[0].Providers, "bank") },
		"services/0/providers/1: residence names police twice":                        func(c *station.Catalogue) { c.Offers[0].Providers = append(c.Offers[0].Providers, "police") },
		"services/0/branches/1: residence names HZ twice":                             func(c *station.Catalogue) { c.Offers[0].Branches = []string{"HZ", "HZ"} },
		"papers/1/code: identity is there twice":                                      func(c *station.Catalogue) { c.Papers[1].Code = "identity" },
		"providers/1/code: police is there twice":                                     func(c *station.Catalogue) { c.Providers[1].Code = "police" },
		"services/2/code: school is there twice":                                      func(c *station.Catalogue) { c.Offers[2].Code = "school" },
		"services: these wait for each other: residence > school > residence":         func(c *station.Catalogue) { c.Offers[0].Needs = []string{"school"} },
		"services: these wait for each other: company > company":                      func(c *station.Catalogue) { c.Offers[2].Needs = []string{"company"} },
		"services: these wait for each other: school > residence > company > school": func(c *station.Catalogue) {
			c.Offers[0].Needs, c.Offers[2].Needs = []string{"company"}, []string{"school"}
			c.Offers[0], c.Offers[1] = c.Offers[1], c.Offers[0]
		},
		"first services/2/providers: required":           func(c *station.Catalogue) { c.Offers[2].Providers = nil },
		"first services/0/wait/days: between_1_and_3660": func(c *station.Catalogue) { c.Offers[0].Wait.Days = 0 },
		"first services/0/undo/days: between_1_and_3660": func(c *station.Catalogue) { c.Offers[0].Undo.Days = 0 },
		"first services/0/about: both_languages":         func(c *station.Catalogue) { c.Offers[0].About.Zh = "" },
		"first papers/0/name: both_languages":            func(c *station.Catalogue) { c.Papers[0].Name.En = "" },
		"first providers/0/branch: required":             func(c *station.Catalogue) { c.Providers[0].Branch = "" },
		"first papers/0/code: required":                  func(c *station.Catalogue) { c.Papers[0].Code = "" },
	} {
		c := small()
		spoil(&c)
		err := c.Check()
		require.ErrorContains(t, err, want)
		assert.Equal(t, station.Invalid, station.CodeOf(err))
	}
}

func TestCatalogue_AProviderServesItsBranchAndACitysItsDistricts(t *testing.T) {
	c := small()
	c.Offers[0].Providers = []string{"binjiang", "police"}
	c.Offers[2].Branches = []string{"HZ-BJ"}
	for branch, want := range map[string][]string{"HZ": {"police"}, "HZ-XH": {"police"}, "HZ-BJ": {"binjiang", "police"}, "SH": nil} {
		city := "HZ"
		if branch == "SH" {
			city = "SH"
		}
		assert.Equal(t, want, c.ProvidersOf("residence", branch, city), branch)
	}
	assert.Equal(t, []string{"police"}, c.ProvidersOf("company", "HZ-BJ", "HZ"))
	assert.Empty(t, c.ProvidersOf("company", "HZ", "HZ"), "not offered there")
	assert.Empty(t, c.ProvidersOf("visa", "HZ", "HZ"))
}

func TestCatalogue_PapersAreAskedForOnceAndNotThoseThatAreGood(t *testing.T) {
	c := small()
	c.Offers[0].Papers = []string{"degree", "identity"}
	codes := func(has ...station.Paper) []string {
		list := []string{}
		for _, p := range c.PapersFor([]string{"company", "residence", "school"}, has, "2026-06-01") {
			list = append(list, p.Code)
		}
		return list
	}
	assert.Equal(t, []string{"identity", "degree"}, codes(), "in the catalogue's order")
	assert.Equal(t, []string{"identity"}, codes(station.Paper{Kind: "degree"}))
	assert.Equal(t, []string{"degree"}, codes(station.Paper{Kind: "identity", Until: "2026-06-01"}), "good on that day")
	assert.Equal(t, []string{"identity", "degree"}, codes(station.Paper{Kind: "identity", Until: "2026-05-31"}), "not any more")
	assert.Empty(t, c.PapersFor(nil, nil, "2026-06-01"))
}
