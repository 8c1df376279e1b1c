package verdict

import (
	"net/netip"
	"testing"
	"time"

	"trunktester/probes/facts"
)

// lookedUp: the name led to no server; what the given name servers said of it.
func lookedUp(answers ...facts.NameAnswer) func(*site) {
	return func(s *site) {
		s.with(from(3))
		s.Facts.Name = &facts.Name{Asked: "sip.example.net", Answers: answers}
	}
}

// witnessed: what public ones said.
func witnessed(answers ...facts.NameAnswer) func(*site) {
	return func(s *site) { s.Facts.Name.Public = answers }
}

// typed is an answer to another question than that for an IPv4 address.
func typed(a facts.NameAnswer, kind, name string) facts.NameAnswer {
	a.Type, a.Name = kind, name
	return a
}

// resolvers: what the given name servers, and then public ones, did.
func resolvers(local, public []facts.NameAnswer) func(*site) {
	return func(s *site) {
		s.with(from(3))
		s.Facts.Resolver = &facts.Resolver{Local: local, Public: public}
		s.Facts.Name = &facts.Name{Asked: "sip.example.net", Answers: local}
	}
}

func TestInternetTickets(t *testing.T) {
	const here, here2, out = "192.168.1.1", "192.168.1.2", "1.1.1.1"
	one := func(a ...facts.NameAnswer) []facts.NameAnswer { return a }
	silent, fails, none, unknown := nameAnswer(here, ""), nameAnswer(here, "SERVFAIL"), nameAnswer(here, "NOERROR"), nameAnswer(here, "NXDOMAIN")
	srvHost := func(server, rcode string) facts.NameAnswer {
		return typed(nameAnswer(server, rcode), "A", "pbx1.example.net")
	}
	six := func(server string) facts.NameAnswer {
		return typed(nameAnswer(server, "NOERROR", "2001:db8::5"), "AAAA", "sip.example.net")
	}
	publicNone, publicUnknown, publicHas := nameAnswer(out, "NOERROR"), nameAnswer(out, "NXDOMAIN"), nameAnswer(out, "NOERROR", "198.51.100.5")
	down := []func(*site){silentOutside, noPing}
	judgeAll(t, []ticket{
		{"the line is down, and the router answers every DNS question itself, with an error", healthy().with(resolvers(one(fails), one(nameAnswer(out, "SERVFAIL")))).with(down...), "2-1 red", "", "gR---"},
		{"the line is down, and the router says of every name that it does not exist", healthy().with(lookedUp(unknown), witnessed(publicUnknown)).with(down...), "2-1 red", "", "gR---"},
		{"the line is down, and the router leads names that do not exist to itself", healthy().with(from(3), invents("192.168.1.1")).with(down...), "2-1 red", "", "gR---"},
		{"the box was not allowed to ping, and all else is silent", healthy().with(from(3), silentOutside, noPing, func(s *site) {
			for i := range s.Facts.Internet.Targets {
				s.Facts.Internet.Targets[i].ICMP = facts.CouldNotAsk
			}
		}), "box broken", "", "g----"},
		{"three hosts are silent, but SIP hosts on the internet answer: a line for voice only, and the provider is dead", healthy().with(silentOutside, noPing, silentSIP("udp", "tcp", "tls"), control(true)),
			"2-6 red", "2-1 amber", "gR---"},
		{"name servers are silent, public ones as well, and only two hosts were asked: cannot tell", healthy().with(resolvers(one(silent), one(nameAnswer(out, ""))), silentOutside, noPing, func(s *site) {
			s.Facts.Internet.Targets = s.Facts.Internet.Targets[:2]
		}), "box broken", "", "g----"},
		{"the name server was silent at first, and then knew the provider's name not", healthy().with(resolvers(one(silent), one(publicHas)), func(s *site) {
			s.Facts.Name = &facts.Name{Asked: "sip.example.net", Answers: one(unknown), Public: one(publicUnknown)}
		}), "2-3 red", "", "gR---"},
		{"the name server fails, and the name was not looked up yet", healthy().with(resolvers(one(fails), one(publicHas)), forget(func(f *facts.Facts) { f.Name = nil })), "2-2 red", "", "gR---"},
		{"the name server fails for the provider's name alone", healthy().with(lookedUp(fails), witnessed(publicNone)), "box broken", "", "gg---"},
		{"the name has SRV records, and the question for their host was lost", healthy().with(lookedUp(none, srvHost(here, "")), witnessed(publicNone)), "box broken", "", "gg---"},
		{"the question for SRV was lost, and the name does not exist", healthy().with(lookedUp(typed(silent, "SRV", "_sip._udp.sip.example.net"), unknown), witnessed(publicUnknown)), "2-3 red", "", "gR---"},
		{"the name does not exist, though its SRV records lead to a host, which has no address", healthy().with(lookedUp(unknown, srvHost(here, "NOERROR")), witnessed(publicUnknown)), "2-3 red", "", "gR---"},
		{"one of two name servers knows no such name, the other is silent", healthy().with(lookedUp(unknown, nameAnswer(here2, "")), witnessed(publicUnknown)), "2-3 red", "", "gR---"},
		{"the provider has IPv6 only, which the box does not test", healthy().with(lookedUp(none, six(here)), witnessed(publicNone, six(out))), "box broken", "", "gg---"},
		{"the same, and only public name servers tell the IPv6 address", healthy().with(lookedUp(none), witnessed(publicNone, six(out))), "box broken", "", "gg---"},
		{"the router tells the IPv6 address and loses the other", healthy().with(lookedUp(none, six(here)), witnessed(publicHas, six(out))), "2-4 red", "", "gR---"},
		{"the name has an address, but its SRV records lead to a host without: nobody is to blame here", healthy().with(lookedUp(nameAnswer(here, "NOERROR", "198.51.100.5"), srvHost(here, "NOERROR")), witnessed(publicHas)),
			"box broken", "", "gg---"},
		{"three of a thousand packets were lost", healthy().with(func(s *site) {
			for i := range s.Facts.Quality.Far {
				s.Facts.Quality.Far[i].Sent, s.Facts.Quality.Far[i].Back = 1000, 997
			}
		}), "ok green", "", "ggggg"},
		{"a line by satellite", healthy().with(func(s *site) {
			for i := range s.Facts.Quality.Far {
				s.Facts.Quality.Far[i].Avg = facts.Duration(600 * time.Millisecond)
			}
		}), "2-7 amber", "", "gAggg"},
		{"all is well, and pings were not counted", healthy().with(forget(func(f *facts.Facts) { f.Quality = nil })), "ok green", "", "ggggg"},
	})
	lease := func(mode string) func(*site) { return func(s *site) { s.Facts.Address.Mode = mode } }
	hearAll(t, []saying{
		{"the lease names no name server", healthy().with(resolvers(nil, one(publicHas))), "2-2", "The router gave no name server (DNS)", ""},
		{"a fixed address without a name server", healthy().with(resolvers(nil, one(publicHas)), lease("static")), "2-2", "No name server (DNS) is set on the box", "The router gave"},
		{"the name server that the lease names is silent", healthy().with(resolvers(one(silent), one(publicHas))), "2-2", "The name server 192.168.1.1 does not answer. The public name server 1.1.1.1 answers.", "gave no"},
		{"the name server that is set by hand is silent", healthy().with(resolvers(one(silent), one(publicHas)), lease("static")), "2-2", "The name server 192.168.1.1 does not answer.", "is set on the box"},
		{"a firewall drops all DNS", healthy().with(resolvers(one(silent), one(nameAnswer(out, "")))), "2-2", "Public name servers do not answer either", "The public name server 1.1.1.1"},
		{"SRV records are lost", healthy().with(lookedUp(none), publiclyBySRV("198.51.100.5:5070"), there(true)), "2-4", "loses the SIP records (SRV)", "knows no address"},
		{"SRV records are lost, and the name has an address beside them", healthy().with(lookedUp(nameAnswer(here, "NOERROR", "198.51.100.9"), srvHost(here, "NOERROR")), publiclyBySRV("198.51.100.5:5070"), there(true)),
			"2-4", "loses the SIP records (SRV)", "knows no address"},
		{"the name does not exist here, and has SRV records elsewhere", healthy().with(lookedUp(unknown), publiclyBySRV("198.51.100.5:5070"), there(true)), "2-4", "knows no address for sip.example.net", "loses"},
		{"SRV records lead to a host that does not exist", healthy().with(lookedUp(none, srvHost(here, "NXDOMAIN")), witnessed(publicNone, srvHost(out, "NXDOMAIN"))), "2-3", "exists, but has no address for a SIP server", "does not exist"},
		{"the name has no address anywhere", healthy().with(lookedUp(none), witnessed(publicNone)), "2-3", "exists, but has no address for a SIP server", "does not exist"},
		{"a voice-only line, and the provider answers", healthy().with(silentOutside), "2-1", "The provider's host answers, but 3 independent hosts", "SIP hosts"},
		{"a voice-only line, the provider is dead and other SIP hosts answer", healthy().with(silentOutside, noPing, silentSIP("udp", "tcp", "tls"), control(true)), "2-1", "SIP hosts on the internet answer, but", "The provider's"},
		{"the edge is cut off, and the router is the last that answers", healthy().with(silentOutside, noPing, silentQuality, silentSIP("udp", "tcp", "tls"), edgeOf("203.0.113.1", 0, hop("192.168.1.1", 11, 0))),
			"2-9", "The last device that answers on the way there is 192.168.1.1.", "Nobody tells"},
		{"the edge is cut off, and nobody shows himself", healthy().with(silentOutside, noPing, silentQuality, silentSIP("udp", "tcp", "tls"), edgeOf("203.0.113.1", 0)), "2-9", "Nobody tells where", "invalid"},
	})
}

func TestPortalTicketsByPing(t *testing.T) {
	behind := func(more ...func(*site)) *site {
		return healthy().with(onlyWay(byDNS), noPing, silentQuality, silentSIP("udp", "tcp", "tls"), loginPage).with(more...)
	}
	unasked := func(s *site) {
		for i := range s.Facts.Internet.Targets {
			s.Facts.Internet.Targets[i].ICMP, s.Facts.Internet.Targets[i].TCP = facts.Unasked, facts.Unasked
		}
	}
	pings := func(sent, back int) func(*site) {
		return func(s *site) {
			for i := range s.Facts.Quality.Far {
				s.Facts.Quality.Far[i].Sent, s.Facts.Quality.Far[i].Back = sent, back
			}
		}
	}
	judgeAll(t, []ticket{
		{"a login page, and no host outside was asked but by the long series of pings", behind(forget(func(f *facts.Facts) { f.Internet = nil })), "2-5 red", "", "gR---"},
		{"a login page, and the long series of pings was not begun", behind(forget(func(f *facts.Facts) { f.Quality = nil })), "2-5 red", "", "gR---"},
		{"a redirected page; the first pings were lost, and a long series came back", behind(pings(48, 48)), "2-6 red", "2-5 green", "gR---"},
		{"a login page; nobody waited for the first pings, and a long series stays without an answer", behind(unasked), "2-5 red", "", "gR---"},
		{"a redirected page; nobody waited for the first pings, and three more are out", behind(unasked, pings(3, 0)), "2-6 red", "2-5 green", "gR---"},
	})
}

func TestWitnessWords(t *testing.T) {
	const mine, lie, far, other = "198.51.100.5:5060", "192.168.1.99:5060", "203.0.113.80:5060", "198.51.100.5:5070"
	astray := func(to string, more ...func(*site)) *site {
		return healthy().with(silentSIP("udp", "tcp", "tls"), noPing, led(to)).with(more...)
	}
	publicNothing := func(s *site) {
		n := facts.Name{Asked: "sip.example.net", Answers: []facts.NameAnswer{nameAnswer("1.1.1.1", "NOERROR")}}
		s.Facts.Witness = &facts.Witness{UDP: n, TCP: n}
	}
	twice := func(s *site) {
		s.Facts.Name.Targets = append(s.Facts.Name.Targets, s.Facts.Name.Targets[0])
	}
	networks := func(s *site) { s.Profile.Provider.Networks = []netip.Prefix{netip.MustParsePrefix("203.0.113.0/24")} }
	judgeAll(t, []ticket{
		{"a name that only this site knows, and its server is down", astray(lie, publiclyUnknown), "2-6 red", "", "gR---"},
		{"the name has no address, and every name leads to a page of the line's provider", astray(far, invents("203.0.113.80"), publicNothing), "2-3 red", "", "gR---"},
		{"the SRV records are lost, but no SIP server is where they lead either", astray(mine, publiclyBySRV(other), there(false)), "2-6 red", "", "gR---"},
		{"SRV records differ by place, and the server of this place is down", astray(far, publiclyBySRV(other), there(true), networks, func(s *site) { s.Facts.Name.Way = "srv" }), "2-6 red", "", "gR---"},
		{"the name server lies about the trunk's own servers, and leads another transport right", astray(lie, publicly(mine), there(true), func(s *site) {
			s.Facts.Name.Targets = append(s.Facts.Name.Targets, facts.Target{Host: "sip.example.net", Addr: provider, Transport: "tcp"})
		}), "2-4 red", "", "gR---"},
		{"ping was not tried, and no SIP comes back: dead, or blocked, cannot tell", healthy().with(silentSIP("udp", "tcp", "tls"), forget(func(f *facts.Facts) { f.Ping = nil })), "box broken", "", "gg---"},
	})
	at := func(server string) func(*site) {
		return func(s *site) { s.Facts.UDP.Targets[0].Target = netip.MustParseAddrPort(server) }
	}
	hearAll(t, []saying{
		{"a private address", astray(lie, publicly(mine), there(true)), "2-4", "If the private address is a SIP server of this site, it is down", ""},
		{"a private address for every name", astray(lie, invents("192.168.1.99"), publicly(mine), there(true)), "2-4", "and names that do not exist as well.", "If the private address"},
		{"every name leads somewhere, and public name servers answer", astray(far, invents("203.0.113.80"), publicly(mine), there(true)), "2-4", "and names that do not exist as well.", "do not answer"},
		{"another public address", astray(far, publicly(mine), there(true)), "2-4", "SIP is answered there", "If the private address"},
		{"the same server stands there twice", astray(lie, publicly(mine), there(true), twice), "2-4", "to 192.168.1.99:5060, where no SIP", "192.168.1.99:5060, 192"},
		{"the name has no address, and every name leads somewhere", astray(far, invents("203.0.113.80"), publicNothing), "2-3", "has no address for a SIP server, says a public", "does not exist, says"},
		{"the provider is dead, at a private address, and public name servers are blocked", astray(lie, at(lie), publicSilence), "2-6", "the name server of this network may tell a wrong one", ""},
		{"the provider is dead, at a private address for everybody", astray(lie, at(lie), publicly(lie)), "2-6", "nothing at all comes", "the name server of this network"},
		{"the provider is dead, at a private address, and nobody asked public name servers", astray(lie, at(lie)), "2-6", "nothing at all comes", "the name server of this network"},
		{"the provider is dead, and public name servers are blocked", healthy().with(silentSIP("udp", "tcp", "tls"), noPing, publicSilence), "2-6", "nothing at all comes", "the name server of this network"},
	})
}
