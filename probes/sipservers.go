package probes

import (
	"context"
	"sync"
	"time"

	"trunktester/probes/sip"
)

// Limits of what is asked of a provider's further servers.
const (
	// furtherAfter is how long no server must have answered until the further ones are asked to register as well: a lost
	// datagram of the first has been repeated by then, and a dead one shows (RFC 3263 section 4.3: the next is tried).
	furtherAfter = 1500 * time.Millisecond
	// furtherSends is how many of these REGISTERs go out in all, and furtherLeast to each at least: with five servers that all
	// ignore us 32 of the run's 40 requests are used.
	furtherSends, furtherLeast = 8, 2
)

// heard tells the attempts at several servers whether one has answered yet.
type heard struct {
	once sync.Once
	ch   chan struct{}
}

func newHeard() *heard { return &heard{ch: make(chan struct{})} }

func (h *heard) one() { h.once.Do(func() { close(h.ch) }) }

// nobody waits, and reports whether no server answered meanwhile; false as well when ctx ends first.
func (h *heard) nobody(ctx context.Context, wait time.Duration) bool {
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-h.ch:
	case <-ctx.Done():
	}
	return false
}

// hearing is a connection whose answers are told to the other attempts.
type hearing struct {
	sip.Conn
	heard *heard
}

func (c hearing) Ask(ctx context.Context, r sip.Request, p sip.Purpose) sip.Exchange {
	x := c.Conn.Ask(ctx, r, p)
	if x.Answered() {
		c.heard.one()
	}
	return x
}

// turn is a server's place among those that are asked.
type turn struct {
	place, of int    // the first is 0
	heard     *heard // shared by all of them
}

// alone is the turn of a server that is asked by itself, and not to register.
func alone() turn {
	h := newHeard()
	h.one()
	return turn{place: 1, of: 1, heard: h}
}

// ask sends the questions of one server. The first gets a REGISTER and an OPTIONS; a further one an OPTIONS, and a REGISTER
// when nobody has answered for a while: a provider that ignores OPTIONS, and whose first server is dead, answers nothing else.
func (p SIPPath) ask(ctx context.Context, conn sip.Conn, t turn) []sip.Exchange {
	conn = hearing{conn, t.heard}
	options := sip.Question{Conn: conn, Request: optionsTo(p.Domain, p.Username), Purpose: sip.Search}
	register := sip.Question{Conn: conn, Request: registerAt(p.Domain, p.Username), Purpose: sip.Path}
	if t.place == 0 {
		options.Minor = true
		return sip.Burst(ctx, register, options)
	}
	var later []sip.Exchange
	var both sync.WaitGroup
	both.Go(func() {
		if t.heard.nobody(ctx, furtherAfter) {
			register.Request.Sends = max(furtherLeast, furtherSends/(t.of-1))
			later = sip.Burst(ctx, register)
		}
	})
	found := sip.Burst(ctx, options)
	both.Wait()
	return append(found, later...)
}

// leave keeps the first answered REGISTER, in the order of preference, for the login, and closes the others.
func (p SIPPath) leave(attempts []looked) {
	left := false
	for _, a := range attempts {
		switch {
		case a.opening == nil:
		case left:
			a.opening.Conn.Close()
		default:
			p.Dial.Conduct.Leave(p.Transport, *a.opening)
			left = true
		}
	}
}
