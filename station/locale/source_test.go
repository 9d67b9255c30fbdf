package locale_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"reflect"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// source is what the repository's Go files, tests and this package aside, say
// about words. The maps of keys say where each was found.
type source struct {
	literals map[string]bool   // every string
	tags     map[string]bool   // every JSON name of a struct's field
	errors   map[string]string // keys of station.Refuse and station.Error
	rules    map[string]string // rules of station's fields
	spoken   map[string]string // keys of locale.T; one that is put together ends in a dot
}

func readSource(t *testing.T) source {
	t.Helper()
	s := source{map[string]bool{}, map[string]bool{}, map[string]string{}, map[string]string{}, map[string]string{}}
	eachFile(t, filepath.Join("..", ".."), func(set *token.FileSet, f *ast.File) {
		speaks := imports(f, "wutong/station/locale")
		ast.Inspect(f, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.FuncDecl:
				// what add and words are made of is not a use of them
				return n.Recv == nil || n.Name.Name != "add" || f.Name.Name != "station"
			case *ast.ImportSpec:
				return false
			case *ast.BasicLit:
				v, ok := text(n)
				s.literals[v] = s.literals[v] || ok
				if ok && speaks && aKey.MatchString(v) { // in a table of keys
					s.spoken[v] = set.Position(n.Pos()).String()
				}
			case *ast.Field:
				if n.Tag != nil {
					tag, _ := text(n.Tag)
					name, _, _ := strings.Cut(reflect.StructTag(tag).Get("json"), ",")
					s.tags[name] = true
				}
			case *ast.CallExpr:
				s.call(t, n, set.Position(n.Pos()).String())
			case *ast.CompositeLit:
				s.composite(t, n, set.Position(n.Pos()).String())
			case *ast.AssignStmt:
				s.assign(n, set.Position(n.Pos()).String())
			}
			return true
		})
	})
	return s
}

// aKey is what only a key looks like. Not every family is there: "status.x" can
// be other things too.
var aKey = regexp.MustCompile(`^(title|error|reason|rule|link)(\.[a-z_]+)+$`)

func imports(f *ast.File, pkg string) bool {
	for _, i := range f.Imports {
		if v, ok := text(i.Path); ok && v == pkg {
			return true
		}
	}
	return false
}

func (s source) call(t *testing.T, c *ast.CallExpr, where string) {
	t.Helper()
	inStation := filepath.Dir(where) == filepath.Join("..", "..", "station")
	switch name := lastName(c.Fun); {
	case name == "Refuse" && len(c.Args) >= 3:
		if key, ok := text(c.Args[1]); ok {
			s.errors[key] = where
		}
	case name == "add" && len(c.Args) == 3 && inStation:
		s.rule(t, c.Args[2], where)
	case name == "words" && len(c.Args) == 4 && inStation:
		s.rules["required"], s.rules["plain_text"], s.rules["at_most_1_characters"] = where, where, where
	case name == "T" && len(c.Args) >= 2 && qualifier(c.Fun) == "locale":
		if key, ok := leading(c.Args[1]); ok {
			s.spoken[key] = where
		}
	}
}

// composite finds station.Error{Key: …}, station.Field{Rule: …} and the edge's
// own errors, edgeError{status, key}.
func (s source) composite(t *testing.T, c *ast.CompositeLit, where string) {
	t.Helper()
	if lastName(c.Type) == "edgeError" && len(c.Elts) == 2 {
		if key, ok := text(c.Elts[1]); ok {
			s.errors[key] = where
		}
	}
	for _, e := range c.Elts {
		kv, ok := e.(*ast.KeyValueExpr)
		if !ok {
			continue
		}
		value, isText := text(kv.Value)
		switch {
		case lastName(kv.Key) == "Key" && lastName(c.Type) == "Error" && isText:
			s.errors[value] = where
		case lastName(kv.Key) == "Rule" && isText:
			s.rules[value] = where
		}
	}
}

// assign finds the rules that stand in for the sentences of HTTP's validator:
// validation.MsgX = "rule|what nobody reads".
func (s source) assign(a *ast.AssignStmt, where string) {
	if len(a.Lhs) != 1 || qualifier(a.Lhs[0]) != "validation" {
		return
	}
	if sentence, ok := text(a.Rhs[0]); ok {
		rule, _, _ := strings.Cut(sentence, "|")
		s.rules[plainRule(rule)] = where
	}
}

// plainRule puts numbers where fmt would.
func plainRule(format string) string {
	return strings.NewReplacer("%d", "1", "%v", "1", "%s", "a").Replace(format)
}

// rule reads a rule: written out, with its end put on, or by fmt.Sprintf.
func (s source) rule(t *testing.T, e ast.Expr, where string) {
	t.Helper()
	rule, ok := leading(e)
	if call, isCall := e.(*ast.CallExpr); isCall && len(call.Args) > 0 {
		rule, ok = text(call.Args[0])
	}
	if !ok {
		t.Errorf("%s: cannot read which rule is broken: write it out", where)
		return
	}
	s.rules[plainRule(rule)] = where
}

// readConstants returns the values of station's typed text constants.
func readConstants(t *testing.T) map[string][]string {
	t.Helper()
	all := map[string][]string{}
	eachFile(t, "..", func(_ *token.FileSet, f *ast.File) {
		if f.Name.Name != "station" {
			return
		}
		for _, d := range f.Decls {
			decl, ok := d.(*ast.GenDecl)
			if !ok || decl.Tok != token.CONST {
				continue
			}
			for _, sp := range decl.Specs {
				spec := sp.(*ast.ValueSpec)
				typ, ok := spec.Type.(*ast.Ident)
				if !ok {
					continue
				}
				for i, v := range spec.Values {
					value, ok := text(v)
					if ok && value != "" && spec.Names[i].Name != "Resync" { // no person does it
						all[typ.Name] = append(all[typ.Name], value)
					}
				}
			}
		}
	})
	return all
}

// eachFile parses every Go file under root but tests, this package, and hidden
// folders.
func eachFile(t *testing.T, root string, do func(*token.FileSet, *ast.File)) {
	t.Helper()
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && (d.Name() == "locale" || d.Name() == "bin" || d.Name() == "testdata" ||
			strings.HasPrefix(d.Name(), ".") && strings.Trim(d.Name(), ".") != ""):
			return filepath.SkipDir
		case d.IsDir() || filepath.Ext(path) != ".go" || strings.HasSuffix(path, "_test.go"):
			return nil
		}
		set := token.NewFileSet()
		f, err := parser.ParseFile(set, path, nil, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		do(set, f)
		return nil
	})
	require.NoError(t, err)
}

// text returns the value of a string literal.
func text(e ast.Expr) (string, bool) {
	lit, ok := e.(*ast.BasicLit)
	if !ok || lit.Kind != token.STRING {
		return "", false
	}
	v, err := strconv.Unquote(lit.Value)
	return v, err == nil
}

// leading returns a string literal, or the one that a sum begins with.
func leading(e ast.Expr) (string, bool) {
	for {
		sum, ok := e.(*ast.BinaryExpr)
		if !ok {
			return text(e)
		}
		e = sum.X
	}
}

// lastName is f of f, x.f and *x.f.
func lastName(e ast.Expr) string {
	switch e := e.(type) {
	case *ast.Ident:
		return e.Name
	case *ast.SelectorExpr:
		return e.Sel.Name
	default:
		return ""
	}
}

// qualifier is x of x.f.
func qualifier(e ast.Expr) string {
	sel, ok := e.(*ast.SelectorExpr)
	if !ok {
		return ""
	}
	return lastName(sel.X)
}
