package probes

import (
	"bytes"
	"context"
	"net/netip"
	"slices"
	"sync"
	"time"

	"trunktester/appliance/catalogue/words"
	"trunktester/appliance/profile"
	"trunktester/probes/facts"
	"trunktester/probes/sip"
	"trunktester/reflector/wire"
)

// The lengths of the two requests, in bytes of SIP: one fits every path (RFC 3261 section 18.1.1 takes 1,300 for safe),
// one does not fit an Ethernet frame, so that it goes in two fragments.
const (
	wholeLength      = 1200
	fragmentedLength = 1600
)

// fragmentSends is how often the long request is sent over UDP while nothing comes: over 3.5 s.
const fragmentSends = 4

// Fragments asks: do SIP messages that are longer than a packet pass over UDP? It passed when the provider answered
// a long one with any status, and no long answer of its reflector was lost. The controls are a shorter one, the same over TCP, and
// the same to other hosts.
type Fragments struct {
	Dial      sip.Dialer // Source is taken from known.Address
	Domain    string
	Username  string
	Hosts     []string // internet.sip_controls
	Reflector string   // provider.reflector, "" for none
	Token     profile.Secret
}

// Look needs known.UDP: a server that answers there is asked again.
func (p Fragments) Look(ctx context.Context, known facts.Facts) Result {
	if known.Name.ByIPv6() {
		return Result{Outcome: facts.NotRun, Saw: words.Said("saw.fragments-six")}
	}
	p.Dial = from(p.Dial, known)
	way, ok := wayOf(known.UDP)
	if !ok {
		return Result{Outcome: facts.NotRun, Saw: words.Said("saw.fragments-none")}
	}
	conn, err := p.Dial.UDP(ctx, way.to)
	if err != nil {
		return Result{Outcome: facts.Broken, Saw: words.Said("saw.could-not-ask", "error", err)}
	}
	defer conn.Close()
	found := &facts.Fragments{}
	var controls, stream, down []looked
	var all sync.WaitGroup
	all.Go(func() { down = p.down(ctx, known) })
	all.Go(func() { controls = p.controls(ctx, known) })
	all.Go(func() { stream = p.stream(ctx, known) })
	pair := sip.Burst(ctx,
		sip.Question{Conn: conn, Request: p.padded(way.method, wholeLength, 2), Purpose: sip.Search},
		sip.Question{Conn: conn, Request: p.padded(way.method, fragmentedLength, fragmentSends), Purpose: sip.Search})
	all.Wait()
	whole, long := looked{Attempt: facts.Attempt{Target: way.to}}, looked{Attempt: facts.Attempt{Target: way.to}}
	whole.add(pair[0])
	long.add(pair[1])
	found.Whole, found.Long = whole.Attempt, long.Attempt
	r := Result{File: func(f *facts.Facts) { f.Fragments = found }}
	r.Evidence = append(r.Evidence, asKind("control", whole.evidence)...)
	r.Evidence = append(r.Evidence, long.evidence...)
	for _, c := range stream {
		found.TCP = &c.Attempt
		r.Evidence = append(r.Evidence, asKind("control", c.evidence)...)
	}
	for _, c := range controls {
		found.Controls = append(found.Controls, c.Attempt)
		r.Evidence = append(r.Evidence, asKind("control", c.evidence)...)
	}
	for _, c := range down {
		found.Down = &c.Attempt
		r.Evidence = append(r.Evidence, c.evidence...)
	}
	r.Outcome, r.Saw = fragmentsSaw(whole, long)
	r.Outcome, r.Saw = downSaw(r.Outcome, r.Saw, found.Down)
	return r
}

// padded is a request of this many bytes, a little more or less as its identifiers go.
func (p Fragments) padded(method string, length, sends int) sip.Request {
	r := optionsTo(p.Domain, p.Username)
	if method == sip.REGISTER {
		r = registerAt(p.Domain, p.Username)
	}
	r.Canary, r.Sends, r.Agent = true, sends, p.Dial.Agent
	return pad(r, length)
}

// pad lengthens a request by a body, so that all that matters stands in its first fragment.
func pad(r sip.Request, length int) sip.Request {
	r.Headers = append(slices.Clone(r.Headers), sip.Header{Name: "Content-Type", Value: "text/plain"})
	draft, err := r.Filled(netip.AddrPortFrom(netip.AddrFrom4([4]byte{192, 168, 100, 100}), 50000)).Bytes("udp")
	if err == nil { // else the same error comes when it is sent
		r.Body = bytes.Repeat([]byte("x"), max(length-len(draft), 0))
	}
	return r
}

// stream asks the same over TCP, where the provider answered there.
func (p Fragments) stream(ctx context.Context, known facts.Facts) []looked {
	way, ok := wayOf(known.TCP)
	if !ok {
		return nil
	}
	a := looked{Attempt: facts.Attempt{Target: way.to}}
	conn := SIPPath{Transport: "tcp", Dial: p.Dial}.open(ctx, &a, way.to, nil)
	if conn == nil {
		return nil
	}
	defer conn.Close()
	a.add(conn.Ask(ctx, p.padded(way.method, fragmentedLength, 1), sip.Search))
	return []looked{a}
}

// controls asks hosts that are not the provider's servers; only those that answer a short request say anything,
// so both are sent.
func (p Fragments) controls(ctx context.Context, known facts.Facts) []looked {
	hosts := p.Hosts
	if p.Reflector != "" {
		hosts = append([]string{p.Reflector}, hosts...)
	}
	hosts = hosts[:min(len(hosts), mostControls)]
	asked := make([]looked, len(hosts))
	var all sync.WaitGroup
	for i, host := range hosts {
		all.Go(func() { asked[i] = p.control(ctx, host, known) })
	}
	all.Wait()
	var heard []looked
	for _, a := range asked {
		if len(a.Exchanges) == 2 {
			heard = append(heard, a)
		}
	}
	return heard
}

func (p Fragments) control(ctx context.Context, host string, known facts.Facts) looked {
	a := looked{Attempt: facts.Attempt{Host: host}}
	to, err := resolveHost(ctx, p.Dial, host, known)
	if err != nil {
		return a
	}
	a.Target = to
	conn, err := p.Dial.UDP(ctx, to)
	if err != nil {
		return a
	}
	defer conn.Close()
	exchanges := make([]sip.Exchange, 2)
	var both sync.WaitGroup
	for i, length := range []int{wholeLength, fragmentedLength} {
		both.Go(func() {
			exchanges[i] = conn.Ask(ctx, pad(p.toControl(host), length), sip.Control)
		})
		time.Sleep(fragmentsGap)
	}
	both.Wait()
	for _, x := range exchanges {
		a.add(x)
	}
	return a
}

// fragmentsGap keeps a control's two requests in their order.
const fragmentsGap = 70 * time.Millisecond

func (p Fragments) toControl(host string) sip.Request {
	if host == p.Reflector {
		return p.toReflector(wire.Wish{FactsOnly: true})
	}
	name, _ := splitHost(host)
	return sip.Request{Method: sip.OPTIONS, URI: "sip:" + name, From: "sip:trunktester@" + name, To: "sip:" + name, Sends: fragmentSends, Agent: p.Dial.Agent}
}

func asKind(kind string, of []facts.Evidence) []facts.Evidence {
	var all []facts.Evidence
	for _, e := range of {
		if e.Kind == "probe" {
			e.Kind = kind
		}
		all = append(all, e)
	}
	return all
}
