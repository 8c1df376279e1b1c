package appliance

import (
	"errors"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"trunktester/appliance/catalogue"
	"trunktester/appliance/profile"
	"trunktester/appliance/selfcheck"
)

func newHeld(check func() []selfcheck.Fault, restarts int) *Box {
	b := NewBox(&Tester{Profile: profile.Default(), Log: slog.New(slog.DiscardHandler)}, nil, &rowOf{})
	b.Check, b.Restarts = check, restarts
	return b
}

// held runs hold and gives how long it took, in a bubble; while looks at the box every second meanwhile.
func held(t *testing.T, b *Box, while func()) time.Duration {
	t.Helper()
	began, done := time.Now(), make(chan struct{})
	go func() { defer close(done); b.hold(t.Context()) }()
	time.Sleep(time.Second / 2)
	for {
		select {
		case <-done:
			return time.Since(began)
		default:
			while()
			time.Sleep(time.Second)
		}
	}
}

func TestABoxThatIsWellBeginsAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for _, b := range []*Box{newHeld(nil, 0), newHeld(func() []selfcheck.Fault { return nil }, 2)} {
			b.Pattern(catalogue.WholeRefused)
			began := time.Now()
			b.hold(t.Context())
			if took := time.Since(began); took != 0 || b.State().Whole != catalogue.WholeRefused || len(b.State().Notices) != 0 {
				t.Errorf("held for %s, %q, %v", took, b.State().Whole, b.State().Notices)
			}
		}
	})
}

// Started again three times within a minute: the row shows it for a minute, then the box tries again.
func TestABoxThatRestartsAgainAndAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newHeld(nil, 3)
		took := held(t, b, func() {
			if b.State().Whole != catalogue.WholeBoxFault || b.Silent() > 2*time.Second {
				t.Errorf("the row shows %q, the loop was silent for %s", b.State().Whole, b.Silent())
			}
		})
		if took < holdFor || took > holdFor+2*time.Second {
			t.Errorf("held for %s", took)
		}
		if s := b.State(); s.Whole == catalogue.WholeBoxFault || !strings.Contains(s.Notices["restarts"], "three times within a minute") {
			t.Errorf("afterwards: %q, %v", s.Whole, s.Notices)
		}
	})
}

// A fault that goes away by itself is waited for no longer than it lasts, and not told any more.
func TestAFaultThatPasses(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		until := time.Now().Add(10 * time.Second)
		b := newHeld(func() []selfcheck.Fault {
			if time.Now().Before(until) {
				return []selfcheck.Fault{{Topic: "memory", Sentence: "No memory.", Err: errors.New("none")}}
			}
			return nil
		}, 0)
		took := held(t, b, func() {
			if s := b.State(); s.Whole != catalogue.WholeBoxFault || s.Notices["self memory"] != "No memory." {
				t.Errorf("meanwhile: %q, %v", s.Whole, s.Notices)
			}
		})
		if s := b.State(); took > 12*time.Second || s.Whole != catalogue.WholeLampTest || len(s.Notices) != 0 {
			t.Errorf("after %s: %q, %v", took, s.Whole, s.Notices)
		}
	})
}

// A fault that stays does not make the box dead: after a minute it does what it can, and says what is wrong.
func TestAFaultThatStays(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newHeld(func() []selfcheck.Fault {
			return []selfcheck.Fault{{Topic: "packets", Sentence: "No packets.", Err: errors.New("refused")}}
		}, 0)
		took := held(t, b, func() {})
		if s := b.State(); took > holdFor+2*time.Second || s.Whole != catalogue.WholeLampTest || s.Notices["self packets"] != "No packets." {
			t.Errorf("after %s: %q, %v", took, s.Whole, s.Notices)
		}
	})
}
