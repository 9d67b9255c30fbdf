package temporald

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"sync"
	"time"

	"go.temporal.io/server/common/config"
	"go.temporal.io/server/common/dynamicconfig"
	"go.temporal.io/server/common/log"
	"go.temporal.io/server/temporal"
	"wutong/store/pgserver"

	"wutong/deploy/dev/ports"
)

// Config says where the server keeps its data and how it runs.
type Config struct {
	// Postgres is where the data is; it must run while the server does.
	Postgres *pgserver.Server
	// Port is the frontend's port on 127.0.0.1. 0: a free one, which stays the same over Stop and Start.
	Port int
	// Namespace is registered at first start, with the search attributes.
	Namespace string
	// LogFile receives warnings and errors. Empty: nowhere.
	LogFile string
	// DynamicConfig overrides the server's settings by their names, such as "limit.historyCount.suggestContinueAsNew".
	DynamicConfig map[string]any
}

// Server is a Temporal server that can be started and stopped, repeatedly. Its methods are safe for concurrent use.
type Server struct {
	cfg    Config
	logger log.Logger

	mu      sync.Mutex
	running temporal.Server // nil when stopped
}

// New prepares a server and starts nothing.
func New(ctx context.Context, cfg Config) (*Server, error) {
	if cfg.Port == 0 {
		free, err := ports.Free(ctx, 1)
		if err != nil {
			return nil, err
		}
		cfg.Port = free[0]
	}
	return &Server{cfg: cfg, logger: newLogger(cfg.LogFile)}, nil
}

func newLogger(file string) log.Logger {
	if file == "" {
		return log.NewNoopLogger()
	}
	return log.NewZapLogger(log.BuildZapLogger(log.Config{Level: "warn", OutputFile: file}))
}

// Address is the frontend's host and port.
func (s *Server) Address() string { return ports.Loopback(s.cfg.Port) }

// Namespace is the namespace that Start registers.
func (s *Server) Namespace() string { return s.cfg.Namespace }

// Start creates the databases and their schema if need be, starts the server, registers the namespace and its search
// attributes, and returns when workflows can be started. Over existing data it takes about two seconds.
func (s *Server) Start(ctx context.Context) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.running != nil {
		return errors.New("this Temporal server runs already")
	}
	if err := s.prepareDatabases(ctx); err != nil {
		return err
	}
	server, err := s.launch(ctx)
	if err != nil {
		return err
	}
	if err := s.register(ctx); err != nil {
		return errors.Join(err, server.Stop())
	}
	s.running = server
	return nil
}

// Stop ends the server. It is safe to call when it does not run.
func (s *Server) Stop() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.running == nil {
		return nil
	}
	err := s.running.Stop()
	s.running = nil
	if err != nil {
		return fmt.Errorf("stop the Temporal server: %w", err)
	}
	return nil
}

func (s *Server) launch(ctx context.Context) (temporal.Server, error) {
	internal, err := ports.Free(ctx, internalPorts)
	if err != nil {
		return nil, err
	}
	cfg, hosts := serverConfig(s.cfg, internal)
	settings := dynamicconfig.StaticClient{}
	maps.Copy(settings, defaultSettings())
	for name, value := range s.cfg.DynamicConfig {
		settings[dynamicconfig.MakeKey(name)] = value
	}
	server, err := temporal.NewServer(
		temporal.WithConfig(cfg),
		temporal.ForServices(temporal.DefaultServices),
		temporal.WithStaticHosts(hosts),
		temporal.WithLogger(s.logger),
		temporal.WithDynamicConfigClient(settings),
	)
	if err != nil {
		return nil, fmt.Errorf("prepare the Temporal server: %w", err)
	}
	if err := server.Start(); err != nil {
		return nil, errors.Join(fmt.Errorf("start the Temporal server: %w", err), server.Stop())
	}
	return server, nil
}

// sqlConfig is how the server reaches one of its databases.
func (c Config) sqlConfig(database string) *config.SQL {
	return &config.SQL{
		PluginName:      "postgres12_pgx", // measurably quicker than postgres12
		DatabaseName:    database,
		ConnectAddr:     ports.Loopback(c.Postgres.Port()),
		ConnectProtocol: "tcp",
		User:            c.Postgres.User(),
		Password:        c.Postgres.Password(),
		MaxConns:        20,
		MaxIdleConns:    20,
		MaxConnLifetime: time.Hour,
	}
}
