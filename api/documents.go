package api

import (
	"context"
	"encoding/hex"
	"errors"
	"io"
	"mime"
	"mime/multipart"
	"net"
	"net/http"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humagin"

	"wutong/station"
)

const (
	// multipartType is what an upload is sent as (RFC 7578).
	multipartType = "multipart/form-data"
	// multipartRest is the most that is sent around a document.
	multipartRest = 64 << 10
	// filePatience is how long a document may take to arrive, or to be taken:
	// 20 MiB over a telephone.
	filePatience = 4 * time.Minute
)

var (
	errNotMultipart = &edgeError{http.StatusUnsupportedMediaType, "multipart_expected"}
	errBadMultipart = &edgeError{http.StatusBadRequest, "bad_multipart"}
)

// Document is an uploaded document, without its content.
type Document struct {
	ID         string    `json:"id" doc:"The document's opaque ID." example:"01982f60-5d6e-7c3a-9f0b-3f6f1f0c8a11"`
	Name       string    `json:"name" doc:"The file's name as it was given, made safe to save under." example:"商业计划书.pdf"`
	MediaType  string    `json:"mediaType" doc:"What it is by its content." example:"application/pdf"`
	Size       int64     `json:"size" doc:"In bytes." example:"183204"`
	SHA256     string    `json:"sha256" doc:"Of its content, in hexadecimal." example:"9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"`
	UploadedAt time.Time `json:"uploadedAt"`
}

func documentOf(d station.Document) Document {
	return Document{
		ID: d.ID, Name: d.Name, MediaType: d.MediaType, Size: d.Size, SHA256: hex.EncodeToString(d.SHA256), UploadedAt: d.UploadedAt.UTC(),
	}
}

// uploaded is the answer to an upload.
type uploaded struct {
	Location string `header:"Location" doc:"Where the document is."`
	Body     Document
}

// uploadInput is an upload. Its body is read while it comes.
type uploadInput struct {
	Keyed
	w http.ResponseWriter
	r *http.Request
}

// Resolve keeps the request.
func (in *uploadInput) Resolve(c huma.Context) []error {
	g := humagin.Unwrap(c)
	in.w, in.r = g.Writer, g.Request
	return nil
}

// OnDocument is a request about one document.
type OnDocument struct {
	ID string `path:"id" doc:"The document's ID."`
}

type contentInput struct {
	OnDocument
	// read by net/http
	Range       string `header:"Range" maxLength:"200" doc:"Asks for a part of the content." example:"bytes=0-1023"`
	IfNoneMatch string `header:"If-None-Match" maxLength:"1000" doc:"The ETag that the client has: if it is still right the answer is 304."`
}

func (e *edge) registerDocuments(api huma.API) {
	op := withBody(read("upload-document", "/v1/documents", tagDocuments, "Upload a document",
		"Takes a PDF, PNG, JPEG, DOCX or XLSX file of at most 20 MiB; what it is, is told by its content. Files with macros are not taken. "+
			"The same content uploaded again is the same document. Its ID then goes into forms and answers.", http.StatusForbidden))
	op.Method, op.DefaultStatus = http.MethodPost, http.StatusCreated
	op.Metadata = map[string]any{asItComes: true}
	huma.Register(api, op, e.upload)
	// only now: a body that huma knew of it would read
	api.OpenAPI().Paths[op.Path].Post.RequestBody = &huma.RequestBody{Required: true, Content: map[string]*huma.MediaType{multipartType: {
		Schema: &huma.Schema{
			Type: huma.TypeObject, Required: []string{"file"}, AdditionalProperties: false,
			Properties: map[string]*huma.Schema{"file": {Type: huma.TypeString, Format: "binary", Description: "The file, with its name."}},
		},
	}}}
	huma.Register(api, read("list-documents", "/v1/documents", tagDocuments, "My documents",
		"The reader's own documents, the newest first."), e.listDocuments)
	huma.Register(api, read("get-document", "/v1/documents/{id}", tagDocuments, "Look at a document",
		"What is known of a document; for its owner, and for those who may see the applicant's data in a case that it serves.",
		http.StatusNotFound), e.getDocument)

	op = read("download-document", "/v1/documents/{id}/content", tagDocuments, "Download a document",
		"The content as it was uploaded, for whoever may look at the document; to be saved, never to be shown by a browser.",
		http.StatusNotFound, http.StatusRequestedRangeNotSatisfiable)
	op.Responses = map[string]*huma.Response{}
	for status, description := range map[string]string{"200": "The content.", "206": "The part of it that was asked for."} {
		op.Responses[status] = &huma.Response{
			Description: description,
			Headers: map[string]*huma.Param{
				"ETag":                {Description: "Its SHA-256.", Schema: &huma.Schema{Type: huma.TypeString}},
				"Content-Disposition": {Description: "attachment, with the file's name.", Schema: &huma.Schema{Type: huma.TypeString}},
			},
			Content: map[string]*huma.MediaType{"*/*": {Schema: &huma.Schema{Type: huma.TypeString, Format: "binary"}}},
		}
	}
	op.Responses["304"] = &huma.Response{Description: "The client has it already."}
	huma.Register(api, op, e.downloadDocument)
}

func (e *edge) upload(ctx context.Context, in *uploadInput) (*uploaded, error) {
	boundary, err := boundaryOf(in.r.Header)
	if err != nil {
		return nil, err
	}
	if in.r.ContentLength > station.MaxDocument+multipartRest {
		return nil, errTooLarge
	}
	e.grantTime(in.w)
	f, err := openUpload(multipart.NewReader(untilItEnds(http.MaxBytesReader(in.w, in.r.Body, station.MaxDocument+multipartRest)), boundary))
	if err != nil {
		return nil, err
	}
	d, err := e.svc.AddDocument(ctx, actorOf(ctx), in.Key, f.part.FileName(), f)
	if err != nil {
		return nil, err
	}
	return &uploaded{Location: "/v1/documents/" + d.ID, Body: documentOf(d)}, nil
}

// grantTime replaces the server's deadlines, which are meant for small bodies.
func (e *edge) grantTime(w http.ResponseWriter) {
	control, late := http.NewResponseController(w), e.Now().Add(filePatience)
	_ = control.SetReadDeadline(late) // not every writer has deadlines; those of net/http do
	_ = control.SetWriteDeadline(late)
}

// boundaryOf wants a multipart form, not compressed.
func boundaryOf(h http.Header) (string, error) {
	if encoding := h.Get("Content-Encoding"); encoding != "" && !strings.EqualFold(encoding, "identity") {
		return "", errNotMultipart
	}
	name, params, err := mime.ParseMediaType(h.Get("Content-Type"))
	if err != nil || name != multipartType {
		return "", errNotMultipart
	}
	if params["boundary"] == "" {
		return "", errBadMultipart
	}
	return params["boundary"], nil
}

// untilItEnds makes the end of a body an error, so that io.EOF is the end of
// its form. A form may end without a line's end, which multipart wants.
func untilItEnds(body io.Reader) io.Reader {
	return io.MultiReader(body, strings.NewReader("\r\n"), cutShort{})
}

type cutShort struct{}

func (cutShort) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }

// fileUpload reads the one part of an upload. It ends well only if the form ends
// well after it, so that nothing is kept of a form that holds more, or less.
type fileUpload struct {
	form *multipart.Reader
	part *multipart.Part
	left int64
}

// openUpload finds the file.
func openUpload(form *multipart.Reader) (*fileUpload, error) {
	part, err := form.NextRawPart()
	switch {
	case errors.Is(err, io.EOF):
		return nil, wrongPart("file", "required")
	case err != nil:
		return nil, brokenForm(err)
	case part.FormName() != "file":
		return nil, wrongPart(part.FormName(), "not_expected")
	}
	return &fileUpload{form: form, part: part, left: station.MaxDocument}, nil
}

func (f *fileUpload) Read(p []byte) (int, error) {
	n, err := f.part.Read(p)
	if f.left -= int64(n); f.left < 0 {
		return 0, errTooLarge
	}
	switch {
	case errors.Is(err, io.EOF):
		return n, f.end()
	case err != nil:
		return 0, brokenForm(err)
	}
	return n, nil
}

// end is io.EOF if the form has no other part.
func (f *fileUpload) end() error {
	next, err := f.form.NextRawPart()
	switch {
	case errors.Is(err, io.EOF):
		return io.EOF
	case err != nil:
		return brokenForm(err)
	case next.FormName() == "file":
		return wrongPart("file", "given_twice")
	default:
		return wrongPart(next.FormName(), "not_expected")
	}
}

func wrongPart(name, rule string) error {
	if runes := []rune(strings.ToValidUTF8(name, "")); len(runes) > 0 {
		name = string(runes[:min(len(runes), 200)])
	} else {
		name = "file"
	}
	return &station.Error{Code: station.Invalid, Key: "invalid", Message: "unfit form", Fields: []station.Field{{Path: name, Rule: rule}}}
}

// brokenForm says why a form could not be read to its end.
func brokenForm(err error) error {
	var (
		large *http.MaxBytesError
		slow  net.Error
	)
	switch {
	case errors.As(err, &large):
		return errTooLarge
	case errors.As(err, &slow) && slow.Timeout():
		return errTooSlow
	case errors.Is(err, io.ErrUnexpectedEOF):
		return errCutShort
	default:
		return errBadMultipart
	}
}

func (e *edge) listDocuments(ctx context.Context, in *Paging) (*answer[List[Document]], error) {
	p, err := e.svc.Documents(ctx, actorOf(ctx), station.DocumentQuery{Limit: in.Limit, Cursor: in.Cursor})
	if err != nil {
		return nil, err
	}
	return page(p, documentOf), nil
}

func (e *edge) getDocument(ctx context.Context, in *OnDocument) (*answer[Document], error) {
	d, err := e.svc.Document(ctx, actorOf(ctx), in.ID)
	if err != nil {
		return nil, err
	}
	return answered(documentOf(d)), nil
}

// downloadDocument hands a document over so that no browser does anything with
// it but save it: what a PDF can hold besides is nobody's to run in our name.
func (e *edge) downloadDocument(ctx context.Context, in *contentInput) (*huma.StreamResponse, error) {
	d, content, err := e.svc.OpenDocument(ctx, actorOf(ctx), in.ID)
	if err != nil {
		return nil, err
	}
	return &huma.StreamResponse{Body: func(c huma.Context) { //nolint:contextcheck // a problem takes the context of its request
		defer func() { _ = content.Close() }()
		g := humagin.Unwrap(c)
		e.grantTime(g.Writer)
		h := g.Writer.Header()
		h.Set("Content-Type", d.MediaType)
		h.Set("Content-Disposition", attachment(d.Name))
		h.Set("Content-Security-Policy", "sandbox; default-src 'none'; frame-ancestors 'none'")
		h.Set("Cache-Control", "private, no-store")
		h.Set("ETag", `"`+hex.EncodeToString(d.SHA256)+`"`)
		w := &rangeWriter{ResponseWriter: g.Writer}
		http.ServeContent(w, g.Request, "", time.Time{}, content)
		if w.refused {
			e.fail(g, &edgeError{http.StatusRequestedRangeNotSatisfiable, "range_not_satisfiable"})
		}
	}}, nil
}

// rangeWriter keeps back what net/http says of a range that is not there: it
// is no problem document.
type rangeWriter struct {
	http.ResponseWriter
	refused bool
}

func (w *rangeWriter) WriteHeader(status int) {
	if w.refused = status == http.StatusRequestedRangeNotSatisfiable; !w.refused {
		w.ResponseWriter.WriteHeader(status)
	}
}

func (w *rangeWriter) Write(p []byte) (int, error) {
	if w.refused {
		return len(p), nil
	}
	return w.ResponseWriter.Write(p)
}

// attachment tells a browser to save a file, and under which name: in ASCII
// for old ones, and as it is (RFC 6266, RFC 8187).
func attachment(name string) string {
	plain := strings.Map(func(r rune) rune {
		if r < ' ' || r > '~' || strings.ContainsRune(`"\%`, r) {
			return '_'
		}
		return r
	}, name)
	var exact strings.Builder
	for _, b := range []byte(name) {
		if b < 0x80 && (b >= '0' && b <= '9' || b|0x20 >= 'a' && b|0x20 <= 'z' || strings.IndexByte("!#$&+-.^_`|~", b) >= 0) {
			exact.WriteByte(b)
		} else {
			exact.WriteString("%" + strings.ToUpper(hex.EncodeToString([]byte{b})))
		}
	}
	return `attachment; filename="` + plain + `"; filename*=UTF-8''` + exact.String()
}
