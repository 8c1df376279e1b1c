package appliance

import (
	"context"
	"errors"
	"fmt"
	"time"

	"trunktester/appliance/catalogue/words"
	"trunktester/appliance/store"
	"trunktester/probes"
	"trunktester/probes/facts"
)

// This file is the PBX check on a box that runs: a person starts it on the page, beside whatever run goes on.

const (
	// pbxWindow is how long the box listens: PBXs try again every minute or two.
	pbxWindow = 5 * time.Minute
	// pbxFresh is how often the page is told the time that is left.
	pbxFresh = 5 * time.Second
	// pbxOld is the age from which a check says nothing any more.
	pbxOld = time.Hour
)

// pbxLooks are when the box looks whether a PBX that points back is registered. The last one decides: a little
// more than the two minutes of 5-7.
func pbxLooks() []time.Duration {
	return []time.Duration{45 * time.Second, 2*time.Minute + 5*time.Second}
}

// Why a PBX check cannot begin, or what was asked of it cannot be done.
var (
	ErrChecking  error = words.Error("refused.checking")
	ErrNoAddress error = words.Error("refused.no-address")
	ErrNotRight  error = words.Error("refused.not-right")
)

// errCut ends a check whose cable was pulled.
var errCut error = words.Error("refused.cut")

// PBXCheck is the PBX check as the box has it.
type PBXCheck struct {
	Check *facts.PBXCheck // the one that goes on, or the last one; nil: none was made
	Until time.Time       // when the one that goes on ends at the latest
	Look  time.Time       // when the box looks next whether the PBX is registered; zero: it does not

	ended time.Time  // of the last one
	back  time.Time  // when somebody said that the PBX points back; zero: nobody did
	site  store.Site // where it was made
}

// Open says that the box listens now.
func (p PBXCheck) Open() bool { return p.Check != nil && p.Check.Open }

// elsewhere says that the check was made at another site than that run, by what is known of both. One that goes
// on never was: it ends with its cable.
func (p PBXCheck) elsewhere(s Sight) bool {
	now := site(s.Report)
	return p.Check != nil && !p.Open() && p.site.Known() && now.Known() && !p.site.Same(now)
}

// Right says that the PBX's settings were the trunk's.
func (p PBXCheck) Right() bool {
	if p.Check == nil {
		return false
	}
	d := p.Check.Telling()
	return d != nil && d.Accepted
}

// pbxWish is what a person asks for.
type pbxWish int

const (
	pbxListen pbxWish = iota
	pbxPointsBack
	ownRegistration
)

// CheckPBX begins to listen for the PBX.
func (b *Box) CheckPBX() error {
	s := b.State()
	switch {
	case !logsIn(b.Tester.Profile.Trunk):
		return ErrNoLogin
	case s.PBX.Open():
		return ErrChecking
	case !hasAddress(s.Sight.Facts) || s.Sight.Facts.Link == nil:
		return ErrNoAddress
	}
	return b.wish(pbxListen)
}

// EndPBXCheck ends the listening.
func (b *Box) EndPBXCheck() { b.endPBX(context.Canceled) }

// forgetPBX drops a check that was made at the site before, the look that was to follow it, and what the last run
// says because of it. A check that goes on stays: the PBX at its address is one of this site.
func (b *Box) forgetPBX() {
	b.change(func(s *State) {
		if s.PBX.Check != nil && !s.PBX.Open() {
			s.PBX = PBXCheck{}
			s.Sight = s.Sight.Checked(s.PBX)
		}
	})
}

// PBXBack takes a person's word that the PBX, whose settings are right, points back at the provider.
func (b *Box) PBXBack() error {
	if !b.State().PBX.Right() {
		return ErrNotRight
	}
	b.EndPBXCheck()
	return b.wish(pbxPointsBack)
}

func (b *Box) wish(w pbxWish) error {
	select {
	case b.pbxWishes <- w:
		return nil
	default:
		return ErrBusy
	}
}

func (b *Box) endPBX(why error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.pbxEnd != nil {
		b.pbxEnd(why)
	}
}

// servePBX carries out the wishes, one at a time, until ctx ends.
func (b *Box) servePBX(ctx context.Context) {
	var looks []time.Duration
	for {
		look := b.nextLook(&looks)
		select {
		case <-ctx.Done():
			return
		case w := <-b.pbxWishes:
			switch w {
			case ownRegistration:
				b.registerItself(ctx)
			case pbxListen:
				looks = nil
				b.listenForPBX(ctx)
			case pbxPointsBack:
				looks = pbxLooks()
				b.change(func(s *State) { s.PBX.back = time.Now(); s.Sight = s.Sight.Checked(s.PBX) })
			}
		case <-look:
			looks = looks[1:]
			if b.lookForPBX(ctx) {
				looks = nil
			}
		}
	}
}

// nextLook gives a channel for the next look, nil for none.
func (b *Box) nextLook(looks *[]time.Duration) <-chan time.Time {
	var at time.Time
	switch back := b.State().PBX.back; {
	case back.IsZero(): // the check was forgotten
		*looks = nil
	case len(*looks) > 0:
		at = back.Add((*looks)[0])
	}
	if b.State().PBX.Look != at {
		b.change(func(s *State) { s.PBX.Look = at })
	}
	if at.IsZero() {
		return nil
	}
	return time.After(time.Until(at))
}

// lookForPBX asks for a run, unless the one before has found the PBX registered, or the check was forgotten.
func (b *Box) lookForPBX(ctx context.Context) (enough bool) {
	s := b.State()
	if s.PBX.back.IsZero() || s.Sight.began.After(s.PBX.back) && registered(s.Sight.Facts) {
		return true
	}
	for again := time.NewTicker(time.Second); ctx.Err() == nil; {
		if err := b.RunAgain(); err == nil {
			again.Stop()
			break
		}
		select { // a run goes on, or a person has asked for one less than 30 s ago
		case <-ctx.Done():
		case <-again.C:
		}
	}
	return false
}

// listenForPBX is one check.
func (b *Box) listenForPBX(ctx context.Context) {
	ctx, end := context.WithCancelCause(ctx)
	defer end(nil)
	b.mu.Lock()
	b.pbxEnd = end
	b.mu.Unlock()
	b.endMeasuring()
	known := b.State().Sight.Facts
	told := fresh{}
	probe := b.Tester.listen(known.Link.Interface, known, pbxWindow, func(c facts.PBXCheck) {
		if told.news(c) {
			b.sawPBX(c)
		}
	})
	b.change(func(s *State) { s.PBX = PBXCheck{Until: time.Now().Add(pbxWindow), site: site(s.Sight.Report)} })
	b.Log.Info("PBX check", "address", known.Address.Prefix.Addr())
	got := probe.Look(ctx, known)
	b.mu.Lock()
	b.pbxEnd = nil
	b.mu.Unlock()
	var f facts.Facts
	got.File(&f)
	if moved := b.State().Sight.Facts.Address; errors.Is(context.Cause(ctx), errCut) || moved != nil && moved.Prefix.Addr() != f.PBXCheck.Addr {
		f.PBXCheck.Error = words.Said("pbx.cut")
	}
	b.Log.Info("PBX check ended", "saw", got.Saw)
	b.sawPBX(*f.PBXCheck)
	if last := b.State(); !last.Running && last.Sight.Verdict.Final && b.Seen != nil {
		b.Seen(last.Sight)
	}
}

// sawPBX takes what the check shows, and judges the run again with it.
func (b *Box) sawPBX(c facts.PBXCheck) {
	b.change(func(s *State) {
		s.PBX.Check = &c
		if now := site(s.Sight.Report); !s.Stale && now.Known() {
			s.PBX.site = now
		}
		if !c.Open {
			s.PBX.ended = time.Now()
		}
		s.Sight = s.Sight.Checked(s.PBX)
	})
}

// fresh tells what is worth a new look at the page: a message, and the time that is left now and then.
type fresh struct {
	said string
	at   time.Time
}

func (f *fresh) news(c facts.PBXCheck) bool {
	said := fmt.Sprint(c.Open, c.TLSRefused, c.Unread, c.Strangers)
	for _, d := range c.Devices {
		said += probes.PBXDeviceText(d) + fmt.Sprint(d.Registers)
	}
	if said == f.said && time.Since(f.at) < pbxFresh {
		return false
	}
	f.said, f.at = said, time.Now()
	return true
}

// Checked is the same run judged again with a PBX check that was made beside it, or before it; without one, as if
// none had been made.
func (s Sight) Checked(p PBXCheck) Sight {
	switch {
	case s.Report.ID == "" || p.Check == nil && s.input.Facts.PBXCheck == nil:
		return s
	case p.Check == nil:
		return s.compared(nil)
	}
	c := *p.Check
	if !p.ended.IsZero() && s.began.After(p.ended) {
		c.Ago = facts.Duration(s.began.Sub(p.ended))
	}
	if time.Duration(c.Ago) > pbxOld {
		return s
	}
	if !p.back.IsZero() {
		back := facts.Duration(max(0, s.began.Sub(p.back)))
		c.Back = &back
	}
	return s.compared(&c)
}

// compared is the same run judged again with what a PBX check showed, nil for none.
func (s Sight) compared(c *facts.PBXCheck) Sight {
	in := s.input
	in.Facts.PBXCheck = c
	step := pbxStep(in.Profile.Trunk, probes.PBXCheck{}.Look(context.Background(), in.Facts))
	in.Steps = replaced(in.Steps, step)
	return s.again(in, true)
}

// replaced is the checklist with one line in the place of that of the same ID.
func replaced(steps []facts.Step, with facts.Step) []facts.Step {
	all := append([]facts.Step{}, steps...)
	for i, s := range all {
		if s.ID == with.ID && s.Done {
			with.Took = s.Took
			all[i] = with
		}
	}
	return all
}
