package probes

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"sync"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"trunktester/probes/facts"
	"trunktester/probes/sip"
	"trunktester/probes/via"
)

// walk is one way out, hop by hop: small UDP datagrams with rising time to live, and who says that it ran
// out (RFC 792, type 11). All hops are asked at the same time.
type walk struct {
	via    via.Interface
	source netip.Addr // zero lets the routing table choose
	to     netip.AddrPort
	hops   int           // the highest time to live
	wait   time.Duration // for each of the two sends
}

// walkSends is how often each hop is asked: routers limit how many errors they send.
const walkSends = 2

// walkPort is where nothing listens by custom: the first port of traceroute(8).
const walkPort = 33434

// run takes twice wait at most. The error means that not one datagram could be sent.
func (w walk) run(ctx context.Context) (facts.Walk, error) {
	found := facts.Walk{To: w.to, Hops: make([]facts.Hop, w.hops)}
	failed := make([]error, w.hops)
	var all sync.WaitGroup
	for i := range w.hops {
		all.Go(func() { found.Hops[i], failed[i] = w.hop(ctx, i+1) })
	}
	all.Wait()
	for _, err := range failed {
		if err == nil {
			return found, nil
		}
	}
	return found, errors.Join(failed...)
}

func (w walk) hop(ctx context.Context, ttl int) (facts.Hop, error) {
	found := facts.Hop{TTL: ttl}
	conn, raw, err := w.open(ctx, ttl)
	if err != nil {
		return found, fmt.Errorf("UDP socket to %s with time to live %d: %w", w.to, ttl, err)
	}
	defer conn.Close()
	defer context.AfterFunc(ctx, func() { conn.SetReadDeadline(time.Now()) })()
	for range walkSends {
		start := time.Now()
		if _, err := conn.Write([]byte("trunktester")); err != nil && len(sip.DrainErrors(raw)) == 0 {
			return found, fmt.Errorf("send to %s with time to live %d: %w", w.to, ttl, err)
		}
		if ctx.Err() == nil {
			conn.SetReadDeadline(start.Add(w.wait))
		}
		if w.hear(conn, raw, &found) {
			found.RTT = facts.Duration(time.Since(start))
			return found, nil
		}
	}
	return found, nil
}

// hear waits for what answers one datagram, and says whether anything did.
func (w walk) hear(conn net.Conn, raw syscall.RawConn, found *facts.Hop) bool {
	buf := make([]byte, 1500)
	for {
		_, err := conn.Read(buf)
		if err == nil {
			found.Addr = w.to.Addr() // it answers where nothing should listen: the way ends there
			return true
		}
		for _, e := range sip.DrainErrors(raw) {
			found.Addr, found.Type, found.Code = e.Offender, e.Type, e.Code
			return true
		}
		var late net.Error
		if errors.Is(err, net.ErrClosed) || errors.As(err, &late) && late.Timeout() {
			return false
		}
	}
}

func (w walk) open(ctx context.Context, ttl int) (net.Conn, syscall.RawConn, error) {
	d := w.via.Dialer()
	if w.source.IsValid() {
		d.LocalAddr = &net.UDPAddr{IP: w.source.AsSlice()}
	}
	conn, err := d.DialContext(ctx, "udp4", w.to.String())
	if err != nil {
		return nil, nil, err
	}
	raw, err := conn.(*net.UDPConn).SyscallConn()
	if err == nil {
		err = sip.WatchErrors(raw, false)
	}
	if err == nil {
		var failed error
		err = raw.Control(func(fd uintptr) { failed = unix.SetsockoptInt(int(fd), unix.SOL_IP, unix.IP_TTL, ttl) })
		err = errors.Join(err, failed)
	}
	if err != nil {
		conn.Close()
		return nil, nil, err
	}
	return conn, raw, nil
}
