package appliance

import (
	"crypto/x509"
	"time"

	"trunktester/appliance/catalogue/words"
	"trunktester/appliance/profile"
	"trunktester/probes"
	"trunktester/probes/facts"
	"trunktester/probes/sip"
	"trunktester/probes/via"
)

// parts are what the probes of one run are made of.
type parts struct {
	profile  profile.Profile
	through  via.Interface
	network  Network
	patience time.Duration // for DHCP
	dialer   sip.Dialer    // one conduct towards the provider for the whole run
	ledger   probes.Ledger
	roots    *x509.CertPool // authorities for TLS; nil: the system's
	full     bool           // wait for the slow measurements as well
	flaps    func() int     // see Ask.Flaps
	pbxPorts []int          // see probes.ALG

	background bool                              // see Tester.Background
	lifetime   func(facts.Facts) *facts.Lifetime // of a NAT mapping, as measured earlier on the line of those facts; nil: nothing is kept

	neighbour probes.Listener
	acquired  <-chan struct{} // closed when the question for an address has its answer
}

// checklist is the provider's guide as steps, in the order of the lights. A needed step stands earlier.
func checklist(p parts) []Step {
	trunk, world := p.profile.Trunk, p.profile.Internet
	host, port := trunk.Contacted()
	own := "sip-" + trunk.Transport
	far := probes.FarEnd{Host: p.profile.Provider.Reflector, Token: p.profile.Provider.Token, Dial: p.dialer}
	path := func(transport string) probes.SIPPath {
		sipPath := probes.SIPPath{Transport: transport, Dial: p.dialer, Domain: trunk.Domain, Proxy: trunk.ProxyHost, Username: trunk.Username, Roots: p.roots}
		if transport == trunk.Transport {
			sipPath.Servers = probes.MostOwnServers
		}
		return sipPath
	}
	name := probes.Name{Via: p.through, Host: host, Port: port, Transport: trunk.Transport, Public: world.Resolvers, Patience: probes.IPv6Patience}
	return []Step{
		// Light 1: is the box properly connected to the router?
		{ID: "link", Light: 1, Guide: []string{"1.1"}, Limit: 5 * time.Second,
			Probe: probes.Link{Setup: p.network}},
		{ID: "address", Light: 1, Guide: []string{"1.1", "1.2"}, Limit: p.patience,
			Probe: probes.Address{Setup: p.network}, Needs: []string{"link"}, Enough: hasAddress},
		{ID: "gateway", Light: 1, Guide: []string{"1.1", "1.2"}, Limit: 5 * time.Second,
			Probe: probes.Gateway{}, Needs: []string{"address"}},
		{ID: "conflict", Light: 1, Guide: []string{"1.3"}, Limit: 6 * time.Second,
			Probe: probes.Conflict{PBX: p.profile.PBX.Address}, Needs: []string{"address"}},
		{ID: "offers", Light: 1, Guide: []string{"1.3"}, Limit: 5 * time.Second,
			Probe: probes.Offers{}, Needs: []string{"address"}},
		{ID: "neighbour", Light: 1, Guide: []string{"1.3", "1.4"}, Limit: p.patience + 5*time.Second,
			Probe: probes.Neighbour{Listener: p.neighbour, Acquired: p.acquired}, Needs: []string{"link"}},
		{ID: "cable", Light: 1, Guide: []string{"1.1"}, Limit: 2 * time.Second,
			Probe: probes.Cable{Flaps: p.flaps}, Needs: []string{"link"}, After: []string{"quality"}},
		{ID: "lan", Light: 1, Guide: []string{"1.3"}, Limit: 10 * time.Second,
			Probe: probes.LAN{}, Needs: []string{"gateway"}, After: []string{"quality"}},

		// Light 2: does the router reach the outside world, and the provider's network?
		{ID: "internet", Light: 2, Guide: []string{"1.2", "1.3"}, Limit: 6 * time.Second,
			Probe: probes.Internet{Via: p.through, Targets: family(world.Targets, false)}, Needs: []string{"address"}},
		{ID: "portal", Light: 2, Guide: []string{"1.2"}, Limit: 6 * time.Second, Skip: withoutPage(world),
			Probe: probes.Portal{Via: p.through, Page: world.PortalCheck}, Needs: []string{"address"}},
		{ID: "resolver", Light: 2, Guide: []string{"1.2"}, Limit: 6 * time.Second,
			Probe: probes.Resolver{Via: p.through, Names: []string{host, "example.com", "a.root-servers.net"}, Public: world.Resolvers, Nowhere: probes.NoResolver()}, Needs: []string{"address"}},
		{ID: "name", Light: 2, Guide: []string{"1.2", "2.1"}, Limit: 12 * time.Second, Skip: without(trunk),
			Probe: name, Needs: []string{"address"}, Enough: hasTarget},
		{ID: "witness", Light: 2, Guide: []string{"1.2"}, Limit: 9 * time.Second, Skip: without(trunk),
			Probe: probes.Witness{Name: name, Path: path(trunk.Transport)}, Needs: []string{"address"}, After: []string{"name"}},
		{ID: "public", Light: 2, Guide: []string{"2.2"}, Limit: 5 * time.Second,
			Probe: probes.Public{Via: p.through, Servers: p.profile.Provider.STUN}, Needs: []string{"address"}},
		{ID: "clock", Light: 2, Limit: 6 * time.Second,
			Probe: probes.Clock{Via: p.through, Servers: world.NTP, Web: world.PortalCheck}, Needs: []string{"address"}, After: clockAfter(trunk)},
		{ID: "ping", Light: 2, Guide: []string{"1.2"}, Limit: 5 * time.Second, Skip: without(trunk),
			Probe: probes.Ping{Via: p.through}, Needs: []string{"name"}},
		{ID: "quality", Light: 2, Guide: []string{"1.5"}, Limit: qualityLimit(p.full),
			Probe: quality(p), Needs: []string{"address"}, After: []string{"internet", "name"}},
		{ID: "internet-ipv6", Light: 2, Guide: []string{"1.2", "1.3"}, Limit: 6 * time.Second, Skip: without(trunk),
			Probe: probes.InternetByIPv6{Internet: probes.Internet{Via: p.through, Targets: family(world.Targets, true)}}, Needs: []string{"name"}},
		{ID: "ipv6", Light: 2, Limit: 2 * time.Second,
			Probe: probes.IPv6{Via: p.through}, Needs: []string{"address"}, After: []string{"name", "offers", "sip-ipv6"}},
		{ID: "mtu", Light: 2, Guide: []string{"1.5", "1.8"}, Limit: 5 * time.Second,
			Probe: probes.MTU{Via: p.through, Targets: family(world.Targets, false)}, Needs: []string{"address"}},
		{ID: "edge", Light: 2, Guide: []string{"1.6"}, Limit: 4 * time.Second, Skip: withoutEdge(p.profile.Line),
			Probe: probes.Edge{Via: p.through, Addr: p.profile.Line.Edge}, Needs: []string{"address"}},

		// Light 3: do SIP messages reach the provider, unchanged?
		{ID: "sip-udp", Light: 3, Guide: []string{"1.8"}, Limit: 9 * time.Second, Skip: without(trunk),
			Probe: path("udp"), Needs: []string{"name"}, After: afterOwn(trunk, "udp")},
		{ID: "sip-tcp", Light: 3, Guide: []string{"1.8"}, Limit: 9 * time.Second, Skip: without(trunk),
			Probe: path("tcp"), Needs: []string{"name"}, After: afterOwn(trunk, "tcp")},
		{ID: "sip-tls", Light: 3, Guide: []string{"1.8"}, Limit: 9 * time.Second, Skip: without(trunk),
			Probe: path("tls"), Needs: []string{"name"}, After: afterOwn(trunk, "tls")},
		{ID: "sip-ipv6", Light: 3, Guide: []string{"1.8"}, Limit: 9 * time.Second, Skip: without(trunk),
			Probe: probes.SIPOverIPv6{Path: path(trunk.Transport)}, Needs: []string{"name"}, After: []string{own, "alg", "login", "fragments"}},
		{ID: "controls", Light: 3, Guide: []string{"1.8"}, Limit: 9 * time.Second, Skip: withoutControls(p.profile),
			Probe: probes.Controls{Dial: p.dialer, Hosts: world.SIPControls, Reflector: p.profile.Provider.Reflector, Token: p.profile.Provider.Token}, Needs: []string{"address"}},
		{ID: "intercept", Light: 3, Guide: []string{"1.7"}, Limit: 3 * time.Second, Skip: withoutIntercept(trunk),
			Probe: probes.Intercept{Transport: trunk.Transport, Dial: p.dialer}, Needs: []string{"name"}},
		{ID: "wan", Light: 3, Guide: []string{"1.3", "2.2"}, Limit: 4 * time.Second, Skip: without(trunk),
			Probe: probes.WAN{Via: p.through}, Needs: []string{"address"}},
		{ID: "hops", Light: 3, Guide: []string{"1.3"}, Limit: 3 * time.Second, Skip: without(trunk),
			Probe: probes.Hops{Via: p.through}, Needs: []string{"name"}},
		{ID: "sip-walk", Light: 3, Guide: []string{"1.8"}, Limit: 8 * time.Second, Skip: without(trunk),
			Probe: probes.SIPWalk{Transport: trunk.Transport, Dial: p.dialer, Domain: trunk.Domain, Username: trunk.Username}, Needs: []string{"name"}, After: []string{own}},
		{ID: "lifetime", Light: 3, Guide: []string{"3.1", "1.8"}, Limit: probes.LifetimeLimit, Skip: without(trunk),
			Probe: lifetime(p, far), Needs: []string{"address"}, After: []string{"gateway", "public", "clock"}},
		{ID: "reflector", Light: 3, Guide: []string{"1.7"}, Limit: 9 * time.Second, Skip: withoutReflector(p.profile, words.Said("why.reflector-alg")),
			Probe: probes.Reflector{FarEnd: far, Transport: trunk.Transport, Roots: p.roots}, Needs: []string{"address"}},
		{ID: "alg", Light: 3, Guide: []string{"1.7"}, Limit: 9 * time.Second, Skip: without(trunk),
			Probe: probes.ALG{Dial: p.dialer, Domain: trunk.Domain, Proxy: trunk.ProxyHost, Username: trunk.Username, Transport: trunk.Transport, Roots: p.roots, PBXPorts: p.pbxPorts}, Needs: []string{"name"}, After: []string{"sip-udp", "sip-tcp", "sip-tls", "public", "reflector"}},
		{ID: "fragments", Light: 3, Guide: []string{"1.8"}, Limit: 7 * time.Second, Skip: unlessUDP(trunk),
			Probe: probes.Fragments{Dial: p.dialer, Domain: trunk.Domain, Username: trunk.Username, Hosts: world.SIPControls, Reflector: far.Host, Token: far.Token},
			Needs: []string{"sip-udp"}, After: []string{"alg"}},
		{ID: "rtp", Light: 3, Guide: []string{"1.8"}, Limit: 5 * time.Second, Skip: withoutReflector(p.profile, words.Said("why.reflector-rtp")),
			Probe: probes.RTP{FarEnd: far, Low: p.profile.Expect.RTPLow, Top: p.profile.Expect.RTPTop, Networks: p.profile.Provider.Networks}, Needs: []string{"address"}},
		{ID: "nat", Light: 3, Guide: []string{"3.1"}, Limit: 7 * time.Second, Skip: without(trunk),
			Probe: probes.NAT{Via: p.through, FarEnd: far}, Needs: []string{"address"}, After: []string{"public", "rtp", own}},
		{ID: "voice", Light: 3, Guide: []string{"1.5", "1.8"}, Limit: voiceLimit(p.full), Skip: withoutReflector(p.profile, words.Said("why.reflector-voice")),
			Probe: voice(p, far), Needs: []string{"address"}, After: []string{"rtp"}},
		{ID: "dscp", Light: 3, Guide: []string{"1.5"}, Limit: 5 * time.Second, Skip: withoutReflector(p.profile, words.Said("why.reflector-dscp")),
			Probe: probes.DSCP{FarEnd: far}, Needs: []string{"address"}, After: []string{"rtp"}},

		// Light 4: does the provider accept this trunk?
		{ID: "login", Light: 4, Guide: []string{"2.1", "3.2"}, Limit: 9 * time.Second, Skip: unlessAuth(trunk, "register"),
			Probe: probes.Login{Trunk: trunk, Networks: p.profile.Provider.Networks, Dial: p.dialer, Roots: p.roots, Ledger: p.ledger}, Needs: []string{own}, After: []string{"alg"}},
		{ID: "check-ip", Light: 4, Guide: []string{"2.2"}, Limit: 2 * time.Second, Skip: unlessAuth(trunk, "ip"),
			Probe: probes.CheckIP{Trunk: trunk}, Needs: []string{"name"}, After: []string{"sip-udp", "sip-tcp", "sip-tls", "alg", "public", "sip-ipv6"}},

		// Light 5: is the PBX registered?
		{ID: "bindings", Light: 5, Guide: []string{"3.1", "2.1"}, Limit: 2 * time.Second, Skip: unlessAuth(trunk, "register"),
			Probe: probes.Bindings{}, Needs: []string{"login"}},
		pbxCheck(trunk),
	}
}

// pbxCheck is the line of the PBX check, which a person makes beside the runs.
func pbxCheck(t profile.Trunk) Step {
	return Step{ID: "pbx-check", Light: 5, Guide: []string{"2.1"}, Limit: 2 * time.Second, Skip: unlessAuth(t, "register"),
		Probe: probes.PBXCheck{}}
}
