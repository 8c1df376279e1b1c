package appliance

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// prose is a string of two words or more.
var prose = regexp.MustCompile("[A-Za-z]{2,} [A-Za-z]{2,}")

// shown are the fields whose text a client sees.
var shown = map[string]bool{"Saw": true, "Seen": true, "text": true, "Sentence": true, "Skip": true, "Why": true, "Slip": true, "Refused": true, "Fault": true}

// wordless are the files in which no sentence stands at all, since what they put together is said to a client: the verdict,
// the comparisons of the search for an ALG, the PBX check, the registrations, and the DHCP lease.
var wordless = regexp.MustCompile(`^(verdict/.*|\.\./probes/(alg|arrival|bindings|reflector|reflectorjudge|ownviews|pbx).*|\.\./probes/registrar/(check|digest|identity|slips)|\.\./netsetup/(lease|dhcp|configured))\.go$`)

// unsaid are calls whose words are for no client: errors of our own, the evidence of a message, what is sent on the network.
var unsaid = []string{"panic", "containsAny", "Errorf", "failed", "note", "ask", "Appendf", "OptMessage", "HasPrefix"}

// TestNoSentenceIsLeftInTheProgram: what a client sees is in the words files.
func TestNoSentenceIsLeftInTheProgram(t *testing.T) {
	looked := 0
	for _, folder := range []string{".", "../probes", "../netsetup", "../cmd/trunktester"} {
		err := filepath.WalkDir(folder, func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
				return err
			}
			files := token.NewFileSet()
			file, err := parser.ParseFile(files, path, nil, 0)
			if err != nil {
				return err
			}
			looked++
			sentence := func(n ast.Node) {
				ast.Inspect(n, func(n ast.Node) bool {
					if l, ok := n.(*ast.BasicLit); ok && l.Kind == token.STRING && prose.MatchString(l.Value) {
						t.Errorf("%s: write %s into the words files", files.Position(l.Pos()), l.Value)
					}
					switch n := n.(type) {
					case *ast.GenDecl:
						return n.Tok != token.CONST // names of comparisons, as the report has them
					case *ast.CallExpr:
						return !calls(n.Fun, unsaid...)
					}
					return true
				})
			}
			if wordless.MatchString(filepath.ToSlash(path)) {
				sentence(file)
				return nil
			}
			ast.Inspect(file, func(n ast.Node) bool {
				switch n := n.(type) {
				case *ast.KeyValueExpr:
					if key, ok := n.Key.(*ast.Ident); ok && shown[key.Name] {
						sentence(n.Value)
					}
				case *ast.AssignStmt:
					for i, left := range n.Lhs {
						if field, ok := left.(*ast.SelectorExpr); ok && shown[field.Sel.Name] {
							sentence(n.Rhs[min(i, len(n.Rhs)-1)])
						}
					}
				case *ast.CallExpr:
					if calls(n.Fun, "Notice") {
						for _, a := range n.Args {
							sentence(a)
						}
					}
				}
				return true
			})
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if looked < 100 {
		t.Fatalf("only %d files were found", looked)
	}
}

// calls says whether a call is one of these.
func calls(call ast.Expr, names ...string) bool {
	name := ""
	switch f := call.(type) {
	case *ast.Ident:
		name = f.Name
	case *ast.SelectorExpr:
		name = f.Sel.Name
	}
	for _, n := range names {
		if n == name {
			return true
		}
	}
	return false
}
