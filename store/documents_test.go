package store_test

import (
	"crypto/sha256"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"wutong/station"
	"wutong/store"
)

// document is one that an account would upload, with a content.
func document(owner station.Account, content string) station.Document {
	sum := sha256.Sum256([]byte(content))
	id := station.NewID()
	return station.Document{
		ID: id, Owner: owner.ID, Name: content + ".pdf", MediaType: "application/pdf", Size: int64(len(content)),
		SHA256: sum[:], Key: fmt.Sprintf("%x-%s", sum, id), UploadedAt: monday,
	}
}

// uploads keeps a document.
func (h *house) uploads(owner station.Account, content string) station.Document {
	h.t.Helper()
	d, err := h.db.InsertDocument(h.t.Context(), document(owner, content), "")
	require.NoError(h.t, err)
	return d
}

// serves are the cases that a document serves.
func (h *house) serves(d station.Document) []string {
	h.t.Helper()
	cases, err := h.db.CasesOfDocument(h.t.Context(), d.ID)
	require.NoError(h.t, err)
	ids := []string{}
	for _, c := range cases {
		ids = append(ids, c.ID)
	}
	return ids
}

func (h *house) erases(d station.Document) {
	h.t.Helper()
	h.runs(`UPDATE documents SET erased_at = now(), name = '' WHERE id = $1`, d.ID)
}

// requireFields checks which fields are wrong, each as "path rule".
func requireFields(t *testing.T, err error, want ...string) {
	t.Helper()
	var e *station.Error
	require.ErrorAs(t, err, &e)
	require.Equal(t, station.Invalid, e.Code)
	require.Equal(t, "invalid", e.Key)
	got := []string{}
	for _, f := range e.Fields {
		got = append(got, f.Path+" "+f.Rule)
	}
	require.Equal(t, want, got)
}

func TestInsertDocument_IsReadAgainAsItWasUploaded(t *testing.T) {
	h := newHouse(t)
	d := document(h.Referrer, "plan")
	kept, err := h.db.InsertDocument(t.Context(), d, "")
	require.NoError(t, err)
	kept.UploadedAt = kept.UploadedAt.UTC()
	require.Equal(t, d, kept)
	again, err := h.db.DocumentByID(t.Context(), d.ID)
	require.NoError(t, err)
	again.UploadedAt = again.UploadedAt.UTC()
	require.Equal(t, d, again)
	_, err = h.db.DocumentByID(t.Context(), station.NewID())
	require.Equal(t, station.NotFound, station.CodeOf(err))
}

func TestInsertDocument_TheSameContentOfOneOwnerIsOneDocument(t *testing.T) {
	h := newHouse(t)
	var mu sync.Mutex
	ids := map[string]bool{}
	var wg sync.WaitGroup
	for i := range 20 {
		wg.Go(func() {
			d, err := h.db.InsertDocument(t.Context(), document(h.Referrer, "plan"), fmt.Sprintf("key %d", i%3))
			mu.Lock()
			defer mu.Unlock()
			if assert.NoError(t, err) {
				ids[d.ID] = true
			}
		})
	}
	wg.Wait()
	require.Len(t, ids, 1)
	first := h.uploads(h.Referrer, "plan")
	require.True(t, ids[first.ID])
	require.NotEqual(t, first.ID, h.uploads(h.Officer, "plan").ID, "another's is another's")
	require.NotEqual(t, first.ID, h.uploads(h.Referrer, "plan B").ID)

	h.erases(first)
	_, err := h.db.DocumentByID(t.Context(), first.ID)
	require.Equal(t, station.NotFound, station.CodeOf(err))
	require.NotEqual(t, first.ID, h.uploads(h.Referrer, "plan").ID, "what was erased can be uploaded anew")
}

func TestInsertDocument_TheSameKeyForAnotherContentIsRefused(t *testing.T) {
	h := newHouse(t)
	first, err := h.db.InsertDocument(t.Context(), document(h.Referrer, "plan"), "key")
	require.NoError(t, err)
	again, err := h.db.InsertDocument(t.Context(), document(h.Referrer, "plan"), "key")
	require.NoError(t, err)
	require.Equal(t, first.ID, again.ID)
	other := document(h.Referrer, "plan B")
	_, err = h.db.InsertDocument(t.Context(), other, "key")
	refusedAs(t, err, station.Invalid, "key_reused")
	_, err = h.db.DocumentByID(t.Context(), other.ID)
	require.Equal(t, station.NotFound, station.CodeOf(err), "nothing of it is kept")
	_, err = h.db.InsertDocument(t.Context(), document(h.Officer, "plan B"), "key")
	require.NoError(t, err, "another's key is another's")
}

func TestDocuments_HoldTheirInvariantsByName(t *testing.T) {
	h := newHouse(t)
	for constraint, change := range map[string]func(*station.Document){
		"document_size":         func(d *station.Document) { d.Size = 0 },
		"document_sha256":       func(d *station.Document) { d.SHA256 = d.SHA256[:31] },
		"one_document_per_file": func(d *station.Document) { d.Key = h.uploads(h.Officer, "other").Key },
	} {
		d := document(h.Referrer, constraint)
		change(&d)
		_, err := h.db.InsertDocument(t.Context(), d, "")
		require.ErrorContains(t, err, constraint)
	}
	d := document(h.Referrer, "large")
	d.Size = station.MaxDocument
	_, err := h.db.InsertDocument(t.Context(), d, "")
	require.NoError(t, err)
	d = document(h.Referrer, "too large")
	d.Size = station.MaxDocument + 1
	_, err = h.db.InsertDocument(t.Context(), d, "")
	require.ErrorContains(t, err, "document_size")
}

func TestDocumentList_IsTheOwnersByPage(t *testing.T) {
	h := newHouse(t)
	var want []string
	for i := range 5 {
		want = append([]string{h.uploads(h.Referrer, fmt.Sprint("plan ", i)).ID}, want...)
	}
	h.uploads(h.Officer, "another's")
	h.erases(h.uploads(h.Referrer, "erased"))
	var got []string
	q := station.DocumentQuery{Owner: h.Referrer.ID, Limit: 2}
	for range 3 {
		p, err := h.db.DocumentList(t.Context(), q)
		require.NoError(t, err)
		for _, d := range p.Items {
			got = append(got, d.ID)
		}
		q.Cursor = p.Next
	}
	require.Equal(t, want, got)
	require.Empty(t, q.Cursor)
	q.Cursor = "x"
	_, err := h.db.DocumentList(t.Context(), q)
	refusedAs(t, err, station.Invalid, "cursor_invalid")
}

func TestInsertCase_AttachesTheApplicantsDocuments(t *testing.T) {
	h := newHouse(t)
	plan, licence, other := h.uploads(h.Referrer, "plan"), h.uploads(h.Referrer, "licence"), h.uploads(h.Referrer, "other")
	open := func(ids ...string) (station.Case, error) {
		n := h.application()
		n.Application.Documents = ids
		c, _, err := h.db.InsertCase(t.Context(), n)
		return c, err
	}
	first, err := open(plan.ID, strings.ToUpper(licence.ID))
	require.NoError(t, err)
	require.Equal(t, []string{first.ID}, h.serves(plan))
	require.Equal(t, []string{first.ID}, h.serves(licence))
	require.Empty(t, h.serves(other))
	second, err := open(plan.ID)
	require.NoError(t, err)
	require.Equal(t, []string{first.ID, second.ID}, h.serves(plan), "one document can serve several cases")

	erased := h.uploads(h.Referrer, "erased")
	h.erases(erased)
	_, err = open(plan.ID, h.uploads(h.Officer, "plan").ID, licence.ID, station.NewID(), erased.ID, "nothing", "")
	requireFields(t, err,
		"documents/1 unknown_document", "documents/3 unknown_document", "documents/4 unknown_document", "documents/5 unknown_document", "documents/6 unknown_document")
	require.Len(t, h.serves(plan), 2, "a case that is not taken in leaves nothing")
	third, err := open()
	require.NoError(t, err)
	require.Equal(t, "HZ-REFERRAL-2026-000003", third.Number, "nor is it counted")
}

func TestInsertAct_AttachesWhatWasHandedIn(t *testing.T) {
	m := newHouse(t).opens()
	report, other := m.uploads(m.Referrer, "report"), m.uploads(m.Officer, "other")
	act := station.Act{
		ID: station.NewID(), Case: m.ID, Kind: station.Confirm, Actor: m.Referrer.ID, At: monday, Status: station.Pending,
		Body: station.Body{Verdict: station.Confirmed, Documents: []string{other.ID, report.ID}},
	}
	_, err := m.db.InsertAct(t.Context(), act)
	requireFields(t, err, "documents/0 unknown_document")
	_, err = m.db.ActByID(t.Context(), act.ID)
	require.Equal(t, station.NotFound, station.CodeOf(err), "an act that is not right in form is not kept")
	require.Empty(t, m.serves(report))

	act.Body.Documents = []string{report.ID}
	for range 2 { // a repeated request is the same act
		_, err = m.db.InsertAct(t.Context(), act)
		require.NoError(t, err)
	}
	require.Equal(t, []string{m.ID}, m.serves(report))

	byLink := act
	byLink.ID, byLink.Actor = station.NewID(), string(station.Talent)
	_, err = m.db.InsertAct(t.Context(), byLink)
	require.NoError(t, err, "the case has it already")
	byLink.ID, byLink.Body.Documents = station.NewID(), []string{report.ID, m.uploads(m.Referrer, "another").ID}
	_, err = m.db.InsertAct(t.Context(), byLink)
	requireFields(t, err, "documents/1 unknown_document")
}

func TestInsertAct_OnACaseThatHasEndedAttachesNothing(t *testing.T) {
	m := newHouse(t).opens()
	report := m.uploads(m.Referrer, "report")
	m.records(station.Change{Standing: station.Standing{Stage: station.StageEnded, Status: station.Withdrawn}, End: &station.Ending{}})
	a := m.does(m.Referrer, station.Confirm, "", station.Body{Documents: []string{report.ID}})
	require.Equal(t, station.ActRefused, a.Status)
	require.Empty(t, m.serves(report))
}

func TestAttachDocuments_TwiceIsOnce(t *testing.T) {
	m := newHouse(t).opens()
	report := m.uploads(m.Referrer, "report")
	for range 2 {
		require.NoError(t, store.AttachDocuments(t.Context(), m.db, m.ID, m.Referrer.ID, []string{report.ID}, monday))
	}
	require.NoError(t, store.AttachDocuments(t.Context(), m.db, m.ID, m.Referrer.ID, nil, monday))
	require.Equal(t, []string{m.ID}, m.serves(report))
}

func TestDocumentLists_AreRangesOfAnIndex(t *testing.T) {
	if testing.Short() {
		t.Skip("fills a station with 100,000 documents")
	}
	h := newHouse(t)
	h.runs(`INSERT INTO documents (id, owner, name, media_type, size, sha256, key, uploaded_at)
		SELECT gen_random_uuid(), (ARRAY[$1, $2])[1 + n % 2]::uuid, 'n', 'm', 1, sha256(n::text::bytea), n::text, now() FROM generate_series(1, 100000) n`,
		h.Referrer.ID, h.Applicant.ID)
	h.runs(`VACUUM ANALYZE documents`)
	query, args := store.DocumentListQuery(station.DocumentQuery{Owner: h.Referrer.ID})
	plan, _, text := h.explains(query, args)
	require.Empty(t, faults(plan, 100, 100), text)
	require.NotContains(t, text, "Seq Scan")
}
