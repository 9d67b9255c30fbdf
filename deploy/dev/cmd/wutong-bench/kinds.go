package main

import (
	"context"
	"net/http"
	"time"

	"wutong/station"

	"wutong/deploy/dev/crowd"
)

// The programmes that cases are started in, and the budget of the fund: more than all grants of a run are awarded.
const (
	referring = "bench-referral"
	granting  = "bench-grant"
	budget    = 10_000_000 * crowd.Award
)

// oneTranche has an award paid at once, with its agreement.
const oneTranche = `, "tranches": [{"name": {"zh-CN": "一次拨付", "en": "All of it"}, "percent": 100}]`

func programmes() crowd.Programmes {
	return crowd.Programmes{
		Referrals:   map[string]string{referring: "{}"},
		Grants:      map[string]string{granting: crowd.GrantTerms(1, oneTranche)},
		Rounds:      map[string]string{pitching: crowd.RoundTerms(roundCap, "")},
		Ambassadors: map[string]string{appointing: "{}"},
		Settlements: map[string]string{settling: `{"rating": {"seconds": 1}, "low": 0}`},
		Budget:      budget,
	}
}

// kind is a kind of case that is taken from its start to its end: by the product, and by the baseline.
type kind struct {
	station.Kind
	title string
	many  int // times as many side by side as the plan says
	take  func(*product, context.Context, int, *sample) error
	bare  []change
}

var (
	referrals = kind{
		Kind: station.Referral, title: "Referrals", many: 1, take: (*product).referral,
		bare: []change{{row: "opened"}, act("consent"), act("check"), act("review"), act("review"), act("review"), {row: "ended"}},
	}
	// Each grant is on public notice for a second, in which it costs nothing: more of them fit side by side.
	grants = kind{
		Kind: station.Grant, title: "Grants, each with a second on public notice", many: 2, take: (*product).grant,
		bare: []change{
			{row: "opened"},
			{row: "assessed"},
			act("completeness"), act("check"), act("review"), act("review"), act("review"),
			{row: "reserved"},
			{row: "noticed", after: time.Second},
			act("sign"), act("agreement"), act("order"), act("payment"), act("report"), act("acceptance"),
			{row: "ended"},
		},
	}
)

// referral takes one from its start to its end; a decision is from its request to "recorded".
func (p *product) referral(ctx context.Context, n int, decisions *sample) error {
	id, err := p.start(ctx, "/v1/referrals", p.people.Referrers[0].ID, crowd.Referral(referring, n))
	if err != nil {
		return err
	}
	if _, err := p.tasks(ctx, id, station.StageConsent, 1); err != nil {
		return err
	}
	var link string
	if err := p.db.QueryRowContext(ctx, `SELECT id FROM links WHERE task = $1`, station.TaskID(id, station.StageConsent, 1)).Scan(&link); err != nil {
		return err
	}
	if err := p.act(ctx, id, "/v1/links/"+p.links.Token(link), "", map[string]any{"verdict": "consent"}, decisions); err != nil {
		return err
	}
	return p.turns(ctx, id, decisions,
		turn{stage: station.StageCheck, by: p.officer(n), says: accept},
		turn{stage: station.StageReview, tasks: 3, says: crowd.Score},
	)
}

// grant is referral for one that is paid in one tranche. All its reports are the founder's same document.
func (p *product) grant(ctx context.Context, n int, decisions *sample) error {
	founder := p.people.Founders[0].ID
	document, err := p.document(ctx, founder)
	if err != nil {
		return err
	}
	id, err := p.start(ctx, "/v1/grants", founder, crowd.Grant(granting, n))
	if err != nil {
		return err
	}
	return p.turns(ctx, id, decisions,
		turn{stage: station.StageCompleteness, by: p.officer(n), says: accept},
		turn{stage: station.StageCheck, by: p.officer(n + 1), says: accept},
		turn{stage: station.StageReview, tasks: 3, says: crowd.Recommend},
		turn{stage: station.StageSignature, by: p.people.Directors[0].ID, says: map[string]any{"verdict": "sign"}},
		turn{stage: station.StageAgreement, by: founder, says: accept},
		turn{stage: station.StageTranches, by: p.officer(n), says: accept},
		turn{stage: station.StageTranches, by: p.people.Treasurers[0].ID, confirms: true, says: map[string]any{"reference": id}},
		turn{stage: station.StageClosing, by: founder, confirms: true, says: map[string]any{"documents": []string{document}}},
		turn{stage: station.StageClosing, by: p.officer(n), says: accept},
	)
}

var accept = map[string]any{"verdict": "accept"}

func (p *product) officer(n int) string { return p.people.Officers[n%len(p.people.Officers)].ID }

// start hands a form in and returns the case.
func (p *product) start(ctx context.Context, path, account string, form map[string]any) (id string, err error) {
	started, err := p.call(ctx, http.MethodPost, path, account, form)
	if err != nil {
		return "", err
	}
	id, _ = started["id"].(string)
	return id, nil
}
