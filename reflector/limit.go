package reflector

import (
	"hash/maphash"
	"net/netip"
	"sync"
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
// less. The limit for all keeps the table so thin that this is rare: a
// cell is raised by replies only, never by what was refused.
type limiter struct {
	seed  maphash.Seed
	start time.Time
	each  cellRate
	all   cellRate

	mu    sync.Mutex
	total int64
	cells [rows][columns]int64
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
	spread := maphash.Comparable(l.seed, site(addr)) // 16 bits for each row
	l.mu.Lock()
	defer l.mu.Unlock()
	var own [rows]*int64
	arrival := int64(1<<63 - 1)
	for i := range rows {
		own[i] = &l.cells[i][spread>>(16*i)&(columns-1)]
		arrival = min(arrival, *own[i])
	}
	arrival, total := max(arrival, at), max(l.total, at)
	switch {
	case arrival-at > l.each.tolerance:
		return tooManyOfOne
	case total-at > l.all.tolerance:
		return tooManyOfAll
	}
	l.total = total + l.all.interval
	for _, cell := range own {
		*cell = max(*cell, arrival+l.each.interval)
	}
	return granted
}

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
