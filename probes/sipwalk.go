package probes

import (
	"context"
	"errors"
	"net/netip"
	"slices"
	"sync"
	"time"

	"trunktester/appliance/catalogue/words"
	"trunktester/probes/facts"
	"trunktester/probes/sip"
)

// Limits of the walk on the trunk's own port.
const (
	sipWalkHops  = 6                      // the site's routers and the first ones of the line's provider: what is farther out, nobody at the site mends
	sipWalkSends = 2                      // routers limit how many errors they send; the end itself is asked again (sipWalkPairs)
	sipWalkWait  = 500 * time.Millisecond // after each packet: the first hops are near
	sipWalkPairs = 5                      // at most: routers limit how many errors they send, and two pairs that tell are enough (facts.SIPWalk)
	sipWalkRest  = time.Second            // where a router told nothing at all: so often Linux lets it tell (icmp_ratelimit)
	sipWalkGap   = 70 * time.Millisecond  // between two hops, as between all that goes towards the provider (sip.Diagnosis)
	webPort      = 443                    // of connections, what a firewall lets out first
)

// SIPWalk asks: how far on the way to the provider do packets on the trunk's own port get, where its SIP is silent? It passed
// when they get as far as packets on another port, and failed when a device on the way ends them; who it is stands
// between two addresses. A firewall's own silence is told by it from a provider that ignores this address.
//
// Over UDP the packets are OPTIONS, over TCP and TLS the beginnings of connections. Those on the trunk's port are sent no
// farther than a router told of itself on the other port, so that none reaches the provider.
type SIPWalk struct {
	Transport string     // the trunk's: "udp", "tcp" or "tls"
	Dial      sip.Dialer // Source is taken from known.Address
	Domain    string
	Username  string // "" for a trunk without one
}

// Look needs known.Name, and the trunk's own path.
func (w SIPWalk) Look(ctx context.Context, known facts.Facts) Result {
	path := map[string]*facts.Path{"udp": known.UDP, "tcp": known.TCP, "tls": known.TLS}[w.Transport]
	to, silent := silentServer(path)
	if !silent {
		return Result{Outcome: facts.NotRun, Saw: words.Said("saw.walk-only")}
	}
	if !to.Addr().Is4() {
		return Result{Outcome: facts.NotRun, Saw: words.Said("saw.walk-six")}
	}
	w.Dial = from(w.Dial, known)
	found := facts.SIPWalk{Transport: w.Transport, SIP: facts.Walk{To: to}, Other: facts.Walk{To: netip.AddrPortFrom(to.Addr(), w.otherPort())}}
	var err error
	if found.Other.Hops, err = w.climb(ctx, found.Other.To, sipWalkHops); err != nil {
		return Result{Outcome: facts.Broken, Saw: words.Said("saw.walk-broken", "error", err)}
	}
	w.again(ctx, found.Other)
	if w.Transport == "udp" {
		var all []ending
		for ttl := 1; ttl <= found.Other.Routers(); ttl++ {
			all = append(all, ending{to, ttl})
		}
		found.SIP.Hops, err = w.messages(ctx, sipWalkSends, all...)
	} else {
		found.SIP.Hops, err = w.climb(ctx, to, found.Other.Routers())
	}
	switch {
	case err != nil && polite(err):
		return Result{Outcome: facts.NotRun, Saw: words.Said("saw.walk-unasked", "error", err)}
	case err != nil:
		return Result{Outcome: facts.Broken, Saw: words.Said("saw.walk-broken-sip", "error", err)}
	}
	for len(found.Pairs) < sipWalkPairs {
		at, _, ended := found.End()
		if !ended || found.Confirmed() {
			break
		}
		pair, err := w.pair(ctx, found, at.Changed)
		if err != nil {
			break // what was not asked confirms nothing
		}
		found.Pairs = append(found.Pairs, pair)
		if !pair.SIP.Addr.IsValid() && !pair.Other.Addr.IsValid() {
			rest(ctx)
		}
	}
	return w.result(found)
}

func (w SIPWalk) otherPort() uint16 {
	if w.Transport == "udp" {
		return walkPort
	}
	return webPort
}

// climb asks hop after hop, without waiting for the answers, until the end of the way has shown itself. The error means that not
// one packet could be sent.
func (w SIPWalk) climb(ctx context.Context, to netip.AddrPort, hops int) ([]facts.Hop, error) {
	found, failed := make([]facts.Hop, hops), make([]error, hops)
	ended := make(chan struct{})
	end := sync.OnceFunc(func() { close(ended) })
	var all sync.WaitGroup
	pace := time.NewTicker(sipWalkGap)
	defer pace.Stop()
	asked := 0
climbing:
	for ; asked < hops; asked++ {
		if asked > 0 {
			select {
			case <-pace.C:
			case <-ended:
				break climbing
			case <-ctx.Done():
				break climbing
			}
		}
		i := asked
		all.Go(func() {
			found[i], failed[i] = w.ask(ctx, to, i+1)
			if found[i].Addr == to.Addr() {
				end()
			}
		})
	}
	all.Wait()
	if asked > 0 && !slices.Contains(failed[:asked], nil) {
		return nil, errors.Join(failed[:asked]...)
	}
	return found[:asked], nil
}

// again asks once more, after a rest, the hops that were silent though one behind them told.
func (w SIPWalk) again(ctx context.Context, other facts.Walk) {
	last := 0
	for i, h := range other.Hops {
		if h.Addr.IsValid() {
			last = i
		}
	}
	var all sync.WaitGroup
	for i := range last {
		if other.Hops[i].Addr.IsValid() {
			continue
		}
		all.Go(func() {
			rest(ctx)
			if h, err := w.ask(ctx, other.To, i+1); err == nil {
				other.Hops[i] = h
			}
		})
	}
	all.Wait()
}

// rest lets routers that limit how many errors they send catch their breath.
func rest(ctx context.Context) {
	select {
	case <-time.After(sipWalkRest):
	case <-ctx.Done():
	}
}

// ask sends packets that end at one hop until it tells: small datagrams, or the beginnings of connections.
func (w SIPWalk) ask(ctx context.Context, to netip.AddrPort, ttl int) (found facts.Hop, err error) {
	if w.Transport == "udp" {
		return walk{via: w.Dial.Via, source: w.Dial.Source, to: to, wait: sipWalkWait}.hop(ctx, ttl)
	}
	for range sipWalkSends {
		knock, cancel := context.WithTimeout(ctx, sipWalkWait)
		found, err = w.connect(knock, to, ttl)
		cancel()
		if err != nil || found.Addr.IsValid() {
			break
		}
	}
	return found, err
}

// connect begins one connection that ends at one hop, and waits until ctx ends.
func (w SIPWalk) connect(ctx context.Context, to netip.AddrPort, ttl int) (facts.Hop, error) {
	found, start := facts.Hop{TTL: ttl}, time.Now()
	answer, by, err := w.Dial.Knock(ctx, to, ttl)
	switch {
	case err != nil:
		return found, err
	case by != nil:
		found.Addr, found.Type, found.Code = by.Offender, by.Type, by.Code
	case answer != facts.Silent:
		found.Addr = to.Addr() // a connection, or a reset in its name
	default:
		return found, nil
	}
	found.RTT = facts.Duration(time.Since(start))
	return found, nil
}

// pair asks one hop on both ports, one packet each, on the trunk's first.
func (w SIPWalk) pair(ctx context.Context, found facts.SIPWalk, ttl int) (p facts.Pair, err error) {
	ctx, cancel := context.WithTimeout(ctx, sipWalkWait+sipWalkGap)
	defer cancel()
	if w.Transport == "udp" {
		hops, err := w.messages(ctx, 1, ending{found.SIP.To, ttl}, ending{found.Other.To, ttl})
		if err != nil {
			return p, err
		}
		return facts.Pair{SIP: hops[0], Other: hops[1]}, nil
	}
	var sipErr, otherErr error
	var both sync.WaitGroup
	both.Go(func() { p.SIP, sipErr = w.connect(ctx, found.SIP.To, ttl) })
	select {
	case <-time.After(sipWalkGap):
	case <-ctx.Done():
	}
	p.Other, otherErr = w.connect(ctx, found.Other.To, ttl)
	both.Wait()
	return p, errors.Join(sipErr, otherErr)
}

// ending is a SIP message that ends at one hop.
type ending struct {
	to  netip.AddrPort
	ttl int
}

// messages gives who answered each of some messages, which are sent so many times at most.
func (w SIPWalk) messages(ctx context.Context, sends int, all ...ending) ([]facts.Hop, error) {
	var questions []sip.Question
	for _, m := range all {
		s := search{ALG: ALG{Dial: w.Dial, Domain: w.Domain, Username: w.Username}, way: way{to: m.to, method: sip.OPTIONS}}
		q, err := s.ending(ctx, m.to, m.ttl)
		if err != nil {
			return nil, errors.Join(err, closeAll(questions))
		}
		q.Request.Sends = sends
		questions = append(questions, q)
	}
	var found []facts.Hop
	var err error
	for _, x := range sip.Burst(ctx, questions...) {
		if x.Sends == 0 {
			err = errors.Join(err, x.Err)
		}
		found = append(found, hopOf(x))
	}
	return found, errors.Join(err, closeAll(questions))
}
