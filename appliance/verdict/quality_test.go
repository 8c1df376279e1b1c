package verdict

import (
	"testing"
	"time"

	"trunktester/appliance/catalogue/words"
	"trunktester/probes/facts"
)

// onlyHost: one far host answers ping, and does so.
func onlyHost(does func(*facts.Echo)) func(*site) {
	return func(s *site) {
		does(&s.Facts.Quality.Far[0])
		s.Facts.Quality.Far[1].Back = 0
	}
}

func loses(n int) func(*facts.Echo) { return func(e *facts.Echo) { e.Back = e.Sent - n } }

func takes(round, jitter time.Duration) func(*facts.Echo) {
	return func(e *facts.Echo) { e.Avg, e.Jitter = facts.Duration(round), facts.Duration(jitter) }
}

// repeats: so many SIP messages to the provider were answered only when they were sent again.
func repeats(n int) func(*site) {
	return func(s *site) {
		for i := range n {
			s.Facts.UDP.Targets[0].Exchanges[i].Sends = 2
		}
	}
}

// sipTakes: how long the provider's answers to SIP took, from the one that came soonest on.
func sipTakes(times ...time.Duration) func(*site) {
	return func(s *site) {
		n := 0
		for _, a := range attempts(s.Facts) {
			for i := range a.Exchanges {
				a.Exchanges[i].Reply.RTT = facts.Duration(times[n%len(times)])
				n++
			}
		}
	}
}

func TestOneFarHost(t *testing.T) {
	const ms = time.Millisecond
	judgeAll(t, []ticket{
		{"the provider alone answers ping, and limits it", healthy().with(onlyHost(loses(40))), "ok green", "2-7 green", "ggggg"},
		{"the provider alone answers ping, and one SIP message had to be repeated", healthy().with(onlyHost(loses(40)), repeats(1)), "ok green", "2-7 green", "ggggg"},
		{"the provider alone answers ping, and SIP messages had to be repeated as well", healthy().with(onlyHost(loses(40)), repeats(2)), "2-7 amber", "", "gAggg"},
		{"the same, and the provider ignores OPTIONS", healthy().with(onlyHost(loses(40)), repeats(2), ignoresOptions), "ok green", "2-7 green", "ggggg"},
		{"the provider alone answers ping, loses none, and was slow to answer SIP at first", healthy().with(onlyHost(loses(0)), repeats(2)), "ok green", "", "ggggg"},
		{"a line by satellite on which the provider alone answers ping", healthy().with(onlyHost(takes(600*ms, 0)), sipTakes(620*ms, 650*ms)), "2-7 amber", "", "gAggg"},
		{"the provider answers ping late, and SIP at once", healthy().with(onlyHost(takes(600*ms, 0)), sipTakes(620*ms, 30*ms)), "ok green", "2-7 green", "ggggg"},
		{"the only host that answers ping does so now sooner, now later", healthy().with(onlyHost(takes(40*ms, 35*ms)), sipTakes(620*ms)), "ok green", "2-7 green", "ggggg"},
		{"the only host that answers ping is late, and nobody asked by SIP", healthy().with(onlyHost(takes(600*ms, 0)), from(3), func(s *site) { s.Profile.Trunk.Domain = "" }), "no-trunk amber", "2-7 green", "gg---"},
		{"two of three far hosts lose packets", healthy().with(onlyHost(loses(5)), func(s *site) {
			s.Facts.Quality.Far[1].Back = 94
			s.Facts.Quality.Far = append(s.Facts.Quality.Far, s.Facts.Quality.Far[0])
			s.Facts.Quality.Far[2].Back = 100
		}), "2-7 amber", "", "gAggg"},
	})
	hearAll(t, []saying{
		{"the provider alone answers ping, and limits it", healthy().with(onlyHost(loses(40))), "2-7", "or that host limits ping: cannot tell which. | Name a second host", "severe"},
		{"nobody need act on that", healthy().with(onlyHost(loses(40))), "2-7", "| nobody", "isp"},
		{"SIP shows the same", healthy().with(onlyHost(loses(40)), repeats(2)), "2-7", "This is severe. No other far host answered ping, but the provider's answers to SIP show the same.", "cannot tell"},
		{"two hosts agree", healthy().with(func(s *site) { s.Facts.Quality.Far[0].Back, s.Facts.Quality.Far[1].Back = 95, 95 }), "2-7", "is too poor", "No other far host"},
	})
	if v := Judge(healthy().with(onlyHost(loses(40))).Input); v.Also[0].Title != "Ping to the only far host is poor" {
		t.Error(v.Also[0].Title)
	}
}

// Where the line or the cable loses packets, a question without an answer is no mystery, and no fault of the box.
func TestLostOnTheWay(t *testing.T) {
	line := func(s *site) { s.Facts.Quality.Far[0].Back, s.Facts.Quality.Far[1].Back = 94, 94 }
	judgeAll(t, []ticket{
		{"the line loses packets, and the login's was among them", healthy().with(line, from(4)), "2-7 amber", "", "gAg--"},
		{"the same, and the box had no memory left for the login", healthy().with(line, from(4), func(s *site) {
			for i := range s.Steps {
				if s.Steps[i].Light == 4 {
					s.Steps[i].Outcome = facts.Broken
				}
			}
		}), "box broken", "2-7 amber", "gag--"},
		{"the cable loses packets, and the name server's answers were among them", healthy().with(pingsLost(10), arp(60, 5), from(3)), "1-9 amber", "", "Ag---"},
		{"nobody answers ping, the cable loses packets, and the login could not be tried", healthy().with(pingsLost(100), arp(60, 5), from(4)), "1-9 amber", "", "Agg--"},
		{"a wireless bridge delays, but loses nothing, and the login could not be tried", healthy().with(jittery(35*time.Millisecond, true), from(4)), "box broken", "1-9 amber", "agg--"},
		{"a line by satellite is late, but loses nothing, and the login could not be tried", healthy().with(func(s *site) { s.Facts.Quality.Far[0].Avg, s.Facts.Quality.Far[1].Avg = 600e6, 600e6 }, from(4)), "box broken", "2-7 amber", "gag--"},
		{"the provider alone answers ping, and limits it, and the login could not be tried", healthy().with(onlyHost(loses(40)), from(4)), "box broken", "2-7 green", "ggg--"},
	})
	hearAll(t, []saying{
		{"what could not be tested is said as well", healthy().with(line, from(4), func(s *site) {
			for i := range s.Steps {
				if s.Steps[i].Light == 4 {
					s.Steps[i].Outcome, s.Steps[i].Saw = facts.NotRun, words.Said("saw.login-unasked")
				}
			}
		}), "2-7", "towards 198.51.100.5. The box could not test everything: The provider did not answer the REGISTER", "cannot tell"},
	})
}

// A green says how much of the line was seen.
func TestWhatGreenSaysOfTheLine(t *testing.T) {
	hearAll(t, []saying{
		{"none of a hundred packets was lost", healthy(), "ok", "None of 100 test packets to 198.51.100.5 was lost, so fewer than 3 in 100 are (95 % sure).", "not yet judged"},
		{"a long run", healthy().with(func(s *site) { s.Facts.Quality.Far[1].Sent, s.Facts.Quality.Far[1].Back = 3000, 3000 }), "ok", "None of 3000 test packets to 1.1.1.1 was lost, so fewer than 3 in 3000", "None of 100"},
		{"one packet to each host was lost", healthy().with(func(s *site) { s.Facts.Quality.Far[0].Back, s.Facts.Quality.Far[1].Back = 99, 99 }), "ok", "", "None of"},
		{"one packet was lost to the host that most were sent to", healthy().with(func(s *site) { s.Facts.Quality.Far[1].Sent, s.Facts.Quality.Far[1].Back = 3000, 2999 }), "ok", "", "None of"},
		{"sixty packets were sent", healthy().with(func(s *site) {
			for i := range s.Facts.Quality.Far {
				s.Facts.Quality.Far[i].Sent, s.Facts.Quality.Far[i].Back = 60, 60
			}
		}), "ok", "not yet judged: only 60 of the 100 test packets", "None of"},
		{"no far host answers ping", healthy().with(func(s *site) { s.Facts.Quality.Far[0].Back, s.Facts.Quality.Far[1].Back = 0, 0 }), "ok", "since no far host answers ping", "None of"},
		{"the line was not looked at", healthy().with(forget(func(f *facts.Facts) { f.Quality = nil })), "ok", "", "test packets"},
		{"the box was too busy", healthy().with(func(s *site) { s.Facts.Quality.Late = facts.Duration(qualityLate) }), "ok", "too busy", "test packets"},
	})
}
