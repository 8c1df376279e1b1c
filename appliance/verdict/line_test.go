package verdict

import (
	"net/netip"
	"testing"
	"time"

	"trunktester/appliance/catalogue"
	"trunktester/probes/facts"
)

// fixed: the address is set by hand.
func fixed(s *site) { s.Facts.Address.Mode = "static" }

// holder: another device answers for the box's address.
func holder(s *site) {
	s.Facts.Conflict = &facts.Conflict{Addr: boxAddr.Addr(), Holder: "02:00:00:00:00:09"}
}

func TestLineTickets(t *testing.T) {
	nothing := []func(*site){from(3), silentOutside}
	dark := func(more ...func(*site)) *site { return healthy().with(nothing...).with(more...) }
	judgeAll(t, []ticket{
		{"the router answered the third ARP request only", healthy().with(func(s *site) { s.Facts.Gateway.ARPSent = 3 }), "ok green", "", "ggggg"},
		{"two ARP requests were lost, and the third is not out yet", dark(func(s *site) { s.Facts.Gateway.MAC, s.Facts.Gateway.ARPSent = "", 2 }), "box broken", "", "t----"},
		{"the box could send no DHCP request", healthy().with(from(2), noLease, func(s *site) { s.Facts.Address.Discovers = 0 }), "box broken", "", "t----"},
		{"an address for one host alone (/32), whose router lies outside of it by design", healthy().with(func(s *site) {
			s.Facts.Address.Prefix = netip.MustParsePrefix("192.168.1.20/32")
		}), "ok green", "", "ggggg"},
		{"a fixed address that another device has as well, and nothing works", dark(fixed, holder, func(s *site) { s.Facts.Internet = nil }), "1-6 red", "", "R----"},
		{"a fixed address that another device has as well, and everything works so far", healthy().with(fixed, holder), "1-6 amber", "", "Agggg"},
		{"the same, and SIP is answered, but the login is refused", healthy().with(fixed, holder, refusedLogin(403, "Forbidden")), "1-6 red", "4-2 red", "Rggr-"},
		{"another device took the leased address, and the login is refused", healthy().with(holder, refusedLogin(403, "Forbidden")), "4-2 red", "1-6 amber", "aggR-"},
		{"another device took the leased address, and everything works", healthy().with(holder), "1-6 amber", "", "Agggg"},
		{"one lease was declined, and the next one is taken as well", dark(holder, func(s *site) {
			s.Facts.Address.Declined, s.Facts.Internet = []netip.Addr{netip.MustParseAddr("192.168.1.19")}, nil
		}), "1-6 red", "1-6 amber", "R----"},
		{"ten megabit or not: the driver does not say, though it says what the port could do", healthy().with(link(10, true, gigabit, gigabit), func(s *site) {
			s.Facts.Link.SpeedMbit = nil
		}), "ok green", "", "ggggg"},
		{"half duplex or not: the driver does not say, though it says what the port could do", healthy().with(link(100, false, gigabit, gigabit), func(s *site) {
			s.Facts.Link.FullDuplex = nil
		}), "ok green", "", "ggggg"},
		{"ARP requests are lost, and no pings were sent yet", healthy().with(arp(60, 5), forget(func(f *facts.Facts) { f.Quality = nil })), "1-9 amber", "", "Agggg"},
		{"pings are lost to the router and behind it; forty ARP requests came back, too few to clear the cable", healthy().with(pingsLost(10), arp(40, 0)), "ok green", "", "ggggg"},
		{"pings are lost to the router and behind it; it answers every ARP request, but late", healthy().with(pingsLost(10), jittery(35*time.Millisecond, true), func(s *site) {
			s.Facts.Quality.Gateway.Jitter = 0
			for i := range s.Facts.Quality.Far {
				s.Facts.Quality.Far[i].Jitter = 0
			}
		}), "ok green", "", "ggggg"},
		{"no profile is on the box, no address comes, and the socket is for phones", healthy().with(from(2), noLease, says(office(20, 0)), func(s *site) { s.Profile = nil }),
			"1-8 red", "", "R----"},
	})
	hearAll(t, []saying{
		{"the box made itself an address", healthy().with(from(2), func(s *site) {
			s.Facts.Gateway, s.Facts.Address = nil, &facts.Address{Mode: "configured", Prefix: netip.MustParsePrefix("169.254.7.9/16")}
		}), "1-4", "only has the self-made address 169.254.7.9", "no router was named"},
		{"one of two DHCP servers names no router", healthy().with(func(s *site) {
			s.Facts.Offers = &facts.Offers{Seen: []facts.Offer{{Server: router, Gateway: router, Prefix: boxAddr}, {Server: netip.MustParseAddr("192.168.1.2"), Prefix: boxAddr}}}
		}), "1-5", "names the router none", "invalid"},
		{"the switch names its port", healthy().with(says(office(20, 1))), "1-8", `"sw-office-3" (port Gi1/0/7)`, ""},
		{"the switch does not name its port", healthy().with(says(office(20, 1)), func(s *site) { s.Facts.Neighbour.Switch.Port = "" }), "1-8", `"sw-office-3" announces`, "(port"},
	})
}

// A conflict is known before the address is: nothing breaks, and without the way in which the address was had it is no red.
func TestConflictAlone(t *testing.T) {
	s := healthy().with(holder)
	s.Facts = facts.Facts{Conflict: s.Facts.Conflict}
	if v := Judge(s.Input); v.Finding.Severity == catalogue.Red {
		t.Errorf("%s %s", v.Finding.Code, v.Finding.Text)
	}
}
