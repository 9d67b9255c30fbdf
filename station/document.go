package station

import (
	"context"
	"crypto/sha256"
	"fmt"
	"io"
	"os"
	"path"
	"slices"
	"strings"
	"time"
	"unicode"

	"github.com/google/uuid"
)

// The media types of the documents that are taken.
const (
	mediaPDF  = "application/pdf"
	mediaPNG  = "image/png"
	mediaJPEG = "image/jpeg"
	mediaDOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
	mediaXLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
)

// endings are what files of a type may end with; the first is what one gets
// that has another.
var endings = map[string][]string{
	mediaPDF: {".pdf"}, mediaPNG: {".png"}, mediaJPEG: {".jpg", ".jpeg"}, mediaDOCX: {".docx"}, mediaXLSX: {".xlsx"},
}

const (
	// MaxDocument is the most that a document may hold, in bytes.
	MaxDocument = 20 << 20
	// maxDocumentName is the most that its name may have, in characters.
	maxDocumentName = 200
)

// Document is a file that someone uploaded. It can serve several cases.
type Document struct {
	ID         string
	Owner      string // the account that uploaded it
	Name       string // as it was given, without what a file's name should not have
	MediaType  string // by its content, whatever the uploader called it
	Size       int64  // bytes
	SHA256     []byte
	Key        string // where [Files] has it
	UploadedAt time.Time
	Provider   string // whose people uploaded it, of a document that is read; "": no provider's
}

// AddDocument keeps an upload. The same content of the same owner is one
// document: uploaded again, it is the first one that is returned. The key is an
// Idempotency-Key, or "". An error of r is returned as it is.
func (s *Service) AddDocument(ctx context.Context, who Actor, key, name string, r io.Reader) (Document, error) {
	if who.Scope != ScopeFull {
		return Document{}, Refuse(Forbidden, "token_reads_only", "the token of %s is for reading", who.ID)
	}
	if s.files == nil {
		return Document{}, noFiles()
	}
	f, err := spoolOf(r)
	if err != nil {
		return Document{}, err
	}
	defer f.close()
	media, err := f.check()
	if err != nil {
		return Document{}, err
	}
	d := Document{
		ID: NewID(), Owner: who.ID, Name: cleanName(name, endings[media]), MediaType: media,
		Size: f.size, SHA256: f.sum, UploadedAt: s.now(),
	}
	d.Key = fmt.Sprintf("%x/%x-%s", d.SHA256[:1], d.SHA256, d.ID)
	// the file first: a document whose file is missing would be a lie, a file
	// without a document only takes space
	if err := s.files.Put(ctx, d.Key, f.reader(), media); err != nil {
		return Document{}, err
	}
	kept, err := s.store.InsertDocument(ctx, d, key)
	if err == nil && kept.ID != d.ID || CodeOf(err) == Invalid {
		if err := s.files.Delete(context.WithoutCancel(ctx), d.Key); err != nil {
			s.log.WarnContext(ctx, "file that no document needs stays", "key", d.Key, "error", err)
		}
	}
	return kept, err
}

// Document returns a document that the actor may see: their own, or one that
// serves a case whose person they may see; of a service that they perform, only what
// is the talent's or their own provider's. Any other is not found.
func (s *Service) Document(ctx context.Context, who Actor, id string) (Document, error) {
	unseen := Errorf(NotFound, "no document %s", id)
	if uuid.Validate(id) != nil {
		return Document{}, unseen
	}
	d, err := s.store.DocumentByID(ctx, id)
	if err != nil || d.Owner == who.ID {
		return d, err
	}
	cases, err := s.store.CasesOfDocument(ctx, id)
	if err != nil {
		return Document{}, err
	}
	for _, c := range cases {
		rel, err := s.relation(ctx, who, c)
		if err != nil {
			return Document{}, err
		}
		if seesPerson(who.Account, c, rel) && opensTo(who.Account, c, rel, d) {
			return d, nil
		}
	}
	return Document{}, unseen
}

// handedIn are what was handed in for a case, for an actor who sees its person.
func (s *Service) handedIn(ctx context.Context, who Actor, c Case, rel Relation) ([]Document, error) {
	list, err := s.store.DocumentsOfCase(ctx, c.ID)
	return slices.DeleteFunc(list, func(d Document) bool { return !opensTo(who.Account, c, rel, d) }), err
}

// OpenDocument returns a document that the actor may see, and its content.
func (s *Service) OpenDocument(ctx context.Context, who Actor, id string) (Document, io.ReadSeekCloser, error) {
	d, err := s.Document(ctx, who, id)
	if err != nil {
		return Document{}, nil, err
	}
	if s.files == nil {
		return Document{}, nil, noFiles()
	}
	content, err := s.files.Open(ctx, d.Key)
	return d, content, err
}

// Documents lists the actor's own documents, the newest first.
func (s *Service) Documents(ctx context.Context, who Actor, q DocumentQuery) (Page[Document], error) {
	q.Owner = who.ID
	return s.store.DocumentList(ctx, q)
}

func noFiles() error {
	return Refuse(Unavailable, "documents_unavailable", "documents are not set up: there is nowhere to keep them")
}

// spool is an upload on its way in: a file that has no name any more, so that
// nothing of it stays behind when the process dies.
type spool struct {
	file *os.File
	size int64
	sum  []byte // SHA-256
}

// spoolOf reads an upload to its end, or as far as shows that it is too large.
func spoolOf(r io.Reader) (*spool, error) {
	file, err := os.CreateTemp("", "wutong-document-")
	if err != nil {
		return nil, noSpool(err)
	}
	f := &spool{file: file}
	if err := os.Remove(file.Name()); err != nil {
		f.close()
		return nil, noSpool(err)
	}
	hash := sha256.New()
	f.size, err = io.Copy(io.MultiWriter(hash, spooling{file}), io.LimitReader(r, MaxDocument+1))
	if err != nil {
		f.close()
		return nil, err
	}
	f.sum = hash.Sum(nil)
	return f, nil
}

// spooling tells the trouble of writing from that of reading.
type spooling struct{ file *os.File }

func (s spooling) Write(p []byte) (int, error) {
	n, err := s.file.Write(p)
	if err != nil {
		return n, noSpool(err)
	}
	return n, nil
}

func noSpool(err error) error {
	return Refuse(Unavailable, "documents_unavailable", "documents cannot be taken in just now: %v", err)
}

// check returns the media type, or what is wrong.
func (f *spool) check() (string, error) {
	var wrong fields
	wrong.add(f.size == 0, "file", "document_empty")
	wrong.add(f.size > MaxDocument, "file", "document_size")
	if err := wrong.err(); err != nil {
		return "", err
	}
	media := mediaTypeOf(f.file, f.size)
	wrong.add(media == "", "file", "document_type")
	return media, wrong.err()
}

func (f *spool) reader() io.Reader { return io.NewSectionReader(f.file, 0, f.size) }

func (f *spool) close() { _ = f.file.Close() } // it has no name: that is its end

// cleanName makes of what an uploader called a file a name that is safe to show
// and to save under: no folders, nothing invisible, and an ending that says
// what is in it.
func cleanName(name string, endings []string) string {
	name = strings.ToValidUTF8(name, "_")
	name = name[strings.LastIndexAny(name, `/\`)+1:]
	name = strings.Map(func(r rune) rune {
		switch {
		case unicode.IsSpace(r):
			return ' '
		case !unicode.IsGraphic(r): // control characters, and those that turn the direction of writing
			return -1
		default:
			return r
		}
	}, name)
	name = strings.Trim(strings.Join(strings.Fields(name), " "), " .")
	ending := path.Ext(name)
	if !slices.Contains(endings, strings.ToLower(ending)) {
		ending = endings[0]
	} else {
		name = strings.TrimSuffix(name, ending)
	}
	if name == "" {
		name = "document"
	}
	if runes, room := []rune(name), maxDocumentName-len(ending); len(runes) > room {
		name = strings.TrimSpace(string(runes[:room]))
	}
	return name + ending
}
