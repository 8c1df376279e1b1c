package sip

import (
	"context"
	"fmt"
	"net/netip"
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
	complete bool // every send that the schedule has was made
}

// ask carries one request through: it fills and checks it, sends it when Conduct lets it, repeats it at
// the moments of again, and collects what comes back. flush empties the socket's error queue.
func ask(ctx context.Context, d Dialer, c Conn, open *transactions, r Request, p Purpose, write func([]byte) error, again []time.Duration, flush func()) Exchange {
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
	a.wait(ctx, t, again)
	flush()
	for len(t.arrived) > 0 {
		a.take(<-t.arrived)
	}
	a.conduct.ended(a.place, p, a.x, a.complete)
	return a.x
}

// send waits for Conduct and writes the request once.
func (a *asking) send(ctx context.Context) error {
	if err := a.conduct.admit(ctx, a.purpose, a.x.Request.credentials()); err != nil {
		return err
	}
	now := time.Now()
	if a.x.Sends == 0 {
		a.x.First = now
		a.place = a.conduct.record(facts.Request{
			CallID: a.x.Request.CallID, Method: a.x.Request.Method, Transport: a.x.Transport,
			Source: a.x.Local.String(), Destination: a.x.Remote.String(), SentAt: now,
		})
	}
	if err := a.write(a.x.Sent); err != nil {
		return fmt.Errorf("send %s to %s: %w", a.x.Request.Method, a.x.Remote, err)
	}
	a.x.Last = now
	a.x.Sends++
	return nil
}

// wait repeats and collects until a final reply, the end of the stream or the end of patience.
func (a *asking) wait(ctx context.Context, t *transaction, again []time.Duration) {
	patience := time.NewTimer(replyTime)
	defer patience.Stop()
	repeat := time.NewTimer(replyTime)
	defer repeat.Stop()
	schedule := func() {
		if len(again) == 0 {
			a.complete = true
			return
		}
		repeat.Reset(time.Until(a.x.First.Add(again[0])))
	}
	schedule()
	for {
		select {
		case in := <-t.arrived:
			if a.take(in) {
				return
			}
			if a.x.Reply != nil { // provisional: it has arrived, so it is not sent again
				again = nil
				repeat.Stop()
				patience.Reset(provisional)
			}
		case <-repeat.C:
			if len(again) == 0 {
				continue
			}
			again = again[1:]
			if err := a.send(ctx); err != nil {
				again = nil // stopped, out of budget or out of time: what was sent may still be answered
				continue
			}
			schedule()
			if len(again) == 0 {
				patience.Reset(replyTime - resends[len(resends)-1])
			}
		case <-patience.C:
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
		a.x.Err = in.err
		return true
	case in.icmp != nil:
		a.x.ICMP = append(a.x.ICMP, *in.icmp)
		return false
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
	a.x.Reply, a.x.Door, a.x.RTT = m, in.door, in.at.Sub(a.x.Last)
	a.x.Mangled = mangled(a.x.Request, a.sent, m)
	return m.Code >= 200
}

var _ = []Conn{(*UDP)(nil), (*Stream)(nil)}

// unmapped is the address without an IPv4-in-IPv6 cover.
func unmapped(ap netip.AddrPort) netip.AddrPort {
	return netip.AddrPortFrom(ap.Addr().Unmap(), ap.Port())
}
