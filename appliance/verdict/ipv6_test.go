package verdict

import (
	"net/netip"
	"testing"
	"time"

	"trunktester/probes/facts"
)

var (
	sixProvider = netip.MustParseAddrPort("[2001:db8::5]:5060")
	sixBox      = netip.MustParseAddr("2001:db8:50::20")
)

// overIPv6: the provider's name has no IPv4 address, and all was tested by IPv6.
func overIPv6(s *site) {
	f := &s.Facts
	f.IPv6 = &facts.IPv6{Addrs: []netip.Addr{sixBox}, Router: netip.MustParseAddr("fe80::1"), Provider: []netip.Addr{sixProvider.Addr()}, Own: sixBox}
	f.Name.Targets[0].Addr = sixProvider
	f.Name.Six = f.Name.Targets
	f.Ping.Targets[0].Addr = sixProvider.Addr()
	for _, p := range []*facts.Path{f.UDP, f.TCP, f.TLS} {
		for i := range p.Targets {
			p.Targets[i].Target = sixProvider
			for _, x := range p.Targets[i].Exchanges {
				if x.Reply != nil {
					x.Reply.From, x.Reply.SeenAs = sixProvider, netip.AddrPortFrom(sixBox, 40000)
				}
			}
		}
	}
	if f.ALG.Word == facts.ALGNotSeen {
		f.ALG = &facts.ALG{Word: facts.ALGCouldNotTell, Direct: true, Why: "By IPv6 the provider sees the box's own address."}
	}
	if f.Bindings != nil {
		f.Bindings.Contacts = []facts.Binding{sixBinding("2001:db8:50:1::30")}
	}
}

// sixBinding is a PBX that registered by IPv6.
func sixBinding(from string) facts.Binding {
	at := netip.AddrPortFrom(netip.MustParseAddr(from), 5060)
	return facts.Binding{URI: "sip:441632960000@" + at.String(), Contact: at, Received: at}
}

// contrast: SIP by IPv6, beside a trunk that is tested by IPv4.
func contrast(answers bool) func(*site) {
	return func(s *site) {
		x := facts.Exchange{Method: "REGISTER", Sends: 3}
		if answers {
			x.Reply = &facts.Reply{Code: 401, From: sixProvider, SeenAs: netip.AddrPortFrom(sixBox, 40000)}
		}
		s.Facts.IPv6 = &facts.IPv6{Addrs: []netip.Addr{sixBox}, Router: netip.MustParseAddr("fe80::1")}
		s.Facts.SIPv6 = &facts.Path{Transport: "udp", Targets: []facts.Attempt{{Target: sixProvider, Exchanges: []facts.Exchange{x}}}}
	}
}

// sixRefused: an ICMPv6 error of that code answered the SIP messages.
func sixRefused(who string, code int) func(*site) {
	return func(s *site) {
		offender := netip.MustParseAddr(who)
		s.Facts.UDP.Targets[0].ICMP = []facts.ICMP{{Offender: offender, Type: 1, Code: code, Provider: offender == sixProvider.Addr()}}
	}
}

// literal: the box's file names an IPv6 address, and the box had no way to it.
func literal(s *site) {
	six := []facts.Target{{Host: "2001:db8::5", Addr: sixProvider, Transport: "udp"}}
	s.Facts.Name = &facts.Name{Asked: "2001:db8::5", Six: six}
}

// blackholed: large packets vanish by IPv4.
func blackholed(s *site) {
	s.Facts.MTU = &facts.MTU{Large: 1500, Small: 500}
	for i, way := range []string{"icmp", "udp", "icmp", "udp"} {
		s.Facts.MTU.Asked = append(s.Facts.MTU.Asked, facts.MTUPair{Addr: netip.MustParseAddr([]string{"1.1.1.1", "8.8.8.8"}[i/2]), Way: way,
			Small: facts.Answered, Large: facts.Silent, Sends: mtuTries})
	}
}

// forgetful: the router forgets IPv4 mappings soon.
func forgetful(s *site) { s.Facts.Lifetime = &facts.Lifetime{Under: facts.Duration(20 * time.Second)} }

// voiceLost: voice packets do not come back from the provider's reflector, which is asked by IPv4.
func voiceLost(s *site) {
	s.Facts.RTP = &facts.RTP{Inside: true, SIP: true, Ports: []facts.RTPPort{{Port: 10000, Answer: facts.Silent}}}
}

// outside6: how hosts of the outside world answer by IPv6.
func outside6(answers ...facts.Answer) func(*site) {
	return func(s *site) {
		s.Facts.InternetByIPv6 = &facts.Internet{}
		for i, a := range answers {
			s.Facts.InternetByIPv6.Targets = append(s.Facts.InternetByIPv6.Targets, target([]string{"2606:4700:4700::1111", "2001:4860:4860::8888", "2620:fe::fe"}[i], a))
		}
	}
}

func TestIPv6Tickets(t *testing.T) {
	quiet := func(more ...func(*site)) *site {
		return healthy().with(append([]func(*site){silentSIP("udp", "tcp", "tls"), overIPv6}, more...)...)
	}
	judgeAll(t, []ticket{
		{"an IPv6-only provider, and all works", healthy().with(overIPv6), "ok green", "", "ggggg"},
		{"an IPv6-only provider, and the password is wrong", healthy().with(overIPv6, refusedLogin(401, "Unauthorized")), "4-2 red", "", "gggR-"},
		{"two IPv4 translations, which the trunk does not go through", healthy().with(overIPv6, routerSays("100.64.0.2")), "ok green", "", "ggggg"},
		{"two IPv4 translations, which the trunk does go through", healthy().with(routerSays("100.64.0.2")), "ok green", "3-7 green", "ggggg"},
		{"the router forgets IPv4 mappings, which the trunk has none of", healthy().with(overIPv6, forgetful), "ok green", "", "ggggg"},
		{"the router forgets IPv4 mappings", healthy().with(forgetful), "3-6 amber", "", "ggAgg"},
		{"voice is lost to the reflector by IPv4, and the trunk goes by IPv6", healthy().with(overIPv6, voiceLost), "ok green", "", "ggggg"},
		{"voice is lost to the reflector", healthy().with(voiceLost), "3-8 amber", "", "ggAgg"},
		{"large IPv4 packets vanish, and the trunk goes by IPv6", healthy().with(overIPv6, blackholed), "ok green", "", "ggggg"},
		{"large IPv4 packets vanish", healthy().with(blackholed), "2-8 amber", "", "gAggg"},
		{"a TLS trunk by IPv6 whose handshake is stuck, and large IPv4 packets vanish", healthy().with(over("tls"), silentSIP("tls"), overIPv6, blackholed, func(s *site) {
			s.Facts.TLS.Targets[0].Connect, s.Facts.TLS.Targets[0].TLS = facts.Answered, &facts.TLSSession{Fault: "handshake", Stalled: true, ClockKnown: true}
		}), "4-8 red", "", "gg-R-"},

		{"IPv6 only, the provider answers ping and no SIP; other SIP hosts are silent by IPv4, which says nothing", quiet(control(false)), "3-1 red", "", "ggR--"},
		{"IPv6 only, the provider answers ping and no SIP; other SIP hosts answer by IPv4, which says nothing either", quiet(control(true)), "3-1 red", "", "ggR--"},
		{"IPv6 only, nothing at all comes from the provider", quiet(noPing), "2-6 red", "", "gR---"},
		{"IPv6 only, nothing at all comes from anybody by IPv6", quiet(noPing, outside6(facts.Silent, facts.Silent, facts.Silent)), "2-6 red", "", "gR---"},
		{"IPv6 only, and internet by IPv4 is dead: SIP works all the same", healthy().with(overIPv6, silentOutside), "2-1 amber", "", "gAggg"},
		{"IPv6 only, silent, internet by IPv4 is dead, but SIP hosts answer there", quiet(noPing, silentOutside, control(true)), "box broken", "2-1 amber", "ga---"},
		{"IPv6 only, a firewall says no", quiet(sixRefused("2001:db8:50::1", 1)), "3-1 red", "", "ggR--"},
		{"IPv6 only, no router knows a way, and ping is silent", quiet(noPing, sixRefused("2001:db8:50::1", 0)), "2-6 red", "", "gR---"},
		{"IPv6 only, the server says that nothing listens", quiet(sixRefused("2001:db8::5", 4)), "3-1 red", "", "ggR--"},
		{"IPv6 only, messages die on the way (time exceeded is type 3 there)", quiet(func(s *site) {
			s.with(sixRefused("2001:db8:50::1", 0))
			s.Facts.UDP.Targets[0].ICMP[0].Type = 3
		}, noPing), "2-6 red", "", "gR---"},

		{"the file names an IPv6 address, and this network has no IPv6", healthy().with(from(3), literal, noSix), "2-3 red", "", "gR---"},
		{"the file names an IPv6 address, and a router offers IPv6, but the box got no address: cannot tell", healthy().with(from(3), literal, func(s *site) {
			s.Facts.IPv6 = &facts.IPv6{Router: netip.MustParseAddr("fe80::1")}
		}), "box broken", "", "gg---"},

		{"both, and SIP is answered by both", healthy().with(contrast(true)), "ok green", "", "ggggg"},
		{"both, and SIP is not answered by IPv6: no fault by itself", healthy().with(contrast(false)), "ok green", "", "ggggg"},
		{"both, nothing comes by IPv4, and SIP is answered by IPv6", healthy().with(silentSIP("udp", "tcp", "tls"), noPing, contrast(true)), "2-6 red", "", "gR---"},
		{"both, IPv4 outside is dead, and SIP is answered by IPv6", healthy().with(silentSIP("udp", "tcp", "tls"), noPing, silentOutside, contrast(true)), "2-1 red", "", "gR---"},

		{"the PBX registered by IPv6 from this site, the box tested by IPv4", healthy().with(contrast(true), func(s *site) {
			s.Facts.Bindings.Contacts = []facts.Binding{sixBinding("2001:db8:50:7::30")}
		}), "ok green", "", "ggggg"},
		{"the PBX registered by IPv6 from another site", healthy().with(contrast(true), func(s *site) {
			s.Facts.Bindings.Contacts = []facts.Binding{sixBinding("2001:db8:99::30")}
		}), "5-4 amber", "", "ggggA"},
		{"the PBX registered by IPv6, and the box has no IPv6 to compare with", healthy().with(func(s *site) {
			s.Facts.Bindings.Contacts = []facts.Binding{sixBinding("2001:db8:99::30")}
		}), "ok green", "", "ggggg"},
		{"the box's IPv6 address is one of the site alone, which says nothing of where the PBX is", healthy().with(func(s *site) {
			s.Facts.IPv6 = &facts.IPv6{Addrs: []netip.Addr{netip.MustParseAddr("fd00::20")}}
			s.Facts.Bindings.Contacts = []facts.Binding{sixBinding("2001:db8:99::30")}
		}), "ok green", "", "ggggg"},
		{"the box knows its IPv6 address from the kernel alone", healthy().with(func(s *site) {
			s.Facts.IPv6 = &facts.IPv6{Addrs: []netip.Addr{sixBox}}
			s.Facts.Bindings.Contacts = []facts.Binding{sixBinding("2001:db8:99::30")}
		}), "5-4 amber", "", "ggggA"},
		{"the provider sees another IPv6 network than the box has (translated)", healthy().with(contrast(true), func(s *site) {
			s.Facts.SIPv6.Targets[0].Exchanges[0].Reply.SeenAs = netip.MustParseAddrPort("[2001:db8:99::1]:40000")
			s.Facts.Bindings.Contacts = []facts.Binding{sixBinding("2001:db8:99::30")}
		}), "ok green", "", "ggggg"},
		{"the provider sees the box by its address of the site alone, and the PBX registered by IPv6 from this site", healthy().with(contrast(true), func(s *site) {
			s.Facts.SIPv6.Targets[0].Exchanges[0].Reply.SeenAs = netip.MustParseAddrPort("[fd00::20]:40000")
			s.Facts.Bindings.Contacts = []facts.Binding{sixBinding("2001:db8:50:7::30")}
		}), "ok green", "", "ggggg"},
		{"a trunk by IPv6, and the PBX is still registered by IPv4 from this line", healthy().with(overIPv6, func(s *site) {
			s.Facts.Bindings.Contacts = []facts.Binding{{Contact: netip.MustParseAddrPort("192.168.1.30:5060"), Received: netip.AddrPortFrom(wan, 5060)}}
		}), "ok green", "", "ggggg"},
		{"registered from elsewhere by IPv4, and nobody looked at the box's own address", healthy().with(forget(func(f *facts.Facts) { f.Address = nil }), func(s *site) {
			s.Facts.Bindings.Contacts[0].Received = netip.MustParseAddrPort("203.0.113.99:5060")
		}), "5-4 amber", "", "ggggA"},
		{"the portal expects NAT, and the PBX registered by IPv6, where there is none", healthy().with(overIPv6, func(s *site) { s.Profile.Expect.NAT = "yes" }), "ok green", "", "ggggg"},
		{"the portal expects none, and the PBX registered with an address of the site alone", healthy().with(overIPv6, func(s *site) {
			s.Profile.Expect.NAT = "no"
			s.Facts.Bindings.Contacts = []facts.Binding{sixBinding("fd00::30")}
		}), "5-3 amber", "", "ggggA"},
	})
}

func TestIPv6Sayings(t *testing.T) {
	quiet := func(more ...func(*site)) *site {
		return healthy().with(append([]func(*site){silentSIP("udp", "tcp", "tls"), overIPv6}, more...)...)
	}
	hearAll(t, []saying{
		{"an IPv6-only provider: by which of the two it was tested, and why no ALG", healthy().with(overIPv6), "ok", "tested by IPv6, since the provider's name has no IPv4 address. No address is translated on its way", "could not be told"},
		{"an IPv6-only provider behind a translation: nothing is claimed", healthy().with(overIPv6, func(s *site) { s.Facts.ALG.Direct = false }), "ok", "Whether a device rewrites SIP could not be told", "No address is translated"},
		{"an IPv4 trunk says nothing of IPv6", healthy(), "ok", "No device was seen", "IPv6"},
		{"IPv6 only, nothing at all comes", quiet(noPing), "2-6", "cannot be told from here", "The internet works, but"},
		{"IPv6 only, nothing at all comes: who acts", quiet(noPing), "2-6", "this line has IPv6 at all", ""},
		{"IPv6 only, nothing at all comes, and one other host answers by IPv6", quiet(noPing, outside6(facts.Silent, facts.Silent, facts.Answered)), "2-6", "The internet works by IPv6: 2620:fe::fe answers.", "isp"},
		{"IPv6 only, nothing at all comes from anybody by IPv6", quiet(noPing, outside6(facts.Silent, facts.Unreachable, facts.Silent)), "2-6", "3 independent hosts are silent by IPv6 as well", "provider |"},
		{"IPv6 only, and nobody but two hosts was asked by IPv6", quiet(noPing, outside6(facts.Silent, facts.Silent)), "2-6", "cannot be told from here", "independent"},
		{"IPv6 only, and one of the hosts could not be asked by IPv6", quiet(noPing, outside6(facts.Silent, facts.Silent, facts.CouldNotAsk)), "2-6", "cannot be told from here", "independent"},
		{"IPv6 only, and one of the hosts was not asked by IPv6", quiet(noPing, outside6(facts.Silent, facts.Silent, facts.Unasked)), "2-6", "cannot be told from here", "independent"},
		{"IPv6 only, other SIP hosts are silent by IPv4", quiet(control(false)), "3-1", "cannot tell which", "other SIP hosts"},
		{"IPv6 only, a firewall says no", quiet(sixRefused("2001:db8:50::1", 1)), "3-1", "The device 2001:db8:50::1 refused it (ICMPv6 1/1)", ""},
		{"IPv6 only, the server says that nothing listens", quiet(sixRefused("2001:db8::5", 4)), "3-1", "nothing listens on [2001:db8::5]:5060", ""},
		{"IPv6 only, nothing at all comes, and a router knows no way", quiet(noPing, sixRefused("2001:db8:50::1", 0)), "2-6", "The device 2001:db8:50::1 says that it has no way there.", ""},
		{"this network has no IPv6", healthy().with(from(3), onlySix, noSix), "2-3", "no router on this network offers IPv6", "by IPv4 only"},
		{"the file names an IPv6 address", healthy().with(from(3), literal, noSix), "2-3", "The trunk is set to the IPv6 address 2001:db8::5", "provider's name"},
		{"both, nothing comes by IPv4, and SIP is answered by IPv6", healthy().with(silentSIP("udp", "tcp", "tls"), noPing, contrast(true)), "2-6", "By IPv6 the provider answers SIP ([2001:db8::5]:5060)", ""},
		{"both, nothing comes by either", healthy().with(silentSIP("udp", "tcp", "tls"), noPing, contrast(false)), "2-6", "nothing at all comes", "By IPv6"},
		{"both, a line for voice only: SIP works by IPv4 as well", healthy().with(silentOutside, contrast(true)), "2-1", "The provider's host answers", "By IPv6"},
		{"nobody looked for an ALG", healthy().with(forget(func(f *facts.Facts) { f.ALG = nil })), "ok", "Whether a device rewrites SIP could not be told", ""},
		{"both, a wrong password: IPv6 has nothing to do with it", healthy().with(contrast(true), refusedLogin(401, "Unauthorized")), "4-2", "refuses", "By IPv6"},
	})
	if v := Judge(healthy().with(from(3), onlySix, noSix).Input); v.Finding.Title != "The provider is on IPv6 only, this network is not" {
		t.Error("title:", v.Finding.Title)
	}
}
