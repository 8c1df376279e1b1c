package verdict

import (
	"net/netip"
	"strings"
	"testing"
	"time"

	"trunktester/appliance/catalogue"
	"trunktester/probes/facts"
)

// long is what became of a long message, with these many sends when nothing came; reply 0 is silence.
func long(reply, sends int) facts.Exchange {
	x := facts.Exchange{Method: "OPTIONS", Sends: sends, Spanned: facts.Duration(3500*time.Millisecond) * facts.Duration(sends) / 4}
	if reply != 0 {
		x.Reply = &facts.Reply{Code: reply}
	}
	return x
}

// longMessages: over UDP the provider answered the long message so, over TCP so; each control is a pair of answers.
func longMessages(udp, tcp int, controls ...[2]int) func(*site) {
	return func(s *site) {
		f := &facts.Fragments{Whole: facts.Attempt{Exchanges: []facts.Exchange{long(200, 1)}}, Long: facts.Attempt{Exchanges: []facts.Exchange{long(udp, 4)}}}
		if tcp >= 0 {
			f.TCP = &facts.Attempt{Exchanges: []facts.Exchange{long(tcp, 1)}}
		}
		for _, c := range controls {
			f.Controls = append(f.Controls, facts.Attempt{Exchanges: []facts.Exchange{long(c[0], 4), long(c[1], 4)}})
		}
		s.Facts.Fragments = f
	}
}

func TestFragmentTickets(t *testing.T) {
	yes, no, dead := [2]int{200, 200}, [2]int{200, 0}, [2]int{0, 0}
	judgeAll(t, []ticket{
		{"the router drops fragments", healthy().with(longMessages(0, 200, no, no)), "3-5 amber", "", "ggAgg"},
		{"the same, and one control host is down", healthy().with(longMessages(0, 200, no, dead)), "3-5 amber", "", "ggAgg"},
		{"fragments vanish, and there is no other host to ask", healthy().with(longMessages(0, 200)), "3-5 amber", "", "ggAgg"},
		{"fragments vanish, and the other hosts answer nothing at all", healthy().with(longMessages(0, 200, dead)), "3-5 amber", "", "ggAgg"},
		{"fragments vanish near the provider", healthy().with(longMessages(0, 200, yes, no)), "ok green", "3-5 green", "ggggg"},
		{"the provider refuses long messages with 513", healthy().with(longMessages(513, 513, no)), "ok green", "", "ggggg"},
		{"the provider answers long messages", healthy().with(longMessages(200, 200, no)), "ok green", "", "ggggg"},
		{"the provider takes no long message over TCP either", healthy().with(longMessages(0, 0, no)), "ok green", "", "ggggg"},
		{"the provider has no TCP", healthy().with(longMessages(0, -1, no)), "ok green", "", "ggggg"},
		{"the short message was not answered either", healthy().with(longMessages(0, 200, no), func(s *site) { s.Facts.Fragments.Whole.Exchanges[0].Reply = nil }), "ok green", "", "ggggg"},
		{"the long message was sent twice only", healthy().with(longMessages(0, 200, no), func(s *site) { s.Facts.Fragments.Long.Exchanges[0] = long(0, 2) }), "ok green", "", "ggggg"},
		{"a trunk over TCP has no fragments", healthy().with(longMessages(0, 200, no), func(s *site) { s.Profile.Trunk.Transport = "tcp" }), "ok green", "", "ggggg"},
		{"the router drops fragments, and the password is wrong", healthy().with(longMessages(0, 200, no), refusedLogin(401, "Unauthorized")), "4-2 red", "3-5 amber", "ggaR-"},
	})
}

// longAnswer: the reflector, inside the provider's networks or not, was asked for a whole answer and a long one, the latter so often.
func longAnswer(inside bool, whole, answer, sends int) func(*site) {
	return func(s *site) {
		s.Facts.Fragments.Down = &facts.Attempt{Target: netip.MustParseAddrPort("198.51.100.60:5060"), Exchanges: []facts.Exchange{long(whole, 4), long(answer, sends)}}
		s.Profile.Provider.Networks = []netip.Prefix{netip.MustParsePrefix("198.51.100.0/24")}
		if !inside {
			s.Profile.Provider.Networks = []netip.Prefix{netip.MustParsePrefix("192.0.2.0/24")}
		}
	}
}

func TestLongAnswerTickets(t *testing.T) {
	yes, no := [2]int{200, 200}, [2]int{200, 0}
	judgeAll(t, []ticket{
		{"long messages pass both ways", healthy().with(longMessages(200, 200, yes), longAnswer(true, 200, 200, 1)), "ok green", "", "ggggg"},
		{"long answers are lost on the way back", healthy().with(longMessages(200, 200, yes), longAnswer(true, 200, 0, 4)), "3-5 amber", "", "ggAgg"},
		{"the same, and the provider has no TCP", healthy().with(longMessages(0, -1, yes), longAnswer(true, 200, 0, 4)), "3-5 amber", "", "ggAgg"},
		{"the same, from a reflector elsewhere", healthy().with(longMessages(200, 200, yes), longAnswer(false, 200, 0, 4)), "ok green", "3-5 green", "ggggg"},
		{"the reflector gives no whole answer either", healthy().with(longMessages(200, 200, yes), longAnswer(true, 0, 0, 4)), "ok green", "", "ggggg"},
		{"the long answer was asked for twice only", healthy().with(longMessages(200, 200, yes), longAnswer(true, 200, 0, 2)), "ok green", "", "ggggg"},
		{"a trunk over TCP has no fragments back", healthy().with(longMessages(200, 200, yes), longAnswer(true, 200, 0, 4), func(s *site) { s.Profile.Trunk.Transport = "tcp" }), "ok green", "", "ggggg"},
		{"lost near the provider on the way there, and on the way back", healthy().with(longMessages(0, 200, yes), longAnswer(true, 200, 0, 4)), "3-5 amber", "", "ggAgg"},
		{"lost near the provider on the way there only", healthy().with(longMessages(0, 200, yes), longAnswer(true, 200, 200, 1)), "ok green", "3-5 green", "ggggg"},
		{"lost on the way there, and on the way back from a reflector elsewhere", healthy().with(longMessages(0, 200, no), longAnswer(false, 200, 0, 4)), "3-5 amber", "", "ggAgg"},
		{"lost both ways", healthy().with(longMessages(0, 200, no), longAnswer(true, 200, 0, 4)), "3-5 amber", "", "ggAgg"},
	})
}

func TestFragmentsSayWhichWay(t *testing.T) {
	no := [2]int{200, 0}
	for want, s := range map[string]*site{
		"lost on the way back from the provider":   healthy().with(longMessages(200, 200), longAnswer(true, 200, 0, 4)),
		"Long messages to the provider pass":       healthy().with(longMessages(513, 200), longAnswer(true, 200, 0, 4)),
		"the provider itself may be another":       healthy().with(longMessages(200, 200), longAnswer(false, 200, 0, 4)),
		"On the way back they are lost as well":    healthy().with(longMessages(0, 200, no), longAnswer(true, 200, 0, 4)),
		"so on the way to the provider only":       healthy().with(longMessages(0, 200, no), longAnswer(true, 200, 200, 1)),
		"Who loses them cannot be told: there is ": healthy().with(longMessages(0, 200)),
	} {
		v := Judge(s.Input)
		spoken(t, append([]catalogue.Finding{v.Finding}, v.Also...)...)
		text := v.Finding.Text
		if len(v.Also) > 0 {
			text = v.Also[0].Text
		}
		if !strings.Contains(text, want) {
			t.Errorf("%q is not said: %s", want, text)
		}
	}
	// Nothing is said of a way that was not seen.
	for name, s := range map[string]*site{
		"no reflector":           healthy().with(longMessages(0, 200, no)),
		"it gave no long answer": healthy().with(longMessages(0, 200, no), longAnswer(true, 200, 0, 2)),
		"long ones were not answered": healthy().with(longMessages(0, -1), longAnswer(true, 200, 0, 4), func(s *site) {
			s.Facts.Fragments.Whole.Exchanges[0].Reply = nil
		}),
	} {
		text := Judge(s.Input).Finding.Text
		for _, never := range []string{"way back they", "way to the provider only", "to the provider pass"} {
			if strings.Contains(text, never) {
				t.Errorf("%s: %s", name, text)
			}
		}
	}
}

// voice: what became of voice packets at each port, and whether the reflector stands inside and answered SIP.
func voice(inside, sip bool, ports ...facts.Answer) func(*site) {
	return func(s *site) {
		s.Facts.RTP = &facts.RTP{Server: netip.MustParseAddr("198.51.100.60"), Inside: inside, SIP: sip}
		for i, a := range ports {
			s.Facts.RTP.Ports = append(s.Facts.RTP.Ports, facts.RTPPort{Port: 10000 + 2500*i, Sent: 5, Answer: a})
		}
	}
}

func TestVoiceTickets(t *testing.T) {
	const back, lost, rejected, unserved, unsent = facts.Answered, facts.Silent, facts.Unreachable, facts.Refused, facts.CouldNotAsk
	judgeAll(t, []ticket{
		{"voice passes", healthy().with(voice(true, true, back, back, back)), "ok green", "", "ggggg"},
		{"the firewall drops all voice ports", healthy().with(voice(true, true, lost, lost, lost)), "3-8 amber", "", "ggAgg"},
		{"the firewall rejects some voice ports", healthy().with(voice(true, true, back, rejected, back)), "3-8 amber", "", "ggAgg"},
		{"some voice ports are silent", healthy().with(voice(true, true, back, lost, back)), "ok green", "3-8 green", "ggggg"},
		{"the reflector serves one port, and is reached at the others", healthy().with(voice(true, true, lost, unserved)), "ok green", "3-8 green", "ggggg"},
		{"the reflector serves no port, and is reached at all", healthy().with(voice(true, true, unserved, unserved)), "ok green", "", "ggggg"},
		{"the reflector is down", healthy().with(voice(true, false, lost, lost)), "ok green", "", "ggggg"},
		{"the reflector is elsewhere", healthy().with(voice(false, true, lost, lost)), "ok green", "", "ggggg"},
		{"the box could not send", healthy().with(voice(true, true, unsent, unsent)), "ok green", "", "ggggg"},
		{"voice ports are blocked, and the PBX is not registered", healthy().with(voice(true, true, lost, lost), noEntries), "5-1 red", "3-8 amber", "ggagR"},
	})
}

// Only a host that answers a short message says who loses the long ones.
func TestFragmentsSayWhoLosesThem(t *testing.T) {
	for want, s := range map[string]*site{
		"lost on this side":      healthy().with(longMessages(0, 200, [2]int{200, 0})),
		"cannot be told":         healthy().with(longMessages(0, 200, [2]int{0, 0})),
		"lost near the provider": healthy().with(longMessages(0, 200, [2]int{200, 200})),
	} {
		v := Judge(s.Input)
		spoken(t, append([]catalogue.Finding{v.Finding}, v.Also...)...)
		text := v.Finding.Text
		if len(v.Also) > 0 {
			text = v.Also[0].Text
		}
		if !strings.Contains(text, want) {
			t.Errorf("%q is not said: %s", want, text)
		}
	}
}
