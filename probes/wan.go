package probes

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"trunktester/appliance/catalogue/words"
	"trunktester/probes/facts"
	"trunktester/probes/via"
)

// wanTurns are the waits after each question, as RFC 6886 section 3.1 has them, doubling from 250 ms; a device
// that was searched for may take its second (MX).
func wanTurns() []time.Duration {
	return []time.Duration{250 * time.Millisecond, 500 * time.Millisecond, 750 * time.Millisecond}
}

// WAN asks: which address does the router itself have outside? Three ways are tried at the same time: UPnP,
// NAT-PMP and PCP. It passes whether or not the router tells, as many do not; Failed is never said.
// Nothing that could let somebody in is changed in the router.
type WAN struct {
	Via    via.Interface
	Group  netip.AddrPort // of the search; zero: 239.255.255.250:1900
	Port   uint16         // of NAT-PMP and PCP; 0: 5351
	Search uint16         // port of the router for a search that is not multicast; 0: 1900
}

// Look needs known.Address.
func (p WAN) Look(ctx context.Context, known facts.Facts) Result {
	if known.Address == nil || !known.Address.Prefix.IsValid() || !known.Address.Gateway.Is4() {
		return Result{Outcome: facts.NotRun, Saw: words.Said("saw.wan-no-router")}
	}
	if p.Group == (netip.AddrPort{}) {
		p.Group = ssdpGroup
	}
	own, router := known.Address.Prefix.Addr(), known.Address.Gateway
	ways := []func(context.Context, netip.Addr, netip.Addr) wanTold{p.upnp, p.natPMP, p.pcp}
	told := make([]wanTold, len(ways))
	var all sync.WaitGroup
	for i, ask := range ways {
		all.Go(func() { told[i] = ask(ctx, own, router) })
	}
	all.Wait()
	found := facts.WAN{Router: router}
	r := Result{Outcome: facts.Passed, File: func(f *facts.Facts) { f.WAN = &found }}
	var saw []string
	couldNot := 0
	for _, t := range told {
		found.Answers = append(found.Answers, t.WANAnswer)
		if t.device != (facts.Device{}) {
			found.Device = &t.device
		}
		r.Evidence = append(r.Evidence, facts.Evidence{Kind: "probe", Text: t.Way + ": " + t.why + "."})
		switch {
		case t.Addr.IsValid():
			saw = append(saw, fmt.Sprintf("%s (%s)", t.Addr, t.Way))
		case t.Answer == facts.CouldNotAsk:
			couldNot++
		}
	}
	switch {
	case len(saw) > 0:
		r.Saw = words.Said("saw.wan-told", "addresses", strings.Join(saw, ", "))
	case couldNot == len(told):
		r.Outcome, r.Saw = facts.Broken, words.Said("saw.wan-broken", "error", told[0].why)
	case slices.ContainsFunc(told, func(t wanTold) bool { return t.None }):
		r.Saw = words.Said("saw.wan-none")
	default:
		r.Saw = words.Said("saw.wan-untold")
	}
	if found.Device != nil {
		r.Saw += " " + words.Said("saw.wan-itself", "device", found.Device)
	}
	return r
}

// wanTold is what one way brought, and why.
type wanTold struct {
	facts.WANAnswer
	why    string
	device facts.Device // zero where it does not describe itself
}

func (p WAN) natPMP(ctx context.Context, own, router netip.Addr) wanTold {
	return p.ask(ctx, "NAT-PMP", own, netip.AddrPortFrom(router, orPort(p.Port, portControl)), func(netip.AddrPort) []byte { return natPMPQuestion() }, natPMPAnswer)
}

func (p WAN) pcp(ctx context.Context, own, router netip.Addr) wanTold {
	var nonce [12]byte
	rand.Read(nonce[:]) // never fails (crypto/rand)
	return p.ask(ctx, "PCP", own, netip.AddrPortFrom(router, orPort(p.Port, portControl)),
		func(local netip.AddrPort) []byte { return pcpQuestion(local, nonce) },
		func(b []byte) (netip.Addr, error) { return pcpAnswer(b, nonce) })
}

// ask puts one question over UDP to the router alone, and repeats it while nothing comes.
func (p WAN) ask(ctx context.Context, way string, own netip.Addr, to netip.AddrPort, question func(netip.AddrPort) []byte, read func([]byte) (netip.Addr, error)) wanTold {
	told := wanTold{WANAnswer: facts.WANAnswer{Way: way}, why: "not answered"}
	d := p.Via.Dialer()
	d.LocalAddr = &net.UDPAddr{IP: own.AsSlice()}
	conn, err := d.DialContext(ctx, "udp4", to.String())
	if err != nil {
		told.Answer, told.why = facts.CouldNotAsk, fmt.Sprintf("not asked: %v", err)
		return told
	}
	defer conn.Close()
	defer context.AfterFunc(ctx, func() { conn.SetReadDeadline(time.Now()) })()
	local := conn.LocalAddr().(*net.UDPAddr).AddrPort()
	buf := make([]byte, 1100) // RFC 6887 section 7
	for _, wait := range wanTurns() {
		start := time.Now()
		if _, err = conn.Write(question(local)); err == nil {
			if ctx.Err() == nil {
				conn.SetReadDeadline(start.Add(wait))
			}
			var n int
			if n, err = conn.Read(buf); err == nil {
				told.Answer, told.RTT = facts.Answered, facts.Duration(time.Since(start))
				told.take(read(buf[:n]))
				return told
			}
		}
		if told.Answer = socketAnswer(err); told.Answer != facts.Silent {
			told.why = fmt.Sprintf("not answered: %v", err)
			return told
		}
	}
	return told
}

func (t *wanTold) take(addr netip.Addr, err error) {
	if err != nil {
		t.why, t.None = err.Error(), errors.Is(err, errNoOutside)
		return
	}
	t.Addr, t.why = addr, fmt.Sprintf("the router says that its outside address is %s", addr)
}

// upnp searches for the router's UPnP, by multicast and at the router itself, and asks it.
func (p WAN) upnp(ctx context.Context, own, router netip.Addr) wanTold {
	told := wanTold{WANAnswer: facts.WANAnswer{Way: "UPnP"}, why: "nobody answered the search"}
	start := time.Now()
	at, err := p.search(ctx, own, router)
	switch {
	case err != nil && at == nil:
		told.Answer, told.why = facts.CouldNotAsk, fmt.Sprintf("not searched for: %v", err)
		return told
	case at == nil:
		told.Answer = facts.Silent
		return told
	}
	told.Answer, told.RTT = facts.Answered, facts.Duration(time.Since(start))
	u := newUPnP(p.Via, router)
	description, err := u.describe(ctx, at)
	if err != nil {
		told.why = err.Error()
		return told
	}
	told.device = upnpDevice(description)
	told.take(u.outside(ctx, description, at))
	return told
}

// search gives where the router describes itself, nil when nothing of it answered.
func (p WAN) search(ctx context.Context, own, router netip.Addr) (*url.URL, error) {
	conn, err := p.Via.ListenPacket(ctx, "udp4", netip.AddrPortFrom(own, 0).String())
	if err != nil {
		return nil, err
	}
	defer conn.Close()
	defer context.AfterFunc(ctx, func() { conn.SetReadDeadline(time.Now()) })()
	buf := make([]byte, 1500)
	sent := 0
	for _, wait := range wanTurns() {
		for _, to := range []netip.AddrPort{p.Group, netip.AddrPortFrom(router, orPort(p.Search, ssdpGroup.Port()))} {
			var failed error
			if _, failed = conn.WriteTo(ssdpSearch(to), net.UDPAddrFromAddrPort(to)); failed == nil {
				sent++
			}
			err = errors.Join(err, failed)
		}
		if ctx.Err() == nil {
			conn.SetReadDeadline(time.Now().Add(wait))
		}
		for {
			n, from, readErr := conn.ReadFrom(buf)
			if readErr != nil {
				break
			}
			if udp, ok := from.(*net.UDPAddr); !ok || udp.AddrPort().Addr().Unmap() != router {
				continue // another device of the site: not the way out
			}
			if at, wrong := ssdpLocation(buf[:n], router); wrong == nil {
				return at, nil
			}
		}
	}
	if sent > 0 {
		return nil, nil
	}
	return nil, err
}

func orPort(port, usual uint16) uint16 {
	if port == 0 {
		return usual
	}
	return port
}
