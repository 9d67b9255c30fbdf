package letter

// frame draws what is around the text: a double frame with a fret in each corner,
// a rule under the title, and one above the foot.
func (p page) frame() {
	const outer, inner = 26.0, 36.0
	p.AddRect(outer, outer, pageWide-2*outer, pageHigh-2*outer, 2.4, gold)
	p.AddRect(inner, inner, pageWide-2*inner, pageHigh-2*inner, 0.7, red)
	s := p.ContentStream()
	s.SetStrokeColorRGB(red[0], red[1], red[2])
	s.SetLineWidth(1.1)
	for _, c := range []struct{ x, y, right, up float64 }{
		{inner, inner, 1, 1}, {pageWide - inner, inner, -1, 1}, {inner, pageHigh - inner, 1, -1}, {pageWide - inner, pageHigh - inner, -1, -1},
	} {
		const in = 6
		for i, at := range [][2]float64{{0, 26}, {26, 26}, {26, 0}, {7, 0}, {7, 19}, {19, 19}, {19, 7}, {13, 7}, {13, 13}} {
			x, y := c.x+c.right*(in+at[0]), c.y+c.up*(in+at[1])
			if i == 0 {
				s.MoveTo(x, y)
			} else {
				s.LineTo(x, y)
			}
		}
		s.Stroke()
	}
	const middle, half, rule = pageWide / 2, 90, 592.0
	p.AddLine(middle-half, rule, middle-8, rule, 0.8, gold)
	p.AddLine(middle+8, rule, middle+half, rule, 0.8, gold)
	s.SetFillColorRGB(gold[0], gold[1], gold[2])
	s.MoveTo(middle-4, rule)
	s.LineTo(middle, rule+4)
	s.LineTo(middle+4, rule)
	s.LineTo(middle, rule-4)
	s.ClosePath()
	s.Fill()
	p.AddLine(margin, footTop+8, pageWide-margin, footTop+8, 0.5, gold)
}
