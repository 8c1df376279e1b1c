package gpio

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"periph.io/x/conn/v3/gpio"
	"periph.io/x/conn/v3/gpio/gpiotest"
)

// stretch is a time during which the contact is down or up.
type stretch struct {
	down bool
	last time.Duration
}

func up(d time.Duration) stretch   { return stretch{false, d} }
func down(d time.Duration) stretch { return stretch{true, d} }

// bouncing is a contact that chatters every 20 ms before it comes to rest.
func bouncing(s ...stretch) []stretch {
	var all []stretch
	for _, one := range s {
		for range 2 {
			all = append(all, stretch{one.down, poll}, stretch{!one.down, poll})
		}
		all = append(all, one)
	}
	return all
}

func TestPresses(t *testing.T) {
	for name, c := range map[string]struct {
		contact []stretch
		want    string
	}{
		"nothing":               {[]stretch{up(time.Minute)}, "[]"},
		"short":                 {[]stretch{up(time.Second), down(200 * time.Millisecond), up(time.Second)}, "[short]"},
		"just short":            {[]stretch{up(time.Second), down(980 * time.Millisecond), up(time.Second)}, "[short]"},
		"hold":                  {[]stretch{up(time.Second), down(time.Second), up(time.Second)}, "[hold]"},
		"just hold":             {[]stretch{up(time.Second), down(9980 * time.Millisecond), up(time.Second)}, "[hold]"},
		"wipe":                  {[]stretch{up(time.Second), down(10 * time.Second), up(time.Second)}, "[wipe]"},
		"long wipe":             {[]stretch{up(time.Second), down(29 * time.Second), up(time.Second)}, "[long wipe]"},
		"just too long":         {[]stretch{up(time.Second), down(30 * time.Second), up(time.Second)}, "[long stuck]"},
		"still held":            {[]stretch{up(time.Second), down(12 * time.Second)}, "[long]"},
		"leaning on it":         {[]stretch{up(time.Second), down(31 * time.Second), up(time.Second)}, "[long stuck]"},
		"two":                   {[]stretch{up(time.Second), down(200 * time.Millisecond), up(300 * time.Millisecond), down(200 * time.Millisecond), up(time.Second)}, "[short short]"},
		"a spark":               {[]stretch{up(time.Second), down(40 * time.Millisecond), up(time.Second)}, "[]"},
		"a spark while held":    {[]stretch{up(time.Second), down(700 * time.Millisecond), up(40 * time.Millisecond), down(700 * time.Millisecond), up(time.Second)}, "[hold]"},
		"bouncing":              {bouncing(up(time.Second), down(500*time.Millisecond), up(time.Second)), "[short]"},
		"bouncing hold":         {bouncing(up(time.Second), down(3*time.Second), up(time.Second)), "[hold]"},
		"down at power-on":      {[]stretch{down(12 * time.Second), up(time.Second)}, "[]"},
		"down, then a press":    {[]stretch{down(12 * time.Second), up(time.Second), down(200 * time.Millisecond), up(time.Second)}, "[short]"},
		"leaning, then a press": {[]stretch{up(time.Second), down(time.Minute), up(time.Second), down(time.Second), up(time.Second)}, "[long stuck hold]"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				line := &gpiotest.Pin{N: "GPIO26"}
				b, err := newButton(line, "GPIO26")
				if err != nil {
					t.Fatal(err)
				}
				if line.P != gpio.PullUp {
					t.Fatalf("the line is pulled %s", line.P)
				}
				var mu sync.Mutex
				got := []Press{}
				ctx, stop := context.WithCancel(t.Context())
				done := make(chan struct{})
				go func() {
					defer close(done)
					b.Watch(ctx, func(p Press) { mu.Lock(); got = append(got, p); mu.Unlock() })
				}()
				time.Sleep(poll / 2) // between two looks
				for _, s := range c.contact {
					line.Lock()
					line.L = gpio.Level(!s.down)
					line.Unlock()
					time.Sleep(s.last)
				}
				stop()
				<-done
				if fmt.Sprint(got) != c.want {
					t.Errorf("%v, want %s", got, c.want)
				}
			})
		})
	}
}

// deafPin cannot be made an input.
type deafPin struct {
	gpiotest.Pin
	err error
}

func (p *deafPin) In(gpio.Pull, gpio.Edge) error { return p.err }

func TestAButtonThatCannotBeRead(t *testing.T) {
	busy := errors.New("device or resource busy")
	_, err := newButton(&deafPin{err: busy}, "GPIO26")
	if !errors.Is(err, busy) || err.Error() != "gpio: making GPIO26 an input: device or resource busy" {
		t.Errorf("error %v", err)
	}
}
