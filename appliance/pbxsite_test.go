package appliance

import (
	"context"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"trunktester/appliance/page"
	"trunktester/appliance/report"
	"trunktester/appliance/store"
	"trunktester/probes/facts"
)

// behind is a run at a site, told by its router.
func behind(mac string, began time.Time) Sight {
	s := oneRun(loginProfile(), began)
	s.input.Facts.Gateway = &facts.Gateway{MAC: mac, ARPSent: 1}
	n := judged(s.input)
	n.began = began
	return n
}

// siteFront is a box with its memory, after a run behind a router and a PBX check there.
func siteFront(t *testing.T, check *facts.PBXCheck) *Front {
	t.Helper()
	kept := store.Open(t.TempDir())
	b := NewBox(&Tester{Profile: loginProfile(), Store: kept, Log: slog.New(slog.DiscardHandler)}, nil, &rowOf{})
	f := NewFront(b, kept, nil, nil)
	b.end(behind(router, time.Now()), nil, false)
	b.sawPBX(*check)
	f.keep(b.State().Sight)
	return f
}

// tells is whether page, verdict and the kept report speak of a PBX check.
func tells(t *testing.T, f *Front) (page, verdict, kept bool) {
	t.Helper()
	s := f.State()
	r, err := f.Report(s.Report.ID)
	if err != nil {
		t.Fatal(err)
	}
	return s.PBX.Check != nil, s.Report.Facts.PBXCheck != nil || strings.Contains(string(s.Report.Verdict.Text), "PBX check"), r.Facts.PBXCheck != nil
}

// The engineer drives on to the next customer, and says so: what the last customer's PBX sent is his alone.
func TestANewSiteForgetsThePBXCheck(t *testing.T) {
	for name, like := range map[string]facts.Likeness{"a wrong password": facts.Other, "all was right": facts.Same} {
		t.Run(name, func(t *testing.T) {
			f := siteFront(t, aCheck(like))
			if page, verdict, kept := tells(t, f); !page || !verdict || !kept {
				t.Fatalf("at its own site: page %v, verdict %v, kept %v", page, verdict, kept)
			}
			if err := f.NewSite(); err != nil {
				t.Fatal(err)
			}
			if page, verdict, kept := tells(t, f); page || verdict || kept {
				t.Errorf("at the new site: page %v, verdict %v, kept %v", page, verdict, kept)
			}
			r := f.State().Report
			if r.Verdict.Code != "5-1" {
				t.Errorf("verdict %s", r.Verdict.Code)
			}
			if step := r.Steps[1]; len(step.Evidence) > 0 || !strings.Contains(string(step.Saw), "not checked") {
				t.Errorf("the checklist says %+v", step)
			}
			f.box.end(behind(otherRouter, time.Now()), nil, false)
			if _, verdict, kept := tells(t, f); verdict || kept {
				t.Error("the next run tells it again")
			}
		})
	}
}

// The button is pressed after the check was started: the box listens at its address here, so the check is of this site.
func TestANewSiteKeepsAPBXCheckThatGoesOn(t *testing.T) {
	check := aCheck(facts.Other)
	check.Open = true
	f := siteFront(t, check)
	if err := f.NewSite(); err != nil {
		t.Fatal(err)
	}
	if page, verdict, kept := tells(t, f); !page || !verdict || !kept || !f.State().PBX.Check.Open {
		t.Errorf("page %v, verdict %v, kept %v", page, verdict, kept)
	}
}

// The PBX of the last site was pointed back, and the box was to look after it: at the new site it does not.
func TestANewSiteForgetsTheLookAfterThePBX(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := siteFront(t, aCheck(facts.Same))
		b := f.box
		ctx, cancel := context.WithCancel(t.Context())
		defer synctest.Wait()
		defer cancel()
		go b.servePBX(ctx)
		if err := f.PBXCheck(page.PBXBack); err != nil {
			t.Fatal(err)
		}
		time.Sleep(30 * time.Second)
		if f.State().PBX.Look == 0 {
			t.Fatal("no look is announced")
		}
		if err := f.NewSite(); err != nil {
			t.Fatal(err)
		}
		if f.State().PBX.Look != 0 {
			t.Error("the look is announced still")
		}
		select {
		case <-b.asked:
			t.Error("the box looks after a PBX of another site")
		case <-time.After(10 * time.Minute):
		}
		if f.State().PBX.Look != 0 {
			t.Error("a look is announced again")
		}
	})
}

// Nobody presses the button, but the next run is behind another router: the box notices by itself. Behind the same
// one, in another socket, it remembers.
func TestThePBXCheckStaysAtItsSite(t *testing.T) {
	for _, c := range []struct {
		name, mac string
		told      bool
	}{{"the same router", router, true}, {"another router", otherRouter, false}, {"a router not known yet", "", true}} {
		t.Run(c.name, func(t *testing.T) {
			f := siteFront(t, aCheck(facts.Other))
			f.SetPosition(report.PositionLAN)
			f.box.end(behind(c.mac, time.Now()), nil, false)
			page, verdict, kept := tells(t, f)
			if page != c.told || verdict != c.told || kept != c.told {
				t.Errorf("page %v, verdict %v, kept %v", page, verdict, kept)
			}
		})
	}
}
