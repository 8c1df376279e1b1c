package program_test

import (
	"fmt"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/insomniacslk/dhcp/dhcpv4"

	"trunktester/appliance/report"
	"trunktester/lab"
	"trunktester/lab/serve"
)

// lights waits for the drawn lights to begin with these words, after what was drawn before.
func (p *process) lights(words string, before int) (after int) {
	p.t.Helper()
	at := -1
	until(p.t, fmt.Sprintf("the lights say %q after\n%s", words, p.out.String()), func() bool {
		at = strings.Index(p.out.String()[before:], "\n"+words)
		return at >= 0
	})
	return before + at + 1
}

const allGreen = "LINE green; INTERNET green; SIP PATH green; LOGIN green; PBX green"

func TestCablePulledWhileResting(t *testing.T) {
	t.Parallel()
	b := boxIn(t, "healthy")
	p := b.start(b.usual("appliance")...)
	at := p.lights(allGreen, 0)
	first := b.finished("")
	if err := b.PullCable(); err != nil {
		t.Fatal(err)
	}
	at = p.lights("LINE red, 1 flash;", at)
	if err := b.PlugCable(); err != nil {
		t.Fatal(err)
	}
	p.lights(allGreen, at)
	if healed := b.finished(first.ID); healed.Verdict.Code != "ok" {
		t.Errorf("the page says %s", healed.Verdict.Code)
	}
}

func TestCablePulledDuringARun(t *testing.T) {
	t.Parallel()
	b := boxIn(t, "healthy")
	p := b.start(b.usual("appliance")...)
	until(t, "the first SIP request", func() bool { return b.FarEnd().Requests > 0 })
	if err := b.PullCable(); err != nil {
		t.Fatal(err)
	}
	at := p.lights("LINE red, 1 flash;", 0)
	if said := p.out.String()[:at]; strings.Contains(said, " red") || strings.Contains(said, "box fault") {
		t.Errorf("another light was red before:\n%s", said)
	}
	if err := b.PlugCable(); err != nil {
		t.Fatal(err)
	}
	p.lights(allGreen, at)
}

func TestLateDHCP(t *testing.T) {
	t.Parallel()
	b := boxIn(t, "no-address")
	p := b.start(b.usual("appliance")...)
	until(t, "two requests", func() bool { return len(b.DHCP.Seen.All()) >= 2 })
	b.DHCP.Set(func(s *serve.DHCPSettings) { s.Silent = false })
	at := p.lights("LINE green; INTERNET green; SIP PATH green; LOGIN green", 0)
	if said := p.out.String()[:at]; strings.Contains(said, " red") || strings.Contains(said, "box fault") {
		t.Errorf("red before the patience was over:\n%s", said)
	}
}

// A lease of seconds is renewed during runs and between them; the address stays.
func TestShortLease(t *testing.T) {
	t.Parallel()
	b := boxIn(t, "healthy", func(w *lab.World) { w.Home.DHCP = func(s *serve.DHCPSettings) { s.Lease = 4 * time.Second } })
	p := b.start(b.usual("appliance")...)
	p.lights(allGreen, 0)
	renewals := func() (n int) {
		for _, m := range b.DHCP.Seen.All() {
			if m.Type == dhcpv4.MessageTypeRequest && m.From.Addr().IsPrivate() {
				n++
			}
		}
		return n
	}
	before := renewals()
	until(t, "five renewals", func() bool {
		if len(b.addresses()) != 1 {
			t.Errorf("addresses %v", b.addresses())
		}
		return t.Failed() || renewals() >= before+5
	})
	if runs := strings.Count(p.out.String(), "LINE testing"); runs > 1 {
		t.Errorf("the renewals started runs:\n%s", p.out.String())
	}
}

func TestLineRecovers(t *testing.T) {
	t.Parallel()
	b := boxIn(t, "healthy")
	line := b.World.Line
	b.Wire.Set(lab.Line{Up: lab.Way{Loss: 1}, Down: lab.Way{Loss: 1}})
	p := b.start(b.usual("appliance")...)
	at := p.lights("LINE green; INTERNET red,", 0)
	b.Wire.Set(line)
	p.lights(allGreen, at)
}

// The supervisor ends the box: it tidies up, and its exit status asks for a new start.
func TestApplianceEnds(t *testing.T) {
	t.Parallel()
	for name, when := range map[string]func(*box, *process){
		"during a run": func(b *box, p *process) {
			until(t, "an address", func() bool { return len(b.addresses()) == 1 })
		},
		"while resting": func(b *box, p *process) { p.lights(allGreen, 0); b.finished("") },
	} {
		for _, s := range []syscall.Signal{syscall.SIGTERM, syscall.SIGINT} {
			t.Run(fmt.Sprint(name, " ", s), func(t *testing.T) {
				t.Parallel()
				b := boxIn(t, "healthy")
				before := b.state()
				p := b.start(b.usual("appliance")...)
				when(b, p)
				p.signal(s)
				if got := p.wait(); got.exit != untested {
					t.Errorf("exit %d\n%s", got.exit, got.stderr)
				}
				b.unchanged(before)
			})
		}
	}
}

// After a refused login a box that was started again repeats the verdict and does not log in.
func TestRefusedLoginIsNotRepeated(t *testing.T) {
	t.Parallel()
	for _, world := range []string{"wrong-login", "wrong-login-403"} {
		t.Run(world, func(t *testing.T) {
			t.Parallel()
			b := boxIn(t, world)
			p := b.start(b.usual("appliance")...)
			first := b.finished("")
			p.signal(syscall.SIGTERM)
			p.wait()
			logins := b.FarEnd().WithCredentials
			if first.Verdict.Code != "4-2" || logins == 0 {
				t.Fatalf("verdict %s after %d logins", first.Verdict.Code, logins)
			}
			p = b.start(b.usual("appliance")...)
			second := b.finished("")
			p.signal(syscall.SIGTERM)
			p.wait()
			if again := b.FarEnd().WithCredentials; again != logins {
				t.Errorf("%d logins, %d after a new start", logins, again)
			}
			if second.Verdict.Code != "4-2" || row(second) != row(first) {
				t.Errorf("verdict %s with %v, then %s with %v", first.Verdict.Code, row(first), second.Verdict.Code, row(second))
			}
			if second.Facts.Remembered == nil || second.Facts.Remembered.RefusedWith == 0 || !strings.Contains(second.Verdict.Text, fmt.Sprint(second.Facts.Remembered.RefusedWith)) {
				t.Errorf("the text does not tell how it was refused: %+v, %q", second.Facts.Remembered, second.Verdict.Text)
			}
			b.change("not-the-password", lab.Password)
			p = b.start(b.usual("appliance")...)
			third := b.finished("")
			if third.Lights[3].State != "green" || b.FarEnd().WithCredentials != logins+1 {
				t.Errorf("another password: light 4 %s, %d logins before and %d after", third.Lights[3].State, logins, b.FarEnd().WithCredentials)
			}
		})
	}
}

// A program that was killed after the login left never logs in by itself again, but a person's run does.
func TestKilledAfterLogin(t *testing.T) {
	t.Parallel()
	b := boxIn(t, "healthy")
	b.Registrar.Set(func(s *serve.RegistrarSettings) { s.SilentToCredentials = true })
	p := b.start(b.usual("appliance")...)
	until(t, "the login", func() bool { return b.FarEnd().WithCredentials > 0 })
	p.signal(syscall.SIGKILL)
	p.wait()
	b.Registrar.Set(func(s *serve.RegistrarSettings) { s.SilentToCredentials = false })
	logins := b.FarEnd().WithCredentials

	p = b.start(b.usual("appliance")...)
	automatic := b.finished("")
	p.signal(syscall.SIGTERM)
	p.wait()
	if again := b.FarEnd().WithCredentials; again != logins {
		t.Errorf("%d logins before the kill, %d after a new start", logins, again)
	}
	if s := automatic.Verdict.Severity; s == "red" || s == "green" {
		t.Errorf("verdict %s %s: %s", automatic.Verdict.Code, s, automatic.Verdict.Text)
	}
	for range 2 { // a command may be repeated at once
		got, r := b.check()
		if got.exit != green {
			t.Errorf("exit %d, %s: %s", got.exit, r.Verdict.Code, r.Verdict.Text)
		}
	}
	if asked := b.FarEnd().WithCredentials; asked != logins+2 {
		t.Errorf("%d logins, %d after two runs of a person", logins, asked)
	}
}

// row is the lights as words.
func row(r report.Report) string {
	var words []string
	for _, l := range r.Lights {
		words = append(words, fmt.Sprint(l.State, l.Flashes))
	}
	return strings.Join(words, " ")
}
