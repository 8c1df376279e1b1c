package main

import (
	"cmp"
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// guard is a condition that can be taken out.
type guard struct {
	file     string
	line     int
	function string
	asks     string // the condition
	from, to int    // its place in the file, in bytes
	never    bool   // without it: never true where its body leaves, else always true, so that the rest decides
}

// file is one source file of the package, and its guards.
type file struct {
	path   string
	source []byte
	guards []guard
}

// set is what is tried of one package.
type set struct {
	folder string
	files  []string // patterns of the names of the files whose guards are tried; none: all of them, and all tests are run
	every  bool     // every condition is a guard: what an if asks whose body goes on, and each part, wherever it stands
}

// guardsOf finds the guards of a set: an if whose body leaves the function or the loop, each condition of a case, and
// each part of a condition that is joined by "and"; or every condition, and each part that is joined by "and" or "or".
func guardsOf(s set) ([]file, error) {
	paths, err := s.sources()
	if err != nil {
		return nil, err
	}
	var all []file
	for _, path := range paths {
		source, err := os.ReadFile(path)
		if err != nil {
			return nil, err
		}
		guards, err := s.guardsIn(path, source)
		if err != nil {
			return nil, err
		}
		all = append(all, file{path, source, guards})
	}
	return all, nil
}

// sources are the paths of the files, tests left out.
func (s set) sources() ([]string, error) {
	patterns := s.files
	if patterns == nil {
		patterns = []string{"*.go"}
	}
	var all []string
	for _, p := range patterns {
		paths, err := filepath.Glob(filepath.Join(s.folder, p))
		if err != nil {
			return nil, err
		}
		paths = slices.DeleteFunc(paths, func(path string) bool { return strings.HasSuffix(path, "_test.go") || slices.Contains(all, path) })
		if len(paths) == 0 {
			return nil, fmt.Errorf("%s has no file %s", s.folder, p)
		}
		all = append(all, paths...)
	}
	slices.Sort(all)
	return all, nil
}

// tests are the names of the tests that stand beside the files, as a pattern of go test; "" for all of the package.
func (s set) tests(files []file) (string, error) {
	if s.files == nil {
		return "", nil
	}
	var names []string
	for _, f := range files {
		path := strings.TrimSuffix(f.path, ".go") + "_test.go"
		tree, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
		switch {
		case errors.Is(err, fs.ErrNotExist):
			continue
		case err != nil:
			return "", err
		}
		for _, d := range tree.Decls {
			if function, ok := d.(*ast.FuncDecl); ok && (strings.HasPrefix(function.Name.Name, "Test") || strings.HasPrefix(function.Name.Name, "Fuzz")) {
				names = append(names, function.Name.Name)
			}
		}
	}
	return "^(" + strings.Join(names, "|") + ")$", nil
}

func (s set) guardsIn(path string, source []byte) ([]guard, error) {
	places := token.NewFileSet()
	tree, err := parser.ParseFile(places, path, source, parser.SkipObjectResolution)
	if err != nil {
		return nil, err
	}
	var all []guard
	for _, d := range tree.Decls {
		function, ok := d.(*ast.FuncDecl)
		if !ok {
			continue
		}
		take := func(e ast.Expr, never bool) {
			from, to := places.Position(e.Pos()), places.Position(e.End())
			asks := strings.Join(strings.Fields(string(source[from.Offset:to.Offset])), " ")
			all = append(all, guard{filepath.Base(path), from.Line, function.Name.Name, asks, from.Offset, to.Offset, never})
		}
		if s.every {
			ast.Inspect(function, everyCondition(take))
		} else {
			ast.Inspect(function, leaving(take))
		}
	}
	if s.every {
		slices.SortStableFunc(all, func(a, b guard) int { return cmp.Or(cmp.Compare(a.from, b.from), cmp.Compare(b.to, a.to)) })
	}
	return all, nil
}

// everyCondition takes what each if and each case asks, and each part, wherever it stands, that is joined by "and" or "or": a
// part of an "and" is always true when it is out, a part of an "or" never.
func everyCondition(take func(e ast.Expr, never bool)) func(ast.Node) bool {
	whole := func(e ast.Expr) {
		if _, ok := joined(e, token.LOR); !ok { // else its parts say it all
			take(e, true)
		}
	}
	return func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.IfStmt:
			whole(n.Cond)
		case *ast.SwitchStmt:
			if n.Tag != nil {
				return true
			}
			for _, c := range n.Body.List {
				for _, e := range c.(*ast.CaseClause).List {
					whole(e)
				}
			}
		case *ast.BinaryExpr:
			if n.Op != token.LAND && n.Op != token.LOR {
				return true
			}
			for _, side := range []ast.Expr{n.X, n.Y} {
				if _, ok := joined(side, n.Op); !ok {
					take(side, n.Op == token.LOR)
				}
			}
		}
		return true
	}
}

// joined is the expression as two that are joined by the operator; ok is false where it is none.
func joined(e ast.Expr, by token.Token) (both *ast.BinaryExpr, ok bool) {
	both, ok = e.(*ast.BinaryExpr)
	return both, ok && both.Op == by
}

// leaving takes what an if asks whose body leaves, the conditions of a case, and their parts that are joined by "and".
func leaving(take func(e ast.Expr, never bool)) func(ast.Node) bool {
	return func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.IfStmt:
			if leaves(n.Body) {
				take(n.Cond, true)
			}
			parts(n.Cond, take)
		case *ast.SwitchStmt:
			if n.Tag != nil {
				return true
			}
			for _, c := range n.Body.List {
				for _, e := range c.(*ast.CaseClause).List {
					take(e, true)
					parts(e, take)
				}
			}
		}
		return true
	}
}

// leaves says whether a body ends by leaving.
func leaves(b *ast.BlockStmt) bool {
	if len(b.List) == 0 {
		return false
	}
	switch b.List[len(b.List)-1].(type) {
	case *ast.ReturnStmt, *ast.BranchStmt:
		return true
	}
	return false
}

// parts takes each part of a condition joined by "and".
func parts(e ast.Expr, take func(e ast.Expr, never bool)) {
	both, ok := joined(e, token.LAND)
	if !ok {
		return
	}
	for _, side := range []ast.Expr{both.X, both.Y} {
		if _, ok := joined(side, token.LAND); ok {
			parts(side, take)
			continue
		}
		take(side, false)
	}
}

// switchName is the variable of the tried package that says which guard is out; so that it clashes with nothing there.
const switchName = "guardTakenOut"

// switched is the file with a switch around each of its guards, the first of which has the number n. The condition
// itself is asked only where it decides, as before.
func (f file) switched(n int) []byte {
	type insert struct {
		at, width int
		opens     bool
		text      string
	}
	var inserts []insert
	for i, g := range f.guards {
		open := fmt.Sprintf("(%s == %d || (", switchName, n+i)
		if g.never {
			open = fmt.Sprintf("(%s != %d && (", switchName, n+i)
		}
		inserts = append(inserts, insert{g.from, g.to - g.from, true, open}, insert{g.to, g.to - g.from, false, "))"})
	}
	// From the end of the file to its beginning: at one place what closes stands before what opens, and of two that
	// open there the wider stands outside.
	slices.SortStableFunc(inserts, func(a, b insert) int {
		switch {
		case a.at != b.at:
			return b.at - a.at
		case a.opens != b.opens:
			if a.opens {
				return -1
			}
			return 1
		}
		return a.width - b.width
	})
	out := f.source
	for _, i := range inserts {
		out = slices.Insert(slices.Clone(out), i.at, []byte(i.text)...)
	}
	return out
}
