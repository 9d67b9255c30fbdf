package api_test

import (
	"encoding/csv"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"wutong/api"
	"wutong/station"
	"wutong/store"
)

// covering is a house whose ambassadors cover zju for the city, and mit, for a short
// time only, for HZ-BJ; the term of the one of pku is over.
func covering(t *testing.T) *offices {
	t.Helper()
	o := openOffices(t)
	o.appoints(o.people.Ambassadors[0], ambassadorForm("zju"), 700)
	inDistrict := ambassadorForm("mit")
	inDistrict["district"] = "HZ-BJ"
	o.appoints(o.people.Ambassadors[1], inDistrict, 80)
	o.appoints(o.people.Ambassadors[2], ambassadorForm("pku"), -1) // a renewal that nobody has decided on
	return o
}

func (o *offices) covers(who station.Account, query string) api.Coverage {
	o.t.Helper()
	w := o.get("/v1/coverage"+query, who)
	require.Equal(o.t, http.StatusOK, w.Code, w.Body)
	require.Equal(o.t, "application/json", w.Header().Get("Content-Type"))
	return read[api.Coverage](o.t, w)
}

func TestCoverage_IsCountedByGroup(t *testing.T) {
	o := covering(t)
	c := o.covers(o.staff.Officer, "")
	assert.Equal(t, &api.Named{Code: "HZ", Name: "Hangzhou"}, c.Branch)
	require.Len(t, c.Groups, 6)
	assert.Equal(t, api.GroupCoverage{Group: "c9", Name: "C9 universities", Total: 2, Covered: 1, Open: 1}, c.Groups[0])
	assert.Equal(t, api.GroupCoverage{Group: "overseas", Name: "Universities overseas", Total: 1, Covered: 1, Expiring: 1}, c.Groups[1])
	for _, g := range c.Groups {
		assert.NotEqual(t, g.Group, g.Name, "each group has a name")
	}
	require.Len(t, c.Institutions, 3)
	pku, zju, mit := c.Institutions[0], c.Institutions[1], c.Institutions[2]
	assert.Equal(t, []any{"pku", "Beijing", "CN", 0, false, (*time.Time)(nil)}, []any{pku.Code, pku.City, pku.Country, pku.Ambassadors, pku.Expiring, pku.Until})
	assert.Equal(t, []any{"zju", 1, false}, []any{zju.Code, zju.Ambassadors, zju.Expiring})
	assert.Equal(t, []any{"mit", 1, true}, []any{mit.Code, mit.Ambassadors, mit.Expiring})
	assert.WithinDuration(t, time.Now().Add(80*24*time.Hour), *mit.Until, time.Minute)
}

func TestCoverage_IsOfWhatTheReaderLeads(t *testing.T) {
	o := covering(t)
	abroad := station.Account{
		ID: station.NewID(), Name: "Far", Email: "far@example.com", Roles: []station.Role{station.RoleOperator}, Branch: "SH", Language: station.English,
	}
	require.NoError(t, o.db.Load(t.Context(), store.Seed{
		Branches: []station.Branch{{Code: "SH", Name: station.Text{Zh: "上海", En: "Shanghai"}}}, Accounts: []station.Account{abroad},
	}))
	o.token(abroad, secret+abroad.ID, station.ScopeFull)
	covered := func(who station.Account, query string) (n int) {
		for _, g := range o.covers(who, query).Groups {
			n += g.Covered
		}
		return n
	}
	for _, c := range []struct {
		who   station.Account
		query string
		want  int
	}{
		{o.staff.Officer, "", 2},
		{o.staff.Director, "?branch=HZ", 2},
		{o.staff.Officer, "?branch=HZ-BJ", 1},
		{o.staff.Officer, "?branch=HZ-XH", 0},
		{o.staff.DistrictOfficer, "", 1},
		{o.staff.DistrictOfficer, "?branch=HZ-BJ", 1},
		{abroad, "", 2},
		{abroad, "?branch=HZ", 2},
		{abroad, "?branch=HZ-XH", 0},
		{abroad, "?branch=SH", 0},
		{o.staff.Operator, "", 2},
	} {
		assert.Equal(t, c.want, covered(c.who, c.query), "%s%s", c.who.Branch, c.query)
	}
	assert.Nil(t, o.covers(abroad, "").Branch)
	assert.Equal(t, "Binjiang", o.covers(o.staff.DistrictOfficer, "").Branch.Name)
	for query, who := range map[string]station.Account{"?branch=HZ": o.staff.DistrictOfficer, "?branch=HZ-XH": o.staff.DistrictOfficer, "?branch=SH": o.staff.Officer} {
		assert.Equal(t, http.StatusForbidden, o.get("/v1/coverage"+query, who).Code, query)
	}
	for _, who := range []station.Account{o.staff.Officer, o.staff.Director, abroad} {
		assert.Equal(t, []string{"branch unknown_branch"}, faultsOf(problem(t, o.get("/v1/coverage?branch=X", who))))
	}
	for _, who := range []station.Account{o.people.Ambassadors[0], o.staff.Referrer, o.staff.Reviewers[0], o.staff.Treasurer} {
		assert.Equal(t, http.StatusForbidden, o.get("/v1/coverage", who).Code)
	}
	_, err := o.db.ExecContext(t.Context(), `UPDATE accounts SET branch = NULL WHERE id = $1`, o.staff.Officer.ID)
	require.NoError(t, err)
	assert.Equal(t, http.StatusForbidden, o.get("/v1/coverage", o.staff.Officer).Code, "of no branch")
	for _, query := range []string{"?branch=%00", "?format=xlsx", "?by=country", "?limit=1"} {
		assert.Equal(t, http.StatusUnprocessableEntity, o.get("/v1/coverage"+query, abroad).Code, query)
	}
}

func TestCoverage_IsAFileForASpreadsheet(t *testing.T) {
	o := covering(t)
	require.NoError(t, o.db.Load(t.Context(), store.Seed{Institutions: []station.Institution{
		{Code: "evil", Name: station.Text{Zh: "=1+1", En: "=1+1"}, Group: "@sum", Place: station.Text{Zh: "+A1", En: "+A1"}, Land: "CN"},
	}}))
	rows := func(query string, header ...string) [][]string {
		w := o.get("/v1/coverage"+query, o.staff.Officer, header...)
		require.Equal(t, http.StatusOK, w.Code, w.Body)
		assert.Equal(t, "text/csv; charset=utf-8", w.Header().Get("Content-Type"))
		assert.Equal(t, "attachment; filename=coverage.csv", w.Header().Get("Content-Disposition"))
		text, found := strings.CutPrefix(w.Body.String(), "\uFEFF")
		assert.True(t, found, "a byte order mark")
		assert.Equal(t, strings.Count(text, "\n"), strings.Count(text, "\r\n"))
		all, err := csv.NewReader(strings.NewReader(text)).ReadAll()
		require.NoError(t, err)
		return all
	}
	for _, all := range [][][]string{rows("?format=csv"), rows("", "Accept", "text/csv"), rows("?format=csv", "Accept", "application/json")} {
		assert.Equal(t, []string{"Group", "Institutions", "Covered", "Of these, expiring within 90 days", "Open"}, all[0])
		assert.Equal(t, []string{"C9 universities", "2", "1", "0", "1"}, all[1])
		assert.Equal(t, []string{"Universities overseas", "1", "1", "1", "0"}, all[2])
		assert.Equal(t, []string{"'@sum", "1", "0", "0", "1"}, all[7])
	}
	all := rows("?format=csv&by=institution")
	require.Len(t, all, 5)
	assert.Equal(t, []string{"Group", "Code", "Institution", "City", "Country code", "Coverage", "Ambassadors in office", "Covered until"}, all[0])
	assert.Equal(t, []string{"'@sum", "evil", "'=1+1", "'+A1", "CN", "Open", "0", ""}, all[1])
	mit := all[4]
	assert.Equal(t, []string{"mit", "Expiring within 90 days", "1", time.Now().Add(80 * 24 * time.Hour).In(station.ChinaTime).Format(time.DateOnly)}, []string{mit[1], mit[5], mit[6], mit[7]})
}

func TestCoverage_IsAChart(t *testing.T) {
	o := covering(t)
	for query, accept := range map[string]string{"?format=svg": "", "": "image/svg+xml, */*;q=0.5"} {
		w := o.get("/v1/coverage"+query, o.staff.Officer, "Accept", accept)
		require.Equal(t, http.StatusOK, w.Code)
		assert.Equal(t, "image/svg+xml", w.Header().Get("Content-Type"))
		assert.Contains(t, w.Body.String(), "<svg")
		assert.Regexp(t, `^default-src 'none'`, w.Header().Get("Content-Security-Policy"))
	}
	for _, accept := range []string{"", "*/*", "application/json, text/csv", "text/html", "text/csv;q=0.1, application/json;q=0.2", "a;,b"} {
		w := o.get("/v1/coverage", o.staff.Officer, "Accept", accept)
		assert.Equal(t, "application/json", w.Header().Get("Content-Type"), accept)
	}
}
