package lab

import (
	"net/netip"

	"trunktester/lab/serve"
)

func pbx(turn func(*serve.PBXSettings)) func(*World) {
	return func(w *World) { w.PBX.Settings = turn }
}

func address(ip string, port uint16) netip.AddrPort {
	return netip.AddrPortFrom(netip.MustParseAddr(ip), port)
}

// otherSite is a binding from another public address.
func otherSite() serve.Binding {
	return serve.Binding{URI: "sip:" + Username + "@203.0.113.99:5060", Received: address("203.0.113.99", 5060), Transport: "udp",
		CallID: "other-site", UserAgent: otherAgent}
}

// pbxWorlds are the faults of light 5.
func pbxWorlds() []World {
	return []World{
		red("5-1", "pbx-not-registered", "the PBX is off").with(lights("ggggr"), absentPBX),
		red("5-1", "pbx-wrong-password", "the PBX runs with a wrong password").with(lights("ggggr"), cutOff,
			pbx(func(s *serve.PBXSettings) { s.Password = "not-the-password" })),
		amber("5-2", "wrong-port", "the PBX registered from port 5062, and the firewall expects 5060").with(lights("gggga"),
			filed("expect.port = 5060"), func(w *World) { w.PBX.Port = 5062 }),
		amber("5-2", "wrong-port-nat", "the PBX registered from port 5060, which the firewall expects, and the router takes another port for it").with(lights("gggga"),
			filed("expect.port = 5060"), says("a router puts another one in its place"), func(w *World) { w.Home.NAT = NATSymmetric }),
		good("port-tcp", "the firewall expects port 5060, which the PBX names; its connection has a port of its own").with(tcpTrunk,
			filed(`trunk.transport = "tcp"`, "expect.port = 5060"), never("5-2"),
			pbx(func(s *serve.PBXSettings) { s.Contact = PBXAddr + ":5060" })),
		amber("5-3", "nat-mismatch", "the Contact is private where a public one is expected").with(lights("gggga"), filed(`expect.nat = "no"`)),
		amber("5-3", "nat-mismatch-public", "the Contact is public where a private one is expected").with(lights("gggga"), filed(`expect.nat = "yes"`),
			pbx(func(s *serve.PBXSettings) { s.Contact = RouterWAN + ":5060" })),
		amber("5-4", "registered-elsewhere", "the trunk is registered from another public address").with(lights("gggga"), boundBefore(otherSite())),
		amber("5-4", "registered-twice", "a second device elsewhere is registered beside the PBX").with(lights("gggga"), filed("pbx.max_bindings = 1"),
			func(w *World) { w.Provider.Bindings = []serve.Binding{otherSite()} }),
		amber("5-5", "list-not-shown", "the provider lists no bindings, and nobody knows whether it ever does").with(lights("gggga"),
			filed("provider.shows_bindings"), registrar(func(s *serve.RegistrarSettings) { s.HideBindings = true })),
		amber("5-5", "list-refused", "the provider answers 400 to the query").with(filed("provider.shows_bindings"),
			registrar(func(s *serve.RegistrarSettings) { s.RefuseQuery.Code = 400 })),
		amber("5-5", "list-refused-contact", "the provider answers 403 to the query, and says that a Contact is missing").with(says("query not supported"),
			registrar(func(s *serve.RegistrarSettings) {
				s.RefuseQuery = serve.Refusal{Code: 403, Reason: "Contact header required"}
			})),
		amber("5-5", "list-fails", "the provider's server fails at the query, with 500").with(says("cannot tell"),
			registrar(func(s *serve.RegistrarSettings) { s.RefuseQuery.Code = 500 })),
		amber("5-5", "login-fails", "the provider's server fails at every login, with 500").with(cutOff, says("cannot tell"), answersLogin(500, "")),
	}
}

// PBXChecks are worlds in which a person has pointed the PBX at the box. They are none of Worlds, since a run by
// itself does not see what is wrong: the box's PBX check does, "trunktester pbx-check" or the page's.
func PBXChecks() []World {
	atBox := func(w *World) {
		w.PBX.AtBox, w.PBX.Fails, w.File = true, true, file(`trunk.realm = "`+Domain+`"`)
	}
	return []World{
		good("pbx-check-right", "the PBX is pointed at the box, and its settings are right").with(atBox),
		red("5-6", "pbx-check-username", "the PBX is pointed at the box, with another username").with(lights("g---r"), atBox, says("441632960009"),
			pbx(func(s *serve.PBXSettings) { s.Username = "441632960009" })),
		red("5-6", "pbx-check-realm", "the PBX is pointed at the box, and its credentials are for another realm").with(lights("g---r"), atBox, says("asterisk"),
			pbx(func(s *serve.PBXSettings) { s.Realm = "asterisk" })),
		red("5-8", "pbx-check-password", "the PBX is pointed at the box, and a space stands behind its password").with(lights("g---r"), atBox, says("a space at its end"),
			pbx(func(s *serve.PBXSettings) { s.Password += " " })),
		amber("5-9", "pbx-check-silent", "the PBX is pointed at the box, and the switch keeps them apart").with(lights("g---a"), atBox, says("The reason is not known"),
			func(w *World) { w.PBX.Isolated = true }),
	}
}
