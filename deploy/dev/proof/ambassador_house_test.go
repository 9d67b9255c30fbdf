package proof_test

import (
	"bytes"
	"fmt"
	"image/png"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode"

	"github.com/makiuchi-d/gozxing"
	"github.com/makiuchi-d/gozxing/qrcode"
	"github.com/stretchr/testify/require"
	"wutong/api/letter"
	"wutong/station"
)

// brief is a programme of ambassadors whose terms take six seconds, of which the last four are for the renewal.
const (
	brief     = "proof-ambassadors-brief"
	briefTerm = 6 * time.Second
)

// TestAmbassador_ServesTermAfterTerm has an ambassador serve terms of a few seconds, in a case that continues as new many times.
func TestAmbassador_ServesTermAfterTerm(t *testing.T) {
	r := &recorder{openHouseWith(t, 0, map[string]any{"limit.historyCount.suggestContinueAsNew": 20})}
	id, who := r.applicant(brief, 0, false)
	r.takesOffice(id)
	const renewals = 3
	for n := 1; n <= renewals; n++ {
		task := fmt.Sprintf("%s.renewal.%d", id, n)
		r.task(task)
		require.Equal(t, []string{"valid"}, r.worth(id)[:1])
		r.well(r.decide(task, r.Officers[n].ID, "", map[string]any{"verdict": "renew"}))
		r.until("the next letter is issued", func() bool { return len(r.worth(id)) == n+1 })
	}
	r.until("the last term begins, and the letter of the one before expires", func() bool {
		return slices.Equal([]string{"valid", "expired", "expired", "expired"}, r.worth(id))
	})
	require.Equal(t, 1, r.count(`SELECT count(*) FROM offices WHERE case_id = $1 AND status = 'active'`, id))
	r.task(fmt.Sprintf("%s.renewal.%d", id, renewals+1))
	r.well(r.decide(fmt.Sprintf("%s.renewal.%d", id, renewals+1), r.Officers[0].ID, "", map[string]any{"verdict": "thank"}))
	r.ended(id)
	require.Equal(t, []string{"expired", "expired", "expired", "expired"}, r.worth(id))
	letters := r.appointments(id)
	for n, a := range letters {
		require.WithinDuration(t, a.From.Add(briefTerm), a.Until, time.Millisecond, a.Number)
		if n > 0 {
			require.WithinDuration(t, a.Until, letters[n-1].From, time.Millisecond, "a term begins where the one before ends")
		}
	}
	require.Equal(t, 1, r.count(`SELECT count(*) FROM cases WHERE id = $1 AND status = 'completed' AND reason = 'term_over'`, id))
	require.Equal(t, 1, r.count(`SELECT count(*) FROM offices WHERE case_id = $1 AND status = 'ended'`, id))
	require.Greater(t, r.count(`SELECT count(*) FROM case_runs WHERE case_id = $1`, id), 3, "it has continued as new")
	require.Equal(t, 0, r.count(`SELECT count(*) FROM tasks WHERE case_id = $1 AND status = 'open'`, id))
	require.NotEqual(t, http.StatusCreated, r.surely("/v1/tasks/"+id+".membership.1/decision", who, "", map[string]any{"verdict": "resign"}).Status)
	r.verified()
	r.noSecondMail()
}

// TestLetter_IsVerifiedByWhoeverHasIt follows a letter of appointment from its issue to its revocation.
func TestLetter_IsVerifiedByWhoeverHasIt(t *testing.T) {
	r := &recorder{openHouseWith(t, 0, nil)}
	id, _ := r.applicant(appointing, 0, false)
	r.takesOffice(id)
	issued := r.appointments(id)[0]
	path := "/v1/letters/" + issued.Code
	address := r.stack.APIURL() + path
	require.Equal(t, []string{"valid"}, r.worth(id))

	file := filepath.Join(t.TempDir(), "letter.pdf")
	require.NoError(t, os.WriteFile(file, r.public(http.StatusOK, path+"/pdf"), 0o600))
	require.Equal(t, squeezed(strings.Join(letter.Text(issued, address), "\n")), squeezed(poppler(t, "pdftotext", file, "-")))
	require.Equal(t, address, r.codeOn(file))
	require.Contains(t, string(r.public(http.StatusOK, strings.TrimPrefix(r.codeOn(file), r.stack.APIURL()))), issued.Number)

	for i := range issued.Code {
		changed := []byte(issued.Code)
		changed[i] = map[bool]byte{true: '8', false: '7'}[changed[i] == '7']
		r.public(http.StatusNotFound, "/v1/letters/"+string(changed))
		r.public(http.StatusNotFound, "/v1/letters/"+string(changed)+"/pdf")
	}
	r.revokes(id)
	r.task(id + ".declined.1")
	require.Equal(t, []string{"revoked"}, r.worth(id))
	r.public(http.StatusGone, path+"/pdf")
}

// appointments are the letters that a case has issued, the newest first.
func (r *recorder) appointments(id string) (all []station.Appointment) {
	r.t.Helper()
	rows, err := r.db.QueryContext(r.t.Context(), `
		SELECT code, number, issued_at, until, words->>'name', words->>'director', (words->>'from')::timestamptz,
			words->'institution'->>'zh-CN', words->'institution'->>'en', words->'branch'->>'zh-CN', words->'branch'->>'en'
		FROM letters WHERE case_id = $1 ORDER BY ordinal DESC`, id)
	require.NoError(r.t, err)
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var a station.Appointment
		require.NoError(r.t, rows.Scan(&a.Code, &a.Number, &a.IssuedAt, &a.Until, &a.Name, &a.Director, &a.From,
			&a.Institution.Zh, &a.Institution.En, &a.Branch.Zh, &a.Branch.En))
		all = append(all, a)
	}
	require.NoError(r.t, rows.Err())
	return all
}

// worth is what the letters of a case are worth, the newest first: as anybody can see.
func (r *recorder) worth(id string) (list []string) {
	r.t.Helper()
	for _, a := range r.appointments(id) {
		said := r.reads("/v1/letters/"+a.Code, "")
		require.Equal(r.t, a.Number, said.Body["number"], said.Body)
		worth, _ := said.Body["status"].(string)
		list = append(list, worth)
	}
	return list
}

// public is what anybody is answered.
func (r *recorder) public(status int, path string) []byte {
	r.t.Helper()
	got, body := r.gets(path, "")
	require.Equal(r.t, status, got, "%s: %s", path, body)
	return []byte(body)
}

// codeOn reads the QR code on the page of a PDF.
func (r *recorder) codeOn(file string) string {
	r.t.Helper()
	picture := strings.TrimSuffix(file, ".pdf")
	poppler(r.t, "pdftoppm", "-r", "120", "-png", "-singlefile", file, picture)
	f, err := os.Open(picture + ".png")
	require.NoError(r.t, err)
	defer func() { _ = f.Close() }()
	img, err := png.Decode(f)
	require.NoError(r.t, err)
	bits, err := gozxing.NewBinaryBitmapFromImage(img)
	require.NoError(r.t, err)
	read, err := qrcode.NewQRCodeReader().Decode(bits, nil)
	require.NoError(r.t, err)
	return read.GetText()
}

// poppler runs a program of poppler-utils and returns what it says.
func poppler(t *testing.T, program string, args ...string) string {
	t.Helper()
	path, err := exec.LookPath(program)
	require.NoError(t, err, "the letters are read by poppler's programs: install poppler-utils (apt-get install poppler-utils)")
	var problems bytes.Buffer
	cmd := exec.CommandContext(t.Context(), path, args...)
	cmd.Stderr = &problems
	said, err := cmd.Output()
	require.NoError(t, err, problems.String())
	return string(said)
}

// squeezed is a text without its spaces and line ends: a PDF has lines of its own.
func squeezed(text string) string {
	return strings.Map(func(c rune) rune {
		if unicode.IsSpace(c) {
			return -1
		}
		return c
	}, text)
}
