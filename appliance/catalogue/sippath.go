package catalogue

// sipPath is light 3: do SIP messages reach the provider, unchanged?
func sipPath() []Cause {
	return []Cause{
		{
			Code: "3-1", Slug: "sip-blocked", Light: 3, Flashes: 1, Kinds: []Kind{Stops},
			Acts:     []Actor{IT, ISP},
			Guide:    []string{"1.8"},
			Evidence: "Somebody on the way refused, or packets on the SIP port end earlier than packets on another port, or two other SIP hosts are silent as well.",
			Guard:    "Sent several times, as two kinds of request. With silence alone the text says \"blocked on the way or ignored by the provider: cannot tell\", and names the provider too. So it does where datagrams end at the site and no other SIP host tells whether SIP passes: a device that sends them on as its own looks the same. SIP hosts of the provider itself count for nothing here. Where one of several servers of the provider is silent and another answers, it is a weakness: amber.",
		},
		{
			Code: "3-2", Slug: "sip-alg", Light: 3, Flashes: 2, Kinds: []Kind{Stops, Hurts},
			Acts:     []Actor{IT, ISP},
			Guide:    []string{"1.7"},
			Evidence: "A SIP message came back with something changed that only a device on the way can have changed, while the same message sent another way was not. Where the provider runs a reflector, it shows every line that was changed.",
			Guard:    "Every proof stands against its own control, and is said as proved, likely, not seen, ruled out (only with a reflector) or could not tell. It never hides a failed login.",
		},
		{
			Code: "3-3", Slug: "udp-blocked", Light: 3, Flashes: 3, Kinds: []Kind{Stops},
			Acts:     []Actor{IT},
			Guide:    []string{"1.8"},
			Evidence: "SIP over UDP is silent or refused on the way, while the same provider answers over TCP or TLS, or a UDP control that is not the provider's is silent too, or packets on its port end earlier than packets on another port.",
			Guard:    "Some providers serve only TCP: said only for a trunk that uses UDP, at a provider that is known to serve it.",
		},
		{
			Code: "3-4", Slug: "stream-blocked", Light: 3, Flashes: 4, Kinds: []Kind{Stops, Tells},
			Acts:     []Actor{IT},
			Guide:    []string{"1.8"},
			Evidence: "The connection timed out, or was refused before it reached the provider, or packets on its port end earlier than packets on another port, while SIP passes in another way.",
			Guard:    "Only information when the trunk itself uses UDP.",
		},
		{
			Code: "3-5", Slug: "fragments-lost", Light: 3, Flashes: 5, Kinds: []Kind{Hurts},
			Acts:     []Actor{IT, ISP, Provider, PBX},
			Guide:    []string{"1.8"},
			Evidence: "A short request was answered and a long one was not, TCP works, and fragments to another host vanish as well. Or a short answer of the reflector comes, and a long one does not.",
			Guard:    "A provider may refuse long requests, and a refusal is an answer. Without another host to compare with, the text says \"cannot tell who\".",
		},
		{
			Code: "3-6", Slug: "nat-short", Light: 3, Flashes: 6, Kinds: []Kind{Hurts},
			Acts:     []Actor{IT},
			Guide:    []string{"3.1", "1.8"},
			Evidence: "The time was measured after which the router no longer let an answer in.",
			Guard:    "The measured time is always shown; it is fine when the PBX keeps alive more often than that.",
		},
		{
			Code: "3-7", Slug: "double-nat", Light: 3, Flashes: 7, Kinds: []Kind{Stops, Hurts, Tells},
			Acts:     []Actor{IT, ISP},
			Guide:    []string{"1.3", "2.2"},
			Evidence: "The router's own outside address, or the next hop, is private or shared, and differs from the public address.",
			Guard:    "Two different public addresses mean several lines, not two routers. Only information for a trunk that registers and works.",
		},
		{
			Code: "3-8", Slug: "rtp-blocked", Light: 3, Flashes: 8, Kinds: []Kind{Hurts},
			Acts:     []Actor{IT},
			Guide:    []string{"1.8"},
			Evidence: "Voice packets to the provider's reflector did not come back, while SIP did.",
			Guard:    "Tested only where the provider runs a reflector inside its own network; else the text says \"not tested\".",
		},
		{
			Code: "3-9", Slug: "sip-intercepted", Light: 3, Flashes: 9, Kinds: []Kind{Stops, Hurts},
			Acts:     []Actor{IT},
			Guide:    []string{"1.7"},
			Evidence: "A SIP answer came from an address where nothing lives (192.0.2.0/24, RFC 5737).",
			Guard:    "Where the domain or the proxy is on this site, it is a managed border controller, and fine.",
		},
	}
}
