package catalogue

// line is light 1: is the box properly connected to the router?
func line() []Cause {
	return []Cause{
		{
			Code: "1-1", Slug: "no-link", Light: 1, Flashes: 1, Kinds: []Kind{Stops},
			Acts:     []Actor{Client},
			Guide:    []string{"1.1"},
			Evidence: "The box's network port reports no link, and goes on reporting none for several seconds.",
			Guard:    "A cable that was plugged in a moment ago is given time to come up.",
		},
		{
			Code: "1-2", Slug: "no-address", Light: 1, Flashes: 2, Kinds: []Kind{Stops},
			Acts:     []Actor{Client, IT},
			Guide:    []string{"1.1"},
			Evidence: "The box asked for an address again and again (DHCP DISCOVER), and no offer came.",
			Guard:    "Some switches keep a new socket closed for half a minute, so the light shows \"testing\" during that time. The box goes on asking, and the light heals by itself.",
		},
		{
			Code: "1-3", Slug: "router-silent", Light: 1, Flashes: 3, Kinds: []Kind{Stops},
			Acts:     []Actor{Client},
			Guide:    []string{"1.1", "1.2"},
			Evidence: "Every ARP request for the router's address (neighbour discovery for IPv6) stayed without an answer.",
			Guard:    "Asked by ARP and not by ping, since many routers drop ping.",
		},
		{
			Code: "1-4", Slug: "address-incomplete", Light: 1, Flashes: 4, Kinds: []Kind{Stops},
			Acts:     []Actor{IT},
			Guide:    []string{"1.2"},
			Evidence: "The lease itself: it names no gateway, or one outside its own subnet, or there is only a link-local address.",
			Guard:    "Read from the lease as it was received, not guessed from silence.",
		},
		{
			Code: "1-5", Slug: "two-dhcp", Light: 1, Flashes: 5, Kinds: []Kind{Hurts},
			Acts:     []Actor{IT},
			Guide:    []string{"1.3"},
			Evidence: "Offers from two DHCP servers with a different gateway or subnet.",
			Guard:    "Two servers that offer the same are a planned pair, and only information.",
		},
		{
			Code: "1-6", Slug: "duplicate-ip", Light: 1, Flashes: 6, Kinds: []Kind{Stops, Hurts},
			Acts:     []Actor{IT},
			Guide:    []string{"1.3"},
			Evidence: "Another hardware address answered when the box asked who holds its own address (RFC 5227), or two answered for the PBX's address.",
			Guard:    "An address from DHCP is given back and another one asked for, so one old clash alone does not stop the test.",
		},
		{
			Code: "1-7", Slug: "poor-link", Light: 1, Flashes: 7, Kinds: []Kind{Hurts},
			Acts:     []Actor{Client, IT},
			Guide:    []string{"1.1"},
			Evidence: "The network port reports ten megabit, half duplex, repeated loss of link, or receive errors.",
			Guard:    "A port that can only do 100 megabit is fine.",
		},
		{
			Code: "1-8", Slug: "wrong-network", Light: 1, Flashes: 8, Kinds: []Kind{Stops, Tells},
			Acts:     []Actor{IT},
			Guide:    []string{"1.3", "1.4"},
			Evidence: "The switch announces a voice VLAN (LLDP or CDP), or tagged frames or a login request (802.1X) were seen on the cable.",
			Guard:    "When the box does get an address here, this is only information: \"tested from the data network\".",
		},
		{
			Code: "1-9", Slug: "lan-loss", Light: 1, Flashes: 9, Kinds: []Kind{Hurts},
			Acts:     []Actor{IT},
			Guide:    []string{"1.3"},
			Evidence: "Many ARP round trips to the router: several were lost, or their times vary too much.",
			Guard:    "Not said when a host far outside is reached without loss, since that traffic passes the same router.",
		},
	}
}
