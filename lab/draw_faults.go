package lab

import (
	"crypto/tls"
	"net/netip"
	"time"

	"github.com/miekg/dns"

	"trunktester/appliance/catalogue"
	"trunktester/lab/serve"
	"trunktester/reflector"
)

// drawnFault is a fault as it is put into a drawn world, and what must then be said. All of it is written by hand, from
// what is put into the world and from the catalogue's contract.
type drawnFault struct {
	name     string // unique, short
	code     string
	severity catalogue.Severity
	lights   string // as in World, where it is the only fault
	words    string
	apply    func(*sketch)
	cannot   func(sketch) string // in one word why it is no fault there, "" where it is one; nil: it is one everywhere
	acts     []catalogue.Actor   // nil: those of the code's contract
	orGreen  bool                // by chance it may stay below what can be judged
	hiddenBy []string            // verdicts beside which it need not be told
	onLine   bool                // a device on the line does it, which behind a carrier's translation is the line provider's alone
	alone    bool                // it makes other answers a matter of chance
	slow     bool                // it takes minutes to be seen
	told     bool                // it hurts nobody here: the verdict is what it is without it, and the code is told beside
}

func (f drawnFault) light() byte { return f.code[0] }

// whyNot says in one word why it is no fault in the world, "" where it is one.
func (f drawnFault) whyNot(s sketch) string {
	if f.cannot == nil {
		return ""
	}
	return f.cannot(s)
}

// keptApart are pairs of which one undoes the other.
func keptApart(a, b drawnFault) bool {
	if a.alone || b.alone {
		return true
	}
	pair := func(x, y string) bool { return a.code == x && b.code == y || a.code == y && b.code == x }
	return pair("3-2", "5-3") || // the ALG rewrites the PBX's Contact as well
		pair("3-2", "5-2") || // and its port
		pair("2-7", "5-1") || pair("2-7", "5-2") || pair("2-7", "5-3") || pair("2-7", "5-4") || pair("2-7", "5-5") // the login may be lost
}

// refusals are the verdicts after which nothing more is sent to the provider, or nothing comes from it, so that a rewriting
// device may not be seen.
func refusals() []string { return []string{"4-4", "4-7", "4-9"} }

func drawnFaults() []drawnFault {
	registrar := func(turn func(*serve.RegistrarSettings)) func(*sketch) {
		return func(s *sketch) {
			s.PBX.Fails = true
			s.Provider.Registrar = with(s.Provider.Registrar, turn)
		}
	}
	setting := func(settings ...string) func(*sketch) { return func(s *sketch) { s.set(settings...) } }
	leaf := func(make func(*serve.Authority) (tls.Certificate, error)) func(*sketch) {
		return func(s *sketch) { s.PBX.Fails, s.Provider.Leaf = true, make }
	}
	world := func(changes ...func(*World)) func(*sketch) {
		return func(s *sketch) { s.World = s.World.with(changes...) }
	}
	const r, a = catalogue.Red, catalogue.Amber
	const it, isp, provider = catalogue.IT, catalogue.ISP, catalogue.Provider
	return []drawnFault{
		{name: "unplugged", code: "1-1", severity: r, lights: "r----", words: "the cable is out", apply: func(s *sketch) { s.Home.Unplug = true }},
		{name: "no-dhcp", code: "1-2", severity: r, lights: "r----", words: "no DHCP server answers", apply: world(noDHCP)},
		{name: "no-arp", code: "1-3", severity: r, lights: "r----", words: "the router answers no ARP", apply: func(s *sketch) { s.Home.Frozen = true }},
		{name: "no-router", code: "1-4", severity: r, lights: "r----", words: "the lease names no router", apply: func(s *sketch) { s.Home.DHCP = func(d *serve.DHCPSettings) { d.NoRouter = true } }},
		{name: "router-outside", code: "1-4", severity: r, lights: "r----", words: "the lease names a router outside its own subnet", apply: func(s *sketch) {
			s.Home.DHCP = func(d *serve.DHCPSettings) { d.RouterOutsideSubnet = netip.MustParseAddr("192.168.99.1") }
		}},
		{name: "two-dhcp", code: "1-5", severity: a, lights: "agggg", words: "a second DHCP server", apply: func(s *sketch) {
			s.Home.Rogue = func(d *serve.DHCPSettings) { d.Delay = 300 * time.Millisecond }
		}},
		{name: "held", code: "1-6", severity: a, lights: "agggg", words: "the first address of the pool is held by another device", apply: func(s *sketch) { s.Home.Squat = 1 }},
		{name: "all-held", code: "1-6", severity: r, lights: "r----", words: "every address of the pool is held by another device", apply: func(s *sketch) { s.Home.Squat = PoolSize }},
		{name: "ten-mbit", code: "1-7", severity: a, lights: "agggg", words: "the two ends of the cable agreed on 10 Mbit/s",
			apply: world(copper(Copper{Mbit: 10, Own: gigabitPort(), Peer: gigabitPort()}))},
		{name: "half-duplex", code: "1-7", severity: a, lights: "agggg", words: "the socket does not negotiate, so the box speaks half duplex",
			apply: world(copper(Copper{Mbit: 100, Half: true, Own: gigabitPort()}))},
		{name: "voice-vlan", code: "1-8", severity: r, lights: "r----", words: "the socket gives no address, and the switch announces a VLAN for phones",
			apply: world(noDHCP, socket(Socket{LLDP: office(20)}))},
		{name: "tagged", code: "1-8", severity: r, lights: "r----", words: "the socket carries frames with a tag only",
			apply: world(copper(inVLAN(20)), socket(Socket{Busy: true}))},
		{name: "cable-loss", code: "1-9", severity: a, lights: "a????", words: "the box's cable loses every seventh frame", alone: true, apply: world(lossy)},

		{name: "isp-dead", code: "2-1", severity: r, lights: "gr---", words: "behind the line's provider nothing answers", apply: func(s *sketch) { s.PBX.Fails, s.Outside.Dead = true, true }},
		{name: "wan-unplugged", code: "2-1", severity: r, lights: "gr---", words: "the router's own cable is out", apply: func(s *sketch) { s.Home.UnplugWAN = true }},
		{name: "line-dead", code: "2-1", severity: r, lights: "gr---", words: "the line carries nothing", apply: world(cutOff, dead)},
		{name: "dns-silent", code: "2-2", severity: r, lights: "gr---", words: "the router's resolver is silent", apply: func(s *sketch) { s.Home.DNS = func(d *serve.DNSSettings) { d.Silent = true } }},
		{name: "dns-fails", code: "2-2", severity: r, lights: "gr---", words: "the router's resolver fails at every name", apply: func(s *sketch) {
			s.Home.DNS = func(d *serve.DNSSettings) { d.Rcode = dns.RcodeServerFailure }
		}},
		{name: "mistyped", code: "2-3", severity: r, lights: "gr---", words: "the name of the provider's server is mistyped in the file", apply: func(s *sketch) {
			if s.proxied() {
				s.set(`trunk.proxy = "sip.exmaple.net"`)
				return
			}
			s.set(`trunk.domain = "sip.exmaple.net"`)
		}},
		{name: "dns-lies", code: "2-4", severity: r, lights: "gr---", words: "the router's resolver tells a private address for the provider's name", apply: world(lies(Domain, "192.168.50.99")), cannot: usualNames},
		{name: "dns-loses", code: "2-4", severity: r, lights: "gr---", words: "the router's resolver says that the provider's name does not exist", cannot: usualNames, apply: func(s *sketch) {
			s.Home.DNS = func(d *serve.DNSSettings) { d.NXDOMAIN = []string{Domain} }
		}},
		{name: "dns-loses-srv", code: "2-4", severity: r, lights: "gr---", words: "the provider's name has SRV records alone, and the router's resolver loses those", cannot: usualUDP, alone: true, apply: func(s *sketch) {
			srvAlone(&s.World)
			s.Home.DNS = func(d *serve.DNSSettings) { d.DropSRV = true }
		}},
		{name: "dns-hijack", code: "2-4", severity: a, lights: "gaggg", words: "the router's resolver leads names that do not exist to a web server", apply: func(s *sketch) {
			s.Home.DNS = func(d *serve.DNSSettings) { d.Hijack = netip.MustParseAddr(WebAddr) }
		}},
		{name: "login-page", code: "2-5", severity: r, lights: "gr---", words: "a login page stands in the way", apply: world(cutOff, caught(loginPage, web), firewall(Rule{Action: Drop}))},
		{name: "login-page-all", code: "2-5", severity: r, lights: "gr---", words: "a login page; the router takes secure web and names to itself as well and refuses the rest",
			apply: world(cutOff, caught(loginPage, web, secureWeb, names, namesTCP), firewall(Rule{Action: AdminProhibited}))},
		{name: "provider-dead", code: "2-6", severity: r, lights: "gr---", words: "nothing at all comes from the provider", cannot: pingable, apply: func(s *sketch) {
			s.PBX.Fails, s.Provider.Input = true, append(s.Provider.Input, Rule{Action: Drop})
		}},
		{name: "loss", code: "2-7", severity: a, lights: "ga???", words: "six packets of a hundred are lost each way", cannot: pingable, orGreen: true, apply: func(s *sketch) {
			s.Line.Up.Loss, s.Line.Down.Loss = 0.06, 0.06
		}},
		{name: "mtu", code: "2-8", severity: a, lights: "gaggg", words: "the line carries 1400 bytes, and nobody says so", cannot: smallMessages, alone: true, apply: func(s *sketch) {
			s.Home.MTU, s.Home.HushMTU = 1400, true
		}},
		{name: "mtu-tls", code: "2-8", severity: r, lights: "gr---", words: "the line carries 1400 bytes, nobody says so, and the trunk uses TLS", cannot: tlsOnly, alone: true, apply: func(s *sketch) {
			s.PBX.Fails, s.Home.MTU, s.Home.HushMTU = true, 1400, true
		}},
		{name: "edge-dead", code: "2-9", severity: r, lights: "gr---", words: "a leased line, whose edge device is named in the file, carries nothing", alone: true, apply: func(s *sketch) {
			s.World = s.World.with(cutOff, dead)
			s.set(`line.kind = "leased"`, `line.edge = "`+ISPAddr+`"`)
		}},

		{name: "sip-refused", code: "3-1", severity: r, lights: "ggr--", words: "the firewall refuses SIP on every transport", apply: func(s *sketch) {
			s.PBX.Fails = true
			s.block("udp", AdminProhibited)
			s.block("tcp", AdminProhibited)
		}},
		{name: "sip-dropped", code: "3-1", severity: r, lights: "ggr--", words: "the firewall drops SIP on every transport", apply: func(s *sketch) {
			s.PBX.Fails = true
			s.block("udp", Drop)
			s.block("tcp", Drop)
		}},
		{name: "alg", code: "3-2", severity: a, lights: "ggagg", words: "the router rewrites SIP", cannot: translated,
			hiddenBy: refusals(),
			apply:    func(s *sketch) { s.Home.SIPALG = true }},
		{name: "alg-tls", code: "3-2", severity: catalogue.Green, lights: "ggggg", words: "the router rewrites SIP over UDP, which the TLS trunk does not mind", cannot: unminded, told: true,
			hiddenBy: append(refusals(), "2-7"), // the comparisons may be lost
			apply:    func(s *sketch) { s.Home.SIPALG = true }},
		{name: "alg-routed", code: "3-2", severity: a, lights: "ggagg", words: "the router translates nothing, and drops SIP that it does not know", cannot: readNotTranslated, hiddenBy: refusals(), apply: func(s *sketch) { s.Home.SIPALG = true }},
		{name: "device-both-ways", code: "3-2", severity: a, lights: "ggagg", words: "a device on the line rewrites the private address and puts it back", cannot: readable, onLine: true, hiddenBy: refusals(), apply: world(meddled(MeddlerProxy))},
		{name: "device-one-way", code: "3-2", severity: a, lights: "ggagg", words: "a device on the line rewrites the private address for good", cannot: readable, onLine: true, hiddenBy: refusals(), apply: world(meddled(MeddlerOneWay))},
		{name: "device-register", code: "3-2", severity: a, lights: "ggagg", words: "a device on the line rewrites REGISTER only", cannot: readable, onLine: true, hiddenBy: refusals(), apply: world(meddled(MeddlerRegister))},
		{name: "udp-dropped", code: "3-3", severity: r, lights: "ggr--", words: "UDP to the SIP port is dropped", cannot: udpOnly, apply: func(s *sketch) {
			s.PBX.Fails = true
			s.block("udp", Drop)
		}},
		{name: "udp-refused", code: "3-3", severity: r, lights: "ggr--", words: "UDP to the SIP port is refused by the router", cannot: udpOnly, apply: func(s *sketch) {
			s.PBX.Fails = true
			s.block("udp", PortUnreachable)
		}},
		{name: "tcp-dropped", code: "3-4", severity: r, lights: "ggr--", words: "TCP to the SIP ports is dropped", cannot: streamsOnly, apply: func(s *sketch) {
			s.PBX.Fails = true
			s.block("tcp", Drop)
		}},
		{name: "tcp-reset", code: "3-4", severity: r, lights: "ggr--", words: "TCP to the SIP ports is reset by the router", cannot: streamsOnly, apply: func(s *sketch) {
			s.PBX.Fails = true
			s.block("tcp", TCPReset)
		}},
		{name: "fragments", code: "3-5", severity: a, lights: "ggagg", words: "the router drops fragments", cannot: udpOnly, acts: []catalogue.Actor{it, isp}, alone: true,
			apply: func(s *sketch) { s.Home.NoPieces = true }},
		{name: "forgets", code: "3-6", severity: a, lights: "ggagg", words: "the router forgets idle UDP mappings after 20 s", slow: true, alone: true,
			cannot: func(s sketch) string { return first(udpOnly(s), translates(s)) },
			apply:  func(s *sketch) { s.Full, s.Home.Forgets = true, 20*time.Second }},
		{name: "shared", code: "3-7", severity: a, lights: "ggagg", words: "the trunk is known by a public address that the line's provider shares among customers", acts: []catalogue.Actor{isp}, alone: true,
			cannot: singleNAT, apply: twice(RouterWAN)},
		{name: "inner-address", code: "3-7", severity: r, lights: "ggrr-", words: "the portal's address of the trunk is the router's outside address, which the line's provider translates", acts: []catalogue.Actor{isp}, alone: true,
			cannot: singleNAT, apply: twice(CarrierCust)},
		{name: "voice-dropped", code: "3-8", severity: a, lights: "ggagg", words: "the firewall drops the voice ports, and the provider runs a reflector", alone: true, apply: func(s *sketch) {
			s.Provider.Reflector = func(*reflector.Config) {}
			s.set(reflectorSettings()...)
			s.Home.Forward = append(s.Home.Forward, Rule{Proto: "udp", Ports: ReflectorRTP(), Action: Drop})
		}},
		{name: "intercepted", code: "3-9", severity: r, lights: "ggr--", words: "the router takes all SIP to a server of its own", cannot: translated, apply: world(cutOff,
			intercept(func(p *serve.RegistrarSettings) { p.UnknownUserCode = 404 }))},

		{name: "realm", code: "4-1", severity: r, lights: "gggr-", words: "the realm in the file is not the provider's", apply: setting(`trunk.realm = "sip.example.com"`)},
		{name: "password", code: "4-2", severity: r, lights: "gggr-", words: "the password in the file is wrong", apply: setting(`trunk.password = "not-the-password"`)},
		{name: "user", code: "4-3", severity: r, lights: "gggr-", words: "the user in the file is unknown", apply: func(s *sketch) {
			s.set(`trunk.username = "441632969999"`)
			s.Provider.Registrar = with(s.Provider.Registrar, func(p *serve.RegistrarSettings) { p.UnknownUserCode = 404 })
		}},
		{name: "not-registrar", code: "4-3", severity: r, lights: "gggr-", words: "the host in the file answers 405 to REGISTER", apply: registrar(func(p *serve.RegistrarSettings) { p.ForceCode.Code = 405 })},
		{name: "refused", code: "4-4", severity: r, lights: "gggr-", words: "the account is refused with 403", apply: registrar(func(p *serve.RegistrarSettings) { p.ForceCode.Code = 403 })},
		{name: "suspended", code: "4-4", severity: r, lights: "gggr-", words: "the right login is answered 403 Account suspended", apply: registrar(func(p *serve.RegistrarSettings) {
			p.ForceCodeAfter = serve.Refusal{Code: 403, Reason: "Account suspended"}
		})},
		{name: "changed", code: "4-5", severity: r, lights: "gggr-", words: "settings were changed and the password no longer fits", apply: setting(`trunk.password = "not-the-password"`, "trunk.settings_changed = true")},
		{name: "portal-address", code: "4-6", severity: r, lights: "gggr-", words: "the trunk is known by its address, and the one in the portal is not the line's", alone: true, apply: func(s *sketch) {
			s.PBX.Absent = true
			s.set(addressTrunk("203.0.113.77")...)
			s.Provider.Registrar = with(s.Provider.Registrar, func(p *serve.RegistrarSettings) { p.ForceCode.Code = 403 })
		}},
		{name: "busy", code: "4-7", severity: r, lights: "gggr-", words: "the provider answers 503", apply: registrar(func(p *serve.RegistrarSettings) {
			p.ForceCode = serve.Refusal{Code: 503, RetryAfter: 2 * time.Minute}
		})},
		{name: "unavailable", code: "4-7", severity: r, lights: "gggr-", words: "the provider answers 480", apply: registrar(func(p *serve.RegistrarSettings) { p.ForceCode.Code = 480 })},
		{name: "expired", code: "4-8", severity: r, lights: "gg?r-", words: "the certificate ended yesterday", cannot: tlsOnly,
			apply: leaf(func(c *serve.Authority) (tls.Certificate, error) { return c.Expired(Domain) })},
		{name: "other-name", code: "4-8", severity: r, lights: "gg?r-", words: "the certificate is for another name", cannot: tlsOnly,
			apply: leaf(func(c *serve.Authority) (tls.Certificate, error) { return c.Leaf("pbx.example.com") })},
		{name: "unknown-ca", code: "4-8", severity: r, lights: "gg?r-", words: "the certificate is of an authority that the file does not name", cannot: tlsOnly, apply: setting("trunk.tls_ca")},
		{name: "ignored", code: "4-9", severity: r, lights: "gg?r-", words: "the provider drops SIP from this address", cannot: pingable, apply: func(s *sketch) {
			s.PBX.Fails = true
			ports := append(sipPorts(), oddPort)
			s.Provider.Input = append(s.Provider.Input, Rule{Proto: "udp", Ports: ports, Action: Drop}, Rule{Proto: "tcp", Ports: ports, Action: Drop})
		}},
		{name: "register-ignored", code: "4-9", severity: r, lights: "gggr-", words: "the provider answers OPTIONS, and no REGISTER over any transport", acts: []catalogue.Actor{provider, it}, alone: true,
			cannot: func(s sketch) string {
				return unless(!turned(serve.RegistrarSettings{}, s.Provider.Registrar).IgnoreOptions, "deaf")
			},
			apply: registrar(func(p *serve.RegistrarSettings) { p.IgnoreRegister = true })},
		{name: "banned", code: "4-9", severity: r, lights: "gggr-", words: "the provider falls silent at the first login", alone: true, apply: func(s *sketch) {
			s.PBX.Absent = true
			s.Provider.Registrar = with(s.Provider.Registrar, func(p *serve.RegistrarSettings) { p.SilentAfterCredentials = true })
		}},

		{name: "pbx-off", code: "5-1", severity: r, lights: "ggggr", words: "the PBX is off", apply: func(s *sketch) { s.PBX.Absent = true }},
		{name: "pbx-password", code: "5-1", severity: r, lights: "ggggr", words: "the PBX has a wrong password", apply: func(s *sketch) {
			s.PBX.Fails = true
			s.PBX.Settings = with(s.PBX.Settings, func(p *serve.PBXSettings) { p.Password = "not-the-password" })
		}},
		{name: "port", code: "5-2", severity: a, lights: "gggga", words: "the PBX registered from another port than the firewall expects", alone: true, apply: func(s *sketch) {
			s.PBX.Port = 5062
			s.set("expect.port = 5060")
		}},
		{name: "inside-contact", code: "5-3", severity: a, lights: "gggga", words: "the Contact is private where a public one is expected", alone: true, cannot: insideContacts, apply: setting(`expect.nat = "no"`)},
		{name: "outside-contact", code: "5-3", severity: a, lights: "gggga", words: "the Contact is public where a private one is expected", alone: true, cannot: ownContacts, apply: func(s *sketch) {
			s.PBX.Settings = with(s.PBX.Settings, func(p *serve.PBXSettings) { p.Contact = RouterWAN + ":5060" })
			s.set(`expect.nat = "yes"`)
		}},
		{name: "elsewhere", code: "5-4", severity: a, lights: "gggga", words: "the trunk is registered from another public address", apply: func(s *sketch) {
			s.PBX.Absent, s.Provider.Bindings = true, []serve.Binding{otherSite()}
		}},
		{name: "twice", code: "5-4", severity: a, lights: "gggga", words: "a second device elsewhere is registered beside the PBX", alone: true, apply: func(s *sketch) {
			s.Provider.Bindings = []serve.Binding{otherSite()}
			s.set("pbx.max_bindings = 1")
		}, cannot: func(s sketch) string {
			return unless(!turned(serve.RegistrarSettings{}, s.Provider.Registrar).SingleTarget, "single")
		}},
		{name: "no-list", code: "5-5", severity: a, lights: "gggga", words: "the provider lists no bindings", apply: func(s *sketch) { hidesBindings(s) }},
		{name: "list-refused", code: "5-5", severity: a, lights: "ggg?a", words: "the provider answers 400 to the question who is registered", alone: true, apply: func(s *sketch) {
			s.set("provider.shows_bindings")
			s.Provider.Registrar = with(s.Provider.Registrar, func(p *serve.RegistrarSettings) { p.RefuseQuery.Code = 400 })
		}},
	}
}

// dead is a line that carries nothing.
func dead(w *World) { w.Line = Line{Up: Way{Loss: 1}, Down: Way{Loss: 1}} }

// twice is a trunk that is known by its address, on a line whose provider translates addresses, as its router tells.
func twice(checkIP string) func(*sketch) {
	return func(s *sketch) {
		s.World = s.World.with(absentPBX, carrier, tellsOutside(func(d *serve.IGDSettings) { d.UPnP = true }))
		s.Provider.Registrar = with(s.Provider.Registrar, noRegistrar)
		s.set(addressTrunk(checkIP)...)
	}
}

// hidesBindings is a provider that lists none, and nobody knows whether it ever does.
func hidesBindings(s *sketch) {
	s.set("provider.shows_bindings")
	s.Provider.Registrar = with(s.Provider.Registrar, func(p *serve.RegistrarSettings) { p.HideBindings = true })
}
