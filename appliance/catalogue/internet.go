package catalogue

// internet is light 2: does the router reach the outside world, and the provider's network?
func internet() []Cause {
	return []Cause{
		{
			Code: "2-1", Slug: "no-internet", Light: 2, Flashes: 1, Kinds: []Kind{Stops},
			Acts:     []Actor{Client, IT, ISP},
			Guide:    []string{"1.1", "1.2", "1.5"},
			Evidence: "The router answers on the cable, but several independent hosts answer neither ping, nor a connection, nor a name question.",
			Guard:    "A name server inside the router may still answer, and proves nothing. If the SIP provider answers, this is not said as a fault: a voice-only line is not broken.",
		},
		{
			Code: "2-2", Slug: "dns-dead", Light: 2, Flashes: 2, Kinds: []Kind{Stops},
			Acts:     []Actor{IT},
			Guide:    []string{"1.2"},
			Evidence: "The name server that was given is silent or fails every question, while a public one answers.",
			Guard:    "If public name servers are blocked here too, the text says so.",
		},
		{
			Code: "2-3", Slug: "provider-name-unknown", Light: 2, Flashes: 3, Kinds: []Kind{Stops},
			Acts:     []Actor{Reseller},
			Guide:    []string{"2.1"},
			Evidence: "The local name server and a public one both say that the name does not exist, or has no address; or it has an IPv6 address alone, and no router of this network offers IPv6.",
			Guard:    "Only the name that is really contacted counts: with a proxy set, the domain need not be found. When only one witness could be asked, the text says so.",
		},
		{
			Code: "2-4", Slug: "dns-altered", Light: 2, Flashes: 4, Kinds: []Kind{Stops, Hurts},
			Acts:     []Actor{IT, ISP},
			Guide:    []string{"1.2"},
			Evidence: "The local answer differs from the public one in a way that matters: a private address for a public name, an answer for a name that does not exist, or missing SIP records.",
			Guard:    "Some networks answer differently on purpose: it is only said when what was answered is not a SIP server.",
		},
		{
			Code: "2-5", Slug: "captive-portal", Light: 2, Flashes: 5, Kinds: []Kind{Stops},
			Acts:     []Actor{Client},
			Guide:    []string{"1.2"},
			Evidence: "A web page with a known answer came back redirected or changed, and the other ways out fail.",
			Guard:    "Web filters also change pages on good lines: not said as a fault when the SIP provider answers.",
		},
		{
			Code: "2-6", Slug: "provider-unreachable", Light: 2, Flashes: 6, Kinds: []Kind{Stops},
			Acts:     []Actor{IT, Provider},
			Guide:    []string{"1.2", "1.8"},
			Evidence: "The provider's addresses answer neither ping nor SIP by UDP, TCP or TLS, while other hosts answer.",
			Guard:    "One answer of any sort from the provider refutes it.",
		},
		{
			Code: "2-7", Slug: "line-quality", Light: 2, Flashes: 7, Kinds: []Kind{Hurts},
			Acts:     []Actor{ISP},
			Guide:    []string{"1.5"},
			Evidence: "A long series of probes to hosts far outside: loss, round trip or jitter is above what voice bears, while the way to the router is clean.",
			Guard:    "Two hosts must agree, and the series must be long enough; routers on the way are not judged, since they answer probes slowly on purpose.",
		},
		{
			Code: "2-8", Slug: "mtu-blackhole", Light: 2, Flashes: 8, Kinds: []Kind{Hurts},
			Acts:     []Actor{IT, ISP},
			Guide:    []string{"1.5", "1.8"},
			Evidence: "Large probes that must not be cut up stayed without an answer at two hosts, while small ones were answered.",
			Guard:    "A smaller packet size that is announced properly, as on many broadband lines, is fine.",
		},
		{
			Code: "2-9", Slug: "edge-unseen", Light: 2, Flashes: 9, Kinds: []Kind{Stops},
			Acts:     []Actor{ISP},
			Guide:    []string{"1.6"},
			Evidence: "The edge device of the box's file answers no ping, and packets with a growing hop count end before it.",
			Guard:    "Such devices often drop ping: not said when something behind it answers, and only when the file names the device.",
		},
	}
}
