package letter

import (
	"fmt"
	"strings"

	qr "github.com/piglig/go-qr"
)

// bar is dark modules of a QR code side by side, from its upper left corner.
type bar struct{ x, y, wide int }

// barsOf are the dark modules of an address's QR code, and how many are on a side.
// A quarter of it may be stained.
func barsOf(address string) (bars []bar, side int, err error) {
	code, err := qr.EncodeText(address, qr.Quartile)
	if err != nil {
		return nil, 0, fmt.Errorf("encode the address as a QR code: %w", err)
	}
	side = code.Size()
	for y := range side {
		for x := 0; x < side; x++ {
			from := x
			for x < side && code.Module(x, y) {
				x++
			}
			if x > from {
				bars = append(bars, bar{from, y, x - from})
			}
		}
	}
	return bars, side, nil
}

// quiet is how many light modules are to be around a QR code.
const quiet = 4

// code draws the QR code of an address.
func (p page) code(address string) error {
	bars, side, err := barsOf(address)
	if err != nil {
		return err
	}
	unit := codeSide / float64(side)
	const x, top = margin, footTop - (footHigh-codeSide)/2
	s := p.ContentStream()
	s.SetFillColorRGB(black[0], black[1], black[2])
	for _, b := range bars {
		s.Rectangle(x+float64(b.x)*unit, top-float64(b.y+1)*unit, float64(b.wide)*unit, unit)
	}
	s.Fill()
	return nil
}

// svgPath is a QR code as the path of an SVG, a unit for a module, and its side
// with what is to be around it.
func svgPath(address string) (path string, side int, err error) {
	bars, side, err := barsOf(address)
	if err != nil {
		return "", 0, err
	}
	var b strings.Builder
	for _, x := range bars {
		fmt.Fprintf(&b, "M%d %dh%dv1h-%dz", x.x+quiet, x.y+quiet, x.wide, x.wide)
	}
	return b.String(), side + 2*quiet, nil
}
