package verdict

import (
	"testing"
	"time"

	"trunktester/appliance/catalogue"
	"trunktester/probes/facts"
)

// A verdict stands before the measurement of the line has ended: a light that SIP has proved does not blink beside it.
func TestNoBlinkBesideARed(t *testing.T) {
	judgeAll(t, []ticket{
		{"the login is refused, and the line is still being measured", healthy().with(refusedLogin(403, "Forbidden"), func(s *site) {
			s.Steps = append(s.Steps, facts.Step{ID: "quality", Light: 2})
		}), "4-2 red", "", "gggR-"},
	})
}

// Light 1 is never off, but where the whole row speaks of the box.
func TestLightOneIsNeverOff(t *testing.T) {
	for outcome, want := range map[facts.Outcome]catalogue.LightState{facts.NotRun: catalogue.LightTesting, facts.Broken: catalogue.LightUntested} {
		s := healthy()
		s.Facts = facts.Facts{}
		s.Steps[0].Outcome = outcome
		if got := Judge(s.Input).Row[0].State; got != want {
			t.Errorf("a first step that is %s: light 1 is %q, want %q", outcome, got, want)
		}
	}
}

// What could not be tested is said in the words of the steps of that light, each once; what passed or had to wait says nothing.
func TestWhatCouldNotBeTested(t *testing.T) {
	s := healthy().with(from(4))
	s.Steps = append(s.Steps[:0:0],
		facts.Step{ID: "link", Light: 1, Outcome: facts.Passed, Done: true, Saw: "The cable has a signal."},
		facts.Step{ID: "sip-tls", Light: 3, Outcome: facts.Failed, Done: true, Saw: "No TLS."},
		facts.Step{ID: "ledger", Light: 4, Outcome: facts.Passed, Done: true, Saw: "The ledger was read."},
		facts.Step{ID: "login", Light: 4, Outcome: facts.NotRun, Done: true, Saw: "A login was interrupted."},
		facts.Step{ID: "again", Light: 4, Outcome: facts.NotRun, Done: true, Saw: "A login was interrupted."},
		facts.Step{ID: "check-ip", Light: 4, Outcome: facts.NotRun, Done: true},
		facts.Step{ID: "own", Light: 4, Outcome: facts.Blocked, Done: true, Saw: "It waits for the login."},
		facts.Step{ID: "bindings", Light: 5, Outcome: facts.NotRun, Done: true, Saw: "No list."})
	const want = "The box could not test everything: A login was interrupted."
	if got := Judge(s.Input).Finding.Text; got != want {
		t.Errorf("%s\nwant %s", got, want)
	}
}

// Where a test had to wait for one that did not succeed, that one's words are the reason, each once. Other tests of the light
// that were not made add nothing to it; those that failed do.
func TestWhatATestHadToWaitFor(t *testing.T) {
	s := healthy().with(from(4))
	s.Steps = append(s.Steps[:0:0],
		facts.Step{ID: "link", Light: 1, Outcome: facts.Passed, Done: true, Saw: "The cable has a signal."},
		facts.Step{ID: "name", Light: 2, Outcome: facts.NotRun, Done: true, Saw: "The name was not asked."},
		facts.Step{ID: "sip-udp", Light: 3, Outcome: facts.NotRun, Done: true, Saw: "SIP was not asked."},
		facts.Step{ID: "sip-tcp", Light: 3, Outcome: facts.Failed, Done: true, Saw: "TCP failed."},
		facts.Step{ID: "sip-alg", Light: 3, Outcome: facts.Blocked, Blocker: "name", Done: true},
		facts.Step{ID: "login", Light: 4, Outcome: facts.Blocked, Blocker: "sip-udp", Done: true},
		facts.Step{ID: "again", Light: 4, Outcome: facts.Blocked, Blocker: "sip-udp", Done: true},
		facts.Step{ID: "check-ip", Light: 4, Outcome: facts.Blocked, Blocker: "sip-tcp", Done: true},
		facts.Step{ID: "ledger", Light: 4, Outcome: facts.NotRun, Done: true, Saw: "The ledger was not read."},
		facts.Step{ID: "clock", Light: 4, Outcome: facts.Failed, Done: true, Saw: "The clock is wrong."},
		facts.Step{ID: "clock-again", Light: 4, Outcome: facts.Failed, Done: true, Saw: "The clock is wrong."},
		facts.Step{ID: "own", Light: 4, Outcome: facts.Blocked, Blocker: "link", Done: true},
		facts.Step{ID: "bindings", Light: 4, Outcome: facts.Failed, Done: true})
	const want = "The box could not test everything: SIP was not asked. TCP failed. The clock is wrong."
	if got := Judge(s.Input).Finding.Text; got != want {
		t.Errorf("%q\nwant %q", got, want)
	}
}

// A green says what was proved, and no more.
func TestWhatGreenSays(t *testing.T) {
	yes := true
	hearAll(t, []saying{
		{"an address-authenticated trunk", healthy().with(ipTrunk("203.0.113.2")), "ok", "the public address is the one set in the portal", "login"},
		{"the provider lists the PBX", healthy(), "ok", "has a registration for this trunk", "asked for no password"},
		{"only the portal shows the PBX", healthy().with(noEntries, showsUnknown, func(s *site) { s.Answers.PortalShowsPBX = &yes }), "ok", "the login work.", "has a registration"},
		{"the PBX check has not ended", healthy().with(pbxCheck(asked(4, 0), open5)), "ok", "", "In the PBX check"},
		{"the registration lasts as long as a new one", healthy().with(pbxCheck(back(2*time.Minute), asks("3600")), lasts(3590*time.Second)), "ok", "were the trunk's", "left from before"},
		{"the registration was there before the PBX was pointed back", healthy().with(pbxCheck(back(2*time.Minute), asks("3600")), lasts(3480*time.Second)), "ok", "left from before", ""},
		{"the PBX does not say how long its registration is to last", healthy().with(pbxCheck(back(2*time.Minute), asks("")), lasts(time.Hour)), "ok", "left from before", ""},
		{"nobody said that the PBX points back", healthy().with(pbxCheck(asks("3600")), lasts(time.Minute)), "ok", "were the trunk's", "left from before"},
		{"only the portal shows the PBX, two minutes after it was pointed back", healthy().with(noEntries, pbxCheck(back(2*time.Minute), asks("3600")), func(s *site) { s.Answers.PortalShowsPBX = &yes }), "ok", "were the trunk's", "left from before"},
		{"the provider asks for no password", healthy().with(open), "ok", "asked for no password", ""},
		{"the box was idle", healthy(), "ok", "", "too busy"},
		{"the box was busy", healthy().with(func(s *site) { s.Facts.Quality.Late = facts.Duration(qualityLate) }), "ok", "too busy", ""},
	})
}
