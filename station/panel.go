package station

import (
	"fmt"
	"math"
	"slices"
)

// Panel is how a programme has its cases reviewed.
type Panel struct {
	Reviewers    int         `json:"reviewers"`    // how many are asked
	Quorum       int         `json:"quorum"`       // how many must have answered
	PassMark     float64     `json:"passMark"`     // weighted mean, 0–100
	Disagreement float64     `json:"disagreement"` // if totals lie further apart, one more reviewer is asked; 0: never
	Criteria     []Criterion `json:"criteria"`
	// Tiers are the amounts, in fen, rising, of which each reviewer recommends
	// one; empty where no money is awarded.
	Tiers []int64 `json:"tiers,omitempty"`
	Wait  Wait    `json:"wait"`
	// Scale is what points are given of; nil: 0–100.
	Scale *Scale `json:"scale,omitempty"`
}

// Scale is the least and the most points that a criterion can have.
type Scale struct {
	Least int `json:"least"`
	Most  int `json:"most"`
}

// Points are the least and the most points that a criterion can have.
func (p Panel) Points() Scale {
	if p.Scale == nil {
		return Scale{Most: 100}
	}
	return *p.Scale
}

// Criterion is a line of the rubric.
type Criterion struct {
	Code   string `json:"code"`
	Name   Text   `json:"name"`
	Weight int    `json:"weight"`
}

// Total is the weighted mean of a reviewer's points, on the panel's scale.
func (p Panel) Total(points []Point) float64 {
	var sum, weights float64
	for _, c := range p.Criteria {
		i := slices.IndexFunc(points, func(pt Point) bool { return pt.Criterion == c.Code })
		if i >= 0 {
			sum += float64(c.Weight * points[i].Points)
		}
		weights += float64(c.Weight)
	}
	if weights == 0 {
		return 0
	}
	return sum / weights
}

// Rounded is Total to two decimals, as it is kept.
func (p Panel) Rounded(points []Point) float64 { return math.Round(p.Total(points)*100) / 100 }

// Tally is what the answers of a panel add up to.
type Tally struct {
	Answered int     // scores and abstentions
	Scored   int     // scores
	Mean     float64 // of the totals
	Spread   float64 // highest less lowest total
	Tier     int64   // median of the recommended tiers, of an even number the lower one; in fen
}

// Count adds up reviews. Recusals do not count: those reviewers are replaced.
func Count(reviews []Review) Tally {
	var t Tally
	lowest, highest, sum := 101.0, -1.0, 0.0
	var tiers []int64
	for _, r := range reviews {
		switch r.Verdict {
		case Score:
			t.Answered++
			t.Scored++
			sum += r.Total
			lowest, highest = min(lowest, r.Total), max(highest, r.Total)
			tiers = append(tiers, r.Tier)
		case Abstain:
			t.Answered++
		default:
		}
	}
	if t.Scored > 0 {
		t.Mean, t.Spread = sum/float64(t.Scored), highest-lowest
		slices.Sort(tiers)
		t.Tier = tiers[(len(tiers)-1)/2]
	}
	return t
}

// Met reports whether enough have answered, and most of them with a score: an
// abstention counts towards the quorum only.
func (p Panel) Met(t Tally) bool { return t.Answered >= p.Quorum && 2*t.Scored > p.Quorum }

// Torn reports whether the totals lie so far apart that one more is asked.
func (p Panel) Torn(t Tally) bool { return p.Disagreement > 0 && t.Spread > p.Disagreement }

func (p Panel) check(f *fields, path string) {
	f.add(p.Quorum < 1, path+"/quorum", "at_least_1")
	f.add(p.Reviewers < p.Quorum, path+"/reviewers", "at_least_quorum")
	f.add(p.PassMark < 0 || p.PassMark > 100, path+"/passMark", "between_0_and_100")
	f.add(p.Disagreement < 0 || p.Disagreement > 100, path+"/disagreement", "between_0_and_100")
	f.add(len(p.Criteria) == 0, path+"/criteria", "required")
	seen := map[string]bool{}
	for i, c := range p.Criteria {
		at := fmt.Sprintf("%s/criteria/%d", path, i)
		f.add(c.Code == "" || seen[c.Code], at+"/code", "required_and_unique")
		f.add(c.Weight < 1 || c.Weight > 1000, at+"/weight", "between_1_and_1000")
		seen[c.Code] = true
	}
	for i, tier := range p.Tiers {
		f.add(tier < 1 || i > 0 && tier <= p.Tiers[i-1], fmt.Sprintf("%s/tiers/%d", path, i), "rising")
	}
	s := p.Points()
	f.add(s.Least < 0 || s.Most <= s.Least || s.Most > 100, path+"/scale", "between_0_and_100")
	p.Wait.check(f, path+"/wait")
}

// checkTier reports what is wrong with a reviewer's recommendation.
func (p Panel) checkTier(f *fields, tier int64) {
	f.add(len(p.Tiers) > 0 && !slices.Contains(p.Tiers, tier), "tier", "one_of_the_tiers")
	f.add(len(p.Tiers) == 0 && tier != 0, "tier", "not_expected")
}

// checkPoints reports what is wrong with a reviewer's points.
func (p Panel) checkPoints(f *fields, points []Point) {
	known := map[string]int{}
	for _, c := range p.Criteria {
		known[c.Code] = 0
	}
	for i, pt := range points {
		at := fmt.Sprintf("scores/%d", i)
		n, ok := known[pt.Criterion]
		f.add(!ok, at+"/criterion", "unknown_criterion")
		f.add(ok && n > 0, at+"/criterion", "given_twice")
		s := p.Points()
		f.add(pt.Points < s.Least || pt.Points > s.Most, at+"/points", fmt.Sprintf("between_%d_and_%d", s.Least, s.Most))
		known[pt.Criterion]++
	}
	for _, c := range p.Criteria {
		f.add(known[c.Code] == 0, "scores", "missing_criterion:"+c.Code)
	}
}
