package report

import (
	"encoding/json"
	"flag"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"trunktester/appliance/catalogue"
	"trunktester/appliance/catalogue/words"
	"trunktester/probes/facts"
)

var update = flag.Bool("update", false, "write the golden files anew")

func golden(t *testing.T, path string, got []byte) {
	t.Helper()
	if *update {
		if err := os.WriteFile(path, got, 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		t.Errorf("%s differs (-want +got), -update writes it anew:\n%s", path, diff)
	}
}

func encode(t *testing.T, r Report) []byte {
	t.Helper()
	b, err := r.JSON()
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestGolden(t *testing.T) {
	for name, in := range map[string]Input{"sample": sample(), "empty": {}} {
		r := Build(in)
		golden(t, filepath.Join("testdata", name+".json"), encode(t, r))
		golden(t, filepath.Join("testdata", name+".txt"), []byte(r.TextReport(words.InEnglish())))
	}
}

func TestTopLevelKeysInOrder(t *testing.T) {
	want := strings.Fields("schema id started finished since_boot clock version model kit position site between profile alg verdict also lights steps facts requests answers selftest")
	dec := json.NewDecoder(strings.NewReader(string(encode(t, Build(Input{})))))
	var got []string
	depth := 0
	for key := true; ; {
		tok, err := dec.Token()
		if err != nil {
			break
		}
		switch d := tok.(type) {
		case json.Delim:
			if d == '{' || d == '[' {
				depth++
			} else {
				depth--
			}
			key = depth == 1
		default:
			if depth == 1 && key {
				got = append(got, fmt.Sprint(d))
			}
			key = depth == 1 && !key
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestStandardLibraryEncodesTheSame(t *testing.T) {
	r := Build(sample())
	std, err := json.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	var a, b any
	if err := json.Unmarshal(std, &a); err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(encode(t, r), &b); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(a, b); diff != "" {
		t.Error(diff)
	}
}

func TestDecodeGivesTheReportBack(t *testing.T) {
	for _, in := range []Input{sample(), {}} {
		b := encode(t, Build(in))
		r, err := Decode(b)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(string(b), string(encode(t, r))); diff != "" {
			t.Error(diff)
		}
	}
	if _, err := Decode([]byte(`{"schema":"other/1"}`)); err == nil {
		t.Error("a foreign schema was accepted")
	}
}

func TestBuildLeavesItsInputAlone(t *testing.T) {
	in, before := sample(), sample()
	r := Build(in)
	r.Steps[0].Guide[0] = "changed"
	r.Facts.Gateway.MAC = "changed"
	comparable := cmp.Exporter(func(reflect.Type) bool { return true })
	if diff := cmp.Diff(before, in, comparable); diff != "" {
		t.Errorf("Build or its report reaches into the input:\n%s", diff)
	}
}

func TestRowSurvives(t *testing.T) {
	in := sample()
	want := in.Row
	want[4].State = catalogue.LightUntested
	if diff := cmp.Diff(want, Build(in).Row()); diff != "" {
		t.Error(diff)
	}
}

func TestPublicIP(t *testing.T) {
	addr := netip.MustParseAddr
	reply := func(seen string) *facts.Path {
		return &facts.Path{Targets: []facts.Attempt{{Exchanges: []facts.Exchange{{Reply: &facts.Reply{SeenAs: netip.MustParseAddrPort(seen)}}}}}}
	}
	for _, c := range []struct {
		name string
		f    facts.Facts
		want netip.Addr
	}{
		{"nobody told", facts.Facts{}, netip.Addr{}},
		{"STUN", facts.Facts{Public: &facts.Public{Addr: addr("203.0.113.1")}, CheckIP: &facts.CheckIP{Provider: addr("203.0.113.2")}}, addr("203.0.113.1")},
		{"the provider, STUN differs", facts.Facts{Public: &facts.Public{Differ: true}, CheckIP: &facts.CheckIP{Provider: addr("203.0.113.2")}}, addr("203.0.113.2")},
		{"the Via of a reply", facts.Facts{TCP: reply("203.0.113.3:9")}, addr("203.0.113.3")},
		{"an ALG hides it", facts.Facts{UDP: reply("192.168.1.20:9"), TLS: reply("203.0.113.4:9")}, addr("203.0.113.4")},
	} {
		if got := publicIP(c.f); got != c.want {
			t.Errorf("%s: %v, want %v", c.name, got, c.want)
		}
	}
}

func TestTheSwitchIsNamed(t *testing.T) {
	voice := 20
	in := sample()
	in.Facts.Neighbour = &facts.Neighbour{Switch: &facts.Announcement{Protocol: "cdp", Name: "sw-office-3", Port: "Gi1/0/7", VoiceVLAN: &voice}}
	if got := Build(in).Site.LLDP; got == nil || got.Name != "sw-office-3" || got.Port != "Gi1/0/7" || got.VLAN == nil || *got.VLAN != 20 {
		t.Errorf("%+v", got)
	}
	for name, heard := range map[string]*facts.Neighbour{"not listened": nil, "heard nothing": {Tagged: []int{7}}} {
		in.Facts.Neighbour = heard
		if got := Build(in).Site.LLDP; got != nil {
			t.Errorf("%s: %+v", name, got)
		}
	}
}
