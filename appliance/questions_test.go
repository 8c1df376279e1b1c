package appliance

import (
	"log/slog"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"trunktester/appliance/profile"
	"trunktester/appliance/report"
	"trunktester/appliance/store"
	"trunktester/netsetup"
	"trunktester/probes/facts"
)

// poor is a run on a line that is too poor for voice, with a trunk whose login was accepted.
func poor(changes ...func(*report.Input)) report.Input {
	p := profile.Default()
	p.Trunk.Domain, p.Trunk.Auth, p.Trunk.Transport = "sip.example.net", "register", "udp"
	far := func(s string, jitter time.Duration) facts.Echo {
		return facts.Echo{Addr: netip.MustParseAddr(s), Sent: 100, Back: 100, Jitter: facts.Duration(jitter)}
	}
	server := netip.MustParseAddrPort("198.51.100.5:5060")
	shows := true
	p.Provider.ShowsBindings = &shows
	in := report.Input{ID: "RUN1", Started: time.Unix(0, 0), Finished: time.Unix(3, 0), Profile: p}
	for i, id := range []string{"link", "address", "gateway", "internet", "quality", "sip-udp", "login", "bindings"} {
		in.Steps = append(in.Steps, facts.Step{ID: id, Light: []int{1, 1, 1, 2, 2, 3, 4, 5}[i], Outcome: facts.Passed, Done: true})
	}
	in.Facts = facts.Facts{
		Link: &facts.Link{Interface: "eth0", Carrier: true}, Address: &facts.Address{Prefix: netip.MustParsePrefix("192.168.1.20/24"), Gateway: netip.MustParseAddr("192.168.1.1")},
		Gateway:  &facts.Gateway{Addr: netip.MustParseAddr("192.168.1.1"), MAC: router, ARPSent: 1},
		Internet: &facts.Internet{Targets: []facts.InternetTarget{{Addr: netip.MustParseAddr("1.1.1.1"), ICMP: facts.Answered}}},
		Quality:  &facts.Quality{Far: []facts.Echo{far("1.1.1.1", 45*time.Millisecond), far("9.9.9.9", 45*time.Millisecond)}},
		UDP:      &facts.Path{Transport: "udp", Targets: []facts.Attempt{{Target: server, Exchanges: []facts.Exchange{{Method: "OPTIONS", Sends: 1, Reply: &facts.Reply{Code: 200, From: server}}}}}},
		Login:    &facts.Login{Transport: "udp", Accepted: true, Attempts: 1},
		Bindings: &facts.Bindings{Contacts: []facts.Binding{{URI: "sip:u@192.168.1.30:5060"}}},
	}
	for _, c := range changes {
		c(&in)
	}
	return in
}

// A question is asked where its answer would change what the run says, and nowhere else.
func TestOnlyWhatMattersIsAsked(t *testing.T) {
	copper := func(in *report.Input) { in.Answers.LineMedium = new(string); *in.Answers.LineMedium = facts.Copper }
	good := func(in *report.Input) { in.Facts.Quality = nil }
	unlisted := func(in *report.Input) { in.Facts.Bindings.Contacts, in.Profile.Provider.ShowsBindings = nil, nil }
	yes := true
	for _, c := range []struct {
		name string
		in   report.Input
		want string // names of the questions, joined by spaces
	}{
		{"all is well", poor(good), ""},
		{"a poor line", poor(), "voice_uses_this_line line_medium line_provider_fault"},
		{"a poor line of copper", poor(copper), "voice_uses_this_line line_medium quiet_line_ok microfilters_ok line_provider_fault"},
		{"the provider does not show its list", poor(good, unlisted), "portal_shows_pbx"},
		{"the portal shows the PBX, and nothing is expected of it", poor(good, unlisted, func(in *report.Input) { in.Answers.PortalShowsPBX = &yes }), "portal_shows_pbx"},
		{"a port and NAT are expected, and the portal shows the PBX", poor(good, unlisted, func(in *report.Input) {
			in.Profile.Expect.Port, in.Profile.Expect.NAT, in.Answers.PortalShowsPBX = 5060, "yes", &yes
		}), "portal_shows_pbx portal_port portal_nat"},
		{"while the run goes on", poor(func(in *report.Input) { in.Steps[7].Done = false }), ""},
	} {
		if got := strings.Join(judged(c.in).Asks, " "); got != c.want {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
}

// The PBX's own port is used in no run but one that a person asked for, after the person's word that the PBX is unplugged.
func TestPBXPortsNeedAPersonsWord(t *testing.T) {
	yes, no := true, false
	p := profile.Default()
	p.Expect.Port = 5062
	for _, c := range []struct {
		name string
		ask  Ask
		want []int
	}{
		{"an automatic run", Ask{Answers: facts.Answers{PBXUnplugged: &yes}}, nil},
		{"nobody said", Ask{Person: true}, nil},
		{"the PBX is plugged in", Ask{Person: true, Answers: facts.Answers{PBXUnplugged: &no}}, nil},
		{"the PBX is unplugged", Ask{Person: true, Answers: facts.Answers{PBXUnplugged: &yes}}, []int{5060, 5062}},
	} {
		if got := pbxPorts(p, c.ask); !slices.Equal(got, c.want) {
			t.Errorf("%s: %v, want %v", c.name, got, c.want)
		}
	}
	p.Expect.Port = 5060
	if got := pbxPorts(p, Ask{Person: true, Answers: facts.Answers{PBXUnplugged: &yes}}); len(got) != 1 {
		t.Errorf("the same port twice: %v", got)
	}
	b := NewBox(&Tester{Profile: profile.Default(), Log: slog.New(slog.DiscardHandler)}, nil, &rowOf{})
	b.SetAnswers(facts.Answers{PBXUnplugged: &yes})
	run := judged(poor())
	b.end(run, nil, false)
	if b.Answers().PBXUnplugged == nil {
		t.Error("an automatic run used the word up")
	}
	run.Asked = true
	b.end(run, nil, false)
	if b.Answers().PBXUnplugged != nil {
		t.Error("the word holds for more than a run")
	}
}

// It is asked where nothing else shows why the PBX does not register.
func TestIsThePBXUnplugged(t *testing.T) {
	empty := func(in *report.Input) {
		in.Facts.Quality, in.Facts.Bindings.Contacts = nil, nil
		in.Facts.ALG = &facts.ALG{Word: facts.ALGNotSeen}
	}
	for _, c := range []struct {
		name string
		in   report.Input
		want bool
	}{
		{"the PBX is not registered", poor(empty), true},
		{"all is well", poor(empty, func(in *report.Input) { in.Facts.Bindings = poor().Facts.Bindings }), false},
		{"a poor line, and the PBX is registered", poor(func(in *report.Input) { in.Facts.ALG = &facts.ALG{Word: facts.ALGNotSeen} }), false},
		{"a device that rewrites is proved", poor(empty, func(in *report.Input) { in.Facts.ALG.Word = facts.ALGProved }), false},
		{"one is likely", poor(empty, func(in *report.Input) { in.Facts.ALG.Word = facts.ALGLikely }), false},
		{"nothing was compared", poor(empty, func(in *report.Input) { in.Facts.ALG = nil }), false},
		{"nothing was answered over UDP", poor(empty, func(in *report.Input) { in.Facts.TCP, in.Facts.UDP = in.Facts.UDP, nil }), false},
		{"it was tried", poor(empty, func(in *report.Input) {
			in.Facts.ALG.Proofs = []facts.Proof{{ID: "A1 from the PBX's port", Result: "clean"}}
		}), false},
	} {
		if got := slices.Contains(judged(c.in).Asks, "pbx_unplugged"); got != c.want {
			t.Errorf("%s: %v", c.name, got)
		}
	}
}

// What holds for a socket is forgotten with the cable, what was told of a site with the site.
func TestAnswersAreOfTheirPlace(t *testing.T) {
	no, fibre := false, facts.Fibre
	b := NewBox(&Tester{Profile: profile.Default(), Log: slog.New(slog.DiscardHandler)}, nil, &rowOf{})
	f := NewFront(b, store.Open(t.TempDir()), nil, nil)
	b.moved(netsetup.LinkEvent{Present: true, Carrier: true})
	b.begin()
	b.end(judged(poor()), nil, false)
	b.SetAnswers(facts.Answers{VoiceUsesThisLine: &no, PBXUnplugged: &no, LineMedium: &fibre})
	if got := f.State().Answers; got.VoiceUsesThisLine == nil || got.LineMedium == nil {
		t.Fatalf("%+v", got)
	}
	b.moved(netsetup.LinkEvent{Present: true})
	if got := b.Answers(); got.VoiceUsesThisLine != nil || got.PBXUnplugged != nil || got.LineMedium == nil {
		t.Errorf("the cable was out: %+v", got)
	}
	if got := f.State().Answers; got.VoiceUsesThisLine != nil || got.PBXUnplugged != nil {
		t.Errorf("the form would say again: %+v", got)
	}
	b.begin()
	b.end(judged(poor(func(in *report.Input) { in.ID = "RUN2"; in.Answers = b.Answers() })), nil, false)
	if got := b.Answers(); got.LineMedium == nil {
		t.Errorf("another socket of the site: %+v", got)
	}
	b.begin()
	b.end(judged(poor(func(in *report.Input) { in.ID = "RUN3"; in.Facts.Gateway.MAC = otherRouter; in.Answers = b.Answers() })), nil, false)
	if got := b.Answers(); got.LineMedium != nil || f.State().Answers.LineMedium != nil {
		t.Errorf("another site: %+v", got)
	}
	b.begin()
	b.SetAnswers(facts.Answers{LineMedium: &fibre}) // while a run goes on
	b.end(judged(poor(func(in *report.Input) { in.ID = "RUN4"; in.Facts.Gateway.MAC = otherRouter })), nil, false)
	if got := f.State().Report.Answers; got.LineMedium == nil {
		t.Errorf("told while the run went on, and the run does not know: %+v", got)
	}
	if err := f.NewSite(); err != nil || b.Answers().LineMedium != nil || f.State().Answers.LineMedium != nil {
		t.Errorf("a person says that it is another site: %v %+v", err, b.Answers())
	}
	if !slices.Contains(f.State().Asks, "line_medium") {
		t.Errorf("it asks for %v", f.State().Asks)
	}
}
