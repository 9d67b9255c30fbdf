package station

import (
	"archive/zip"
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"strings"
)

// mediaTypeOf tells by a file's content which of the types it is that are
// taken; "" if it is none.
func mediaTypeOf(file io.ReaderAt, size int64) string {
	begin := make([]byte, 16)
	n, err := file.ReadAt(begin, 0)
	if err != nil && !errors.Is(err, io.EOF) {
		return ""
	}
	begin = begin[:n]
	switch {
	case bytes.HasPrefix(begin, []byte("%PDF-")):
		return mediaPDF
	case bytes.HasPrefix(begin, []byte("\x89PNG\r\n\x1a\n\x00\x00\x00\x0dIHDR")):
		return mediaPNG
	case bytes.HasPrefix(begin, []byte("\xff\xd8\xff")):
		return mediaJPEG
	case bytes.HasPrefix(begin, []byte("PK\x03\x04")):
		return officeType(file, size)
	default:
		return ""
	}
}

const (
	// maxDirectory is how much of an Office file is read to tell what it is: far
	// more than the directory of any, and far less than a directory that is made
	// to fill the memory.
	maxDirectory = 2 << 20
	// maxContentTypes bounds the list of parts, unpacked.
	maxContentTypes = 1 << 20
)

// officeMain are the types of the main parts, by which an Office file is known
// (ECMA-376, part 1, annex A).
var officeMain = map[string]string{
	"application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml": mediaDOCX,
	"application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml":       mediaXLSX,
}

// officeType tells Word's and Excel's files from other archives: by the one
// main part that their list of parts names. One with macros is neither.
func officeType(file io.ReaderAt, size int64) string {
	archive, err := zip.NewReader(&bounded{file, maxDirectory}, size)
	if err != nil {
		return ""
	}
	parts := map[string]*zip.File{}
	for _, f := range archive.File {
		name := strings.ToLower(f.Name) // names of parts are equal in either case (ECMA-376, part 2)
		if parts[name] != nil || strings.HasSuffix(name, "vbaproject.bin") {
			return ""
		}
		parts[name] = f
	}
	types := readContentTypes(parts["[content_types].xml"])
	found := ""
	for _, t := range types {
		kind := strings.ToLower(t.ContentType)
		if strings.Contains(kind, "macro") || strings.Contains(kind, "vbaproject") {
			return ""
		}
		media := officeMain[kind]
		if media == "" || t.PartName == "" {
			continue
		}
		if found != "" || parts[strings.ToLower(strings.TrimPrefix(t.PartName, "/"))] == nil {
			return ""
		}
		found = media
	}
	return found
}

// partType is the type of a part, or, without a name, of parts by their ending.
type partType struct {
	PartName    string `xml:",attr"`
	ContentType string `xml:",attr"`
}

// readContentTypes reads an Office file's list of parts; none if it is not in
// order.
func readContentTypes(f *zip.File) []partType {
	if f == nil {
		return nil
	}
	r, err := f.Open()
	if err != nil {
		return nil
	}
	defer func() { _ = r.Close() }()
	raw, err := io.ReadAll(io.LimitReader(r, maxContentTypes+1))
	if err != nil || len(raw) > maxContentTypes {
		return nil
	}
	var list struct {
		XMLName  xml.Name   `xml:"http://schemas.openxmlformats.org/package/2006/content-types Types"`
		Default  []partType `xml:"Default"`
		Override []partType `xml:"Override"`
	}
	if xml.Unmarshal(raw, &list) != nil {
		return nil
	}
	return append(list.Default, list.Override...)
}

// bounded reads no more than so many bytes of a file.
type bounded struct {
	file io.ReaderAt
	left int64
}

var errTooMuch = errors.New("more than any such file has")

func (b *bounded) ReadAt(p []byte, off int64) (int, error) {
	if b.left -= int64(len(p)); b.left < 0 {
		return 0, errTooMuch
	}
	return b.file.ReadAt(p, off)
}
