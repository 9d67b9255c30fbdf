package workflows

import (
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"

	"wutong/station"
)

// Processes has a line for each process.
var Processes = map[station.Kind]any{
	station.Referral: Referral,
	station.Grant:    Grant,
	station.Angel:    Angel,
	station.Round:    Round,
	station.Pitch:    Pitch,

	station.Ambassador:     Ambassador,
	station.SettlementKind: Settlement,
	station.ServiceKind:    Service,
}

// Register registers the processes, and what runs beside them. The name of a
// process's workflow is its kind: it must never change.
func Register(r worker.WorkflowRegistry) {
	for kind, f := range Processes {
		r.RegisterWorkflowWithOptions(f, workflow.RegisterOptions{Name: string(kind)})
	}
	r.RegisterWorkflowWithOptions(Mail, workflow.RegisterOptions{Name: "mail"})
	r.RegisterWorkflowWithOptions(Sweep, workflow.RegisterOptions{Name: "sweep"})
}
