package crowd

import (
	"fmt"

	"wutong/station"
)

// Services is the catalogue of the crowd: eight services, of which each needs papers of two kinds at most, and some need
// others. There are two providers of each, and each provider has two people.
func Services() station.Catalogue {
	text := func(s string) station.Text { return station.Text{Zh: s + "（测试）", En: s} }
	c := station.Catalogue{Papers: []station.PaperKind{{Code: "identity", Name: text("identity"), Expires: true}, {Code: "degree", Name: text("degree")}}}
	for _, s := range []struct {
		code  string
		needs []string
		undo  bool
	}{
		{"residence", nil, true},
		{"housing", []string{"residence"}, true},
		{"school", []string{"residence", "housing"}, true},
		{"insurance", []string{"residence"}, false},
		{"company", nil, true},
		{"office", []string{"company"}, true},
		{"bank", []string{"company"}, true},
		{"mentor", nil, false},
	} {
		o := station.Offer{
			Code: s.code, Name: text(s.code), About: text("about " + s.code), Papers: []string{"identity", "degree"}, Needs: s.needs,
			Providers: []string{s.code + "-a", s.code + "-b"}, Wait: station.Wait{Days: 20},
		}
		if s.undo {
			o.Undo = &station.Wait{Days: 10}
		}
		for _, p := range o.Providers {
			c.Providers = append(c.Providers, station.Provider{Code: p, Name: text(p), Branch: Branch})
		}
		c.Offers = append(c.Offers, o)
	}
	return c
}

// People of the providers of Services, by their provider.
func providers(c station.Catalogue, first int) map[string][]station.Account {
	all := map[string][]station.Account{}
	for i, p := range c.Providers {
		for n := range 2 {
			id := first + 2*i + n
			all[p.Code] = append(all[p.Code], station.Account{
				ID: fmt.Sprintf("01900000-0000-7000-8000-%012d", id), Name: fmt.Sprintf("Clerk %d", id), Email: fmt.Sprintf("clerk%d@example.com", id),
				Roles: []station.Role{station.RoleProvider}, Provider: p.Code, Language: station.English,
			})
		}
	}
	return all
}

// Ambassador is the form of somebody who applies to be an ambassador of a university.
func Ambassador(programme string) map[string]any {
	return map[string]any{
		"programme": programme, "channel": "alumni", "institution": University, "tie": "A graduate of 2019.", "statement": "I know many who would come.",
	}
}

// University is the one institution that the station knows.
const University = "crowd-university"

// Approve is a reviewer's verdict that lets an ambassador pass.
var Approve = map[string]any{"verdict": "score", "scores": []map[string]any{{"criterion": "reach", "points": 85}, {"criterion": "commitment", "points": 80}}}

// Settlement is the form of somebody who wants all services, with the document that proves all.
func Settlement(programme, document string) map[string]any {
	var codes []string
	for _, o := range Services().Offers {
		codes = append(codes, o.Code)
	}
	return map[string]any{"programme": programme, "services": codes, "papers": []map[string]any{
		{"kind": "identity", "document": document, "until": "2040-01-01"}, {"kind": "degree", "document": document},
	}}
}
