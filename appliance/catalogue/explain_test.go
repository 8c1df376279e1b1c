package catalogue

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"
)

var update = flag.Bool("update", false, "write the golden files")

// golden compares got with the file, or writes the file with -update.
func golden(t *testing.T, file, got string) {
	t.Helper()
	if *update {
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s differs; run with -update and read the difference. Got:\n%s", file, got)
	}
}

func TestExplain(t *testing.T) {
	for _, code := range []string{"1-1", "3-2", "3-5", "4-7", "ok", "box", "no-trunk"} {
		c, ok := Find(code)
		if !ok {
			t.Fatalf("no cause %s", code)
		}
		golden(t, filepath.Join("testdata", "explain-"+code+".txt"), Explain(c))
	}
}

func TestList(t *testing.T) {
	golden(t, filepath.Join("testdata", "list.txt"), List(All()))
}

func TestExplainFitsATerminalAndLosesNothing(t *testing.T) {
	for _, c := range All() {
		text := Explain(c)
		for line := range strings.Lines(text) {
			line = strings.TrimSuffix(line, "\n")
			if utf8.RuneCountInString(line) > 80 || strings.TrimRight(line, " ") != line {
				t.Errorf("%s: line %q", c.Code, line)
			}
		}
		words := strings.Join(strings.Fields(text), " ")
		for _, s := range []string{c.Code, c.Slug, c.Title, c.What, c.Advice, c.Evidence, c.Guard, strings.Join(c.Guide, ", ")} {
			if !strings.Contains(words, s) {
				t.Errorf("%s: %q is not explained", c.Code, s)
			}
		}
	}
	for line := range strings.Lines(List(All())) {
		if utf8.RuneCountInString(line) > 81 {
			t.Errorf("line %q", line)
		}
	}
}
