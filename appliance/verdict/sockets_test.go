package verdict

import (
	"net/netip"
	"slices"
	"strings"
	"testing"

	"trunktester/appliance/catalogue"
	"trunktester/probes/facts"
)

// tested: these lines of the checklist passed.
func tested(ids ...string) func(*site) {
	return func(s *site) {
		for _, id := range ids {
			s.Steps = append(s.Steps, facts.Step{ID: id, Outcome: facts.Passed, Done: true})
		}
	}
}

// ended: this line of the checklist ended so.
func ended(id string, o facts.Outcome) func(*site) {
	return func(s *site) {
		s.Steps = slices.DeleteFunc(s.Steps, func(step facts.Step) bool { return step.ID == id })
		s.Steps = append(s.Steps, facts.Step{ID: id, Outcome: o, Done: true})
	}
}

func shakes(s *site) { s.with(jittery(45e6, false)) }

// proves: the comparison A1 of the ALG search ended so.
func proves(result string) func(*site) {
	return func(s *site) {
		word := map[string]string{"proof": facts.ALGProved, "clean": facts.ALGNotSeen, "inconclusive": facts.ALGCouldNotTell}[result]
		over := map[string][]string{facts.ALGProved: {"udp"}}
		s.Facts.ALG = &facts.ALG{Word: word, Over: over[word], Why: "A1.", Proofs: []facts.Proof{{ID: "A1", Result: result}, {ID: "A2", Result: "clean"}}}
	}
}

func byLine(public string) func(*site) {
	return func(s *site) { s.Facts.Public = &facts.Public{Addr: netip.MustParseAddr(public)} }
}

// carried is a box that was at these sockets, from the line inwards; nil where it was not. The run at the last one that
// is named is judged.
func carried(router, lan, pbx *site, here string) Input {
	var all []Socket
	var now *site
	for i, s := range []*site{router, lan, pbx} {
		if name := []string{"router", "lan", "pbx"}[i]; s != nil {
			all = append(all, Socket{Name: name, Facts: s.Facts, Steps: s.Steps, Answers: s.Answers, Here: name == here})
			if name == here {
				now = s
			}
		}
	}
	in := now.Input
	in.Sockets = all
	return in
}

func TestBetweenTwoSocketsTickets(t *testing.T) {
	dead := func() *site {
		return healthy().with(silentOutside, noPing, silentSIP("udp", "tcp", "tls"), from(3), ended("internet", facts.Failed))
	}
	const lies = "the fault lies between the two"
	for _, c := range []struct {
		ticket string
		in     Input
		want   string // code and severity of the verdict
		says   string // a piece of its text, advice or who must act
		never  string
	}{
		{"the way out ends before the PBX's socket", carried(healthy(), nil, dead(), "pbx"), "2-1 red", "At the router this was not there, at the PBX's own socket it is: " + lies + ". | Look at what lies between the two", "isp"},
		{"it ends before the LAN socket already", carried(healthy(), dead(), dead(), "pbx"), "2-1 red", "At the router this was not there, at the LAN socket it is", "At the router this was not there, at the PBX's"},
		{"the LAN socket is fine", carried(healthy(), healthy(), dead(), "pbx"), "2-1 red", "At the LAN socket this was not there, at the PBX's own socket it is", ""},
		{"it is dead everywhere", carried(dead(), dead(), dead(), "pbx"), "2-1 red", "isp", lies},
		{"dead at the router, fine at the PBX's socket: it comes and goes", carried(dead(), nil, healthy(), "pbx"), "ok green", "work", "Further in"},
		{"dead at the LAN socket alone: it comes and goes", carried(healthy(), dead(), healthy(), "lan"), "2-1 red", "isp", lies},
		{"the box is back at the router, where all is well", carried(healthy(), nil, dead(), "router"), "ok green", "Further in, at the PBX's own socket, the box found 2-1 (No internet behind the router), and not at the router: that fault lies between the two. | Look at what lies between the two", "nothing"},
		{"at the router nobody looked", carried(healthy().with(forget(func(f *facts.Facts) { f.Internet = nil })), nil, dead(), "pbx"), "2-1 red", "isp", lies},

		{"the line is poor at the LAN socket alone", carried(healthy(), healthy().with(shakes), nil, "lan"), "2-7 amber", lies, "isp"},
		{"the line was measured too short at the router", carried(healthy().with(func(s *site) { s.Facts.Quality.Far[0].Sent, s.Facts.Quality.Far[1].Sent = 40, 40 }), healthy().with(shakes), nil, "lan"), "2-7 amber", "isp", lies},
		{"the box itself was busy at the router", carried(healthy().with(func(s *site) { s.Facts.Quality.Late = facts.Duration(qualityLate) }), healthy().with(shakes), nil, "lan"), "2-7 amber", "isp", lies},
		{"no host answered ping at the router", carried(healthy().with(func(s *site) { s.Facts.Quality.Far = nil }), healthy().with(shakes), nil, "lan"), "2-7 amber", "isp", lies},
		{"one far host of two is poor at the router as well", carried(healthy().with(func(s *site) { s.Facts.Quality.Far[0].Jitter = 45e6 }), healthy().with(shakes), nil, "lan"), "2-7 amber", "isp", lies},
		{"the router answers ping late, seen from its own socket", carried(healthy().with(func(s *site) { s.Facts.Quality.Gateway.Jitter = 45e6 }), healthy().with(shakes), nil, "lan"), "2-7 amber", "isp", lies},
		{"line quality was not measured at the router", carried(healthy().with(func(s *site) { s.Facts.Quality = nil }), healthy().with(shakes), nil, "lan"), "2-7 amber", "isp", lies},
		{"the LAN goes out by another line", carried(healthy().with(byLine("203.0.113.2")), healthy().with(shakes, byLine("203.0.113.9")), nil, "lan"), "2-7 amber", "isp", lies},
		{"the LAN goes out by the same line", carried(healthy().with(byLine("203.0.113.2")), healthy().with(shakes, byLine("203.0.113.2")), nil, "lan"), "2-7 amber", lies, ""},

		{"a firewall before the PBX rewrites", carried(healthy().with(proves("clean")), nil, healthy().with(proves("proof")), "pbx"), "3-2 amber", "Find the firewall or second router between the two", "isp"},
		{"the comparison could not tell at the router", carried(healthy().with(proves("inconclusive")), nil, healthy().with(proves("proof")), "pbx"), "3-2 amber", "isp", lies},
		{"a reflector ruled it out at the router", carried(healthy().with(func(s *site) { s.Facts.ALG = &facts.ALG{Word: facts.ALGRuledOut} }), nil, healthy().with(proves("proof")), "pbx"), "3-2 amber", lies, ""},
		{"nobody searched at the router", carried(healthy().with(func(s *site) { s.Facts.ALG = nil }), nil, healthy().with(proves("proof")), "pbx"), "3-2 amber", "isp", lies},
		{"the comparison that proved it was not made at the router", carried(healthy().with(func(s *site) {
			s.Facts.ALG = &facts.ALG{Word: facts.ALGNotSeen, Proofs: []facts.Proof{{ID: "A2", Result: "clean"}}}
		}), nil, healthy().with(proves("proof")), "pbx"), "3-2 amber", "isp", lies},

		{"at the router the proving comparison alone was clean", carried(healthy().with(func(s *site) {
			s.Facts.ALG = &facts.ALG{Word: facts.ALGNotSeen, Proofs: []facts.Proof{{ID: "A1", Result: "clean"}}}
		}), nil, healthy().with(proves("proof")), "pbx"), "3-2 amber", lies, "isp"},
		{"what does no harm is told of no other socket", carried(healthy().with(tested("portal")), nil, healthy().with(filtersPage), "router"), "ok green", "work", "Further in"},

		{"the wrong password is wrong everywhere", carried(healthy(), nil, healthy().with(refusedLogin(401, "Unauthorized")), "pbx"), "4-2 red", "reseller", lies},
	} {
		t.Run(c.ticket, func(t *testing.T) {
			f := Judge(c.in).Finding
			if got := f.Code + " " + string(f.Severity); got != c.want {
				t.Fatalf("%s: %s", got, f.Text)
			}
			hear(t, f, c.says, c.never)
		})
	}
}

// A run whose own socket is not among those that are compared says nothing of them.
func TestElsewhereIsNotHere(t *testing.T) {
	in := carried(healthy(), nil, healthy().with(shakes), "router")
	hear(t, Judge(in).Finding, "Further in, at the PBX's own socket", "")
	in.Sockets[0].Here = false
	hear(t, Judge(in).Finding, "work", "Further in")
}

// A run of unknown age is told, and changes neither the advice nor who acts.
func TestAnotherRunOfUnknownAge(t *testing.T) {
	in := carried(healthy(), nil, healthy().with(shakes), "pbx")
	in.Sockets[0].Undated = true
	f := Judge(in).Finding
	hear(t, f, "the fault lies between the two. How long ago that other test was made is not known", "Look at what lies between")
	if len(f.Acts) != 1 || f.Acts[0] != catalogue.ISP {
		t.Errorf("%v must act", f.Acts)
	}
}

// What proves each fault absent at another socket, and what is not enough.
func TestProvedAbsent(t *testing.T) {
	nothing := &site{Input{Profile: healthy().Profile}}
	for _, c := range []struct {
		code  string
		steps string
	}{
		{"1-1", "link"}, {"1-2", "address"}, {"1-3", "gateway"}, {"1-4", "address"}, {"1-5", "offers"}, {"1-7", "link cable"}, {"1-8", "address"},
		{"2-2", "resolver"}, {"2-3", "name witness"}, {"2-4", "name witness"}, {"2-5", "portal"}, {"2-8", "mtu"}, {"3-5", "fragments"}, {"3-8", "rtp"}, {"3-9", "intercept"},
	} {
		ids := strings.Fields(c.steps)
		all := &site{Input{Profile: healthy().Profile}}
		all.with(tested(ids...))
		if !socketOf(all).refutes(all.Profile, c.code, facts.Facts{}) {
			t.Errorf("%s is not refuted by %s", c.code, c.steps)
		}
		for _, id := range ids {
			one := &site{all.Input}
			one.Steps = slices.Clone(one.Steps)
			one.with(ended(id, facts.NotRun))
			if socketOf(one).refutes(one.Profile, c.code, facts.Facts{}) {
				t.Errorf("%s is refuted though %s was not run", c.code, id)
			}
		}
	}
	lan := func(sent int, late facts.Duration, o facts.Outcome) *site {
		return healthy().with(arp(sent, 0), func(s *site) { s.Facts.LAN.Late = late }, ended("lan", o))
	}
	for _, c := range []struct {
		why  string
		code string
		at   *site
		want bool
	}{
		{"fifty round trips to the router", "1-9", lan(50, 0, facts.Passed), true},
		{"too few round trips", "1-9", lan(49, 0, facts.Passed), false},
		{"a busy box", "1-9", lan(50, facts.Duration(qualityLate), facts.Passed), false},
		{"a test that failed", "1-9", lan(50, 0, facts.Failed), false},
		{"no measurement", "1-9", healthy().with(ended("lan", facts.Passed)), false},
		{"the outside world answers", "2-1", healthy(), true},
		{"the outside world is silent", "2-1", healthy().with(silentOutside), false},
		{"the provider answers ping", "2-6", healthy(), true},
		{"nothing was looked at", "2-6", nothing, false},
		{"SIP was answered", "3-1", healthy(), true},
		{"nothing was looked at", "3-1", nothing, false},
		{"SIP was answered over UDP", "3-3", healthy(), true},
		{"SIP was answered over the others", "3-3", healthy().with(silentSIP("udp")), false},
		{"the trunk's TCP works", "3-4", healthy().with(over("tcp")), true},
		{"the trunk's TCP is silent", "3-4", healthy().with(over("tcp"), silentSIP("tcp")), false},
		{"a trunk over UDP", "3-4", healthy(), false},
		{"the account's faults do not depend on the socket", "4-2", healthy(), false},
	} {
		if got := socketOf(c.at).refutes(c.at.Profile, c.code, facts.Facts{}); got != c.want {
			t.Errorf("%s, %s: %v", c.code, c.why, got)
		}
	}
}

func socketOf(s *site) Socket { return Socket{Facts: s.Facts, Steps: s.Steps} }
