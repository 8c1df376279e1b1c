package lab

import "trunktester/lab/serve"

// These say in one word why a fault is none in a world, "" where it is one.

// udpOnly, tlsOnly and streamsOnly: the fault is one of the trunk's own transport.
func udpOnly(s sketch) string     { return unless(s.transport == "udp", "transport") }
func tlsOnly(s sketch) string     { return unless(s.transport == "tls", "transport") }
func streamsOnly(s sketch) string { return unless(s.transport != "udp", "transport") }

// smallMessages: a trunk over TLS begins with large packets, others do not. Without ping, that large packets vanish
// may be the habit of name servers alone.
func smallMessages(s sketch) string {
	return first(unless(s.transport != "tls", "transport"), pingable(s))
}

// pingable: what is silent to ping can be told from what the router keeps silent.
func pingable(s sketch) string { return unless(!s.Home.NoPing, "pingless") }

// usualNames: the provider publishes an address for the name in the file.
func usualNames(s sketch) string { return unless(s.Provider.Zone == "", "unasked") }

// usualUDP: the provider's zone may be replaced by one for UDP.
func usualUDP(s sketch) string { return first(usualNames(s), udpOnly(s)) }

// translated: there is an address for an ALG to rewrite, on the port that it watches, in text that it can read.
func translated(s sketch) string {
	return first(translates(s), unless(s.Provider.Ports == nil, "port"), unless(s.transport != "tls", "unread"))
}

// unminded: the ALG finds what it can rewrite, and the trunk's own messages are not it.
func unminded(s sketch) string {
	return first(translates(s), unless(s.Provider.Ports == nil, "port"), tlsOnly(s))
}

// translates: the router translates addresses.
func translates(s sketch) string { return unless(s.Home.NAT != NATNone, "routed") }

// readable: what a device on the line reads is the trunk's own message, with an address to rewrite.
func readable(s sketch) string { return first(translated(s), udpOnly(s)) }

// readNotTranslated: on a routed line a device that reads SIP shows only by what it drops.
func readNotTranslated(s sketch) string {
	return first(unless(s.Home.NAT == NATNone, "translated"), unless(s.Provider.Ports == nil, "port"), udpOnly(s))
}

// singleNAT: the line's provider is the only one behind the router who translates.
func singleNAT(s sketch) string {
	return first(translates(s), unless(!s.Home.Carrier && !s.Home.Second, "twice"))
}

// ownContacts: the provider lists Contacts as the PBX wrote them.
func ownContacts(s sketch) string {
	return unless(!turned(serve.RegistrarSettings{}, s.Provider.Registrar).RewriteContacts, "rewritten")
}

// insideContacts: and the PBX's own address is a private one.
func insideContacts(s sketch) string { return first(ownContacts(s), unless(!s.Home.Public, "outside")) }

// proxied: the file names an outbound proxy.
func (s sketch) proxied() bool { return s.PBX.Settings != nil }

func unless(fits bool, why string) string {
	if fits {
		return ""
	}
	return why
}

func first(reasons ...string) string {
	for _, why := range reasons {
		if why != "" {
			return why
		}
	}
	return ""
}

// Words explains the words that say why there is no such world.
func Words() map[string]string {
	return map[string]string{
		"transport":  "the fault is one of another transport than the trunk's",
		"pingless":   "the router drops ping, so this silence has two explanations",
		"unasked":    "the name whose answer is altered is not the one that leads to the server",
		"routed":     "no address is translated",
		"translated": "an address is translated, which is another fault",
		"port":       "the device reads port 5060 only",
		"unread":     "the device cannot read TLS",
		"twice":      "addresses are translated twice already",
		"rewritten":  "the provider rewrites the Contact, so that it is right",
		"outside":    "the PBX has a public address only",
		"deaf":       "a provider that answers neither OPTIONS nor REGISTER answers nothing: another fault",
		"single":     "the provider keeps one binding only",
		"unlisted":   "a trunk that is known by its address has no list of registrations",
		"same":       "it is what the persona is already",
		"chance":     "whether it can be seen is left to chance, and the persona has a weakness of its own",
	}
}
