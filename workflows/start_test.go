package workflows_test

import (
	"go.temporal.io/sdk/client"

	"wutong/workflows/step"
)

// startOptions starts a case as the engine does: its ID is the workflow's.
func startOptions(id string) client.StartWorkflowOptions {
	return client.StartWorkflowOptions{ID: id, TaskQueue: step.CasesQueue}
}
