package page

import (
	"strings"
	"testing"

	"trunktester/appliance/report"
)

// The switch names the port of an earlier run: the page asks, and goes on once a person says so.
func TestPageProposesThePosition(t *testing.T) {
	const asks = "The switch names the same port (sw-office-3, port Gi1/0/7) as when the box was at the LAN socket."
	port := &report.Switch{Name: "sw-office-3", Port: "Gi1/0/7"}
	back := func() State {
		st := algState()
		lan := st.Places[report.PositionLAN]
		lan.Site.LLDP = port
		st.Places[report.PositionLAN] = lan
		delete(st.Places, report.PositionRouter)
		st.Report.ID, st.Report.Position, st.Position = "again-1", report.PositionUnknown, report.PositionUnknown
		st.Report.Site.LLDP = port
		return st
	}
	box := newFakeBox(back())
	h := handler(t, box)
	shown := func() string { return string(body(t, request(h, "GET", "/", nil).Body)) }
	if !strings.Contains(shown(), asks) || box.State().Position != report.PositionUnknown {
		t.Errorf("no proposal, or one that was taken: %q", box.State().Position)
	}
	if r := request(h, "POST", "/position", strings.NewReader("position=lan")); r.StatusCode != 303 || strings.Contains(shown(), asks) {
		t.Errorf("%d, or it asks on", r.StatusCode)
	}
	for name, change := range map[string]func(*State){
		"a run goes on":           func(s *State) { s.Running = true },
		"somebody told already":   func(s *State) { s.Position = report.PositionPBX },
		"no run was made there":   func(s *State) { s.Places = nil },
		"the run was elsewhere":   func(s *State) { s.Report.Position = report.PositionRouter },
		"the switch says nothing": func(s *State) { s.Report.Site.LLDP = nil },
	} {
		box.change(func(s *State) { *s = back(); change(s) })
		if strings.Contains(shown(), asks) {
			t.Errorf("%s, and it asks", name)
		}
	}
}
