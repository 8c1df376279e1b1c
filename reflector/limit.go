package reflector

import (
	"hash/maphash"
	"net/netip"
	"sync/atomic"
	"time"
)

// Rate is how often, and how many at once after a pause.
type Rate struct {
	PerSecond float64
	Burst     int
}

// rows and columns of a limiter's table: 4 x 65,536 cells of 8 bytes, 2 MiB for ever.
const (
	rows    = 4
	columns = 1 << 16
)

// limiter bounds the replies to one address, and to all together, in memory that never grows.
//
// It is a count-min sketch of theoretical arrival times (the generic cell rate algorithm, ITU-T I.371). An
// address has one cell in each row; the earliest of the four is the nearest to its own, and never too early. So no
// address gets more than its rate, whatever others send; one that shares all four cells with busy ones gets
// less. The limit for all comes first, and keeps the table so thin that this does not happen.
type limiter struct {
	seed  maphash.Seed
	start time.Time
	each  cellRate
	all   cellRate
	total atomic.Int64
	cells [rows][columns]atomic.Int64
}

// cellRate is a Rate in nanoseconds.
type cellRate struct{ interval, tolerance int64 }

func newCellRate(r Rate) cellRate {
	interval := int64(float64(time.Second) / r.PerSecond)
	return cellRate{interval, interval * int64(max(r.Burst-1, 0))}
}

func newLimiter(each, all Rate, now time.Time) *limiter {
	return &limiter{seed: maphash.MakeSeed(), start: now, each: newCellRate(each), all: newCellRate(all)}
}

// verdict of a limiter.
type verdict int

const (
	granted verdict = iota
	tooManyOfOne
	tooManyOfAll
)

// take asks for one reply to the address. An address is an IPv4 address or the /64 of an IPv6 one.
func (l *limiter) take(addr netip.Addr, now time.Time) verdict {
	at := now.Sub(l.start).Nanoseconds()
	spread := l.hash(addr)
	var own [rows]*atomic.Int64
	earliest := int64(1<<63 - 1)
	for i := range rows {
		own[i] = &l.cells[i][spread>>(16*i)&(columns-1)]
		earliest = min(earliest, own[i].Load())
	}
	earliest = max(earliest, at)
	if earliest-at > l.each.tolerance {
		return tooManyOfOne
	}
	if !l.takeOfAll(at) {
		return tooManyOfAll
	}
	for _, cell := range own {
		raise(cell, earliest+l.each.interval)
	}
	return granted
}

func (l *limiter) takeOfAll(at int64) bool {
	for {
		seen := l.total.Load()
		next := max(seen, at)
		if next-at > l.all.tolerance {
			return false
		}
		if l.total.CompareAndSwap(seen, next+l.all.interval) {
			return true
		}
	}
}

// raise sets the cell to at least v.
func raise(cell *atomic.Int64, v int64) {
	for {
		seen := cell.Load()
		if seen >= v || cell.CompareAndSwap(seen, v) {
			return
		}
	}
}

// hash is 16 bits for each row.
func (l *limiter) hash(addr netip.Addr) uint64 { return maphash.Comparable(l.seed, site(addr)) }

// site is what one customer has: an IPv4 address, or a /64.
func site(addr netip.Addr) netip.Addr {
	addr = addr.Unmap().WithZone("")
	if addr.Is4() {
		return addr
	}
	b := addr.As16()
	clear(b[8:])
	return netip.AddrFrom16(b)
}
