package probes

import (
	"errors"
	"net/netip"
	"runtime"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sys/unix"

	"trunktester/probes/facts"
)

func TestEchoSummary(t *testing.T) {
	to := netip.MustParseAddr("192.0.2.1")
	ms := time.Millisecond
	d := func(d time.Duration) facts.Duration { return facts.Duration(d) }
	for _, c := range []struct {
		name  string
		sent  int
		trips []time.Duration
		want  facts.Echo
	}{
		{"nothing sent", 0, nil, facts.Echo{Addr: to}},
		{"all lost", 3, []time.Duration{0, 0, 0}, facts.Echo{Addr: to, Sent: 3}},
		{"one", 1, []time.Duration{20 * ms}, facts.Echo{Addr: to, Sent: 1, Back: 1, Min: d(20 * ms), Avg: d(20 * ms), Max: d(20 * ms)}},
		{"steady", 3, []time.Duration{20 * ms, 20 * ms, 20 * ms}, facts.Echo{Addr: to, Sent: 3, Back: 3, Min: d(20 * ms), Avg: d(20 * ms), Max: d(20 * ms)}},
		{
			"jitter is of neighbours", 4, []time.Duration{10 * ms, 30 * ms, 10 * ms, 30 * ms},
			facts.Echo{Addr: to, Sent: 4, Back: 4, Min: d(10 * ms), Avg: d(20 * ms), Max: d(30 * ms), Jitter: d(20 * ms)},
		},
		{
			"a lost one parts neighbours", 4, []time.Duration{10 * ms, 0, 50 * ms, 54 * ms},
			facts.Echo{Addr: to, Sent: 4, Back: 3, Min: d(10 * ms), Avg: d(38 * ms), Max: d(54 * ms), Jitter: d(4 * ms)},
		},
	} {
		if diff := cmp.Diff(c.want, echoSummary(to, c.sent, c.trips), cmp.Comparer(func(a, b netip.Addr) bool { return a == b })); diff != "" {
			t.Errorf("%s (-want +got):\n%s", c.name, diff)
		}
	}
}

// Without permission for ping, or without the interface, it is our own fault and not the network's.
func TestEchoOurOwnFault(t *testing.T) {
	t.Parallel()
	to := netip.MustParseAddr("127.0.0.2")
	failed := make(chan error)
	go func() {
		runtime.LockOSThread() // never unlocked: the thread without capabilities ends with the goroutine
		var none [2]unix.CapUserData
		err := unix.Capset(&unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}, &none[0])
		if err == nil {
			_, err = echoSeries{to: to, count: 1, interval: time.Millisecond, wait: time.Second}.run(t.Context())
		}
		failed <- err
	}()
	if err := <-failed; !errors.Is(err, syscall.EPERM) || socketAnswer(err) != facts.CouldNotAsk {
		t.Errorf("%q: %v", socketAnswer(err), err)
	}
	known := facts.Facts{Name: &facts.Name{Targets: []facts.Target{{Addr: netip.AddrPortFrom(to, 5060)}}}}
	if r := (Ping{Via: "none0"}).Look(t.Context(), known); r.Outcome != facts.Broken {
		t.Errorf("ping: %s %q", r.Outcome, r.Saw)
	}
	if r := (Quality{Via: "none0"}).Look(t.Context(), known); r.Outcome != facts.Broken {
		t.Errorf("quality: %s %q", r.Outcome, r.Saw)
	}
}

func TestPingAndQuality(t *testing.T) {
	t.Parallel()
	if !ownNet(t) {
		return
	}
	world := newOwnNetWorld(t)
	loop := netip.MustParseAddr("127.0.0.9")
	at := func(addrs ...netip.Addr) facts.Facts {
		n := &facts.Name{}
		for _, a := range addrs {
			n.Targets = append(n.Targets, facts.Target{Addr: netip.AddrPortFrom(a, 5060)}, facts.Target{Addr: netip.AddrPortFrom(a, 5061)})
		}
		return facts.Facts{Name: n, Address: &facts.Address{Gateway: world.gateway}}
	}

	t.Run("ping", func(t *testing.T) {
		t.Parallel()
		r := Ping{}.Look(t.Context(), at(loop, world.silent))
		got := dnsFiled(t, r).Ping.Targets
		if r.Outcome != facts.Passed || len(got) != 2 || got[0].Back != 5 || got[0].Sent != 5 || got[1].Back != 0 || got[1].Sent != 5 {
			t.Errorf("%s: %+v", r.Outcome, got)
		}
	})
	t.Run("silent provider", func(t *testing.T) {
		t.Parallel()
		if r := (Ping{}).Look(t.Context(), at(world.silent)); r.Outcome != facts.Failed || r.Saw != "The provider's servers do not answer ping; many providers drop ping." {
			t.Errorf("%s: %s", r.Outcome, r.Saw)
		}
		if r := (Ping{}).Look(t.Context(), at(world.unreachable)); r.Outcome != facts.Failed {
			t.Errorf("unreachable: %s: %s", r.Outcome, r.Saw)
		}
		if r := (Ping{}).Look(t.Context(), facts.Facts{}); r.Outcome != facts.NotRun {
			t.Errorf("without a name: %s", r.Outcome)
		}
	})
	t.Run("quality", func(t *testing.T) {
		t.Parallel()
		q := Quality{Targets: []netip.Addr{netip.MustParseAddr("127.0.0.10"), netip.MustParseAddr("127.0.0.11"), netip.MustParseAddr("127.0.0.12")}}
		known := at(loop)
		known.Internet = &facts.Internet{Targets: []facts.InternetTarget{
			{Addr: netip.MustParseAddr("127.0.0.10"), ICMP: facts.Silent}, {Addr: netip.MustParseAddr("127.0.0.11"), ICMP: facts.Answered},
		}}
		r := q.Look(t.Context(), known)
		got := dnsFiled(t, r).Quality
		if r.Outcome != facts.Passed || got.Gateway == nil || got.Gateway.Back != 100 || got.Gateway.Addr != world.gateway {
			t.Errorf("%s: %+v", r.Outcome, got)
		}
		var far []string
		for _, e := range got.Far {
			far = append(far, e.Addr.String())
			if e.Sent != 100 || e.Back != 100 || e.Min <= 0 || e.Avg < e.Min || e.Max < e.Avg {
				t.Errorf("%+v", e)
			}
		}
		if diff := cmp.Diff([]string{"127.0.0.9", "127.0.0.11", "127.0.0.10"}, far); diff != "" {
			t.Error(diff)
		}
	})
	t.Run("a silent far host is left alone", func(t *testing.T) {
		t.Parallel()
		r := Quality{}.Look(t.Context(), at(world.silent))
		got := dnsFiled(t, r).Quality
		if r.Outcome != facts.Failed || len(got.Far) != 1 || got.Far[0].Sent != qualityGiveUp || got.Far[0].Back != 0 {
			t.Errorf("%s: %+v", r.Outcome, got)
		}
		if got.Gateway.Back != 100 {
			t.Errorf("the control was cut short: %+v", got.Gateway)
		}
	})
}
