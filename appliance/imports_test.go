package appliance

import (
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// Arrows between packages run one way. Each row: no package under the first may import one under the others.
func TestArrowsRunOneWay(t *testing.T) {
	pure := []string{"appliance/brand", "appliance/catalogue", "appliance/catalogue/words", "appliance/profile", "appliance/verdict", "appliance/report", "appliance/selftest", "probes/facts", "reflector/wire"}
	rules := map[string][]string{
		"appliance/brand":     {"appliance", "probes", "leds", "netsetup", "lab", "cmd"},
		"appliance/catalogue": {"appliance", "probes", "leds", "netsetup", "lab", "cmd"},
		"appliance/profile":   {"appliance", "probes", "leds", "netsetup", "lab", "cmd"},
		"appliance/verdict":   {"appliance/report", "appliance/page", "appliance/store", "probes/sip", "leds", "netsetup", "lab", "cmd"},
		"appliance/report":    {"appliance/verdict", "appliance/page", "appliance/store", "probes/sip", "netsetup", "lab", "cmd"},
		"appliance/page":      {"appliance/verdict", "netsetup", "lab", "cmd"},
		"appliance/clock":     {"appliance", "probes/sip", "leds", "netsetup", "lab", "cmd"},
		"appliance/selfcheck": {"appliance", "probes", "leds", "netsetup", "lab", "cmd"},
		"appliance/selftest":  {"appliance", "probes", "leds", "netsetup", "lab", "cmd"},
		"cmd/selftest":        {"appliance/page", "appliance/store", "netsetup", "leds"},
		"appliance/store":     {"appliance/verdict", "netsetup", "lab", "cmd"},
		"appliance/importer":  {"appliance/verdict", "appliance/page", "appliance/store", "appliance/media", "probes", "leds", "netsetup", "lab", "cmd"},
		"appliance/mdns":      {"appliance", "probes", "leds", "netsetup", "lab", "cmd"},
		"appliance/media":     {"appliance", "probes", "leds", "netsetup", "lab", "cmd"},
		"appliance/update":    {"appliance", "probes", "leds", "netsetup", "lab", "cmd", "image"},
		"appliance/updater":   {"appliance/verdict", "appliance/report", "appliance/page", "probes", "leds", "netsetup", "lab", "cmd", "image"},
		"probes/facts":        {"appliance", "probes", "leds", "netsetup", "lab", "cmd"},
		"probes":              {"appliance", "leds", "reflector", "lab", "cmd"},
		"netsetup":            {"appliance", "leds", "lab", "cmd"},
		"leds":                {"appliance", "probes", "netsetup", "lab", "cmd"},
		"appliance":           {"reflector", "lab", "cmd"},
		"image/writelog":      {"appliance", "probes", "leds", "netsetup", "lab", "cmd"},
		"cmd/trunktester":     {"reflector", "lab"},
		"reflector":           {"appliance", "probes", "leds", "netsetup", "lab", "cmd"},
		"reflector/wire":      {"appliance", "probes", "leds", "netsetup", "reflector", "lab", "cmd"},
		"cmd/reflector":       {"appliance", "probes", "leds", "netsetup", "lab"},
		"image/paper":         {"appliance", "probes", "leds", "netsetup", "lab", "cmd"},
		"image/prints":        {"appliance", "probes", "netsetup", "lab", "cmd"},
		"image/kit":           {"netsetup", "probes", "leds", "lab", "cmd"},
		"cmd/trunkkit":        {"netsetup", "probes", "lab"},

		"appliance/catalogue/words": {"appliance", "probes", "leds", "netsetup", "lab", "cmd"},
	}
	for pkg, imports := range importsOf(t) {
		for from, never := range rules {
			if !under(pkg, from) {
				continue
			}
			for _, imported := range imports {
				if imported == pkg || under(imported, pkg) || allowed(pkg, imported, pure) {
					continue
				}
				for _, n := range never {
					if under(imported, n) && !under(imported, from) {
						t.Errorf("%s imports %s", pkg, imported)
					}
				}
			}
		}
	}
}

// allowed: everybody may use the pure packages but these, which stand at the bottom.
func allowed(pkg, imported string, pure []string) bool {
	if pkg == "appliance/brand" || pkg == "appliance/catalogue" || pkg == "appliance/catalogue/words" || pkg == "appliance/profile" || pkg == "probes/facts" {
		return false
	}
	for _, p := range pure {
		if imported == p && p != "appliance/verdict" && p != "appliance/report" {
			return true
		}
	}
	return false
}

func under(pkg, folder string) bool { return pkg == folder || strings.HasPrefix(pkg, folder+"/") }

// TestTrunkkitIsPortable: a person's own machine runs trunkkit, so it takes nothing of the box but what is pure.
func TestTrunkkitIsPortable(t *testing.T) {
	portable := []string{"appliance/catalogue", "appliance/profile", "appliance/report", "appliance/selftest", "probes/facts", "image", "cmd/trunkkit"}
	alone := []string{"leds", "appliance/update"} // what is below them drives hardware, or the card
	for _, system := range []string{"linux", "windows", "darwin"} {
		cmd := exec.CommandContext(t.Context(), "go", "list", "-deps", "trunktester/cmd/trunkkit")
		cmd.Env = append(os.Environ(), "GOOS="+system, "CGO_ENABLED=0")
		out, err := cmd.Output()
		if err != nil {
			t.Fatalf("%s: %v", system, err)
		}
		for _, pkg := range strings.Fields(string(out)) {
			own, ok := strings.CutPrefix(pkg, "trunktester/")
			if ok && !slices.Contains(alone, own) && !slices.ContainsFunc(portable, func(folder string) bool { return under(own, folder) }) {
				t.Errorf("%s: cmd/trunkkit needs %s", system, own)
			}
		}
	}
}

// importsOf lists our own imports of our own packages, tests left out.
func importsOf(t *testing.T) map[string][]string {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), "go", "list", "-f", `{{.ImportPath}} {{join .Imports " "}}`, "trunktester/...").Output()
	if err != nil {
		t.Fatal(err)
	}
	all := map[string][]string{}
	for _, line := range strings.Split(strings.TrimSpace(string(out)), "\n") {
		words := strings.Fields(line)
		pkg := strings.TrimPrefix(words[0], "trunktester/")
		for _, w := range words[1:] {
			if own, ok := strings.CutPrefix(w, "trunktester/"); ok {
				all[pkg] = append(all[pkg], own)
			}
		}
	}
	if len(all) < 10 {
		t.Fatalf("only %d packages were found", len(all))
	}
	return all
}
