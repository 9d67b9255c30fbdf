package api

import (
	"maps"
	"slices"

	"github.com/danielgtaylor/huma/v2"

	"wutong/station"
)

// The codes that a query can ask for. Their values come from the station, so
// that a new process needs no change here.
type (
	kindCode     string
	stageCode    string
	statusCode   string
	taskKindCode string
)

// Schema lists the processes.
func (kindCode) Schema(huma.Registry) *huma.Schema {
	return oneOf(slices.Sorted(maps.Keys(station.Processes)))
}

// Schema lists the stages of all processes.
func (stageCode) Schema(huma.Registry) *huma.Schema {
	var stages []station.Stage
	for _, kind := range slices.Sorted(maps.Keys(station.Processes)) {
		for _, s := range station.Processes[kind].Stages {
			if !slices.Contains(stages, s) {
				stages = append(stages, s)
			}
		}
	}
	return oneOf(stages)
}

// Schema lists the statuses of a case.
func (statusCode) Schema(huma.Registry) *huma.Schema {
	return oneOf(station.Statuses)
}

// Schema lists the kinds of task.
func (taskKindCode) Schema(huma.Registry) *huma.Schema {
	return oneOf(station.TaskKinds)
}

func oneOf[S ~string](values []S) *huma.Schema {
	s := &huma.Schema{Type: huma.TypeString}
	for _, v := range values {
		s.Enum = append(s.Enum, string(v)) // the validator compares plain strings
	}
	return s
}
