package verdict

import (
	"net/netip"

	"trunktester/appliance/catalogue"
	"trunktester/appliance/catalogue/words"
	"trunktester/probes/facts"
)

// pbx judges light 5: is the PBX registered, with the expected port and NAT setting?
func pbx(in Input) []candidate {
	if noTrunk(in) || trunk(in).Auth == "ip" || imposed(in.Facts, trunk(in).Transport) {
		return nil
	}
	return checked(in, listed(in))
}

// listed judges the provider's list of registrations.
func listed(in Input) []candidate {
	if l := in.Facts.Login; l != nil && l.Reply != nil && row(l.Reply.Code, l.Reply.Reason, true) == "5-5" {
		return append(portalRow(in), queryRefused(*l.Reply))
	}
	if !let(in.Facts) || in.Facts.Bindings == nil {
		return nil
	}
	b := *in.Facts.Bindings
	if len(b.Contacts) == 0 {
		return append(portalRow(in), noEntry(in, b))
	}
	return registered(in, b)
}

func noEntry(in Input, b facts.Bindings) candidate {
	if notRegistered(in) {
		return candidate{code: "5-1", kind: catalogue.Stops,
			text: words.Said("verdict.list-empty") + lost(in)}
	}
	why := b.NotShown
	switch own := in.Facts.OwnBinding; {
	case own != nil && own.Shown != nil && !*own.Shown:
		why = words.Said("verdict.own-not-listed")
	case why != "":
	case showsBindings(in):
		why = words.Said("verdict.empty-though-shown")
	default:
		why = words.Said("verdict.empty-unknown")
	}
	c := candidate{code: "5-5", kind: catalogue.Hurts,
		text: words.Said("verdict.not-seen", "why", why)}
	if in.Profile.PBX.Location == "hosted" {
		c.text += " " + words.Said("verdict.hosted")
	}
	if in.Answers.PortalShowsPBX != nil { // with yes: no is 5-1
		c.kind = catalogue.Tells
		c.text += " " + words.Said("verdict.portal-shows")
	}
	return c
}

// lost tells whose registration a moment of the box's own has pushed out.
func lost(in Input) string {
	if in.Facts.OwnBinding == nil || len(in.Facts.OwnBinding.Lost) == 0 {
		return ""
	}
	return " " + words.Said("verdict.pushed-out", "contact", in.Facts.OwnBinding.Lost[0].URI)
}

// registered compares the bindings with what the firewall and the portal are set for.
func registered(in Input, b facts.Bindings) []candidate {
	var found []candidate
	for _, c := range b.Contacts {
		found = append(found, port(in, c)...)
		found = append(found, nat(in, c)...)
	}
	if in.Profile.PBX.Location != "hosted" {
		found = append(found, elsewhere(in, b)...)
	}
	return compact(found)
}

// port compares the port that the PBX registered from. Over UDP it is the received one, where the provider shows it, that the
// firewall and the provider see; a connection's own port means nothing, and calls come back over it.
func port(in Input, c facts.Binding) []candidate {
	want, got := uint16(in.Profile.Expect.Port), c.Contact.Port()
	if c.Received.IsValid() && (trunk(in).Transport == "udp" || got != want) {
		got = c.Received.Port()
	}
	if want == 0 || got == want || !c.Contact.IsValid() && !c.Received.IsValid() {
		return nil
	}
	found := candidate{code: "5-2", kind: catalogue.Hurts, text: words.Said("verdict.other-port", "got", got, "want", want)}
	if c.Contact.Port() == want {
		found.text += " " + words.Said("verdict.port-replaced")
		found.advice = "port-kept"
	}
	return []candidate{found}
}

func nat(in Input, c facts.Binding) []candidate {
	inside := private(c.Contact.Addr())
	switch want := in.Profile.Expect.NAT; {
	case want == "no" && inside:
		return []candidate{{code: "5-3", kind: catalogue.Hurts,
			text: words.Said("verdict.nat-inside", "address", c.Contact.Addr())}}
	case want == "yes" && !inside && c.Contact.Addr().Is4(): // by IPv6 there is no translation to expect
		return []candidate{{code: "5-3", kind: catalogue.Hurts,
			text: words.Said("verdict.nat-public", "address", c.Contact.Addr())}}
	}
	return nil
}

// elsewhere looks for bindings from another public address than this line's, and for too many of them.
func elsewhere(in Input, b facts.Bindings) []candidate {
	if top := in.Profile.PBX.MaxBindings; len(b.Contacts) > top {
		return []candidate{{code: "5-4", kind: catalogue.Hurts,
			text: words.Said("verdict.too-many", "n", len(b.Contacts), "top", top)}}
	}
	for _, c := range b.Contacts {
		from := c.Received.Addr()
		if !from.IsValid() {
			from = c.Contact.Addr()
		}
		ours := ownPublic(in.Facts)
		if from.Is6() {
			ours = ownIPv6(in.Facts)
		}
		if !from.IsValid() || !ours.IsValid() || sameSite(from, ours) || private(from) {
			continue
		}
		text := words.Said("verdict.elsewhere", "from", from, "ours", ours)
		if own := in.Facts.Address; own != nil && own.Prefix.Addr() == ours { // each host has its own
			if own.Prefix.Contains(from) {
				continue
			}
			text += " " + words.Said("verdict.other-network")
		}
		return []candidate{{code: "5-4", kind: catalogue.Hurts, text: text}}
	}
	return nil
}

// ownPublic is this line's IPv4 address as the provider sees it, else as STUN tells.
func ownPublic(f facts.Facts) netip.Addr {
	for _, p := range []*facts.Path{f.UDP, f.TCP, f.TLS} {
		for _, r := range replies(p) {
			if r.SeenAs.Addr().Is4() && !private(r.SeenAs.Addr()) {
				return r.SeenAs.Addr()
			}
		}
	}
	if f.Public != nil {
		return f.Public.Addr
	}
	return netip.Addr{}
}

// shared is the range of carrier-grade NAT (RFC 6598).
var shared = netip.PrefixFrom(netip.AddrFrom4([4]byte{100, 64}), 10)

func private(a netip.Addr) bool {
	return a.IsPrivate() || a.IsLoopback() || a.IsLinkLocalUnicast() || shared.Contains(a)
}

// compact keeps the first finding of each code.
func compact(found []candidate) []candidate {
	var kept []candidate
	seen := map[string]bool{}
	for _, c := range found {
		if !seen[c.code] {
			seen[c.code] = true
			kept = append(kept, c)
		}
	}
	return kept
}
