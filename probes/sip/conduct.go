package sip

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"sync"
	"time"

	"trunktester/probes/facts"
)

// Purpose says whom a request is for and who goes first when several wait.
type Purpose int

const (
	Search  Purpose = iota // to the provider; may wait: the search for an ALG
	Path                   // to the provider: does SIP pass, and the challenge that the login waits for
	Login                  // to the provider: before all others, and may use the reserve
	Control                // to another host: recorded, neither counted nor queued
)

// Limits is the conduct towards the provider within one run (design section 7).
type Limits struct {
	Requests    int           // sends in all, retransmissions included
	Reserve     int           // of these, kept for Login
	Credentials int           // sends with credentials, retransmissions included
	Gap         time.Duration // least time between two sends
}

// Diagnosis are the limits of a diagnosis: 40 sends, 2 with credentials, and with 70 ms between sends
// never more than 4 of them arrive within 200 ms though the line moves each by a few milliseconds.
var Diagnosis = Limits{Requests: 40, Reserve: 2, Credentials: 2, Gap: 70 * time.Millisecond}

// Consent are the limits of an own registration, which a person agreed to: 6 sends with credentials, and the
// question before them.
var Consent = Limits{Requests: 10, Reserve: 6, Credentials: 6, Gap: 70 * time.Millisecond}

var (
	// ErrStopped ends all further sends of the run: the provider said no, or fell silent.
	ErrStopped = errors.New("no further requests to the provider in this run")
	// ErrBudget says that the run has used up its requests.
	ErrBudget = errors.New("the run's number of requests to the provider is used up")
)

// Conduct is how one run behaves towards the provider: it spaces and counts what is sent, keeps the
// list of requests and stops when the provider refuses. One for each run, shared by all SIP probes;
// all methods may be called at the same time.
type Conduct struct {
	limits Limits

	mu          sync.Mutex
	moved       chan struct{} // closed and replaced when a waiter leaves the queue or the run is stopped
	waiting     [3]int        // by Purpose
	next        time.Time     // earliest moment of the next send
	sends       int
	credentials int
	stopped     string
	requests    []facts.Request
	answered    map[habit]bool
	openings    map[string]Opening
}

// habit is what a provider that answered once is expected to answer again.
type habit struct {
	transport, method string
	remote            netip.AddrPort
}

// NewConduct begins a run.
func NewConduct(limits Limits) *Conduct {
	return &Conduct{limits: limits, moved: make(chan struct{}), answered: map[habit]bool{}, openings: map[string]Opening{}}
}

// Stop ends the sending to the provider for this run; the first reason stays.
func (c *Conduct) Stop(reason string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.stopped == "" {
		c.stopped = reason
		c.wake()
	}
}

// Stopped is the reason why nothing more is sent, "" while sending goes on.
func (c *Conduct) Stopped() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.stopped
}

// Sent counts the sends to the provider so far, and those with credentials.
func (c *Conduct) Sent() (all, credentials int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.sends, c.credentials
}

// Requests lists every request so far in the order of sending, controls included.
func (c *Conduct) Requests() []facts.Request {
	c.mu.Lock()
	defer c.mu.Unlock()
	return append([]facts.Request{}, c.requests...)
}

// admit waits for the moment in which one datagram may be sent. It fails with ErrStopped, ErrBudget or
// the context's error.
func (c *Conduct) admit(ctx context.Context, p Purpose, credentials bool) error {
	if p == Control {
		return ctx.Err()
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.waiting[p]++
	defer func() { c.waiting[p]--; c.wake() }()
	for {
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := c.allowed(p, credentials); err != nil {
			return err
		}
		now := time.Now()
		pause := c.next.Sub(now)
		if pause <= 0 && !c.outranked(p) {
			c.next = now.Add(c.limits.Gap)
			c.sends++
			if credentials {
				c.credentials++
			}
			return nil
		}
		c.sleep(ctx, pause)
	}
}

// sleep waits, unlocked, until the queue has moved, or for the pause when it is positive.
func (c *Conduct) sleep(ctx context.Context, pause time.Duration) {
	moved := c.moved
	c.mu.Unlock()
	defer c.mu.Lock()
	var due <-chan time.Time
	if pause > 0 {
		t := time.NewTimer(pause)
		defer t.Stop()
		due = t.C
	}
	select {
	case <-due:
	case <-moved:
	case <-ctx.Done():
	}
}

func (c *Conduct) allowed(p Purpose, credentials bool) error {
	if c.stopped != "" {
		return fmt.Errorf("%w: %s", ErrStopped, c.stopped)
	}
	top := c.limits.Requests
	if p != Login {
		top -= c.limits.Reserve
	}
	if c.sends >= top {
		return fmt.Errorf("%w: %d sent", ErrBudget, c.sends)
	}
	if credentials && c.credentials >= c.limits.Credentials {
		return fmt.Errorf("%w: %d with credentials", ErrBudget, c.credentials)
	}
	return nil
}

func (c *Conduct) outranked(p Purpose) bool {
	for higher := p + 1; higher < Control; higher++ {
		if c.waiting[higher] > 0 {
			return true
		}
	}
	return false
}

func (c *Conduct) wake() {
	close(c.moved)
	c.moved = make(chan struct{})
}

// record enters a request at its first send and gives its place.
func (c *Conduct) record(r facts.Request) int {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.requests = append(c.requests, r)
	return len(c.requests) - 1
}

// ended notes how an exchange ended, and stops the run at 403, at 503 and when a provider that answered
// this kind of request before has fallen silent.
func (c *Conduct) ended(place int, p Purpose, x Exchange, full bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	r := &c.requests[place]
	h := habit{r.Transport, r.Method, x.Remote}
	if x.Reply != nil {
		r.Code, r.Reason, r.RTT = x.Reply.Code, x.Reply.Reason, facts.Duration(x.RTT)
	}
	if p == Control || c.stopped != "" {
		return
	}
	switch {
	case x.Reply != nil && (x.Reply.Code == 403 || x.Reply.Code == 503):
		c.stopped = fmt.Sprintf("the provider answered %d %s to %s", x.Reply.Code, x.Reply.Reason, r.Method)
	case x.Reply == nil && full && !x.Request.Canary && c.answered[h]:
		c.stopped = fmt.Sprintf("the provider answered %s over %s before and has fallen silent", r.Method, r.Transport)
	}
	if x.Reply != nil {
		c.answered[h] = true
	}
	if c.stopped != "" {
		c.wake()
	}
}

// Opening is the REGISTER without credentials that the path probe sent, with the connection that it went
// over and the challenge that came back. Whoever takes it closes the connection.
type Opening struct {
	Conn     Conn
	TLS      *facts.TLSSession // of a TLS connection: no credentials go over one with a Fault
	Exchange Exchange          // Exchange.Request holds the Call-ID, tag and CSeq to go on with
}

// Leave keeps the opening of one transport for the login; one that was left before is closed.
func (c *Conduct) Leave(transport string, o Opening) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if old, ok := c.openings[transport]; ok {
		old.Conn.Close()
	}
	c.openings[transport] = o
}

// Take gives the opening of one transport away, once.
func (c *Conduct) Take(transport string) (Opening, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	o, ok := c.openings[transport]
	delete(c.openings, transport)
	return o, ok
}

// Close ends the run: it closes the connections that nobody took.
func (c *Conduct) Close() {
	c.mu.Lock()
	defer c.mu.Unlock()
	for transport, o := range c.openings {
		o.Conn.Close()
		delete(c.openings, transport)
	}
}
