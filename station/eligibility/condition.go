package eligibility

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common/ast"
	"cel.dev/cel-go/common/types"
)

const (
	longest  = 2000   // an expression, in characters
	dearest  = 10_000 // an evaluation, in CEL's units
	deepest  = 50     // parentheses within parentheses
	tooLarge = "the condition is longer than 2000 characters"
)

// Condition is an expression that is true of who is eligible. It is safe for
// concurrent use.
type Condition struct {
	program cel.Program
	looksAt []field // by path
}

// Error says where an expression cannot be read, and why in the compiler's
// words. Lines and columns count from 1.
type Error struct {
	Line, Column int
	Message      string
}

func (e *Error) Error() string { return fmt.Sprintf("%d:%d: %s", e.Line, e.Column, e.Message) }

// Answer is what a condition says of an application.
type Answer struct {
	Passed bool
	// Saw are the facts that the condition names, as JSON has them: numbers,
	// texts, true or false, and dates as 2026-03-01.
	Saw map[string]any
	// Err is why there is no answer: then the condition is not met.
	Err error
}

// compiled are the conditions that were read before, by their text.
var compiled sync.Map

// Compile reads an expression, each once. What is wrong with it is an [Error].
func Compile(expression string) (*Condition, error) {
	if c, ok := compiled.Load(expression); ok {
		return c.(*Condition), nil
	}
	c, err := compile(expression)
	if err != nil {
		return nil, err
	}
	kept, _ := compiled.LoadOrStore(expression, c)
	return kept.(*Condition), nil
}

func compile(expression string) (*Condition, error) {
	if len([]rune(expression)) > longest {
		return nil, &Error{Line: 1, Column: longest + 1, Message: tooLarge}
	}
	env := environment()
	checked, issues := env.Compile(expression)
	if issues.Err() != nil {
		return nil, first(issues)
	}
	tree := checked.NativeRep()
	if checked.OutputType() != cel.BoolType {
		return nil, at(tree, tree.Expr().ID(), "is of type %s, and neither true nor false", cel.FormatCELType(checked.OutputType()))
	}
	looksAt, err := selected(tree)
	if err != nil {
		return nil, err
	}
	program, err := env.Program(checked, cel.CostLimit(dearest))
	if err != nil {
		return nil, &Error{Line: 1, Column: 1, Message: err.Error()}
	}
	return &Condition{program: program, looksAt: looksAt}, nil
}

// environment is what conditions are compiled in. It can fail only if it was
// built broken, which every test would say.
var environment = sync.OnceValue(func() *cel.Env {
	options := []cel.EnvOption{
		cel.ClearMacros(), cel.Macros(cel.HasMacro), // no loops
		cel.CrossTypeNumericComparisons(true), // team.share >= 30
		cel.DefaultUTCTimeZone(false),         // today.getFullYear() is the year in China
		cel.ParserRecursionLimit(deepest),
		cel.ASTValidators(cel.ValidateTimestampLiterals(), cel.ValidateDurationLiterals(), cel.ValidateRegexLiterals()),
		cel.CustomTypeProvider(shape{types.NewEmptyRegistry()}),
		cel.Lib(calendar{}),
	}
	for _, f := range fields {
		if !strings.Contains(f.path, ".") {
			options = append(options, cel.Variable(f.path, f.typ))
		}
	}
	for object := range objects {
		options = append(options, cel.Variable(object, cel.ObjectType(typeOf(object))))
	}
	env, err := cel.NewEnv(options...)
	if err != nil {
		panic(fmt.Sprintf("build what conditions are compiled in: %v", err))
	}
	return env
})

// selected are the facts that an expression names. An object as a whole is none.
func selected(tree *ast.AST) ([]field, error) {
	var all []field
	for _, e := range ast.MatchDescendants(ast.NavigateAST(tree), ast.KindMatcher(ast.IdentKind)) {
		path := e.AsIdent()
		if objects[path] != nil {
			parent, ok := e.Parent()
			if !ok || parent.Kind() != ast.SelectKind {
				return nil, at(tree, e.ID(), "%s is no value: name one of its fields", path)
			}
			path += "." + parent.AsSelect().FieldName()
		}
		if f, ok := byPath[path]; ok && !slices.ContainsFunc(all, func(g field) bool { return g.path == path }) {
			all = append(all, f)
		}
	}
	return all, nil
}

// first is the first of what the compiler found, as one reads.
func first(issues *cel.Issues) *Error {
	var all []*Error
	for _, e := range issues.Errors() {
		all = append(all, &Error{Line: max(e.Location.Line(), 1), Column: max(e.Location.Column(), 0) + 1, Message: e.Message})
	}
	return slices.MinFunc(all, func(a, b *Error) int {
		if a.Line != b.Line {
			return a.Line - b.Line
		}
		return a.Column - b.Column
	})
}

func at(tree *ast.AST, id int64, format string, args ...any) *Error {
	l := tree.SourceInfo().GetStartLocation(id)
	return &Error{Line: max(l.Line(), 1), Column: max(l.Column(), 0) + 1, Message: fmt.Sprintf(format, args...)}
}

// errNoAnswer is what CEL should never say of a checked condition.
var errNoAnswer = errors.New("neither true nor false")

// Evaluate answers the condition. What cannot be worked out, or costs too much,
// is not met.
func (c *Condition) Evaluate(facts *Facts) Answer {
	a := Answer{Saw: make(map[string]any, len(c.looksAt))}
	for _, f := range c.looksAt {
		a.Saw[f.path] = f.shown(facts)
	}
	out, _, err := c.program.Eval(facts)
	if err != nil {
		a.Err = err
		return a
	}
	passed, ok := out.Value().(bool)
	if !ok {
		a.Err = errNoAnswer
	}
	a.Passed = passed && ok
	return a
}
