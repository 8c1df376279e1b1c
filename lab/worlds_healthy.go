package lab

import (
	"crypto/tls"
	"net/netip"
	"time"

	"trunktester/appliance/catalogue"
	"trunktester/lab/serve"
	"trunktester/probes/facts"
	"trunktester/reflector"
)

// good is a healthy variation: everything must be green.
func good(name, about string) World {
	return World{Name: name, About: about, Code: "ok", Severity: catalogue.Green, File: file()}
}

// with changes a world as it is declared.
func (w World) with(changes ...func(*World)) World {
	for _, change := range changes {
		change(&w)
	}
	return w
}

// filed replaces the usual trunk.toml by one with changes.
func filed(changes ...string) func(*World) {
	return func(w *World) { w.File = file(changes...) }
}

// registrar turns a switch of the provider.
func registrar(turn func(*serve.RegistrarSettings)) func(*World) {
	return func(w *World) { w.Provider.Registrar = turn }
}

// tcpTrunk and tlsTrunk are the PBX's side of such trunks.
func tcpTrunk(w *World) { w.PBX.Transport = "tcp" }
func tlsTrunk(w *World) { w.PBX.Transport = "tls" }

// privateCA is the setting that trusts the lab's own authority.
const privateCA = "trunk.tls_ca = '''\n@CA@'''"

// absentPBX leaves the PBX out; its binding, where there is one, was made before the box came.
func absentPBX(w *World) { w.PBX.Absent = true }

func boundBefore(bindings ...serve.Binding) func(*World) {
	return func(w *World) { w.PBX.Absent, w.Provider.Bindings = true, bindings }
}

// ownBinding is the PBX's binding behind the usual router.
func ownBinding() serve.Binding {
	return serve.Binding{URI: "sip:" + Username + "@" + PBXAddr + ":5060", Received: address(RouterWAN, 5060), Transport: "udp",
		CallID: "before", UserAgent: PBXAgent}
}

func healthyWorlds() []World {
	return []World{
		good("healthy", "nothing is wrong, 20 ms to the provider").with(never("3-1", "3-4", "3-7", "4-8"), saw("nat", "one public port for all destinations. It lets in only what comes from the very address and port that was talked to. Devices at the site do not reach each other by the public address"), saw("quality", "Voice quality by ping: MOS 4."), func(w *World) {
			w.Line = Line{Up: Way{Delay: 10 * time.Millisecond}, Down: Way{Delay: 10 * time.Millisecond}}
		}),
		good("no-ping", "the router drops ping, to itself and through it").with(dropsPing),
		good("options-ignored", "the provider answers no OPTIONS").with(registrar(func(s *serve.RegistrarSettings) { s.IgnoreOptions = true })),
		good("symmetric-nat", "the router takes another port for every destination").with(saw("nat", "symmetric NAT"), func(w *World) { w.Home.NAT = NATSymmetric }),
		good("double-nat-works", "the line's provider translates addresses once more, the router tells so by UPnP, and the trunk works").with(
			carrier, tellsOutside(func(s *serve.IGDSettings) { s.UPnP = true }), also("3-7")),
		good("two-routers", "the site has two routers in a row, the inner one tells by NAT-PMP, and the trunk works").with(
			func(w *World) { w.Home.Second = true }, tellsOutside(func(s *serve.IGDSettings) { s.NATPMP = true }), also("3-7")),
		good("two-routers-pcp", "the site has two routers in a row, the inner one tells by PCP, and the trunk works").with(
			func(w *World) { w.Home.Second = true }, tellsOutside(func(s *serve.IGDSettings) { s.PCP = true }), also("3-7")),
		good("two-routers-hidden", "the site has two routers in a row, the inner one says that it has no outside address, and the trunk works").with(
			func(w *World) { w.Home.Second = true }, tellsOutside(func(s *serve.IGDSettings) { s.UPnP, s.NATPMP, s.Outside = true, true, netip.Addr{} }), also("3-7")),
		good("two-routers-untold", "the site has two routers in a row, the inner one tells nothing, and the trunk works").with(
			func(w *World) { w.Home.Second = true }, also("3-7")),
		good("mapping-kept", "the router keeps idle UDP mappings for two minutes, as Linux does after traffic both ways").with(full, never("3-6")),
		good("mapping-untold", "the router forgets idle UDP mappings after 20 s, but nothing outside can send to one, and no second address is to be had").with(full, never("3-6"), filed(
			`network.mode = "static"`, `network.address = "192.168.50.77/24"`, `network.gateway = "`+RouterLAN+`"`, `network.dns = ["`+RouterLAN+`"]`), func(w *World) {
			w.Home.Forgets = 20 * time.Second
			w.Outside.STUN = func(s *serve.STUNSettings) { s.NoResponsePort = true }
		}),
		good("fragments-at-provider", "the provider drops fragments, and other hosts do not").with(also("3-5"),
			func(w *World) { w.Provider.NoPieces = true }),
		good("long-refused", "the provider refuses long messages").with(never("3-5"), registrar(func(s *serve.RegistrarSettings) { s.Longest = 1300 })),
		good("rtp-part", "a part of the voice ports is lost on the way to the reflector").with(reflecting(), also("3-8"),
			firewall(Rule{Proto: "udp", Ports: ReflectorRTP()[3:], Action: Drop})),
		good("rtp-unserved", "the reflector echoes voice at one port only").with(reflecting(), never("3-8"),
			func(w *World) { w.Provider.Reflector = func(c *reflector.Config) { c.RTP = c.RTP[:1] } }),
		good("rtp-elsewhere", "voice ports are dropped, and the reflector stands outside of the provider's networks").with(never("3-8"),
			reflecting(`provider.networks = ["198.51.100.0/27"]`), firewall(Rule{Proto: "udp", Ports: ReflectorRTP(), Action: Drop})),
		good("nat-by-reflector", "no STUN server has a second address, and the provider runs a reflector").with(reflecting(), saw("nat", "It lets in only what comes from the very address and port that was talked to (told by the reflector)"),
			func(w *World) { w.Outside.STUN = func(s *serve.STUNSettings) { s.NoOther = true } }),
		good("two-public-addresses", "STUN servers see another public address than the provider does").with(saw("nat", "SIP leaves by another line or address"),
			func(w *World) {
				w.Outside.STUN = func(s *serve.STUNSettings) { s.Tell = address("203.0.113.99", 40000) }
			}),
		good("router-tells", "the router tells its outside address, which is the public one").with(
			tellsOutside(func(s *serve.IGDSettings) { s.UPnP, s.NATPMP, s.PCP = true, true, true }), never("3-7")),
		good("several-lines", "the router tells the public address of another line than the one that voice takes").with(
			tellsOutside(func(s *serve.IGDSettings) { s.UPnP, s.Outside = true, netip.MustParseAddr("192.0.33.99") }), never("3-7")),
		good("router-tells-nothing", "the router knows UPnP and NAT-PMP, but says that it has no outside address").with(
			tellsOutside(func(s *serve.IGDSettings) { s.UPnP, s.NATPMP, s.Outside = true, true, netip.Addr{} }), never("3-7")),
		good("bridged", "the modem is a bridge: box and PBX have public addresses").with(never("3-7"), func(w *World) { w.Home.NAT, w.Home.Public = NATNone, true }),
		good("no-nat", "a routed line: addresses stay as they are").with(saw("nat", "Addresses are not translated. It lets in what anybody sends"), func(w *World) { w.Home.NAT = NATNone }),
		good("border-controller", "the router is the trunk's border controller, and takes all SIP to itself").with(onSite, intercept(knowsAccount)),
		good("nowhere-refused", "the router refuses, by ICMP, what goes to addresses where nothing lives").with(
			firewall(Rule{To: nowhere(), Action: PortUnreachable})),
		good("tcp-trunk", "the trunk uses TCP").with(tcpTrunk, filed(`trunk.transport = "tcp"`)),
		good("tls-trunk", "the trunk uses TLS, with a certificate of a private authority").with(tlsTrunk, filed(`trunk.transport = "tls"`, privateCA)),
		good("tcp-blocked", "TCP to the SIP ports is dropped, and the trunk uses UDP").with(also("3-4"), firewall(
			Rule{Proto: "tcp", Ports: sipPorts(), Action: Drop})),
		good("tcp-rejected", "TCP to the SIP ports is rejected by the router, and the trunk uses UDP").with(also("3-4"), firewall(
			Rule{Proto: "tcp", Ports: sipPorts(), Action: AdminProhibited})),
		good("tcp-unserved", "the provider's name names UDP only, and nothing answers there over TCP").with(never("3-4"), func(w *World) {
			w.Provider.Zone = `
sip                A     ` + Provider1 + `
_sip._udp.sip      SRV   10 10 5060 sip
`
			w.Provider.Input = []Rule{{Proto: "tcp", Ports: sipPorts(), Action: Drop}}
		}),
		good("udp-expired-certificate", "the provider's certificate ended yesterday, and the trunk uses UDP").with(also("4-8"), filed(privateCA),
			leaf(func(a *serve.Authority) (tls.Certificate, error) { return a.Expired(Domain) })),
		good("udp-other-certificate", "the provider's certificate is for another name, and the trunk uses UDP").with(also("4-8"), filed(privateCA),
			leaf(func(a *serve.Authority) (tls.Certificate, error) { return a.Leaf("pbx.example.com") })),
		good("two-servers", "the provider has two servers").with(twoServers(Provider1, Provider2)),
		good("two-servers-spare-dead", "the provider has two servers, of which the spare one is dead").with(twoServers(Provider1, Provider2), also("3-1"), deadServer(Provider2)),
		good("two-servers-options-ignored", "the provider has two servers, and answers no OPTIONS").with(twoServers(Provider1, Provider2), never("3-1"),
			registrar(func(s *serve.RegistrarSettings) { s.IgnoreOptions = true })),
		good("srv-odd-port", "the name has no address, only SRV records to port 5070").with(srvAlone),
		good("proxy", "an outbound proxy is set, and the domain itself does not resolve").with(
			filed(`trunk.domain = "client42.example.net"`, `trunk.proxy = "`+Domain+`"`), func(w *World) {
				w.PBX.Settings = func(s *serve.PBXSettings) { s.Domain = "client42.example.net" }
			}),
		good("tls-proxy", "a TLS trunk through an outbound proxy, whose certificate is for the proxy's name").with(tlsTrunk,
			filed(`trunk.transport = "tls"`, privateCA, `trunk.domain = "client42.example.net"`, `trunk.proxy = "`+Domain+`"`), func(w *World) {
				w.PBX.Settings = func(s *serve.PBXSettings) { s.Domain = "client42.example.net" }
			}),
		good("realm-unlike-domain", "the realm is not the domain, and none is written in the file").with(realm("asterisk")),
		good("realm-written", "the realm is not the domain, and it is written in the file").with(realm("asterisk"), filed(`trunk.realm = "asterisk"`)),
		good("contacts-rewritten", "the provider itself puts the public address into contacts").with(
			registrar(func(s *serve.RegistrarSettings) { s.RewriteContacts = true })),
		good("proxy-challenge", "the provider challenges with 407").with(registrar(func(s *serve.RegistrarSettings) { s.ProxyChallenge = true })),
		good("sha-256", "the provider challenges with SHA-256 only").with(
			registrar(func(s *serve.RegistrarSettings) { s.Algorithms = []string{"SHA-256"} })),
		good("stale-nonce", "the provider calls the first nonce stale").with(
			registrar(func(s *serve.RegistrarSettings) { s.StaleOnce = true }), boundBefore(ownBinding())),
		good("long-registrations", "the provider refuses registrations of less than five minutes; the PBX asks for ten").with(
			registrar(func(s *serve.RegistrarSettings) { s.MinExpires = 5 * time.Minute })),
		good("static-address", "the box's file sets its address by hand, and no DHCP server answers").with(filed(
			`network.mode = "static"`, `network.address = "192.168.50.77/24"`, `network.gateway = "`+RouterLAN+`"`, `network.dns = ["`+RouterLAN+`"]`),
			func(w *World) { w.Home.DHCP = func(s *serve.DHCPSettings) { s.Silent = true } }),
		good("reflector", "the provider runs a reflector, where SIP arrives as it was sent").with(reflecting(), alg(facts.ALGRuledOut),
			saw("voice", "MOS 4."), saw("fragments", "An answer of 1600 bytes came back"), saw("dscp", "kept on the way to the reflector, kept on the way back")),
		good("dscp-cleared", "the router clears the marks of what it sends out, and leaves those of what comes in").with(reflecting(),
			saw("dscp", "EF (46) of voice is cleared on the way to the reflector, kept on the way back. The mark CS3 (24) of SIP is cleared on the way to the reflector, kept on the way back"),
			func(w *World) { w.Home.Unmarks = true }),
		good("reflector-token", "the provider runs a reflector, and the box's file has another token").with(
			reflecting(`provider.reflector_token = "0000000000000000"`), alg(facts.ALGNotSeen)),
		good("reflector-mistaken", "the box's file names a SIP server as the reflector that is none").with(
			filed(`provider.reflector = "`+Control1+`"`), alg(facts.ALGNotSeen)),
		good("topology-hidden", "the provider's border controller hides private addresses in its answers, over TLS as well").with(
			registrar(hidesTopology), alg(facts.ALGCouldNotTell)),
		good("topology-hidden-reflector", "the provider's border controller hides private addresses, and its reflector shows that the line does not").with(
			reflecting(), registrar(hidesTopology), alg(facts.ALGRuledOut)),
		good("no-stun", "no STUN server answers").with(func(w *World) {
			w.Outside.STUN = func(s *serve.STUNSettings) { s.Silent = true }
		}),
		good("slow-line", "60 ms to the provider, with some jitter").with(func(w *World) {
			way := Way{Delay: 27 * time.Millisecond, Jitter: 6 * time.Millisecond}
			w.Line = Line{Up: way, Down: way}
		}),
		good("two-dhcp-agree", "a failover pair of DHCP servers that say the same").with(func(w *World) {
			w.Home.Rogue = func(s *serve.DHCPSettings) { s.Router = s.DNS[0] }
		}),
		good("ip-trunk", "an address-authenticated trunk with the right address in the portal").with(absentPBX, filed(addressTrunk(RouterWAN)...),
			registrar(func(s *serve.RegistrarSettings) { s.ForceCode.Code = 405 })),
		{Name: "voice-only", About: "a line that reaches nothing but the SIP provider", Code: "2-1", Severity: catalogue.Amber, Lights: "gaggg", File: file(),
			Outside: Outside{Dead: true, VoiceOnly: true}},
		{Name: "lossy-line", About: "one packet in twenty is lost", Code: "2-7", Severity: catalogue.Amber, OrGreen: true, File: file(),
			Line: Line{Up: Way{Loss: 0.025}, Down: Way{Loss: 0.025}}},
		{Name: "no-trunk", About: "a healthy line, and no trunk.toml", Code: "no-trunk", Severity: catalogue.Amber, Lights: "gg---", PBX: PBX{Absent: true}},
	}
}

// twoServers gives the provider's name two servers for UDP, of which the first is preferred.
func twoServers(first, second string) func(*World) {
	return func(w *World) {
		w.Provider.Zone = `
a.sip              A     ` + first + `
b.sip              A     ` + second + `
_sip._udp.sip      SRV   10 10 5060 a.sip
_sip._udp.sip      SRV   20 10 5060 b.sip
`
	}
}

// deadServer is one of the provider's servers, gone.
func deadServer(address string) func(*World) {
	return func(w *World) {
		w.Provider.Input = []Rule{{To: netip.PrefixFrom(netip.MustParseAddr(address), 32), Action: Drop}}
	}
}

func hidesTopology(s *serve.RegistrarSettings) { s.HideTopology = true }

// alg is the report's word for a device that rewrites SIP.
func alg(word string) func(*World) { return func(w *World) { w.ALG = word } }

// realm makes the provider ask for this realm.
func realm(name string) func(*World) {
	return registrar(func(s *serve.RegistrarSettings) { s.Realm = name })
}

// addressTrunk is the file of a trunk that is known by its address.
func addressTrunk(checkIP string) []string {
	return []string{`trunk.auth = "ip"`, `trunk.check_ip = "` + checkIP + `"`, "trunk.username", "trunk.password"}
}
