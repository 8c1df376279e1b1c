package lab

import (
	"trunktester/lab/serve"
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
		red("3-1", "sip-silent", "SIP is dropped on the way, and no control host is configured").with(cutOff, lights("ggr--"), filed("internet.sip_controls"),
			says("cannot tell"), firewall(
				Rule{Proto: "udp", Ports: sipPorts(), Action: Drop},
				Rule{Proto: "tcp", Ports: sipPorts(), Action: Drop})),
		red("3-2", "sip-alg", "the router rewrites SIP, and the PBX, which names another port in Via, does not register").with(cutOff, func(w *World) {
			w.Home.SIPALG = true
			w.PBX.Settings = func(s *serve.PBXSettings) { s.SplitPorts = 5070 }
		}),
		amber("3-2", "sip-alg-registers", "the router rewrites SIP, and the PBX registers all the same").with(lights("ggagg"),
			func(w *World) { w.Home.SIPALG = true }),
		red("3-3", "udp-blocked", "UDP to the SIP port is dropped; TCP passes").with(cutOff, firewall(
			Rule{Proto: "udp", Ports: sipPorts(), Action: Drop})),
		red("3-3", "udp-refused", "UDP to the SIP port is refused by the router; TCP passes").with(cutOff, firewall(
			Rule{Proto: "udp", Ports: sipPorts(), Action: PortUnreachable})),
		red("3-4", "stream-blocked", "the trunk uses TCP, and TCP to the SIP port is dropped").with(cutOff, tcpTrunk, filed(`trunk.transport = "tcp"`), firewall(
			Rule{Proto: "tcp", Ports: []uint16{5060}, Action: Drop})),
		red("3-4", "tls-blocked", "the trunk uses TLS, and its port is reset by the router").with(cutOff, tlsTrunk, filed(`trunk.transport = "tls"`, privateCA), firewall(
			Rule{Proto: "tcp", Ports: []uint16{5061}, Action: TCPReset})),
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

func says(piece string) func(*World) { return func(w *World) { w.Says = piece } }
