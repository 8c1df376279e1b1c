package verdict

import (
	"net/netip"
	"testing"

	"trunktester/probes/facts"
)

// leads is a name that led to one server for UDP, by its address record.
func leads(server string) facts.Name {
	to := netip.MustParseAddrPort(server)
	return facts.Name{Asked: "sip.example.net", Way: "address",
		Targets: []facts.Target{{Host: "sip.example.net", Addr: to, Transport: "udp"}},
		Answers: []facts.NameAnswer{nameAnswer("1.1.1.1", "NOERROR", to.Addr().String())}}
}

// led: the given resolvers lead the provider's name to this server.
func led(server string) func(*site) {
	return func(s *site) { n := leads(server); s.Facts.Name = &n }
}

// publicly: public resolvers lead it to this server, over both transports of DNS.
func publicly(server string) func(*site) {
	return func(s *site) { s.Facts.Witness = &facts.Witness{UDP: leads(server), TCP: leads(server)} }
}

// overHTTPS: a device on the way answers in the place of public resolvers; over HTTPS they lead the name to this server.
func overHTTPS(server string) func(*site) {
	return func(s *site) {
		lie := *s.Facts.Name
		s.Facts.Witness = &facts.Witness{UDP: lie, TCP: lie, HTTPS: leads(server)}
	}
}

// publiclyBySRV: the same, by SRV records.
func publiclyBySRV(server string) func(*site) {
	return func(s *site) {
		n := leads(server)
		n.Way = "srv"
		s.Facts.Witness = &facts.Witness{UDP: n, TCP: n}
	}
}

// publicSilence: public resolvers do not answer.
func publicSilence(s *site) {
	n := facts.Name{Asked: "sip.example.net", Answers: []facts.NameAnswer{nameAnswer("1.1.1.1", "")}}
	s.Facts.Witness = &facts.Witness{UDP: n, TCP: n}
}

// publiclyUnknown: public resolvers say that the name does not exist.
func publiclyUnknown(s *site) {
	n := facts.Name{Asked: "sip.example.net", Answers: []facts.NameAnswer{nameAnswer("1.1.1.1", "NXDOMAIN")}}
	s.Facts.Witness = &facts.Witness{UDP: n, TCP: n}
}

// there: SIP was asked where only the public resolvers lead to.
func there(answers bool) func(*site) {
	return func(s *site) {
		x := facts.Exchange{Method: "OPTIONS", Sends: 4}
		if answers {
			x.Reply = &facts.Reply{Code: 200}
		}
		s.Facts.Witness.Server = &facts.Attempt{Exchanges: []facts.Exchange{x}}
	}
}

// invents: the given resolver leads names that do not exist to this address.
func invents(addr string) func(*site) {
	return func(s *site) {
		s.Facts.Resolver.Absent = "k3v9.example.com"
		lie := nameAnswer("192.168.1.1", "NOERROR", addr)
		lie.Name = s.Facts.Resolver.Absent
		s.Facts.Resolver.Local = append(s.Facts.Resolver.Local, lie)
	}
}

// overUDPOnly: what public resolvers say over UDP is replaced on the way.
func overUDPOnly(server string) func(*site) {
	return func(s *site) { s.Facts.Witness.UDP = leads(server) }
}

// What public name servers say is told with how they were asked, and with whether SIP is answered where they lead to.
func TestWitnessSays(t *testing.T) {
	const mine, lie = "198.51.100.5:5060", "192.168.1.99:5060"
	astray := func(more ...func(*site)) *site {
		return healthy().with(silentSIP("udp", "tcp", "tls"), noPing, led(lie)).with(more...)
	}
	hearAll(t, []saying{
		{"over HTTPS, and SIP is answered there", astray(overHTTPS(mine), there(true)), "2-4", "asked over HTTPS, which nothing on the way can answer in their place, lead it to 198.51.100.5:5060, and SIP is answered there.", "either"},
		{"over HTTPS, and SIP is not answered there", astray(overHTTPS(mine), there(false)), "2-4", "asked over HTTPS, which nothing on the way can answer in their place, lead it to 198.51.100.5:5060. SIP is not answered there either.", ""},
		{"not over HTTPS, and SIP is answered there", astray(publicly(mine), there(true)), "2-4", "Public name servers lead it to 198.51.100.5:5060, and SIP is answered there.", "HTTPS"},
		{"not over HTTPS, and SIP is not answered there", astray(publicly(mine), there(false)), "2-4", "Public name servers lead it to 198.51.100.5:5060. SIP is not answered there either.", "HTTPS"},
	})
}

func TestWitnessTickets(t *testing.T) {
	const mine, lie, far = "198.51.100.5:5060", "192.168.1.99:5060", "203.0.113.80:5060"
	astray := func(to string, more ...func(*site)) *site {
		return healthy().with(silentSIP("udp", "tcp", "tls"), noPing, led(to)).with(more...)
	}
	withNetworks := func(s *site) { s.Profile.Provider.Networks = []netip.Prefix{netip.MustParsePrefix("203.0.113.0/24")} }
	noName := func(s *site) {
		s.Facts.Name = &facts.Name{Asked: "sip.example.net", Answers: []facts.NameAnswer{nameAnswer("192.168.1.1", "NOERROR")}}
	}
	judgeAll(t, []ticket{
		{"a private address for the provider's name, and the real server answers", astray(lie, publicly(mine), there(true)), "2-4 red", "", "gR---"},
		{"a private address for the provider's name, and no server answers", astray(lie, publicly(mine), there(false)), "2-4 red", "", "gR---"},
		{"a shared address (100.64/10) for the provider's name", astray("100.64.3.4:5060", publicly(mine), there(true)), "2-4 red", "", "gR---"},
		{"the router answers in the place of public resolvers, over UDP alone", astray(lie, publicly(mine), overUDPOnly(lie), there(true)), "2-4 red", "", "gR---"},
		{"the router answers in the place of public resolvers, and cannot over HTTPS", astray(far, overHTTPS(mine), there(true)), "2-4 red", "", "gR---"},
		{"every name leads to a page of the line's provider", astray(far, invents("203.0.113.80"), publicly(mine), there(false)), "2-4 red", "", "gR---"},
		{"the same, and that host answers ping and refuses SIP", astray(far, invents("203.0.113.80"), publicly(mine), there(true),
			func(s *site) { s.Facts.Ping.Targets[0].Back = 5 }, refusedBy("203.0.113.80", 3)), "2-4 red", "", "gR---"},
		{"every name leads to one address, and public resolvers are blocked", astray(far, invents("203.0.113.80"), publicSilence), "2-4 red", "", "gR---"},
		{"another public address, and SIP is answered at the one that others tell", astray(far, publicly(mine), there(true)), "2-4 red", "", "gR---"},
		{"the SRV records are lost, and at the address itself is no SIP", astray("198.51.100.5:5060", publiclyBySRV("198.51.100.5:5070"), there(true)), "2-4 red", "", "gR---"},
		{"the SRV records are lost, and at the address itself, which is the provider's, is no SIP", astray("198.51.100.5:5060", publiclyBySRV("198.51.100.5:5070"), there(true),
			func(s *site) { s.Profile.Provider.Networks = []netip.Prefix{netip.MustParsePrefix("198.51.100.0/24")} }), "2-4 red", "", "gR---"},
		{"every name leads to a host that answers ping, and other SIP hosts answer", astray(far, invents("203.0.113.80"), publicly(mine), there(true), control(true),
			func(s *site) { s.Facts.Ping.Targets[0].Back = 5 }), "2-4 red", "", "gR---"},
		{"the SRV records are lost, and the name has no address", healthy().with(from(3), noName, publiclyBySRV("198.51.100.5:5070"), there(true)), "2-4 red", "", "gR---"},
		{"the name is mistyped, and every name leads to a page of the line's provider", astray(far, invents("203.0.113.80"), publiclyUnknown), "2-3 red", "", "gR---"},
		{"a good line on which names that do not exist lead somewhere", healthy().with(invents("203.0.113.80"), publicly(mine)), "2-4 amber", "", "gAggg"},

		{"a SIP server of the site stands before the provider's (split DNS)", healthy().with(led(lie), publicly(mine), there(true)), "ok green", "", "ggggg"},
		{"the provider answers names by place", healthy().with(led(far), publicly(mine), there(true)), "ok green", "", "ggggg"},
		{"the provider answers names by place, and all its servers are down", astray(far, publicly(mine), there(false)), "2-6 red", "", "gR---"},
		{"the provider answers names by place, and the server of this place is down", astray(far, publicly(mine), there(true), withNetworks), "2-6 red", "", "gR---"},
		{"a trunk inside a private network, whose name leads there for everybody", astray(lie, publicly(lie)), "2-6 red", "", "gR---"},
		{"a private address for everybody, another one here", astray(lie, publicly("10.1.1.1:5060"), there(false)), "2-6 red", "", "gR---"},
		{"a private address, and public resolvers are blocked", astray(lie, publicSilence), "2-6 red", "", "gR---"},
		{"the provider is down, and all resolvers agree", astray(mine, publicly(mine)), "2-6 red", "", "gR---"},
		{"names that do not exist lead somewhere, and the provider is down", astray(mine, invents("203.0.113.80"), publicly(mine)), "2-6 red", "2-4 amber", "gR---"},
		{"DNS64 makes IPv6 addresses", healthy().with(publicly(mine), func(s *site) {
			six := nameAnswer("192.168.1.1", "NOERROR", "64:ff9b::c633:6405")
			six.Type = "AAAA"
			s.Facts.Name.Answers = append(s.Facts.Name.Answers, six)
		}), "ok green", "", "ggggg"},
		{"the trunk is set to a private address: no name at all", astray(lie, func(s *site) { s.Facts.Name.Way = "literal" }, publicly(mine), there(true)), "2-6 red", "", "gR---"},
		{"the line is down, and the router leads every name to itself", astray("192.168.1.1:5060", silentOutside, invents("192.168.1.1"), publicSilence), "2-1 red", "", "gR---"},
	})
}
