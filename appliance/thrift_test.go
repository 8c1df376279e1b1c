package appliance

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"

	"trunktester/appliance/catalogue"
	"trunktester/appliance/profile"
	"trunktester/appliance/report"
	"trunktester/appliance/store"
	"trunktester/appliance/verdict"
)

// keptBox is a box whose runs are made up, and whose card counts what is written to it.
type keptBox struct {
	*Front
	t    *testing.T
	card string
	runs int
	now  Sight // what the next run says
}

func newKeptBox(t *testing.T) *keptBox {
	folder := t.TempDir()
	card := filepath.Join(folder, "perm")
	b := NewBox(&Tester{Profile: profile.Default(), Log: slog.New(slog.DiscardHandler)}, nil, &rowOf{})
	k := &keptBox{t: t, card: card, Front: NewFront(b, store.Open(filepath.Join(folder, "run"), card), nil, nil)}
	k.now = judged(report.Input{Profile: profile.Default()})
	k.says("1-1")
	return k
}

// says sets what the runs find from now on.
func (k *keptBox) says(code string, also ...string) {
	k.now.Verdict = verdict.Verdict{Finding: catalogue.Finding{Code: code}}
	for _, c := range also {
		k.now.Verdict.Also = append(k.now.Verdict.Also, catalogue.Finding{Code: c})
	}
	k.now.Verdict.Row[0] = catalogue.Light{Code: code}
}

// run ends a run and says whether its report was written to the card.
func (k *keptBox) run(asked bool) (id string, written bool) {
	k.t.Helper()
	k.runs++
	id = fmt.Sprintf("run%06d", k.runs)
	s := k.now
	s.Report.ID, s.Asked = id, asked
	k.keep(s)
	if _, err := k.Report(id); err != nil {
		k.t.Errorf("the page does not have %s: %v", id, err)
	}
	if newest := k.store.Reports(); len(newest) == 0 || newest[0].ID != id {
		k.t.Errorf("a stick would not get %s, the newest", id)
	}
	return id, k.onCard(id)
}

func (k *keptBox) onCard(id string) bool {
	_, err := os.Stat(filepath.Join(k.card, "reports", id))
	return err == nil
}

// during makes a run at every pace for a time, and counts the writes to the card.
func (k *keptBox) during(length, pace time.Duration) (writes int) {
	k.t.Helper()
	for end := time.Now().Add(length); time.Now().Before(end); time.Sleep(pace) {
		if _, written := k.run(false); written {
			writes++
		}
	}
	return writes
}

// A box that stands with its cable out over a night tests every few seconds.
func TestACableThatIsOutDoesNotWearTheCardOut(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		k := newKeptBox(t)
		k.says("ok")
		before, _ := k.run(false)
		k.says("1-1")
		if got := k.during(2*time.Hour, time.Minute); got != 4 {
			t.Errorf("%d writes in two hours instead of one each half hour", got)
		}
		if !k.onCard(before) {
			t.Error("what was seen while the cable was in is gone from the card")
		}
		k.says("ok")
		if _, written := k.run(false); !written {
			t.Error("the cable is in again, and the card does not say so")
		}
	})
}

func TestABoxThatIsLeftAloneWritesEachRun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		if got := newKeptBox(t).during(10*time.Hour, patrol+4*time.Second); got != 20 {
			t.Errorf("%d writes", got)
		}
	})
}

func TestNewsAreWrittenAtOnce(t *testing.T) {
	home, away := report.Site{GatewayMAC: "02:00:00:00:00:01"}, report.Site{PublicIP: netip.MustParseAddr("203.0.113.7")}
	for name, news := range map[string]func(*keptBox){
		"another verdict":        func(k *keptBox) { k.says("2-1") },
		"one more weakness":      func(k *keptBox) { k.says("1-1", "1-6") },
		"a light of its own":     func(k *keptBox) { k.now.Verdict.Row[1].State = catalogue.LightGreen },
		"another position":       func(k *keptBox) { k.now.Report.Position = report.PositionPBX },
		"another router":         func(k *keptBox) { k.now.Report.Site = home },
		"another public address": func(k *keptBox) { k.now.Report.Site = away },
	} {
		synctest.Test(t, func(t *testing.T) {
			k := newKeptBox(t)
			k.run(false)
			if _, written := k.run(false); written {
				t.Fatal("the same is written twice")
			}
			news(k)
			if _, written := k.run(false); !written {
				t.Errorf("%s: not written", name)
			}
		})
	}
}

func TestNothingThatAPersonAskedForIsLost(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		k := newKeptBox(t)
		k.run(false)
		for range 30 {
			time.Sleep(30 * time.Second)
			if id, written := k.run(true); !written {
				t.Errorf("%s is not on the card", id)
			}
		}
		k.says("2-1")
		if _, written := k.run(false); !written {
			t.Error("what a person asked for was taken from what the box may write by itself")
		}
		id, written := k.run(false)
		s := k.now
		s.Report.ID, s.Asked = id, true // told on the page about a run that lies in the working memory
		k.keep(s)
		if written || !k.onCard(id) {
			t.Errorf("before the answer %v, after it %v", written, k.onCard(id))
		}
		seen := map[string]bool{}
		for _, e := range k.store.Reports() {
			if seen[e.ID] {
				t.Errorf("%s is kept twice", e.ID)
			}
			seen[e.ID] = true
		}
	})
}

// A plug that is loose changes the answer every few seconds.
func TestALoosePlugDoesNotWearTheCardOut(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		k := newKeptBox(t)
		writes := 0
		for range 90 {
			k.says("1-1")
			writes += k.during(30*time.Second, 30*time.Second)
			k.says("ok")
			writes += k.during(30*time.Second, 30*time.Second)
		}
		if writes < writesAnHour || writes > 2*writesAnHour {
			t.Errorf("%d writes in an hour and a half", writes)
		}
		k.says("1-2")
		if got := k.during(time.Hour, 5*time.Minute); got == 0 || got > 2 {
			t.Errorf("%d writes of what it settled at", got)
		}
	})
}

// noCable is a machine with an adapter that never gets a carrier.
type noCable struct{ Network }

func (noCable) Up() (string, net.HardwareAddr, error) { return "none0", nil, nil }

func TestARunKnowsWhetherItWasAskedFor(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	tester := &Tester{Profile: profile.Default(), Network: noCable{}, Store: store.Open(), Log: slog.New(slog.DiscardHandler)}
	for _, asked := range []bool{true, false} {
		if s, err := tester.Run(ctx, Ask{Person: asked}); err != nil || s.Asked != asked {
			t.Errorf("asked for: %v, and the run says %v, %v", asked, s.Asked, err)
		}
	}
}

func TestWhatAPersonTellsIsAsked(t *testing.T) {
	if !(Sight{}).Answered(Sight{}.input.Answers).Asked {
		t.Error("it may stay off the card")
	}
}
