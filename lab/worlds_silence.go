package lab

import (
	"fmt"
	"net/netip"

	"trunktester/appliance/catalogue"
	"trunktester/lab/serve"
	"trunktester/probes/facts"
)

// silenceWorlds are worlds in which SIP is silent and two things could explain it, and worlds with two faults on light 3.
func silenceWorlds() []World {
	const it, isp, provider, pbx = catalogue.IT, catalogue.ISP, catalogue.Provider, catalogue.PBX
	tls := func(w *World) {
		tlsTrunk(w)
		filed(`trunk.transport = "tls"`, privateCA)(w)
	}
	tcp := func(w *World) {
		tcpTrunk(w)
		filed(`trunk.transport = "tcp"`)(w)
	}
	return []World{
		red("3-1", "odd-port-blocked", "the provider serves SIP on port 5070, and the firewall lets only port 5060 out; other SIP hosts use that").with(cutOff, lights("ggr--"), who(it, isp),
			oddPorts, says("port 5070"), never("4-9"), firewall(dropped("udp", oddPort), dropped("tcp", oddPort), dropped("tcp", 5061))),
		red("3-1", "sip-dropped-strict", "the firewall drops SIP and all else that it was not told of, and no control host is configured").with(cutOff, lights("ggr--"), who(it, provider),
			filed("internet.sip_controls"), says("cannot tell"), firewall(dropped("tcp", 5060, 5061, 443), Rule{Proto: "udp", Ports: sipPorts(), Action: Drop}, dropped("udp", 33434))),
		red("3-1", "sip-dropped-own-control", "the firewall drops SIP; the only control host is the provider's own").with(cutOff, lights("ggr--"), who(it, provider),
			filed(`internet.sip_controls = ["`+Provider2+`"]`), says("cannot tell"), firewall(dropped("udp", sipPorts()...), dropped("tcp", sipPorts()...))),
		red("3-1", "relay-ignored", "a device on the line sends SIP on as its own, and the provider ignores this address; no control host is configured").with(cutOff, lights("ggr--"), who(it, provider), never("4-9"),
			filed("internet.sip_controls"), says("Or it sends them on as its own"), meddled(MeddlerRelay), ignoring),
		red("3-1", "relay-ignored-controls", "the same, and other SIP hosts answer").with(cutOff, lights("ggr--"), who(it, provider), never("4-9"),
			says("cannot tell"), meddled(MeddlerRelay), ignoring),
		red("4-3", "intercepted-unnamed", "the router takes all SIP to a server of its own, which names no program and does not know the account, and the provider is dead").with(cutOff, lights("ggar-"), who(catalogue.Reseller, it),
			also("3-9"), says("(3-9), so whether this answer is the provider's own cannot be told"), intercept(func(s *serve.RegistrarSettings) { s.ServerHeader, s.UnknownUserCode = "", 404 }),
			func(w *World) { w.Provider.Input = []Rule{{Action: Drop}} }),
		good("relay-works", "a device on the line sends SIP on as its own, and the provider answers; no control host is configured").with(
			filed("internet.sip_controls"), never("3-1", "3-2"), meddled(MeddlerRelay)),
		red("3-1", "provider-udp-down", "the provider answers no SIP, but for its other server over TCP, which is the only control host; no hop tells").with(cutOff, lights("ggr--"), who(it, provider), never("3-3", "4-9"),
			filed(`internet.sip_controls = ["`+Provider2+`"]`), says("cannot tell"), firewall(dropped("udp", 33434)), func(w *World) {
				w.Provider.Input = []Rule{dropped("udp", sipPorts()...), {Proto: "tcp", To: netip.PrefixFrom(netip.MustParseAddr(Provider1), 32), Ports: sipPorts(), Action: Drop}}
			}),
		red("3-3", "provider-udp-down-tcp-works", "the provider answers SIP over TCP alone, though its name names UDP; its other server is the only control host, and no hop tells").with(cutOff, lights("ggr--"), who(it, provider),
			filed(`internet.sip_controls = ["`+Provider2+`"]`), says("cannot tell which"), firewall(dropped("udp", 33434)), func(w *World) { w.Provider.Input = []Rule{dropped("udp", sipPorts()...)} }),
		red("3-1", "sip-dropped-to-provider", "the firewall drops SIP to the provider's addresses, and lets it pass to others").with(cutOff, lights("ggr--"), who(it, provider), never("4-9"),
			says("cannot tell"), firewall(Rule{Proto: "udp", To: providerNet(), Ports: sipPorts(), Action: Drop}, Rule{Proto: "tcp", To: providerNet(), Ports: sipPorts(), Action: Drop})),
		red("3-4", "tls-only-blocked", "the provider serves TLS alone, and the firewall drops its port; other SIP hosts answer on port 5060").with(cutOff, lights("ggr--"), who(it),
			tls, tlsAlone, never("4-9"), firewall(dropped("tcp", 5061))),
		red("3-4", "tls-refused-on-the-way", "the trunk uses TLS, and the router refuses its port by ICMP").with(cutOff, lights("ggr--"), who(it),
			tls, says(RouterLAN+" refuse"), firewall(Rule{Proto: "tcp", Ports: []uint16{5061}, Action: AdminProhibited})),
		red("4-9", "tls-ignored", "the provider serves TLS alone, and drops it from this address; packets on its port get as far as others").with(cutOff, lights("gg-r-"), who(provider, pbx),
			tls, tlsAlone, func(w *World) { w.Provider.Input = append(w.Provider.Input, dropped("tcp", 5061)) }),
		red("3-4", "sip-alg-tls-blocked", "the router rewrites SIP over UDP, which a TLS trunk does not mind, and drops the TLS port, which it does").with(cutOff, lights("ggr--"), who(it),
			tls, rewrites, also("3-2"), firewall(dropped("tcp", 5061))),
		red("3-4", "sip-alg-tcp-blocked", "the router rewrites SIP over UDP, and drops TCP, which the trunk uses").with(cutOff, lights("ggr--"), who(it),
			tcp, rewrites, also("3-2"), firewall(dropped("tcp", 5060))),
		red("4-8", "sip-alg-client-certificate", "the router rewrites SIP over UDP, and the provider wants a certificate of the PBX, which uses TLS").with(cutOff, lights("gg-r-"),
			tls, rewrites, also("3-2"), func(w *World) { w.Provider.WantsCertificate = true }),
		red("5-1", "alg-other-transport", "the router rewrites SIP over UDP alone; the trunk uses TCP, and the PBX is off").with(absentPBX, lights("ggggr"),
			tcp, rewritesUDP, also("3-2")),
		good("alg-other-transport-works", "the router rewrites SIP over UDP alone; the trunk uses TCP and works").with(
			tcp, rewritesUDP, also("3-2"), alg(facts.ALGProved)),
	}
}

// ignoring is a provider that drops SIP from this address, over every transport.
func ignoring(w *World) {
	w.Provider.Input = []Rule{dropped("udp", sipPorts()...), dropped("tcp", sipPorts()...)}
}

// who must act, these and no others.
func who(acts ...catalogue.Actor) func(*World) { return func(w *World) { w.Acts = acts } }

// rewritesUDP is a router whose SIP ALG reads UDP alone.
func rewritesUDP(w *World) { w.Home.SIPALG, w.Home.ALGOnUDP = true, true }

func dropped(proto string, ports ...uint16) Rule {
	return Rule{Proto: proto, Ports: ports, Action: Drop}
}

// tlsAlone is a provider that serves SIP over TLS only: nothing else of its port answers.
func tlsAlone(w *World) {
	w.Provider.Input = []Rule{dropped("udp", sipPorts()...), dropped("tcp", 5060)}
}

// oddPorts is a provider that serves SIP on port 5070, as its zone says.
func oddPorts(w *World) {
	w.Provider.Ports = []string{"5070"}
	w.Provider.Zone = fmt.Sprintf(`
edge               A     %[1]s
_sip._udp.sip      SRV   10 10 %[2]d edge
_sip._tcp.sip      SRV   10 10 %[2]d edge
_sips._tcp.sip     SRV   10 10 5061 edge
`, Provider1, oddPort)
}
