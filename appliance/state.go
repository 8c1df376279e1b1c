package appliance

import (
	"context"
	"maps"
	"time"

	"trunktester/appliance/catalogue"
	"trunktester/appliance/catalogue/words"
	"trunktester/appliance/report"
	"trunktester/appliance/store"
	"trunktester/leds"
	"trunktester/probes/facts"
)

// This file is the box's state: what it says now, and what people told it. The run loop writes it; the
// lights and the page read it.

// State is the box as it is now.
func (b *Box) State() State {
	b.mu.Lock()
	defer b.mu.Unlock()
	s := b.state
	s.Whole = b.whole()
	return s
}

// whole is what the whole row shows: a pattern before what the runs say. The caller holds the lock.
func (b *Box) whole() catalogue.Whole {
	if b.over != catalogue.WholeNone {
		return b.over
	}
	return b.state.Whole
}

// Answers are what a person told.
func (b *Box) Answers() facts.Answers {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.answers
}

// Changes gives a value after every change, until ctx ends; then it is closed.
func (b *Box) Changes(ctx context.Context) <-chan struct{} {
	bell := make(chan struct{}, 1)
	b.mu.Lock()
	b.watchers[bell] = struct{}{}
	b.mu.Unlock()
	context.AfterFunc(ctx, func() {
		b.mu.Lock()
		defer b.mu.Unlock()
		delete(b.watchers, bell)
		close(bell)
	})
	return bell
}

// ErrBusy says that a run is under way or asked for already.
var ErrBusy error = words.Error("refused.busy")

// RunAgain asks for a run on behalf of a person: ErrBusy, or a *store.TooSoon within 30 s of the one before.
func (b *Box) RunAgain() error {
	if b.State().Running {
		return ErrBusy
	}
	if err := b.Tester.Store.Turn(); err != nil {
		return err
	}
	select {
	case b.asked <- struct{}{}:
		return nil
	default:
		return ErrBusy
	}
}

// SetPosition says in which socket the box stands: that of the run before and of all further ones, until the cable
// is unplugged.
func (b *Box) SetPosition(p report.Position) {
	beside := b.beside(b.State().Sight.At(p))
	b.change(func(s *State) {
		s.Position = p
		if !s.Stale {
			s.Sight = s.Sight.At(p).Beside(beside)
		}
	})
	if last := b.State(); !last.Running && !last.Stale && last.Sight.Verdict.Final && b.Seen != nil {
		last.Sight.Asked = true
		b.Seen(last.Sight)
	}
}

// SetAnswers keeps what a person told; the last run is judged again with it at once.
func (b *Box) SetAnswers(a facts.Answers) {
	b.mu.Lock()
	b.answers, b.answersAt = a, site(b.state.Sight.Report)
	b.mu.Unlock()
	b.change(func(s *State) {
		if !s.Running && s.Sight.Report.ID != "" {
			s.Sight = s.Sight.Answered(a)
		}
	})
	if last := b.State(); !last.Running && last.Sight.Verdict.Final && b.Seen != nil {
		b.Seen(last.Sight)
	}
}

// Step makes the next finding count its flashes; after the last one the verdict counts again.
func (b *Box) Step() {
	b.mu.Lock()
	b.stepped++
	b.mu.Unlock()
	b.change(func(*State) {})
}

// Tested says that an earlier box has tested the lamps already.
func (b *Box) Tested() {
	b.change(func(s *State) { s.Whole = catalogue.WholeNone })
}

// Pattern shows a pattern of the whole row over whatever the runs show. Done and refused end by themselves,
// the others with the next Pattern; WholeNone ends it.
func (b *Box) Pattern(w catalogue.Whole) {
	b.change(func(*State) {
		b.over = w
		b.overs++
		if mine, length := b.overs, leds.Length(w); length > 0 {
			// What shone before may keep the pattern from beginning for Settle.
			time.AfterFunc(length+2*leds.Settle, func() {
				b.change(func(*State) {
					if b.overs == mine {
						b.over = catalogue.WholeNone
					}
				})
			})
		}
	})
}

// Notice tells people something about the box itself, on the page: storage that does not work, a stick that
// was read, an update. A topic has one sentence at a time; "" takes it away.
func (b *Box) Notice(topic, sentence string) {
	b.change(func(s *State) {
		s.Notices = maps.Clone(s.Notices)
		if s.Notices == nil {
			s.Notices = map[string]string{}
		}
		s.Notices[topic] = sentence
		if sentence == "" {
			delete(s.Notices, topic)
		}
	})
}

// Silent is how long the run loop has not moved.
func (b *Box) Silent() time.Duration {
	b.mu.Lock()
	defer b.mu.Unlock()
	return time.Since(b.beat)
}

// alive tells the lights, and whoever asks, that the loop moves.
func (b *Box) alive() {
	b.mu.Lock()
	b.beat = time.Now()
	b.mu.Unlock()
	b.Lights.Feed()
}

func (b *Box) begin() {
	b.change(func(s *State) { s.Running = true })
}

// see takes what a run shows so far.
func (b *Box) see(sight Sight) {
	b.change(func(s *State) {
		s.Sight, s.Stale = s.placed(sight), false
		s.Whole = s.Sight.Verdict.Whole()
	})
}

// placed is a run in the socket that a person told, with the PBX check that was made at this site; one of another
// site is forgotten.
func (s *State) placed(sight Sight) Sight {
	if s.PBX.elsewhere(sight) {
		s.PBX = PBXCheck{}
	}
	return sight.At(s.Position).Checked(s.PBX)
}

// beside are the last runs at the other positions of a run's site; none where nobody told where it was made.
func (b *Box) beside(s Sight) map[report.Position]report.Report {
	if b.Places == nil || s.Report.ID == "" || s.Report.Position == report.PositionUnknown {
		return nil
	}
	all := b.Places(s.Report)
	delete(all, s.Report.Position)
	return all
}

// end takes a finished run. One that was cut says nothing; one that could not begin is the box's own fault.
func (b *Box) end(sight Sight, err error, cut bool) {
	b.mu.Lock()
	b.stepped = 0
	b.mu.Unlock()
	var beside map[report.Position]report.Report
	if err == nil && !cut {
		beside = b.beside(sight.At(b.State().Position))
	}
	asked := sight.Asked
	b.change(func(s *State) {
		s.Running = false
		switch {
		case cut:
		case err != nil:
			s.Whole = catalogue.WholeBoxFault
		default:
			if now := site(sight.Report); b.answersAt.Known() && now.Known() && !b.answersAt.Same(now) {
				b.answers, b.answersAt = facts.Answers{}, store.Site{} // they were told of another site
			}
			now := b.answers // somebody may have told more while the run went on; whether it could use the PBX's port stays
			if now.PBXUnplugged = sight.input.Answers.PBXUnplugged; now != sight.input.Answers {
				sight = sight.Answered(now)
			}
			sight = s.placed(sight).Beside(beside)
			s.Stale = false
			sight.Asked = asked
			s.Whole, s.Sight = sight.Verdict.Whole(), sight
		}
		if asked { // it was said of right now
			b.answers.PBXUnplugged = nil
		}
	})
	if err != nil {
		b.Log.Error("no run", "err", err)
		return
	}
	if !cut && b.Seen != nil {
		b.Seen(sight)
	}
	if f := sight.Facts.Clock; f != nil && b.Timed != nil {
		b.Timed(*f)
	}
	b.unwell()
}

func (b *Box) fault() { b.change(func(s *State) { s.Whole = catalogue.WholeBoxFault }) }

// change changes the state, shows it and tells who watches.
func (b *Box) change(how func(*State)) {
	b.mu.Lock()
	defer b.mu.Unlock()
	how(&b.state)
	b.state.Row = counting(b.state.Sight, b.stepped)
	if !b.ended {
		b.Lights.Show(leds.Show{Whole: b.whole(), Row: b.state.Row})
	}
	for bell := range b.watchers {
		select {
		case bell <- struct{}{}:
		default: // it rings already
		}
	}
}

// counting is the row with the n-th finding counting its flashes in place of the verdict.
func counting(s Sight, n int) catalogue.Row {
	row := s.Verdict.Row
	var others []catalogue.Finding
	for _, f := range s.Verdict.Also {
		if f.Severity != catalogue.Green {
			others = append(others, f)
		}
	}
	n %= len(others) + 1
	if n == 0 {
		return row
	}
	for i := range row {
		row[i].Counting, row[i].Flashes = false, 0
	}
	f := others[n-1]
	row[f.Light-1] = catalogue.Light{State: catalogue.LightState(f.Severity), Counting: true, Flashes: int(f.Code[2] - '0'), Code: f.Code}
	return row
}
