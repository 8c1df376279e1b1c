package verdict

import (
	"net/netip"
	"testing"
	"time"

	"trunktester/probes/facts"
)

const lineHop, farHop, edgeHop = "203.0.113.1", "192.0.32.1", "198.51.100.1"

// reaching: who says, hop after hop, that packets end there; "" for nobody.
func reaching(by ...string) []facts.Hop {
	var all []facts.Hop
	for i, s := range by {
		h := facts.Hop{TTL: i + 1}
		if s != "" {
			h.Addr, h.Type = netip.MustParseAddr(s), 11
		}
		all = append(all, h)
	}
	return all
}

// walks: how far packets on the trunk's port got, and those on another, whose next hop told whenever both were asked.
func walks(own, other []facts.Hop) func(*site) {
	return func(s *site) {
		t := trunk(s.Input).Transport
		to := path(s.Facts, t).Targets[0].Target
		w := &facts.SIPWalk{Transport: t, SIP: facts.Walk{To: to, Hops: own}, Other: facts.Walk{To: netip.AddrPortFrom(to.Addr(), 33434), Hops: other}}
		if at, _, ok := w.End(); ok {
			p := facts.Pair{SIP: facts.Hop{TTL: at.Changed}, Other: other[at.Changed-1]}
			w.Pairs = []facts.Pair{p, p}
		}
		s.Facts.SIPWalk = w
	}
}

// endsAtRouter, endsOnLine and getsOut: where packets on the trunk's port end, while others go on.
func endsAtRouter(s *site) {
	s.with(walks(reaching(router.String(), ""), reaching(router.String(), lineHop)))
}
func endsOnLine(s *site) {
	s.with(walks(reaching(router.String(), lineHop, ""), reaching(router.String(), lineHop, farHop)))
}
func getsOut(s *site) {
	s.with(walks(reaching(router.String(), lineHop), reaching(router.String(), lineHop)))
}

// onPort: the port of the provider's server for a transport.
func onPort(transport string, port uint16) func(*site) {
	return func(s *site) {
		path(s.Facts, transport).Targets[0].Target = netip.AddrPortFrom(provider.Addr(), port)
	}
}

// turnedAway: at the last hop that was asked, packets on the trunk's port are refused by somebody, or answered in the provider's name.
func turnedAway(by string, kind, code int) func(*site) {
	return func(s *site) {
		endsAtRouter(s)
		s.Facts.SIPWalk.Pairs = nil
		s.Facts.SIPWalk.SIP.Hops[1] = facts.Hop{TTL: 2, Addr: netip.MustParseAddr(by), Type: kind, Code: code}
	}
}

func TestSIPWalkTickets(t *testing.T) {
	const firewall, server = "192.168.1.1", "198.51.100.5"
	dead := func(more ...func(*site)) *site { return healthy().with(silentSIP("udp", "tcp", "tls")).with(more...) }
	gone := func(more ...func(*site)) *site { return dead(noPing).with(more...) }
	tls := func(more ...func(*site)) *site { // a TLS trunk whose port is silent, and other SIP hosts answer on 5060
		return dead(over("tls"), silentSIP("tls"), onPort("tls", 5061), control(true)).with(more...)
	}
	odd := func(more ...func(*site)) *site { // SIP on port 5070, and other SIP hosts answer on 5060
		return dead(onPort("udp", 5070), control(true)).with(more...)
	}
	tcpOnly := func(more ...func(*site)) *site { // a TCP trunk that is silent; UDP works
		return healthy().with(over("tcp"), silentSIP("tcp")).with(more...)
	}
	unpaired := func(s *site) { s.Facts.SIPWalk.Pairs = nil }
	unsure := func(s *site) { s.Facts.SIPWalk.Pairs = s.Facts.SIPWalk.Pairs[:1] }
	late := func(s *site) { s.Facts.SIPWalk.Pairs[1].SIP = s.Facts.SIPWalk.Pairs[1].Other }
	secondRouter := walks(reaching(router.String(), "192.168.8.1", ""), reaching(router.String(), "192.168.8.1", lineHop))
	quietHop := walks(reaching(router.String(), "", ""), reaching(router.String(), "", farHop))
	intoProvider := walks(reaching(router.String(), ""), reaching(router.String(), edgeHop))
	named := func(s *site) { s.Profile.Provider.Networks = []netip.Prefix{netip.MustParsePrefix("203.0.113.0/24")} }
	poor := func(s *site) { s.Facts.Quality.Far[0].Back = 80 }

	judgeAll(t, []ticket{
		{"the provider serves TLS alone, the site's firewall drops its port, and other SIP hosts answer on theirs", tls(endsAtRouter), "3-4 red", "", "ggR--"},
		{"the same, and no hop tells where packets end: cannot tell", tls(), "3-4 red", "", "ggR--"},
		{"the provider serves TLS alone and ignores this address: packets on its port get out of the site", tls(getsOut), "4-9 red", "", "gg-R-"},
		{"the same, and another SIP host takes connections on the TLS port", tls(controlsAt(true, "192.0.34.60:5061"), controlTCP(facts.Answered)), "4-9 red", "", "gg-R-"},
		{"another SIP host takes connections on the TLS port and answers nothing else", tls(controlsAt(false, "192.0.34.60:5060", "192.0.35.60:5061"), func(s *site) {
			s.Facts.Controls.UDP[0].Exchanges[0].Reply = &facts.Reply{Code: 200}
			s.Facts.Controls.TCP = []facts.Attempt{{Target: netip.MustParseAddrPort("192.0.35.60:5061"), Connect: facts.Answered}}
		}), "4-9 red", "", "gg-R-"},
		{"packets to the TLS port end on the line: cannot tell", tls(endsOnLine), "3-4 red", "", "ggR--"},
		{"the same, while the provider's certificate ran out", tls(expired(true), controlsAt(true, "192.0.34.60:5061"), controlTCP(facts.Answered)), "4-8 red", "", "gg-R-"},
		{"packets get out of the site, and nothing else is known of the trunk's own way", dead(control(true), getsOut, forget(func(f *facts.Facts) { f.UDP = nil })), "box broken", "", "gg---"},
		{"a TCP trunk, no other SIP host was asked, and the router ends its packets", dead(over("tcp"), silentSIP("tcp"), endsAtRouter), "3-1 red", "", "ggR--"},
		{"only a router with a public address tells, the site's own: that does not show the way out", odd(walks(reaching("203.0.113.2"), reaching("203.0.113.2"))), "3-1 red", "", "ggR--"},
		{"a provider on port 5070, and the firewall lets only 5060 out", odd(endsAtRouter), "3-1 red", "", "ggR--"},
		{"a provider on port 5070 is silent, and no hop tells: cannot tell", odd(), "3-1 red", "", "ggR--"},
		{"a provider on port 5070 ignores this address", odd(getsOut), "4-9 red", "", "gg-R-"},
		{"other SIP hosts answer on the trunk's port, but to this provider the router lets no SIP pass, or sends it on as its own: cannot tell", dead(control(true), endsAtRouter), "3-1 red", "", "ggR--"},
		{"the same over TCP, where nothing is sent on before it is answered", dead(over("tcp"), silentSIP("tcp"), control(true), controlTCP(facts.Answered), endsAtRouter), "3-4 red", "", "ggR--"},
		{"the same, and TCP works", healthy().with(silentSIP("udp"), control(true), endsAtRouter), "3-3 red", "", "ggR--"},
		{"the same, and the next hop told only once when both ports were asked: no proof", dead(control(true), endsAtRouter, unsure), "4-9 red", "", "gg-R-"},
		{"the same, and once it told of the trunk's port as well", dead(control(true), endsAtRouter, late), "4-9 red", "", "gg-R-"},
		{"the same, on a line that loses packets", dead(control(true), endsAtRouter, poor), "4-9 red", "", "gg-R-"},
		{"a device answers in the provider's name, on a line that loses packets", dead(control(true), poor, turnedAway(server, 0, 0)), "3-1 red", "", "ggR--"},
		{"a reset in the provider's name came from farther on: a shorter way may have led to the provider", dead(control(true), walks(reaching(router.String(), "", ""), reaching(router.String(), lineHop, farHop)), unpaired, func(s *site) {
			s.Facts.SIPWalk.SIP.Hops[2].Addr = provider.Addr()
		}), "4-9 red", "", "gg-R-"},
		{"a walk of another transport than the trunk's says nothing", dead(control(true), endsAtRouter, func(s *site) { s.Facts.SIPWalk.Transport = "tcp" }), "4-9 red", "", "gg-R-"},
		{"behind two routers of the site, the second lets no SIP pass", odd(secondRouter), "3-1 red", "", "ggR--"},
		{"SIP ends behind the router, and the next hop that tells is far out", odd(quietHop), "3-1 red", "", "ggR--"},
		{"what stands right before the provider's servers is the provider's", dead(control(true), intoProvider), "4-9 red", "", "gg-R-"},
		{"the same, by the networks that the box's file names", dead(control(true), named, endsAtRouter), "4-9 red", "", "gg-R-"},
		{"only the router tells, of both ports: that does not show the way out", odd(walks(reaching(router.String()), reaching(router.String()))), "3-1 red", "", "ggR--"},
		{"both ports get as far as the site's second router: that does not show the way out", odd(walks(reaching(router.String(), "192.168.8.1"), reaching(router.String(), "192.168.8.1"))), "3-1 red", "", "ggR--"},
		{"only the box's own hop is on the way, and no router tells", odd(walks(reaching(""), reaching(""))), "3-1 red", "", "ggR--"},
		{"other SIP hosts answer over TCP only, and packets on the trunk's UDP port get out", dead(control(false), controlTCP(facts.Answered), getsOut), "4-9 red", "", "gg-R-"},
		{"other SIP hosts answer over TCP only, and packets on the trunk's UDP port end at the router", dead(control(false), controlTCP(facts.Answered), endsAtRouter), "3-3 red", "", "ggR--"},
		{"the provider drops ping, and the router ends SIP", gone(endsAtRouter), "3-1 red", "", "ggR--"},
		{"nothing comes from the provider, and the router ends SIP to it or sends it on as its own: light 2 names both who act", gone(control(true), endsAtRouter), "2-6 red", "", "gR---"},
		{"the provider is dead, and SIP gets out of the site", gone(control(true), getsOut), "2-6 red", "", "gR---"},
		{"two messages over UDP were lost, and connections to the TLS port end at the router", tls(twoOverUDP, endsAtRouter), "3-4 red", "", "ggR--"},
		{"nothing listens on the provider's UDP port, and the firewall drops the TLS port", tls(refusedBy(server, 3), endsAtRouter), "3-4 red", "", "ggR--"},
		{"TCP ends at the router, UDP works", tcpOnly(endsAtRouter), "3-4 red", "", "ggR--"},
		{"TCP gets out of the site, UDP works", tcpOnly(getsOut), "3-4 red", "", "ggR--"},
	})
	hearAll(t, []saying{
		{"the firewall drops the TLS port", tls(endsAtRouter), "3-4", "Packets to port 5061 get no farther than hop 1 (192.168.1.1), while packets to port 33434 go on to hop 2 (203.0.113.1). It happens between hop 1 (192.168.1.1) and hop 2 (203.0.113.1): the customer's router", "cannot tell"},
		{"the same, for whom it is", tls(endsAtRouter), "3-4", "| it", "provider |"},
		{"it cannot be told, for whom it is", tls(), "3-4", "cannot tell which. This was tested from the box's own address. | ", "isp"},
		{"it cannot be told, why not", tls(), "3-4", "but not on the port and transport that this trunk uses", "get no farther"},
		{"packets get out of the site: for whom it is", tcpOnly(getsOut), "3-4", " isp provider", "reseller"},
		{"UDP gets out of the site, TCP works: the provider may serve TCP alone", healthy().with(silentSIP("udp"), getsOut), "3-3", " isp provider reseller", " it "},
		{"packets get out of the site", tcpOnly(getsOut), "3-4", "Packets to port 5060 get out of this site as others do, as far as hop 2 (203.0.113.1). Whether somebody farther out blocks it", "A firewall"},
		{"SIP ends behind the router or at the silent device behind it", odd(quietHop), "3-1", " it isp", ""},
		{"TCP ends behind the router or at the silent device behind it", tcpOnly(quietHop), "3-4", " it isp", ""},
		{"packets end on the line", tls(endsOnLine), "3-4", "Packets to port 5061 get no farther than hop 2 (203.0.113.1), while packets to port 33434 go on to hop 3 (192.0.32.1). Blocked on the way or ignored by the provider: cannot tell which.", "It happens between"},
		{"packets end on the line: for whom it is", tls(endsOnLine), "3-4", " isp provider", " it "},
		{"the router refuses by ICMP what begins a connection", tcpOnly(turnedAway(firewall, 3, 13)), "3-4", "The device 192.168.1.1 refused it (ICMP 3/13), and that is not the provider's address.", "cannot be told"},
		{"the router at a bridge has a public address, and refuses what begins a connection", tcpOnly(turnedAway("203.0.113.1", 3, 13), bridged), "3-4", "| it", "isp"},
		{"the router refuses what begins a connection, and nobody knows the box's address", tcpOnly(turnedAway(lineHop, 3, 13), forget(func(f *facts.Facts) { f.Address = nil })), "3-4", " it isp", ""},
		{"a device of the line refuses by ICMP what begins a connection", tcpOnly(turnedAway(lineHop, 3, 13)), "3-4", " it isp", ""},
		{"the router refuses: for whom it is", tcpOnly(turnedAway(firewall, 3, 13)), "3-4", "| it", "isp"},
		{"the router resets connections: for whom it is", tcpOnly(turnedAway(server, 0, 0)), "3-4", "| it", "isp"},
		{"the router resets connections in the provider's name", tcpOnly(turnedAway(server, 0, 0)), "3-4", "A device at hop 2 answers in the provider's name, while packets to port 33434 go on there to 203.0.113.1.", "cannot be told"},
		{"the provider drops ping, and the router ends SIP to everybody", gone(control(false), endsAtRouter), "3-1", "The provider does not answer ping either, so whether its servers work cannot be told.", "cannot tell which"},
		{"the provider answers ping, and the router ends SIP to everybody", dead(control(false), endsAtRouter), "3-1", "is blocked on the way", "ping"},
		{"nobody pinged the provider, and the router ends SIP to everybody", dead(control(false), endsAtRouter, forget(func(f *facts.Facts) { f.Ping = nil })), "3-1", "is blocked on the way", "ping"},
		{"the router ends SIP or sends it on as its own, and no other SIP host tells", dead(endsAtRouter), "3-1", "stays without an answer. Packets to port 5060 get no farther than hop 1 (192.168.1.1), while packets to port 33434 go on to hop 2 (203.0.113.1). It happens between hop 1 (192.168.1.1) and hop 2 (203.0.113.1): the customer's router, or a device without an address of its own right behind it, such as a modem. A device there blocks these messages. Or it sends them on as its own, and the provider does not answer: cannot tell which.", "is blocked on the way"},
		{"the same, and one other SIP host is silent", dead(controlsAt(false, "192.0.34.60:5060"), endsAtRouter), "3-1", "Or it sends them on as its own", "is blocked on the way"},
		{"the same, and the provider drops ping", gone(endsAtRouter), "3-1", "cannot tell which. The provider does not answer ping either", "is blocked on the way"},
		{"the same: for whom it is", dead(endsAtRouter), "3-1", "| it provider", "isp"},
		{"it ends behind the router or at the silent device behind it, and no other SIP host tells: for whom it is", dead(quietHop), "3-1", "| it isp provider", ""},
		{"a TCP trunk's packets end at the router, and no other SIP host tells", dead(over("tcp"), silentSIP("tcp"), endsAtRouter), "3-1", "is blocked on the way", "sends them on"},
		{"the router refuses by ICMP, and no other SIP host tells", dead(turnedAway(firewall, 3, 13)), "3-1", "The device 192.168.1.1 refused it", "sends them on"},
		{"the router lets SIP pass to others on another port", odd(endsAtRouter), "3-1", "is blocked on the way", "sends them on"},
		{"other SIP hosts answer over TCP only, and the router ends UDP", dead(control(false), controlTCP(facts.Answered), endsAtRouter), "3-3", "is blocked on the way", "sends them on"},
		{"the router ends UDP or sends it on as its own, and TCP works", healthy().with(silentSIP("udp"), endsAtRouter), "3-3", "Or it sends them on as its own, and the provider does not answer: cannot tell which.", ""},
		{"the same: for whom it is", healthy().with(silentSIP("udp"), endsAtRouter), "3-3", "| it provider reseller", "isp"},
		{"the router ends UDP to everybody, and TCP works: for whom it is", healthy().with(silentSIP("udp"), control(false), endsAtRouter), "3-3", "| it", "it provider"},
		{"SIP to others passes where packets of the trunk's end", dead(control(true), endsAtRouter), "3-1", "Other SIP hosts answer on the same port and transport. Packets to port 5060 get no farther than hop 1 (192.168.1.1), while packets to port 33434 go on to hop 2 (203.0.113.1). Blocked on the way or ignored by the provider: cannot tell which.", "isp"},
		{"the router refuses by ICMP what goes to this provider, and lets SIP pass to others", dead(control(true), turnedAway(firewall, 3, 13)), "3-1", "The device 192.168.1.1 refused it", "cannot tell"},
		{"a TCP trunk's packets end at the router, which lets SIP over TCP pass to others", dead(over("tcp"), silentSIP("tcp"), control(true), controlTCP(facts.Answered), endsAtRouter), "3-4", "It happens between", "cannot tell"},
		{"the same, and TCP works", healthy().with(silentSIP("udp"), control(true), endsAtRouter), "3-3", "cannot be told from here", "get no farther"},
		{"the provider ignores this address, and its packets get out", odd(getsOut), "4-9", "from 203.0.113.2. Packets to port 5070 get out of this site as others do, as far as hop 2 (203.0.113.1). Ask whether", ""},
		{"SIP is silent, ping answers, nothing to compare with, and packets get out", dead(getsOut), "3-1", "as far as hop 2 (203.0.113.1). Blocked on the way or ignored by the provider: cannot tell which.", "Other SIP hosts"},
	})
}

// twoOverUDP: two messages went out over UDP, and no more.
func twoOverUDP(s *site) { s.with(sendsUDP(2, time.Second)) }

// Silence at other SIP hosts shows a blocked line only where they have nothing to do with each other and with the provider.
func TestControlTickets(t *testing.T) {
	dead := func(more ...func(*site)) *site { return healthy().with(silentSIP("udp", "tcp", "tls")).with(more...) }
	gone := func(more ...func(*site)) *site { return dead(noPing).with(more...) }
	const one, other, same, own = "192.0.34.60:5060", "192.0.35.60:5060", "192.0.34.61:5060", "198.51.100.9:5060"
	networks := func(s *site) { s.Profile.Provider.Networks = []netip.Prefix{netip.MustParsePrefix("192.0.34.0/24")} }
	reflector := func(s *site) { s.Profile.Provider.Reflector = one }
	noUDP := func(hosts ...string) func(*site) { // of these SIP hosts the first answers over TCP alone, the others not at all
		return func(s *site) {
			s.with(controlsAt(false, hosts...), controlTCP(facts.Answered))
			for i := range s.Facts.Controls.TCP[1:] {
				s.Facts.Controls.TCP[i+1] = facts.Attempt{Target: s.Facts.Controls.TCP[i+1].Target, Connect: facts.Silent}
			}
		}
	}
	noTCP := func(hosts ...string) func(*site) { // of these SIP hosts the first answers over UDP alone, the others not at all
		return func(s *site) {
			s.with(controlsAt(false, hosts...), controlTCP(facts.Silent))
			s.Facts.Controls.UDP[0].Exchanges[0].Reply = &facts.Reply{Code: 200}
		}
	}
	unasked := func(s *site) { s.Facts.Controls.UDP[0].Exchanges[0].Sends = 0 }
	tcp := func(more ...func(*site)) *site { return dead(over("tcp"), silentSIP("tcp")).with(more...) }
	half := func(more ...func(*site)) *site { return healthy().with(silentSIP("udp")).with(more...) } // TCP works
	judgeAll(t, []ticket{
		{"the provider is dead, and its other host is the only control", gone(controlsAt(false, own)), "2-6 red", "", "gR---"},
		{"the provider is dead, and so are two controls in its networks", gone(controlsAt(false, own, one), networks), "2-6 red", "", "gR---"},
		{"the provider is dead, and its reflector and one more host are silent", gone(controlsAt(false, one, other), reflector), "2-6 red", "", "gR---"},
		{"the provider is dead, and one other SIP host is silent", gone(controlsAt(false, one)), "2-6 red", "", "gR---"},
		{"the provider is dead, and two neighbours are silent: one network may be down", gone(controlsAt(false, one, same)), "2-6 red", "", "gR---"},
		{"the provider is dead, and of two hosts one takes connections", gone(controlsAt(false, one, other), func(s *site) {
			s.Facts.Controls.TCP = []facts.Attempt{{Target: netip.MustParseAddrPort(one), Connect: facts.Answered}}
		}), "2-6 red", "", "gR---"},
		{"the provider is dead, and of two hosts one was not asked", gone(controlsAt(false, one, other), func(s *site) { s.Facts.Controls.UDP[0].Exchanges[0].Sends = 0 }), "2-6 red", "", "gR---"},
		{"another host answers over TCP and not over UDP", dead(noUDP(one)), "3-3 red", "", "ggR--"},
		{"the provider's other host answers over TCP and not over UDP: its UDP may be down", dead(noUDP(own)), "3-1 red", "", "ggR--"},
		{"its reflector answers over TCP and not over UDP", dead(noUDP(one), reflector), "3-1 red", "", "ggR--"},
		{"its other host answers over TCP and not over UDP, and another is dead", dead(noUDP(own, one)), "3-1 red", "", "ggR--"},
		{"another host answers over TCP, and was not asked over UDP", dead(noUDP(one), unasked), "3-1 red", "", "ggR--"},
		{"two hosts far apart are silent as well: SIP is blocked", gone(controlsAt(false, one, other)), "3-1 red", "", "ggR--"},
	})
	hearAll(t, []saying{
		{"the provider's UDP may be down, or SIP over UDP be blocked", dead(noUDP(own)), "3-1", "cannot tell which", "on this side"},
		{"the same, and TCP works: its other host shows nothing of this side", half(noUDP(own)), "3-3", "cannot be told from here", "on this side"},
		{"the same, and another host is dead", half(noUDP(own, one)), "3-3", "cannot be told from here", "on this side"},
		{"the same: for whom it is", half(noUDP(own, one)), "3-3", "| it provider reseller", ""},
		{"another host answers over TCP and not over UDP, and the provider does so", half(noUDP(one)), "3-3", "so it is blocked on this side", "cannot be told"},
		{"another host answers over UDP and not over TCP, as a TCP trunk's is silent", tcp(noTCP(one)), "3-4", "A firewall on this side is likely", ""},
		{"the provider's other host answers over UDP and not over TCP, as a TCP trunk's is silent", tcp(noTCP(own)), "3-4", "cannot tell which", "on this side"},
		{"the same, and another is dead", tcp(noTCP(own, one)), "3-4", "cannot tell which", "on this side"},
		{"two hosts far apart are silent, and the provider drops ping", gone(controlsAt(false, one, other)), "3-1", "so whether its servers work cannot be told. This was tested from the box's own address. | Allow SIP", "Blocked on the way or"},
		{"the same: for whom it is", gone(controlsAt(false, one, other)), "3-1", " it isp provider", ""},
		{"two hosts far apart are silent, and the provider answers ping", dead(controlsAt(false, one, other)), "3-1", " it isp", "isp provider"},
		{"two hosts far apart are silent, and nobody pinged the provider", dead(controlsAt(false, one, other), forget(func(f *facts.Facts) { f.Ping = nil })), "3-1", " it isp", "isp provider"},
		{"the same: what is said", dead(controlsAt(false, one, other), forget(func(f *facts.Facts) { f.Ping = nil })), "3-1", "nor other SIP hosts", "ping"},
		{"the provider is dead, and one other SIP host is silent", gone(controlsAt(false, one)), "2-6", "One other SIP host, 192.0.34.60, is silent as well. So SIP may be blocked on the way as well: cannot tell.", ""},
		{"the provider is dead, and its own control is silent", gone(controlsAt(false, own)), "2-6", "nothing at all comes", "cannot tell"},
		{"the provider is dead, and other SIP hosts answer", gone(control(true)), "2-6", "nothing at all comes", "cannot tell"},
		{"the provider answers ping, and one other SIP host is silent", dead(controlsAt(false, one)), "3-1", "One other SIP host, 192.0.34.60, is silent as well. Blocked on the way or ignored by the provider: cannot tell which.", ""},
	})
}
