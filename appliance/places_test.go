package appliance

import (
	"log/slog"
	"net/netip"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"trunktester/appliance/catalogue"
	"trunktester/appliance/catalogue/words"
	"trunktester/appliance/profile"
	"trunktester/appliance/report"
	"trunktester/appliance/store"
	"trunktester/netsetup"
	"trunktester/probes/facts"
)

// siteBox is a box that is carried around a site. Its memory outlives the power.
type siteBox struct {
	*Front
	t      *testing.T
	folder string
	runs   int
	on     time.Time // since when it has power
	clock  string    // who tells the time, "" for nobody
}

func newSiteBox(t *testing.T) *siteBox {
	s := &siteBox{t: t, folder: t.TempDir()}
	s.power()
	return s
}

// power takes the power away and gives it back.
func (s *siteBox) power() {
	s.on = time.Now()
	b := NewBox(&Tester{Profile: profile.Default(), Log: slog.New(slog.DiscardHandler)}, nil, &rowOf{})
	s.Front = NewFront(b, store.Open(filepath.Join(s.folder, "perm")), nil, nil)
	s.box.moved(netsetup.LinkEvent{Present: true, Carrier: true})
}

// carry unplugs the cable and plugs it in elsewhere.
func (s *siteBox) carry() {
	s.box.moved(netsetup.LinkEvent{Present: true})
	s.box.moved(netsetup.LinkEvent{Present: true, Carrier: true})
}

// run ends a run behind a router: the outside world answers there, or all of it is silent.
func (s *siteBox) run(router string, open bool) {
	s.runs++
	in := report.Input{ID: "RUN" + strings.Repeat("X", s.runs), Started: time.Now(), Finished: time.Now(), Profile: profile.Default(), Position: s.box.State().Position}
	in.Facts.Link = &facts.Link{Interface: "eth0", Carrier: true}
	in.Facts.Address = &facts.Address{Prefix: netip.MustParsePrefix("192.168.1.20/24"), Gateway: netip.MustParseAddr("192.168.1.1")}
	in.Facts.Gateway = &facts.Gateway{Addr: netip.MustParseAddr("192.168.1.1"), MAC: router, ARPSent: 3}
	in.Steps = []facts.Step{{ID: "gateway", Light: 1, Outcome: facts.Passed, Done: true}, {ID: "internet", Light: 2, Outcome: facts.Passed, Done: true}}
	answer := facts.Answered
	if !open {
		answer, in.Steps[1].Outcome = facts.Silent, facts.Failed
	}
	in.Facts.Internet = &facts.Internet{}
	for _, host := range []string{"1.1.1.1", "8.8.8.8", "9.9.9.9"} {
		in.Facts.Internet.Targets = append(in.Facts.Internet.Targets, facts.InternetTarget{Addr: netip.MustParseAddr(host), ICMP: answer, TCP: answer, DNS: answer})
	}
	in.SinceBoot = time.Since(s.on)
	if s.clock != "" {
		in.Facts.Clock = &facts.Clock{Source: s.clock}
	}
	s.box.begin()
	s.box.end(judged(in), nil, false)
}

// says compares what the page and the newest report say about the sockets.
func (s *siteBox) says(want string) {
	s.t.Helper()
	shown := s.State()
	if got := report.Between(words.InEnglish(), shown.Places, shown.Apart); want == "" && got != "" || !strings.Contains(string(got), want) {
		s.t.Errorf("the page says %q, want %q", got, want)
	}
	if got := shown.Report.Between; want == "" && got != "" || !strings.Contains(string(got), want) {
		s.t.Errorf("the report on the page says %q, want %q", got, want)
	}
	kept, err := s.Report(shown.Report.ID)
	if err != nil {
		s.t.Fatal(err)
	}
	if kept.Between != shown.Report.Between || kept.Position != shown.Report.Position {
		s.t.Errorf("the kept report says %q at %q, the page %q at %q", kept.Between, kept.Position, shown.Report.Between, shown.Report.Position)
	}
}

const router, otherRouter = "02:00:00:00:00:01", "02:00:00:00:00:02"

const between = "between the router and the LAN socket"

// The box is tested at the router, carried to the LAN socket with the power off, and told where it is after its run.
func TestTheFaultLiesBetweenTwoSockets(t *testing.T) {
	s := newSiteBox(t)
	s.SetPosition(report.PositionRouter)
	s.run(router, true)
	s.says("")
	s.power()
	s.run(router, false)
	if at := s.State().Report.Position; at != report.PositionUnknown {
		t.Errorf("after the power was off it believes to be at %q", at)
	}
	s.says("")
	s.SetPosition(report.PositionLAN)
	s.says(between)
}

// The power stays on while the box is carried: nobody tells it, and it does not guess.
func TestAnUntoldSocketIsNotCompared(t *testing.T) {
	s := newSiteBox(t)
	s.SetPosition(report.PositionRouter)
	s.run(router, true)
	s.carry()
	if at := s.State().Position; at != report.PositionUnknown {
		t.Errorf("after the cable was out it believes to be at %q", at)
	}
	s.SetPosition(report.PositionLAN) // before the next run has ended: what is shown was seen at the router
	if at := s.State().Report.Position; at != report.PositionRouter {
		t.Errorf("the run at the router was moved to %q", at)
	}
	s.box.SetPosition(report.PositionUnknown)
	s.run(router, false)
	s.says("")
	s.SetPosition(report.PositionLAN)
	s.says(between)
}

// The wrong button was pressed: the run moves to the right socket, and what was seen before at the other one counts again.
func TestAPositionIsCorrected(t *testing.T) {
	s := newSiteBox(t)
	s.SetPosition(report.PositionRouter)
	s.run(router, true)
	s.carry()
	s.run(router, false)
	s.SetPosition(report.PositionRouter)
	s.says("")
	s.SetPosition(report.PositionLAN)
	s.says(between)
}

// The power stays on while the box is carried, so it knows that both runs were made within the hour: the verdict itself
// says where to look, on the page and in the kept report, and forgets it at another site.
func TestTheVerdictKnowsTheOtherSocket(t *testing.T) {
	s := newSiteBox(t)
	s.clock = "ntp"
	s.SetPosition(report.PositionRouter)
	s.run(router, true)
	s.carry()
	s.clock = ""
	s.run(router, false)
	const lies = "the fault lies between the two."
	if f := s.State().Report.Verdict; strings.Contains(f.Text, lies) {
		t.Errorf("nobody told where it is: %s", f.Text)
	}
	s.SetPosition(report.PositionLAN)
	f := s.State().Report.Verdict
	if !strings.HasSuffix(f.Text, lies) || !strings.HasPrefix(f.Advice, "Look at what lies between") || len(f.Acts) != 1 || f.Acts[0] != catalogue.IT {
		t.Errorf("%+v", f)
	}
	kept, err := s.Report(s.State().Report.ID)
	if err != nil || kept.Verdict.Text != f.Text {
		t.Errorf("kept: %+v %v", kept.Verdict, err)
	}
	if err := s.NewSite(); err != nil {
		t.Fatal(err)
	}
	if f := s.State().Report.Verdict; strings.Contains(f.Text, lies) {
		t.Errorf("at a new site: %s", f.Text)
	}
	s.power() // nobody knows for how long
	s.SetPosition(report.PositionLAN)
	s.run(router, true)
	s.SetPosition(report.PositionPBX)
	s.run(router, false)
	if f := s.State().Report.Verdict; f.Acts[0] == catalogue.IT {
		t.Errorf("of unknown age: %+v", f)
	}
}

// At another site the sockets begin anew; back at the first one they are remembered.
func TestAnotherSite(t *testing.T) {
	s := newSiteBox(t)
	s.SetPosition(report.PositionRouter)
	s.run(router, true)
	s.power()
	s.SetPosition(report.PositionLAN)
	s.run(otherRouter, false)
	s.says("")
	s.power()
	s.SetPosition(report.PositionLAN)
	s.run(router, false)
	s.says(between)
}

// Two sites share a public address, so the box takes them for one. A person says better.
func TestAPersonBeginsANewSite(t *testing.T) {
	s := newSiteBox(t)
	s.SetPosition(report.PositionRouter)
	s.run(router, true)
	s.carry()
	s.run(router, false)
	s.SetPosition(report.PositionLAN)
	s.says(between)
	if err := s.NewSite(); err != nil {
		t.Fatal(err)
	}
	s.says("")
	if n := len(s.State().Places); n != 1 {
		t.Errorf("%d places", n)
	}
}
