package program_test

import (
	"net/netip"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"trunktester/lab/serve"
)

// What a check leaves behind on somebody's laptop: nothing.
func TestCheckLeavesNothingBehind(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, world string
		before      func(*box)
		args        []string
		exit        int
	}{
		{name: "bare interface", world: "healthy", exit: green},
		{name: "interface that is down", world: "healthy", before: func(b *box) { b.setLink(false) }, exit: green},
		{name: "interface with that very address", world: "healthy", before: func(b *box) { b.configure() }, exit: green},
		{name: "as configured", world: "healthy", before: func(b *box) { b.configure() }, args: []string{"-no-setup"}, exit: green},
		{name: "as configured, without an address", world: "healthy", args: []string{"-no-setup"}, exit: untested},
		{name: "static address", world: "healthy", before: func(b *box) {
			b.change("[kit]", "[network]\nmode = \"static\"\naddress = \"192.168.50.77/24\"\ngateway = \"192.168.50.1\"\ndns = [\"192.168.50.1\"]\n\n[kit]")
		}, exit: green},
		{name: "no cable", world: "no-link", exit: red},
		{name: "no lease", world: "no-address", exit: red},
		{name: "packets to a file that cannot be", world: "healthy", before: func(b *box) { b.setLink(false) },
			args: []string{"-pcap", "/nowhere/at/all.pcapng"}, exit: untested},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			b := boxIn(t, c.world)
			if c.before != nil {
				c.before(b)
			}
			before := b.state()
			got := b.start(b.usual("check", c.args...)...).wait()
			if got.exit != c.exit {
				t.Errorf("exit %d, want %d\n%s%s", got.exit, c.exit, got.stdout, got.stderr)
			}
			b.unchanged(before)
			if slices.Contains(c.args, "-no-setup") && len(b.DHCP.Seen.All()) > 2 { // the second server's question is asked all the same
				t.Errorf("DHCP was asked %d times", len(b.DHCP.Seen.All()))
			}
		})
	}
}

// A signal in the middle of a run ends it soon, without a verdict about the line, and tidies up.
func TestInterruptedCheck(t *testing.T) {
	t.Parallel()
	for name, s := range map[string]syscall.Signal{"SIGINT": syscall.SIGINT, "SIGTERM": syscall.SIGTERM} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := boxIn(t, "sip-dropped", withoutPBX)
			b.setLink(false)
			before := b.state()
			p := b.start(b.usual("check")...)
			until(t, "the provider is asked", func() bool { return b.FarEnd().Requests > 0 })
			if len(b.addresses()) != 1 {
				t.Errorf("addresses %v", b.addresses())
			}
			p.signal(s)
			at := time.Now()
			got := p.wait()
			if got.exit != untested {
				t.Errorf("exit %d\n%s%s", got.exit, got.stdout, got.stderr)
			}
			if all := got.stdout + got.stderr; strings.Contains(all, " red") || !strings.Contains(all, "interrupted") {
				t.Errorf("%s", all)
			}
			if took := time.Since(at); took > patience/4 {
				t.Errorf("ended %v after the signal", took)
			}
			b.unchanged(before)
		})
	}
}

// A killed run cannot tidy up; the next one does.
func TestKilledCheck(t *testing.T) {
	t.Parallel()
	b := boxIn(t, "healthy")
	before := b.state()
	p := b.start(b.usual("check")...)
	until(t, "an address", func() bool { return len(b.addresses()) == 1 })
	p.signal(syscall.SIGKILL)
	p.wait()
	if stale := b.addresses(); len(stale) != 1 {
		t.Fatalf("addresses %v: there is nothing to tidy up", stale)
	}
	b.DHCP.Set(func(s *serve.DHCPSettings) { s.First = netip.MustParseAddr("192.168.50.140") })
	p = b.start(b.usual("check")...)
	until(t, "a new address", func() bool {
		all := b.addresses()
		return len(all) == 1 && all[0].Addr() == netip.MustParseAddr("192.168.50.140")
	})
	if got := p.wait(); got.exit != green {
		t.Errorf("exit %d\n%s%s", got.exit, got.stdout, got.stderr)
	}
	b.unchanged(before)
}
