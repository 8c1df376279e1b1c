package appliance

import (
	"context"
	"errors"
	"log/slog"
	"net/netip"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"trunktester/appliance/profile"
	"trunktester/appliance/report"
	"trunktester/appliance/store"
	"trunktester/probes"
	"trunktester/probes/facts"
)

func loginProfile() profile.Profile {
	p := profile.Default()
	p.Trunk = profile.Trunk{Domain: "sip.example.net", Transport: "udp", Auth: "register", Username: "441632960000", AuthUser: "441632960000", Password: "correct horse"}
	yes := true
	p.Provider.ShowsBindings = &yes
	return p
}

// oneRun is a run that began then, on a line where all is well but the PBX's registration.
func oneRun(p profile.Profile, began time.Time) Sight {
	prefix := netip.MustParsePrefix("192.168.1.20/24")
	far := netip.MustParseAddrPort("198.51.100.5:5060")
	reply := &facts.Reply{Code: 200, Reason: "OK"}
	path := &facts.Path{Transport: "udp", Targets: []facts.Attempt{{Target: far, Exchanges: []facts.Exchange{{Method: "OPTIONS", Sends: 1, Reply: reply}}}}}
	s := judged(report.Input{ID: "RUN", Started: began, Profile: p, Facts: facts.Facts{
		Link: &facts.Link{Interface: "eth0", Carrier: true}, Address: &facts.Address{Prefix: prefix}, UDP: path,
		Login:    &facts.Login{Accepted: true, Attempts: 1, Reply: reply, Challenges: []facts.Challenge{{Realm: "provider"}}},
		Bindings: &facts.Bindings{},
	}, Steps: []facts.Step{{ID: "bindings", Light: 5, Done: true}, {ID: "pbx-check", Light: 5, Done: true}}})
	s.began = began
	return s
}

func aCheck(password facts.Likeness) *facts.PBXCheck {
	same := facts.Match{Is: facts.Same}
	return &facts.PBXCheck{Addr: netip.MustParseAddr("192.168.1.20"), Realm: "provider", RealmFrom: "provider", Listened: facts.Duration(time.Minute),
		Devices: []facts.PBXDevice{{From: netip.MustParseAddrPort("192.168.1.30:5060"), UserAgent: "Sample", Registers: 2, AuthUser: "441632960000",
			UserIs: same, AuthUserIs: same, RealmIs: same, PasswordIs: facts.Match{Is: password}, Accepted: password == facts.Same}}}
}

// What a check says depends on when it was made, as seen from the run.
func TestChecked(t *testing.T) {
	now := time.Now()
	run := oneRun(loginProfile(), now)
	for _, c := range []struct {
		name string
		pbx  PBXCheck
		want string // code
		says string
	}{
		{"no check", PBXCheck{}, "5-1", "list of registrations is empty"},
		{"it goes on", PBXCheck{Check: aCheck(facts.Other)}, "5-8", "In the PBX check, "},
		{"it was made beside the run", PBXCheck{Check: aCheck(facts.Other), ended: now.Add(time.Minute)}, "5-8", "In the PBX check, "},
		{"it was made before the run", PBXCheck{Check: aCheck(facts.Other), ended: now.Add(-10 * time.Minute)}, "5-8", "In the PBX check 10m0s before this run, "},
		{"it was made long ago", PBXCheck{Check: aCheck(facts.Other), ended: now.Add(-2 * time.Hour)}, "5-1", "list of registrations is empty"},
		{"it was right, and nobody has pointed it back", PBXCheck{Check: aCheck(facts.Same), ended: now.Add(-10 * time.Minute)}, "5-1", "were the trunk's"},
		{"it points back since now", PBXCheck{Check: aCheck(facts.Same), ended: now, back: now}, "5-1", "were the trunk's"},
		{"it points back for a minute", PBXCheck{Check: aCheck(facts.Same), ended: now.Add(-2 * time.Minute), back: now.Add(-time.Minute)}, "5-1", "were the trunk's"},
		{"it points back for two minutes", PBXCheck{Check: aCheck(facts.Same), ended: now.Add(-3 * time.Minute), back: now.Add(-2 * time.Minute)}, "5-7", "2m0s after the PBX was pointed back"},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := run.Checked(c.pbx)
			if f := s.Verdict.Finding; f.Code != c.want || !strings.Contains(f.Text, c.says) {
				t.Errorf("%s: %s", f.Code, f.Text)
			}
			if s.Report.Verdict.Code != c.want || (s.Report.Facts.PBXCheck != nil) == (c.want == "5-1" && c.pbx.Check == nil || c.name == "it was made long ago") {
				t.Errorf("the report says %s, %+v", s.Report.Verdict.Code, s.Report.Facts.PBXCheck)
			}
			if step := s.Report.Steps[1]; s.Report.Facts.PBXCheck != nil && (step.Saw == "" || len(step.Evidence) == 0) {
				t.Errorf("the checklist says %+v", step)
			}
		})
	}
	if run.Verdict.Finding.Code != "5-1" || run.Facts.PBXCheck != nil || run.Steps[1].Saw != "" {
		t.Error("the run itself was changed")
	}
}

// Answers told afterwards keep the check in its place.
func TestCheckedThenAnswered(t *testing.T) {
	now := time.Now()
	pbx := PBXCheck{Check: aCheck(facts.Other), ended: now.Add(-10 * time.Minute)}
	yes := true
	s := oneRun(loginProfile(), now).Checked(pbx).Answered(facts.Answers{PortalShowsPBX: &yes})
	if f := s.Verdict.Finding; f.Code != "5-8" || f.Severity != "amber" {
		t.Errorf("%s %s", f.Code, f.Severity)
	}
	if again := s.Checked(pbx).Report.Facts.PBXCheck.Ago; time.Duration(again) != 10*time.Minute {
		t.Errorf("%v ago", again)
	}
}

func TestExpectedRealm(t *testing.T) {
	p := loginProfile().Trunk
	login := &facts.Login{Challenges: []facts.Challenge{{Realm: "seen"}}}
	remembered := &facts.Remembered{Realm: "before"}
	written := p
	written.Realm = "written"
	for _, c := range []struct {
		trunk       profile.Trunk
		known       facts.Facts
		realm, from string
	}{
		{p, facts.Facts{}, "sip.example.net", "domain"},
		{p, facts.Facts{Remembered: remembered}, "before", "provider"},
		{p, facts.Facts{Remembered: remembered, Login: login}, "seen", "provider"},
		{p, facts.Facts{Login: &facts.Login{}}, "sip.example.net", "domain"},
		{written, facts.Facts{Remembered: remembered, Login: login}, "written", "profile"},
	} {
		if got := expected(c.trunk, c.known); got.Realm != c.realm || got.RealmFrom != c.from {
			t.Errorf("%q from %s, want %q from %s", got.Realm, got.RealmFrom, c.realm, c.from)
		}
	}
}

func TestPBXCheckNotNow(t *testing.T) {
	b := NewBox(&Tester{Profile: profile.Default()}, nil, &rowOf{})
	if err := b.CheckPBX(); !errors.Is(err, ErrNoLogin) {
		t.Errorf("without a trunk: %v", err)
	}
	b = NewBox(&Tester{Profile: loginProfile()}, nil, &rowOf{})
	if err := b.CheckPBX(); !errors.Is(err, ErrNoAddress) {
		t.Errorf("without an address: %v", err)
	}
	if err := b.PBXBack(); !errors.Is(err, ErrNotRight) {
		t.Errorf("before any check: %v", err)
	}
	b.see(oneRun(loginProfile(), time.Now()))
	c := aCheck(facts.Other)
	c.Open = true
	b.sawPBX(*c)
	if err := b.CheckPBX(); !errors.Is(err, ErrChecking) {
		t.Errorf("while one goes on: %v", err)
	}
	if err := b.PBXBack(); !errors.Is(err, ErrNotRight) {
		t.Errorf("with a wrong password: %v", err)
	}
}

// After the PBX was pointed back the box looks twice, and once when it is registered at the first look.
func TestLooksAfterBack(t *testing.T) {
	for _, registered := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			p := loginProfile()
			b := NewBox(&Tester{Profile: p, Store: store.Open(t.TempDir()), Log: slog.New(slog.DiscardHandler)}, nil, &rowOf{})
			ctx, cancel := context.WithCancel(t.Context())
			defer synctest.Wait()
			defer cancel()
			go b.servePBX(ctx)
			b.end(oneRun(p, time.Now()), nil, false)
			b.sawPBX(*aCheck(facts.Same))
			time.Sleep(time.Minute)
			begun := time.Now()
			if err := b.PBXBack(); err != nil {
				t.Fatal(err)
			}
			var looks []time.Duration
			end := time.After(10 * time.Minute)
			for over := false; !over; {
				select {
				case <-b.asked:
					looks = append(looks, time.Since(begun))
					s := oneRun(p, time.Now())
					if registered {
						s.Facts.Bindings = &facts.Bindings{Contacts: []facts.Binding{{URI: "sip:x"}}}
						s.input.Facts = s.Facts
					}
					b.Tester.Store = store.Open(t.TempDir()) // whose 30 s between two turns are of the real clock
					b.end(s, nil, false)
				case <-end:
					over = true
				}
			}
			want := 2
			if registered {
				want = 1
			}
			if len(looks) != want {
				t.Fatalf("registered %v: looked after %v", registered, looks)
			}
			code := b.State().Sight.Verdict.Finding.Code
			if registered == (code == "5-7") || !registered && looks[1] < 2*time.Minute {
				t.Errorf("registered %v: looked after %v, verdict %s", registered, looks, code)
			}
			if !b.State().PBX.Look.IsZero() {
				t.Error("another look is announced")
			}
		})
	}
}

// A cable that is pulled during the check proves nothing about the PBX.
func TestCheckCutOff(t *testing.T) {
	b := NewBox(&Tester{Profile: loginProfile(), Log: slog.New(slog.DiscardHandler)}, nil, &rowOf{})
	s := oneRun(loginProfile(), time.Now())
	s.Facts.Address.Prefix = netip.MustParsePrefix("127.0.0.1/8")
	s.Facts.Link.Interface = "lo"
	b.see(s)
	b.state.Sight.Facts = s.Facts
	ended := make(chan struct{})
	go func() { defer close(ended); b.listenForPBX(t.Context()) }()
	for b.State().PBX.Check == nil {
		time.Sleep(time.Millisecond)
	}
	b.endPBX(errCut)
	<-ended
	if c := b.State().PBX.Check; c.Open || c.Error == "" {
		t.Errorf("%+v", c)
	}
	if f := b.State().Sight.Verdict.Finding; f.Code != "5-1" {
		t.Errorf("verdict %s", f.Code)
	}
}

func TestFreshNews(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := fresh{}
		c := *aCheck(facts.Other)
		if !f.news(c) || f.news(c) {
			t.Error("the first is news, the same is not")
		}
		c.Devices[0].Registers++
		if !f.news(c) || f.news(c) {
			t.Error("another message is news, once")
		}
		time.Sleep(pbxFresh)
		if !f.news(c) {
			t.Error("the time that is left is not told")
		}
	})
}

var _ probes.Probe = probes.PBXListen{}
