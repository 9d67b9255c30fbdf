package chart_test

import (
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"wutong/api/chart"
	"wutong/station"
)

var (
	groups = map[string]string{"c9": "九校联盟（C9）", "overseas": "海外高校", "company": "企业"}
	rows   = []station.CoverageOf{
		{Group: "c9", Total: 9, Covered: 7, Expiring: 2, Open: 2},
		{Group: "overseas", Total: 14, Covered: 3, Expiring: 1, Open: 11},
		{Group: "company", Total: 4, Covered: 4},
	}
	coverageWords = [3]string{"已覆盖", "90天内到期", "未覆盖"}
	providerWords = [3]string{"收到", "按时办结", "逾期或退回"}
)

func group(code string) string { return groups[code] }

func months(n int) []station.ProviderMonth {
	var list []station.ProviderMonth
	for i := range n {
		list = append(list, station.ProviderMonth{
			Month: fmt.Sprintf("%d-%02d", 2026+i/12, 1+i%12), Asked: 20 + i, Completed: 12, OnTime: 9, Refused: 2, Late: 1, Open: 5 + i,
		})
	}
	return list
}

func TestCoverage_SaysEveryFigureInWordsAndOnItsBar(t *testing.T) {
	svg := drawn(t)(chart.Coverage(rows, "覆盖情况 2026", group, coverageWords))
	assert.Equal(t, "覆盖情况 2026", svg.title)
	assert.Equal(t, "九校联盟（C9）: 已覆盖 5, 90天内到期 2, 未覆盖 2; 海外高校: 已覆盖 2, 90天内到期 1, 未覆盖 11; "+
		"企业: 已覆盖 4, 90天内到期 0, 未覆盖 0", svg.desc)
	for _, words := range []string{"覆盖情况 2026", "已覆盖", "90天内到期", "未覆盖", "九校联盟（C9）  7/9", "海外高校  3/14", "企业  4/4"} {
		assert.Contains(t, svg.texts, words)
	}
	assert.ElementsMatch(t, []string{"5", "2", "4"}, svg.white, "on the dark bars")
	assert.Less(t, svg.y["九校联盟（C9）  7/9"], svg.y["企业  4/4"], "in the order of the rows")
}

func TestProvider_SaysEveryFigureInWordsAndOnItsBar(t *testing.T) {
	svg := drawn(t)(chart.Provider(months(2), "滨江公安", providerWords))
	assert.Equal(t, "2026-01: 收到 20, 按时办结 9, 逾期或退回 6; 2026-02: 收到 21, 按时办结 9, 逾期或退回 6", svg.desc)
	for _, words := range []string{"滨江公安", "收到", "按时办结", "逾期或退回", "2026-01", "2026-02", "20", "21", "9", "6"} {
		assert.Contains(t, svg.texts, words)
	}
}

func TestCharts_AreDrawnOfWhateverThereIs(t *testing.T) {
	long := strings.Repeat("一个很长的标题，", 20) + strings.Repeat(" and a long one", 20)
	for _, title := range []string{"", `<b>"&'</b> ]]> <!-- -->`, "\x00\x01\ufffe\xff", "🌳 梧桐\n\t站", long} {
		for _, n := range []int{0, 1, 2, 12, 36} {
			svg := drawn(t)(chart.Provider(months(n), title, [3]string{title, "<", "&"}))
			assert.Equal(t, n > 0, strings.HasPrefix(svg.desc, "2026-01: "))
			for _, x := range svg.x {
				assert.Less(t, x, svg.wide)
			}
		}
		for n := range rows {
			drawn(t)(chart.Coverage(rows[:n], title, func(string) string { return title }, [3]string{title, title, title}))
		}
	}
	drawn(t)(chart.Provider([]station.ProviderMonth{{Month: "2026-01"}, {Month: "2026-02"}}, "nothing", providerWords))
	drawn(t)(chart.Coverage([]station.CoverageOf{{Group: "c9"}}, "nothing", group, coverageWords))
	drawn(t)(chart.Coverage([]station.CoverageOf{{Group: "c9", Total: 123_456, Open: 123_456}}, "much", group, coverageWords))
}

func TestCharts_CanBeToldApartInGrey(t *testing.T) {
	raw, err := chart.Coverage(rows, "", group, coverageWords)
	require.NoError(t, err)
	var greys []float64
	for _, fill := range []string{"rgb(31,78,121)", "rgb(227,155,52)", "rgb(230,234,238)"} {
		require.Contains(t, string(raw), `fill="`+fill+`"`)
		var r, g, b float64
		_, err := fmt.Sscanf(fill, "rgb(%f,%f,%f)", &r, &g, &b)
		require.NoError(t, err)
		greys = append(greys, 0.299*r+0.587*g+0.114*b)
	}
	for i, a := range greys {
		for _, b := range greys[:i] {
			assert.Greater(t, math.Abs(a-b), 60.0)
		}
	}
}

func TestCharts_AreTheSameForTheSameFiguresSideBySide(t *testing.T) {
	first, err := chart.Coverage(rows, "覆盖", group, coverageWords)
	require.NoError(t, err)
	var side sync.WaitGroup
	var again [8][]byte
	var errs [8]error
	for i := range again {
		side.Go(func() { again[i], errs[i] = chart.Coverage(rows, "覆盖", group, coverageWords) })
	}
	side.Wait()
	require.NoError(t, errors.Join(errs[:]...))
	for _, svg := range again {
		assert.Equal(t, string(first), string(svg))
	}
}

// picture is what a reader finds in a chart.
type picture struct {
	title, desc  string
	texts, white []string
	x            []float64
	y            map[string]float64 // where a text stands
	wide         float64
}

// drawn reads a chart as an XML reader does, and checks what holds for each.
func drawn(t *testing.T) func(raw []byte, err error) picture {
	t.Helper()
	return func(raw []byte, err error) picture {
		t.Helper()
		require.NoError(t, err)
		p := picture{y: map[string]float64{}}
		var within []xml.StartElement
		for d := xml.NewDecoder(strings.NewReader(string(raw))); ; {
			token, err := d.Token()
			if errors.Is(err, io.EOF) {
				return p
			}
			require.NoError(t, err)
			switch token := token.(type) {
			case xml.StartElement:
				within = append(within, token.Copy())
				assert.Empty(t, attribute(token, "style"))
				if len(within) == 1 {
					assert.Equal(t, xml.Name{Space: "http://www.w3.org/2000/svg", Local: "svg"}, token.Name)
					assert.Equal(t, "img", attribute(token, "role"))
					assert.Equal(t, "title words", attribute(token, "aria-labelledby"))
					assert.Contains(t, attribute(token, "font-family"), "'Noto Sans SC'")
					_, err := fmt.Sscan(attribute(token, "width"), &p.wide)
					require.NoError(t, err)
				}
			case xml.EndElement:
				within = within[:len(within)-1]
			case xml.CharData:
				p.read(t, slices.Clone(within), string(token))
			}
		}
	}
}

func (p *picture) read(t *testing.T, within []xml.StartElement, words string) {
	t.Helper()
	if len(within) == 0 {
		return
	}
	switch in := within[len(within)-1]; in.Name.Local {
	case "title":
		p.title += words
	case "desc":
		p.desc += words
	case "text":
		var x, y float64
		_, err := fmt.Sscan(attribute(in, "x"), &x)
		require.NoError(t, err)
		_, err = fmt.Sscan(attribute(in, "y"), &y)
		require.NoError(t, err)
		p.texts, p.x, p.y[words] = append(p.texts, words), append(p.x, x), y
		if attribute(in, "fill") == "white" {
			p.white = append(p.white, words)
		}
	}
}

func attribute(e xml.StartElement, name string) string {
	for _, a := range e.Attr {
		if a.Name.Local == name {
			return a.Value
		}
	}
	return ""
}
