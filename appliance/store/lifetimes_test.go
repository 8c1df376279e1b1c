package store

import (
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"testing"
	"time"

	"trunktester/probes/facts"
)

var (
	atHome = Line{GatewayMAC: "02:00:00:00:00:01", Public: netip.MustParseAddr("203.0.113.2")}
	short  = facts.Lifetime{How: "reflector", AtLeast: facts.Duration(25 * time.Second), Under: facts.Duration(40 * time.Second)}
)

func keepLifetime(t *testing.T, b *box, on Line, now time.Time) {
	t.Helper()
	if err := b.KeepLifetime(on, short, now); err != nil {
		t.Fatal(err)
	}
}

func TestALifetimeBelongsToItsLine(t *testing.T) {
	b := newBox(dirs(t))
	keepLifetime(t, b, atHome, time.Time{})
	b.at.Since += time.Hour
	moved, router := atHome, atHome
	moved.Public, router.GatewayMAC = netip.MustParseAddr("203.0.113.3"), "02:00:00:00:00:02"
	for name, on := range map[string]Line{"another public address": moved, "another router": router} {
		if found := b.Lifetime(on, time.Time{}); found != nil {
			t.Errorf("%s: %+v", name, found)
		}
	}
	found := b.Lifetime(atHome, time.Time{})
	if found == nil || found.Under != short.Under || found.Ago != facts.Duration(time.Hour) {
		t.Fatalf("%+v", found)
	}
	b.at.Since += 23 * time.Hour
	if found := b.Lifetime(atHome, time.Time{}); found != nil {
		t.Errorf("after a day: %+v", found)
	}
}

func TestALifetimeOutlivesThePower(t *testing.T) {
	noon := time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC)
	for _, c := range []struct {
		name        string
		kept, asked time.Time
		want        time.Duration // 0: forgotten
	}{
		{"nobody knows the time: since the boot, at least", time.Time{}, time.Time{}, 5 * time.Second},
		{"the time is known", noon, noon.Add(time.Hour), time.Hour},
		{"the time is known, and it was yesterday", noon, noon.Add(25 * time.Hour), 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := newBox(dirs(t))
			keepLifetime(t, b, atHome, c.kept)
			b.powerCut(t, "second")
			found := b.Lifetime(atHome, c.asked)
			if c.want == 0 && found != nil || c.want != 0 && (found == nil || found.Ago != facts.Duration(c.want)) {
				t.Errorf("%+v", found)
			}
		})
	}
}

func TestLifetimesAreFew(t *testing.T) {
	run, perm := dirs(t)
	b := newBox(run, perm)
	for i := range 2 * mostLifetimes {
		keepLifetime(t, b, Line{GatewayMAC: fmt.Sprint(i)}, time.Time{})
	}
	keepLifetime(t, b, Line{GatewayMAC: "15"}, time.Time{}) // in the place of its own
	for i, want := range map[string]bool{"7": false, "8": true, "15": true} {
		if found := b.Lifetime(Line{GatewayMAC: i}, time.Time{}); (found != nil) != want {
			t.Errorf("line %s: %+v", i, found)
		}
	}
	b.restart(t)
	for _, content := range [][]byte{[]byte("torn"), seal(lifetimesKind, []byte("{")), seal(lifetimesKind, []byte(`[{},{},{},{},{},{},{},{},{}]`))} {
		if err := os.WriteFile(filepath.Join(perm, lifetimesFile), content, 0o600); err != nil {
			t.Fatal(err)
		}
		if found := b.Lifetime(Line{GatewayMAC: "15"}, time.Time{}); found == nil {
			t.Error("the volatile directory's is gone as well")
		}
		wantTold(t, b.Store, perm, errCorrupt)
	}
	if err := b.Wipe(); err != nil {
		t.Fatal(err)
	}
	if found := b.Lifetime(Line{GatewayMAC: "15"}, time.Time{}); found != nil {
		t.Errorf("after a wipe: %+v", found)
	}
	keepLifetime(t, b, atHome, time.Time{})
	if len(b.Problems()) != 0 {
		t.Errorf("problems stay: %v", b.Problems())
	}
}

func TestWithoutACardTheProgramRemembersALifetime(t *testing.T) {
	b := newBox("/nonexistent/trunktester")
	keepLifetime(t, b, atHome, time.Time{})
	if found := b.Lifetime(atHome, time.Time{}); found == nil {
		t.Error("forgotten")
	}
	b.restart(t)
	if found := b.Lifetime(atHome, time.Time{}); found != nil {
		t.Errorf("%+v", found)
	}
}

func TestWithoutItsRouterALineIsNotKnown(t *testing.T) {
	f := facts.Facts{Public: &facts.Public{Addr: atHome.Public}}
	if l, ok := LineOf(f); ok {
		t.Errorf("%+v", l)
	}
	f.Gateway = &facts.Gateway{MAC: atHome.GatewayMAC}
	if l, ok := LineOf(f); !ok || l != atHome {
		t.Errorf("%+v", l)
	}
}

func FuzzLifetimes(f *testing.F) {
	f.Add([]byte(`[{"gateway_mac":"02:00:00:00:00:01","public":"203.0.113.2","at":{"boot":"b","since":1},"found":{"under_ms":40000}}]`))
	f.Add([]byte(`[{"public":""}]`))
	f.Fuzz(func(t *testing.T, body []byte) {
		if all, err := parseLifetimes(body); err == nil && len(all) > mostLifetimes {
			t.Errorf("%d lifetimes", len(all))
		}
	})
}
