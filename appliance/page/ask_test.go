package page

import (
	"strings"
	"testing"
)

// Only what the run asks for, and what was answered before, stands on the page; each in the form that its answer needs.
func TestPageAsks(t *testing.T) {
	box := newFakeBox(algState())
	h := handler(t, box)
	shown := func() string { return string(body(t, request(h, "GET", "/", nil).Body)) }
	for _, piece := range []string{
		`name="sip_alg_disabled" value="yes" ><span>Yes</span>`, `name="sip_alg_disabled" value="" checked><span>Not known</span>`,
		`name="line_medium" value="fibre" ><span>Fibre</span>`, `<input class="typed" name="portal_port" value="" aria-label="Which Port does the Registrations page show?"`,
	} {
		if !strings.Contains(shown(), piece) {
			t.Errorf("the page has no %s", piece)
		}
	}
	if strings.Count(shown(), `aria-label="The Registrations page: a row for the trunk`) != 1 || strings.Contains(shown(), "a microfilter in it") {
		t.Error("not the pictures of what is asked, each once")
	}
	box.change(func(s *State) { s.Asks = append(s.Asks, "portal_nat", "microfilters_ok", "router_lights_ok") })
	if all := shown(); strings.Count(all, `aria-label="The Registrations page: a row for the trunk`) != 1 || !strings.Contains(all, "a microfilter in it") || !strings.Contains(all, "A router with three lights") {
		t.Error("not the pictures of all that is asked, each once")
	}
	for _, name := range []string{"quiet_line_ok", "portal_check_ip", "settings_changed"} {
		if strings.Contains(shown(), `name="`+name+`"`) {
			t.Errorf("%s is asked, and would change nothing", name)
		}
	}
	if r := request(h, "POST", "/answers", strings.NewReader("line_medium=copper&portal_port=5090")); r.StatusCode != 303 {
		t.Fatal(r.Status)
	}
	box.change(func(s *State) { s.Asks = nil })
	for _, piece := range []string{`name="line_medium" value="copper" checked`, `name="portal_port" value="5090"`} {
		if !strings.Contains(shown(), piece) {
			t.Errorf("what was answered is gone: no %s", piece)
		}
	}
	if strings.Contains(shown(), `name="sip_alg_disabled"`) {
		t.Error("it asks without need")
	}
}
