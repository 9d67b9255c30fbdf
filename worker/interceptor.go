package worker

import (
	"context"
	"errors"

	"go.temporal.io/sdk/interceptor"
	"go.temporal.io/sdk/temporal"

	"wutong/station"
)

// Interceptor turns the domain's errors into Temporal's: their type is a word
// (the error's key), and a broken rule is not retried.
type Interceptor struct {
	interceptor.WorkerInterceptorBase
}

// InterceptActivity wraps an activity.
func (*Interceptor) InterceptActivity(_ context.Context, next interceptor.ActivityInboundInterceptor) interceptor.ActivityInboundInterceptor {
	return &activityErrors{interceptor.ActivityInboundInterceptorBase{Next: next}}
}

type activityErrors struct {
	interceptor.ActivityInboundInterceptorBase
}

func (a *activityErrors) ExecuteActivity(ctx context.Context, in *interceptor.ExecuteActivityInput) (any, error) {
	answer, err := a.Next.ExecuteActivity(ctx, in)
	e, ok := errors.AsType[*station.Error](err)
	if !ok {
		return answer, err
	}
	switch e.Code {
	case station.Invalid, station.Conflict, station.NotFound:
		return nil, temporal.NewNonRetryableApplicationError(e.Message, e.Key, nil)
	default:
		return nil, temporal.NewApplicationError(e.Message, e.Key)
	}
}
