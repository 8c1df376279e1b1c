package sip

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"strings"
	"syscall"
	"time"

	"trunktester/probes/facts"
)

// asking is one request on its way.
type asking struct {
	x        Exchange
	sent     *Message
	conduct  *Conduct
	purpose  Purpose
	write    func([]byte) error
	place    int  // in the list of requests
	complete bool // all sends of the schedule were made, and patience ran out
}

// ask carries one request through: it fills and checks it, sends it when Conduct lets it, repeats it at
// the moments of again, and collects what comes back. flush empties the socket's error queue.
func ask(ctx context.Context, d Dialer, c Conn, open *transactions, r Request, p Purpose, write func([]byte) error, again []time.Duration, flush func()) Exchange {
	if r.begun != nil {
		defer r.begun() // also when nothing could be sent
	}
	if r.Sends > 0 {
		again = again[:min(len(again), r.Sends-1)]
	}
	if r.Agent == "" {
		r.Agent = d.Agent
	}
	r = r.Filled(c.Local())
	a := &asking{conduct: d.Conduct, purpose: p, write: write}
	a.x = Exchange{Request: r, Transport: c.Transport(), Local: c.Local(), Remote: c.Remote()}
	if a.x.Sent, a.x.Err = r.Bytes(c.Transport()); a.x.Err != nil {
		return a.x
	}
	a.sent = Split(a.x.Sent)
	t := open.begin(r)
	defer open.end(t)
	if a.x.Err = a.send(ctx); a.x.Err != nil {
		return a.x
	}
	if r.begun != nil {
		r.begun()
	}
	a.wait(ctx, t, again)
	flush()
	for len(t.arrived) > 0 {
		a.take(<-t.arrived)
	}
	a.conduct.ended(a.place, p, a.x, a.complete)
	if r.Method == INVITE && a.x.Answered() && a.x.Reply.Code >= 300 {
		a.acknowledge(c.Transport())
	}
	return a.x
}

// acknowledge ends an INVITE's transaction, here and in every device on the way (RFC 3261 section 17.1.1.3). It is
// sent once: nothing waits for it.
func (a *asking) acknowledge(transport string) {
	r := a.x.Request
	r.Method, r.Contact, r.Headers, r.Body = ack, "", nil, nil
	_, tag, _ := strings.Cut(a.x.Reply.Get("To"), ";tag=")
	r.ToTag, _, _ = strings.Cut(tag, ";")
	if b, err := r.Bytes(transport); err == nil {
		_ = a.write(b) // the answer was seen, whether this arrives or not
	}
}

// send waits for Conduct and writes the request once.
func (a *asking) send(ctx context.Context) error {
	if err := a.conduct.admit(ctx, a.purpose, a.x.Request.credentials()); err != nil {
		return err
	}
	now := time.Now()
	err := a.write(a.x.Sent)
	if errors.Is(err, syscall.EPIPE) || errors.Is(err, syscall.ECONNRESET) {
		a.x.Closed, err = err, nil
	}
	if err != nil {
		return fmt.Errorf("send %s to %s: %w", a.x.Request.Method, a.x.Remote, err)
	}
	if a.x.Sends == 0 {
		a.x.First = now
		a.place = a.conduct.record(facts.Request{
			CallID: a.x.Request.CallID, Method: a.x.Request.Method, Transport: a.x.Transport,
			Source: a.x.Local.String(), Destination: a.x.Remote.String(), SentAt: now,
		})
	}
	a.x.Last = now
	a.x.Sends++
	return nil
}

// wait repeats and collects until a final reply, the end of the stream or the end of patience.
func (a *asking) wait(ctx context.Context, t *transaction, again []time.Duration) {
	patience := time.NewTimer(replyTime)
	defer patience.Stop()
	var repeat <-chan time.Time
	schedule := func() {
		repeat = nil
		if len(again) > 0 {
			repeat = time.After(time.Until(a.x.First.Add(again[0])))
		}
	}
	schedule()
	stopped := false
	for a.x.Closed == nil {
		select {
		case in := <-t.arrived:
			if a.take(in) {
				return
			}
			if a.x.Reply != nil { // provisional: it has arrived, so it is not sent again
				again = nil
				schedule()
				patience.Reset(provisional)
			}
		case <-repeat:
			again = again[1:]
			if a.send(ctx) != nil {
				again, stopped = nil, true // out of budget or time: what was sent may still be answered
			}
			schedule()
			if len(again) == 0 {
				patience.Reset(lastReply)
			}
		case <-patience.C:
			a.complete = !stopped
			return
		case <-ctx.Done():
			return
		}
	}
}

// take files one arrival and says whether it ends the wait.
func (a *asking) take(in arrival) (done bool) {
	switch {
	case in.err != nil:
		if !a.x.Answered() {
			a.x.Closed = in.err
		}
		return true
	case in.icmp != nil:
		a.x.ICMP = append(a.x.ICMP, *in.icmp)
		return a.x.Request.Hops > 0 && in.icmp.expired() // it ended where it was to end
	}
	m := Split(in.raw)
	t := transaction{request: a.x.Request}
	if m.Code == 0 || !t.owns(in.raw) {
		a.x.Strays = append(a.x.Strays, Stray{in.door, in.raw})
		return false
	}
	if a.x.Reply != nil && a.x.Reply.Code >= 200 {
		return true // a retransmitted answer
	}
	since := a.x.Last
	if in.at.Before(since) {
		since = a.x.First // it answered an earlier send
	}
	a.x.Reply, a.x.Door, a.x.RTT = m, in.door, in.at.Sub(since)
	a.x.Mangled = mangled(a.x.Request, a.sent, m)
	return m.Code >= 200
}

var _ = []Conn{(*UDP)(nil), (*Stream)(nil)}

// unmapped is the address without an IPv4-in-IPv6 cover.
func unmapped(ap netip.AddrPort) netip.AddrPort {
	return netip.AddrPortFrom(ap.Addr().Unmap(), ap.Port())
}
