package verdict

import (
	"net/netip"
	"slices"
	"testing"
	"time"

	"trunktester/appliance/catalogue"
	"trunktester/probes/facts"
)

// tells: what a person told.
func tells(how func(*facts.Answers)) func(*site) { return func(s *site) { how(&s.Answers) } }

func medium(m string) func(*site) {
	return tells(func(a *facts.Answers) { a.LineMedium = &m })
}

func leased(s *site) { s.Profile.Line.Kind = "leased" }

func TestToldTickets(t *testing.T) {
	yes, no, other := true, false, 5090
	noisy := tells(func(a *facts.Answers) { a.QuietLineOK = &no })
	unfiltered := tells(func(a *facts.Answers) { a.MicrofiltersOK = &no })
	lineFault := func(found bool) func(*site) {
		return tells(func(a *facts.Answers) { a.LineProviderFault = &found })
	}
	edge := func(seen bool) func(*site) { return tells(func(a *facts.Answers) { a.EdgeSeen = &seen }) }
	otherLine := tells(func(a *facts.Answers) { a.VoiceUsesThisLine = &no })
	noPolicy := tells(func(a *facts.Answers) { a.FirewallNamesProvider = &no })
	reaches := func(does bool) func(*site) {
		return tells(func(a *facts.Answers) { a.PBXPingsProvider = &does })
	}
	holds := func(address string) func(*site) {
		return tells(func(a *facts.Answers) { a.PortalCheckIP = netip.MustParseAddr(address) })
	}
	row := func(port *int, nat *bool) func(*site) {
		return tells(func(a *facts.Answers) { a.PortalShowsPBX, a.PortalPort, a.PortalNAT = &yes, port, nat })
	}
	expects := func(port int, nat string) func(*site) {
		return func(s *site) { s.Profile.Expect.Port, s.Profile.Expect.NAT = port, nat }
	}
	dead := func(s *site) { s.with(silentOutside, noPing, silentSIP("udp", "tcp", "tls"), from(3)) }
	edgeDead := func(s *site) { s.with(dead, noPing, silentQuality, edgeOf("203.0.113.1", 0)) }
	blocked := func(s *site) { s.with(silentSIP("udp", "tcp", "tls"), control(false)) }
	const filters, quiet = "microfilters", "uiet line test"
	hearAll(t, []saying{
		{"a poor line, and nobody said what it is made of", healthy().with(shakes), "2-7", "on a copper line, do the quiet-line test", ""},
		{"a poor copper line", healthy().with(shakes, medium(facts.Copper)), "2-7", "Do the quiet line test, change the microfilters", ""},
		{"a poor fibre: no quiet line test there", healthy().with(shakes, medium(facts.Fibre)), "2-7", "Restart the router and the line's own box", quiet},
		{"a poor mobile line: no microfilters there", healthy().with(shakes, medium(facts.OtherMedium)), "2-7", "Restart the router and the line's own box", filters},
		{"a poor leased line", healthy().with(shakes, leased), "2-7", "Restart the router and the line's own box", quiet},
		{"a poor leased line of copper", healthy().with(shakes, leased, medium(facts.Copper)), "2-7", "Do the quiet line test", ""},
		{"a poor copper line, and it is noisy", healthy().with(shakes, medium(facts.Copper), noisy), "2-7", "There is noise in the quiet line test: the copper line itself is bad. | Report the noise", "client"},
		{"a poor copper line without microfilters", healthy().with(shakes, medium(facts.Copper), unfiltered), "2-7", "| Fit a new microfilter at every phone socket in use, and plug the router into the main socket. Then test again. | client", "isp"},
		{"noise comes before microfilters", healthy().with(shakes, medium(facts.Copper), unfiltered, noisy), "2-7", "Report the noise", "Fit a new"},
		{"somebody answered about noise on a fibre", healthy().with(shakes, medium(facts.Fibre), noisy, unfiltered), "2-7", "Restart", "noise"},
		{"the line provider found a fault", healthy().with(shakes, lineFault(true), medium(facts.Copper), noisy), "2-7", "found a fault on the line. | Wait until the line provider", "noise"},
		{"the line provider found no fault", healthy().with(shakes, lineFault(false)), "2-7", "found no fault with its own tests. | Test again", "Wait"},
		{"the line is dead, and copper, and noisy", healthy().with(dead, medium(facts.Copper), noisy), "2-1", "Report the noise to the line provider", "client"},
		{"the line is dead, and copper", healthy().with(dead, medium(facts.Copper)), "2-1", "Restart the router", "Do the quiet"},
		{"large packets vanish on a noisy line", healthy().with(shakes, medium(facts.Copper), noisy, silentSIP("udp")), "3-3", "UDP", "noise"},

		{"a leased line is dead, and its provider sees no edge either", healthy().with(edgeDead, leased, edge(false)), "2-9", "does not see its edge device either. | Wait until", ""},
		{"a leased line is dead, and its provider sees the edge", healthy().with(edgeDead, leased, edge(true)), "2-9", "between that device and the router. | Look at the cable from the router to the edge device", "isp"},
		{"a leased line without a named edge is dead, and its provider sees no edge", healthy().with(dead, leased, edge(false)), "2-1", "does not see its edge device either.", "client"},
		{"a leased line without a named edge is dead, and its provider sees the edge", healthy().with(dead, leased, edge(true)), "2-1", "Restart", "edge device"},
		{"a broadband line has no edge", healthy().with(dead, edge(false)), "2-1", "Restart", "edge device"},
		{"a poor leased line, and its provider sees no edge", healthy().with(shakes, leased, edge(false)), "2-7", "Restart", "edge device"},

		{"SIP is blocked, and the firewall names no provider", healthy().with(blocked, noPolicy), "3-1", "no route or policy for the provider. | Enter the provider's SIP domain", "isp"},
		{"SIP is blocked, and nobody looked into the firewall", healthy().with(blocked), "3-1", "isp", "no route or policy"},
		{"carrier-grade NAT that does no harm, on a line that voice does not use", healthy().with(routerSays("100.64.0.2"), otherLine), "3-7", "100.64.0.2", "another line"},
		{"the password is wrong, and the firewall names no provider", healthy().with(refusedLogin(401, "Unauthorized"), noPolicy), "4-2", "password", "no route or policy"},

		{"the PBX is not registered, and reaches the provider", healthy().with(noEntries, reaches(true)), "5-1", "The PBX itself reaches the provider by ping", "Correct the PBX's gateway"},
		{"the PBX is not registered, and does not reach the provider", healthy().with(noEntries, reaches(false)), "5-1", "The PBX itself does not reach the provider by ping.", "Correct the PBX's gateway"},
		{"the PBX's settings are right, and it does not reach the provider", healthy().with(noEntries, pbxCheck(back(2*time.Minute)), reaches(false)), "5-7", "does not reach the provider by ping. | Correct the PBX's gateway", ""},
		{"the PBX's settings are right, and it reaches the provider", healthy().with(noEntries, pbxCheck(back(2*time.Minute)), reaches(true)), "5-7", "The PBX itself reaches the provider by ping", "Correct the PBX's gateway"},
		{"another weakness, and the PBX does not reach the provider", healthy().with(shakes, reaches(false)), "2-7", "isp", "The PBX itself"},

		{"the portal holds this line's address: the box's file is out of date", healthy().with(ipTrunk("203.0.113.99"), holds("203.0.113.2")), "4-6", "the portal is right, and the box's file is out of date. | Put the portal's Check IP into the box's file", "isp"},
		{"the portal holds what the provider sees, and the internet sees another address", healthy().with(ipTrunk("203.0.113.99"), holds("203.0.113.2"), func(s *site) { s.Facts.CheckIP.STUN = netip.MustParseAddr("203.0.113.7") }), "4-6", "the portal is right", ""},
		{"the portal holds what the box's file says", healthy().with(ipTrunk("203.0.113.99"), holds("203.0.113.99")), "4-6", "Somebody read the same address in the portal.", "out of date"},
		{"the portal holds a third address", healthy().with(ipTrunk("203.0.113.99"), holds("198.51.100.77")), "4-6", "neither this line's address nor the one in the box's file", "out of date"},
		{"nobody read the portal", healthy().with(ipTrunk("203.0.113.99")), "4-6", "reseller", "omebody read"},

		{"a poor line that voice does not use", healthy().with(shakes, otherLine), "2-7", "Voice uses another line: this test says nothing about that one. | Plug the box in where voice goes out", "isp"},
		{"a wrong password, whatever line voice uses", healthy().with(refusedLogin(401, "Unauthorized"), otherLine), "4-2", "password", "another line"},
		{"a good line that voice does not use", healthy().with(otherLine), "ok", "Voice uses another line: this test says nothing about that one.", ""},

		{"the portal shows another port than expected", healthy().with(noEntries, showsUnknown, expects(5060, ""), row(&other, nil)), "5-2", "The portal shows the PBX registered from port 5090, but port 5060 is expected.", ""},
		{"the portal shows NAT no, where yes is expected", healthy().with(noEntries, showsUnknown, expects(0, "yes"), row(nil, &no)), "5-3", "The portal says NAT no for the PBX, but NAT yes is expected.", ""},
		{"the query is refused, and the portal shows another port", healthy().with(refusedLogin(400, "Contact required"), expects(5060, ""), row(&other, nil)), "5-2", "port 5090", ""},
	})
	never := func(ticket string, s *site, code string) {
		t.Helper()
		v := Judge(s.Input)
		if slices.ContainsFunc(append(v.Also, v.Finding), func(f catalogue.Finding) bool { return f.Code == code }) {
			t.Errorf("%s: %s is said", ticket, code)
		}
	}
	five := 5060
	never("the port is the expected one", healthy().with(noEntries, showsUnknown, expects(5060, ""), row(&five, nil)), "5-2")
	never("any port will do", healthy().with(noEntries, showsUnknown, expects(0, ""), row(&other, &no)), "5-2")
	never("NAT is the expected one", healthy().with(noEntries, showsUnknown, expects(0, "no"), row(nil, &no)), "5-3")
	never("any NAT will do", healthy().with(noEntries, showsUnknown, expects(0, ""), row(nil, &no)), "5-3")
	never("any NAT will do, and the portal says yes", healthy().with(noEntries, showsUnknown, expects(0, ""), row(nil, &yes)), "5-3")
	never("nobody read Port", healthy().with(noEntries, showsUnknown, expects(5060, "yes"), row(nil, nil)), "5-2")
	never("nobody read NAT", healthy().with(noEntries, showsUnknown, expects(5060, "yes"), row(nil, nil)), "5-3")
	never("the portal shows no entry", healthy().with(noEntries, showsUnknown, expects(5060, ""), tells(func(a *facts.Answers) { a.PortalPort = &other })), "5-2")
	if v := Judge(healthy().with(ipTrunk("203.0.113.99"), holds("203.0.113.2")).Input); v.Finding.Severity != catalogue.Amber {
		t.Errorf("a portal that is right, and a file that is not: %s", v.Finding.Severity)
	}
}
