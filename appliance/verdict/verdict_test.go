package verdict

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"trunktester/appliance/catalogue"
	"trunktester/appliance/catalogue/words"
	"trunktester/appliance/profile"
	"trunktester/probes/facts"
)

func TestTickets(t *testing.T) {
	yes, no := true, false
	judgeAll(t, []ticket{
		{"everything works", healthy(), "ok green", "", "ggggg"},
		{"the router does not answer ping", healthy().with(func(s *site) { s.Facts.Gateway.PingSent = 3 }), "ok green", "", "ggggg"},
		{"the provider does not answer ping", healthy().with(noPing), "ok green", "", "ggggg"},

		{"the cable is out", healthy().with(from(1), func(s *site) { s.Facts.Link.Carrier = false }), "1-1 red", "", "R----"},
		{"no DHCP server", healthy().with(from(2), func(s *site) { s.Facts.Gateway = nil; s.Facts.Address = &facts.Address{Mode: "dhcp", Discovers: 4} }),
			"1-2 red", "", "R----"},
		{"the router is dead on the cable", healthy().with(from(3), silentOutside, func(s *site) { s.Facts.Gateway.MAC = ""; s.Facts.Gateway.ARPSent = 3 }),
			"1-3 red", "", "R----"},
		{"one ARP request was lost", healthy().with(func(s *site) { s.Facts.Gateway.ARPSent = 2 }), "ok green", "", "ggggg"},
		{"the lease names no router", healthy().with(from(2), func(s *site) { s.Facts.Gateway = nil; s.Facts.Address.Gateway = netip.Addr{} }),
			"1-4 red", "", "R----"},
		{"the lease names no router, yet SIP works", healthy().with(func(s *site) { s.Facts.Address.Gateway = netip.Addr{} }), "ok green", "1-4 green", "ggggg"},
		{"the lease names a router outside the subnet, which answers nothing", healthy().with(from(3), silentOutside, func(s *site) {
			s.Facts.Address.Gateway = netip.MustParseAddr("192.168.99.1")
			s.Facts.Gateway = &facts.Gateway{Addr: s.Facts.Address.Gateway, ARPSent: 3}
		}), "1-4 red", "", "R----"},
		{"the router answers for the PBX's address as well (proxy ARP)", healthy().with(func(s *site) {
			s.Facts.Conflict = &facts.Conflict{PBXMACs: []string{"02:00:00:00:00:01", "02:00:00:00:00:09"}}
		}), "ok green", "", "ggggg"},
		{"two devices hold the PBX's address", healthy().with(func(s *site) {
			s.Facts.Conflict = &facts.Conflict{PBXMACs: []string{"02:00:00:00:00:08", "02:00:00:00:00:09"}}
		}), "1-6 amber", "", "Agggg"},
		{"two DHCP servers with different routers", healthy().with(func(s *site) {
			s.Facts.Offers = &facts.Offers{Seen: []facts.Offer{{Server: router, Gateway: router, Prefix: boxAddr},
				{Server: netip.MustParseAddr("192.168.1.2"), Gateway: netip.MustParseAddr("192.168.1.2"), Prefix: boxAddr}}}
		}), "1-5 amber", "", "Agggg"},
		{"a failover pair of DHCP servers", healthy().with(func(s *site) {
			s.Facts.Offers = &facts.Offers{Seen: []facts.Offer{{Server: router, Gateway: router, Prefix: boxAddr},
				{Server: netip.MustParseAddr("192.168.1.2"), Gateway: router, Prefix: boxAddr}}}
		}), "ok green", "", "ggggg"},
		{"the first lease was somebody else's address", healthy().with(func(s *site) { s.Facts.Address.Declined = []netip.Addr{netip.MustParseAddr("192.168.1.19")} }),
			"1-6 amber", "", "Agggg"},
		{"every lease is somebody else's address", healthy().with(from(2), func(s *site) {
			s.Facts.Gateway = nil
			s.Facts.Address = &facts.Address{Mode: "dhcp", Discovers: 4, Declined: []netip.Addr{boxAddr.Addr()}}
		}), "1-6 red", "", "R----"},

		{"the line is down", healthy().with(from(3), silentOutside, noPing), "2-1 red", "", "gR---"},
		{"a voice-only line: no internet, but SIP works", healthy().with(silentOutside), "2-1 amber", "", "gAggg"},
		{"a voice-only line with a rewriting router", healthy().with(silentOutside, algProved), "3-2 amber", "2-1 amber", "gaAgg"},
		{"a voice-only line, the provider answers ping but no SIP", healthy().with(silentOutside, silentSIP("udp", "tcp", "tls")), "3-1 red", "2-1 amber", "gaR--"},
		{"a voice-only line, a firewall rejects SIP", healthy().with(silentOutside, silentSIP("udp", "tcp", "tls"), refusedBy("192.168.1.1", 3)), "3-1 red", "2-1 amber", "gaR--"},
		{"a voice-only line, the provider's SIP server is down", healthy().with(silentOutside, silentSIP("udp", "tcp", "tls"), refusedBy("198.51.100.5", 3)), "3-1 red", "2-1 amber", "gaR--"},
		{"the same, and the server does not answer ping", healthy().with(silentOutside, noPing, silentSIP("udp", "tcp", "tls"), refusedBy("198.51.100.5", 3)), "3-1 red", "2-1 amber", "gaR--"},
		{"nothing outside answers, and a firewall says no to SIP", healthy().with(silentOutside, noPing, silentSIP("udp", "tcp", "tls"), refusedBy("192.168.1.1", 13)),
			"2-1 red", "3-1 red", "gRr--"},
		{"nothing outside answers, and the router knows no way", healthy().with(silentOutside, noPing, silentSIP("udp", "tcp", "tls"), refusedBy("192.168.1.1", 0)),
			"2-1 red", "", "gR---"},
		{"two DHCP servers disagree, and the login could not be tried", healthy().with(from(4), func(s *site) {
			s.Facts.Offers = &facts.Offers{Seen: []facts.Offer{{Server: router, Gateway: router, Prefix: boxAddr},
				{Server: netip.MustParseAddr("192.168.1.2"), Gateway: netip.MustParseAddr("192.168.1.2"), Prefix: boxAddr}}}
		}), "box broken", "1-5 amber", "agg--"},
		{"nothing outside answers, nor does the provider", healthy().with(silentOutside, silentSIP("udp", "tcp", "tls"), noPing), "2-1 red", "", "gR---"},
		{"only two targets were asked and are silent", healthy().with(from(3), silentOutside, noPing, func(s *site) { s.Facts.Internet.Targets = s.Facts.Internet.Targets[:2] }),
			"box broken", "", "g----"},
		{"the router's name server is dead", healthy().with(from(3), func(s *site) {
			s.Facts.Resolver.Local = []facts.NameAnswer{nameAnswer("192.168.1.1", "")}
			s.Facts.Name = &facts.Name{Asked: "sip.example.net", Answers: s.Facts.Resolver.Local}
		}), "2-2 red", "", "gR---"},
		{"the router's name server fails for all names", healthy().with(from(3), func(s *site) {
			s.Facts.Resolver.Local = []facts.NameAnswer{nameAnswer("192.168.1.1", "SERVFAIL")}
			s.Facts.Name = &facts.Name{Asked: "sip.example.net", Answers: s.Facts.Resolver.Local}
		}), "2-2 red", "", "gR---"},
		{"the provider's name is mistyped", healthy().with(from(3), func(s *site) {
			s.Facts.Name = &facts.Name{Asked: "sip.exmaple.net", Answers: []facts.NameAnswer{named("sip.exmaple.net", "192.168.1.1", "NXDOMAIN")},
				Public: []facts.NameAnswer{named("sip.exmaple.net", "1.1.1.1", "NXDOMAIN")}}
		}), "2-3 red", "", "gR---"},
		{"the name has no address, here and elsewhere", healthy().with(from(3), func(s *site) {
			s.Facts.Name = &facts.Name{Asked: "sip.example.net", Answers: []facts.NameAnswer{nameAnswer("192.168.1.1", "NOERROR")},
				Public: []facts.NameAnswer{nameAnswer("1.1.1.1", "NOERROR")}}
		}), "2-3 red", "", "gR---"},
		{"the name has an IPv6 address only, and this network has no IPv6", healthy().with(from(3), onlySix, noSix), "2-3 red", "", "gR---"},
		{"the name has an IPv6 address only, and this network has IPv6: the box cannot tell", healthy().with(from(3), onlySix, func(s *site) {
			s.Facts.IPv6 = &facts.IPv6{Router: netip.MustParseAddr("fe80::1")}
		}), "box broken", "", "gg---"},
		{"the name has an IPv6 address only, and nobody looked for IPv6: the box cannot tell", healthy().with(from(3), onlySix), "box broken", "", "gg---"},
		{"the router's name server knows the IPv6 address only, and public ones both", healthy().with(from(3), onlySix, noSix, func(s *site) {
			s.Facts.Name.Public = append(s.Facts.Name.Public, nameAnswer("1.1.1.1", "NOERROR", "198.51.100.5"))
		}), "2-4 red", "", "gR---"},
		{"the name has an IPv6 address, and the question for the other was lost", healthy().with(from(3), onlySix, noSix, func(s *site) {
			s.Facts.Name.Answers[0] = nameAnswer("192.168.1.1", "")
		}), "box broken", "", "gg---"},
		{"the question for the address was lost; that there is no AAAA record says nothing", healthy().with(from(3), func(s *site) {
			lost, none := nameAnswer("192.168.1.1", ""), nameAnswer("192.168.1.1", "NOERROR")
			none.Type = "AAAA"
			s.Facts.Name = &facts.Name{Asked: "sip.example.net", Answers: []facts.NameAnswer{lost, none},
				Public: []facts.NameAnswer{nameAnswer("1.1.1.1", "NOERROR", "198.51.100.5")}}
		}), "box broken", "", "gg---"},
		{"the question for the address was lost; that there is no SRV record says nothing", healthy().with(from(3), func(s *site) {
			lost, none := nameAnswer("192.168.1.1", ""), nameAnswer("192.168.1.1", "NXDOMAIN")
			none.Type, none.Name = "SRV", "_sip._udp.sip.example.net"
			s.Facts.Name = &facts.Name{Asked: "sip.example.net", Answers: []facts.NameAnswer{lost, none}}
		}), "box broken", "", "gg---"},
		{"one of two name servers was silent, the other knows no such name", healthy().with(from(3), func(s *site) {
			s.Facts.Name = &facts.Name{Asked: "sip.exmaple.net", Answers: []facts.NameAnswer{named("sip.exmaple.net.", "192.168.1.1", ""), named("sip.exmaple.net.", "192.168.1.2", "NXDOMAIN")},
				Public: []facts.NameAnswer{named("sip.exmaple.net.", "1.1.1.1", "NXDOMAIN")}}
		}), "2-3 red", "", "gR---"},
		{"only the router's name server does not know the provider", healthy().with(from(3), func(s *site) {
			s.Facts.Name = &facts.Name{Asked: "sip.example.net", Answers: []facts.NameAnswer{nameAnswer("192.168.1.1", "NXDOMAIN")},
				Public: []facts.NameAnswer{nameAnswer("1.1.1.1", "NOERROR", "198.51.100.5")}}
		}), "2-4 red", "", "gR---"},
		{"nothing comes from the provider, the internet works", healthy().with(silentSIP("udp", "tcp", "tls"), noPing), "2-6 red", "", "gR---"},
		{"the line loses packets", healthy().with(func(s *site) { s.Facts.Quality.Far[0].Back = 94; s.Facts.Quality.Far[1].Back = 95 }), "2-7 amber", "", "gAggg"},
		{"the line loses packets, but the box itself was too busy to measure", healthy().with(func(s *site) {
			s.Facts.Quality.Far[0].Back, s.Facts.Quality.Far[1].Back = 94, 95
			s.Facts.Quality.Late = facts.Duration(25 * time.Millisecond)
		}), "ok green", "", "ggggg"},
		{"only one of two far hosts loses packets", healthy().with(func(s *site) { s.Facts.Quality.Far[1].Back = 90 }), "ok green", "", "ggggg"},
		{"no DHCP server, and the switch says nothing", healthy().with(from(2), noLease, says(facts.Neighbour{})), "1-2 red", "", "R----"},
		{"no DHCP server, and the switch announces no VLAN for phones", healthy().with(from(2), noLease, says(office(0, 0))), "1-2 red", "", "R----"},
		{"no address, and the switch announces a VLAN for phones", healthy().with(from(2), noLease, says(office(20, 0))), "1-8 red", "", "R----"},
		{"no address, and the VLAN for phones is that of the box's file", healthy().with(from(2), noLease, says(office(20, 0)), vlan(20)), "1-2 red", "", "R----"},
		{"no address, and the VLAN for phones is another one than that of the box's file", healthy().with(from(2), noLease, says(office(30, 0)), vlan(20)), "1-8 red", "", "R----"},
		{"no address, and the VLAN for phones is that of frames without a tag", healthy().with(from(2), noLease, says(office(20, 20))), "1-2 red", "", "R----"},
		{"no address in the VLAN of the box's file, and the phones' VLAN needs no tag", healthy().with(from(2), noLease, says(office(30, 30)), vlan(20)), "1-8 red", "", "R----"},
		{"no address, and tagged frames are on the cable", healthy().with(from(2), noLease, says(facts.Neighbour{Tagged: []int{20}})), "1-8 red", "", "R----"},
		{"no address, and the frames carry the tag of the box's file", healthy().with(from(2), noLease, says(facts.Neighbour{Tagged: []int{20}}), vlan(20)), "1-2 red", "", "R----"},
		{"no address, and the socket asks for a network login", healthy().with(from(2), noLease, says(facts.Neighbour{Login: true})), "1-8 red", "", "R----"},
		{"an address that cannot work, and the socket asks for a network login", healthy().with(from(2), noLease, says(facts.Neighbour{Login: true}), func(s *site) {
			s.Facts.Address.Refused = words.Said("lease.refused", "server", "192.168.1.1", "address", "192.168.1.20", "message", `"no"`)
		}), "1-4 red", "", "R----"},
		{"the phones have a VLAN of their own, and the box is in the data network", healthy().with(says(office(20, 1))), "ok green", "1-8 green", "ggggg"},
		{"the phones have the VLAN in which the box is", healthy().with(says(office(20, 20))), "ok green", "", "ggggg"},
		{"the box's file names the VLAN of the phones", healthy().with(says(office(20, 1)), vlan(20)), "ok green", "", "ggggg"},
		{"the box's file names another VLAN, on purpose", healthy().with(says(office(30, 1)), vlan(20)), "ok green", "", "ggggg"},
		{"tagged frames and a network login, and yet everything works", healthy().with(says(facts.Neighbour{Tagged: []int{20}, Login: true})), "ok green", "", "ggggg"},
		{"ten megabit, though both ends could do a hundred times more", healthy().with(link(10, true, gigabit, gigabit)), "1-7 amber", "", "Agggg"},
		{"ten megabit from a socket that can do no better", healthy().with(link(10, true, gigabit, &facts.Ability{SpeedMbit: 10, FullDuplex: true})), "ok green", "", "ggggg"},
		{"ten megabit, since the box's own port can do no better", healthy().with(link(10, true, &facts.Ability{SpeedMbit: 10, FullDuplex: true}, gigabit)), "ok green", "", "ggggg"},
		{"ten megabit, and the driver says nothing about the port", healthy().with(link(10, true, nil, nil)), "ok green", "", "ggggg"},
		{"ten megabit from a socket that does not negotiate", healthy().with(link(10, true, gigabit, nil)), "1-7 amber", "", "Agggg"},
		{"a hundred megabit, since the board can do no more", healthy().with(link(100, true, &facts.Ability{SpeedMbit: 100, FullDuplex: true}, gigabit)), "ok green", "", "ggggg"},
		{"a hundred megabit between two that could do more", healthy().with(link(100, true, gigabit, gigabit)), "ok green", "", "ggggg"},
		{"half duplex, since the socket is set to a fixed speed", healthy().with(link(100, false, gigabit, nil)), "1-7 amber", "", "Agggg"},
		{"half duplex, though both ends could do better", healthy().with(link(100, false, gigabit, gigabit)), "1-7 amber", "", "Agggg"},
		{"half duplex to a device that knows no other", healthy().with(link(100, false, gigabit, &facts.Ability{SpeedMbit: 100})), "ok green", "", "ggggg"},
		{"half duplex, since the box's own port knows no other", healthy().with(link(100, false, &facts.Ability{SpeedMbit: 100}, gigabit)), "ok green", "", "ggggg"},
		{"the cable was out twice in five seconds", healthy().with(cable(5*time.Second, 2, 1000, 0)), "1-7 amber", "", "Agggg"},
		{"the cable was out once", healthy().with(cable(5*time.Second, 1, 1000, 0)), "ok green", "", "ggggg"},
		{"the cable was out twice in two minutes of a long run", healthy().with(cable(2*time.Minute, 2, 1000, 0)), "ok green", "", "ggggg"},
		{"the cable was out four times in two minutes of a long run", healthy().with(cable(2*time.Minute, 4, 1000, 0)), "1-7 amber", "", "Agggg"},
		{"the cable was out for a moment twice in the minute before", healthy().with(cable(5*time.Second, 0, 1000, 0), func(s *site) { s.Facts.Cable.Flaps = 2 }), "1-7 amber", "", "Agggg"},
		{"the cable was out for a moment once in the minute before", healthy().with(cable(5*time.Second, 0, 1000, 0), func(s *site) { s.Facts.Cable.Flaps = 1 }), "ok green", "", "ggggg"},
		{"five frames of a thousand came damaged", healthy().with(cable(5*time.Second, 0, 1000, 5)), "1-7 amber", "", "Agggg"},
		{"two frames of a hundred came damaged", healthy().with(cable(5*time.Second, 0, 100, 2)), "ok green", "", "ggggg"},
		{"five frames of ten thousand came damaged", healthy().with(cable(5*time.Second, 0, 10000, 5)), "ok green", "", "ggggg"},
		{"a poor cable that loses data as well", healthy().with(cable(5*time.Second, 4, 1000, 0), pingsLost(10), arp(60, 5)), "1-7 amber", "1-9 amber", "Agggg"},
		{"a poor cable and a wrong password", healthy().with(cable(5*time.Second, 4, 1000, 0), refusedLogin(401, "Unauthorized")), "4-2 red", "1-7 amber", "aggR-"},
		{"pings are lost on the way to the router already, and nobody looked closer", healthy().with(pingsLost(10)), "ok green", "", "ggggg"},
		{"the same, and ARP requests to the router are lost as well", healthy().with(pingsLost(10), arp(60, 5)), "1-9 amber", "", "Agggg"},
		{"the same, and the router has stopped to answer", healthy().with(pingsLost(10), arp(60, 60)), "ok green", "", "ggggg"},
		{"two ARP requests of a hundred were lost", healthy().with(pingsLost(10), arp(100, 2)), "ok green", "", "ggggg"},
		{"three ARP requests of forty were lost: too few to judge", healthy().with(pingsLost(10), arp(40, 3)), "ok green", "", "ggggg"},
		{"the router limits ARP, and a host behind it loses nothing", healthy().with(arp(60, 30), func(s *site) { s.Facts.Quality.Far[0].Back = 90 }), "ok green", "", "ggggg"},
		{"the router limits ARP but answers every ping, and the line loses packets", healthy().with(pingsLost(10), arp(60, 30), func(s *site) {
			s.Facts.Quality.Gateway.Back = 100
		}), "2-7 amber", "", "gAggg"},
		{"the router limits ARP, and the line varies without losing packets", healthy().with(arp(60, 30), jittery(25*time.Millisecond, false)), "ok green", "", "ggggg"},
		{"the router limits ping, but no ARP request is lost, and the line loses packets", healthy().with(pingsLost(10), arp(60, 0)), "2-7 amber", "", "gAggg"},
		{"the router drops ping, and what is sent through it and to it is lost", healthy().with(pingsLost(10), arp(60, 5), func(s *site) {
			s.Facts.Quality.Gateway.Back = 0
		}), "1-9 amber", "", "Agggg"},
		{"nobody answers ping, and ARP requests are lost", healthy().with(pingsLost(100), arp(60, 5)), "1-9 amber", "", "Agggg"},
		{"ARP requests are lost, but the box itself was too busy to see the answers in time", healthy().with(pingsLost(100), arp(60, 5), busyBox), "ok green", "", "ggggg"},
		{"the way to the router delays, as seen by a box that was too busy to look at its clock", healthy().with(jittery(35*time.Millisecond, true), busyBox), "ok green", "", "ggggg"},
		{"a wireless bridge delays the way to the router", healthy().with(jittery(35*time.Millisecond, true)), "1-9 amber", "", "Agggg"},
		{"the way to the router varies no more than a call can bear", healthy().with(jittery(19*time.Millisecond, true)), "ok green", "", "ggggg"},
		{"the router answers ARP late, but pings come back in step", healthy().with(jittery(35*time.Millisecond, true), func(s *site) {
			s.Facts.Quality.Gateway.Jitter = 0
		}), "2-7 amber", "", "gAggg"},
		{"two of a hundred packets were lost", healthy().with(func(s *site) { s.Facts.Quality.Far[0].Back = 98; s.Facts.Quality.Far[1].Back = 98 }), "ok green", "", "ggggg"},

		{"a firewall rejects SIP", healthy().with(silentSIP("udp", "tcp", "tls"), refusedBy("192.168.1.1", 13)), "3-1 red", "", "ggR--"},
		{"the provider's own server refuses the port", healthy().with(silentSIP("udp", "tcp", "tls"), refusedBy("198.51.100.5", 3)), "3-1 red", "", "ggR--"},
		{"SIP silent everywhere, other SIP hosts as well", healthy().with(silentSIP("udp", "tcp", "tls"), control(false)), "3-1 red", "", "ggR--"},
		{"SIP silent, ping answers, nothing to compare with", healthy().with(silentSIP("udp", "tcp", "tls")), "3-1 red", "", "ggR--"},
		{"SIP silent, ping answers, other SIP hosts answer", healthy().with(silentSIP("udp", "tcp", "tls"), control(true)), "4-9 red", "", "gg-R-"},
		{"a TCP trunk: no SIP answer from the provider, and TCP to other SIP hosts times out too, only their UDP answers", healthy().with(
			func(s *site) { s.Profile.Trunk.Transport = "tcp" }, silentSIP("udp", "tcp", "tls"), control(true), controlTCP(facts.Silent)), "3-4 red", "", "ggR--"},
		{"a TCP trunk: no SIP answer from the provider, and other SIP hosts serve UDP only: cannot tell", healthy().with(
			func(s *site) { s.Profile.Trunk.Transport = "tcp" }, silentSIP("udp", "tcp", "tls"), control(true), controlTCP(facts.Refused)), "3-4 red", "", "ggR--"},
		{"a UDP trunk: no SIP answer from the provider, while other SIP hosts answer over UDP only", healthy().with(
			silentSIP("udp", "tcp", "tls"), control(true), controlTCP(facts.Silent)), "4-9 red", "", "gg-R-"},
		{"a UDP trunk: no SIP answer from the provider, and other SIP hosts answer over TCP only", healthy().with(
			silentSIP("udp", "tcp", "tls"), control(false), controlTCP(facts.Answered)), "3-3 red", "", "ggR--"},
		{"a TCP trunk: no SIP answer from the provider, and other SIP hosts answer over TCP only", healthy().with(
			func(s *site) { s.Profile.Trunk.Transport = "tcp" }, silentSIP("udp", "tcp", "tls"), control(false), controlTCP(facts.Answered)), "4-9 red", "", "gg-R-"},
		{"nothing comes from the provider, and other SIP hosts answer over TCP only", healthy().with(
			silentSIP("udp", "tcp", "tls"), noPing, control(false), controlTCP(facts.Answered)), "2-6 red", "", "gR---"},
		{"UDP is blocked, TCP works", healthy().with(silentSIP("udp", "tls")), "3-3 red", "", "ggR--"},
		{"a trunk on TCP whose port is blocked", healthy().with(func(s *site) { s.Profile.Trunk.Transport = "tcp" }, silentSIP("tcp")), "3-4 red", "", "ggR--"},
		{"a trunk on UDP does not care about TCP and TLS", healthy().with(silentSIP("tcp", "tls")), "ok green", "", "ggggg"},
		{"a rewriting router, the PBX registers all the same", healthy().with(algProved), "3-2 amber", "", "ggAgg"},
		{"a rewriting router, and the PBX is not registered", healthy().with(algProved, noEntries), "3-2 red", "5-1 red", "ggRgr"},
		{"a rewriting router and a wrong password", healthy().with(algProved, refusedLogin(401, "Unauthorized")), "4-2 red", "3-2 amber", "ggaR-"},
		{"a rewriting router does not touch TLS", healthy().with(algProved, func(s *site) { s.Profile.Trunk.Transport = "tls"; s.Facts.Login.Transport = "tls" }), "ok green", "3-2 green", "ggggg"},
		{"REGISTER passes over TLS only, and the trunk uses UDP", healthy().with(registerUnanswered, transportContrast), "3-2 red", "", "ggR--"},
		{"the provider answers OPTIONS and no REGISTER", healthy().with(registerUnanswered), "4-9 red", "", "gggR-"},
		{"one REGISTER was lost, and the login was accepted", healthy().with(transportContrast, func(s *site) { s.Facts.ALG.Word = facts.ALGLikely }), "3-2 amber", "", "ggAgg"},
		{"something may rewrite, the PBX is not registered", healthy().with(noEntries, func(s *site) { s.Facts.ALG = &facts.ALG{Word: facts.ALGLikely, Over: []string{"udp"}} }), "5-1 red", "3-2 amber", "ggagR"},

		{"the realm is not the one in the settings", healthy().with(func(s *site) { s.Profile.Trunk.Realm = "example.org" }, refusedBefore(401, "Unauthorized"), func(s *site) {
			s.Facts.Login.Challenges = []facts.Challenge{{Code: 401, Realm: "sip.example.net"}}
		}), "4-1 red", "", "gggR-"},
		{"wrong password, told by a second challenge", healthy().with(refusedLogin(401, "Unauthorized")), "4-2 red", "", "gggR-"},
		{"wrong password, told by 403", healthy().with(refusedLogin(403, "Forbidden")), "4-2 red", "", "gggR-"},
		{"wrong password, and the portal shows the PBX registered", healthy().with(refusedLogin(403, "Forbidden"), func(s *site) { s.Answers.PortalShowsPBX = &yes }),
			"4-2 amber", "", "gggA-"},
		{"the account is suspended", healthy().with(refusedLogin(403, "Account suspended")), "4-4 red", "", "gggR-"},
		{"the provider does not know the user", healthy().with(refusedLogin(404, "Not Found")), "4-3 red", "", "gggR-"},
		{"the server is no registrar", healthy().with(refusedBefore(405, "Method Not Allowed")), "4-3 red", "", "gggR-"},
		{"the address is refused before any login", healthy().with(refusedBefore(403, "Forbidden")), "4-4 red", "", "gggR-"},
		{"wrong password after settings were changed", healthy().with(refusedLogin(401, "Unauthorized"), func(s *site) { s.Profile.Trunk.SettingsChanged = true }),
			"4-5 red", "", "gggR-"},
		{"wrong password, somebody says that nothing was changed", healthy().with(refusedLogin(401, "Unauthorized"), func(s *site) {
			s.Profile.Trunk.SettingsChanged, s.Answers.SettingsChanged = true, &no
		}), "4-2 red", "", "gggR-"},
		{"wrong password, and another realm than in the last run", healthy().with(refusedLogin(401, "Unauthorized"), func(s *site) {
			s.Facts.Remembered = &facts.Remembered{Realm: "old.example.net"}
		}), "4-5 red", "", "gggR-"},
		{"an address-authenticated trunk from the right address", healthy().with(ipTrunk("203.0.113.2")), "ok green", "", "ggggg"},
		{"an address-authenticated trunk from another address", healthy().with(ipTrunk("203.0.113.77")), "4-6 red", "", "gggR-"},
		{"the provider is overloaded", healthy().with(refusedBefore(503, "Service Unavailable")), "4-7 red", "", "gggR-"},
		{"the provider's certificate ran out, trunk on TLS", healthy().with(func(s *site) { s.Profile.Trunk.Transport = "tls" }, silentSIP("tls"), expired(true)), "4-8 red", "", "gg-R-"},
		{"the provider's certificate ran out, trunk on UDP", healthy().with(silentSIP("tls"), expired(true)), "ok green", "4-8 green", "ggggg"},
		{"the provider asks for no password", healthy().with(open), "ok green", "", "ggggg"},
		{"the provider asks for no password, and the PBX is not registered", healthy().with(open, noEntries), "5-1 red", "", "ggggR"},
		{"silence after the login", healthy().with(func(s *site) { s.Facts.Login.Accepted, s.Facts.Login.Reply, s.Facts.Login.Attempts = false, nil, 2 }, from(5)), "4-9 red", "", "gggR-"},
		{"silence after the login, but other messages are answered", healthy().with(func(s *site) {
			s.Facts.Login.Accepted, s.Facts.Login.Reply, s.Facts.Login.Attempts = false, nil, 2
			s.Facts.Login.AnsweredBy = []string{"OPTIONS"}
		}, from(5)), "4-9 amber", "", "gggA-"},
		{"silence after the login on a line that loses packets", healthy().with(func(s *site) {
			s.Facts.Login.Accepted, s.Facts.Login.Reply, s.Facts.Login.Attempts = false, nil, 2
			s.Facts.Quality.Far[0].Back, s.Facts.Quality.Far[1].Back = 85, 84
		}, from(5)), "2-7 amber", "4-9 amber", "gAga-"},
		{"silence after the login, and an earlier message had to be repeated", healthy().with(func(s *site) {
			s.Facts.Login.Accepted, s.Facts.Login.Reply, s.Facts.Login.Attempts = false, nil, 2
			s.Facts.UDP.Targets[0].Exchanges[0].Sends = 2
		}, from(5)), "4-9 amber", "", "gggA-"},
		{"the login was refused in an earlier run and is not tried again", healthy().with(func(s *site) {
			s.Facts.Login.Accepted, s.Facts.Login.Reply, s.Facts.Login.Attempts = false, nil, 0
			s.Facts.Remembered = &facts.Remembered{LoginRefused: true, RefusedWith: 401}
		}, from(5)), "4-2 red", "", "gggR-"},

		{"the PBX is not registered", healthy().with(noEntries), "5-1 red", "", "ggggR"},
		{"an empty list from a provider that may hide it", healthy().with(noEntries, showsUnknown), "5-5 amber", "", "ggggA"},
		{"an empty list from a provider that may hide it; the portal shows no entry", healthy().with(noEntries, showsUnknown, func(s *site) { s.Answers.PortalShowsPBX = &no }),
			"5-1 red", "", "ggggR"},
		{"an empty list from a provider that has shown a contact before", healthy().with(noEntries, showsUnknown, func(s *site) {
			s.Facts.Remembered = &facts.Remembered{ContactSeen: true}
		}), "5-1 red", "", "ggggR"},
		{"the query for bindings is not supported", healthy().with(refusedLogin(400, "Missing Contact")), "5-5 amber", "", "ggg-A"},
		{"registered from another port", healthy().with(func(s *site) { s.Profile.Expect.Port = 5070 }), "5-2 amber", "", "ggggA"},
		{"registered from the expected port", healthy().with(func(s *site) { s.Profile.Expect.Port = 5060 }), "ok green", "", "ggggg"},
		{"a private contact where a public one is expected", healthy().with(func(s *site) { s.Profile.Expect.NAT = "no" }), "5-3 amber", "", "ggggA"},
		{"a private contact where one is expected", healthy().with(func(s *site) { s.Profile.Expect.NAT = "yes" }), "ok green", "", "ggggg"},
		{"registered from elsewhere", healthy().with(func(s *site) {
			s.Facts.Bindings.Contacts[0].Received = netip.MustParseAddrPort("192.0.2.9:5060")
		}), "5-4 amber", "", "ggggA"},
		{"a hosted PBX registers from elsewhere", healthy().with(func(s *site) {
			s.Profile.PBX.Location = "hosted"
			s.Facts.Bindings.Contacts[0].Received = netip.MustParseAddrPort("192.0.2.9:5060")
		}), "ok green", "", "ggggg"},

		{"no trunk is configured", healthy().with(from(3), func(s *site) { s.Profile = &profile.Profile{} }), "no-trunk amber", "", "gg---"},
		{"no trunk is configured and the line is down", healthy().with(from(3), silentOutside, noPing, func(s *site) { s.Profile = nil }), "2-1 red", "", "gR---"},
	})
}

// ticket is one support ticket: a site, and what the box must say about it.
type ticket struct {
	ticket string
	site   *site
	want   string // code and severity
	also   string // code and severity of what else is noticed, joined by spaces
	lights string // g a r - (untested), capital where it counts
}

func judgeAll(t *testing.T, table []ticket) {
	for _, c := range table {
		t.Run(c.ticket, func(t *testing.T) {
			v := Judge(c.site.Input)
			spoken(t, append([]catalogue.Finding{v.Finding}, v.Also...)...)
			if got := v.Finding.Code + " " + string(v.Finding.Severity); got != c.want {
				t.Errorf("verdict %s, want %s\n%s", got, c.want, v.Finding.Text)
			}
			for _, f := range append([]catalogue.Finding{v.Finding}, v.Also...) {
				if strings.HasPrefix(f.Advice, "advice.") || strings.HasPrefix(f.Title, "title.") {
					t.Errorf("a sentence that the catalogue lacks: %q, %q", f.Title, f.Advice)
				}
			}
			var also []string
			for _, f := range v.Also {
				also = append(also, f.Code+" "+string(f.Severity))
			}
			if got := strings.Join(also, " "); got != c.also {
				t.Errorf("also %q, want %q", got, c.also)
			}
			if got := drawn(v.Row); got != c.lights {
				t.Errorf("lights %s, want %s", got, c.lights)
			}
		})
	}
}

func expired(clock bool) func(*site) {
	return func(s *site) {
		s.Facts.TLS.Targets[0].TLS = &facts.TLSSession{Fault: "expired", ClockKnown: clock, NotAfter: time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC)}
	}
}

// drawn prints a row: one letter a light, a capital where it counts.
func drawn(row catalogue.Row) string {
	var b strings.Builder
	for _, l := range row {
		letter := map[catalogue.LightState]string{catalogue.LightGreen: "g", catalogue.LightAmber: "a", catalogue.LightRed: "r",
			catalogue.LightUntested: "-", catalogue.LightTesting: "t"}[l.State]
		if l.Counting {
			letter = strings.ToUpper(letter)
		}
		b.WriteString(letter)
	}
	return b.String()
}

func TestEverySIPStatusHasARow(t *testing.T) {
	for _, after := range []bool{false, true} {
		for code := 200; code < 700; code++ {
			got := row(code, "Some reason", after)
			fine := code < 300 || !after && (code == 401 || code == 407)
			if fine != (got == "") {
				t.Errorf("status %d (after credentials: %v) leads to %q", code, after, got)
			}
			if got == "" {
				continue
			}
			if _, ok := catalogue.Find(got); !ok {
				t.Errorf("status %d leads to %q, which is not in the catalogue", code, got)
			}
		}
	}
}

// The rows that the catalogue names, written down by hand.
func TestSIPStatusRows(t *testing.T) {
	table := []struct {
		code   int
		reason string
		after  bool
		want   string
	}{
		{401, "Unauthorized", true, "4-2"}, {407, "Proxy Authentication Required", true, "4-2"},
		{403, "Forbidden", true, "4-2"}, {403, "Account barred", true, "4-4"}, {403, "IP address not allowed", true, "4-4"},
		{403, "Forbidden", false, "4-4"}, {603, "Decline", false, "4-4"}, {403, "Contact required", true, "5-5"},
		{404, "", false, "4-3"}, {404, "", true, "4-3"}, {410, "", true, "4-3"}, {604, "", true, "4-3"}, {405, "", false, "4-3"}, {501, "", false, "4-3"},
		{301, "", false, "4-3"}, {302, "", true, "4-3"},
		{408, "", true, "4-7"}, {480, "", false, "4-7"}, {500, "", false, "4-7"}, {503, "", false, "4-7"}, {503, "", true, "4-7"}, {504, "", true, "4-7"},
		{416, "", true, "4-4"}, {420, "", false, "4-4"}, {421, "", true, "4-4"}, {494, "", false, "4-4"},
		{400, "Bad Request", false, "4-4"}, {606, "Not Acceptable", false, "4-4"}, {180, "Ringing", true, ""}, {400, "Bad Request", true, "5-5"}, {500, "", true, "5-5"}, {423, "Interval Too Brief", true, "5-5"},
		{403, "Wrong password, please contact support", true, "4-2"}, {403, "Contact header required", true, "5-5"}, {603, "Query not supported", true, "5-5"},
		{403, "Authentication method not supported", true, "4-2"}, {402, "Payment Required", true, "4-4"}, {402, "Payment Required", false, "4-4"},
		{502, "Bad Gateway", true, "5-5"}, {606, "Not Acceptable", true, "5-5"},
	}
	for _, c := range table {
		if got := row(c.code, c.reason, c.after); got != c.want {
			t.Errorf("%d %q (after credentials: %v): %q, want %q", c.code, c.reason, c.after, got, c.want)
		}
	}
}

// While steps run no light is red that a later step may still refute.
func TestNoRedBeforeTheEnd(t *testing.T) {
	s := healthy().with(silentOutside, noPing, from(3))
	for i := range s.Steps {
		if s.Steps[i].Light >= 3 {
			s.Steps[i].Done = false
		}
	}
	v := Judge(s.Input)
	if v.Final || v.Finding.Code != "" {
		t.Errorf("verdict %s (final: %v) while SIP is still being tested", v.Finding.Code, v.Final)
	}
	if slices.ContainsFunc(v.Row[:], func(l catalogue.Light) bool { return l.State == catalogue.LightRed }) {
		t.Errorf("a light is red: %s", drawn(v.Row))
	}
}

// Light 1 is green as soon as the router answers, and turns when a second DHCP server shows up after that.
func TestLightOneTurnsLater(t *testing.T) {
	for _, c := range []struct {
		ticket  string
		site    *site
		running []string
		want    string
	}{
		{"the router has yet to answer", healthy(), []string{"gateway", "conflict", "offers"}, "testing"},
		{"the router has answered", healthy(), []string{"conflict", "offers"}, "green"},
		{"a second server has offered", healthy().with(func(s *site) {
			s.Facts.Offers = &facts.Offers{Seen: []facts.Offer{{Server: router, Gateway: router, Prefix: boxAddr},
				{Server: netip.MustParseAddr("192.168.1.2"), Gateway: netip.MustParseAddr("192.168.1.2"), Prefix: boxAddr}}}
		}), []string{"conflict"}, "amber"},
	} {
		steps := []facts.Step{{ID: "link", Light: 1, Done: true}, {ID: "address", Light: 1, Done: true}}
		for _, id := range []string{"gateway", "conflict", "offers"} {
			steps = append(steps, facts.Step{ID: id, Light: 1, Done: !slices.Contains(c.running, id)})
		}
		c.site.Steps = steps
		v := Judge(c.site.Input)
		if got := string(v.Row[0].State); got != c.want || v.Final {
			t.Errorf("%s: light 1 is %s (final: %v), want %s", c.ticket, got, v.Final, c.want)
		}
	}
}

// The whole row alternates only when the box itself could not look; a login that was left out by choice is
// an open question, never the box's fault.
func TestBoxFaultIsTheBoxsOwn(t *testing.T) {
	for _, c := range []struct {
		ticket  string
		outcome facts.Outcome
		want    catalogue.Whole
	}{
		{"the login was interrupted by a power cut and is not tried again", facts.NotRun, catalogue.WholeNone},
		{"the box has no memory left for a socket", facts.Broken, catalogue.WholeBoxFault},
	} {
		s := healthy().with(from(4))
		for i := range s.Steps {
			if s.Steps[i].ID == "login" {
				s.Steps[i].Outcome = c.outcome
			}
		}
		v := Judge(s.Input)
		if v.Finding.Severity != catalogue.Broken || v.Whole() != c.want {
			t.Errorf("%s: %s %s, row %q", c.ticket, v.Finding.Code, v.Finding.Severity, v.Whole())
		}
	}
}

// Only the verdict's light counts flashes, in every site of every ticket, and a red verdict exits nothing else.
func TestOnlyOneLightCounts(t *testing.T) {
	for i, s := range []*site{healthy(), healthy().with(algProved, noEntries), healthy().with(algProved, refusedLogin(401, "")), healthy().with(noEntries)} {
		counting := 0
		for _, l := range Judge(s.Input).Row {
			if l.Counting {
				counting++
				if l.Flashes < 1 || l.Flashes > 9 {
					t.Errorf("site %d: %d flashes", i, l.Flashes)
				}
			}
		}
		if want := min(i, 1); counting != want {
			t.Errorf("site %d: %d lights count, want %d", i, counting, want)
		}
	}
}

// No verdict changes its mind about facts that it was not given: an empty run is never green and never red.
func TestNothingLookedAtIsNeitherGreenNorRed(t *testing.T) {
	s := healthy()
	s.Facts = facts.Facts{}
	v := Judge(s.Input)
	if v.Finding.Severity != catalogue.Broken {
		t.Errorf("verdict %s %s of a run that saw nothing", v.Finding.Code, v.Finding.Severity)
	}
	for n, l := range v.Row {
		if l.State == catalogue.LightGreen || l.State == catalogue.LightRed {
			t.Errorf("light %d is %s", n+1, l.State)
		}
	}
}

func Example() {
	v := Judge(healthy().with(refusedLogin(403, "Forbidden")).Input)
	fmt.Println(v.Finding.Code, v.Finding.Text)
	// Output: 4-2 The provider refuses the login: "403 Forbidden" after one attempt. Either the username or the password is wrong; SIP does not say which of the two. This was tested with the settings in the box's file.
}

// What could not be tested is explained by the step that the others needed, not by those that are never made on this trunk.
func TestTheReasonIsTold(t *testing.T) {
	v := Judge(healthy().with(from(3), onlySix, func(s *site) {
		for i := range s.Steps {
			switch step := &s.Steps[i]; {
			case step.Light == 2:
				step.ID, step.Outcome, step.Saw = "name", facts.NotRun, "It has an IPv6 address only."
			case step.Light == 3:
				step.Outcome, step.Blocker, step.Saw = facts.Blocked, "name", "Not possible."
			}
		}
		s.Steps = append(s.Steps, facts.Step{ID: "rtp", Light: 3, Done: true, Outcome: facts.NotRun, Saw: "No reflector."})
	}).Input)
	if text := v.Finding.Text; v.Finding.Code != "box" || !strings.HasSuffix(text, ": It has an IPv6 address only.") {
		t.Errorf("%s: %s", v.Finding.Code, text)
	}
}

// onlySix is a name that leads to an IPv6 address only, for whoever is asked.
func onlySix(s *site) {
	six := func(server string) facts.NameAnswer {
		a := nameAnswer(server, "NOERROR", "2001:db8::5")
		a.Type = "AAAA"
		return a
	}
	s.Facts.Name = &facts.Name{Asked: "sip.example.net", Answers: []facts.NameAnswer{nameAnswer("192.168.1.1", "NOERROR"), six("192.168.1.1")},
		Public: []facts.NameAnswer{nameAnswer("1.1.1.1", "NOERROR"), six("1.1.1.1")}}
}

// noSix is a network without IPv6.
func noSix(s *site) { s.Facts.IPv6 = &facts.IPv6{} }
