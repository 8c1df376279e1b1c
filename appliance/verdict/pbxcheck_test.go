package verdict

import (
	"net/netip"
	"strings"
	"testing"
	"time"

	"trunktester/appliance/catalogue"
	"trunktester/probes/facts"
)

var sameAs = facts.Match{Is: facts.Same}

// pbxCheck: somebody pointed the PBX at the box, for two minutes, and this is what it did.
func pbxCheck(changes ...func(*facts.PBXCheck, *facts.PBXDevice)) func(*site) {
	return func(s *site) {
		two := facts.Duration(2 * time.Minute)
		c := &facts.PBXCheck{Addr: boxAddr.Addr(), Transports: []string{"udp", "tcp", "tls"}, Window: two, Listened: two, Realm: "sip.example.net", RealmFrom: "provider"}
		d := facts.PBXDevice{From: netip.MustParseAddrPort("192.168.1.30:5060"), Transport: "udp", UserAgent: "Sample 1.0", Registers: 2,
			User: "441632960000", AuthUser: "441632960000", Realm: "sip.example.net",
			UserIs: sameAs, AuthUserIs: sameAs, RealmIs: sameAs, PasswordIs: sameAs, Accepted: true}
		for _, change := range changes {
			change(c, &d)
		}
		if d.From.IsValid() {
			c.Devices = append(c.Devices, d)
		}
		s.Facts.PBXCheck = c
	}
}

func wrongPassword(c *facts.PBXCheck, d *facts.PBXDevice) {
	d.Accepted, d.PasswordIs = false, facts.Match{Is: facts.Other}
}

func spaceBehind(c *facts.PBXCheck, d *facts.PBXDevice) {
	d.Accepted, d.PasswordIs = false, facts.Match{Is: facts.Slipped, Slip: "has a space at its end"}
}

func otherAccount(c *facts.PBXCheck, d *facts.PBXDevice) {
	d.Accepted, d.User, d.AuthUser = false, "441632960001", "441632960001"
	d.UserIs, d.AuthUserIs = facts.Match{Is: facts.Other}, facts.Match{Is: facts.Other}
}

// slippedUser: the PBX's username has a slip in it.
func slippedUser(_ *facts.PBXCheck, d *facts.PBXDevice) {
	d.Accepted, d.User, d.AuthUser = false, "441632960000 ", "441632960000 "
	d.UserIs = facts.Match{Is: facts.Slipped, Slip: "has a space at its end"}
	d.AuthUserIs = d.UserIs
}

func otherDomain(c *facts.PBXCheck, d *facts.PBXDevice) {
	d.Accepted, d.Domain, d.DomainIs = false, "sip.other.example", facts.Match{Is: facts.Other}
}

func boundTo(realm string) func(*facts.PBXCheck, *facts.PBXDevice) {
	return func(c *facts.PBXCheck, d *facts.PBXDevice) {
		d.Accepted, d.Realm, d.RealmIs = false, realm, facts.Match{Is: facts.Other}
	}
}

// asked: it was asked for its password so many times, and did not answer.
func asked(times, repeats int) func(*facts.PBXCheck, *facts.PBXDevice) {
	return func(c *facts.PBXCheck, d *facts.PBXDevice) {
		d.Accepted, d.AuthUser, d.Realm = false, "", ""
		d.AuthUserIs, d.RealmIs, d.PasswordIs = facts.Match{}, facts.Match{}, facts.Match{}
		d.Registers, d.Unanswered, d.Repeats = times, times, repeats
	}
}

func nobody(c *facts.PBXCheck, d *facts.PBXDevice) { *d = facts.PBXDevice{} }

func guessedRealm(c *facts.PBXCheck, _ *facts.PBXDevice) { c.RealmFrom = "domain" }

func open5(c *facts.PBXCheck, _ *facts.PBXDevice) { c.Open = true }

func after(ago time.Duration) func(*facts.PBXCheck, *facts.PBXDevice) {
	return func(c *facts.PBXCheck, _ *facts.PBXDevice) { c.Ago = facts.Duration(ago) }
}

// back: somebody said so long before this run that the PBX points back.
func back(d time.Duration) func(*facts.PBXCheck, *facts.PBXDevice) {
	return func(c *facts.PBXCheck, _ *facts.PBXDevice) {
		since := facts.Duration(d)
		c.Back, c.Ago = &since, since
	}
}

// asks: the PBX wants its registration to last so many seconds.
func asks(expires string) func(*facts.PBXCheck, *facts.PBXDevice) {
	return func(_ *facts.PBXCheck, d *facts.PBXDevice) { d.Expires = expires }
}

// lasts: the registration at the provider ends in so long.
func lasts(d time.Duration) func(*site) {
	return func(s *site) { s.Facts.Bindings.Contacts[0].Expires = facts.Duration(d) }
}

// ownBinding: the box registered itself for a moment, and was in the list or not.
func ownBinding(shown bool, lost ...string) func(*site) {
	return func(s *site) {
		o := &facts.OwnBinding{Attempts: 4, Registered: true, Shown: &shown, Removed: true, AfterKnown: true}
		for _, uri := range lost {
			o.Lost = append(o.Lost, facts.Binding{URI: uri})
		}
		s.Facts.OwnBinding = o
	}
}

func refusedBinding(s *site) { s.Facts.OwnBinding = &facts.OwnBinding{Attempts: 1} }

func TestPBXCheckTickets(t *testing.T) {
	yes, no := true, false
	for _, c := range []struct {
		ticket string
		site   *site
		want   string // code and severity
		also   string
		says   string // a piece of the verdict's text
	}{
		{"the settings are right, and it is registered", healthy().with(pbxCheck()), "ok green", "", "the PBX's settings were the trunk's"},
		{"the settings are right, and it is not registered yet", healthy().with(noEntries, pbxCheck()), "5-1 red", "",
			`the settings of the PBX "Sample 1.0" at 192.168.1.30 were the trunk's`},
		{"the same a moment after it was pointed back", healthy().with(noEntries, pbxCheck(back(30*time.Second))), "5-1 red", "", "were the trunk's"},
		{"the same two minutes after it was pointed back", healthy().with(noEntries, pbxCheck(back(2*time.Minute))), "5-7 red", "", "still empty"},
		{"two minutes after, at a provider that may hide its list", healthy().with(noEntries, showsUnknown, pbxCheck(back(3*time.Minute))), "5-5 amber", "", "were the trunk's"},
		{"two minutes after, and the portal shows no entry", healthy().with(noEntries, showsUnknown, pbxCheck(back(3*time.Minute)), func(s *site) { s.Answers.PortalShowsPBX = &no }), "5-7 red", "", ""},
		{"two minutes after, and the portal shows it", healthy().with(noEntries, pbxCheck(back(3*time.Minute)), func(s *site) { s.Answers.PortalShowsPBX = &yes }), "ok green", "5-5 green", ""},
		{"two minutes after, it is registered", healthy().with(pbxCheck(back(2 * time.Minute))), "ok green", "", ""},
		{"two minutes after, behind a router that rewrites SIP", healthy().with(noEntries, algProved, pbxCheck(back(2*time.Minute))), "3-2 red", "5-7 red", ""},

		{"another password", healthy().with(noEntries, pbxCheck(wrongPassword)), "5-8 red", "", "another one, and not by a usual slip"},
		{"a space behind the password", healthy().with(noEntries, pbxCheck(spaceBehind)), "5-8 red", "", "it has a space at its end"},
		{"a space behind the password, while the box still listens", healthy().with(noEntries, pbxCheck(spaceBehind, open5)), "5-8 red", "", ""},
		{"another password, at a provider that may hide its list", healthy().with(noEntries, showsUnknown, pbxCheck(wrongPassword)), "5-8 red", "5-5 amber", ""},
		{"another password, and the provider has a registration", healthy().with(pbxCheck(wrongPassword)), "5-8 amber", "", "But the provider has a registration"},
		{"another password, and the portal shows the PBX", healthy().with(noEntries, pbxCheck(wrongPassword), func(s *site) { s.Answers.PortalShowsPBX = &yes }), "5-8 amber", "5-5 green", ""},
		{"another password than the box's, whose own login is refused", healthy().with(refusedLogin(401, "Unauthorized"), pbxCheck(wrongPassword)), "4-2 red", "5-8 amber", ""},
		{"another password, and the provider asks for none", healthy().with(open, noEntries, pbxCheck(wrongPassword)), "5-1 red", "5-8 amber", ""},
		{"another password behind a router that rewrites SIP", healthy().with(noEntries, algProved, pbxCheck(wrongPassword)), "5-8 red", "3-2 amber", ""},
		{"another password, some time ago", healthy().with(noEntries, pbxCheck(wrongPassword, after(10*time.Minute))), "5-8 red", "", "run the PBX check again"},
		{"another password some time ago, at a provider that may hide its list", healthy().with(noEntries, showsUnknown, pbxCheck(wrongPassword, after(10*time.Minute))), "5-5 amber", "5-8 green", ""},
		{"another password some time ago, corrected since", healthy().with(pbxCheck(wrongPassword, after(10*time.Minute))), "5-8 amber", "", ""},
		{"the digest cannot be judged", healthy().with(noEntries, pbxCheck(func(_ *facts.PBXCheck, d *facts.PBXDevice) {
			d.Accepted, d.PasswordIs = false, facts.Match{Is: facts.Unproved, Slip: "its answer is no MD5 digest"}
		})), "5-1 red", "5-8 amber", ""},

		{"another account", healthy().with(noEntries, pbxCheck(otherAccount)), "5-6 red", "", `"441632960001", and the trunk's is "441632960000"`},
		{"another account and another password", healthy().with(noEntries, pbxCheck(otherAccount, wrongPassword)), "5-6 red", "", "Its password is not the trunk's either."},
		{"another domain", healthy().with(noEntries, pbxCheck(otherDomain)), "5-6 red", "", `its domain is "sip.other.example"`},
		{"another domain, at a provider that may hide its list", healthy().with(noEntries, showsUnknown, pbxCheck(otherDomain)), "5-5 amber", "5-6 amber", ""},
		{"bound to another realm", healthy().with(noEntries, pbxCheck(boundTo("asterisk"))), "5-6 red", "", `only for the realm "asterisk"`},
		{"bound to another realm than the one that was guessed", healthy().with(noEntries, pbxCheck(boundTo("asterisk"), guessedRealm)), "5-1 red", "", ""},
		{"it never answers when it is asked for its password", healthy().with(noEntries, pbxCheck(asked(4, 0))), "5-6 red", "", "never answered"},
		{"it never answers for a realm that was guessed", healthy().with(noEntries, pbxCheck(asked(4, 0), guessedRealm)), "5-1 red", "5-6 amber", ""},
		{"it was asked once", healthy().with(noEntries, pbxCheck(asked(1, 0))), "5-1 red", "5-6 amber", ""},
		{"it never answers, and the box still listens", healthy().with(noEntries, pbxCheck(asked(4, 0), open5)), "5-1 red", "", ""},
		{"the box's answers do not reach it", healthy().with(noEntries, pbxCheck(asked(2, 12))), "5-1 red", "5-9 amber", ""},

		{"nothing arrived", healthy().with(noEntries, pbxCheck(nobody)), "5-9 red", "", "kept apart from the box"},
		{"nothing arrived, and the PBX is registered", healthy().with(pbxCheck(nobody)), "ok green", "5-9 green", ""},
		{"nothing arrived, at a provider that may hide its list", healthy().with(noEntries, showsUnknown, pbxCheck(nobody)), "5-5 amber", "5-9 amber", ""},
		{"nothing has arrived yet", healthy().with(noEntries, pbxCheck(nobody, open5)), "5-1 red", "", ""},
		{"somebody ended it after ten seconds", healthy().with(noEntries, pbxCheck(nobody, func(c *facts.PBXCheck, _ *facts.PBXDevice) {
			c.Listened = facts.Duration(10 * time.Second)
		})), "5-1 red", "", ""},
		{"a PBX that speaks only TLS", healthy().with(noEntries, pbxCheck(nobody, func(c *facts.PBXCheck, _ *facts.PBXDevice) { c.TLSRefused = 3 })), "5-1 red", "", "did not trust the box's certificate"},
		{"it sent OPTIONS and did not register", healthy().with(noEntries, pbxCheck(asked(0, 0), func(_ *facts.PBXCheck, d *facts.PBXDevice) { d.Others = []string{"OPTIONS"} })),
			"5-1 red", "", "its registration is not switched on"},
		{"the box could not listen", healthy().with(noEntries, pbxCheck(nobody, func(c *facts.PBXCheck, _ *facts.PBXDevice) { c.Error = "the port is taken" })), "5-1 red", "", ""},
		{"an old telephone is wrong, the PBX is right", healthy().with(noEntries, pbxCheck(func(c *facts.PBXCheck, d *facts.PBXDevice) {
			wrong := *d
			wrongPassword(c, &wrong)
			c.Devices = append(c.Devices, wrong)
		})), "5-1 red", "", "were the trunk's"},
		{"the box's own registration was listed, the PBX's is not there", healthy().with(noEntries, showsUnknown, ownBinding(true)), "5-1 red", "", ""},
		{"the box's own registration was listed, the PBX's as well", healthy().with(showsUnknown, ownBinding(true)), "ok green", "", ""},
		{"the box's own registration was not listed", healthy().with(noEntries, showsUnknown, ownBinding(false)), "5-5 amber", "", "this provider did not list it"},
		{"the box's own registration was not listed, though the file says that it would be", healthy().with(noEntries, ownBinding(false)), "5-5 amber", "", ""},
		{"the box's own registration was refused", healthy().with(noEntries, showsUnknown, refusedBinding), "5-5 amber", "", "it is not known"},
		{"the box's own registration has pushed the PBX out", healthy().with(noEntries, showsUnknown, ownBinding(true, "sip:pbx@192.168.1.30")), "5-1 red", "", "is gone since"},
		{"the box's own registration was listed, and the PBX has another password", healthy().with(noEntries, showsUnknown, ownBinding(true), pbxCheck(wrongPassword)), "5-8 red", "", ""},
		{"an address-authenticated trunk", healthy().with(ipTrunk("203.0.113.2"), pbxCheck(wrongPassword)), "ok green", "", ""},
	} {
		t.Run(c.ticket, func(t *testing.T) {
			v := Judge(c.site.Input)
			spoken(t, append([]catalogue.Finding{v.Finding}, v.Also...)...)
			if got := v.Finding.Code + " " + string(v.Finding.Severity); got != c.want {
				t.Errorf("verdict %s, want %s\n%s", got, c.want, v.Finding.Text)
			}
			var also []string
			for _, f := range v.Also {
				also = append(also, f.Code+" "+string(f.Severity))
			}
			if got := strings.Join(also, " "); got != c.also {
				t.Errorf("also %q, want %q", got, c.also)
			}
			if !strings.Contains(v.Finding.Text, c.says) {
				t.Errorf("the text does not say %q: %s", c.says, v.Finding.Text)
			}
			for _, f := range append(v.Also, v.Finding) {
				if strings.Contains(f.Text, "secret") || strings.Contains(f.Text, "  ") || !strings.HasSuffix(f.Text, ".") {
					t.Errorf("the text of %s: %q", f.Code, f.Text)
				}
			}
		})
	}
}
