package appliance

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"trunktester/appliance/catalogue/words"
)

// asked finds the keys of sentences in Go files and in the page's templates: whole ones, and beginnings that end
// with a dot, to which the program adds a word. Said and Error add the name of their table. named finds what may be a key
// of theirs that is chosen elsewhere.
var asked = regexp.MustCompile(`(\bSaid\(|words\.Error\(|\bSay\(|\bsay |\brich )"([^"]+)"`)

var named = regexp.MustCompile(`"([a-z]+\.[a-z0-9-]+)"`)

// TestEverySentenceIsSaid: what the program says is in the catalogue, and what is in the catalogue is said somewhere.
func TestEverySentenceIsSaid(t *testing.T) {
	used, maybe := map[string]bool{"language": true}, map[string]bool{}
	var beginnings []string
	for _, folder := range []string{".", "../image", "../cmd", "../probes", "../netsetup"} {
		err := filepath.WalkDir(folder, func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() || strings.HasSuffix(path, "_test.go") || !strings.HasSuffix(path, ".go") && !strings.HasSuffix(path, ".html") {
				return err
			}
			text, err := os.ReadFile(path)
			for _, m := range named.FindAllStringSubmatch(string(text), -1) {
				maybe["said."+m[1]] = true
			}
			for _, m := range asked.FindAllStringSubmatch(string(text), -1) {
				key := m[2]
				if m[1] == "Said(" || m[1] == "words.Error(" {
					key = "said." + key
				}
				if strings.HasSuffix(key, ".") {
					beginnings = append(beginnings, key)
				}
				used[key] = true
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if len(used) < 50 {
		t.Fatalf("only %d keys were found", len(used))
	}
	for _, s := range checklist(parts{}) {
		used["step."+s.ID] = true // report.Title
	}
	there := map[string]bool{}
	for _, key := range words.InEnglish().Keys() {
		there[key] = true
		begun := false
		for _, b := range beginnings {
			begun = begun || strings.HasPrefix(key, b)
		}
		if code, word, ok := strings.Cut(key, "."); ok && (word == "title" || word == "what" || word == "advice") && (strings.Contains(code, "-") || code == "ok" || code == "box") {
			begun = true // catalogue.Cause.In
		}
		if !used[key] && !maybe[key] && !begun {
			t.Errorf("nothing says %s: take it out of the words of every language", key)
		}
	}
	for key := range used {
		if !strings.HasSuffix(key, ".") && !strings.Contains(key, "%") && !there[key] {
			t.Errorf("%s is said and is not in the catalogue: write it", key)
		}
	}
}
