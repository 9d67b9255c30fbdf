package step

import (
	"fmt"
	"strings"
	"time"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"wutong/station"
)

// The search attributes that all processes share.
var (
	KeyKind       = temporal.NewSearchAttributeKeyKeyword("Kind")
	KeyProgramme  = temporal.NewSearchAttributeKeyKeyword("Programme")
	KeyBranch     = temporal.NewSearchAttributeKeyKeyword("Branch")
	KeyStage      = temporal.NewSearchAttributeKeyKeyword("Stage")
	KeyStatus     = temporal.NewSearchAttributeKeyKeyword("CaseStatus") // the UI has a Status of its own
	KeyCaseNumber = temporal.NewSearchAttributeKeyKeyword("CaseNumber")
	KeyDue        = temporal.NewSearchAttributeKeyTime("Due")
)

// stageWords are what an operator reads in the Temporal UI, which is in
// English.
var stageWords = map[station.Stage]string{
	station.StageSubmitted:  "Submitted",
	station.StageConsent:    "Consent of the talent",
	station.StageDuplicates: "Possible duplicate",
	station.StageCheck:      "Check",
	station.StageReview:     "Expert review",
	station.StageDeclined:   "Declined, appeal possible",
	station.StageAppeal:     "Appeal review",
	station.StageEnded:      "Ended",

	station.StageEligibility:  "Eligibility",
	station.StageCompleteness: "Completeness check",
	station.StageDefence:      "Oral defence",
	station.StageFunds:        "Reservation in the fund",
	station.StageNotice:       "Public notice",
	station.StageSignature:    "Signature",
	station.StageAgreement:    "Agreement",
	station.StageTranches:     "Tranches",
	station.StageSuspended:    "Suspended, evidence is late",
	station.StageClosing:      "Closing",
	station.StageRepayment:    "Repayment",

	station.StageProof:   "Proof of an investment",
	station.StageVouch:   "Vouching",
	station.StageVote:    "Vote of the members",
	station.StageTerm:    "Term",
	station.StageRenewal: "Renewal of the term",

	station.StageCall:         "Call for projects",
	station.StageScreening:    "Screening",
	station.StageSeats:        "Seats",
	station.StagePitches:      "Pitches",
	station.StageDeliberation: "Deliberation",
	station.StageRefill:       "A syndicate looks for members",

	station.StageServices: "Services",
	station.StageRating:   "Rating of the services",
	station.StageAsked:    "A provider is asked",
	station.StageDelivery: "A provider works on it",
	station.StageTrouble:  "The case manager decides",
	station.StageDone:     "Done, its settlement goes on",
	station.StageUndoing:  "What was booked is undone",
}

// describe shows the operator where the case stands. Search attributes are
// only sent when one of them has changed.
func (c *Case) describe(ctx workflow.Context) {
	c.detail(ctx)
	due, rings := c.earliestDue()
	shown := fmt.Sprint(c.standing.Stage, " ", c.standing.Status, " ", due.Unix(), " ", rings.Unix())
	if c.shown == shown {
		return
	}
	c.shown = shown
	updates := []temporal.SearchAttributeUpdate{KeyStage.ValueSet(string(c.standing.Stage)), KeyStatus.ValueSet(string(c.standing.Status))}
	if due.IsZero() {
		updates = append(updates, KeyDue.ValueUnset())
	} else {
		updates = append(updates, KeyDue.ValueSet(due))
	}
	if err := workflow.UpsertTypedSearchAttributes(ctx, updates...); err != nil {
		workflow.GetLogger(ctx).Error("search attributes not set", "case", c.ID, "error", err)
	}
}

// detail sets what the UI shows as the workflow's current details.
func (c *Case) detail(ctx workflow.Context) {
	parts := []string{"**" + stageWords[c.standing.Stage] + "**"}
	if w := c.waitingFor(); w != "" {
		parts = append(parts, w)
	}
	if due, _ := c.earliestDue(); !due.IsZero() {
		parts = append(parts, "due "+due.In(station.ChinaTime).Format("2 Jan 2006"))
	}
	lines := []string{strings.Join(parts, " · "), fmt.Sprintf("%s · %s · branch %s", c.Number, c.Programme, c.Branch)}
	if c.about != nil {
		lines = append(lines, c.about())
	}
	workflow.SetCurrentDetails(ctx, strings.Join(lines, "\n\n"))
}

// About has the operator read more of the case: what the procedure says of it each
// time it is asked, in codes and states, nothing personal.
func (c *Case) About(says func() string) { c.about = says }

// waitingFor says who is to act.
func (c *Case) waitingFor() string {
	reviewers, others := 0, []string(nil)
	for _, t := range c.tasks {
		switch {
		case t.idle():
		case t.Spec.Kind == station.TaskReview:
			reviewers++
		case t.Held && !t.Spec.Untimed:
			others = append(others, string(t.Spec.Kind)+" (clock stopped)")
		case t.Spec.Role != "":
			others = append(others, string(t.Spec.Kind)+" by "+string(t.Spec.Role))
		default:
			others = append(others, string(t.Spec.Kind)+" by "+string(t.Spec.Party))
		}
	}
	if reviewers > 0 {
		others = append(others, fmt.Sprintf("%d of %d reviewers", reviewers, reviewers+c.reviewed()))
	}
	if len(others) == 0 {
		return ""
	}
	return "waiting for " + strings.Join(others, " and ")
}

// idle reports whether nobody is waited for: a task is a clock, or a permission that
// stands as long as the case does.
func (t *Task) idle() bool {
	switch t.Spec.Kind {
	case station.TaskPhase, station.TaskValidity, station.TaskManagement, station.TaskOversight, station.TaskTimetable, station.TaskDeclaration:
		return true
	default:
		return t.Spec.Untimed && t.Spec.Role == ""
	}
}

// reviewed is how many reviews of this stage count so far.
func (c *Case) reviewed() (n int) {
	for _, task := range c.standing.Reviewed {
		if station.StageOfTask(task) == c.standing.Stage {
			n++
		}
	}
	return n
}

// earliestDue is when the first open task is due; and when it or a clock rings that
// tells when a paper must be asked for again, which is due of nobody. Earlier releases
// showed that, so that histories know when it changed.
func (c *Case) earliestDue() (due, rings time.Time) {
	first := func(of *time.Time, at time.Time) {
		if of.IsZero() || at.Before(*of) {
			*of = at
		}
	}
	for _, t := range c.tasks {
		if t.Held || t.Deadline.Due.IsZero() {
			continue
		}
		first(&rings, t.Deadline.Due)
		if t.Spec.Kind != station.TaskValidity {
			first(&due, t.Deadline.Due)
		}
	}
	return due, rings
}

func (c *Case) timerSummary(t *Task, at time.Time) string {
	what := "due"
	if at.Before(t.Deadline.Due) {
		what = "reminder"
	}
	return fmt.Sprintf("%s: %s %s", t.Spec.Kind, what, at.In(station.ChinaTime).Format("2 Jan 2006 15:04"))
}
