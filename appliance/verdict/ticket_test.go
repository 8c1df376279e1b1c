package verdict

import (
	"net/netip"
	"time"

	"trunktester/appliance/profile"
	"trunktester/probes/facts"
)

// This file builds sites: a healthy one, and what can be different about it.

var (
	boxAddr  = netip.MustParsePrefix("192.168.1.20/24")
	router   = netip.MustParseAddr("192.168.1.1")
	wan      = netip.MustParseAddr("203.0.113.2")
	provider = netip.MustParseAddrPort("198.51.100.5:5060")
)

// site is one place where the box is plugged in.
type site struct{ Input }

func healthy() *site {
	yes := true
	p := &profile.Profile{}
	p.Trunk = profile.Trunk{Domain: "sip.example.net", Transport: "udp", Auth: "register", Username: "441632960000", AuthUser: "441632960000", Password: "secret"}
	p.Provider.ShowsBindings = &yes
	p.PBX = profile.PBX{Location: "site", MaxBindings: 1}
	ok := func(code int) *facts.Reply {
		return &facts.Reply{Code: code, Reason: "OK", From: provider, SeenAs: netip.AddrPortFrom(wan, 40000)}
	}
	path := func(transport string) *facts.Path {
		a := facts.Attempt{Target: provider, Host: "sip.example.net", Exchanges: []facts.Exchange{
			{Method: "OPTIONS", Sends: 1, Reply: ok(200)}, {Method: "REGISTER", Sends: 1, Reply: ok(401)}}}
		if transport != "udp" {
			a.Connect = facts.Answered
		}
		return &facts.Path{Transport: transport, Targets: []facts.Attempt{a}}
	}
	good := func(s string) facts.Echo {
		return facts.Echo{Addr: netip.MustParseAddr(s), Sent: 100, Back: 100, Avg: facts.Duration(20 * time.Millisecond)}
	}
	gateway := good("192.168.1.1")
	in := Input{Profile: p, Facts: facts.Facts{
		Link:    &facts.Link{Interface: "eth0", Carrier: true},
		Address: &facts.Address{Mode: "dhcp", Prefix: boxAddr, Gateway: router, DNS: []netip.Addr{router}, Discovers: 1},
		Gateway: &facts.Gateway{Addr: router, MAC: "02:00:00:00:00:01", ARPSent: 1},
		Internet: &facts.Internet{Targets: []facts.InternetTarget{
			target("1.1.1.1", facts.Answered), target("8.8.8.8", facts.Answered), target("9.9.9.9", facts.Answered)}},
		Resolver: &facts.Resolver{Local: []facts.NameAnswer{nameAnswer("192.168.1.1", "NOERROR", "198.51.100.5")},
			Public: []facts.NameAnswer{nameAnswer("1.1.1.1", "NOERROR", "198.51.100.5")}},
		Name:    &facts.Name{Asked: "sip.example.net", Way: "srv", Targets: []facts.Target{{Host: "sip.example.net", Addr: provider, Transport: "udp"}}},
		Public:  &facts.Public{Addr: wan},
		Ping:    &facts.Ping{Targets: []facts.Echo{{Addr: provider.Addr(), Sent: 5, Back: 5}}},
		Quality: &facts.Quality{Gateway: &gateway, Far: []facts.Echo{good("198.51.100.5"), good("1.1.1.1")}},
		UDP:     path("udp"), TCP: path("tcp"), TLS: path("tls"),
		ALG: &facts.ALG{Word: facts.ALGNotSeen, Why: "every comparison was clean."},
		Login: &facts.Login{Transport: "udp", Attempts: 1, Accepted: true, First: ok(401), Reply: ok(200),
			Challenges: []facts.Challenge{{Code: 401, Scheme: "Digest", Realm: "sip.example.net", Algorithm: "MD5", NewNonce: true}}},
		Bindings: &facts.Bindings{Contacts: []facts.Binding{{URI: "sip:441632960000@192.168.1.30:5060",
			Contact: netip.MustParseAddrPort("192.168.1.30:5060"), Received: netip.AddrPortFrom(wan, 5060)}}},
	}}
	s := &site{in}
	for light, ids := range [][]string{{"link", "address", "gateway"}, {"internet", "name"}, {"sip-udp", "alg"}, {"login"}, {"bindings"}} {
		for _, id := range ids {
			s.Steps = append(s.Steps, facts.Step{ID: id, Light: light + 1, Outcome: facts.Passed, Done: true})
		}
	}
	return s
}

func target(addr string, a facts.Answer) facts.InternetTarget {
	return facts.InternetTarget{Addr: netip.MustParseAddr(addr), ICMP: a, TCP: a, DNS: a}
}

func nameAnswer(server, rcode string, addrs ...string) facts.NameAnswer {
	n := facts.NameAnswer{Server: netip.MustParseAddr(server), Name: "sip.example.net", Type: "A", Rcode: rcode, Answer: facts.Answered}
	if rcode == "" {
		n.Answer = facts.Silent
	}
	for _, a := range addrs {
		n.Addrs = append(n.Addrs, netip.MustParseAddr(a))
	}
	return n
}

func named(name, server, rcode string) facts.NameAnswer {
	n := nameAnswer(server, rcode)
	n.Name = name
	return n
}

// with changes the site.
func (s *site) with(changes ...func(*site)) *site {
	for _, c := range changes {
		c(s)
	}
	return s
}

// from forgets everything that lights from n on found, as it is when a step before them failed.
func from(n int) func(*site) {
	return func(s *site) {
		f := &s.Facts
		if n <= 1 {
			f.Address, f.Gateway = nil, nil
		}
		if n <= 2 {
			f.Internet, f.Resolver, f.Name, f.Public, f.Ping, f.Quality = nil, nil, nil, nil, nil, nil
		}
		if n <= 3 {
			f.UDP, f.TCP, f.TLS, f.ALG, f.Controls = nil, nil, nil, nil, nil
		}
		if n <= 4 {
			f.Login, f.CheckIP = nil, nil
		}
		f.Bindings = nil
		for i := range s.Steps {
			if s.Steps[i].Light >= n {
				s.Steps[i].Outcome = facts.Blocked
			}
		}
	}
}

// silentOutside: no target in the outside world answers.
func silentOutside(s *site) {
	for i, t := range s.Facts.Internet.Targets {
		s.Facts.Internet.Targets[i] = target(t.Addr.String(), facts.Silent)
	}
}

// silentSIP: no SIP reply over the transports.
func silentSIP(transports ...string) func(*site) {
	return func(s *site) {
		for _, t := range transports {
			p := path(s.Facts, t)
			a := facts.Attempt{Target: provider, Exchanges: []facts.Exchange{
				{Method: "OPTIONS", Sends: 4, Spanned: facts.Duration(3500 * time.Millisecond)},
				{Method: "REGISTER", Sends: 4, Spanned: facts.Duration(3500 * time.Millisecond)}}}
			if t != "udp" {
				a = facts.Attempt{Target: provider, Connect: facts.Silent}
			}
			p.Targets = []facts.Attempt{a}
			if t == trunk(s.Input).Transport {
				s.with(from(4))
				s.Facts.ALG = &facts.ALG{Word: facts.ALGCouldNotTell}
			}
		}
	}
}

// noLease: DHCP requests were not answered.
func noLease(s *site) {
	s.Facts.Gateway, s.Facts.Address = nil, &facts.Address{Mode: "dhcp", Discovers: 4}
}

// says: what was heard of the switch.
func says(n facts.Neighbour) func(*site) {
	return func(s *site) { s.Facts.Neighbour = &n }
}

// office is a switch with a VLAN for phones and one for frames without a tag, 0 where it names none.
func office(voice, data int) facts.Neighbour {
	a := facts.Announcement{Protocol: "lldp", Name: "sw-office-3", Port: "Gi1/0/7"}
	if voice != 0 {
		a.VoiceVLAN = &voice
	}
	if data != 0 {
		a.PortVLAN = &data
	}
	return facts.Neighbour{Switch: &a}
}

// vlan: the tag that the box's file sets.
func vlan(id int) func(*site) { return func(s *site) { s.Profile.Network.VLAN = id } }

// gigabit is what most ports offer.
var gigabit = &facts.Ability{SpeedMbit: 1000, FullDuplex: true}

// link: what the two ends of the cable agreed on, and what each offers; nil where it does not say.
func link(mbit int, full bool, own, peer *facts.Ability) func(*site) {
	return func(s *site) {
		l := s.Facts.Link
		l.SpeedMbit, l.FullDuplex, l.Own, l.Peer = &mbit, &full, own, peer
	}
}

// cable: what the kernel counted during a run, on an interface that it has known for long.
func cable(watched time.Duration, losses, frames, damaged int) func(*site) {
	return func(s *site) {
		before := facts.Counters{Losses: 7, Received: 1e6, Damaged: 9}
		s.Facts.Link.Counters = before
		s.Facts.Cable = &facts.Cable{Watched: facts.Duration(watched),
			Counters: facts.Counters{Losses: before.Losses + losses, Received: before.Received + frames - damaged, Damaged: before.Damaged + damaged}}
	}
}

// pingsLost: so many of a hundred pings were lost, to the router and to every host behind it.
func pingsLost(n int) func(*site) {
	return func(s *site) {
		q := s.Facts.Quality
		q.Gateway.Back = 100 - n
		for i := range q.Far {
			q.Far[i].Back = 100 - n
		}
	}
}

// arp: so many ARP requests were sent to the router, and so many of them lost.
func arp(sent, lost int) func(*site) {
	return func(s *site) { s.Facts.LAN = &facts.LAN{Echo: facts.Echo{Addr: router, Sent: sent, Back: sent - lost}} }
}

// busyBox: the box itself was late while it measured the way to the router.
func busyBox(s *site) { s.Facts.LAN.Late = facts.Duration(qualityLate) }

// jittery: the delay varies, to far hosts and, where near, on the way to the router already.
func jittery(by time.Duration, near bool) func(*site) {
	return func(s *site) {
		for i := range s.Facts.Quality.Far {
			s.Facts.Quality.Far[i].Jitter = facts.Duration(by)
		}
		if near {
			s.Facts.Quality.Gateway.Jitter = facts.Duration(by)
			s.Facts.LAN = &facts.LAN{Echo: facts.Echo{Addr: router, Sent: 60, Back: 60, Jitter: facts.Duration(by)}}
		}
	}
}

func noPing(s *site) { s.Facts.Ping.Targets[0].Back = 0 }

// control: two SIP hosts that are not the provider's were asked, on port 5060.
func control(answers bool) func(*site) {
	return controlsAt(answers, "192.0.34.60:5060", "192.0.35.60:5060")
}

// controlsAt: SIP hosts at these addresses were asked over UDP.
func controlsAt(answer bool, hosts ...string) func(*site) {
	return func(s *site) {
		s.Facts.Controls = &facts.Controls{}
		for _, h := range hosts {
			x := facts.Exchange{Method: "OPTIONS", Sends: 4}
			if answer {
				x.Reply = &facts.Reply{Code: 200}
			}
			s.Facts.Controls.UDP = append(s.Facts.Controls.UDP, facts.Attempt{Target: netip.MustParseAddrPort(h), Host: h, Exchanges: []facts.Exchange{x}})
		}
	}
}

// controlTCP: how the connections to those SIP hosts went.
func controlTCP(a facts.Answer) func(*site) {
	return func(s *site) {
		for _, udp := range s.Facts.Controls.UDP {
			host := facts.Attempt{Target: udp.Target, Host: udp.Host, Connect: a}
			if a == facts.Answered {
				host.Exchanges = []facts.Exchange{{Method: "OPTIONS", Sends: 1, Reply: &facts.Reply{Code: 200}}}
			}
			s.Facts.Controls.TCP = append(s.Facts.Controls.TCP, host)
		}
	}
}

// refusedBy: an ICMP error answered the SIP messages.
func refusedBy(who string, code int) func(*site) {
	return func(s *site) {
		offender := netip.MustParseAddr(who)
		s.Facts.UDP.Targets[0].ICMP = []facts.ICMP{{Offender: offender, Type: 3, Code: code, Provider: offender == provider.Addr()}}
	}
}

// refusedLogin: the registrar answered the credentials with a status.
func refusedLogin(code int, reason string) func(*site) {
	return func(s *site) {
		l := s.Facts.Login
		l.Accepted, l.Reply = false, &facts.Reply{Code: code, Reason: reason}
		if code == 401 {
			l.Challenges = append(l.Challenges, facts.Challenge{Code: 401, Realm: l.Challenges[0].Realm, NewNonce: true})
		}
		s.with(from(5))
	}
}

// refusedBefore: the registrar refused before any credentials were sent.
func refusedBefore(code int, reason string) func(*site) {
	return func(s *site) {
		l := s.Facts.Login
		l.Accepted, l.Attempts, l.Reply, l.Challenges = false, 0, nil, nil
		l.First = &facts.Reply{Code: code, Reason: reason}
		s.with(from(5))
	}
}

// open: the registrar accepts without a challenge.
func open(s *site) {
	l := s.Facts.Login
	l.Accepted, l.Open, l.Attempts, l.Reply, l.Challenges = false, true, 0, nil, nil
	l.First = &facts.Reply{Code: 200, Reason: "OK"}
}

func algProved(s *site) {
	s.Facts.ALG = &facts.ALG{Word: facts.ALGProved, Over: []string{"udp"}, Why: "the Via came back with received=192.168.1.20."}
}

// registerUnanswered: the provider answers OPTIONS over UDP, and no REGISTER, so that no login was sent.
func registerUnanswered(s *site) {
	s.with(from(4))
	s.Facts.UDP.Targets[0].Exchanges = []facts.Exchange{{Method: "OPTIONS", Sends: 1, Reply: &facts.Reply{Code: 200}},
		{Method: "REGISTER", Sends: 4, Spanned: facts.Duration(3500 * time.Millisecond)}}
	s.Facts.Login = &facts.Login{Transport: "udp", Withheld: "no answer to REGISTER"}
}

// transportContrast: over TLS the same REGISTER is answered.
func transportContrast(s *site) {
	s.Facts.ALG = &facts.ALG{Word: facts.ALGLikely, Over: []string{"udp"}, Why: "over TLS REGISTER was answered.", Proofs: []facts.Proof{{ID: "A9", Result: "proof"}}}
}

func noEntries(s *site) { s.Facts.Bindings.Contacts = nil }

func showsUnknown(s *site) { s.Profile.Provider.ShowsBindings = nil }

func ipTrunk(portal string) func(*site) {
	return func(s *site) {
		s.Profile.Trunk.Auth, s.Profile.Trunk.CheckIP = "ip", netip.MustParseAddr(portal)
		s.with(from(4))
		s.Facts.CheckIP = &facts.CheckIP{Portal: netip.MustParseAddr(portal), Provider: wan, STUN: wan}
	}
}

// forget takes facts away: they were not looked at.
func forget(what func(*facts.Facts)) func(*site) { return func(s *site) { what(&s.Facts) } }

// over: the trunk uses this transport.
func over(transport string) func(*site) {
	return func(s *site) { s.Profile.Trunk.Transport = transport }
}

// sendsUDP: so many messages went out over UDP, each without an answer, over so long.
func sendsUDP(n int, span time.Duration) func(*site) {
	return func(s *site) {
		for i := range s.Facts.UDP.Targets[0].Exchanges {
			s.Facts.UDP.Targets[0].Exchanges[i].Sends, s.Facts.UDP.Targets[0].Exchanges[i].Spanned = n, facts.Duration(span)
		}
	}
}

// connects: how the TCP connections to the provider went.
func connects(a facts.Answer) func(*site) {
	return func(s *site) { s.Facts.TCP.Targets[0].Connect = a }
}

// errorFrom: this ICMP error answered the SIP messages.
func errorFrom(who string, kind, code int) func(*site) {
	return func(s *site) {
		s.with(refusedBy(who, code))
		s.Facts.UDP.Targets[0].ICMP[0].Type = kind
	}
}
