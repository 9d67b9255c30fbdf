package letter

import (
	"fmt"

	"github.com/carlos7ags/folio/content"
	"github.com/carlos7ags/folio/document"
	folio "github.com/carlos7ags/folio/font"

	"wutong/station"
	"wutong/station/locale"
)

// ink is a colour, from 0 to 1: red, green, blue.
type ink [3]float64

var (
	black = ink{}
	grey  = ink{0.27, 0.27, 0.27}
	red   = ink{0.62, 0.09, 0.11}
	gold  = ink{0.67, 0.52, 0.22}
)

// Where things stand on the page, in points from its lower left corner.
const (
	pageWide, pageHigh = 595.28, 841.89 // A4
	margin             = 84             // of the text, left and right
	headTop            = 778
	bodyTop, bodyLow   = 556, 280
	signatureTop       = 262
	footTop, footHigh  = 192, 108
	codeSide           = 102
	footLeft           = margin + codeSide + 18
)

// page is a letter's page while it is drawn.
type page struct {
	*document.Page
	fonts [2]*folio.EmbeddedFont
}

// PDF sets a letter as one page of A4, in Chinese and English. Address is where
// anybody can verify it. The same letter gives the same bytes.
func PDF(a station.Appointment, address string) ([]byte, error) {
	doc := document.NewDocument(document.PageSizeA4)
	doc.Info = document.Info{
		Title:    locale.T(station.Chinese, "letter.title") + " " + locale.T(station.English, "letter.title") + " " + a.Number,
		Author:   settable(a.Branch.In(station.Chinese)),
		Language: string(station.Chinese), CreationDate: a.IssuedAt.UTC(), ModDate: a.IssuedAt.UTC(),
	}
	p := page{Page: doc.AddPage()}
	for i, f := range faces() {
		p.fonts[i] = folio.NewEmbeddedFont(f)
	}
	p.frame() // first: it begins the drawing
	if err := p.write(sheetOf(a, address)); err != nil {
		return nil, fmt.Errorf("set letter %s: %w", a.Number, err)
	}
	if err := p.code(address); err != nil {
		return nil, fmt.Errorf("set letter %s: %w", a.Number, err)
	}
	pdf, err := doc.ToBytesWithOptions(document.WriteOptions{Deterministic: true, UseXRefStream: true, UseObjectStreams: true, CompressionLevel: 6})
	if err != nil {
		return nil, fmt.Errorf("write letter %s: %w", a.Number, err)
	}
	return pdf, nil
}

// align says where the lines of a block stand.
type align float64

const (
	left   align = 0
	centre align = 0.5
	right  align = 1
)

// write sets all that a letter says.
func (p page) write(s sheet) error {
	const wide = pageWide - 2*margin
	for _, b := range []struct {
		name            string
		parts           []part
		x, top          float64
		wide, high      float64
		across, upright align // upright: where the block stands in its room
	}{
		{"head", s.head, margin, headTop, wide, headTop - bodyTop, centre, left},
		{"body", s.body, margin, bodyTop, wide, bodyTop - bodyLow, centre, centre},
		{"signature", s.signature, margin, signatureTop, wide, signatureTop - footTop - 14, right, left},
		{"foot", s.foot, footLeft, footTop, pageWide - margin - footLeft, footHigh, left, centre},
	} {
		list, ok := fit(b.parts, b.wide, b.high)
		if !ok {
			return fmt.Errorf("there is no room for its %s", b.name)
		}
		spare := b.high
		for _, l := range list {
			spare -= l.height()
		}
		y := b.top - spare*float64(b.upright)
		for _, l := range list {
			y -= l.height()
			p.line(l, b.x+(b.wide-l.width())*float64(b.across), y+0.3*l.size)
		}
	}
	return nil
}

// line sets a line whose base begins at x, y.
func (p page) line(l line, x, y float64) {
	s := p.ContentStream()
	s.SaveState()
	defer s.RestoreState()
	s.SetFillColorRGB(l.ink[0], l.ink[1], l.ink[2])
	if l.bold {
		s.SetStrokeColorRGB(l.ink[0], l.ink[1], l.ink[2])
		s.SetLineWidth(l.size / 50)
		s.SetTextRenderingMode(content.TextRenderFillStroke)
	}
	for len(l.glyphs) > 0 {
		n, text := 0, ""
		for ; n < len(l.glyphs) && l.glyphs[n].face == l.glyphs[0].face; n++ {
			text += string(l.glyphs[n].rune)
		}
		p.AddTextEmbedded(text, p.fonts[l.glyphs[0].face], l.size, x, y)
		x += width(l.glyphs[:n]) * l.size
		l.glyphs = l.glyphs[n:]
	}
}
