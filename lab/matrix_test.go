package lab

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/BurntSushi/toml"

	"trunktester/appliance/catalogue"
)

func TestMatrixIsWellFormed(t *testing.T) {
	names, used := map[string]bool{}, map[string]bool{}
	for _, c := range Matrix() {
		if names[c.Name] {
			t.Errorf("%s twice", c.Name)
		}
		names[c.Name] = true
		if c.Why != "" {
			used[c.Why] = true
			if Words()[c.Why] == "" {
				t.Errorf("%s: the word %q is not explained", c.Name, c.Why)
			}
			continue
		}
		if !regexp.MustCompile(`^[gar?-]{5}$`).MatchString(c.Lights) || len(c.Acts) == 0 {
			t.Errorf("%s: lights %q, acts %v", c.Name, c.Lights, c.Acts)
		}
		if c.Code != "ok" && string(c.Lights[c.Code[0]-'1']) != string(c.Severity)[:1] {
			t.Errorf("%s: %s %s, but lights %q", c.Name, c.Code, c.Severity, c.Lights)
		}
		var parsed map[string]any
		if _, err := toml.Decode(c.File, &parsed); err != nil {
			t.Errorf("%s: %v", c.Name, err)
		}
		if w, ok := Find(c.Name); !ok || w.About != c.About {
			t.Errorf("%s is not found by its name", c.Name)
		}
	}
	for word := range Words() {
		if !used[word] {
			t.Errorf("no cell needs the word %q", word)
		}
	}
}

// Every code that a run by itself can say has a row, and a world in some column.
func TestMatrixHasEveryCode(t *testing.T) {
	cells := map[string]int{}
	for _, c := range Matrix() {
		if c.Why == "" {
			cells[c.Row]++
		}
	}
	for code := range decided {
		if cells[code] == 0 {
			t.Errorf("%s has no cell", code)
		}
	}
}

// The sample of every number is another one, of different codes; numbers in a row come to each code.
func TestSampleComesToEveryCode(t *testing.T) {
	seen := map[string]bool{}
	for number := range uint64(10) {
		some := Sample(number, 10)
		var codes []string
		for _, c := range some {
			codes = append(codes, c.Row)
			seen[c.Row] = true
			if c.Why != "" || c.Full {
				t.Errorf("%s is in sample %d", c.Name, number)
			}
		}
		slices.Sort(codes)
		if len(slices.Compact(codes)) != 10 {
			t.Errorf("sample %d has %s", number, strings.Join(codes, ", "))
		}
	}
	for code := range decided {
		if !seen[code] && code != "3-6" { // that takes minutes
			t.Errorf("no sample has %s", code)
		}
	}
}

// The contract is that of the catalogue: who acts on what the box says by default.
func TestContractCoversTheCatalogue(t *testing.T) {
	for _, c := range catalogue.All() {
		if c.Light > 0 && len(contract(c.Code)) == 0 {
			t.Errorf("nobody acts on %s", c.Code)
		}
	}
}
