package workflows

import (
	"time"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"wutong/activities"
	"wutong/workflows/step"
)

// mailRounds is how many activities a run of Mail makes before the next run.
const mailRounds = 200

// Mail sends the mails that cases queue, for ever: one activity after the
// other, each for about a minute. It is apart from the cases because their last
// mails go out after their end, and because a failed mail never stops a case.
func Mail(ctx workflow.Context) error {
	var post *activities.Post
	ctx = workflow.WithActivityOptions(ctx, workflow.ActivityOptions{
		TaskQueue:           step.MailQueue,
		StartToCloseTimeout: 5 * time.Minute,
		HeartbeatTimeout:    10 * time.Second,
		Summary:             "Send mails",
		RetryPolicy:         &temporal.RetryPolicy{InitialInterval: time.Second, MaximumInterval: 15 * time.Second},
	})
	for range mailRounds {
		if err := workflow.ExecuteActivity(ctx, post.Deliver).Get(ctx, nil); err != nil {
			return err
		}
	}
	return workflow.NewContinueAsNewError(ctx, "mail")
}

// Sweep does again what was not done because something was away. A schedule
// runs it each minute.
func Sweep(ctx workflow.Context) (activities.Swept, error) {
	var upkeep *activities.Upkeep
	ctx = workflow.WithActivityOptions(ctx, workflow.ActivityOptions{
		TaskQueue:           step.RecordsQueue,
		StartToCloseTimeout: time.Minute,
		Summary:             "Do again what was not done",
		RetryPolicy:         &temporal.RetryPolicy{MaximumAttempts: 1}, // the next sweep is the next attempt
	})
	var did activities.Swept
	err := workflow.ExecuteActivity(ctx, upkeep.Sweep).Get(ctx, &did)
	return did, err
}
