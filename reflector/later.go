package reflector

import (
	"net/netip"
	"sync"
	"time"
)

// Bounds of the replies that wait.
const (
	mostWaiting     = 4096 // in all: 12 MiB with the longest of them
	mostWaitingEach = 8    // of one address: a search for a mapping's lifetime has three or four ways at a time
	longestWaiting  = 1500 // bytes of a request that is answered later
)

// later holds the replies that were asked for later. It is the only thing that the reflector remembers of a
// request, and it goes with the reply.
type later struct {
	mu      sync.Mutex
	of      map[netip.Addr]int
	timers  map[*time.Timer]struct{}
	waiting int
	closed  bool
}

func newLater() *later {
	return &later{of: map[netip.Addr]int{}, timers: map[*time.Timer]struct{}{}}
}

// reserve takes a place for a reply to the address; false when there is none left. A place that was taken must be used with after.
func (l *later) reserve(addr netip.Addr) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	addr = site(addr)
	if l.closed || l.waiting >= mostWaiting || l.of[addr] >= mostWaitingEach {
		return false
	}
	l.waiting++
	l.of[addr]++
	return true
}

// after calls send after the delay, in the place that was reserved for the address.
func (l *later) after(delay time.Duration, addr netip.Addr, send func()) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed {
		return
	}
	var t *time.Timer
	t = time.AfterFunc(delay, func() {
		if l.release(&t, site(addr)) {
			send()
		}
	})
	l.timers[t] = struct{}{}
}

// release gives the place back; false after close. The timer is read under the lock under which after set it.
func (l *later) release(t **time.Timer, addr netip.Addr) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed {
		return false
	}
	delete(l.timers, *t)
	l.waiting--
	if l.of[addr]--; l.of[addr] == 0 {
		delete(l.of, addr)
	}
	return true
}

// count is how many replies wait.
func (l *later) count() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.waiting
}

// close forgets what waits, and gives how many those were.
func (l *later) close() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.closed = true
	for t := range l.timers {
		t.Stop()
	}
	return len(l.timers)
}
