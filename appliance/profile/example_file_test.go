package profile

import (
	"maps"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/BurntSushi/toml"
)

const exampleFile = "../../docs/trunk.toml.example"

// design are the keys of the format. A new key is added here, in raw and in the example.
var design = map[string][]string{
	"trunk": {"auth", "auth_user", "check_ip", "domain", "password", "password_file", "port", "proxy", "realm",
		"settings_changed", "tls_ca", "transport", "username"},
	"expect":   {"nat", "port", "rtp"},
	"provider": {"name", "networks", "phone", "portal", "reflector", "reflector_token", "shows_bindings", "stun"},
	"pbx":      {"address", "location", "max_bindings"},
	"line":     {"edge", "kind"},
	"network":  {"address", "dns", "gateway", "interface", "mode", "vlan"},
	"internet": {"ntp", "portal_check", "resolvers", "sip_controls", "targets"},
	"page":     {"listen"},
	"kit":      {"name", "reseller", "support_until"},
	"leds":     {"active_low", "button", "light1", "light2", "light3", "light4", "light5"},
}

func TestKnownKeysAreThoseOfTheDesign(t *testing.T) {
	if got := known(); !reflect.DeepEqual(got, design) {
		t.Errorf("known() = %v\nwant %v", got, design)
	}
}

func TestExampleHasEveryKeyAndNoOther(t *testing.T) {
	var file map[string]map[string]any
	if _, err := toml.DecodeFile(exampleFile, &file); err != nil {
		t.Fatal(err)
	}
	got := map[string][]string{}
	for table, keys := range file {
		got[table] = slices.Sorted(maps.Keys(keys))
	}
	if !reflect.DeepEqual(got, known()) {
		t.Errorf("the example has %v\nwant %v", got, known())
	}
	light := fields(reflect.ValueOf(rawPair{}))
	for _, name := range []string{"light1", "light2", "light3", "light4", "light5"} {
		pair, _ := file["leds"][name].(map[string]any)
		if got, want := slices.Sorted(maps.Keys(pair)), slices.Sorted(maps.Keys(light)); !slices.Equal(got, want) {
			t.Errorf("%s has %v, want %v", name, got, want)
		}
	}
}

// Beside the trunk and the one key whose default is "unknown", the example says what holds without it.
func TestExampleShowsTheDefaults(t *testing.T) {
	text, err := os.ReadFile(exampleFile)
	if err != nil {
		t.Fatal(err)
	}
	got := parsed(t, text)
	want := Default()
	yes := true
	want.Provider.ShowsBindings = &yes
	want.Trunk.Domain, want.Trunk.Username, want.Trunk.AuthUser, want.Trunk.Password = "sip.example.net", "441632960000", "441632960000", "change me"
	compare(t, got, &want)
}

func TestExampleCommentsEveryKey(t *testing.T) {
	text, err := os.ReadFile(exampleFile)
	if err != nil {
		t.Fatal(err)
	}
	comment := false // a comment covers the keys directly below it
	for i, line := range strings.Split(string(text), "\n") {
		switch path, header := pathOf(line); {
		case strings.HasPrefix(line, "# "):
			comment = true
		case header || line == "":
			comment = false
		case path != nil && !comment:
			t.Errorf("line %d: no comment above %s", i+1, path)
		}
	}
}
