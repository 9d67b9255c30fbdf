package temporald

import (
	"context"
	"fmt"
	"time"

	"go.temporal.io/api/enums/v1"
	"go.temporal.io/api/operatorservice/v1"
	"go.temporal.io/api/workflowservice/v1"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/durationpb"
)

const (
	// retention is how long a closed case's history stays readable in Temporal; the product's own history is elsewhere.
	retention = 30 * 24 * time.Hour
	// cacheRefresh is how often the services look for changes of namespaces.
	cacheRefresh = 500 * time.Millisecond
	// retryEvery is the pause between two tries while the server is not ready.
	retryEvery = 50 * time.Millisecond
	// registerLimit bounds the wait for a server that never gets ready.
	registerLimit = 30 * time.Second
)

// searchAttributes are what every workflow shows to an operator, whatever its process.
var searchAttributes = map[string]enums.IndexedValueType{
	"Kind":       enums.INDEXED_VALUE_TYPE_KEYWORD,
	"Programme":  enums.INDEXED_VALUE_TYPE_KEYWORD,
	"Branch":     enums.INDEXED_VALUE_TYPE_KEYWORD,
	"Stage":      enums.INDEXED_VALUE_TYPE_KEYWORD,
	"CaseStatus": enums.INDEXED_VALUE_TYPE_KEYWORD,
	"CaseNumber": enums.INDEXED_VALUE_TYPE_KEYWORD,
	"Due":        enums.INDEXED_VALUE_TYPE_DATETIME,
}

// register makes the namespace and its search attributes if they are missing, and returns when all services know them.
func (s *Server) register(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, registerLimit)
	defer cancel()
	conn, err := grpc.NewClient(s.Address(), grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		return fmt.Errorf("connect to the Temporal server: %w", err)
	}
	defer conn.Close()
	workflows, operator := workflowservice.NewWorkflowServiceClient(conn), operatorservice.NewOperatorServiceClient(conn)

	var fresh bool
	if err := untilDone(ctx, func() (err error) {
		fresh, err = s.registerNamespace(ctx, workflows)
		return err
	}); err != nil {
		return fmt.Errorf("register the namespace %s: %w", s.cfg.Namespace, err)
	}
	if err := untilDone(ctx, func() error {
		added, err := s.registerSearchAttributes(ctx, operator)
		fresh = fresh || added
		return err
	}); err != nil {
		return fmt.Errorf("register the search attributes: %w", err)
	}
	if fresh {
		// Each service has its own cache of namespaces and only the frontend's can be asked.
		pause(ctx, 3*cacheRefresh)
	}
	return nil
}

func (s *Server) registerNamespace(ctx context.Context, c workflowservice.WorkflowServiceClient) (added bool, err error) {
	_, err = c.DescribeNamespace(ctx, &workflowservice.DescribeNamespaceRequest{Namespace: s.cfg.Namespace})
	if status.Code(err) != codes.NotFound {
		return false, err
	}
	_, err = c.RegisterNamespace(ctx, &workflowservice.RegisterNamespaceRequest{
		Namespace:                        s.cfg.Namespace,
		WorkflowExecutionRetentionPeriod: durationpb.New(retention),
	})
	return true, err
}

func (s *Server) registerSearchAttributes(ctx context.Context, c operatorservice.OperatorServiceClient) (added bool, err error) {
	there, err := c.ListSearchAttributes(ctx, &operatorservice.ListSearchAttributesRequest{Namespace: s.cfg.Namespace})
	if err != nil {
		return false, err
	}
	missing := make(map[string]enums.IndexedValueType)
	for name, kind := range searchAttributes {
		if _, ok := there.GetCustomAttributes()[name]; !ok {
			missing[name] = kind
		}
	}
	if len(missing) == 0 {
		return false, nil
	}
	_, err = c.AddSearchAttributes(ctx, &operatorservice.AddSearchAttributesRequest{
		Namespace: s.cfg.Namespace, SearchAttributes: missing,
	})
	return true, err
}

// untilDone repeats a call that fails while the server's parts are still finding each other.
func untilDone(ctx context.Context, call func() error) error {
	for {
		err := call()
		if err == nil {
			return nil
		}
		if !pause(ctx, retryEvery) {
			return err
		}
	}
}

// pause waits for d and reports whether ctx still stands.
func pause(ctx context.Context, d time.Duration) bool {
	short, cancel := context.WithTimeout(ctx, d)
	defer cancel()
	<-short.Done()
	return ctx.Err() == nil
}
