package main

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
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

// guardsOf finds the guards of a package: an if whose body leaves the function or the loop, each condition of a case, and
// each part of a condition that is joined by "and".
func guardsOf(folder string) ([]file, error) {
	paths, err := filepath.Glob(filepath.Join(folder, "*.go"))
	if err != nil {
		return nil, err
	}
	var all []file
	for _, path := range paths {
		if strings.HasSuffix(path, "_test.go") {
			continue
		}
		source, err := os.ReadFile(path)
		if err != nil {
			return nil, err
		}
		guards, err := guardsIn(path, source)
		if err != nil {
			return nil, err
		}
		all = append(all, file{path, source, guards})
	}
	return all, nil
}

func guardsIn(path string, source []byte) ([]guard, error) {
	set := token.NewFileSet()
	tree, err := parser.ParseFile(set, path, source, parser.SkipObjectResolution)
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
			from, to := set.Position(e.Pos()), set.Position(e.End())
			asks := strings.Join(strings.Fields(string(source[from.Offset:to.Offset])), " ")
			all = append(all, guard{filepath.Base(path), from.Line, function.Name.Name, asks, from.Offset, to.Offset, never})
		}
		ast.Inspect(function, func(n ast.Node) bool {
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
		})
	}
	return all, nil
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
	b, ok := e.(*ast.BinaryExpr)
	if !ok || b.Op != token.LAND {
		return
	}
	for _, side := range []ast.Expr{b.X, b.Y} {
		if inner, ok := side.(*ast.BinaryExpr); ok && inner.Op == token.LAND {
			parts(inner, take)
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
