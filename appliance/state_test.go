package appliance

import (
	"log/slog"
	"net"
	"testing"
	"testing/synctest"
	"time"

	"trunktester/appliance/catalogue"
	"trunktester/appliance/profile"
	"trunktester/appliance/report"
	"trunktester/leds"
	"trunktester/netsetup"
	"trunktester/probes/facts"
)

// rowOf remembers what the lights were told.
type rowOf struct{ show leds.Show }

func (r *rowOf) Show(s leds.Show) { r.show = s }
func (r *rowOf) Feed()            {}

// An empty list from a provider that may hide it is "could not be seen" until a person looks at the portal:
// then the same run says that the PBX is not registered, without a new test.
func TestAnswersAreJudgedAtOnce(t *testing.T) {
	p := profile.Default()
	p.Trunk.Domain = "sip.example.net"
	in := report.Input{ID: "RUN1", Started: time.Unix(0, 0), Finished: time.Unix(3, 0), Profile: p,
		Steps: []facts.Step{{ID: "bindings", Light: 5, Outcome: facts.Failed, Done: true}}}
	in.Facts.Login = &facts.Login{Transport: "udp", Attempts: 1, Accepted: true, First: &facts.Reply{Code: 401}, Reply: &facts.Reply{Code: 200}}
	in.Facts.Bindings = &facts.Bindings{}

	lights := &rowOf{}
	b := NewBox(&Tester{Profile: p}, nil, lights)
	b.see(judged(in))
	if got := b.State().Sight.Verdict.Finding; got.Code != "5-5" || got.Severity != catalogue.Amber {
		t.Fatalf("before the answer: %s %s", got.Code, got.Severity)
	}
	var kept Sight
	b.Seen = func(s Sight) { kept = s }
	no := false
	b.SetAnswers(facts.Answers{PortalShowsPBX: &no})
	if got := b.State().Sight.Verdict.Finding; got.Code != "5-1" || got.Severity != catalogue.Red {
		t.Errorf("after the answer: %s %s", got.Code, got.Severity)
	}
	if l := lights.show.Row[4]; l.State != catalogue.LightRed || l.Flashes != 1 {
		t.Errorf("light 5 shows %+v", l)
	}
	if kept.Report.ID != "RUN1" || kept.Report.Verdict.Code != "5-1" {
		t.Errorf("kept %s %s", kept.Report.ID, kept.Report.Verdict.Code)
	}
}

// lateCable is a machine whose network adapter is plugged in after some looks.
type lateCable struct {
	Cable
	looks, after int
	err          error
}

func (c *lateCable) Up() (string, net.HardwareAddr, error) {
	if c.looks++; c.looks <= c.after {
		return "", nil, c.err
	}
	return "eth0", nil, nil
}

// A box without a network adapter shows its own fault, steadily, and goes on when one is plugged in.
func TestAdapterThatComesLater(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := NewBox(&Tester{Profile: profile.Default(), Log: slog.New(slog.DiscardHandler)}, &lateCable{after: 20, err: &netsetup.NoInterface{}}, &rowOf{})
		go func() {
			time.Sleep(10 * time.Second)
			if row := b.State().Whole; row != catalogue.WholeBoxFault || b.Silent() > 2*time.Second {
				t.Errorf("after 10 s the row shows %q, the loop was silent for %s", row, b.Silent())
			}
		}()
		if name, err := b.up(t.Context()); name != "eth0" || err != nil {
			t.Errorf("%q, %v", name, err)
		}
	})
}

func TestMistakesEndTheBox(t *testing.T) {
	for _, mistake := range []error{&netsetup.NoPermission{Doing: "set up eth0"}, &netsetup.NoInterface{Name: "eth7"}} {
		b := NewBox(&Tester{Profile: profile.Default(), Log: slog.New(slog.DiscardHandler)}, &lateCable{after: 20, err: mistake}, &rowOf{})
		if _, err := b.up(t.Context()); err == nil {
			t.Errorf("no error in place of %T", mistake)
		}
	}
}

// A short press steps the counting through the other findings, and back to the verdict.
func TestStepCountsTheOtherFindings(t *testing.T) {
	p := profile.Default()
	p.Trunk.Domain = "sip.example.net"
	in := report.Input{ID: "RUN1", Profile: p, Steps: []facts.Step{{ID: "bindings", Light: 5, Outcome: facts.Failed, Done: true}}}
	in.Facts.Login = &facts.Login{Transport: "udp", Attempts: 1, Accepted: true, First: &facts.Reply{Code: 401}, Reply: &facts.Reply{Code: 200}}
	in.Facts.Bindings = &facts.Bindings{}
	in.Facts.ALG = &facts.ALG{Word: facts.ALGProved, Over: []string{"udp"}}

	lights := &rowOf{}
	b := NewBox(&Tester{Profile: p}, nil, lights)
	b.see(judged(in))
	for i, want := range []string{"3-2", "5-5", "3-2"} {
		if i > 0 {
			b.Step()
		}
		var counting []string
		for _, l := range lights.show.Row {
			if l.Counting {
				counting = append(counting, l.Code)
			}
		}
		if len(counting) != 1 || counting[0] != want {
			t.Errorf("after %d presses %v count, want %s", i, counting, want)
		}
	}
}
