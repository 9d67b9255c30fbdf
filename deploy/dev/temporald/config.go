package temporald

import (
	"time"

	"go.temporal.io/server/common/cluster"
	"go.temporal.io/server/common/config"
	"go.temporal.io/server/common/dynamicconfig"
	"go.temporal.io/server/common/membership/static"
	"go.temporal.io/server/common/primitives"

	"wutong/deploy/dev/ports"
)

const (
	// mainDatabase and visibilityDatabase are the names of the server's two databases.
	mainDatabase, visibilityDatabase = "temporal", "temporal_visibility"
	// historyShards can never change once there is data. More than one lets cases run side by side.
	historyShards = 4
	// internalPorts is how many ports the services need among themselves, besides the frontend's.
	internalPorts = 3
	// plenty lifts a rate limit that protects shared clusters; here it would be measured instead of the system.
	plenty = 100_000
	// pollsPerSecond lets tasks be picked up at once: the default of 20 a second makes every step wait.
	pollsPerSecond = 2000
	// timerShift bounds how late a timer fires.
	timerShift = 100 * time.Millisecond
)

// serverConfig puts all four services in one process, on loopback.
func serverConfig(c Config, internal []int) (*config.Config, map[primitives.ServiceName]static.Hosts) {
	servicePorts := map[primitives.ServiceName]int{
		primitives.FrontendService: c.Port,
		primitives.HistoryService:  internal[0],
		primitives.MatchingService: internal[1],
		primitives.WorkerService:   internal[2],
	}
	services := make(map[string]config.Service, len(servicePorts))
	hosts := make(map[primitives.ServiceName]static.Hosts, len(servicePorts))
	for name, port := range servicePorts {
		services[string(name)] = config.Service{RPC: config.RPC{GRPCPort: port, BindOnIP: "127.0.0.1"}}
		hosts[name] = static.SingleLocalHost(ports.Loopback(port))
	}
	return &config.Config{
		Global:              config.Global{Membership: config.Membership{MaxJoinDuration: 5 * time.Second}},
		Persistence:         persistence(c),
		Services:            services,
		DCRedirectionPolicy: config.DCRedirectionPolicy{Policy: "noop"},
		PublicClient:        config.PublicClient{HostPort: ports.Loopback(c.Port)},
		Archival: config.Archival{
			History:    config.HistoryArchival{State: "disabled"},
			Visibility: config.VisibilityArchival{State: "disabled"},
		},
		NamespaceDefaults: config.NamespaceDefaults{Archival: config.ArchivalNamespaceDefaults{
			History:    config.HistoryArchivalNamespaceDefaults{State: "disabled"},
			Visibility: config.VisibilityArchivalNamespaceDefaults{State: "disabled"},
		}},
		ClusterMetadata: &cluster.Config{
			FailoverVersionIncrement: 10,
			MasterClusterName:        "active",
			CurrentClusterName:       "active",
			ClusterInformation: map[string]cluster.ClusterInformation{
				"active": {Enabled: true, InitialFailoverVersion: 1, RPCAddress: ports.Loopback(c.Port)},
			},
		},
	}, hosts
}

func persistence(c Config) config.Persistence {
	return config.Persistence{
		DefaultStore:     mainDatabase,
		VisibilityStore:  visibilityDatabase,
		NumHistoryShards: historyShards,
		DataStores: map[string]config.DataStore{
			mainDatabase:       {SQL: c.sqlConfig(mainDatabase)},
			visibilityDatabase: {SQL: c.sqlConfig(visibilityDatabase)},
		},
	}
}

// defaultSettings are the settings that differ from the server's own. Worker deployments need none: they are on.
func defaultSettings() map[dynamicconfig.Key]any {
	settings := make(map[dynamicconfig.Key]any)
	for _, name := range []string{
		"history.transferProcessorMaxPollRPS", "history.timerProcessorMaxPollRPS",
		"history.visibilityProcessorMaxPollRPS", "history.outboundProcessorMaxPollRPS",
	} {
		settings[dynamicconfig.MakeKey(name)] = pollsPerSecond
	}
	for _, name := range []string{
		"frontend.rps", "frontend.namespaceRPS", "frontend.namespaceRPS.visibility",
		"frontend.rps.namespaceReplicationInducingAPIs", "frontend.namespaceRPS.namespaceReplicationInducingAPIs",
		"frontend.globalNamespaceRPS.namespaceReplicationInducingAPIs", "frontend.globalNamespaceWorkerDeploymentReadRPS",
		"history.rps", "matching.rps",
		"frontend.persistenceMaxQPS", "history.persistenceMaxQPS", "matching.persistenceMaxQPS", "worker.persistenceMaxQPS",
		"system.visibilityPersistenceMaxReadQPS", "system.visibilityPersistenceMaxWriteQPS",
	} {
		settings[dynamicconfig.MakeKey(name)] = plenty
	}
	// A worker that stops tells the server to cancel its polls; without it a task may go to a worker that has left and
	// wait for its timeout.
	settings[dynamicconfig.MakeKey("frontend.enableCancelWorkerPollsOnShutdown")] = true
	// Timers fire this much late: the default of a second allows for machines whose clocks differ, and there is only one.
	settings[dynamicconfig.MakeKey("history.timerProcessorMaxTimeShift")] = timerShift
	// What Start registers is seen by every service this much later.
	settings[dynamicconfig.MakeKey("system.namespaceCacheRefreshInterval")] = cacheRefresh
	return settings
}
