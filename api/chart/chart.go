package chart

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/go-analyze/charts"

	"wutong/station"
)

// Coverage draws how many institutions of each group are covered, a bar for each
// group: words are what covered (and not expiring), expiring and open are called,
// label names a group. Behind its name stands how many of how many are covered.
func Coverage(rows []station.CoverageOf, title string, label func(group string) string, words [3]string) ([]byte, error) {
	d := drawing{title: title, series: words, colours: [3]charts.Color{dark, middle, light}, wide: 760, stacked: true}
	for _, r := range rows {
		d.labels = append(d.labels, label(r.Group))
		d.values = append(d.values, [3]int{r.Covered - r.Expiring, r.Expiring, r.Open})
		d.ticks = append(d.ticks, fmt.Sprintf("%s  %d/%d", label(r.Group), r.Covered, r.Total))
	}
	d.high = 112 + 44*len(rows)
	return d.svg()
}

// Provider draws what a provider did with what it was asked, three bars for each
// month: words are what asked, completed on time, and late or refused are called.
// What was completed too late is late.
func Provider(rows []station.ProviderMonth, title string, words [3]string) ([]byte, error) {
	d := drawing{title: title, series: words, colours: [3]charts.Color{light, dark, middle}}
	for _, r := range rows {
		d.labels = append(d.labels, r.Month)
		d.values = append(d.values, [3]int{r.Asked, r.OnTime, r.Late + r.Refused + r.Completed - r.OnTime})
	}
	d.ticks, d.wide, d.high = d.labels, max(760, 90+72*len(rows)), 400
	return d.svg()
}

// The colours: they differ in grey as they do on a screen.
var (
	dark   = charts.ColorRGB(0x1f, 0x4e, 0x79)
	middle = charts.ColorRGB(0xe3, 0x9b, 0x34)
	light  = charts.ColorRGB(0xe6, 0xea, 0xee) // in an outline: see outlined
	text   = charts.ColorRGB(0x22, 0x22, 0x22)
	line   = charts.ColorRGB(0x88, 0x88, 0x88)
	grid   = charts.ColorRGB(0xdd, 0xdd, 0xdd)
)

// drawing is a chart of three series of counts.
type drawing struct {
	title      string
	series     [3]string // what they are called
	colours    [3]charts.Color
	labels     []string // of the groups of bars
	ticks      []string // what stands beside them
	values     [][3]int
	stacked    bool // one bar lying down, or else three standing side by side
	wide, high int
}

// most is the longest bar.
func (d drawing) most() int {
	most := 1
	for _, v := range d.values {
		if d.stacked {
			most = max(most, v[0]+v[1]+v[2])
		} else {
			most = max(most, slices.Max(v[:]))
		}
	}
	return most
}

// step is from one line of the axis to the next: five to ten lines, in round
// numbers.
func step(most int) int {
	for size := 1; ; size *= 10 {
		for _, n := range []int{1, 2, 5} {
			if most <= 8*n*size {
				return n * size
			}
		}
	}
}

// inWords is all that is drawn, for who does not see it.
func (d drawing) inWords() string {
	groups := make([]string, len(d.values))
	for i, v := range d.values {
		said := make([]string, len(v))
		for s, n := range v {
			said[s] = d.series[s] + " " + strconv.Itoa(n)
		}
		groups[i] = d.labels[i] + ": " + strings.Join(said, ", ")
	}
	return strings.Join(groups, "; ")
}
