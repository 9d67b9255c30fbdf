package station

import (
	"context"
	"iter"

	"github.com/google/uuid"
)

// FundView is a fund, how it stands in each of its years, and what was proposed
// for it and waits for a second person.
type FundView struct {
	Fund     Fund
	Years    []FundYear
	Proposed []Adjustment
}

// Funds lists the funds that the actor may see.
func (s *Service) Funds(ctx context.Context, who Actor) ([]Fund, error) {
	if reach(who.Account, ToSeeFund) == Never {
		return nil, Errorf(Forbidden, "account %s may not %s", who.ID, ToSeeFund)
	}
	return s.store.FundList(ctx, visibility(who.Account, ToSeeFund))
}

// Fund returns a fund that the actor may see.
func (s *Service) Fund(ctx context.Context, who Actor, code string) (FundView, error) {
	f, err := s.fundFor(ctx, who, code)
	if err != nil {
		return FundView{}, err
	}
	v := FundView{Fund: f}
	if v.Years, err = s.store.FundYears(ctx, code, s.now()); err != nil {
		return FundView{}, err
	}
	v.Proposed, err = s.store.AdjustmentsToApprove(ctx, code)
	return v, err
}

// FundEntries returns a page of a fund's ledger, the newest first.
func (s *Service) FundEntries(ctx context.Context, who Actor, code string, limit int, cursor string) (Page[FundEntry], error) {
	if _, err := s.fundFor(ctx, who, code); err != nil {
		return Page[FundEntry]{}, err
	}
	return s.store.FundEntries(ctx, code, limit, cursor)
}

// ledgerBatch is how many entries are read at once: whoever takes them slowly
// holds no connection meanwhile.
const ledgerBatch = 500

// FundLedger returns a fund and all that stands in its ledger when it is read
// to the end, the oldest first.
func (s *Service) FundLedger(ctx context.Context, who Actor, code string) (Fund, iter.Seq2[FundEntry, error], error) {
	f, err := s.fundFor(ctx, who, code)
	if err != nil {
		return Fund{}, nil, err
	}
	return f, func(yield func(FundEntry, error) bool) {
		var last int64
		for {
			batch, err := s.store.FundLedger(ctx, code, last, ledgerBatch)
			if err != nil {
				yield(FundEntry{}, err)
				return
			}
			for _, e := range batch {
				if !yield(e, nil) {
					return
				}
				last = e.Seq
			}
			if len(batch) < ledgerBatch {
				return
			}
		}
	}, nil
}

// fundFor returns a fund that the actor may see; any other is not found.
func (s *Service) fundFor(ctx context.Context, who Actor, code string) (Fund, error) {
	f, err := s.store.FundByCode(ctx, code)
	if err != nil {
		return Fund{}, err
	}
	if !allowed(who.Account, ToSeeFund, Case{Branch: f.Branch}, Relation{}) {
		return Fund{}, Errorf(NotFound, "no fund %s", code)
	}
	return f, nil
}

// fundToAdjust returns a fund that the actor may adjust.
func (s *Service) fundToAdjust(ctx context.Context, who Actor, code string) (Fund, error) {
	f, err := s.fundFor(ctx, who, code)
	if err != nil {
		return Fund{}, err
	}
	if err := mayAct(who, ToAdjustFund); err != nil {
		return Fund{}, err
	}
	if !allowed(who.Account, ToAdjustFund, Case{Branch: f.Branch}, Relation{}) {
		return Fund{}, Errorf(Forbidden, "account %s may not %s", who.ID, ToAdjustFund)
	}
	return f, nil
}

// ProposeAdjustment proposes to change what a fund can spend in one of its
// years. The same key with the same adjustment is the same proposal.
func (s *Service) ProposeAdjustment(ctx context.Context, who Actor, code, key string, a Adjustment) (Adjustment, error) {
	fund, err := s.fundToAdjust(ctx, who, code)
	if err != nil {
		return Adjustment{}, err
	}
	if err := a.check(fund); err != nil {
		return Adjustment{}, err
	}
	return s.store.ProposeAdjustment(ctx, Adjustment{
		ID: actID(who.ID, key), Fund: code, Year: a.Year, Fen: a.Fen, Reason: a.Reason, ProposedBy: who.ID, ProposedAt: s.now(),
	})
}

// ApproveAdjustment does what another person proposed. Conflict with key
// "fund_overspent" says that more than that is reserved and paid. Cases that
// waited for the money are served at once.
func (s *Service) ApproveAdjustment(ctx context.Context, who Actor, code, id string) (Adjustment, error) {
	if _, err := s.fundToAdjust(ctx, who, code); err != nil {
		return Adjustment{}, err
	}
	if uuid.Validate(id) != nil {
		return Adjustment{}, Errorf(NotFound, "no adjustment %s", id)
	}
	a, wake, err := s.store.ApproveAdjustment(ctx, code, id, who.ID, s.now())
	if err != nil {
		return Adjustment{}, err
	}
	tell, stop := context.WithTimeout(ctx, enginePatience)
	defer stop()
	for _, w := range wake {
		if err := s.engine.SignalCase(tell, w.Case, w.Signal); err != nil {
			s.log.WarnContext(ctx, "case waits for the sweep to hear of its money", "case", w.Case, "act", w.Signal.Act, "error", err)
		}
	}
	return a, nil
}
