package workflows_test

import (
	"encoding/json"
	"log/slog"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	enumspb "go.temporal.io/api/enums/v1"
	historypb "go.temporal.io/api/history/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/interceptor"
	"go.temporal.io/sdk/log"
	sdkworker "go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"

	"wutong/station"
	"wutong/worker"
	"wutong/workflows"
)

// Cases live for years, and move on to each new build. The histories in
// testdata/replay/KIND were recorded on a real Temporal by code of their time;
// TestReplay has today's code go through them. Where it fails, cases that are
// open would get stuck: put the change behind workflow.GetVersion.
//
// A new process, or a new step, brings histories of its own. To record them,
// add a case to deploy/dev/proof/replay_test.go and, in deploy/dev, run
//
//	go test ./proof -run TestRecordHistories -record
//
// It records every case again (TestRecordHistories/grant: of grants alone).
// Keep only the files that are new, and put those of a released version back as
// they were: they stand for cases that are open.
// They are decrypted, so that no key is needed, and hold no personal words; a
// case that continued as new has a file for each run (NAME.1.json, …).

// recordings are the files of a folder of testdata/replay; "*" is all folders.
func recordings(t *testing.T, folder string) []string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join("testdata", "replay", folder, "*.json"))
	require.NoError(t, err)
	return files
}

func readHistory(t *testing.T, file string) *historypb.History {
	t.Helper()
	f, err := os.Open(file)
	require.NoError(t, err)
	defer func() { _ = f.Close() }()
	h, err := client.HistoryFromJSON(f, client.HistoryJSONOptions{})
	require.NoError(t, err)
	require.NotEmpty(t, h.GetEvents())
	return h
}

func TestReplay(t *testing.T) {
	files := recordings(t, "*")
	require.NotEmpty(t, files, "there is nothing to replay")
	for _, file := range files {
		name, err := filepath.Rel(filepath.Join("testdata", "replay"), file)
		require.NoError(t, err)
		t.Run(filepath.ToSlash(name), func(t *testing.T) {
			h := readHistory(t, file)
			var seen activitiesSeen
			replayer, err := sdkworker.NewWorkflowReplayerWithOptions(sdkworker.WorkflowReplayerOptions{
				DataConverter: converter.GetDefaultDataConverter(), // as the codec's, with nothing sealed
				Interceptors:  []interceptor.WorkerInterceptor{&worker.Interceptor{}, &seen},
			})
			require.NoError(t, err)
			workflows.Register(replayer)
			started := h.GetEvents()[0].GetWorkflowExecutionStartedEventAttributes()
			err = replayer.ReplayWorkflowHistoryWithOptions(log.NewStructuredLogger(slog.New(slog.DiscardHandler)), h, sdkworker.ReplayWorkflowHistoryOptions{
				// a case checks that it is its own workflow, and writes by its run
				OriginalExecution: workflow.Execution{ID: started.GetWorkflowId(), RunID: started.GetOriginalExecutionRunId()},
			})
			require.NoError(t, err)
			assert.Equal(t, activitiesOf(t, h), seen.list, "the same activities, but for other facts")
		})
	}
}

// did is what an activity was asked for: a change that Record was to write, or
// no more than its name. Temporal compares types only, and nearly every activity
// of a case is Record: two steps that change places would pass for each other.
type did struct {
	Activity string
	Event    station.EventKind
	Stage    station.Stage
	Task     string
	Act      string
}

func factsOf(name string, changes []station.Change) (list []did) {
	if len(changes) == 0 {
		return []did{{Activity: name}}
	}
	for _, ch := range changes {
		list = append(list, did{name, ch.Event, ch.Standing.Stage, ch.Task, ch.Act})
	}
	return list
}

func activitiesOf(t *testing.T, h *historypb.History) (list []did) {
	t.Helper()
	for _, e := range h.GetEvents() {
		if e.GetEventType() != enumspb.EVENT_TYPE_ACTIVITY_TASK_SCHEDULED {
			continue
		}
		a := e.GetActivityTaskScheduledEventAttributes()
		var changes []station.Change
		if a.GetActivityType().GetName() == "Record" {
			require.NoError(t, json.Unmarshal(a.GetInput().GetPayloads()[0].GetData(), &changes))
		}
		list = append(list, factsOf(a.GetActivityType().GetName(), changes)...)
	}
	return list
}

// activitiesSeen notes what activities a replay asks for.
type activitiesSeen struct {
	interceptor.WorkerInterceptorBase
	list []did
}

func (s *activitiesSeen) InterceptWorkflow(_ workflow.Context, next interceptor.WorkflowInboundInterceptor) interceptor.WorkflowInboundInterceptor {
	return &inbound{interceptor.WorkflowInboundInterceptorBase{Next: next}, s}
}

type inbound struct {
	interceptor.WorkflowInboundInterceptorBase
	seen *activitiesSeen
}

func (i *inbound) Init(next interceptor.WorkflowOutboundInterceptor) error {
	return i.Next.Init(&outbound{interceptor.WorkflowOutboundInterceptorBase{Next: next}, i.seen})
}

type outbound struct {
	interceptor.WorkflowOutboundInterceptorBase
	seen *activitiesSeen
}

func (o *outbound) ExecuteActivity(ctx workflow.Context, name string, args ...any) workflow.Future {
	var changes []station.Change
	if len(args) > 0 {
		changes, _ = args[0].([]station.Change)
	}
	o.seen.list = append(o.seen.list, factsOf(name, changes)...)
	return o.Next.ExecuteActivity(ctx, name, args...)
}
