package facts

import (
	"net/netip"
	"testing"
	"time"
)

func TestDeviceInWords(t *testing.T) {
	for want, d := range map[string]Device{
		"":                      {},
		`a device of "Maker"`:   {Maker: "Maker"},
		`"Router 1"`:            {Model: "Router 1"},
		`"Router 1" by "Maker"`: {Maker: "Maker", Model: "Router 1"},
	} {
		if got := d.String(); got != want {
			t.Errorf("%s, want %s", got, want)
		}
	}
}

func TestHowOldAMeasurementIs(t *testing.T) {
	for ago, want := range map[time.Duration]struct {
		unit string
		n    int
	}{0: {"", 0}, time.Second: {"shortly", 0}, 2 * time.Minute: {"minutes", 2}, 119 * time.Minute: {"minutes", 119}, 2 * time.Hour: {"hours", 2}, 50 * time.Hour: {"hours", 50}} {
		if unit, n := (Lifetime{Ago: Duration(ago)}).Measured(); unit != want.unit || n != want.n {
			t.Errorf("%s: %d %s", ago, n, unit)
		}
	}
	if alive, gone := (Idle{Alive: true}).String(), (Idle{}).String(); alive == gone {
		t.Error(alive)
	}
}

// A packet goes to an address that two witnesses call the router's own, and to no other.
func TestHairpinNeedsTwoWitnesses(t *testing.T) {
	public, other := netip.MustParseAddr("203.0.113.2"), netip.MustParseAddr("203.0.113.99")
	told := func(addrs ...netip.Addr) Public {
		p := Public{Addr: public}
		for i, a := range addrs {
			p.Answers = append(p.Answers, STUNAnswer{From: netip.AddrPortFrom(netip.MustParseAddr("198.51.100.9"), uint16(3478+i)), Mapped: netip.AddrPortFrom(a, 5000)})
		}
		return p
	}
	differ := told(public, public)
	differ.Differ = true
	for ticket, c := range map[string]struct {
		public   Public
		provider netip.Addr
		want     bool
	}{
		"two STUN servers":                         {told(public, public), netip.Addr{}, true},
		"one, and the provider":                    {told(public), public, true},
		"one alone":                                {told(public), netip.Addr{}, false},
		"one of two":                               {told(public, other), netip.Addr{}, false},
		"the provider sees another":                {told(public, public), other, false},
		"the servers differ":                       {differ, netip.Addr{}, false},
		"nobody told, and two kept silent":         {Public{Answers: []STUNAnswer{{From: netip.MustParseAddrPort("198.51.100.9:3478")}, {}}}, netip.Addr{}, false},
		"the provider alone":                       {Public{Addr: public}, public, false},
		"the provider, and servers without a name": {Public{Addr: public, Answers: []STUNAnswer{{Mapped: netip.AddrPortFrom(public, 5000)}}}, public, false},
	} {
		server, ok := c.public.Witnessed(c.provider)
		if ok != c.want || ok && server != netip.MustParseAddrPort("198.51.100.9:3478") {
			t.Errorf("%s: %s %v", ticket, server, ok)
		}
	}
}
