package workflows_test

import (
	"encoding/json"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	enumspb "go.temporal.io/api/enums/v1"
	sdkworker "go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"

	"wutong/station"
	"wutong/station/locale"
	"wutong/workflows"
)

// TestRegistry_KnowsAllOfEveryProcess fails when a process of the station lacks
// its workflow, a word in either language, or a history to replay.
func TestRegistry_KnowsAllOfEveryProcess(t *testing.T) {
	require.NotEmpty(t, station.Processes)
	for kind, p := range station.Processes {
		t.Run(string(kind), func(t *testing.T) {
			assert.Equal(t, kind, p.Kind)
			for _, lack := range lacks(t, p) {
				t.Error(lack)
			}
		})
	}
	for kind := range workflows.Processes {
		assert.Contains(t, station.Processes, kind, "a workflow of no process")
	}
}

// What the registry test would say of a process that somebody began to add.
func TestRegistry_NoticesWhatIsMissing(t *testing.T) {
	all := lacks(t, station.Process{Kind: "visit", Stages: []station.Stage{station.StageReview, "itinerary"}})
	for _, want := range []string{
		"no workflow is registered as visit", "no file visit.go", "no words for kind.visit in zh-CN", "no words for kind.visit in en",
		"no words for stage.itinerary in zh-CN", "no words for stage.itinerary in en", "no history in testdata/replay/visit",
	} {
		assert.Contains(t, all, want)
	}
	assert.NotContains(t, all, "no words for stage.review in en")
}

// lacks lists what a process lacks.
func lacks(t *testing.T, p station.Process) (list []string) {
	t.Helper()
	complain := func(format string, args ...any) { list = append(list, fmt.Sprintf(format, args...)) }
	if !slices.Contains(registered(), string(p.Kind)) {
		complain("no workflow is registered as %s", p.Kind)
	}
	source := string(p.Kind) + ".go"
	if found, err := filepath.Glob(source); err != nil || len(found) == 0 {
		complain("no file %s", source)
	}
	words := map[string]bool{"kind." + string(p.Kind): true}
	for _, s := range p.Stages {
		words["stage."+string(s)] = true
	}
	maps.Copy(words, wordsOfSource(t, source, filepath.Join("step", "*.go")))
	files := recordings(t, string(p.Kind))
	if len(files) == 0 {
		complain("no history in testdata/replay/%s", p.Kind)
	}
	for _, file := range files {
		for _, s := range recorded(t, file, words) {
			if !slices.Contains(p.Stages, s) {
				complain("%s comes to the stage %s, which is not among those of %s", filepath.Base(file), s, p.Kind)
			}
		}
	}
	for _, key := range slices.Sorted(maps.Keys(words)) {
		for _, lang := range locale.Languages {
			if locale.T(lang, key) == key {
				complain("no words for %s in %s", key, lang)
			}
		}
	}
	return list
}

// names collects the names that are registered.
type names struct {
	sdkworker.WorkflowRegistry
	list []string
}

func (n *names) RegisterWorkflowWithOptions(_ any, o workflow.RegisterOptions) {
	n.list = append(n.list, o.Name)
}

func registered() []string {
	var n names
	workflows.Register(&n)
	return n.list
}

// families are where the words of a type of constants are.
var families = map[string]string{
	"Kind": "kind", "Stage": "stage", "Status": "status", "EventKind": "event", "Reason": "reason",
	"TaskKind": "task", "TaskStatus": "taskstatus", "Verdict": "verdict", "Role": "role", "Party": "party",
}

// wordsOfSource are the keys of station's constants that files speak of.
func wordsOfSource(t *testing.T, patterns ...string) map[string]bool {
	t.Helper()
	keys, used := keysOfConstants(t), map[string]bool{}
	for _, pattern := range patterns {
		each(t, pattern, func(f *ast.File) {
			ast.Inspect(f, func(n ast.Node) bool {
				if s, ok := n.(*ast.SelectorExpr); ok {
					if x, ok := s.X.(*ast.Ident); ok && x.Name == "station" && keys[s.Sel.Name] != "" {
						used[keys[s.Sel.Name]] = true
					}
				}
				return true
			})
		})
	}
	return used
}

// keysOfConstants are the keys of station's constants, by their names.
func keysOfConstants(t *testing.T) map[string]string {
	t.Helper()
	keys := map[string]string{}
	each(t, filepath.Join("..", "station", "*.go"), func(f *ast.File) {
		ast.Inspect(f, func(n ast.Node) bool {
			spec, ok := n.(*ast.ValueSpec)
			if !ok {
				return true
			}
			typ, ok := spec.Type.(*ast.Ident)
			if !ok || families[typ.Name] == "" {
				return true
			}
			for i, v := range spec.Values {
				if lit, ok := v.(*ast.BasicLit); ok && lit.Kind == token.STRING {
					value, err := strconv.Unquote(lit.Value)
					require.NoError(t, err)
					keys[spec.Names[i].Name] = families[typ.Name] + "." + value
				}
			}
			return true
		})
	})
	require.NotEmpty(t, keys)
	return keys
}

func each(t *testing.T, pattern string, do func(*ast.File)) {
	t.Helper()
	found, err := filepath.Glob(pattern)
	require.NoError(t, err)
	for _, name := range found {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		f, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.SkipObjectResolution)
		require.NoError(t, err)
		do(f)
	}
}

// recorded adds the keys of what a history has put on record, and returns the
// stages that it came to.
func recorded(t *testing.T, file string, words map[string]bool) (stages []station.Stage) {
	t.Helper()
	add := func(family, value string) {
		if value != "" {
			words[family+"."+value] = true
		}
	}
	for _, e := range readHistory(t, file).GetEvents() {
		a := e.GetActivityTaskScheduledEventAttributes()
		if e.GetEventType() != enumspb.EVENT_TYPE_ACTIVITY_TASK_SCHEDULED || a.GetActivityType().GetName() != "Record" {
			continue
		}
		var changes []station.Change
		require.NoError(t, json.Unmarshal(a.GetInput().GetPayloads()[0].GetData(), &changes))
		for _, ch := range changes {
			stages = append(stages, ch.Standing.Stage)
			add("event", string(ch.Event))
			add("stage", string(ch.Standing.Stage))
			add("status", string(ch.Standing.Status))
			add("reason", string(ch.Standing.Reason))
			for _, s := range ch.Settle {
				add("reason", string(s.Reason))
			}
			for _, s := range ch.Open {
				add("task", string(s.Kind))
				add("role", string(s.Role))
				party, _, _ := strings.Cut(string(s.Party), ".") // of several, they have one name
				add("party", party)
			}
			for _, end := range ch.Close {
				add("taskstatus", string(end.Status))
			}
		}
	}
	return stages
}
