package main

import (
	"bytes"
	"fmt"
	"go/ast"
	"go/format"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"strings"
)

// guard is a condition that can be taken out.
type guard struct {
	file    string
	line    int
	asks    string // the condition
	without []byte // the file when it never holds
}

func (g guard) place() string { return fmt.Sprintf("%s:%d", filepath.Base(g.file), g.line) }

// guardsOf finds the guards of a package: an if whose body leaves the function or the loop, each condition of a case, and
// each part of a condition that is joined by "and".
func guardsOf(folder string) ([]guard, error) {
	files, err := filepath.Glob(filepath.Join(folder, "*.go"))
	if err != nil {
		return nil, err
	}
	var all []guard
	for _, file := range files {
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		source, err := os.ReadFile(file)
		if err != nil {
			return nil, err
		}
		some, err := guardsIn(file, source)
		if err != nil {
			return nil, err
		}
		all = append(all, some...)
	}
	return all, nil
}

func guardsIn(file string, source []byte) ([]guard, error) {
	set := token.NewFileSet()
	tree, err := parser.ParseFile(set, file, source, parser.SkipObjectResolution)
	if err != nil {
		return nil, err
	}
	var all []guard
	take := func(e ast.Expr, as string) {
		from, to := set.Position(e.Pos()).Offset, set.Position(e.End()).Offset
		text := source[from:to]
		var b bytes.Buffer
		b.Write(source[:from])
		fmt.Fprintf(&b, "(%s (%s))", as, text)
		b.Write(source[to:])
		if _, err := format.Source(b.Bytes()); err != nil {
			return
		}
		all = append(all, guard{file, set.Position(e.Pos()).Line, strings.Join(strings.Fields(strings.ReplaceAll(string(text), "|", "\\|")), " "), b.Bytes()})
	}
	ast.Inspect(tree, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.IfStmt:
			if leaves(n.Body) {
				take(n.Cond, "false &&")
			}
			parts(n.Cond, take)
		case *ast.SwitchStmt:
			if n.Tag != nil {
				return true
			}
			for _, c := range n.Body.List {
				for _, e := range c.(*ast.CaseClause).List {
					take(e, "false &&")
					parts(e, take)
				}
			}
		}
		return true
	})
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

// parts takes each part of a condition joined by "and": without it the rest decides.
func parts(e ast.Expr, take func(ast.Expr, string)) {
	b, ok := e.(*ast.BinaryExpr)
	if !ok || b.Op != token.LAND {
		return
	}
	for _, side := range []ast.Expr{b.X, b.Y} {
		if inner, ok := side.(*ast.BinaryExpr); ok && inner.Op == token.LAND {
			parts(inner, take)
			continue
		}
		take(side, "true ||")
	}
}
