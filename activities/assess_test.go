package activities_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"wutong/activities"
	"wutong/station"
	"wutong/store"
	"wutong/store/storetest"
)

func TestRecords_AnAssessmentTellsTheWorkflowNothingPersonal(t *testing.T) {
	db := storetest.New(t)
	people := storetest.Sample(t, db, "{}")
	at := time.Date(2026, 3, 2, 1, 0, 0, 0, time.UTC)
	programme := station.Programme{
		Code: "grant", Kind: station.Grant, Branch: "HZ", Name: station.Text{Zh: "资助", En: "Grant"}, OpensAt: at, ClosesAt: at.AddDate(1, 0, 0),
		Terms: []byte(`{"fund": "f", "review": {"tiers": [1]}, "rules": [
			{"code": "name", "says": {"zh-CN": "名", "en": "Name"}, "source": {"zh-CN": "源", "en": "Source"}, "when": "company.name != project.name && int(company.number) > 1"},
			{"code": "team", "says": {"zh-CN": "队", "en": "Team"}, "source": {"zh-CN": "源", "en": "Source"}, "when": "team.share > 29.0", "advisory": true}]}`),
	}
	require.NoError(t, programme.Check())
	require.NoError(t, db.Load(t.Context(), store.Seed{Programmes: []station.Programme{programme}}))
	form, err := json.Marshal(station.GrantForm{
		District: "HZ-XH", Project: station.GrantProject{Name: "canary project", Summary: "canary summary", Plan: "canary plan"},
		Company:   station.GrantCompany{Name: "canary company", Number: "91330106MA00000016", RegisteredOn: "2025-12-02", Bank: "杭州银行", Account: "33010401600001"},
		Applicant: station.GrantApplicant{LegalRepresentative: true, GraduatedOn: "2023-06-30", Institution: "canary institution"},
		Team:      station.GrantTeam{Members: 3, Share: 31.25}, Documents: []string{},
	})
	require.NoError(t, err)
	application, err := station.Processes[station.Grant].CheckForm(form)
	require.NoError(t, err)
	c, _, err := db.InsertCase(t.Context(), station.NewCase{
		ID: station.NewID(), Kind: station.Grant, Programme: programme, Applicant: people.Applicant.ID, Key: "key", RequestHash: "hash", Application: application, At: at,
	})
	require.NoError(t, err)

	records := &activities.Records{Store: db}
	results, err := records.Assess(t.Context(), c.ID, 1, at)
	require.NoError(t, err)
	said, err := json.Marshal(results)
	require.NoError(t, err)
	require.JSONEq(t, `[{"code": "name", "passed": false}, {"code": "team", "passed": true, "advisory": true}]`, string(said))

	kept, err := db.Assessments(t.Context(), c.ID)
	require.NoError(t, err)
	require.Equal(t, "canary company", kept[0].Saw["company.name"])
	require.Contains(t, kept[0].Saw["error"], "type conversion")
	_, err = records.Assess(t.Context(), station.NewID(), 1, at)
	require.Equal(t, station.NotFound, station.CodeOf(err))
}
