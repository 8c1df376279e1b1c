package verdict

import (
	"net/netip"
	"testing"
	"time"

	"trunktester/appliance/catalogue"
	"trunktester/probes/facts"
)

// binding: the provider's one entry names this contact, and was received from there; "" where it does not say.
func binding(contact, received string) func(*site) {
	return func(s *site) {
		b := facts.Binding{URI: "sip:pbx"}
		if contact != "" {
			b.Contact = netip.MustParseAddrPort(contact)
		}
		if received != "" {
			b.Received = netip.MustParseAddrPort(received)
		}
		s.Facts.Bindings.Contacts = []facts.Binding{b}
	}
}

// bridged: nothing translates addresses; the box itself has this line's public address.
func bridged(s *site) {
	s.Facts.Address.Prefix, s.Facts.Address.Gateway = netip.MustParsePrefix("203.0.113.2/28"), netip.MustParseAddr("203.0.113.1")
}

// wants: the portal's NAT setting that is expected.
func wants(nat string) func(*site) { return func(s *site) { s.Profile.Expect.NAT = nat } }

// expectsPort: the firewall is set for this port.
func expectsPort(port int) func(*site) { return func(s *site) { s.Profile.Expect.Port = port } }

func TestRegisteredTickets(t *testing.T) {
	const public, elsewhere, inside = "203.0.113.2:5060", "192.0.2.9:5060", "192.168.1.30:5060"
	judgeAll(t, []ticket{
		{"the PBX names the expected port, and the provider sees another one", healthy().with(binding(inside, "203.0.113.2:12345"), expectsPort(5060)), "5-2 amber", "", "ggggA"},
		{"the PBX names another port, and the provider sees the expected one", healthy().with(binding("192.168.1.30:5070", public), expectsPort(5060)), "ok green", "", "ggggg"},
		{"the PBX names the expected port, and the provider does not say what it sees", healthy().with(binding(inside, ""), expectsPort(5060)), "ok green", "", "ggggg"},
		{"the PBX names another port, and the provider does not say what it sees", healthy().with(binding("192.168.1.30:5070", ""), expectsPort(5060)), "5-2 amber", "", "ggggA"},
		{"the contact is a name, and the provider sees the expected port", healthy().with(binding("", public), expectsPort(5060)), "ok green", "", "ggggg"},
		{"the contact is a name, and the provider does not say what it sees", healthy().with(binding("", ""), expectsPort(5060)), "ok green", "", "ggggg"},
		{"a connection's own port is never the expected one", healthy().with(over("tcp"), binding(inside, "203.0.113.2:41234"), expectsPort(5060)), "ok green", "", "ggggg"},
		{"over TCP the PBX names another port, and so does its connection", healthy().with(over("tcp"), binding("192.168.1.30:5070", "203.0.113.2:41234"), expectsPort(5060)), "5-2 amber", "", "ggggA"},
		{"the contact is a name, where a private address is expected: nothing speaks against it", healthy().with(binding("", public), wants("yes")), "ok green", "", "ggggg"},
		{"a public contact where one is expected", healthy().with(binding(public, public), wants("no")), "ok green", "", "ggggg"},
		{"a public contact where a private one is expected", healthy().with(binding(public, public), wants("yes")), "5-3 amber", "", "ggggA"},
		{"a public contact, and any is right", healthy().with(binding(public, public)), "ok green", "", "ggggg"},
		{"two devices where one is expected", healthy().with(func(s *site) {
			s.Facts.Bindings.Contacts = append(s.Facts.Bindings.Contacts, s.Facts.Bindings.Contacts[0])
		}), "5-4 amber", "", "ggggA"},
		{"received from this line, and the contact names an old public address", healthy().with(binding(elsewhere, public)), "ok green", "", "ggggg"},
		{"a public contact from elsewhere, and the provider does not say where it was received from", healthy().with(binding(elsewhere, "")), "5-4 amber", "", "ggggA"},
		{"a private contact, and the provider does not say where it was received from", healthy().with(binding(inside, "")), "ok green", "", "ggggg"},
		{"the contact is a name, and the provider does not say where it was received from", healthy().with(binding("", "")), "ok green", "", "ggggg"},
		{"two lines: the provider sees the one from which the PBX is registered, STUN the other", healthy().with(seenAs("203.0.113.2", "203.0.113.99")), "ok green", "", "ggggg"},
		{"the provider does not say what it sees, STUN does, and the PBX is registered from elsewhere", healthy().with(seenAs("", "203.0.113.2"), binding(inside, elsewhere)), "5-4 amber", "", "ggggA"},
		{"the modem is a bridge: the PBX has a public address of its own, beside the box's", healthy().with(bridged, binding("203.0.113.7:5060", "203.0.113.7:5060")), "ok green", "", "ggggg"},
		{"the modem is a bridge, and the PBX is registered from elsewhere", healthy().with(bridged, binding(elsewhere, elsewhere)), "5-4 amber", "", "ggggA"},
		{"nobody says what this line's address is", healthy().with(seenAs("", ""), forget(func(f *facts.Facts) { f.Public = nil })), "ok green", "", "ggggg"},
		{"another password in the PBX, and somebody saw no entry in the portal", healthy().with(noEntries, showsUnknown, pbxCheck(wrongPassword), func(s *site) {
			no := false
			s.Answers.PortalShowsPBX = &no
		}), "5-8 red", "", "ggggR"},
	})
	yes := true
	portalShows := func(s *site) { s.Answers.PortalShowsPBX = &yes }
	optionsOnly := func(_ *facts.PBXCheck, d *facts.PBXDevice) { d.Others = []string{"OPTIONS"} }
	noTrust := func(c *facts.PBXCheck, _ *facts.PBXDevice) { c.TLSRefused = 3 }
	shortly := func(c *facts.PBXCheck, _ *facts.PBXDevice) { c.Listened = facts.Duration(10 * time.Second) }
	noName := func(_ *facts.PBXCheck, d *facts.PBXDevice) { d.UserAgent = "" }
	hearAll(t, []saying{
		{"the modem is a bridge, and the PBX is registered from elsewhere", healthy().with(bridged, binding(elsewhere, elsewhere)), "5-4", "another network of public addresses", ""},
		{"the PBX is registered from elsewhere", healthy().with(binding(elsewhere, elsewhere)), "5-4", "", "another network of public addresses"},
		{"the box's own registration was listed, the PBX's is not, and the portal shows it", healthy().with(noEntries, ownBinding(true), portalShows), "5-5", "though this provider shows it", "did not list"},
		{"the provider answered the query without a list, and said why", healthy().with(noEntries, showsUnknown, func(s *site) { s.Facts.Bindings.NotShown = "its answer was cut short" }), "5-5", "could not be seen: its answer was cut short.", "not known"},
		{"the list is empty, and the portal shows the PBX", healthy().with(noEntries, showsUnknown, portalShows), "5-5", "it is not known whether this provider shows it", "though this provider"},

		{"the router puts another port in the place of the expected one", healthy().with(binding("192.168.1.30:5060", "203.0.113.2:12345"), expectsPort(5060)), "5-2", "from port 12345, but port 5060 is expected. The PBX itself names the expected port: a router puts another one in its place. | Set the router to keep", ""},
		{"the PBX uses another port", healthy().with(binding("192.168.1.30:5070", "203.0.113.2:5070"), expectsPort(5060)), "5-2", "| Set the PBX to the expected port", "The PBX itself"},
		{"a slip in the PBX's name", healthy().with(noEntries, pbxCheck(slippedUser)), "5-6", "(it has a space at its end)", ""},
		{"another account in the PBX, for both of its names", healthy().with(noEntries, pbxCheck(otherAccount)), "5-6", "its login name is", "its username is"},
		{"registered from another port, and the check found nothing wrong", healthy().with(pbxCheck(), func(s *site) { s.Profile.Expect.Port = 5070 }), "5-2", "", "In the PBX check"},
		{"the settings are right, and it was not pointed back yet", healthy().with(noEntries, pbxCheck()), "5-1", `press "The PBX points back"`, ""},
		{"the settings are right, and it was pointed back a moment ago", healthy().with(noEntries, pbxCheck(back(30*time.Second))), "5-1", "were the trunk's", `press "The PBX points back"`},
		{"it sent OPTIONS alone", healthy().with(noEntries, pbxCheck(asked(0, 0), optionsOnly)), "5-1", "but no REGISTER", `press "The PBX points back"`},
		{"it sent OPTIONS alone, and the box still listens", healthy().with(noEntries, pbxCheck(asked(0, 0), optionsOnly, open5)), "5-1", "", "but no REGISTER"},
		{"it logged in for a realm that was guessed", healthy().with(noEntries, pbxCheck(boundTo("asterisk"), guessedRealm)), "5-1", "", "but no REGISTER"},
		{"a telephone does not trust the box, and the PBX is right", healthy().with(noEntries, pbxCheck(noTrust)), "5-1", "were the trunk's", "did not trust"},
		{"nothing came within ten seconds", healthy().with(noEntries, pbxCheck(nobody, shortly)), "5-1", "", "did not trust"},
		{"a device does not trust the box, which still listens", healthy().with(noEntries, pbxCheck(nobody, noTrust, open5)), "5-1", "", "did not trust"},
		{"a check beside this run", healthy().with(noEntries, pbxCheck(wrongPassword)), "5-8", "In the PBX check, ", "before this run"},
		{"a check ten minutes ago", healthy().with(noEntries, pbxCheck(wrongPassword, after(10*time.Minute))), "5-8", "In the PBX check 10m0s before this run, ", ""},
		{"a PBX that does not say its name", healthy().with(noEntries, pbxCheck(wrongPassword, noName)), "5-8", "the PBX at 192.168.1.30", `""`},
	})
}

// A check without a run says what it found, and that the box's own login was not tried.
func TestPBXCheckByItself(t *testing.T) {
	made := func(changes ...func(*facts.PBXCheck, *facts.PBXDevice)) facts.PBXCheck {
		return *healthy().with(pbxCheck(changes...)).Facts.PBXCheck
	}
	for _, c := range []struct {
		ticket      string
		check       facts.PBXCheck
		severity    catalogue.Severity
		says, never string
	}{
		{"the port was taken", made(nobody, func(c *facts.PBXCheck, _ *facts.PBXDevice) { c.Error = "the port is taken" }), catalogue.Broken, "could not listen for the PBX: the port is taken.", "nothing arrived"},
		{"the settings are right", made(), catalogue.Green, "Point the PBX back at the provider.", ""},
		{"another password", made(wrongPassword), catalogue.Red, "whose own login was not tried here", ""},
		{"another password of a PBX that came by OPTIONS first", made(wrongPassword, func(_ *facts.PBXCheck, d *facts.PBXDevice) { d.Others = []string{"OPTIONS"} }), catalogue.Red, "its password is another one", ""},
		{"nothing arrived", made(nobody), catalogue.Amber, "nothing arrived", "whose own login"},
		{"it sent OPTIONS alone", made(asked(0, 0), func(_ *facts.PBXCheck, d *facts.PBXDevice) { d.Others = []string{"OPTIONS"} }), catalogue.Broken, "but no REGISTER", ""},
		{"somebody ended it at once", made(nobody, func(c *facts.PBXCheck, _ *facts.PBXDevice) { c.Listened = 0 }), catalogue.Broken, "was ended before it could tell", ""},
	} {
		t.Run(c.ticket, func(t *testing.T) {
			f := PBXCheck(healthy().Profile, c.check)
			if f.Severity != c.severity {
				t.Errorf("%s %s: %s", f.Code, f.Severity, f.Text)
			}
			hear(t, f, c.says, c.never)
		})
	}
}
