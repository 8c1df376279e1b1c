package writelog

import (
	"math/rand/v2"
)

// Cut is what reached the device for good when its power went: everything before Lasting, and of the rest, up to
// Until, whatever its cache happened to write.
type Cut struct{ Lasting, Until int }

// Cuts lists every moment at which the power may go, in the order of the log: after each entry, with what a flush had
// made lasting by then.
func (l *Log) Cuts() []Cut {
	all := []Cut{{}}
	lasting := 0
	for i, e := range l.Entries {
		if e.Flush {
			lasting = i + 1
		}
		all = append(all, Cut{lasting, i + 1})
	}
	return all
}

// Piece is one sector that reached the device, or several in a row.
type Piece struct {
	Entry Entry
	From  int64 // bytes into the entry
	Size  int64
}

// Lost says what becomes of the writes that no flush had made lasting.
type Lost uint8

const (
	// None: the device has no cache, and each write lasts when it is finished.
	None Lost = iota
	// All: the cache was still full.
	All
	// Some: each write reached the device or not, and some were torn between two sectors.
	Some
)

// Survivors are the pieces behind the last flush that reached the device, in their order. The same random numbers
// give the same survivors. What was written with FUA survives always.
func (l *Log) Survivors(c Cut, lost Lost, random *rand.Rand) []Piece {
	var all []Piece
	for _, e := range l.Entries[c.Lasting:c.Until] {
		whole := Piece{e, 0, e.Size}
		switch {
		case e.Size == 0:
		case e.Lasts || lost == None:
			all = append(all, whole)
		case lost == All:
		default:
			all = append(all, l.torn(whole, random)...)
		}
	}
	return all
}

// torn keeps all of a write, nothing, or each sector by itself.
func (l *Log) torn(whole Piece, random *rand.Rand) []Piece {
	switch random.IntN(3) {
	case 0:
		return []Piece{whole}
	case 1:
		return nil
	}
	var kept []Piece
	for from := int64(0); from < whole.Size; from += l.Sector {
		if random.IntN(2) == 0 {
			kept = append(kept, Piece{whole.Entry, from, l.Sector})
		}
	}
	return kept
}
