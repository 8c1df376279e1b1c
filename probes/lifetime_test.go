package probes

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/pion/stun/v3"

	"trunktester/probes/facts"
)

const second = facts.Duration(time.Second)

// TestLadder: what the router does, and what the ladder finds out, in how long. Time is that of a bubble.
func TestLadder(t *testing.T) {
	idles := lifetimeIdles()
	lives := func(d time.Duration) func(time.Duration) bool {
		return func(idle time.Duration) bool { return idle < d }
	}
	for _, c := range []struct {
		name           string
		alive          func(time.Duration) bool
		atLeast, under facts.Duration
		took           time.Duration
	}{
		{"two minutes", lives(120 * time.Second), 100 * second, 0, 100 * time.Second},
		{"20 s", lives(20 * time.Second), 15 * second, 25 * second, 40 * time.Second},
		{"60 s", lives(60 * time.Second), 55 * second, 70 * second, 88 * time.Second},
		{"10 s", lives(10 * time.Second), 0, 15 * second, 25 * time.Second},
		{"89 s: one silence alone says nothing", lives(89 * time.Second), 88 * second, 0, 100 * time.Second},
		{"87 s", lives(87 * time.Second), 70 * second, 88 * second, 100 * time.Second},
		{"two minutes, and the answer after 40 s was lost", func(d time.Duration) bool { return d != 40*time.Second }, 100 * second, 0, 100 * time.Second},
		{"60 s, and the answer after 15 s was lost", func(d time.Duration) bool { return d < 60*time.Second && d != 15*time.Second }, 55 * second, 70 * second, 88 * time.Second},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				start := time.Now()
				tries := ladder(t.Context(), idles, func(ctx context.Context, idle time.Duration) (bool, error) {
					if err := sleep(ctx, idle); err != nil {
						return false, err
					}
					return c.alive(idle), nil
				})
				atLeast, under := bracket(tries)
				if atLeast != c.atLeast || under != c.under || time.Since(start) != c.took {
					t.Errorf("at least %s, under %s after %s; want %s, %s, %s", atLeast, under, time.Since(start), c.atLeast, c.under, c.took)
				}
			})
		})
	}
}

// TestLadderThatCannotAsk: what was not told counts neither as alive nor as gone.
func TestLadderThatCannotAsk(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tries := ladder(t.Context(), lifetimeIdles(), func(context.Context, time.Duration) (bool, error) { return false, errors.New("no socket") })
		if atLeast, under := bracket(tries); len(tries) != 0 || atLeast != 0 || under != 0 {
			t.Errorf("%v", tries)
		}
	})
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
		defer cancel()
		tries := ladder(ctx, lifetimeIdles(), func(ctx context.Context, idle time.Duration) (bool, error) {
			return true, sleep(ctx, idle)
		})
		want := []facts.Idle{{For: 15 * second, Alive: true}, {For: 25 * second, Alive: true}}
		if d := cmp.Diff(want, tries); d != "" {
			t.Error(d)
		}
	})
}

// portServer is a STUN server that answers to the port named, as kind says: "port", "self" (it answers the asker
// himself), "refuse" (420) or "silent" (no answer to such a question).
func portServer(t *testing.T, kind string) netip.AddrPort {
	conn, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	var over sync.WaitGroup
	t.Cleanup(func() { conn.Close(); over.Wait() })
	over.Go(func() {
		buf := make([]byte, 1500)
		for {
			n, from, err := conn.ReadFromUDP(buf)
			if err != nil {
				return
			}
			m := &stun.Message{Raw: append([]byte(nil), buf[:n]...)}
			if m.Decode() != nil {
				continue
			}
			answer := stun.MustBuild(m, stun.BindingSuccess, &stun.XORMappedAddress{IP: from.IP, Port: from.Port})
			if v, err := m.Get(stun.AttrResponsePort); err == nil {
				switch kind {
				case "port":
					from.Port = int(v[0])<<8 | int(v[1])
				case "refuse":
					answer = stun.MustBuild(m, stun.BindingError, stun.CodeUnknownAttribute)
				case "silent":
					continue
				}
			}
			conn.WriteToUDP(answer.Raw, from)
		}
	})
	return conn.LocalAddr().(*net.UDPAddr).AddrPort()
}

func knownServers(servers ...netip.AddrPort) facts.Facts {
	known := facts.Facts{Address: &facts.Address{Prefix: netip.MustParsePrefix("127.0.0.1/8")}, Public: &facts.Public{}}
	for _, s := range servers {
		known.Public.Answers = append(known.Public.Answers, facts.STUNAnswer{From: s, Answer: facts.Answered})
	}
	return known
}

func TestLifetimeBySTUN(t *testing.T) {
	t.Parallel()
	able := portServer(t, "port")
	known := knownServers(portServer(t, "refuse"), able)
	asker, err := LifetimeBySTUN{}.Ready(t.Context(), "", known)
	if err != nil || asker.Server() != able.String() {
		t.Fatal(asker, err)
	}
	if ok, err := asker.(stunAsker).alive(t.Context(), time.Millisecond, time.Millisecond); !ok || err != nil {
		t.Error(ok, err)
	}
}

// Without a server that sends to another port nothing is said about the router.
func TestLifetimeNotMeasured(t *testing.T) {
	for _, kind := range []string{"self", "refuse", "silent"} {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			known := knownServers(portServer(t, kind))
			r := Lifetime{Ways: []LifetimeWay{LifetimeBySTUN{}}}.Look(t.Context(), known)
			if r.Outcome != facts.NotRun || r.File != nil || len(r.Evidence) != 1 || r.Evidence[0].Kind != "control" {
				t.Errorf("%s %s %+v", r.Outcome, r.Saw, r.Evidence)
			}
		})
	}
	if r := (Lifetime{Ways: []LifetimeWay{LifetimeBySTUN{}}}).Look(t.Context(), facts.Facts{}); r.Outcome != facts.NotRun || r.File != nil {
		t.Errorf("%s %s", r.Outcome, r.Saw)
	}
}

// Two addresses collide only behind a router that keeps ports, and only where a second address is to be had.
func TestLifetimeByCollisionNotReady(t *testing.T) {
	local, kept := netip.MustParseAddrPort("192.168.1.20:40000"), netip.MustParseAddrPort("203.0.113.2:40000")
	known := func(mode string, mapped netip.AddrPort) facts.Facts {
		return facts.Facts{Link: &facts.Link{Interface: "none"}, Address: &facts.Address{Mode: mode, Prefix: netip.MustParsePrefix("192.168.1.20/24")},
			Public: &facts.Public{Answers: []facts.STUNAnswer{{From: netip.MustParseAddrPort("192.0.2.1:3478"), Answer: facts.Answered, Local: local, Mapped: mapped}}}}
	}
	for name, c := range map[string]struct {
		known facts.Facts
		want  string
	}{
		"nothing known":     {facts.Facts{}, "no STUN server was asked"},
		"another port":      {known("dhcp", netip.MustParseAddrPort("203.0.113.2:1025")), "no STUN server saw"},
		"no translation":    {known("dhcp", local), "no STUN server saw"},
		"a static address":  {known("static", kept), "not from DHCP"},
		"no such interface": {known("dhcp", kept), "none"},
	} {
		_, err := LifetimeByCollision{}.Ready(t.Context(), "", c.known)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", name, err, c.want)
		}
	}
}
