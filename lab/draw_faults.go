package lab

import (
	"crypto/tls"
	"net/netip"
	"time"

	"github.com/miekg/dns"

	"trunktester/appliance/catalogue"
	"trunktester/lab/serve"
)

// drawnFault is a fault as it is put into a drawn world, and what must then be said.
type drawnFault struct {
	code     string
	severity catalogue.Severity
	words    string
	apply    func(*sketch)
	fits     func(sketch) bool // is it really a fault there? nil: everywhere
	orGreen  bool              // by chance it may stay below what can be judged
	hiddenBy []string          // verdicts beside which it need not be told
	alone    bool              // it makes other answers a matter of chance
}

func (f drawnFault) light() byte { return f.code[0] }

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

// onUDP, onTLS and onStreams are where a fault of one transport matters.
func onUDP(s sketch) bool     { return s.transport == "udp" }
func onTLS(s sketch) bool     { return s.transport == "tls" }
func onStreams(s sketch) bool { return s.transport != "udp" }

// noProxy: the domain in the file is the name that is asked for.
func noProxy(s sketch) bool { return s.PBX.Settings == nil }

func (s sketch) pingable() bool { return !s.Home.NoPing }

// translated: there is an address for an ALG to rewrite, on the port that it watches, in text that it can read.
func translated(s sketch) bool {
	return s.Home.NAT != NATNone && s.Provider.Ports == nil && s.transport != "tls"
}

// readable: what a device on the line reads is the trunk's own message, with an address to rewrite.
func readable(s sketch) bool { return translated(s) && s.transport == "udp" }

// usualNames: the provider publishes an address for the name in the file.
func usualNames(s sketch) bool { return s.Provider.Zone == "" }

// readNotTranslated: on a routed line a device that reads SIP shows only by what it drops.
func readNotTranslated(s sketch) bool {
	return s.Home.NAT == NATNone && s.Provider.Ports == nil && s.transport == "udp"
}

// refusals are the verdicts after which nothing more is sent to the provider, so that a rewriting device may not be seen.
func refusals() []string { return []string{"4-4", "4-7"} }

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
	return []drawnFault{
		{code: "1-1", severity: r, words: "the cable is out", apply: func(s *sketch) { s.Home.Unplug = true }},
		{code: "1-3", severity: r, words: "the router answers no ARP", apply: func(s *sketch) { s.Home.Frozen = true }},
		{code: "1-4", severity: r, words: "the lease names no router", apply: func(s *sketch) { s.Home.DHCP = func(d *serve.DHCPSettings) { d.NoRouter = true } }},
		{code: "1-5", severity: a, words: "a second DHCP server", apply: func(s *sketch) {
			s.Home.Rogue = func(d *serve.DHCPSettings) { d.Delay = 300 * time.Millisecond }
		}},
		{code: "1-6", severity: a, words: "the first address of the pool is held by another device", apply: func(s *sketch) { s.Home.Squat = 1 }},

		{code: "1-7", severity: a, words: "the two ends of the cable agreed on 10 Mbit/s",
			apply: world(copper(Copper{Mbit: 10, Own: gigabitPort(), Peer: gigabitPort()}))},
		{code: "1-9", severity: a, words: "the box's cable loses every seventh frame", alone: true, apply: world(lossy)},

		{code: "2-1", severity: r, words: "behind the line's provider nothing answers", apply: func(s *sketch) { s.PBX.Fails, s.Outside.Dead = true, true }},
		{code: "2-1", severity: r, words: "the router's own cable is out", apply: func(s *sketch) { s.Home.UnplugWAN = true }},
		{code: "2-2", severity: r, words: "the router's resolver is silent", apply: func(s *sketch) { s.Home.DNS = func(d *serve.DNSSettings) { d.Silent = true } }},
		{code: "2-2", severity: r, words: "the router's resolver fails at every name", apply: func(s *sketch) {
			s.Home.DNS = func(d *serve.DNSSettings) { d.Rcode = dns.RcodeServerFailure }
		}},
		{code: "2-3", severity: r, words: "the domain is mistyped", fits: noProxy, apply: setting(`trunk.domain = "sip.exmaple.net"`)},
		{code: "2-4", severity: r, words: "the router's resolver tells a private address for the provider's name", apply: world(lies(Domain, "192.168.50.99")), fits: usualNames},
		{code: "2-4", severity: a, words: "the router's resolver leads names that do not exist to a web server", apply: func(s *sketch) {
			s.Home.DNS = func(d *serve.DNSSettings) { d.Hijack = netip.MustParseAddr(WebAddr) }
		}},
		{code: "2-5", severity: r, words: "a login page stands in the way", apply: world(cutOff, caught(loginPage, web), firewall(Rule{Action: Drop}))},
		{code: "2-6", severity: r, words: "nothing at all comes from the provider", fits: sketch.pingable, apply: func(s *sketch) {
			s.PBX.Fails, s.Provider.Input = true, []Rule{{Action: Drop}}
		}},
		{code: "2-7", severity: a, words: "six packets of a hundred are lost each way", fits: sketch.pingable, orGreen: true, apply: func(s *sketch) {
			s.Line.Up.Loss, s.Line.Down.Loss = 0.06, 0.06
		}},

		{code: "3-1", severity: r, words: "the firewall refuses SIP on every transport", apply: func(s *sketch) {
			s.PBX.Fails = true
			s.block("udp", AdminProhibited)
			s.block("tcp", AdminProhibited)
		}},
		{code: "3-1", severity: r, words: "the firewall drops SIP on every transport", apply: func(s *sketch) {
			s.PBX.Fails = true
			s.block("udp", Drop)
			s.block("tcp", Drop)
		}},
		{code: "3-2", severity: a, words: "the router rewrites SIP", fits: translated,
			hiddenBy: refusals(),
			apply:    func(s *sketch) { s.Home.SIPALG = true }},
		{code: "3-2", severity: a, words: "the router translates nothing, and drops SIP that it does not know", fits: readNotTranslated, hiddenBy: refusals(), apply: func(s *sketch) { s.Home.SIPALG = true }},
		{code: "3-2", severity: a, words: "a device on the line rewrites the private address and puts it back", fits: readable, hiddenBy: refusals(), apply: world(meddled(MeddlerProxy))},
		{code: "3-2", severity: a, words: "a device on the line rewrites the private address for good", fits: readable, hiddenBy: refusals(), apply: world(meddled(MeddlerOneWay))},
		{code: "3-2", severity: a, words: "a device on the line rewrites REGISTER only", fits: readable,
			hiddenBy: refusals(),
			apply:    world(meddled(MeddlerRegister))},
		{code: "3-9", severity: r, words: "the router takes all SIP to a server of its own", fits: translated, apply: world(cutOff,
			intercept(func(p *serve.RegistrarSettings) { p.UnknownUserCode = 404 }))},
		{code: "3-3", severity: r, words: "UDP to the SIP port is dropped", fits: onUDP, apply: func(s *sketch) {
			s.PBX.Fails = true
			s.block("udp", Drop)
		}},
		{code: "3-4", severity: r, words: "TCP to the SIP ports is dropped", fits: onStreams, apply: func(s *sketch) {
			s.PBX.Fails = true
			s.block("tcp", Drop)
		}},

		{code: "4-1", severity: r, words: "the realm in the file is not the provider's", apply: setting(`trunk.realm = "sip.example.com"`)},
		{code: "4-2", severity: r, words: "the password in the file is wrong", apply: setting(`trunk.password = "not-the-password"`)},
		{code: "4-3", severity: r, words: "the user in the file is unknown", apply: func(s *sketch) {
			s.set(`trunk.username = "441632969999"`)
			s.Provider.Registrar = with(s.Provider.Registrar, func(p *serve.RegistrarSettings) { p.UnknownUserCode = 404 })
		}},
		{code: "4-4", severity: r, words: "the account is refused with 403", apply: registrar(func(p *serve.RegistrarSettings) { p.ForceCode.Code = 403 })},
		{code: "4-5", severity: r, words: "settings were changed and the password no longer fits", apply: setting(`trunk.password = "not-the-password"`, "trunk.settings_changed = true")},
		{code: "4-7", severity: r, words: "the provider answers 503", apply: registrar(func(p *serve.RegistrarSettings) {
			p.ForceCode = serve.Refusal{Code: 503, RetryAfter: 2 * time.Minute}
		})},
		{code: "4-8", severity: r, words: "the certificate ended yesterday", fits: onTLS,
			apply: leaf(func(c *serve.Authority) (tls.Certificate, error) { return c.Expired(Domain) })},
		{code: "4-8", severity: r, words: "the certificate is for another name", fits: onTLS,
			apply: leaf(func(c *serve.Authority) (tls.Certificate, error) { return c.Leaf("pbx.example.com") })},
		{code: "4-9", severity: r, words: "the provider drops SIP from this address", fits: sketch.pingable, apply: func(s *sketch) {
			s.PBX.Fails = true
			ports := append(sipPorts(), oddPort)
			s.Provider.Input = []Rule{{Proto: "udp", Ports: ports, Action: Drop}, {Proto: "tcp", Ports: ports, Action: Drop}}
		}},

		{code: "5-1", severity: r, words: "the PBX is off", apply: func(s *sketch) { s.PBX.Absent = true }},
		{code: "5-1", severity: r, words: "the PBX has a wrong password", apply: func(s *sketch) {
			s.PBX.Fails = true
			s.PBX.Settings = with(s.PBX.Settings, func(p *serve.PBXSettings) { p.Password = "not-the-password" })
		}},
		{code: "5-4", severity: a, words: "the trunk is registered from another public address", apply: func(s *sketch) {
			s.PBX.Absent, s.Provider.Bindings = true, []serve.Binding{otherSite()}
		}},
		{code: "5-5", severity: a, words: "the provider lists no bindings", apply: func(s *sketch) {
			s.set("provider.shows_bindings")
			s.Provider.Registrar = with(s.Provider.Registrar, func(p *serve.RegistrarSettings) { p.HideBindings = true })
		}},
	}
}
