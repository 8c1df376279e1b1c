package verdict

import (
	"net/netip"
	"testing"
	"time"

	"trunktester/appliance/profile"
	"trunktester/probes/facts"
)

// zoneServes: the provider's zone names all three transports.
func zoneServes(s *site) {
	s.Facts.Name.UDPSRV, s.Facts.Name.TCPSRV, s.Facts.Name.TLSSRV = true, true, true
}

func TestSIPPathTickets(t *testing.T) {
	const firewall, server = "192.168.1.1", "198.51.100.5"
	dead := func(more ...func(*site)) *site { return healthy().with(silentSIP("udp", "tcp", "tls")).with(more...) }
	gone := func(more ...func(*site)) *site { return dead(noPing).with(more...) }
	noTargets := func(s *site) { s.Facts.UDP.Targets = nil }
	twoSends := sendsUDP(2, time.Second)
	noLogin := forget(func(f *facts.Facts) { f.Login = nil })
	judgeAll(t, []ticket{
		{"no trunk is configured, and there are two routers", healthy().with(from(3), routerSays("192.168.8.2"), seenAsPublic, func(s *site) { s.Profile = &profile.Profile{} }), "no-trunk amber", "", "gg---"},
		{"a trunk on TLS whose port is blocked", healthy().with(over("tls"), silentSIP("tls")), "3-4 red", "", "ggR--"},
		{"a trunk on TCP whose connection was made and never used, as the provider had refused elsewhere", healthy().with(over("tcp"), silentSIP("tcp"), connects(facts.Answered)), "box broken", "", "gg---"},
		{"two messages over UDP were lost, and TCP works", healthy().with(silentSIP("udp"), twoSends), "box broken", "", "gg---"},
		{"two messages over UDP were refused by a firewall, and TCP works", healthy().with(silentSIP("udp"), twoSends, refusedBy(firewall, 13)), "3-3 red", "", "ggR--"},
		{"the line is down, and so other SIP hosts are silent as well", gone(silentOutside, control(false)), "2-1 red", "", "gR---"},
		{"SIP is silent everywhere, at other SIP hosts as well, and the provider never answers ping", gone(control(false)), "3-1 red", "", "ggR--"},
		{"a line for voice only: other SIP hosts answer, and connections to the provider are refused", gone(silentOutside, control(true), connects(facts.Refused)), "3-1 red", "2-1 amber", "gaR--"},
		{"a TCP trunk that is not answered; UDP was not tried", dead(over("tcp"), silentSIP("tcp"), forget(func(f *facts.Facts) { f.UDP = nil })), "3-1 red", "", "ggR--"},
		{"a TCP trunk that is not answered; the name leads to no server for UDP", dead(over("tcp"), silentSIP("tcp"), noTargets), "3-1 red", "", "ggR--"},
		{"the first message was refused by a firewall, so no more were sent", dead(sendsUDP(1, 0), refusedBy(firewall, 13)), "3-1 red", "", "ggR--"},
		{"two messages over UDP were lost, and connections are not answered: too little to tell", dead(twoSends), "box broken", "", "gg---"},
		{"the way to the provider's host ends at a router, which says so", gone(refusedBy(firewall, 1)), "2-6 red", "", "gR---"},
		{"no router knows a way to the provider's network", gone(refusedBy(firewall, 0)), "2-6 red", "", "gR---"},
		{"the provider answers ping, and for SIP a device says that its host cannot be reached", dead(refusedBy(firewall, 1)), "3-1 red", "", "ggR--"},
		{"a device says that the host cannot be reached, and ping was not tried: cannot tell", dead(refusedBy(firewall, 1), forget(func(f *facts.Facts) { f.Ping = nil })), "box broken", "", "gg---"},
		{"the provider drops ping, its server refuses the port, and other SIP hosts answer", gone(refusedBy(server, 3), control(true)), "3-1 red", "", "ggR--"},
		{"the provider's server refuses the port, and other SIP hosts answer", dead(refusedBy(server, 3), control(true)), "3-1 red", "", "ggR--"},
		{"the provider drops ping, and its server's firewall says no", gone(refusedBy(server, 10)), "3-1 red", "", "ggR--"},
		{"the provider drops ping, and a firewall refuses SIP", gone(refusedBy(firewall, 13)), "3-1 red", "", "ggR--"},
		{"messages go round in a loop until they die, and nothing else comes", gone(errorFrom(firewall, 11, 1)), "2-6 red", "", "gR---"},
		{"a router finds fault with the packet, and nothing else comes", gone(errorFrom(firewall, 12, 2)), "2-6 red", "", "gR---"},
		{"a trunk on TLS whose session is fine, and no SIP comes back over it", healthy().with(over("tls"), silentSIP("tls"), func(s *site) {
			s.Facts.TLS.Targets[0].Connect, s.Facts.TLS.Targets[0].TLS = facts.Answered, &facts.TLSSession{ClockKnown: true}
			s.Facts.TLS.Targets[0].Exchanges = []facts.Exchange{{Method: "OPTIONS", Sends: 1}}
		}), "3-4 red", "", "ggR--"},
		{"a trunk on TLS whose name leads to no server for TLS", healthy().with(over("tls"), silentSIP("tls"), func(s *site) { s.Facts.TLS.Targets = nil }), "box broken", "", "gg---"},
		{"the provider drops ping, takes connections, and answers no SIP", gone(connects(facts.Answered)), "3-1 red", "", "ggR--"},
		{"the provider was pinged in vain, and no server of its was tried", gone(noTargets, forget(func(f *facts.Facts) { f.TCP, f.TLS = nil, nil })), "box broken", "", "gg---"},
		{"a firewall refuses SIP to the provider, and other SIP hosts answer", dead(refusedBy(firewall, 13), control(true)), "3-1 red", "", "ggR--"},
		{"SIP works, and other SIP hosts answer as well", healthy().with(control(true)), "ok green", "", "ggggg"},
		{"a TCP trunk: nothing was tried over TCP, and all else is silent", dead(over("tcp"), control(true), forget(func(f *facts.Facts) { f.TCP = nil })), "box broken", "", "gg---"},
		{"the certificate ran out, and nothing else answers though other SIP hosts do", dead(over("tls"), silentSIP("tls"), expired(true), control(true)), "4-8 red", "", "gg-R-"},

		{"a rewriting router stops the trunk over UDP, and TCP works", healthy().with(silentSIP("udp"), algProved), "3-2 red", "3-3 red", "ggR--"},
		{"UDP is blocked, TCP works, and something may rewrite", healthy().with(silentSIP("udp"), algIs(facts.ALGLikely)), "3-3 red", "3-2 amber", "ggR--"},
		{"a rewriting router, and the trunk's own way was not tried", healthy().with(from(4), algProved, forget(func(f *facts.Facts) { f.UDP = nil })), "box broken", "3-2 amber", "gga--"},
		{"a rewriting router, shown by the way there alone, and no SIP is answered at all", dead(algProved), "3-1 red", "3-2 amber", "ggR--"},
		{"a rewriting router, a TLS trunk, and the PBX is not registered", healthy().with(over("tls"), func(s *site) { s.Facts.Login.Transport = "tls" }, algProved, noEntries), "5-1 red", "3-2 green", "ggggR"},
		{"a rewriting router, the login is refused, and the portal shows no entry", healthy().with(algProved, refusedLogin(401, "Unauthorized"), func(s *site) {
			no := false
			s.Answers.PortalShowsPBX = &no
		}), "4-2 red", "3-2 amber", "ggaR-"},
		{"a rewriting router over UDP, and the TLS port, which the trunk uses, is blocked", healthy().with(over("tls"), silentSIP("tls"), algProved), "3-4 red", "3-2 green", "ggR--"},
		{"a rewriting router over UDP, and TCP, which the trunk uses, is blocked", healthy().with(over("tcp"), silentSIP("tcp"), algProved), "3-4 red", "3-2 green", "ggR--"},
		{"a rewriting router over UDP, and the provider's certificate ran out", healthy().with(over("tls"), silentSIP("tls"), algProved, expired(true)), "4-8 red", "3-2 green", "gg-R-"},
		{"a rewriting router over UDP, and the provider wants a certificate of the PBX", healthy().with(over("tls"), silentSIP("tls"), algProved, expired(true), func(s *site) {
			s.Facts.TLS.Targets[0].TLS.Fault = "client-certificate"
		}), "4-8 red", "3-2 green", "gg-R-"},
		{"a rewriting router over UDP, a TCP trunk, and the PBX is off", healthy().with(over("tcp"), func(s *site) { s.Facts.Login.Transport = "tcp" }, algProved, noEntries), "5-1 red", "3-2 green", "ggggR"},
		{"a rewriting router over UDP, and a TCP trunk that works", healthy().with(over("tcp"), func(s *site) { s.Facts.Login.Transport = "tcp" }, algProved), "ok green", "3-2 green", "ggggg"},
		{"a router rewrites over TCP as well, which the trunk uses, and the PBX is not registered", healthy().with(over("tcp"), func(s *site) { s.Facts.Login.Transport = "tcp" }, algProved, overToo("tcp"), noEntries), "3-2 red", "5-1 red", "ggRgr"},
		{"a rewriting router, and it lets no SIP of the trunk's own port pass", healthy().with(silentSIP("udp"), algProved, endsAtRouter), "3-3 red", "3-2 amber", "ggR--"},
		{"REGISTER fares better over TLS, which the trunk uses, and the provider is overloaded", healthy().with(over("tls"), func(s *site) { s.Facts.Login.Transport = "tls" }, refusedBefore(503, "Service Unavailable"), transportContrast),
			"4-7 red", "3-2 green", "gggR-"},
		{"something may rewrite, and the provider is overloaded", healthy().with(refusedBefore(503, "Service Unavailable"), algIs(facts.ALGLikely)), "4-7 red", "3-2 amber", "ggaR-"},
		{"REGISTER passes over TLS only, and no login was tried", healthy().with(from(4), noLogin, transportContrast), "box broken", "3-2 amber", "gga--"},
		{"one REGISTER was lost, and the login is refused", healthy().with(transportContrast, refusedLogin(401, "Unauthorized")), "4-2 red", "3-2 amber", "ggaR-"},
		{"one REGISTER was lost, and the provider asks for no password", healthy().with(transportContrast, open), "3-2 amber", "", "ggAgg"},
		{"voice ports are blocked, and a router rewrites SIP: both are told, in the order of the codes", healthy().with(algProved, voice(true, true, facts.Silent)), "3-2 amber", "3-8 amber", "ggAgg"},

		{"both of the router's protocols tell the same private address", healthy().with(routerSays("192.168.8.2", "192.168.8.2")), "ok green", "3-7 green", "ggggg"},
		{"the router's second protocol is silent", healthy().with(routerSays("192.168.8.2", "")), "ok green", "3-7 green", "ggggg"},
		{"carrier-grade NAT and a wrong password: a trunk with a password minds no shared address", healthy().with(routerSays("100.64.0.2"), refusedLogin(401, "Unauthorized")), "4-2 red", "3-7 amber", "ggaR-"},
		{"the router forgets, and no STUN server was asked", healthy().with(mappingLives(25, 40), forget(func(f *facts.Facts) { f.Public = nil })), "3-6 amber", "", "ggAgg"},
		{"large packets vanish, and a TLS handshake is stuck that this trunk does not use", healthy().with(silentSIP("tls"), large(facts.Silent), func(s *site) { s.Facts.TLS.Targets[0].TLS = &facts.TLSSession{Fault: "handshake", Stalled: true} }), "2-8 amber", "", "gAggg"},
	})
	hearAll(t, []saying{
		{"UDP is blocked, and other SIP hosts are silent over it as well", healthy().with(silentSIP("udp"), control(false)), "3-3", "Other SIP hosts are silent over UDP as well", "cannot be told"},
		{"UDP is not answered, and other SIP hosts answer over it", healthy().with(silentSIP("udp"), control(true)), "3-3", "so UDP as such is not blocked. Whether a firewall on the way blocks it, or the provider does not serve it, cannot be told from here. This was tested from the box's own address. | Compare the transport", "Other SIP hosts are silent"},
		{"the same, and the provider's name says that it serves UDP", healthy().with(silentSIP("udp"), control(true), zoneServes), "3-3", "or the provider ignores it: cannot tell which. This was tested from the box's own address. | Open the trunk's port", "reseller"},
		{"the same, and nobody looked the name up", healthy().with(silentSIP("udp"), control(true), forget(func(f *facts.Facts) { f.Name = nil })), "3-3", "does not serve it, cannot be told", "ignores it"},
		{"a TCP trunk that is not answered, and other hosts are asked over UDP", healthy().with(over("tcp"), silentSIP("tcp"), control(true)), "3-4", "does not serve it, cannot be told", "UDP as such"},
		{"a TCP trunk that is not answered: who chose TCP knows", healthy().with(over("tcp"), silentSIP("tcp")), "3-4", "| Open the trunk's port", "reseller"},
		{"UDP is not answered, and no other host was asked", healthy().with(silentSIP("udp")), "3-3", "cannot be told from here", "Other SIP hosts are"},
		{"TCP is not answered, and other SIP hosts are silent over UDP", healthy().with(over("tcp"), silentSIP("tcp"), control(false)), "3-4", "cannot be told from here", "Other SIP hosts are silent"},
		{"SIP is silent at other hosts as well", dead(control(false)), "3-1", "nor other SIP hosts on the internet answer", "cannot tell"},
		{"the provider's server closes the port", dead(refusedBy(server, 3)), "3-1", "The provider's server itself says that nothing listens on 198.51.100.5:5060. Either the port in the box's file is wrong or the provider's SIP server is down", "blocked on the way"},
		{"the provider's own firewall refuses", dead(refusedBy(server, 10)), "3-1", "itself refuses the messages to 198.51.100.5:5060 (ICMP 3/10)", "nothing listens"},
		{"the provider's host waits in vain for the rest of a message", dead(errorFrom(server, 11, 1)), "3-1", "cannot tell which", "itself refuses"},
		{"messages go round in a loop, though ping is answered", dead(errorFrom(firewall, 11, 0)), "3-1", "cannot tell which", "refused it"},
		{"the provider answers ping", dead(), "3-1", "answers ping, but no SIP message", "TCP connections"},
		{"the provider takes connections alone", gone(connects(facts.Answered)), "3-1", "only TCP connections are taken or refused", "answers ping"},
		{"the shared address is the one in the portal", healthy().with(ipTrunk("203.0.113.2"), routerSays("100.64.0.2")), "3-7", "is 100.64.0.2 (shared, ", ""},
		{"the same, and it may change", healthy().with(ipTrunk("203.0.113.2"), routerSays("100.64.0.2")), "3-7", "belongs to many customers", ""},
		{"the site's own second router, and the portal is right", healthy().with(ipTrunk("203.0.113.2"), routerSays("192.168.8.2")), "3-7", "is 192.168.8.2 (private, ", "belongs to many customers"},
		{"a rewriting router, and a TLS trunk", healthy().with(over("tls"), func(s *site) { s.Facts.Login.Transport = "tls" }, algProved), "3-2", "This trunk uses TLS, which such a device cannot read.", "nothing was seen"},
		{"a rewriting router over UDP, and a TCP trunk", healthy().with(over("tcp"), func(s *site) { s.Facts.Login.Transport = "tcp" }, algProved), "3-2", "This trunk uses TCP, over which nothing was seen to be changed.", "cannot read"},
		{"something rewrites in front of the router", healthy().with(algProved, func(s *site) {
			s.Facts.ALG.Place = &facts.Place{Unchanged: 0, Changed: 1, To: router}
		}), "3-2", "between hop 0 (the box) and hop 1", "invalid"},
		{"the router rewrites, and answers from its other address", healthy().with(algProved, func(s *site) {
			s.Facts.ALG.Place = &facts.Place{Unchanged: 1, Changed: 2, From: netip.MustParseAddr("192.168.99.1"), To: wan}
		}), "3-2", "the customer's router", "second router"},
	})
}

// overToo: messages are rewritten over this transport as well.
func overToo(transport string) func(*site) {
	return func(s *site) { s.Facts.ALG.Over = append(s.Facts.ALG.Over, transport) }
}

// seenAsPublic: STUN tells the line's address.
func seenAsPublic(s *site) { s.Facts.Public = &facts.Public{Addr: wan} }

func TestInterceptedWords(t *testing.T) {
	const ms = time.Millisecond
	router := answeredAs("udp", "Router", ms)
	unknown := refusedBefore(404, "Not Found")
	soon := healthy().with(catches(2, ""), answeredAs("udp", "", ms), unknown).with
	judgeAll(t, []ticket{
		{"a device catches SIP, the answer came soon, and nobody pinged the provider", healthy().with(catches(2, ""), answeredAs("udp", "", ms), unknown, forget(func(f *facts.Facts) { f.Ping = nil })), "4-3 red", "3-9 amber", "ggaR-"},
		{"a device catches SIP, and the long ping was to another server", healthy().with(catches(2, ""), answeredAs("udp", "", ms), unknown, pingTakes(20*ms), func(s *site) {
			s.Facts.Ping.Targets[0].Addr = netip.MustParseAddr("198.51.100.6")
		}), "4-3 red", "3-9 amber", "ggaR-"},
		{"a device catches SIP, and only two pings came back: their shortest says little", soon(pingTakes(20*ms), func(s *site) { s.Facts.Ping.Targets[0].Back = 2 }), "4-3 red", "3-9 amber", "ggaR-"},
	})
	hearAll(t, []saying{
		{"a device catches SIP, and the trunk works", healthy().with(catches(2, "Router"), router), "3-9", "The login works all the same.", "cannot be told"},
		{"a device answers for the provider, and knows no account", healthy().with(catches(2, "Router"), router, silentSIP("tls"), unknown), "3-9", `comes from it as well: both name the program "Router". The login was answered "404 Not Found".`, "From the provider itself nothing"},
		{"a device answers for the provider, and refuses the login", healthy().with(catches(2, "Router"), router, refusedLogin(403, "Forbidden")), "3-9", `The login was answered "403 Forbidden".`, "401"},
	})
}
