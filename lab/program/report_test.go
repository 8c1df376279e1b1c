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
			if code := b.World.Code; r.Verdict.Code != code {
				t.Errorf("verdict %s, want %s", r.Verdict.Code, code)
			}
			if r.Position != "lan" || r.Running() {
				t.Errorf("position %q, running %v", r.Position, r.Running())
			}
			for _, l := range r.Lights {
				if l.State == catalogue.LightTesting {
					t.Errorf("light %d is still being tested", l.Light)
				}
			}
			lights := terminal.Plain(leds.Show{Row: r.Row()})
			printed := b.start(b.usual("check")...).wait()
			if !strings.Contains(printed.stdout, "\n"+lights+"\n") || !strings.Contains(printed.stdout, "\n"+r.Verdict.Code+"  "+r.Verdict.Title+"\n") {
				t.Errorf("the report has %q, but the terminal\n%s", lights, printed.stdout)
			}
			if printed.exit != got.exit {
				t.Errorf("exit %d, then %d", got.exit, printed.exit)
			}
			if b.World.Code == "1-1" {
				return // no page without a cable
			}
			p := b.start(b.usual("appliance")...)
			shown := b.finished("")
			if shown.Row() != r.Row() || shown.Verdict.Code != r.Verdict.Code {
				t.Errorf("the page has %v %s, check had %v %s", shown.Row(), shown.Verdict.Code, r.Row(), r.Verdict.Code)
			}
			p.lights(lights, 0)
		})
	}
}
