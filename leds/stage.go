package leds

import (
	"time"

	"trunktester/appliance/catalogue"
)

// stage is what is being shown, and since when: every light keeps its own rhythm while others change.
type stage struct {
	show   Show
	whole  time.Time    // since when the pattern of the whole row, or none
	lights [5]time.Time // since when the state of each light
}

// settle moves towards what is wanted as far as Settle and patterns with an end allow, and says whether
// anything changed.
func (s *stage) settle(wanted Show, now time.Time) (changed bool) {
	if wanted.Whole != s.show.Whole && s.wholeMayGo(wanted.Whole, now) {
		s.show.Whole, s.whole, changed = wanted.Whole, now, true
	}
	for i, l := range wanted.Row {
		if l != s.show.Row[i] && now.Sub(s.lights[i]).Round(beat) >= Settle {
			s.show.Row[i], s.lights[i], changed = l, now, true
		}
	}
	return changed
}

// wholeMayGo says whether the pattern of the whole row may give way to next: one with an end plays to its
// end, unless another pattern wants to be seen.
func (s *stage) wholeMayGo(next catalogue.Whole, now time.Time) bool {
	at := now.Sub(s.whole).Round(beat)
	if next == catalogue.WholeNone && at < Length(s.show.Whole) {
		return false
	}
	return at >= Settle
}

// frame is what the lights shine now.
func (s *stage) frame(now time.Time) [5]Colour {
	if at := now.Sub(s.whole).Round(beat); !over(s.show.Whole, at) {
		return all(whole(s.show.Whole, at))
	}
	var frame [5]Colour
	for i, l := range oneCount(s.show.Row) {
		frame[i] = shine(l, now.Sub(s.since(i)).Round(beat))
	}
	return frame
}

// board is whether the board's own light shines now.
func (s *stage) board(now time.Time) bool {
	if at := now.Sub(s.whole).Round(beat); !over(s.show.Whole, at) {
		return Board(s.show, at)
	}
	speaks := 0 // the light whose rhythm the board repeats
	for i, l := range s.show.Row {
		if l.Counting {
			speaks = i
			break
		}
		if l.State == catalogue.LightTesting && s.show.Row[speaks].State != catalogue.LightTesting {
			speaks = i
		}
	}
	return Board(Show{Row: s.show.Row}, now.Sub(s.since(speaks)).Round(beat))
}

// since is when the light began what it shows: with its state, or when the whole pattern gave way to it.
func (s *stage) since(light int) time.Time {
	free := s.whole.Add(Length(s.show.Whole))
	if free.After(s.lights[light]) {
		return free
	}
	return s.lights[light]
}

// writer remembers what was written, so that only changes are, and failures are tried again.
type writer[T comparable] struct {
	last             T
	written, failing bool
}

// write sets v unless it is set already. Of a row of failures only the first is returned.
func (w *writer[T]) write(v T, set func(T) error) error {
	if w.written && v == w.last {
		return nil
	}
	err := set(v)
	first := err != nil && !w.failing
	w.last, w.written, w.failing = v, err == nil, err != nil
	if first {
		return err
	}
	return nil
}
