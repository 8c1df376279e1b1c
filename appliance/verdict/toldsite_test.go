package verdict

import (
	"net/netip"
	"testing"
	"time"

	"trunktester/probes/facts"
)

// somebody answered one of the questions.
func somebody(says bool, which func(*facts.Answers) **bool) func(*site) {
	return func(s *site) { *which(&s.Answers) = &says }
}

func algOff(a *facts.Answers) **bool   { return &a.SIPALGDisabled }
func allowed(a *facts.Answers) **bool  { return &a.FirewallAllows }
func lightsOK(a *facts.Answers) **bool { return &a.RouterLightsOK }
func pbxPings(a *facts.Answers) **bool { return &a.PBXPingsOutside }
func algAt(at *facts.Place) func(*site) {
	return func(s *site) { algProved(s); s.Facts.ALG.Place = at }
}

// hops are the last one that got a message as it was sent, and the next.
func hops(unchanged int, from string) *facts.Place {
	return &facts.Place{Unchanged: unchanged, Changed: unchanged + 1, From: netip.MustParseAddr(from), To: netip.MustParseAddr("203.0.113.1")}
}

// No answer turns around what was proved, and none makes a green amber.
func TestAnswersProveNothing(t *testing.T) {
	dead := healthy().with(from(3), silentOutside, noPing)
	judgeAll(t, []ticket{
		{"SIP ALG is said to be off, and is seen", healthy().with(algProved, somebody(true, algOff)), "3-2 amber", "", "ggAgg"},
		{"SIP ALG is said to be on, and is not seen", healthy().with(somebody(false, algOff)), "ok green", "", "ggggg"},
		{"the firewall is said to allow SIP, and refuses it", healthy().with(silentSIP("udp", "tcp", "tls"), refusedBy("192.168.1.1", 13), somebody(true, allowed)), "3-1 red", "", "ggR--"},
		{"the firewall is said not to allow SIP, which works", healthy().with(somebody(false, allowed)), "ok green", "", "ggggg"},
		{"the router's lights are said to be right, and nothing answers", dead.with(somebody(true, lightsOK)), "2-1 red", "", "gR---"},
		{"the PBX is said to ping outside, and is not registered", healthy().with(noEntries, somebody(true, pbxPings)), "5-1 red", "", "ggggR"},
		{"the PBX is said not to ping outside, and is registered", healthy().with(somebody(false, pbxPings)), "ok green", "", "ggggg"},
	})
}

func TestWhatAnswersSay(t *testing.T) {
	dead := func(more ...func(*site)) *site { return healthy().with(from(3), silentOutside, noPing).with(more...) }
	silent := func(more ...func(*site)) *site { return healthy().with(silentSIP("udp", "tcp", "tls")).with(more...) }
	firewalled := func(s *site) { s.with(refusedBy("192.168.1.1", 13)) }
	leased := func(s *site) {
		s.Profile.Line.Kind = "leased"
		s.Facts.Edge = &facts.Edge{Addr: netip.MustParseAddr("203.0.113.1"), Ping: facts.Echo{Sent: 3, Back: 3}}
	}
	noPingOut := func(s *site) {
		for i := range s.Facts.Internet.Targets {
			s.Facts.Internet.Targets[i].ICMP = facts.Silent
		}
	}
	const off, on = "Either that has not taken effect", "SIP ALG is switched on in the router"
	hearAll(t, []saying{
		{"SIP ALG is said to be off, and the router rewrites", healthy().with(algAt(hops(1, "192.168.1.1")), somebody(true, algOff)), "3-2", "Either that has not taken effect, or another device does it. | Restart the router and test again", ""},
		{"the same, and nobody knows where", healthy().with(algProved, somebody(true, algOff)), "3-2", "| Restart the router and test again", ""},
		{"the same, on the site's own side of the router", healthy().with(algAt(&facts.Place{Changed: 1, To: netip.MustParseAddr("192.168.1.1")}), somebody(true, algOff)), "3-2", "or another device does it. | Turn off SIP ALG in the router, and in whatever stands", ""},
		{"SIP ALG is said to be off, and a second router rewrites", healthy().with(algAt(hops(2, "192.168.8.1")), somebody(true, algOff)), "3-2", "second router", "Somebody"},
		{"SIP ALG is said to be off, and the line's provider rewrites", healthy().with(algAt(hops(3, "203.0.113.9")), somebody(true, algOff)), "3-2", "device of the line's provider", "Somebody"},
		{"SIP ALG is said to be on, and is seen", healthy().with(algProved, somebody(false, algOff)), "3-2", on, off},
		{"SIP ALG is said to be on, and nothing is seen of it", healthy().with(somebody(false, algOff)), "ok", "it is better off", ""},
		{"the same, and nobody looked for one", healthy().with(somebody(false, algOff), forget(func(f *facts.Facts) { f.ALG = nil })), "ok", "it is better off", ""},
		{"the same, and the reflector shows that messages arrive as they were sent", healthy().with(somebody(false, algOff), algIs(facts.ALGRuledOut)), "ok", "byte for byte", "Somebody"},
		{"the same, and the trunk uses TLS", healthy().with(over("tls"), somebody(false, algOff)), "ok", "", "Somebody"},
		{"SIP ALG is said to be off, and nothing is seen of one", healthy().with(somebody(true, algOff)), "ok", "", "Somebody"},
		{"a trunk over TLS: the rewriting device is no business of it", healthy().with(over("tls"), algProved, somebody(true, algOff)), "3-2", "which such a device cannot read", "Somebody"},

		{"a firewall refuses SIP, and is said to allow it", silent(firewalled, somebody(true, allowed)), "3-1", "A rule for that address alone does not let the box through. | Let the rule", ""},
		{"SIP is silent, and the firewall is said not to allow it", silent(somebody(false, allowed)), "3-1", "Somebody says that the firewall does not allow it. | Allow SIP", "provider |"},
		{"then whoever runs it must act", silent(somebody(false, allowed)), "3-1", "| it", "it provider"},
		{"the provider's own server refuses, and the firewall is said not to allow it", silent(refusedBy("198.51.100.5", 3), somebody(false, allowed)), "3-1", "server itself", "Somebody"},
		{"one of the provider's servers is silent, and the firewall is said not to allow SIP", healthy().with(second(5, silentOnly), somebody(false, allowed)), "3-1", "Not all", "Somebody"},
		{"UDP is blocked, and the firewall is said to allow SIP", healthy().with(silentSIP("udp"), somebody(true, allowed)), "3-3", "| Let the rule", ""},
		{"the trunk's TCP is blocked, and the firewall is said to allow SIP", healthy().with(over("tcp"), silentSIP("tcp"), somebody(true, allowed)), "3-4", "| Let the rule", ""},
		{"TCP is rejected beside a trunk over UDP, and the firewall is said not to allow SIP", healthy().with(unreached("tcp", facts.Unreachable), somebody(false, allowed)), "3-4", "rejects it", "Somebody"},
		{"nothing comes from the provider, and the firewall is said not to allow it", silent(noPing, somebody(false, allowed)), "2-6", "Somebody says that the firewall does not allow it.", "it provider"},
		{"the provider ignores the address, and the firewall is said not to allow SIP", silent(control(true), somebody(false, allowed)), "4-9", "is blocked", "Somebody"},

		{"nothing outside answers, and the router's lights are right", dead(somebody(true, lightsOK)), "2-1", "are as its manual says. | Call the internet provider", "client"},
		{"nothing outside answers, and the router's lights are wrong", dead(somebody(false, lightsOK)), "2-1", "are not as its manual says. | Restart the router, and look at its cables", "it |"},
		{"then the client looks first", dead(somebody(false, lightsOK)), "2-1", "| client isp", ""},
		{"nothing behind the leased line's edge answers, whatever the router's lights", dead(leased, somebody(true, lightsOK)), "2-1", "The edge device", "Somebody"},
		{"nobody looked at the lights", dead(), "2-1", "", "Somebody"},

		{"the PBX is not registered, and cannot ping", healthy().with(noEntries, somebody(false, pbxPings)), "5-1", "cannot ping an outside address, and the box can. | Check the PBX's address, mask", ""},
		{"then whoever maintains the PBX must act", healthy().with(noEntries, somebody(false, pbxPings)), "5-1", "| pbx it", ""},
		{"the PBX is not registered, and can ping", healthy().with(noEntries, somebody(true, pbxPings)), "5-1", "so it has a way out. | Check in the PBX that the trunk", ""},
		{"the PBX cannot ping, and nor can the box", healthy().with(noEntries, noPingOut, somebody(false, pbxPings)), "5-1", "is empty", "Somebody"},
		{"the PBX cannot ping, and nobody looked whether the box can", healthy().with(noEntries, forget(func(f *facts.Facts) { f.Internet = nil }), somebody(false, pbxPings)), "5-1", "is empty", "Somebody"},
		{"the PBX's settings are right, it is not registered, and cannot ping", healthy().with(noEntries, pbxCheck(back(3*time.Minute)), somebody(false, pbxPings)), "5-7", "| Check the PBX's address, mask", ""},
		{"the PBX never came to the check, and cannot ping", healthy().with(noEntries, pbxCheck(nobody), somebody(false, pbxPings)), "5-9", "| Check the PBX's address, mask", ""},
		{"another password in a PBX that cannot ping", healthy().with(noEntries, pbxCheck(wrongPassword), somebody(false, pbxPings)), "5-8", "its password is another one", "Somebody"},
	})
}
