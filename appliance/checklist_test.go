package appliance

import (
	"slices"
	"testing"
	"time"

	"trunktester/appliance/catalogue/words"
	"trunktester/appliance/profile"
)

func lists() map[string][]Step {
	all := map[string][]Step{}
	for _, transport := range []string{"udp", "tcp", "tls"} {
		for _, auth := range []string{"register", "ip"} {
			p := profile.Default()
			p.Trunk.Domain, p.Trunk.Transport, p.Trunk.Auth = "sip.example.net", transport, auth
			all[transport+" "+auth] = checklist(parts{profile: p, patience: 15 * time.Second})
		}
	}
	all["no trunk"] = checklist(parts{profile: profile.Default(), patience: 15 * time.Second})
	return all
}

func TestNeededStepsStandEarlier(t *testing.T) {
	for name, list := range lists() {
		seen := map[string]bool{}
		for _, s := range list {
			for _, need := range s.Needs {
				if !seen[need] {
					t.Errorf("%s: %s needs %s, which does not stand before it", name, s.ID, need)
				}
			}
			if seen[s.ID] {
				t.Errorf("%s: %s stands twice", name, s.ID)
			}
			seen[s.ID] = true
		}
	}
}

// Every step is reached: what it waits for exists and does not wait for it.
func TestNoStepWaitsForItself(t *testing.T) {
	for name, list := range lists() {
		byID := map[string]Step{}
		for _, s := range list {
			byID[s.ID] = s
		}
		var visit func(id string, way []string)
		visit = func(id string, way []string) {
			s, ok := byID[id]
			if !ok {
				t.Fatalf("%s: %v wait for %q, which is not in the list", name, way, id)
			}
			if slices.Contains(way, id) {
				t.Fatalf("%s: %v wait in a circle", name, append(way, id))
			}
			for _, next := range append(slices.Clone(s.Needs), s.After...) {
				visit(next, append(slices.Clone(way), id))
			}
		}
		for _, s := range list {
			visit(s.ID, nil)
		}
	}
}

func TestStepsStandInTheOrderOfTheLights(t *testing.T) {
	for name, list := range lists() {
		if !slices.IsSortedFunc(list, func(a, b Step) int { return a.Light - b.Light }) {
			t.Errorf("%s: not in the order of the lights", name)
		}
		for _, s := range list {
			if s.Skip == "" && (s.Limit <= 0 || s.Probe == nil) || !words.InEnglish().Has("step."+s.ID) || s.Light < 1 || s.Light > 5 {
				t.Errorf("%s: %s is not complete: %+v", name, s.ID, s)
			}
		}
	}
}
