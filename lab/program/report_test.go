package program_test

import (
	"strings"
	"testing"

	"trunktester/appliance/catalogue"
	"trunktester/leds"
	"trunktester/leds/terminal"
)

// A run tells the same by its exit status, its report, the lights in the terminal, and the box's page.
func TestOneTruth(t *testing.T) {
	t.Parallel()
	for world, exit := range map[string]int{
		"healthy": green, "sip-alg-registers": amber, "two-dhcp": amber, "no-trunk": amber,
		"no-link": red, "no-internet": red, "udp-refused": red, "refused": red, "wrong-port": amber, "pbx-not-registered": red,
	} {
		t.Run(world, func(t *testing.T) {
			t.Parallel()
			b := boxIn(t, world)
			got, r := b.check("-position", "lan")
			follow(t, []byte(got.stdout))
			want := map[catalogue.Severity]int{catalogue.Green: green, catalogue.Amber: amber, catalogue.Red: red, catalogue.Broken: untested}[r.Verdict.Severity]
			if got.exit != want || got.exit != exit {
				t.Errorf("exit %d, verdict %s %s, want exit %d", got.exit, r.Verdict.Severity, r.Verdict.Code, exit)
			}
			if r.Position != "lan" || r.Running() {
				t.Errorf("position %q, running %v", r.Position, r.Running())
			}
			for _, l := range r.Lights {
				if l.State == catalogue.LightTesting {
					t.Errorf("light %d is still being tested", l.Light)
				}
			}
			if !strings.Contains(got.stderr, r.Steps[0].Saw) {
				t.Errorf("the progress does not show %q", r.Steps[0].Saw)
			}
			if r.Verdict.Light == 1 {
				return // no page without an address
			}
			p := b.start(b.usual("appliance")...)
			shown := b.finished("")
			p.lights(terminal.Plain(leds.Show{Row: shown.Row()})+"\n", 0)
			until(t, "the narrated verdict", func() bool {
				return strings.Contains(p.out.String(), "\n"+shown.Verdict.Code+"  "+shown.Verdict.Title+"\n")
			})
		})
	}
}
