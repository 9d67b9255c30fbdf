package workflows

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"go.temporal.io/sdk/workflow"

	"wutong/activities"
	"wutong/station"
	"wutong/workflows/step"
)

// Settlement follows a newcomer who settles in the city through one door
// (一条龙落户服务). Each service is a case of its own, by a provider.
//
//  1. A talent has picked services. They are given a case manager, who stays their
//     one contact.
//  2. They are asked for the papers that the services need, in one list, and again
//     before one expires.
//  3. Services run side by side, each as soon as its papers are there and what it
//     needs is done. If that will not be, the case manager decides.
//  4. The talent can add a service, drop one, withdraw, or move to another branch:
//     what runs is called off, and what was booked is undone, a service before those
//     that it needs.
//  5. At the end the talent rates each service; who is not content is called back.
func Settlement(ctx workflow.Context, in station.CaseStart) error {
	return step.Run(ctx, in, settlement)
}

func settlement(ctx workflow.Context, c *step.Case) (step.Outcome, error) {
	terms, err := station.ReadSettlementTerms(c.Terms)
	if err != nil {
		return step.Outcome{}, err
	}
	var records *activities.Records
	opened, err := step.Read[station.SettlementOpened](ctx, c, "settlement", "What was chosen?", records.OpenSettlement, c.ID)
	if err != nil {
		return step.Outcome{}, err
	}
	c.InOrder()
	s := &settling{Floor: step.NewFloor(c), terms: terms, has: opened.Has, papers: papers{unread: true}}
	s.choose(opened.Offers)
	s.About(s.overview)
	if err := s.open(ctx); err != nil { // 1.
		return step.Outcome{}, err
	}
	for { // 2. to 4.
		if err := s.plan(ctx); err != nil {
			return step.Outcome{}, err
		}
		if s.settled() {
			return s.rate(ctx) // 5.
		}
		turn, err := s.Next(ctx, s.rule)
		if err != nil {
			return step.Outcome{}, err
		}
		if turn.Body.Verdict == station.Relocate {
			return s.move(ctx, turn)
		}
		if err := s.note(ctx, turn); err != nil {
			return step.Outcome{}, err
		}
	}
}

// settling is a settlement on its way.
type settling struct {
	*step.Floor
	terms    station.SettlementTerms
	has      []string // services that were done before
	services []*chosen
	papers
}

// chosen is a service that was chosen, as the settlement sees it.
type chosen struct {
	offer   station.Offer
	attempt int // of this service: one that has ended can be chosen again
	state   station.ServiceState
	heard   time.Time      // when it said so
	without []string       // what it goes on without
	stall   string         // the task by which the case manager is to decide; "": none
	why     station.Reason // of that
	rating  string         // the task by which it is rated, or the talent called back; "": none
}

// choose adds services to what was chosen.
func (s *settling) choose(offers []station.Offer) {
	for _, o := range offers {
		attempt := 1
		for _, x := range s.services {
			if x.offer.Code == o.Code {
				attempt = x.attempt + 1
			}
		}
		s.services = append(s.services, &chosen{offer: o, attempt: attempt, state: station.ServiceChosen})
	}
}

// find returns the last attempt at a service, or nil.
func (s *settling) find(code string) *chosen {
	for _, x := range slices.Backward(s.services) {
		if x.offer.Code == code {
			return x
		}
	}
	return nil
}

// caseOf is the service's own case.
func (s *settling) caseOf(x *chosen) string {
	return station.ServiceCase(s.ID, x.offer.Code, x.attempt)
}

// ofCase returns the service that has a case, or nil.
func (s *settling) ofCase(id string) *chosen {
	i := slices.IndexFunc(s.services, func(x *chosen) bool { return s.caseOf(x) == id })
	if i < 0 {
		return nil
	}
	return s.services[i]
}

// begun reports whether a service has a case that has not ended.
func (x *chosen) begun() bool {
	return x.state == station.ServiceAsked || x.state == station.ServiceDone || x.state == station.ServiceUndoing
}

// goesOn reports whether a service is to be done, or was.
func (x *chosen) goesOn() bool {
	return x.state == station.ServiceChosen || x.state == station.ServiceAsked || x.state.Satisfies()
}

// overview says how each service stands.
func (s *settling) overview() string {
	var list []string
	for _, x := range s.services {
		list = append(list, fmt.Sprintf("%s: %s", x.offer.Code, x.state))
	}
	return strings.Join(list, " · ")
}

// theServices are what is undone if a case does not end well, as the history names
// it.
const theServices = "services"

// open gives the settlement its case manager, and lets the talent change their mind.
func (s *settling) open(ctx workflow.Context) error {
	s.Keep(station.ServicesTask(s.ID), station.ManagementTask(s.ID))
	s.IfWithdrawn(step.Outcome{Notices: toApplicant("withdrawn", station.MailSettlementWithdrawn)}, func(ctx workflow.Context) error {
		return s.callOff(ctx, station.ReasonWithdrawn)
	})
	s.Undo(theServices, s.abandon)
	s.Enter(station.StageServices)
	standing := func(id string, kind station.TaskKind) station.TaskSpec {
		return station.TaskSpec{ID: id, Kind: kind, Wait: station.ForGood, Untimed: true}
	}
	manages := standing(station.ManagementTask(s.ID), station.TaskManagement)
	manages.Role, manages.Managed, manages.Notice = station.RoleOfficer, true, station.MailTask
	settles := standing(station.SettlingTask(s.ID), station.TaskSettling)
	settles.Party = station.Applicant
	hears := standing(station.ServicesTask(s.ID), station.TaskServices)
	hears.Party = station.TheServices
	_, err := s.Put(ctx, station.Change{
		Event: station.EventManaged, Task: manages.ID, Services: &station.SettlementMove{Manage: true},
		Notices: toApplicant("managed", station.MailSettlementManaged),
	}, manages, settles, hears)
	return err
}

// settled reports whether no service needs anything any more.
func (s *settling) settled() bool {
	return !slices.ContainsFunc(s.services, func(x *chosen) bool { return x.stall != "" || !x.state.Settled() })
}

// plan begins what can begin, asks for papers that are lacking, and has the case
// manager decide on what cannot go on.
func (s *settling) plan(ctx workflow.Context) error {
	if err := s.askForPapers(ctx); err != nil {
		return err
	}
	if err := s.lift(ctx); err != nil {
		return err
	}
	if err := s.begin(ctx); err != nil {
		return err
	}
	for _, x := range s.services {
		if why, lacks := s.lacks(x); why != "" && x.stall == "" {
			if err := s.stall(ctx, x, why, lacks); err != nil {
				return err
			}
		}
	}
	return nil
}

// begin begins the services that have all they need.
func (s *settling) begin(ctx workflow.Context) error {
	move := &station.SettlementMove{}
	var list []*chosen
	var codes []string
	for _, x := range s.services {
		if x.state != station.ServiceChosen || x.stall != "" || len(s.missing(x)) > 0 || !s.complete(x) {
			continue
		}
		move.Begin = append(move.Begin, station.ServiceBegin{Code: x.offer.Code, Attempt: x.attempt, Without: x.without})
		list, codes = append(list, x), append(codes, x.offer.Code)
	}
	if len(list) == 0 {
		return nil
	}
	err := s.Begin(ctx, station.Change{Event: station.EventServiceBegun, Details: station.Details{"services": codes}, Services: move})
	if err != nil { // none of them has begun: there is nothing to call off
		return err
	}
	for _, x := range list {
		x.state = station.ServiceAsked
	}
	return nil
}

// missing are the services that one needs and that are not done.
func (s *settling) missing(x *chosen) []string {
	return slices.DeleteFunc(slices.Clone(x.offer.Needs), func(code string) bool {
		other := s.find(code)
		return slices.Contains(x.without, code) || slices.Contains(s.has, code) || other != nil && other.state.Satisfies()
	})
}

// lacks says why a service cannot go on, if so, and what it lacks: a service that it
// needs will not be done, or papers did not come.
func (s *settling) lacks(x *chosen) (station.Reason, []string) {
	if !x.goesOn() || x.state == station.ServiceWaived {
		return "", nil
	}
	gone := slices.DeleteFunc(s.missing(x), func(code string) bool {
		other := s.find(code)
		return other != nil && other.goesOn()
	})
	if len(gone) > 0 {
		return station.ReasonNeedGone, gone
	}
	if silent := s.silentFor(x); x.state == station.ServiceChosen && len(silent) > 0 {
		return station.ReasonPapersLate, silent
	}
	return "", nil
}

// stall has the case manager decide whether a service is tried all the same.
func (s *settling) stall(ctx workflow.Context, x *chosen, why station.Reason, lacks []string) error {
	x.stall, x.why = s.TaskID("stalled"), why
	spec := station.TaskSpec{
		ID: x.stall, Kind: station.TaskStalled, Role: station.RoleOfficer, Managed: true, Wait: s.terms.Stalled,
		Notice: station.MailSettlementTrouble, Details: station.Details{"service": x.offer.Code, "why": why, "lacks": lacks},
	}
	_, err := s.Put(ctx, station.Change{
		Event: station.EventStalled, Task: spec.ID, Details: station.Details{"service": x.offer.Code, "why": why, "lacks": lacks},
	}, spec)
	return err
}

// lift spares the case manager decisions on services that lack nothing any more.
func (s *settling) lift(ctx workflow.Context) error {
	var over []station.TaskEnd
	for _, x := range s.services {
		if why, _ := s.lacks(x); why == "" && x.stall != "" {
			over, x.stall = append(over, s.stalls(x)...), ""
		}
	}
	if len(over) == 0 {
		return nil
	}
	return s.Note(ctx, station.Change{Close: over})
}

// note keeps what was settled.
func (s *settling) note(ctx workflow.Context, t step.Turn) error {
	s.notePassing(t)
	switch t.Kind {
	case station.TaskServices:
		s.hear(t)
	case station.TaskPapers:
		s.notePapers(t)
	case station.TaskValidity:
		s.unread, s.watched = true, ""
	case station.TaskStalled:
		s.decided(t)
	case station.TaskSettling:
		return s.changed(ctx, t)
	default:
	}
	return nil
}

// states are how a service stands after what it says to its settlement.
var states = map[station.Verdict]station.ServiceState{
	station.Done:   station.ServiceDone,
	station.Waive:  station.ServiceWaived,
	station.Ended:  station.ServiceEnded,
	station.Undone: station.ServiceUndone,
}

// hear keeps what a service says of itself.
func (s *settling) hear(t step.Turn) {
	x := s.ofCase(t.Body.Service)
	if t.At.Before(x.heard) {
		return // this came late
	}
	x.heard = t.At
	if x.state == station.ServiceUndoing && t.Body.Verdict == station.Done {
		return // it was called off when it was done
	}
	x.state = states[t.Body.Verdict]
	if x.state == station.ServiceEnded || x.state == station.ServiceUndone {
		x.stall, x.rating = "", ""
	}
}

// decided keeps what the case manager decided on a service that lacks something.
func (s *settling) decided(t step.Turn) {
	x := s.stalledBy(t.Task)
	if x == nil {
		return
	}
	x.stall = ""
	if t.Body.Verdict != station.AskAgain {
		s.giveUp(x)
		return
	}
	x.without = append(x.without, s.missing(x)...)
	s.askAgainFor(x)
	if x.state == station.ServiceDone {
		x.state = station.ServiceAsked
	}
}

// giveUp keeps that a service is not to be done. One that has begun says itself when
// nothing is left of it.
func (s *settling) giveUp(x *chosen) {
	x.stall = ""
	if x.begun() {
		x.state = station.ServiceUndoing
	} else {
		x.state = station.ServiceEnded
	}
}

// changed keeps what the talent has changed.
func (s *settling) changed(ctx workflow.Context, t step.Turn) error {
	if t.Body.Verdict == station.Drop {
		for _, code := range t.Body.Services {
			s.giveUp(s.find(code))
		}
		return nil
	}
	var records *activities.Records
	offers, err := step.Read[[]station.Offer](ctx, s.Case, "offers", "What was added?", records.OffersOf, t.Body.Services)
	if err != nil {
		return err
	}
	s.choose(offers)
	s.unread = true
	return nil
}
