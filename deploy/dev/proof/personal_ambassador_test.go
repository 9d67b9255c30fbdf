package proof_test

import (
	"fmt"
	"io"
	"maps"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"wutong/station"

	"wutong/deploy/dev/crowd"
)

// appointing is a programme of ambassadors with all its defaults.
const appointing = "proof-ambassadors"

// TestAmbassador_KeepsWhatIsPersonalToItself nominates somebody, who takes office, asks to move and has it revoked; and declines
// somebody else. The name is on the letter, for whoever has its code, and nowhere else.
func TestAmbassador_KeepsWhatIsPersonalToItself(t *testing.T) {
	canaries := []string{
		"Wilhelmina Canary", "canary@birds.example", "keeper of the aviary", "an essay on yellow feathers", // the nomination
		"which aviary is it", "the one by the lake", "she speaks for the birds", // asked, answered, and said with a score
		"a nest at the other college", "nobody there has seen her", "she sold the eggs", "they were not for sale", // moves, and is revoked
		"a passer-by with seeds", "I feed them daily", "he only passes by", "I came back at night", "it was dark by then", // declined
	}
	h := openHouse(t, nil)
	r := &recorder{h}
	form := func(tie, statement string, more map[string]any) map[string]any {
		f := crowd.Ambassador(appointing)
		f["tie"], f["statement"] = tie, statement
		maps.Copy(f, more)
		return f
	}
	nominated := r.begun("/v1/ambassadors", h.Referrers[0].ID, form(canaries[2], canaries[3], map[string]any{
		"nominee": map[string]any{"name": canaries[0], "email": canaries[1], "language": "en"},
	}))
	r.well(h.surely(h.link("ambassador_nominated", canaries[1]), "", "", map[string]any{"verdict": "consent"}))
	ambassador := r.adopted(nominated, h.Referrers[0].ID)
	r.asks(nominated+".check.1", h.Officers[0].ID, "applicant", canaries[4])
	r.answers(nominated+".inquiry.1", ambassador, map[string]any{"answer": canaries[5]})
	r.well(h.decide(nominated+".check.1", h.Officers[0].ID, "", accept))
	approve := map[string]any{"reason": canaries[6]}
	maps.Copy(approve, crowd.Approve)
	r.review(nominated, "review", 1, approve)
	r.review(nominated, "review", 2, approve)
	h.signs(nominated)
	h.task(nominated + ".membership.1")
	letter := r.letterOf(nominated)

	r.moves(nominated, ambassador, canaries[7])
	h.task(nominated + ".tie.1")
	r.well(h.decide(nominated+".tie.1", h.Officers[1].ID, "", map[string]any{"verdict": "decline", "reason": canaries[8]}))
	r.well(h.decide(nominated+".oversight.1", h.Directors[0].ID, "", map[string]any{"verdict": "revoke", "reason": canaries[9]}))
	h.task(nominated + ".declined.1")
	r.well(h.surely("/v1/cases/"+nominated+"/appeal", ambassador, "", map[string]any{"reason": canaries[10]}))

	declined := r.begun("/v1/ambassadors", h.Newcomers[0].ID, form(canaries[11], canaries[12], nil))
	h.task(declined + ".check.1")
	r.well(h.decide(declined+".check.1", h.Officers[0].ID, "", map[string]any{"verdict": "decline", "reason": canaries[13]}))
	h.task(declined + ".declined.1")
	r.well(h.surely("/v1/cases/"+declined+"/appeal", h.Newcomers[0].ID, "", map[string]any{"reason": canaries[14]}))
	h.task(declined + ".appeal.1")
	r.well(h.decide(declined+".appeal.1", h.Directors[0].ID, "", map[string]any{"verdict": "decline", "reason": canaries[15]}))
	h.ended(declined)

	r.silent(canaries, h.send("/v1/ambassadors", h.Referrers[0].ID, "", form(canaries[2], canaries[3], map[string]any{
		"channel": "unknown", "nominee": map[string]any{"name": canaries[0], "email": strings.ReplaceAll(canaries[1], "@", " at ")},
	})))
	r.silent(canaries, h.send("/v1/tasks/"+declined+".check.1/decision", h.Officers[1].ID, "", map[string]any{"verdict": "decline", "reason": canaries[13]}))
	require.Equal(t, 1, h.count(`SELECT count(*) FROM letters WHERE code = $1 AND words->>'name' = $2 AND ended = 'revoked'`, letter, canaries[0]))
	h.mailed()
	r.alone(canaries, nominated, declined)
}

// begun starts a case and returns it.
func (r *recorder) begun(path, account string, form map[string]any) string {
	r.t.Helper()
	a := r.surely(path, account, "", form)
	r.well(a)
	return a.id()
}

// adopted waits until a case is no longer that of who opened it, and gives a token to whose it is.
func (r *recorder) adopted(id, opener string) (account string) {
	r.t.Helper()
	r.until("the case is the nominee's", func() bool {
		return r.db.QueryRowContext(r.t.Context(), `SELECT applicant FROM cases WHERE id = $1 AND applicant <> $2`, id, opener).Scan(&account) == nil
	})
	r.exec(`INSERT INTO tokens (id, account, hash, scope, expires_at) VALUES ($1, $2, sha256($3::bytea), 'full', now() + interval '1 day')`,
		station.NewID(), account, crowd.Token(account))
	return account
}

// moves has an ambassador ask to move to another institution.
func (r *recorder) moves(id, ambassador, tie string) {
	r.t.Helper()
	r.exec(`INSERT INTO institutions SELECT (jsonb_populate_record(i, '{"code": "other"}')).* FROM institutions i WHERE code = $1`, crowd.University)
	r.well(r.decide(id+".membership.1", ambassador, "", map[string]any{
		"verdict": "transfer", "institution": "other", "reason": tie, "documents": []string{r.uploads(ambassador, tie)},
	}))
}

// letterOf looks at the letter of a case as anybody can who has its code, and returns the code.
func (r *recorder) letterOf(id string) (code string) {
	r.t.Helper()
	require.NoError(r.t, r.db.QueryRowContext(r.t.Context(), `SELECT code FROM letters WHERE case_id = $1`, id).Scan(&code))
	for _, path := range []string{"/v1/letters/" + code, "/v1/letters/" + code + "/pdf"} {
		resp, err := http.Get(r.stack.APIURL() + path) //nolint:noctx // a test's own station
		require.NoError(r.t, err)
		_, _ = io.Copy(io.Discard, resp.Body)
		_ = resp.Body.Close()
		require.Equal(r.t, http.StatusOK, resp.StatusCode, path)
	}
	return code
}

// silent checks that a refusal does not repeat what was said.
func (r *recorder) silent(canaries []string, refused answer) {
	r.t.Helper()
	require.GreaterOrEqual(r.t, refused.Status, 400, refused.Body)
	require.NotEmpty(r.t, refused.Body["code"])
	for _, c := range canaries {
		require.NotContains(r.t, fmt.Sprint(refused.Body), c)
	}
}
