package clock

import (
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"trunktester/probes/facts"
)

// card remembers one time.
type card struct {
	last   time.Time
	writes int
	full   error
}

func (c *card) LastTime() time.Time { return c.last }

func (c *card) KeepTime(t time.Time) error {
	c.writes++
	if c.full == nil {
		c.last = t
	}
	return c.full
}

// told is the answer of a time server that says the clock is behind by so much.
func told(behind time.Duration) facts.Clock {
	now := time.Now().Add(behind)
	return facts.Clock{Source: "ntp", Server: "time.example.net", Offset: facts.Duration(behind), Now: &now}
}

const day = 24 * time.Hour

// In a bubble of synctest the clock stands at the first second of 2000, like a box that just got its power.
func TestFloor(t *testing.T) {
	for name, c := range map[string]struct {
		built, kept time.Duration // from now
		want        time.Duration // 0: the clock is left alone
	}{
		"the clock is later than both":                  {-10 * day, -5 * day, 0},
		"built later than now":                          {100 * day, 0, 100 * day},
		"kept later than built":                         {100 * day, 150 * day, 150 * day},
		"kept by a program older than this one":         {100 * day, 50 * day, 100 * day},
		"kept, and the clock was never behind":          {-10 * day, 5 * day, 5 * day},
		"a kept time that cannot be is no floor":        {100 * day, 30 * 365 * day, 100 * day},
		"a kept time that cannot be, the clock is well": {-10 * day, 30 * 365 * day, 0},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				now := time.Now()
				var to time.Time
				memory := &card{}
				if c.kept != 0 {
					memory.last = now.Add(c.kept)
				}
				clock := Clock{Built: now.Add(c.built), Memory: memory, Set: func(t time.Time) error { to = t; return nil }}
				set, err := clock.Floor()
				if err != nil || set != (c.want != 0) {
					t.Fatalf("set %t, %v", set, err)
				}
				if set && !to.Equal(now.Add(c.want)) {
					t.Errorf("set to %s, want %s", to, now.Add(c.want))
				}
				if memory.writes != 0 {
					t.Error("a floor was kept")
				}
			})
		})
	}
}

func TestLearn(t *testing.T) {
	for name, c := range map[string]struct {
		told      func() facts.Clock
		kept      time.Duration // from now
		set, keep bool
		refused   bool
	}{
		"half a year behind":           {told: func() facts.Clock { return told(180 * day) }, set: true, keep: true},
		"ahead, after a wrong server":  {told: func() facts.Clock { return told(-3 * day) }, kept: 400 * day, set: true, keep: true},
		"right":                        {told: func() facts.Clock { return told(time.Second) }, kept: -time.Hour},
		"right, kept a day ago":        {told: func() facts.Clock { return told(0) }, kept: -day, keep: true},
		"a minute behind":              {told: func() facts.Clock { return told(time.Minute) }, kept: -time.Hour, set: true},
		"nobody told":                  {told: func() facts.Clock { return facts.Clock{Source: "none"} }},
		"after thirty years of use":    {told: func() facts.Clock { return told(30 * 365 * day) }, refused: true},
		"before the program was built": {told: func() facts.Clock { return told(-30 * day) }, refused: true},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				now := time.Now()
				f := c.told()
				var to time.Time
				memory := &card{last: now.Add(c.kept)}
				clock := Clock{Built: now.Add(-10 * day), Memory: memory, Set: func(t time.Time) error { to = t; return nil }}
				set, err := clock.Learn(f)
				if set != c.set || (err != nil) != c.refused || (memory.writes == 1) != c.keep {
					t.Fatalf("set %t, kept %t, %v", set, memory.writes == 1, err)
				}
				if want := now.Add(time.Duration(f.Offset)); set && !to.Equal(want) || c.keep && !memory.last.Equal(want) {
					t.Errorf("set to %s, kept %s, want %s", to, memory.last, want)
				}
			})
		})
	}
}

// On a laptop the program must touch neither its clock nor its files.
func TestTheClockOfALaptop(t *testing.T) {
	memory := &card{}
	c := Clock{Built: time.Now().Add(100 * day), Memory: memory}
	if set, err := c.Floor(); set || err != nil {
		t.Errorf("floor: %t, %v", set, err)
	}
	if set, err := c.Learn(told(200 * day)); set || err != nil || memory.writes != 0 {
		t.Errorf("learnt: %t, %v, %d writes", set, err, memory.writes)
	}
}

func TestAKernelThatRefuses(t *testing.T) {
	no := errors.New("operation not permitted")
	memory := &card{}
	c := Clock{Built: time.Now().Add(-day), Memory: memory, Set: func(time.Time) error { return no }}
	if set, err := c.Learn(told(day)); set || !errors.Is(err, no) || memory.writes != 0 {
		t.Errorf("%t, %v, %d writes", set, err, memory.writes)
	}
}

func TestAFullCard(t *testing.T) {
	full := errors.New("no space left on device")
	c := Clock{Built: time.Now().Add(-day), Memory: &card{full: full}, Set: func(time.Time) error { return nil }}
	if set, err := c.Learn(told(time.Hour)); !set || !errors.Is(err, full) {
		t.Errorf("set %t, %v", set, err)
	}
}
