package lab

import (
	"maps"
	"net/netip"
	"time"

	"trunktester/appliance/catalogue"
	"trunktester/lab/serve"
	"trunktester/probes/facts"
)

// firewall is a rule of the customer's router.
func firewall(rules ...Rule) func(*World) {
	return func(w *World) { w.Home.Forward = rules }
}

func sipPorts() []uint16 { return []uint16{5060, 5061} }

// pathWorlds are the faults of light 3.
func pathWorlds() []World {
	return []World{
		red("3-1", "sip-blocked", "the router's firewall refuses SIP on every transport").with(cutOff, lights("ggr--"), firewall(
			Rule{Proto: "udp", Ports: sipPorts(), Action: AdminProhibited},
			Rule{Proto: "tcp", Ports: sipPorts(), Action: AdminProhibited})),
		red("3-1", "sip-dropped", "the router's firewall drops SIP on every transport, to the provider and to everybody").with(cutOff, lights("ggr--"), firewall(
			Rule{Proto: "udp", Ports: sipPorts(), Action: Drop},
			Rule{Proto: "tcp", Ports: sipPorts(), Action: Drop})),
		red("3-1", "sip-silent", "SIP is dropped on the way, and no control host is configured: a device that sends it on as its own would look the same").with(cutOff, lights("ggr--"), filed("internet.sip_controls"),
			who(catalogue.IT, catalogue.Provider), says("get no farther than hop 1 (192.168.50.1)"), firewall(
				Rule{Proto: "udp", Ports: sipPorts(), Action: Drop},
				Rule{Proto: "tcp", Ports: sipPorts(), Action: Drop})),
		amber("3-1", "server-dead", "the first of the provider's two servers is dead").with(lights("ggagg"), titled("Not all"), says(Provider2+":5060 left"),
			twoServers(Provider2, Provider1), deadServer(Provider2)),
		amber("3-1", "server-dead-options-ignored", "the first of the provider's two servers is dead, and the provider answers no OPTIONS").with(lights("ggagg"), titled("Not all"), says(Provider2+":5060 left"),
			twoServers(Provider2, Provider1), deadServer(Provider2), registrar(func(s *serve.RegistrarSettings) { s.IgnoreOptions = true })),
		amber("3-1", "servers-dead", "of the provider's six servers all are dead but the third").with(lights("ggagg"), titled("Not all"), says(Provider1+":5060 answered"), deadServer(Provider2), func(w *World) {
			w.Provider.Zone = `
a.sip              A     ` + Provider1 + `
b.sip              A     ` + Provider2 + `
_sip._udp.sip      SRV   10 60 5060 b.sip
_sip._udp.sip      SRV   10 50 5070 b.sip
_sip._udp.sip      SRV   10 40 5060 a.sip
_sip._udp.sip      SRV   10 30 5080 b.sip
_sip._udp.sip      SRV   10 20 5090 b.sip
_sip._udp.sip      SRV   10 10 5100 b.sip
`
		}),
		amber("3-1", "server-blocked", "the router's firewall refuses SIP to the first of the provider's two servers").with(lights("ggagg"), titled("Not all"), says("The device "+RouterLAN+" refused it"),
			acts(catalogue.IT), twoServers(Provider2, Provider1), firewall(Rule{To: netip.PrefixFrom(netip.MustParseAddr(Provider2), 32), Proto: "udp", Ports: sipPorts(), Action: AdminProhibited})),
		red("3-2", "sip-alg", "the router rewrites SIP, and the PBX, which names another port in Via, does not register").with(cutOff, func(w *World) {
			w.Home.SIPALG = true
			w.PBX.Settings = func(s *serve.PBXSettings) { s.SplitPorts = 5070 }
		}),
		red("5-1", "sip-alg-pbx-port", "the router rewrites only what comes from port 5060, and the PBX, which names another port in Via, does not register: the box tests from there only when the PBX is unplugged").with(
			cutOff, alg(facts.ALGNotSeen), func(w *World) {
				w.Home.SIPALG, w.Home.ALGFrom = true, 5060
				w.PBX.Settings = func(s *serve.PBXSettings) { s.SplitPorts = 5070 }
			}),
		amber("3-2", "sip-alg-registers", "the router rewrites SIP, and the PBX registers all the same").with(lights("ggagg"),
			says("between hop 1 (192.168.50.1) and hop 2 (203.0.113.1): the customer's router"), titled("The router"), func(w *World) { w.Home.SIPALG = true }),
		amber("3-2", "sip-alg-known-router", "the router rewrites SIP, and says who made it").with(lights("ggagg"), titled("The router"),
			says(`calls itself "Archer VR600" by "TP-Link"`), hints("NAT Forwarding > ALG"), made("TP-Link", "Archer VR600", "50:c7:bf:00:00:01"), rewrites),
		amber("3-2", "sip-alg-known-address", "the router rewrites SIP, and only its hardware address says who made it").with(lights("ggagg"),
			says("one of Zyxel"), hints("Configuration > Network > ALG"), made("", "", "00:13:49:00:00:01"), rewrites),
		amber("3-2", "sip-alg-unknown-router", "the router rewrites SIP, and says that somebody unheard of made it").with(lights("ggagg"),
			says(`calls itself "Gate<b>way" by "Acme & Sons"`), made("Acme &\u202e\u00a0Sons", "Gate<b>way", ""), rewrites),
		amber("3-2", "sip-alg-two-makers", "the router rewrites SIP, and its description and its hardware address disagree on who made it").with(lights("ggagg"),
			says("one of Netgear: whose it is cannot be told"), made("TP-Link", "Archer VR600", "00:09:5b:00:00:01"), rewrites),
		amber("3-2", "sip-alg-carrier", "the router only routes; the line's provider translates addresses, and rewrites SIP").with(lights("ggagg"), says("A device of the line's provider changes"), titled("The internet provider"),
			made("TP-Link", "Archer VR600", "50:c7:bf:00:00:01"), func(w *World) { w.Home.NAT, w.Home.Carrier, w.Home.SecondALG = NATNone, true, true }),
		amber("3-2", "sip-alg-no-nat", "a routed line, and the router reads SIP and drops what it does not know").with(lights("ggagg"), says("probably"),
			func(w *World) { w.Home.NAT, w.Home.SIPALG = NATNone, true }),
		amber("3-2", "alg-proxy", "a device on the line rewrites the private address wherever it stands, and puts it back in replies").with(lights("ggagg"), meddled(MeddlerProxy)),
		amber("3-2", "alg-one-way", "a device on the line rewrites the private address, and does not put it back").with(lights("ggagg"), meddled(MeddlerOneWay)),
		amber("3-2", "alg-register-only", "a device on the line rewrites REGISTER only").with(lights("ggagg"), meddled(MeddlerRegister)),
		amber("3-2", "alg-registers", "a device on the line rewrites REGISTER only, and leaves in replies what the provider says of the source").with(lights("ggagg"), alg(facts.ALGProved), meddled(MeddlerRegisters)),
		amber("3-2", "alg-length", "a device on the line rewrites session descriptions, and leaves their length as it was; the provider runs a reflector").with(
			lights("ggagg"), reflecting(), meddled(MeddlerLength)),
		red("3-2", "alg-swallows", "a device on the line lets no REGISTER pass; over TLS it does").with(cutOff, meddled(MeddlerSwallower)),
		amber("3-2", "sip-alg-reflected", "the router rewrites SIP, and the provider's reflector shows every line that it changes").with(lights("ggagg"),
			reflecting(), alg(facts.ALGProved), says("SDP o="), func(w *World) { w.Home.SIPALG = true }),
		amber("3-2", "sip-alg-reflected-tcp", "the same, and the trunk uses TCP").with(lights("ggagg"), tcpTrunk,
			reflecting(`trunk.transport = "tcp"`), alg(facts.ALGProved), says("SDP o="), func(w *World) { w.Home.SIPALG = true }),
		amber("3-2", "sip-alg-reflected-no-nat", "a routed line: the router finds nothing to rewrite on the way to the reflector, and drops SIP that it does not know").with(lights("ggagg"),
			reflecting(), alg(facts.ALGLikely), says("probably"), func(w *World) { w.Home.NAT, w.Home.SIPALG = NATNone, true }),
		amber("3-2", "alg-length-reflected", "a device on the line rewrites session descriptions only, and leaves their length as it was: a reflector alone sees it").with(lights("ggagg"),
			reflecting(), alg(facts.ALGProved), says("SDP o=, SDP c=."), meddled(MeddlerLength)),
		red("3-3", "udp-blocked", "UDP to the SIP port is dropped; TCP passes").with(cutOff, firewall(
			Rule{Proto: "udp", Ports: sipPorts(), Action: Drop})),
		red("3-3", "udp-refused", "UDP to the SIP port is refused by the router; TCP passes").with(cutOff, firewall(
			Rule{Proto: "udp", Ports: sipPorts(), Action: PortUnreachable})),
		red("3-3", "udp-unserved", "the provider answers over TCP only, and its name says nothing; other SIP hosts answer over UDP").with(cutOff, titled("does not answer over UDP"),
			acts(catalogue.ISP, catalogue.Provider, catalogue.Reseller), says("get out of this site"), func(w *World) {
				w.Provider.Zone = `
sip                A     ` + Provider1 + `
`
				w.Provider.Input = []Rule{{Proto: "udp", Ports: sipPorts(), Action: Drop}}
			}),
		red("3-4", "stream-blocked", "the trunk uses TCP, and TCP to the SIP port is dropped").with(cutOff, tcpTrunk, filed(`trunk.transport = "tcp"`), firewall(
			Rule{Proto: "tcp", Ports: []uint16{5060}, Action: Drop})),
		red("3-4", "tls-blocked", "the trunk uses TLS, and its port is reset by the router").with(cutOff, tlsTrunk, filed(`trunk.transport = "tls"`, privateCA), firewall(
			Rule{Proto: "tcp", Ports: []uint16{5061}, Action: TCPReset})),
		amber("3-5", "fragments-lost", "the router drops fragments, to the provider and to everybody").with(lights("ggagg"), says("lost on this side"),
			func(w *World) { w.Home.NoPieces = true }),
		amber("3-5", "fragments-lost-untold", "the router drops fragments, and no control host is configured").with(lights("ggagg"), filed("internet.sip_controls"),
			says("cannot be told"), func(w *World) { w.Home.NoPieces = true }),
		amber("3-5", "fragments-lost-down", "the router drops fragments that come in from the line, and the provider runs a reflector").with(lights("ggagg"), reflecting(),
			says("lost on the way back from the provider"), saw("fragments", "was answered over UDP. On the way back"), func(w *World) { w.Home.NoPieceIn = true }),
		amber("3-5", "fragments-lost-both-ways", "the router drops fragments, and the provider runs a reflector").with(lights("ggagg"), reflecting(),
			says("On the way back they are lost as well"), func(w *World) { w.Home.NoPieces = true }),
		amber("3-6", "nat-short", "the router forgets idle UDP mappings after 20 s").with(lights("ggagg"), full,
			func(w *World) { w.Home.Forgets = 20 * time.Second }),
		amber("3-6", "nat-short-collision", "the router forgets idle UDP mappings after 20 s, and nothing outside can send to one").with(lights("ggagg"), full,
			func(w *World) {
				w.Home.Forgets = 20 * time.Second
				w.Outside.STUN = func(s *serve.STUNSettings) { s.NoResponsePort = true }
			}),
		amber("3-6", "nat-short-reflector", "the router forgets idle UDP mappings after 20 s; only the provider's reflector can send to one").with(lights("ggagg"), full,
			reflecting(), func(w *World) {
				w.Home.Forgets = 20 * time.Second
				w.Outside.STUN = func(s *serve.STUNSettings) { s.NoResponsePort = true }
			}),
		amber("3-7", "double-nat", "the line's provider shares a public address among customers; the trunk is known by that address").with(absentPBX, lights("ggagg"),
			carrier, tellsOutside(func(s *serve.IGDSettings) { s.UPnP = true }), filed(addressTrunk(RouterWAN)...), registrar(noRegistrar)),
		amber("3-7", "double-nat-hidden", "the same, and the router says that it has no outside address, as many do of a private one").with(absentPBX, lights("ggagg"),
			carrier, tellsOutside(func(s *serve.IGDSettings) { s.UPnP, s.NATPMP, s.Outside = true, true, netip.Addr{} }), filed(addressTrunk(RouterWAN)...), registrar(noRegistrar)),
		red("3-7", "double-nat-portal", "the portal's Check IP is the router's outside address, which is translated once more").with(absentPBX,
			carrier, tellsOutside(func(s *serve.IGDSettings) { s.UPnP = true }), filed(addressTrunk(CarrierCust)...), registrar(noRegistrar), also("4-6")),
		red("4-6", "double-nat-site", "the site has two routers in a row, and the portal holds an address that the line no longer has").with(absentPBX,
			func(w *World) { w.Home.Second = true }, tellsOutside(func(s *serve.IGDSettings) { s.NATPMP = true }), filed(addressTrunk("203.0.113.77")...), registrar(noRegistrar), also("3-7")),
		amber("3-8", "rtp-blocked", "the router's firewall drops the voice ports").with(lights("ggagg"), reflecting(),
			firewall(Rule{Proto: "udp", Ports: ReflectorRTP(), Action: Drop})),
		amber("3-8", "rtp-rejected", "the router's firewall rejects a part of the voice ports").with(lights("ggagg"), reflecting(),
			firewall(Rule{Proto: "udp", Ports: ReflectorRTP()[1:3], Action: AdminProhibited})),
		red("3-9", "sip-intercepted", "the router takes all SIP to a server of its own, which does not know the account").with(cutOff, lights("ggr--"),
			intercept(func(s *serve.RegistrarSettings) { s.UnknownUserCode = 404 })),
		red("3-9", "sip-intercepted-403", "the router takes all SIP to a server of its own, which refuses every registration").with(cutOff, lights("ggr--"),
			intercept(func(s *serve.RegistrarSettings) { s.ForceCode.Code = 403 })),
		amber("3-9", "sip-intercepted-works", "the router takes all SIP to a server of its own, and the login works there").with(lights("ggagg"),
			intercept(knowsAccount)),
		red("4-3", "intercepted-elsewhere", "the router takes the SIP of others to a server of its own; the provider's server in the file is the site's border controller, which does not know the user").with(cutOff,
			onSite, intercept(func(s *serve.RegistrarSettings) { s.UnknownUserCode = 404 })),
	}
}

// full has the run wait for the slow measurements.
func full(w *World) { w.Full = true }

// carrier is the line's provider translating addresses once more.
func carrier(w *World) { w.Home.Carrier = true }

// tellsOutside has the router tell its own outside address.
func tellsOutside(turn func(*serve.IGDSettings)) func(*World) {
	return func(w *World) { w.Home.IGD = turn }
}

// made gives the router a maker: by its own description, where it gives one, and by its hardware address.
func made(maker, model, mac string) func(*World) {
	return func(w *World) {
		w.Home.MAC = mac
		if maker != "" {
			tellsOutside(func(s *serve.IGDSettings) { s.UPnP, s.Maker, s.Model = true, maker, model })(w)
		}
	}
}

// rewrites is a router with a SIP ALG.
func rewrites(w *World) { w.Home.SIPALG = true }

// also and never are codes told beside the verdict, and codes not told.
func also(codes ...string) func(*World)  { return func(w *World) { w.Also = codes } }
func never(codes ...string) func(*World) { return func(w *World) { w.Never = codes } }

// noRegistrar is a provider whose trunks are known by their addresses.
func noRegistrar(s *serve.RegistrarSettings) { s.ForceCode.Code = 405 }

// intercept gives the router a SIP server that all SIP is taken to.
func intercept(turn func(*serve.RegistrarSettings)) func(*World) {
	return func(w *World) { w.Home.Intercept = turn }
}

func knowsAccount(s *serve.RegistrarSettings) {
	s.Accounts = []serve.Account{{User: Username, Password: Password}}
}

// onSite names the router itself as the provider's server: a border controller that is managed there.
func onSite(w *World) {
	filed(`trunk.proxy = "`+RouterLAN+`"`, "provider.networks")(w)
}

// meddled puts a device that is not Linux's SIP ALG on the line.
func meddled(kind Meddler) func(*World) { return func(w *World) { w.Line.SIP = kind } }

// saw is a piece of what a step saw.
func saw(step, piece string) func(*World) {
	return func(w *World) {
		w.Saw = maps.Clone(w.Saw)
		if w.Saw == nil {
			w.Saw = map[string]string{}
		}
		w.Saw[step] = piece
	}
}

func acts(who ...catalogue.Actor) func(*World) { return func(w *World) { w.Acts = who } }
func says(piece string) func(*World)           { return func(w *World) { w.Says = piece } }
func hints(piece string) func(*World)          { return func(w *World) { w.Hints = piece } }
func titled(piece string) func(*World)         { return func(w *World) { w.Titled = piece } }
