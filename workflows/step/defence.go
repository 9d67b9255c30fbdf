package step

import (
	"time"

	"go.temporal.io/sdk/workflow"

	"wutong/station"
)

// hearing names the officer's tasks, so that the reviews of the defence have the
// stage's own numbers.
const hearing station.Stage = "hearing"

// Defence lets an officer call the team to an oral defence, and note who came. It
// reports whether one was held; if nobody decides, none is.
func Defence(ctx workflow.Context, c *Case, d station.Defence, officer station.TaskSpec, called []station.NoticeSpec) (bool, error) {
	c.Enter(station.StageDefence)
	officer.Kind, officer.Wait = station.TaskDefence, d.Decide
	call, err := Decide(ctx, c, Question{
		Stage: hearing, Event: station.EventAssigned, Task: officer,
		Events:  map[station.Verdict]station.EventKind{station.Call: station.EventDefence, station.Proceed: station.EventNoDefence},
		Notices: map[station.Verdict][]station.NoticeSpec{station.Call: called},
	})
	if err != nil || call.Verdict != station.Call {
		return false, err
	}
	officer.Kind, officer.Wait = station.TaskHearing, d.Hold
	if day, err := time.Parse(time.RFC3339, call.At); err == nil {
		officer.Wait.From = &day
	}
	heard, err := Decide(ctx, c, Question{
		Stage: hearing, Event: station.EventAssigned, Task: officer,
		Events: map[station.Verdict]station.EventKind{station.Attended: station.EventHeard, station.Absent: station.EventHeard},
	})
	return heard.Verdict == station.Attended, err
}
