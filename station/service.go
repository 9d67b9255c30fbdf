package station

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"github.com/google/uuid"
)

// Service is the one door for acting: it checks who may, keeps the act, tells
// the case's workflow, and waits a moment for the answer.
type Service struct {
	store    Store
	engine   Engine
	files    Files
	links    *LinkSigner
	log      *slog.Logger
	now      func() time.Time
	patience time.Duration
}

// Options are what a Service works with.
type Options struct {
	Store  Store
	Engine Engine
	Files  Files // nil: documents are not set up
	Links  *LinkSigner
	Log    *slog.Logger
	Now    func() time.Time
	// Patience is how long an act waits for its settlement before its receipt
	// says "pending"; 2 s when zero.
	Patience time.Duration
}

const (
	// enginePatience bounds how long a request waits for an engine that is away.
	enginePatience = time.Second
	// engineAgain bounds how long it is tried again after that, without the
	// request: a busy engine is back sooner than the next sweep.
	engineAgain = 30 * time.Second
)

// NewService returns the door.
func NewService(o Options) *Service {
	if o.Patience == 0 {
		o.Patience = 2 * time.Second
	}
	return &Service{store: o.Store, engine: o.Engine, files: o.Files, links: o.Links, log: o.Log, now: o.Now, patience: o.Patience}
}

// Start takes an application in. The same key with the same body gives the
// first case again, and created is false.
func (s *Service) Start(ctx context.Context, who Actor, kind Kind, programme, key string, form json.RawMessage) (c Case, created bool, err error) {
	if err := mayAct(who, ToStart); err != nil {
		return Case{}, false, err
	}
	proc, ok := Processes[kind]
	if !ok || proc.Internal {
		return Case{}, false, Errorf(NotFound, "no process %s", kind)
	}
	app, err := proc.CheckForm(form)
	if err != nil {
		return Case{}, false, err
	}
	p, err := s.store.Programme(ctx, programme)
	if CodeOf(err) == NotFound || err == nil && p.Kind != kind {
		return Case{}, false, fields{{Path: "programme", Rule: "unknown_programme"}}.err()
	} else if err != nil {
		return Case{}, false, err
	}
	if err := s.checkStarter(ctx, who, proc, p, app); err != nil {
		return Case{}, false, err
	}
	if err := s.checkChannel(ctx, p, app.Channel); err != nil {
		return Case{}, false, err
	}
	if key == "" {
		key = NewID()
	}
	n := NewCase{
		ID: NewID(), Kind: kind, Programme: p, Applicant: who.ID, Key: key,
		RequestHash: hashOf(programme, string(app.Form)), Application: app, At: s.now(),
	}
	if n.At.Before(p.OpensAt) || !n.At.Before(p.ClosesAt) {
		return Case{}, false, s.closed(ctx, p)
	}
	c, created, err = s.store.InsertCase(ctx, n)
	if e, ok := errors.AsType[*Error](err); ok && e.Key == programmeClosed { // the round has gone on meanwhile
		err = s.closed(ctx, p)
	}
	if err != nil || !created {
		return c, false, err
	}
	_ = s.tell(ctx, "case waits for the sweep to start it", c.ID, func(ctx context.Context) error { return s.engine.StartCase(ctx, c) })
	return c, true, nil
}

// programmeClosed is the key of an application that comes too early or too late.
const programmeClosed = "programme_closed"

// closed is the error of an application that comes too early or too late. Of a
// round it says when the next call opens, if one is planned.
func (s *Service) closed(ctx context.Context, p Programme) error {
	refusal := Refuse(Conflict, programmeClosed, "programme %s is not open", p.Code)
	if p.Kind != Pitch {
		return refusal
	}
	next, err := s.store.NextCall(ctx, p.Branch, s.now())
	if err != nil {
		return err
	}
	var f fields
	if next != nil {
		f.add(true, "programme", "next_call:"+next.UTC().Format(time.RFC3339))
	}
	refusal.Fields = f
	return refusal
}

// checkStarter refuses what only some may begin: rounds and invitations are the
// house's, and who is a member already is not admitted again; and services that
// nobody could bring.
func (s *Service) checkStarter(ctx context.Context, who Actor, proc Process, p Programme, app Application) error {
	house := Case{Branch: p.Branch}
	switch {
	case len(proc.Starters) > 0 && !slices.ContainsFunc(proc.Starters, who.Has),
		proc.Kind == Round && !allowed(who.Account, ToLeadRound, house, Relation{}):
		return Errorf(Forbidden, "account %s may not %s of kind %s in programme %s", who.ID, ToStart, proc.Kind, p.Code)
	case app.Invites && (!who.Has(RoleOfficer) || !who.Covers(p.Branch)):
		return Refuse(Forbidden, "officers_invite", "account %s is no officer of %s and invites nobody", who.ID, p.Branch)
	case proc.Kind == Round:
		return s.checkCall(app.Form)
	case proc.Kind == SettlementKind:
		return s.checkSettlement(ctx, who, p, app.Form)
	default:
		return nil
	}
}

// tell tells the engine something of a case. If it cannot be told at once, it is
// told later: by this process for a while, and then by the sweep.
func (s *Service) tell(ctx context.Context, otherwise, caseID string, something func(context.Context) error) error {
	now, stop := context.WithTimeout(ctx, enginePatience)
	defer stop()
	err := something(now)
	if err == nil {
		return nil
	}
	go func() {
		later, stop := context.WithTimeout(context.WithoutCancel(ctx), engineAgain)
		defer stop()
		if err := something(later); err != nil {
			s.log.WarnContext(later, otherwise, "case", caseID, "error", err)
		}
	}()
	return err
}

// checkChannel refuses a way in that the programme does not take.
func (s *Service) checkChannel(ctx context.Context, p Programme, code string) error {
	if code == "" {
		return nil
	}
	taken, err := s.ChannelsOf(ctx, p)
	if err != nil {
		return err
	}
	var f fields
	f.add(!slices.ContainsFunc(taken, func(c Channel) bool { return c.Code == code }), "channel", "unknown_channel")
	return f.err()
}

// act keeps an act, tells the workflow, and waits for the settlement.
func (s *Service) act(ctx context.Context, a Act) (Act, error) {
	a.At, a.Status = s.now(), Pending
	a, err := s.store.InsertAct(ctx, a)
	if err != nil || a.Status != Pending {
		return a, err
	}
	wait, stop := context.WithTimeout(ctx, s.patience)
	defer stop()
	err = s.tell(wait, "act waits for the sweep to tell its case", a.Case, func(ctx context.Context) error {
		return s.engine.SignalCase(ctx, a.Case, Signal{Act: a.ID, Kind: a.Kind, Task: a.Task})
	})
	if err != nil {
		return a, nil // it is kept, and told later
	}
	return s.store.AwaitAct(wait, a.ID)
}

// actID makes an act's ID of the caller's key, so that a repeated request is
// the same act and nobody can take another's key.
func actID(who, key string) string {
	if key == "" {
		return NewID()
	}
	return uuid.NewSHA1(uuid.NameSpaceOID, []byte("wutong act\x00"+who+"\x00"+key)).String()
}

// mayAct refuses what the actor's token or roles never allow.
func mayAct(who Actor, d Doing) error {
	if who.Scope != ScopeFull {
		return Refuse(Forbidden, "token_reads_only", "the token of %s is for reading", who.ID)
	}
	if reach(who.Account, d) == Never {
		return Errorf(Forbidden, "account %s may not %s", who.ID, d)
	}
	return nil
}

// caseFor returns a case that the actor may see; any other is not found.
func (s *Service) caseFor(ctx context.Context, who Actor, id string) (Case, Relation, error) {
	unseen := Errorf(NotFound, "no case %s", id)
	if uuid.Validate(id) != nil {
		return Case{}, Relation{}, unseen
	}
	c, err := s.store.CaseByID(ctx, id)
	if err != nil {
		return Case{}, Relation{}, err
	}
	rel, err := s.relation(ctx, who, c)
	if err != nil {
		return Case{}, Relation{}, err
	}
	if !allowed(who.Account, ToSeeCase, c, rel) {
		return Case{}, Relation{}, unseen
	}
	return c, rel, nil
}

func hashOf(parts ...string) string {
	h := sha256.New()
	for _, p := range parts {
		_, _ = fmt.Fprintf(h, "%d:%s", len(p), p)
	}
	return hex.EncodeToString(h.Sum(nil))
}
