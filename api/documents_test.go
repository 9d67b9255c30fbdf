package api_test

import (
	"archive/zip"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"image"
	"image/jpeg"
	"image/png"
	"io"
	"mime"
	"mime/multipart"
	"net"
	"net/http"
	"net/http/httptest"
	"net/textproto"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"wutong/api"
	"wutong/station"
	"wutong/store/files"
)

const pdf = "%PDF-1.7\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"

// archive opens a house that keeps documents in a folder.
func archive(tb testing.TB) (h *house, folder string) {
	tb.Helper()
	h = open(tb)
	folder = filepath.Join(tb.TempDir(), "documents")
	kept, err := files.Open(tb.Context(), "file://"+folder)
	require.NoError(tb, err)
	h.svc = station.NewService(station.Options{
		Store: h.db, Engine: h.clerk, Files: kept, Links: h.links, Log: h.options.Log, Now: time.Now, Patience: 50 * time.Millisecond,
	})
	h.options.Service = h.svc
	h.handler = api.New(h.options)
	return h, folder
}

// sheet is a part of a form: its field, its file's name, its content.
type sheet struct{ field, name, content string }

const boundary = "wutong-boundary"

// multipartOf writes a form as a browser does.
func multipartOf(sheets ...sheet) string {
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	_ = w.SetBoundary(boundary)
	for _, s := range sheets {
		h := textproto.MIMEHeader{}
		h.Set("Content-Disposition", fmt.Sprintf(`form-data; name="%s"; filename="%s"`, s.field, strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(s.name)))
		h.Set("Content-Type", "text/html") // which nobody believes
		part, _ := w.CreatePart(h)
		_, _ = io.WriteString(part, s.content)
	}
	_ = w.Close()
	return b.String()
}

func (h *house) uploads(who station.Account, name, content string, header ...string) *httptest.ResponseRecorder {
	h.t.Helper()
	return h.sendsForm(multipartOf(sheet{"file", name, content}), who, header...)
}

func (h *house) sendsForm(body string, who station.Account, header ...string) *httptest.ResponseRecorder {
	return h.post("/v1/documents", body, who, append([]string{"Content-Type", "multipart/form-data; boundary=" + boundary}, header...)...)
}

// uploaded uploads a file that is taken.
func (h *house) uploaded(who station.Account, name, content string) api.Document {
	h.t.Helper()
	w := h.uploads(who, name, content)
	require.Equal(h.t, http.StatusCreated, w.Code, w.Body)
	d := read[api.Document](h.t, w)
	require.Equal(h.t, "/v1/documents/"+d.ID, w.Header().Get("Location"))
	return d
}

// office is a minimal Word or Excel file.
func office(tb testing.TB, main, kind string, more ...string) string {
	tb.Helper()
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for name, content := range map[string]string{
		"[Content_Types].xml": `<?xml version="1.0" encoding="UTF-8" standalone="yes"?>` +
			`<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">` +
			`<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>` +
			`<Override PartName="/` + main + `" ContentType="application/vnd.openxmlformats-officedocument.` + kind + `.main+xml"/></Types>`,
		"_rels/.rels": `<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"/>`,
		main:          `<x/>`,
	} {
		f, err := w.Create(name)
		require.NoError(tb, err)
		_, _ = io.WriteString(f, content)
	}
	for _, name := range more {
		_, err := w.Create(name)
		require.NoError(tb, err)
	}
	require.NoError(tb, w.Close())
	return b.String()
}

func picture(tb testing.TB, encode func(io.Writer, image.Image) error) string {
	tb.Helper()
	var b bytes.Buffer
	require.NoError(tb, encode(&b, image.NewGray(image.Rect(0, 0, 4, 4))))
	return b.String()
}

func asJPEG(w io.Writer, i image.Image) error { return jpeg.Encode(w, i, nil) }

func TestDocument_OfEachTypeComesBackAsItWasUploaded(t *testing.T) {
	h, _ := archive(t)
	for name, c := range map[string]struct{ content, mediaType string }{
		"plan.pdf":   {pdf, "application/pdf"},
		"scan.png":   {picture(t, png.Encode), "image/png"},
		"photo.jpeg": {picture(t, asJPEG), "image/jpeg"},
		"计划.docx":    {office(t, "word/document.xml", "wordprocessingml.document"), "application/vnd.openxmlformats-officedocument.wordprocessingml.document"},
		"预算.xlsx":    {office(t, "xl/workbook.xml", "spreadsheetml.sheet"), "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"},
	} {
		d := h.uploaded(h.people.Applicant, name, c.content)
		sum := sha256.Sum256([]byte(c.content))
		assert.Equal(t, api.Document{
			ID: d.ID, Name: name, MediaType: c.mediaType, Size: int64(len(c.content)), SHA256: hex.EncodeToString(sum[:]), UploadedAt: d.UploadedAt,
		}, d)
		assert.Equal(t, d, read[api.Document](t, h.get("/v1/documents/"+d.ID, h.people.Applicant)))

		w := h.get("/v1/documents/"+d.ID+"/content", h.people.Applicant)
		require.Equal(t, http.StatusOK, w.Code, w.Body)
		assert.Equal(t, c.content, w.Body.String())
		assert.Equal(t, c.mediaType, w.Header().Get("Content-Type"))
		assert.Equal(t, fmt.Sprint(d.Size), w.Header().Get("Content-Length"))
		disposition, params, err := mime.ParseMediaType(w.Header().Get("Content-Disposition"))
		require.NoError(t, err)
		assert.Equal(t, "attachment", disposition)
		assert.Equal(t, name, params["filename"])
	}
	list := read[api.List[api.Document]](t, h.get("/v1/documents?limit=3", h.people.Applicant))
	assert.Len(t, list.Items, 3)
	assert.Len(t, read[api.List[api.Document]](t, h.get("/v1/documents?limit=3&cursor="+list.Next, h.people.Applicant)).Items, 2)
	assert.Empty(t, read[api.List[api.Document]](t, h.get("/v1/documents", h.people.Officer)).Items)
}

func TestDownload_IsNothingThatABrowserRuns(t *testing.T) {
	h, _ := archive(t)
	d := h.uploaded(h.people.Applicant, `x.html`, "%PDF-1.7\n<html><script>alert(1)</script></html>") // both at once
	w := h.get("/v1/documents/"+d.ID+"/content", h.people.Applicant, "Accept", "text/html")
	require.Equal(t, http.StatusOK, w.Code)
	for name, want := range map[string]string{
		"Content-Type":                 "application/pdf",
		"Content-Disposition":          `attachment; filename="x.html.pdf"; filename*=UTF-8''x.html.pdf`,
		"X-Content-Type-Options":       "nosniff",
		"Content-Security-Policy":      "sandbox; default-src 'none'; frame-ancestors 'none'",
		"Cache-Control":                "private, no-store",
		"Cross-Origin-Resource-Policy": "same-origin",
		"ETag":                         `"` + d.SHA256 + `"`,
		"Accept-Ranges":                "bytes",
	} {
		assert.Equal(t, []string{want}, w.Header().Values(name), name)
	}
}

func TestDownload_OfAPart(t *testing.T) {
	h, _ := archive(t)
	d := h.uploaded(h.people.Applicant, "plan.pdf", pdf)
	path := "/v1/documents/" + d.ID + "/content"
	w := h.get(path, h.people.Applicant, "Range", "bytes=5-7")
	require.Equal(t, http.StatusPartialContent, w.Code)
	assert.Equal(t, "1.7", w.Body.String())
	assert.Equal(t, fmt.Sprintf("bytes 5-7/%d", len(pdf)), w.Header().Get("Content-Range"))
	assert.Equal(t, http.StatusNotModified, h.get(path, h.people.Applicant, "If-None-Match", `"`+d.SHA256+`"`).Code)
	for _, unfit := range []string{"bytes=999999-", "bytes=9-1", "bytes=x-y", "pages=1-2"} {
		w := h.get(path, h.people.Applicant, "Range", unfit)
		assert.Equal(t, http.StatusRequestedRangeNotSatisfiable, w.Code, unfit)
		assert.Equal(t, "range_not_satisfiable", problem(t, w).Code)
	}
	server := h.serve()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodHead, server.URL+path, nil)
	require.NoError(t, err)
	r.Header.Set("Authorization", "Bearer "+secret+h.people.Applicant.ID)
	head, err := server.Client().Do(r)
	require.NoError(t, err)
	defer func() { _ = head.Body.Close() }()
	assert.Equal(t, int64(len(pdf)), head.ContentLength)
}

func TestDocument_IsForItsOwnerAndThoseWhoMaySeeThePersonOfItsCases(t *testing.T) {
	h, _ := archive(t)
	d := h.uploaded(h.people.Referrer, "plan.pdf", pdf)
	may := func(who station.Account) bool {
		t.Helper()
		code := h.get("/v1/documents/"+d.ID, who).Code
		require.Equal(t, code, h.get("/v1/documents/"+d.ID+"/content", who).Code)
		require.Contains(t, []int{http.StatusOK, http.StatusNotFound}, code)
		return code == http.StatusOK
	}
	treasurer := h.hires(station.RoleTreasurer, "HZ")
	everyone := append(h.people.All(), treasurer)
	for _, who := range everyone {
		assert.Equal(t, who.ID == h.people.Referrer.ID, may(who), "before it serves a case: %v", who.Roles)
	}

	id := h.refer() // of branch HZ
	_, err := h.db.ExecContext(t.Context(), `INSERT INTO case_documents (case_id, document, at) VALUES ($1, $2, now())`, id, d.ID)
	require.NoError(t, err)
	h.asks(id, station.StageReview, station.TaskSpec{Kind: station.TaskReview, Assignee: h.people.Reviewers[0].ID})
	for name, c := range map[string]struct {
		who  station.Account
		want bool
	}{
		"owner":             {h.people.Referrer, true},
		"officer":           {h.people.Officer, true},
		"director":          {h.people.Director, true},
		"reviewer":          {h.people.Reviewers[0], true},
		"another reviewer":  {h.people.Reviewers[1], false},
		"another applicant": {h.people.Applicant, false},
		"another branch":    {h.people.DistrictOfficer, false},
		"treasurer":         {treasurer, true},
		"operator":          {h.people.Operator, false},
	} {
		assert.Equal(t, c.want, may(c.who), name)
	}
	_, err = h.db.ExecContext(t.Context(), `UPDATE documents SET erased_at = now() WHERE id = $1`, d.ID)
	require.NoError(t, err)
	assert.False(t, may(h.people.Referrer), "erased")
	for _, id := range []string{"x", "%00", station.NewID(), strings.ToUpper(station.NewID()), "urn:uuid:" + station.NewID()} {
		assert.Equal(t, http.StatusNotFound, h.get("/v1/documents/"+id, h.people.Officer).Code, id)
		assert.Equal(t, http.StatusNotFound, h.get("/v1/documents/"+id+"/content", h.people.Officer).Code, id)
	}
}

func TestUpload_OfTheSameContentIsTheSameDocument(t *testing.T) {
	h, folder := archive(t)
	first := h.uploads(h.people.Applicant, "plan.pdf", pdf, "Idempotency-Key", "k")
	again := h.uploads(h.people.Applicant, "renamed.pdf", pdf, "Idempotency-Key", "k")
	require.Equal(t, http.StatusCreated, again.Code)
	assert.Equal(t, first.Body.String(), again.Body.String())
	assert.Equal(t, first.Body.String(), h.uploads(h.people.Applicant, "plan.pdf", pdf).Body.String())
	p := problem(t, h.uploads(h.people.Applicant, "plan.pdf", pdf+" ", "Idempotency-Key", "k"))
	assert.Equal(t, "key_reused", p.Code)
	assert.Equal(t, http.StatusUnprocessableEntity, p.Status)
	assert.Len(t, kept(t, folder), 1, "of what was not needed nothing stays")
	assert.NotEqual(t, read[api.Document](t, first).ID, h.uploaded(h.people.Officer, "plan.pdf", pdf).ID)
	p = problem(t, h.uploads(h.people.Applicant, "plan.pdf", pdf, "Idempotency-Key", "two words"))
	assert.Equal(t, "Idempotency-Key", p.Errors[0].Path)
}

// kept are the files in a folder.
func kept(t *testing.T, folder string) []string {
	t.Helper()
	found, err := filepath.Glob(filepath.Join(folder, "*", "*"))
	require.NoError(t, err)
	return found
}

func TestUpload_OfWhatIsNotTakenIsRefused(t *testing.T) {
	h, folder := archive(t)
	large := pdf + strings.Repeat("x", station.MaxDocument-len(pdf))
	good := multipartOf(sheet{"file", "a.pdf", pdf})
	for name, c := range map[string]struct {
		body   string
		header []string
		status int
		code   string
		fault  string
	}{
		"HTML that is called PDF":   {body: multipartOf(sheet{"file", "a.pdf", "<!doctype html><script>alert(1)</script>"}), status: 422, code: "invalid", fault: "file document_type"},
		"an empty file":             {body: multipartOf(sheet{"file", "a.pdf", ""}), status: 422, code: "invalid", fault: "file document_empty"},
		"a document with macros":    {body: multipartOf(sheet{"file", "a.docx", office(t, "word/document.xml", "wordprocessingml.document", "word/vbaProject.bin")}), status: 422, code: "invalid", fault: "file document_type"},
		"a program":                 {body: multipartOf(sheet{"file", "a.pdf", "MZ\x90\x00"}), status: 422, code: "invalid", fault: "file document_type"},
		"too large":                 {body: multipartOf(sheet{"file", "a.pdf", large + "x"}), status: 413, code: "body_too_large"},
		"far too large":             {body: multipartOf(sheet{"file", "a.pdf", large + large}), status: 413, code: "body_too_large"},
		"two files":                 {body: multipartOf(sheet{"file", "a.pdf", pdf}, sheet{"file", "b.pdf", pdf}), status: 422, code: "invalid", fault: "file given_twice"},
		"another field":             {body: multipartOf(sheet{"file", "a.pdf", pdf}, sheet{"owner", "", "x"}), status: 422, code: "invalid", fault: "owner not_expected"},
		"another field first":       {body: multipartOf(sheet{"owner", "", "x"}, sheet{"file", "a.pdf", pdf}), status: 422, code: "invalid", fault: "owner not_expected"},
		"a field without a name":    {body: multipartOf(sheet{"", "a.pdf", pdf}), status: 422, code: "invalid", fault: "file not_expected"},
		"no file":                   {body: multipartOf(), status: 422, code: "invalid", fault: "file required"},
		"nothing":                   {body: "", status: 400, code: "body_cut_short"},
		"cut short in the file":     {body: good[:len(good)-40], status: 400, code: "body_cut_short"},
		"cut short after the file":  {body: good[:len(good)-8], status: 400, code: "body_cut_short"},
		"cut short in the head":     {body: good[:40], status: 400, code: "body_cut_short"},
		"NUL in the name":           {body: multipartOf(sheet{"file", "a\x00.pdf", pdf}), status: 400, code: "bad_multipart"},
		"cut short in another head": {body: good[:len(good)-4] + "\r\nContent-Dis", status: 400, code: "bad_multipart"},
		"a broken head":             {body: "--" + boundary + "\r\n: x\r\n\r\n", status: 400, code: "bad_multipart"},
		"a head without end":        {body: "--" + boundary + "\r\nA: " + strings.Repeat("x", 11<<20), status: 400},
		"another boundary":          {body: good, header: []string{"Content-Type", "multipart/form-data; boundary=other"}, status: 400, code: "body_cut_short"},
		"no boundary":               {body: good, header: []string{"Content-Type", "multipart/form-data"}, status: 400, code: "bad_multipart"},
		"JSON":                      {body: `{}`, header: []string{"Content-Type", "application/json"}, status: 415, code: "multipart_expected"},
		"the file itself":           {body: pdf, header: []string{"Content-Type", "application/pdf"}, status: 415, code: "multipart_expected"},
		"a form of another kind":    {body: "file=x", header: []string{"Content-Type", "application/x-www-form-urlencoded"}, status: 415, code: "multipart_expected"},
		"no type":                   {body: good, header: []string{"Content-Type", ""}, status: 415, code: "multipart_expected"},
		"a type that is none":       {body: good, header: []string{"Content-Type", "a;b;c=;"}, status: 415, code: "multipart_expected"},
		"compressed":                {body: good, header: []string{"Content-Encoding", "gzip"}, status: 415, code: "multipart_expected"},
		"nested forms":              {body: multipartOf(sheet{"file", "a.pdf", good}), status: 422, code: "invalid"},
		"an unknown query":          {body: good, status: 422, code: "invalid", fault: "x not_expected"},
		"a form that claims a path": {body: multipartOf(sheet{"../file", "a.pdf", pdf}), status: 422, code: "invalid", fault: "../file not_expected"},
	} {
		t.Run(name, func(t *testing.T) {
			path := "/v1/documents"
			if name == "an unknown query" {
				path += "?x=1"
			}
			w := h.post(path, c.body, h.people.Applicant, append([]string{"Content-Type", "multipart/form-data; boundary=" + boundary}, c.header...)...)
			p := problem(t, w)
			assert.Equal(t, c.status, p.Status, w.Body)
			if c.code != "" {
				assert.Equal(t, c.code, p.Code)
			}
			if c.fault != "" && assert.NotEmpty(t, p.Errors) {
				assert.Equal(t, c.fault, p.Errors[0].Path+" "+p.Errors[0].Code)
			}
		})
	}
	assert.Empty(t, kept(t, folder))
	assert.Empty(t, read[api.List[api.Document]](t, h.get("/v1/documents", h.people.Applicant)).Items)
	assert.Equal(t, http.StatusCreated, h.uploads(h.people.Applicant, "large.pdf", large).Code, "20 MiB is not over it")
	assert.Equal(t, http.StatusCreated, h.sendsForm(strings.TrimSpace(good), h.people.Applicant).Code, "a form may end without a line's end")
	h.token(h.people.Officer2, "wt_reads", station.ScopeRead)
	p := problem(t, h.sendsForm(good, nobody, "Authorization", "Bearer wt_reads"))
	assert.Equal(t, "token_reads_only", p.Code)
}

func TestUpload_TakesAnyNameAndKeepsASafeOne(t *testing.T) {
	h, _ := archive(t)
	for i, c := range [][2]string{
		{"../../../etc/passwd", "passwd.pdf"},
		{`C:\secret\plan.pdf`, "plan.pdf"},
		{"a\u202eb.pdf", "ab.pdf"},
		{"名\xff.pdf", "名_.pdf"},
		{strings.Repeat("长", 300), strings.Repeat("长", 196) + ".pdf"},
		{"", "document.pdf"},
		{`say "hi"; x=y.pdf`, `say "hi"; x=y.pdf`},
		{"100%.pdf", "100%.pdf"},
	} {
		d := h.uploaded(h.people.Applicant, c[0], pdf+strings.Repeat(" ", i))
		assert.Equal(t, c[1], d.Name, "%q", c[0])
		w := h.get("/v1/documents/"+d.ID+"/content", h.people.Applicant)
		require.Equal(t, http.StatusOK, w.Code)
		_, params, err := mime.ParseMediaType(w.Header().Get("Content-Disposition"))
		require.NoError(t, err, w.Header().Get("Content-Disposition"))
		assert.Equal(t, d.Name, params["filename"])
	}
}

func TestUpload_IntoAFolderThatCannotBeWrittenIsUnavailable(t *testing.T) {
	h, folder := archive(t)
	d := h.uploaded(h.people.Applicant, "plan.pdf", pdf)
	require.NoError(t, os.RemoveAll(folder))
	require.NoError(t, os.WriteFile(folder, nil, 0o600))
	for _, w := range []*httptest.ResponseRecorder{
		h.uploads(h.people.Applicant, "other.pdf", pdf+" "),
		h.get("/v1/documents/"+d.ID+"/content", h.people.Applicant),
		open(t).uploads(h.people.Applicant, "plan.pdf", pdf), // no folder was named
	} {
		p := problem(t, w)
		assert.Equal(t, http.StatusServiceUnavailable, p.Status)
		assert.Equal(t, "documents_unavailable", p.Code)
		assert.Equal(t, "5", w.Header().Get("Retry-After"))
	}
	assert.Len(t, read[api.List[api.Document]](t, h.get("/v1/documents", h.people.Applicant)).Items, 1, "what is not kept does not count")
}

// A real connection has deadlines, and ends in the middle.
func TestUpload_OverAConnectionThatIsSlowOrBreaks(t *testing.T) {
	h, folder := archive(t)
	server := h.serve() // its own deadlines are 3 s
	body := multipartOf(sheet{"file", "plan.pdf", pdf})
	dial := func() net.Conn {
		var d net.Dialer
		c, err := d.DialContext(t.Context(), "tcp", server.Listener.Addr().String())
		require.NoError(t, err)
		t.Cleanup(func() { _ = c.Close() })
		_, err = fmt.Fprintf(c, "POST /v1/documents HTTP/1.1\r\nHost: x\r\nConnection: close\r\nAuthorization: Bearer %s\r\nContent-Type: multipart/form-data; boundary=%s\r\nContent-Length: %d\r\n\r\n%s",
			secret+h.people.Applicant.ID, boundary, len(body), body[:100])
		require.NoError(t, err)
		return c
	}
	broken := dial()
	require.NoError(t, broken.(*net.TCPConn).CloseWrite())
	answer, _ := io.ReadAll(broken)
	assert.Contains(t, string(answer), "body_cut_short")
	assert.Empty(t, kept(t, folder))

	slow := dial()
	time.Sleep(3500 * time.Millisecond)
	_, err := io.WriteString(slow, body[100:])
	require.NoError(t, err)
	answer, _ = io.ReadAll(slow)
	assert.Contains(t, string(answer), "201 Created", "slow is not too slow")
}

func TestDocuments_AreNowhereInTheLog(t *testing.T) {
	h, folder := archive(t)
	d := h.uploaded(h.people.Applicant, "canary-name.pdf", pdf)
	h.get("/v1/documents/"+d.ID+"/content", h.people.Applicant)
	h.uploads(h.people.Applicant, "canary-name.html", "<canary-content>")
	h.sendsForm(multipartOf(sheet{"canary-field", "canary-name", pdf}), h.people.Applicant)
	require.NoError(t, os.RemoveAll(folder))
	h.get("/v1/documents/"+d.ID+"/content", h.people.Applicant)
	require.NoError(t, os.WriteFile(folder, nil, 0o600))
	require.Equal(t, http.StatusServiceUnavailable, h.uploads(h.people.Applicant, "canary-name.pdf", pdf+"canary").Code)
	assert.NotContains(t, h.log.String(), "canary")
	assert.Contains(t, h.log.String(), `"route":"/v1/documents/:id/content"`)
}

// hires makes an account with a token.
func (h *house) hires(role station.Role, branch string) station.Account {
	h.t.Helper()
	a := station.Account{ID: station.NewID(), Name: string(role), Email: string(role) + "@example.com", Roles: []station.Role{role}, Branch: branch, Language: station.English}
	_, err := h.db.ExecContext(context.Background(), `INSERT INTO accounts (id, name, email, roles, branch, language) VALUES ($1, $2, $3, ARRAY[$4], $5, 'en')`,
		a.ID, a.Name, a.Email, string(role), branch)
	require.NoError(h.t, err)
	h.token(a, secret+a.ID, station.ScopeFull)
	return a
}

// FuzzUpload sends anything at all as an upload: whatever a client sends, the
// fault is never ours.
func FuzzUpload(f *testing.F) {
	h, _ := archive(f)
	f.Add(multipartOf(sheet{"file", "a.pdf", pdf}), "multipart/form-data; boundary="+boundary)
	f.Add(multipartOf(sheet{"file", "a.docx", office(f, "word/document.xml", "wordprocessingml.document")}), "multipart/form-data; boundary="+boundary)
	f.Fuzz(func(t *testing.T, body, contentType string) {
		w := h.post("/v1/documents", body, h.people.Applicant, "Content-Type", contentType)
		require.Less(t, w.Code, 500, "%s", w.Body)
	})
}
