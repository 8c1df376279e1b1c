package probes

import (
	"net/netip"
	"testing"

	"trunktester/probes/facts"
	"trunktester/probes/sip"
)

// Credentials go to the servers that the box's own file leads to, and to nobody else.
func TestWhoGetsNoCredentials(t *testing.T) {
	server, other := netip.MustParseAddrPort("198.51.100.5:5060"), netip.MustParseAddrPort("198.51.100.6:5060")
	inner, loop, link, carrier := netip.MustParseAddrPort("192.168.1.9:5060"), netip.MustParseAddrPort("127.0.0.1:5060"), netip.MustParseAddrPort("169.254.1.9:5060"), netip.MustParseAddrPort("100.64.0.9:5060")
	leads := func(way string, to netip.AddrPort, transport string) *facts.Name {
		return &facts.Name{Way: way, Targets: []facts.Target{{Addr: netip.MustParseAddrPort("198.51.100.99:5060"), Transport: "udp"}, {Addr: to, Transport: transport}}}
	}
	network := []netip.Prefix{netip.MustParsePrefix("203.0.113.0/24"), netip.MustParsePrefix("198.51.100.0/24")}
	elsewhere := []netip.Prefix{netip.MustParsePrefix("203.0.113.0/24")}
	for ticket, c := range map[string]struct {
		name     *facts.Name
		networks []netip.Prefix
		moved    netip.AddrPort
		peer     netip.AddrPort
		session  *facts.TLSSession
		trusted  bool
	}{
		"the server that the name leads to":                    {name: leads("srv", server, "udp"), peer: server, trusted: true},
		"a server of another name":                             {name: leads("srv", other, "udp"), peer: server},
		"its server for another transport":                     {name: leads("srv", server, "tcp"), peer: server},
		"no name was looked up":                                {peer: server},
		"where the provider sent us, within its networks":      {name: leads("srv", other, "udp"), networks: network, moved: server, peer: server, trusted: true},
		"a third one, when the provider sent us elsewhere":     {name: leads("srv", other, "udp"), networks: network, moved: inner, peer: server},
		"inside of the provider's networks":                    {name: leads("srv", server, "udp"), networks: network, peer: server, trusted: true},
		"outside of them":                                      {name: leads("srv", server, "udp"), networks: elsewhere, peer: server},
		"a public name leads to a private address":             {name: leads("srv", inner, "udp"), peer: inner},
		"the same by NAPTR":                                    {name: leads("naptr", inner, "udp"), peer: inner},
		"to the box itself":                                    {name: leads("srv", loop, "udp"), peer: loop},
		"to the link":                                          {name: leads("srv", link, "udp"), peer: link},
		"to the carrier's shared addresses":                    {name: leads("srv", carrier, "udp"), peer: carrier},
		"the file names the host, whose address is private":    {name: leads("address", inner, "udp"), peer: inner, trusted: true},
		"the file itself holds a private address":              {name: leads("literal", inner, "udp"), peer: inner, trusted: true},
		"a private address that the file lists":                {name: leads("srv", inner, "udp"), networks: []netip.Prefix{netip.MustParsePrefix("192.168.1.0/24")}, peer: inner, trusted: true},
		"its certificate is good":                              {name: leads("srv", server, "udp"), peer: server, session: &facts.TLSSession{}, trusted: true},
		"its certificate is another's":                         {name: leads("srv", server, "udp"), peer: server, session: &facts.TLSSession{Fault: "name"}},
		"the handshake failed, and nobody could say for what":  {name: leads("srv", server, "udp"), peer: server, session: &facts.TLSSession{Error: "EOF"}},
		"a listed server's certificate is another's":           {name: leads("srv", server, "udp"), networks: network, peer: server, session: &facts.TLSSession{Fault: "name"}},
		"where the provider sent us has a certificate no more": {name: leads("srv", other, "udp"), networks: network, moved: server, peer: server, session: &facts.TLSSession{Fault: "expired"}},
	} {
		l := &login{probe: Login{Networks: c.networks}, known: facts.Facts{Name: c.name}, movedTo: c.moved, fact: facts.Login{Transport: "udp"}}
		if why := l.distrust(c.peer, c.session); (why == "") != c.trusted {
			t.Errorf("%s: %q", ticket, why)
		}
	}
}

// A server that answered OPTIONS alone is asked to register; one that ignored the REGISTER is not asked again.
func TestRegistrars(t *testing.T) {
	attempt := func(xs ...facts.Exchange) facts.Attempt { return facts.Attempt{Exchanges: xs} }
	options, silence := facts.Exchange{Method: sip.OPTIONS, Reply: &facts.Reply{Code: 200}}, facts.Exchange{Method: sip.OPTIONS}
	register, unsent := facts.Exchange{Method: sip.REGISTER, Sends: 4}, facts.Exchange{Method: sip.REGISTER}
	for ticket, c := range map[string]struct {
		path  *facts.Path
		left  int
		asked bool
	}{
		"nothing was tried":                          {nil, 0, false},
		"the second server answered":                 {&facts.Path{Targets: []facts.Attempt{attempt(register, silence), attempt(options)}}, 1, true},
		"nobody answered":                            {&facts.Path{Targets: []facts.Attempt{attempt(silence)}}, 0, false},
		"it answered OPTIONS and ignores REGISTER":   {&facts.Path{Targets: []facts.Attempt{attempt(register, options)}}, 0, true},
		"the same in another order":                  {&facts.Path{Targets: []facts.Attempt{attempt(options, register, options)}}, 0, true},
		"the REGISTER was held back":                 {&facts.Path{Targets: []facts.Attempt{attempt(unsent, options)}}, 0, false},
		"OPTIONS alone was sent, and another waited": {&facts.Path{Targets: []facts.Attempt{attempt(facts.Exchange{Method: sip.OPTIONS, Sends: 4, Reply: &facts.Reply{Code: 200}})}}, 1, false},
	} {
		if got := registrars(c.path); len(got) != c.left {
			t.Errorf("%s: %+v", ticket, got)
		}
		if c.path != nil && registerAsked(c.path) != c.asked {
			t.Errorf("%s: asked %v", ticket, !c.asked)
		}
	}
}

// 100 Trying ends nothing.
func TestFinal(t *testing.T) {
	for code, want := range map[int]bool{0: false, 100: false, 183: false, 200: true, 401: true, 603: true} {
		x := sip.Exchange{}
		if code > 0 {
			x.Reply = &sip.Message{Code: code}
		}
		if final(x) != want {
			t.Errorf("%d: %v", code, !want)
		}
	}
}
