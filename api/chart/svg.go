package chart

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
)

// fonts are what a chart's words are shown in, where the reader has it.
const fonts = "system-ui, 'Noto Sans SC', 'Source Han Sans SC', 'PingFang SC', 'Microsoft YaHei', 'Hiragino Sans GB', 'WenQuanYi Micro Hei', sans-serif"

// outline is around what is so light that paper would not show where it ends.
const outline = "rgb(90,100,112)"

// accessible gives a drawing a title and its figures in words, which a screen
// reader reads in its place, and turns its styles into attributes.
func accessible(raw []byte, d drawing) ([]byte, error) {
	var out bytes.Buffer
	in := xml.NewDecoder(bytes.NewReader(raw))
	for first := true; ; first = false {
		t, err := in.RawToken()
		switch {
		case errors.Is(err, io.EOF):
			return out.Bytes(), nil
		case err != nil:
			return nil, fmt.Errorf("read the drawing of %q: %w", d.title, err)
		}
		switch t := t.(type) {
		case xml.StartElement:
			if !first {
				out.WriteString(element(t))
				continue
			}
			fmt.Fprintf(&out, `<svg xmlns="http://www.w3.org/2000/svg" width="%d" height="%d" viewBox="0 0 %d %d" role="img" aria-labelledby="title words" font-family="%s">`,
				d.wide, d.high, d.wide, d.high, fonts)
			fmt.Fprintf(&out, "\n<title id=\"title\">%s</title>\n<desc id=\"words\">%s</desc>\n", escaped(d.title), escaped(d.inWords()))
		case xml.EndElement:
			fmt.Fprintf(&out, "</%s>\n", t.Name.Local)
		case xml.CharData:
			out.WriteString(escaped(string(t)))
		}
	}
}

// element is how an element of a drawing begins.
func element(t xml.StartElement) string {
	var b strings.Builder
	b.WriteString("<" + t.Name.Local)
	seen := !slices.ContainsFunc(t.Attr, func(a xml.Attr) bool { return a.Name.Local == "d" && flat(a.Value) })
	for _, a := range t.Attr {
		if a.Name.Local != "style" {
			fmt.Fprintf(&b, ` %s="%s"`, a.Name.Local, escaped(strings.ReplaceAll(a.Value, "\n", " ")))
			continue
		}
		pale := strings.Contains(a.Value, "fill:"+light.String())
		for rule := range strings.SplitSeq(a.Value, ";") {
			switch name, value, _ := strings.Cut(rule, ":"); {
			case name == "font-family": // that is the drawing's
			case name == "stroke" && pale && seen:
				b.WriteString(` stroke="` + outline + `" stroke-width="0.8"`)
			default:
				fmt.Fprintf(&b, ` %s="%s"`, name, escaped(value))
			}
		}
	}
	b.WriteString(">")
	return b.String()
}

// flat reports whether nothing is within a path, as of a bar that counts nothing.
func flat(path string) bool {
	var at [2][]string
	coordinates := strings.FieldsFunc(path, func(r rune) bool { return r != '-' && r != '.' && (r < '0' || r > '9') })
	for i, c := range coordinates {
		at[i%2] = append(at[i%2], c)
	}
	return len(slices.Compact(at[0])) < 2 || len(slices.Compact(at[1])) < 2
}

// escaped is a text as XML has it; what XML cannot say is marked.
func escaped(text string) string {
	var b strings.Builder
	_ = xml.EscapeText(&b, []byte(text)) // a builder takes all
	return b.String()
}
