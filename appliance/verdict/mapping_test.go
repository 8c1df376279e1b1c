package verdict

import (
	"strings"
	"testing"
	"time"

	"trunktester/probes/facts"
)

// mappingLives: it let something in after the one silence, in seconds, and no more after the other; 0 for none.
func mappingLives(atLeast, under int) func(*site) {
	return func(s *site) {
		s.Facts.Lifetime = &facts.Lifetime{How: "STUN, RFC 5780", AtLeast: facts.Duration(atLeast) * facts.Duration(time.Second), Under: facts.Duration(under) * facts.Duration(time.Second)}
	}
}

// measuredBefore is a measurement that an earlier run left.
func measuredBefore(ago time.Duration) func(*site) {
	return func(s *site) { s.Facts.Lifetime.Ago = facts.Duration(ago) }
}

func TestMappingTickets(t *testing.T) {
	judgeAll(t, []ticket{
		{"the router forgets after less than half a minute", healthy().with(mappingLives(25, 40)), "3-6 amber", "", "ggAgg"},
		{"the router forgot too soon when it was measured, some runs ago", healthy().with(mappingLives(25, 40), measuredBefore(3*time.Hour)), "3-6 amber", "", "ggAgg"},
		{"the router kept a mapping when it was measured, some runs ago", healthy().with(mappingLives(100, 0), measuredBefore(3*time.Hour)), "ok green", "", "ggggg"},
		{"the router forgets at once", healthy().with(mappingLives(0, 15)), "3-6 amber", "", "ggAgg"},
		{"the router forgets just before 90 s", healthy().with(mappingLives(70, 88)), "3-6 amber", "", "ggAgg"},
		{"the router forgets somewhere around 90 s", healthy().with(mappingLives(88, 100)), "ok green", "", "ggggg"},
		{"the router keeps mappings", healthy().with(mappingLives(100, 0)), "ok green", "", "ggggg"},
		{"the time could not be told", healthy().with(mappingLives(0, 0)), "ok green", "", "ggggg"},
		{"a trunk over TCP does not mind", healthy().with(mappingLives(25, 40), func(s *site) { s.Profile.Trunk.Transport = "tcp" }), "ok green", "", "ggggg"},
		{"a hosted PBX is not behind this router", healthy().with(mappingLives(25, 40), func(s *site) { s.Profile.PBX.Location = "hosted" }), "ok green", "", "ggggg"},
		{"a routed line has no mappings", healthy().with(mappingLives(25, 40), func(s *site) { s.Facts.Public.Mapping = facts.MappingNone }), "ok green", "", "ggggg"},
		{"the router forgets after 55 s, and the PBX asks for a minute", healthy().with(mappingLives(55, 70), pbxCheck(asks("60"))), "3-6 amber", "", "ggAgg"},
		{"the router forgets after 70 s, and the PBX asks for a minute", healthy().with(mappingLives(70, 85), pbxCheck(asks("60"))), "ok green", "3-6 green", "ggggg"},
		{"the router forgets after a minute, and the PBX asks for one", healthy().with(mappingLives(60, 85), pbxCheck(asks("60"))), "ok green", "3-6 green", "ggggg"},
		{"the router forgets after 70 s, and the PBX asks for an hour", healthy().with(mappingLives(70, 85), pbxCheck(asks("3600"))), "3-6 amber", "", "ggAgg"},
		{"the router forgets after 70 s, and the PBX does not say what it asks for", healthy().with(mappingLives(70, 85), pbxCheck(asks(""))), "3-6 amber", "", "ggAgg"},
		{"the router forgets after 70 s, and the PBX asks to be removed", healthy().with(mappingLives(70, 85), pbxCheck(asks("0"))), "3-6 amber", "", "ggAgg"},
		{"the router forgets after 70 s, and no PBX came to the check", healthy().with(mappingLives(70, 85), pbxCheck(nobody)), "3-6 amber", "5-9 green", "ggAgg"},
		{"the router forgets after 55 s, and what is left of the registration is less", healthy().with(mappingLives(55, 70), lasts(40*time.Second)), "3-6 amber", "", "ggAgg"},
		{"the router forgets, and the PBX is not registered", healthy().with(mappingLives(25, 40), noEntries), "5-1 red", "3-6 amber", "ggagR"},
	})
}

// A measurement of minutes holds up neither a red nor a green, and may add a weakness when it ends.
func TestTheVerdictDoesNotWaitForMinutes(t *testing.T) {
	measuring := func(done bool) func(*site) {
		return func(s *site) {
			s.Steps = append(s.Steps, facts.Step{ID: "lifetime", Light: 3, Done: done, Outcome: facts.Passed})
		}
	}
	judgeAll(t, []ticket{
		{"all is well, and it is being measured", healthy().with(measuring(false)), "ok green", "", "ggggg"},
		{"a firewall rejects SIP, and it is being measured", healthy().with(silentSIP("udp", "tcp", "tls"), refusedBy("192.168.1.1", 13), measuring(false)), "3-1 red", "", "ggR--"},
		{"the login is refused, and it is being measured", healthy().with(refusedLogin(403, "Forbidden"), measuring(false)), "4-2 red", "", "gggR-"},
		{"it was measured", healthy().with(measuring(true), mappingLives(25, 40)), "3-6 amber", "", "ggAgg"},
	})
	if text := Judge(healthy().with(mappingLives(25, 40), measuredBefore(3*time.Hour)).Input).Finding.Text; !strings.Contains(text, "after 25 s to 40 s (measured on this line at least 3 h ago), and") {
		t.Error(text)
	}
	if Judge(healthy().with(measuring(false)).Input).Final {
		t.Error("final, though it may still change")
	}
}
