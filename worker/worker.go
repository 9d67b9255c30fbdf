package worker

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/interceptor"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"

	"wutong/activities"
	"wutong/workflows"
	"wutong/workflows/step"
)

// Deployment is the name under which all builds of the workers are known.
const Deployment = "wutong"

// stopPatience is how long a stopping worker waits for running activities.
const stopPatience = 20 * time.Second

// Options are what the workers work with.
type Options struct {
	Client  client.Client
	Records *activities.Records
	Post    *activities.Post
	Upkeep  *activities.Upkeep
	Log     *slog.Logger
	// BuildID names the build. Open cases move on to a new build as soon as it
	// is made the current one; workflow.GetVersion keeps what they have done.
	// Without a build ID, the workers are not versioned.
	BuildID string
	// Promote makes this build the current one when its workers have started.
	Promote bool
}

// Workers are the workers of one process: one per queue.
type Workers struct {
	o    Options
	list []worker.Worker
}

// New builds the workers; nothing runs yet.
func New(o Options) *Workers {
	w := &Workers{o: o}
	cases := w.add(step.CasesQueue, worker.Options{
		// A fixed number of pollers would ask for nothing but what their own worker has in its cache as long as there is any: new
		// cases, and those of a worker that was killed, would wait for minutes.
		WorkflowTaskPollerBehavior: worker.NewPollerBehaviorAutoscaling(worker.PollerBehaviorAutoscalingOptions{
			InitialNumberOfPollers: 8, MinimumNumberOfPollers: 2, MaximumNumberOfPollers: 16,
		}),
		MaxConcurrentActivityExecutionSize: 64, MaxConcurrentActivityTaskPollers: 8,
	})
	workflows.Register(cases)
	cases.RegisterActivity(o.Records)
	records := w.add(step.RecordsQueue, worker.Options{DisableWorkflowWorker: true, MaxConcurrentActivityExecutionSize: 64})
	records.RegisterActivity(o.Records) // what builds before this one have scheduled
	records.RegisterActivity(o.Upkeep)
	w.add(step.MailQueue, worker.Options{DisableWorkflowWorker: true, MaxConcurrentActivityExecutionSize: 4}).RegisterActivity(o.Post)
	return w
}

func (w *Workers) add(queue string, o worker.Options) worker.Worker {
	o.WorkerStopTimeout = stopPatience
	o.Interceptors = []interceptor.WorkerInterceptor{&Interceptor{}}
	if w.o.BuildID != "" {
		o.DeploymentOptions = worker.DeploymentOptions{
			UseVersioning:             true,
			Version:                   worker.WorkerDeploymentVersion{DeploymentName: Deployment, BuildID: w.o.BuildID},
			DefaultVersioningBehavior: workflow.VersioningBehaviorAutoUpgrade,
		}
	}
	made := worker.New(w.o.Client, queue, o)
	w.list = append(w.list, made)
	return made
}

// Run works until ctx ends; then it takes nothing new, and waits for what runs.
func (w *Workers) Run(ctx context.Context) error {
	for i, x := range w.list {
		if err := x.Start(); err != nil {
			w.stop(w.list[:i])
			return fmt.Errorf("start the workers: %w", err)
		}
	}
	w.o.Log.InfoContext(ctx, "workers started", "build", w.o.BuildID)
	w.prepare(ctx)
	<-ctx.Done()
	w.stop(w.list)
	return nil
}

func (w *Workers) stop(list []worker.Worker) {
	done := make(chan struct{})
	for _, x := range list {
		go func() { x.Stop(); done <- struct{}{} }()
	}
	for range list {
		<-done
	}
}

// prepare makes this build the current one, if it is to be, and sees to it that
// what runs beside the cases runs. It goes on until it has succeeded.
func (w *Workers) prepare(ctx context.Context) {
	for _, do := range []func(context.Context) error{w.promote, w.startMail, w.schedule} {
		for wait := 200 * time.Millisecond; ; wait = min(2*wait, 10*time.Second) {
			err := do(ctx)
			if err == nil || ctx.Err() != nil {
				break
			}
			if wait > time.Second {
				w.o.Log.WarnContext(ctx, "not prepared yet", "error", err)
			}
			select {
			case <-time.After(wait): //nolint:forbidigo // a pause between attempts, outside workflows
			case <-ctx.Done():
			}
		}
	}
}

func (w *Workers) promote(ctx context.Context) error {
	if !w.o.Promote || w.o.BuildID == "" {
		return nil
	}
	_, err := w.o.Client.WorkerDeploymentClient().GetHandle(Deployment).SetCurrentVersion(ctx, client.WorkerDeploymentSetCurrentVersionOptions{
		BuildID: w.o.BuildID, IgnoreMissingTaskQueues: true,
	})
	if err != nil {
		return fmt.Errorf("make build %s the current one: %w", w.o.BuildID, err)
	}
	w.o.Log.InfoContext(ctx, "build is the current one", "build", w.o.BuildID)
	return nil
}

func (w *Workers) startMail(ctx context.Context) error {
	_, err := w.o.Client.ExecuteWorkflow(ctx, client.StartWorkflowOptions{
		ID: "mail", TaskQueue: step.CasesQueue, StaticSummary: "Sends the mails that cases queue",
	}, "mail")
	if _, ok := errors.AsType[*serviceerror.WorkflowExecutionAlreadyStarted](err); ok {
		return nil
	}
	return err
}

func (w *Workers) schedule(ctx context.Context) error {
	_, err := w.o.Client.ScheduleClient().Create(ctx, client.ScheduleOptions{
		ID:   "sweep",
		Spec: client.ScheduleSpec{Intervals: []client.ScheduleIntervalSpec{{Every: time.Minute}}},
		Action: &client.ScheduleWorkflowAction{
			ID: "sweep", Workflow: "sweep", TaskQueue: step.CasesQueue, WorkflowRunTimeout: 5 * time.Minute,
		},
		CatchupWindow: time.Minute,
	})
	if errors.Is(err, temporal.ErrScheduleAlreadyRunning) {
		return nil
	}
	return err
}
