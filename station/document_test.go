package station

import (
	"archive/zip"
	"bytes"
	"fmt"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// part is a file in an archive.
type part struct{ name, content string }

func archive(t *testing.T, parts ...part) string {
	t.Helper()
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for _, p := range parts {
		f, err := w.Create(p.name)
		require.NoError(t, err)
		_, err = f.Write([]byte(p.content))
		require.NoError(t, err)
	}
	require.NoError(t, w.Close())
	return b.String()
}

// contentTypes is a list of parts: name, type, name, type …; a name without a
// slash is an ending.
func contentTypes(pairs ...string) part {
	var b strings.Builder
	b.WriteString(`<?xml version="1.0" encoding="UTF-8"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">`)
	for i := 0; i < len(pairs); i += 2 {
		if strings.HasPrefix(pairs[i], "/") {
			fmt.Fprintf(&b, `<Override PartName=%q ContentType=%q/>`, pairs[i], pairs[i+1])
		} else {
			fmt.Fprintf(&b, `<Default Extension=%q ContentType=%q/>`, pairs[i], pairs[i+1])
		}
	}
	b.WriteString(`</Types>`)
	return part{"[Content_Types].xml", b.String()}
}

const (
	wordMain  = "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"
	excelMain = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"
)

func TestMediaType_IsToldByTheContent(t *testing.T) {
	word, excel := part{"word/document.xml", "<w/>"}, part{"xl/workbook.xml", "<x/>"}
	wordTypes := contentTypes("xml", "application/xml", "/word/document.xml", wordMain)
	png := "\x89PNG\r\n\x1a\n\x00\x00\x00\x0dIHDR\x00\x00"
	for name, c := range map[string]struct{ content, want string }{
		"PDF":                     {"%PDF-1.7\n%%EOF", mediaPDF},
		"PNG":                     {png, mediaPNG},
		"JPEG":                    {"\xff\xd8\xff\xe0\x00\x10JFIF", mediaJPEG},
		"DOCX":                    {archive(t, wordTypes, word), mediaDOCX},
		"XLSX":                    {archive(t, contentTypes("/xl/workbook.xml", excelMain), excel), mediaXLSX},
		"names in capitals":       {archive(t, contentTypes("/Word/Document.XML", strings.ToUpper(wordMain)), word), mediaDOCX},
		"nothing":                 {"", ""},
		"a PDF further down":      {"\n%PDF-1.7", ""},
		"HTML":                    {"<!doctype html><script>alert(1)</script>", ""},
		"half a PNG":              {png[:8], ""},
		"GIF":                     {"GIF89a", ""},
		"a plain archive":         {archive(t, part{"a.txt", "a"}), ""},
		"Word's folder only":      {archive(t, word), ""},
		"no main part":            {archive(t, contentTypes("/word/document.xml", "application/xml"), word), ""},
		"a main part not there":   {archive(t, wordTypes), ""},
		"two main parts":          {archive(t, contentTypes("/word/document.xml", wordMain, "/xl/workbook.xml", excelMain), word, excel), ""},
		"a macro project":         {archive(t, wordTypes, word, part{"word/VBAProject.bin", "x"}), ""},
		"a macro under a name":    {archive(t, contentTypes("/word/document.xml", wordMain, "/word/x.bin", "application/vnd.ms-office.vbaProject"), word), ""},
		"a document with macros":  {archive(t, contentTypes("/word/document.xml", "application/vnd.ms-word.document.macroEnabled.main+xml"), word), ""},
		"old macros of Excel":     {archive(t, contentTypes("/xl/workbook.xml", excelMain, "/xl/m.xml", "application/vnd.ms-excel.macrosheet+xml"), excel), ""},
		"the list twice":          {archive(t, wordTypes, word, wordTypes), ""},
		"a list that is no XML":   {archive(t, part{"[Content_Types].xml", "%"}, word), ""},
		"a list of another":       {archive(t, part{"[Content_Types].xml", `<Types><Override PartName="/word/document.xml" ContentType="` + wordMain + `"/></Types>`}, word), ""},
		"slides":                  {archive(t, contentTypes("/ppt/p.xml", "application/vnd.openxmlformats-officedocument.presentationml.presentation.main+xml"), part{"ppt/p.xml", ""}), ""},
		"cut short":               {archive(t, wordTypes, word)[:100], ""},
		"HTML before the archive": {"<script>" + archive(t, wordTypes, word), ""},
	} {
		assert.Equal(t, c.want, mediaTypeOf(strings.NewReader(c.content), int64(len(c.content))), name)
	}
}

func TestMediaType_OfAnArchiveThatFillsTheMemoryIsNotLookedFor(t *testing.T) {
	bomb := contentTypes("/word/document.xml", wordMain)
	bomb.content = strings.Replace(bomb.content, "<Override", strings.Repeat(" ", 20<<20)+"<Override", 1)
	unpacks := archive(t, bomb, part{"word/document.xml", ""})
	require.Less(t, len(unpacks), 1<<20)
	many := make([]part, 60_000)
	for i := range many {
		many[i].name = fmt.Sprintf("word/%d", i)
	}
	crowd := archive(t, append(many, contentTypes("/word/document.xml", wordMain), part{"word/document.xml", ""})...)
	for name, content := range map[string]string{"a list of 20 MiB": unpacks, "60,000 parts": crowd} {
		allocated := testing.AllocsPerRun(1, func() {
			assert.Empty(t, mediaTypeOf(strings.NewReader(content), int64(len(content))), name)
		})
		assert.Less(t, allocated, 500_000.0, name)
	}
}

func TestCleanName_IsSafeToSaveUnder(t *testing.T) {
	for name, want := range map[string]string{
		"report.pdf":                        "report.pdf",
		"商业计划书（终稿）.PDF":                     "商业计划书（终稿）.PDF",
		"":                                  "document.pdf",
		".pdf":                              "pdf.pdf",
		"..":                                "document.pdf",
		"../../etc/passwd":                  "passwd.pdf",
		`C:\Users\me\a.pdf`:                 "a.pdf",
		"evil.html":                         "evil.html.pdf",
		"a\x00b\r\nc.pdf":                   "ab c.pdf",
		"rechnung\u202efdp.exe":             "rechnungfdp.exe.pdf",
		"  two   words .pdf":                "two words .pdf",
		"broken\xff.pdf":                    "broken_.pdf",
		"a/":                                "document.pdf",
		strings.Repeat("长", 300) + ".pdf":   strings.Repeat("长", 196) + ".pdf",
		strings.Repeat("x", 300):            strings.Repeat("x", 196) + ".pdf",
		"x." + strings.Repeat("pdf", 100):   "x." + strings.Repeat("pdf", 65)[:194] + ".pdf",
		strings.Repeat("x", 196) + ".Pdf":   strings.Repeat("x", 196) + ".Pdf",
		"a\u2028b.pdf":                      "a b.pdf",
		`quote"quote;a=b.pdf`:               `quote"quote;a=b.pdf`,
		"document.pdf/../../../.ssh/id.pdf": "id.pdf",
	} {
		got := cleanName(name, []string{".pdf"})
		assert.Equal(t, want, got, "%q", name)
		assert.LessOrEqual(t, utf8.RuneCountInString(got), maxDocumentName)
	}
	assert.Equal(t, "photo.JPEG", cleanName("photo.JPEG", endings[mediaJPEG]))
	assert.Equal(t, "photo.png.jpg", cleanName("photo.png", endings[mediaJPEG]))
}

func FuzzCleanName(f *testing.F) {
	f.Add("a/b\\c\x00.pdf")
	f.Fuzz(func(t *testing.T, name string) {
		got := cleanName(name, []string{".pdf"})
		require.True(t, utf8.ValidString(got))
		require.NotContains(t, got, "/")
		require.NotContains(t, got, "\x00")
		require.LessOrEqual(t, utf8.RuneCountInString(got), maxDocumentName)
		require.True(t, strings.HasSuffix(strings.ToLower(got), ".pdf"), got)
		require.Equal(t, got, cleanName(got, []string{".pdf"}), "it stays as it is")
	})
}

func FuzzMediaType(f *testing.F) {
	f.Add("PK\x03\x04")
	f.Fuzz(func(_ *testing.T, content string) {
		mediaTypeOf(strings.NewReader(content), int64(len(content)))
	})
}
