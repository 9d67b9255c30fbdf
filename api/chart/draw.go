package chart

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/go-analyze/charts"

	"wutong/api/letter/font"
)

// Sizes, in pixels unless they are of type.
const (
	edge      = 18
	titleType = 13.0
	titleLine = 22
	textType  = 10.0
	countType = 9.0
	digit     = 8  // a digit of a count, about
	thickest  = 36 // bar
)

// family is what the library calls the font by which it measures words.
const family = "wutong"

// measure gives the library a font to measure words by, Chinese ones too; what
// they are shown in is the reader's.
var measure = sync.OnceValue(func() error {
	if err := charts.InstallFont(family, font.Chinese()); err != nil {
		return fmt.Errorf("install the font to measure by: %w", err)
	}
	return nil
})

func style(size float64) charts.FontStyle {
	return charts.FontStyle{FontSize: size, FontColor: text, Font: charts.GetFont(family)}
}

func (d drawing) svg() ([]byte, error) {
	if err := measure(); err != nil {
		return nil, err
	}
	title := d.titleLines()
	d.high += titleLine * (len(title) - 1)
	p := charts.NewPainter(charts.PainterOptions{OutputFormat: charts.ChartOutputSVG, Width: d.wide, Height: d.high, Font: charts.GetFont(family)})
	if len(d.values) > 0 {
		if err := p.BarChart(d.atLeastTwo().options(len(title))); err != nil {
			return nil, fmt.Errorf("draw %q: %w", d.title, err)
		}
	}
	for i, l := range title {
		p.Text(l, edge, edge+titleLine*(i+1)-4, 0, style(titleType))
	}
	raw, err := p.Bytes()
	if err != nil {
		return nil, fmt.Errorf("draw %q: %w", d.title, err)
	}
	return accessible(raw, d)
}

// atLeastTwo adds a group of nothing to a single one that stands: the library would
// not set its name below it.
func (d drawing) atLeastTwo() drawing {
	if len(d.values) == 1 && !d.stacked {
		d.ticks, d.values = []string{d.ticks[0], ""}, [][3]int{d.values[0], {}}
	}
	return d
}

// options is the chart as its library has it; room for so many lines of title is
// left above it.
func (d drawing) options(title int) charts.BarChartOption {
	most := d.most()
	each := step(most)
	end := (most + each - 1) / each * each
	o := charts.BarChartOption{
		Theme: charts.MakeTheme(charts.ThemeOption{
			BackgroundColor: charts.ColorWhite, TextColor: text, AxisStrokeColor: line, AxisSplitLineColor: grid, SeriesColors: d.colours[:],
		}),
		Padding: charts.NewBox(edge, edge+titleLine*title+8, edge, edge),
		Legend: charts.LegendOption{
			SeriesNames: d.series[:], FontStyle: style(textType), Offset: charts.OffsetStr{Left: charts.PositionLeft}, Symbol: charts.SymbolSquare,
		},
		CategoryAxis: charts.CategoryAxisOption{
			Labels: d.ticks, LabelFontStyle: style(textType), LabelCount: len(d.ticks), BoundaryGap: new(true),
		},
		ValueAxis: []charts.ValueAxisOption{{
			Min: new(0.0), Max: new(float64(end)), LabelCount: end/each + 1, LabelFontStyle: style(countType),
			SplitLineShow: new(true), ValueFormatter: func(f float64) string { return strconv.Itoa(int(f + 0.5)) },
		}},
		Horizontal: d.stacked, StackSeries: new(d.stacked),
		BarSize: 0.64, BarMargin: new(0.0),
	}
	if !d.stacked {
		o.BarSize = min(0.8, thickest/(float64(d.wide)/float64(3*len(d.values))))
	}
	for s := range d.series {
		o.SeriesList = append(o.SeriesList, d.bars(s))
	}
	if d.stacked { // the library begins at the bottom
		o.CategoryAxis.Labels = slices.Clone(d.ticks)
		slices.Reverse(o.CategoryAxis.Labels)
	}
	return o
}

// bars are those of a series, with their counts: within a bar that lies, where
// there is room for it, or above one that stands.
func (d drawing) bars(series int) charts.BarSeries {
	bars := charts.BarSeries{Name: d.series[series]}
	longest := 1
	for _, v := range d.values {
		bars.Values = append(bars.Values, float64(v[series]))
		if v[series] == 0 && !d.stacked {
			bars.Values[len(bars.Values)-1] = charts.GetNullValue() // not even a line
		}
		longest = max(longest, len(strconv.Itoa(v[series])))
	}
	narrowest, colour, offset := 0.0, text, charts.OffsetInt{}
	if d.stacked {
		slices.Reverse(bars.Values)
		narrowest = float64(d.most()) * float64(longest*digit+6) / (0.7 * float64(d.wide))
		offset.Left = -(longest*digit + 9)
		if d.colours[series] == dark {
			colour = charts.ColorWhite
		}
	}
	bars.Label = charts.SeriesLabel{
		Show: new(true), FontStyle: style(countType), Offset: offset,
		LabelFormatter: func(_ int, _ string, value float64) (string, *charts.LabelStyle) {
			if value == 0 || value < narrowest {
				return "", nil
			}
			return strconv.Itoa(int(value)), &charts.LabelStyle{FontStyle: charts.FontStyle{FontColor: colour}}
		},
	}
	return bars
}

// titleLines breaks the title where it is too long for the drawing: after a word,
// or anywhere if there is none.
func (d drawing) titleLines() []string {
	p := charts.NewPainter(charts.PainterOptions{OutputFormat: charts.ChartOutputSVG, Width: d.wide, Height: titleLine, Font: charts.GetFont(family)})
	var lines []string
	rest := []rune(strings.Join(strings.Fields(d.title), " "))
	for len(rest) > 0 {
		n, word := 0, 0
		for ; n < len(rest) && p.MeasureText(string(rest[:n+1]), 0, style(titleType)).Width() <= d.wide-2*edge; n++ {
			if rest[n] == ' ' {
				word = n + 1
			}
		}
		if n < len(rest) && word > 0 {
			n = word
		}
		n = max(n, 1)
		lines, rest = append(lines, strings.TrimSpace(string(rest[:n]))), rest[n:]
	}
	return lines
}
