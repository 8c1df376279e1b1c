package appliance

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"trunktester/appliance/catalogue"
	"trunktester/appliance/profile"
	"trunktester/leds"
	"trunktester/netsetup"
)

// deadCable is a kernel that never answers.
type deadCable struct {
	Cable
	released chan struct{}
}

func (c deadCable) Up() (string, net.HardwareAddr, error) {
	<-c.released
	return "", nil, context.Canceled
}

// fiveLamps remember what they show.
type fiveLamps struct {
	mu    sync.Mutex
	frame [5]leds.Colour
	seen  map[[5]leds.Colour]bool
}

func (l *fiveLamps) Set(frame [5]leds.Colour) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.frame = frame
	l.seen[frame] = true
	return nil
}

// faulty reports whether the row was all red and all amber in turn since the last look.
func (l *fiveLamps) faulty() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	red := [5]leds.Colour{leds.Red, leds.Red, leds.Red, leds.Red, leds.Red}
	amber := [5]leds.Colour{leds.Amber, leds.Amber, leds.Amber, leds.Amber, leds.Amber}
	is := l.seen[red] && l.seen[amber] && len(l.seen) == 2
	l.seen = map[[5]leds.Colour]bool{}
	return is
}

// The loop hangs in a call that never comes back: the lights say "box fault" by themselves, and within the
// stall limit the program gets an error to end with.
func TestALoopThatHangs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		lamps := &fiveLamps{seen: map[[5]leds.Colour]bool{}}
		player := &leds.Player{Lamps: lamps, Begin: catalogue.WholeLampTest}
		playing, stop := context.WithCancel(t.Context())
		var played sync.WaitGroup
		played.Go(func() { player.Run(playing) })
		cable := deadCable{released: make(chan struct{})}
		defer func() { close(cable.released); stop(); played.Wait() }()

		b := NewBox(&Tester{Profile: profile.Default(), Log: slog.New(slog.DiscardHandler)}, cable, player)
		began, ended := time.Now(), make(chan error, 1)
		go func() { ended <- b.Guarded(t.Context()) }()

		time.Sleep(leds.Hunger + 3*time.Second)
		lamps.faulty() // what was before does not count
		time.Sleep(2 * time.Second)
		if !lamps.faulty() {
			t.Error("the lights do not say box fault")
		}
		if err := <-ended; !errors.Is(err, ErrStalled) {
			t.Errorf("ended with %v", err)
		}
		if took := time.Since(began); took > stallLimit+3*time.Second {
			t.Errorf("given up after %s", took)
		}
	})
}

// A box that waits for its adapter moves all the time, and is left alone; it ends when it is asked to.
func TestALoopThatWaitsIsNotStalled(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newHeld(nil, 3)
		b.Cable = &lateCable{after: 1 << 30, err: &netsetup.NoInterface{}}
		ctx, stop := context.WithTimeout(t.Context(), 10*stallLimit)
		defer stop()
		began := time.Now()
		if err := b.Guarded(ctx); err != nil || time.Since(began) != 10*stallLimit {
			t.Errorf("after %s: %v", time.Since(began), err)
		}
	})
}
