package lab

import (
	"net/netip"

	"trunktester/lab/serve"
)

// FarEnd is the box's conduct towards the provider, retransmissions included (design, section 7). UDP
// and TCP are counted on the box's cable, so that what a firewall drops on the way counts as well, and
// times are the kernel's; TLS is counted by the provider, who alone can read it.
type FarEnd struct {
	serve.Count
	Invites  int         `json:"invites"`
	Arrived  int         `json:"arrived"`  // requests that the provider got, over every transport
	Controls serve.Count `json:"controls"` // towards SIP hosts that are not the provider's
	Nowhere  serve.Count `json:"nowhere"`  // towards addresses where nothing lives (RFC 5737)

	// Reflector is the conduct towards the provider's reflector, over UDP and TCP: it is another server than
	// the trunk's, which may be sent an INVITE as it makes no call of it.
	Reflector serve.Count `json:"reflector"`

	// Provider is what the provider itself counted, by its own clock: our registrar, or the Kamailio in
	// its place.
	Provider serve.Count `json:"provider"`
}

// FarEnd is the count until now; where a Kamailio serves, after EndWitnesses.
func (l *Lab) FarEnd() FarEnd {
	atReflector := func(m serve.Message) bool { return m.Local.Addr() == netip.MustParseAddr(ReflectorAddr) }
	toTrunk := func(m serve.Message) bool { return atProvider(m.Local.Addr()) && !atReflector(m) }
	atControl := func(m serve.Message) bool {
		return m.Local.Addr() == netip.MustParseAddr(Control1) || m.Local.Addr() == netip.MustParseAddr(Control2)
	}
	atNowhere := func(m serve.Message) bool { return nowhere().Contains(m.Local.Addr()) }
	notPBX := func(m serve.Message) bool { return m.UserAgent != PBXAgent && m.UserAgent != otherAgent }
	overTLS := func(m serve.Message) bool { return m.Transport == "tls" }

	var arrived []serve.Message
	if l.Kamailio != nil {
		arrived = l.Kamailio.Seen()
	} else {
		arrived = l.Registrar.Seen.All()
	}
	sent := l.tap.requests()
	toProvider := make([]serve.Message, 0, len(sent))
	for _, m := range sent {
		if toTrunk(m) {
			toProvider = append(toProvider, m)
		}
	}
	for _, m := range arrived {
		if notPBX(m) && overTLS(m) {
			toProvider = append(toProvider, m)
		}
	}
	count := serve.CountOf(toProvider)
	provider := serve.CountOf(arrived, notPBX)
	return FarEnd{Count: count, Invites: count.Methods["INVITE"], Arrived: provider.Requests,
		Controls: serve.CountOf(sent, atControl), Nowhere: serve.CountOf(sent, atNowhere),
		Reflector: serve.CountOf(sent, atReflector), Provider: provider}
}
