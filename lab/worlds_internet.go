package lab

import (
	"net/netip"

	"github.com/miekg/dns"

	"trunktester/appliance/catalogue"
	"trunktester/lab/serve"
	"trunktester/probes/facts"
)

// cutOff is a world whose PBX cannot register either.
func cutOff(w *World) { w.PBX.Fails = true }

// internetWorlds are the faults of light 2.
func internetWorlds() []World {
	return []World{
		red("2-1", "no-internet", "behind the line's provider nothing answers; its resolver still does").with(cutOff, lights("gr---"),
			func(w *World) { w.Outside.Dead = true }),
		red("2-1", "line-dead", "the line carries nothing").with(cutOff, lights("gr---"),
			func(w *World) { w.Line = Line{Up: Way{Loss: 1}, Down: Way{Loss: 1}} }),
		red("2-1", "wan-unplugged", "the router's own cable to the line is out, and the router says so").with(lights("gr---"),
			func(w *World) { w.Home.UnplugWAN = true }),
		red("2-2", "dns-dead", "the router's resolver does not answer; public ones do").with(func(w *World) {
			w.Home.DNS = func(s *serve.DNSSettings) { s.Silent = true }
		}),
		red("2-2", "dns-servfail", "the router's resolver fails at every name; public ones do not").with(func(w *World) {
			w.Home.DNS = func(s *serve.DNSSettings) { s.Rcode = dns.RcodeServerFailure }
		}),
		red("2-3", "provider-name-unknown", "the domain in the file is mistyped and does not exist").with(lights("gr---"),
			filed(`trunk.domain = "sip.exmaple.net"`)),
		red("2-4", "dns-altered", "the router's resolver tells a private address, where nobody is, for the provider's name").with(lights("gr---"),
			says("SIP is answered there"), lies(Domain, "192.168.50.99")),
		red("2-4", "dns-catches", "the router leads every name to a web server, and takes questions to other resolvers to itself; TCP is left alone").with(lights("gr---"),
			says("names that do not exist"), lies("*", WebAddr), func(w *World) { w.Home.Catch = []Rule{names} }),
		red("2-4", "dns-catches-all", "the router leads the provider's name to a web server, and takes every question to other resolvers to itself; over HTTPS they answer").with(lights("gr---"),
			says("asked over HTTPS"), lies(Domain, WebAddr), func(w *World) { w.Home.Catch = []Rule{names, namesTCP} }),
		red("2-4", "dns-lies-alone", "the router leads every name to a web server, and its firewall blocks other resolvers, secure web included").with(lights("gr---"),
			says("no second witness"), lies("*", WebAddr), firewall(Rule{Proto: "udp", Ports: []uint16{53}, Action: Drop}, Rule{Proto: "tcp", Ports: []uint16{53, 443}, Action: Drop})),
		red("2-4", "dns-loses-name", "the router's resolver says that the provider's name does not exist; public ones know it").with(lights("gr---"), func(w *World) {
			w.Home.DNS = func(s *serve.DNSSettings) { s.NXDOMAIN = []string{Domain} }
		}),
		red("2-4", "dns-srv-lost", "the name has SRV records alone, and the router's resolver loses those").with(lights("gr---"), srvAlone, says("SRV"), func(w *World) {
			w.Home.DNS = func(s *serve.DNSSettings) { s.DropSRV = true }
		}),
		amber("2-4", "dns-hijack", "the router's resolver leads names that do not exist to a web server; the trunk works").with(lights("gaggg"), func(w *World) {
			w.Home.DNS = func(s *serve.DNSSettings) { s.Hijack = netip.MustParseAddr(WebAddr) }
		}),
		red("2-3", "ipv6-only", "the provider's name has an IPv6 address only, and the site has no IPv6").with(lights("gr---"), onlyIPv6, titled("IPv6 only"),
			says("no IPv4 address, only IPv6 ("+Provider1IPv6+")")),
		World{Name: "ipv6-only-untold", About: "the provider's name has an IPv6 address only, and the site's router offers IPv6 for the site alone, which leads nowhere", Code: "box",
			Severity: catalogue.Broken, File: file()}.with(lights("gg---"), never("2-3", "2-4"), onlyIPv6, offersIPv6(LocalIPv6), says("only IPv6 ("+Provider1IPv6+")")),
		good("ipv6-only-works", "the provider's name has an IPv6 address only, and the site has IPv6").with(onlyIPv6, offersIPv6(SiteIPv6), sixNetworks(),
			says("tested by IPv6"), alg(facts.ALGCouldNotTell), boundBefore(sixBinding())),
		good("ipv6-only-tcp", "the same, and the trunk uses TCP").with(onlyIPv6, offersIPv6(SiteIPv6), sixNetworks(`trunk.transport = "tcp"`),
			says("tested by IPv6"), boundBefore(sixBinding())),
		good("ipv6-only-tls", "the same, and the trunk uses TLS").with(onlyIPv6, offersIPv6(SiteIPv6), sixNetworks(`trunk.transport = "tls"`, privateCA),
			says("tested by IPv6"), boundBefore(sixBinding())),
		red("4-2", "ipv6-only-wrong-login", "the provider's name has an IPv6 address only, the site has IPv6, and the password in the box's file is wrong").with(lights("gggr-"),
			onlyIPv6, offersIPv6(SiteIPv6), sixNetworks(`trunk.password = "wrong"`)),
		red("2-6", "ipv6-only-unreachable", "the provider's name has an IPv6 address only, the site has IPv6, and what goes to the provider is lost").with(lights("gr---"),
			onlyIPv6, func(w *World) { w.Home.IPv6 = &IPv6{Prefix: SiteIPv6, Blocked: true} }, sixNetworks(), says("The internet works by IPv6")),
		red("2-6", "ipv6-only-dead-line", "the provider's name has an IPv6 address only, the router offers IPv6, and the line carries none").with(lights("gr---"),
			onlyIPv6, func(w *World) { w.Home.IPv6 = &IPv6{Prefix: SiteIPv6, Dead: true} }, sixNetworks(), says("silent by IPv6 as well")),
		good("ipv6-both", "the provider's name has both kinds of address, and the site has IPv6").with(bothKinds, offersIPv6(SiteIPv6)),
		good("ipv6-both-blocked", "the provider's name has both kinds of address, the site has IPv6, and what goes to the provider by it is lost").with(bothKinds,
			func(w *World) { w.Home.IPv6 = &IPv6{Prefix: SiteIPv6, Blocked: true} }),
		good("ipv6-both-here-none", "the provider's name has both kinds of address, and the site has no IPv6").with(bothKinds),
		red("2-6", "ipv6-both-ipv4-unreachable", "the provider's name has both kinds of address, the site has IPv6, and nothing comes from the provider by IPv4").with(cutOff, lights("gr---"),
			bothKinds, offersIPv6(SiteIPv6), says("By IPv6 the provider answers SIP"), func(w *World) { w.Provider.Input = []Rule{{Action: Drop}} }),
		red("2-3", "mistyped-hijack", "the domain in the file is mistyped, and the router's resolver leads names that do not exist to a web server").with(lights("gr---"),
			filed(`trunk.domain = "sip.exmaple.net"`), says("like every name that does not exist"), func(w *World) {
				w.Home.DNS = func(s *serve.DNSSettings) { s.Hijack = netip.MustParseAddr(WebAddr) }
			}),
		good("split-dns", "the router's resolver leads the provider's name to a SIP server of the site, which works").with(lies(Domain, NeighbourIP), filed("provider.networks"),
			func(w *World) {
				w.Home.Border, w.Provider.Zone = true, "sip A "+Provider1 // a service record to a private address is not trusted with a login
			}),
		good("geo-dns", "the router's resolver leads the provider's name to another server of the provider than public ones do").with(lies(Domain, Provider2)),
		red("2-5", "captive-portal", "the router shows a login page in the place of every web page and drops the rest; it answers names").with(cutOff, lights("gr---"),
			says("http://"+RouterLAN+"/login"), caught(loginPage, web), firewall(Rule{Action: Drop})),
		red("2-5", "captive-portal-all", "a login page; the router takes secure web and names to itself as well and refuses the rest").with(cutOff, lights("gr---"),
			says("where nothing lives"), caught(loginPage, web, secureWeb, names, namesTCP), firewall(Rule{Action: AdminProhibited})),
		red("2-6", "provider-unreachable", "nothing at all comes from the provider, not even ping").with(cutOff, lights("gr---"),
			func(w *World) { w.Provider.Input = []Rule{{Action: Drop}} }),
		red("2-6", "provider-dead-own-control", "nothing at all comes from the provider, whose other server is the only control host").with(cutOff, lights("gr---"),
			never("3-1"), filed(`internet.sip_controls = ["`+Provider2+`"]`), func(w *World) { w.Provider.Input = []Rule{{Action: Drop}} }),
		red("2-6", "provider-dead-own-reflector", "nothing at all comes from the provider, and its reflector is the only control host").with(cutOff, lights("gr---"),
			never("3-1"), reflecting("internet.sip_controls"), func(w *World) { w.Provider.Input = []Rule{{Action: Drop}} }),
		amber("2-7", "line-quality", "eight packets of a hundred are lost each way").with(lights("gaggg"), func(w *World) {
			w.Line = Line{Up: Way{Loss: 0.08}, Down: Way{Loss: 0.08}}
		}),
		amber("2-7", "voice-lost-up", "packets are lost on the way to the provider only, which runs a reflector").with(lights("gaggg"), reflecting(`provider.reflector = "`+ReflectorAddr+`"`),
			says("only on the way to the provider"), saw("voice", "Packets are lost only on the way to the provider"), func(w *World) { w.Line.Up.Loss = 0.12 }),
		amber("2-7", "voice-lost-down", "packets are lost on the way back only; the provider runs a reflector").with(lights("gaggg"), reflecting(`provider.reflector = "`+ReflectorAddr+`"`),
			says("only on the way back"), saw("voice", "Packets are lost only on the way back"), func(w *World) { w.Line.Down.Loss = 0.12 }),
		amber("2-8", "mtu-blackhole", "the line carries 1400 bytes, and nobody says so; the trunk's messages are small").with(lights("gaggg"), narrow(1400),
			func(w *World) { w.Home.HushMTU = true }),
		red("2-8", "mtu-blackhole-tls", "the line carries 1400 bytes, nobody says so, and the trunk uses TLS").with(cutOff, lights("gr---"), narrow(1400), tlsTrunk,
			filed(`trunk.transport = "tls"`, privateCA), says("handshake"), func(w *World) { w.Home.HushMTU = true }),
		amber("2-8", "mtu-blackhole-clamped", "the same, but the router makes TCP use smaller packets").with(lights("gaggg"), narrow(1400), tlsTrunk,
			filed(`trunk.transport = "tls"`, privateCA), func(w *World) { w.Home.HushMTU, w.Home.Clamp = true, true }),
		good("mtu-blackhole-no-ping", "the line carries 1400 bytes, nobody says so, and the router drops ping; the trunk's messages are small").with(narrow(1400), dropsPing,
			says("Whether the line or the name servers drop them could not be told"), func(w *World) { w.Home.HushMTU = true }),
		good("pppoe", "the line carries 1492 bytes and says so").with(narrow(1492)),
		good("small-mtu", "the line carries 1400 bytes and says so; the trunk uses TLS").with(narrow(1400), tlsTrunk, filed(`trunk.transport = "tls"`, privateCA)),
		red("2-9", "edge-unseen", "a leased line that carries nothing; its edge device is named in the file").with(cutOff, lights("gr---"), leased,
			says(ISPAddr), func(w *World) { w.Line = Line{Up: Way{Loss: 1}, Down: Way{Loss: 1}} }),
		red("2-1", "leased-no-internet", "a leased line whose edge device answers, and nothing behind it does").with(cutOff, lights("gr---"), leased,
			says("The edge device"), func(w *World) { w.Outside.Dead = true }),
		good("edge-mute", "a leased line whose edge device drops what is for itself; the trunk works").with(leased,
			func(w *World) { w.Outside.EdgeMute = true }),
		red("2-6", "edge-mute-provider-unreachable", "a leased line whose edge device drops what is for itself, and nothing comes from the provider").with(cutOff, lights("gr---"), leased,
			func(w *World) { w.Outside.EdgeMute, w.Provider.Input = true, []Rule{{Action: Drop}} }),
		good("web-filter", "the router shows its own page in the place of every web page; everything else passes").with(caught(filterPage, web)),
		good("check-page-down", "the server of the check page accepts connections and answers nothing").with(func(w *World) {
			w.Outside.Web = func(s *serve.WebSettings) { s.Silent = true }
		}),
		red("2-6", "web-filter-provider-unreachable", "the router shows its own page in the place of every web page, and nothing comes from the provider").with(cutOff, lights("gr---"),
			caught(filterPage, web), func(w *World) { w.Provider.Input = []Rule{{Action: Drop}} }),
	}
}

// narrow has the line carry no more than so many bytes.
func narrow(mtu int) func(*World) { return func(w *World) { w.Home.MTU = mtu } }

// leased: the file names the edge device of a leased line.
func leased(w *World) {
	w.File = file(`line.kind = "leased"`, `line.edge = "`+ISPAddr+`"`)
}

// lies has the router's resolver tell this address for a name; "*" is every name.
func lies(name, address string) func(*World) {
	return func(w *World) {
		w.Home.DNS = func(s *serve.DNSSettings) { s.Lies = map[string]netip.Addr{name: netip.MustParseAddr(address)} }
	}
}

// srvAlone: the provider's name has no address, only an SRV record to another port.
func srvAlone(w *World) {
	w.Provider.Ports = []string{"5070"}
	w.Provider.Zone = `
edge               A     ` + Provider1 + `
_sip._udp.sip      SRV   10 10 5070 edge
`
}

// caught has the router take connections to itself, and show this page.
func caught(page func(*serve.WebSettings), rules ...Rule) func(*World) {
	return func(w *World) { w.Home.Page, w.Home.Catch = page, rules }
}

var (
	web       = Rule{Proto: "tcp", Ports: []uint16{80}}
	secureWeb = Rule{Proto: "tcp", Ports: []uint16{443}}
	names     = Rule{Proto: "udp", Ports: []uint16{53}}
	namesTCP  = Rule{Proto: "tcp", Ports: []uint16{53}}
)

func loginPage(s *serve.WebSettings)  { s.Portal = "http://" + RouterLAN + "/login" }
func filterPage(s *serve.WebSettings) { s.Altered = true }

// onlyIPv6 is a provider without an IPv4 address in its zone.
func onlyIPv6(w *World) {
	absentPBX(w)
	w.Provider.Zone = "sip                AAAA  " + Provider1IPv6 + "\n"
}

// bothKinds is a provider with IPv4 and IPv6 addresses.
func bothKinds(w *World) { w.Provider.Zone = usualZone + "sip AAAA " + Provider1IPv6 + "\n" }

// offersIPv6 has the router advertise this prefix, on a line that carries IPv6.
func offersIPv6(prefix string) func(*World) {
	return func(w *World) { w.Home.IPv6 = &IPv6{Prefix: prefix} }
}

// sixNetworks names the provider's IPv6 network in the box's file as well.
func sixNetworks(changes ...string) func(*World) {
	return filed(append([]string{`provider.networks = ["198.51.100.0/24", "` + providerIPv6 + `"]`}, changes...)...)
}

// sixBinding is a PBX of the site that registered by IPv6.
func sixBinding() serve.Binding {
	at := netip.MustParseAddrPort("[2001:db8:50::20]:5060")
	return serve.Binding{URI: "sip:" + Username + "@" + at.String(), Received: at, Transport: "udp", CallID: "before", UserAgent: PBXAgent}
}
