package temporald

import (
	"context"
	"fmt"

	_ "go.temporal.io/server/common/persistence/sql/sqlplugin/postgresql" // registers the plugin
	v12 "go.temporal.io/server/schema/postgresql/v12"
	"go.temporal.io/server/tools/common/schema"
	"go.temporal.io/server/tools/sql"
	"golang.org/x/sync/errgroup"
)

// prepareDatabases creates both databases and brings their schema to this server's version.
func (s *Server) prepareDatabases(ctx context.Context) error {
	var group errgroup.Group
	for _, d := range []struct{ name, schema, version string }{
		{mainDatabase, "postgresql/v12/temporal", v12.Version},
		{visibilityDatabase, "postgresql/v12/visibility", v12.VisibilityVersion},
	} {
		group.Go(func() error {
			if err := s.cfg.Postgres.CreateDatabase(ctx, d.name); err != nil {
				return err
			}
			return s.prepareSchema(d.name, d.schema, d.version)
		})
	}
	return group.Wait()
}

// prepareSchema does what the commands setup-schema and update-schema of temporal-sql-tool do. It calls what is behind
// them: the tool itself exits the process when it fails. Each step can be repeated after one that was cut short.
func (s *Server) prepareSchema(database, name, version string) error {
	conn, err := sql.NewConnection(s.cfg.sqlConfig(database), s.logger)
	if err != nil {
		return fmt.Errorf("connect to the database %s: %w", database, err)
	}
	defer conn.Close()
	current, err := conn.ReadSchemaVersion()
	if err == nil && current == version {
		return nil
	}
	if err != nil {
		if err := schema.NewSetupSchemaTask(conn, &schema.SetupConfig{InitialVersion: "0.0"}, s.logger).Run(); err != nil {
			return fmt.Errorf("set up the schema of the database %s: %w", database, err)
		}
	}
	if err := schema.NewUpdateSchemaTask(conn, &schema.UpdateConfig{SchemaName: name}, s.logger).Run(); err != nil {
		return fmt.Errorf("update the schema of the database %s: %w", database, err)
	}
	return nil
}
