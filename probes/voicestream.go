package probes

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"slices"
	"syscall"
	"time"

	"trunktester/probes/sip"
	"trunktester/reflector/wire"
)

// voiceStream is what became of some voice packets to one port of the reflector. Times count from its start.
type voiceStream struct {
	sent   []time.Duration // by sequence number, -1 for one that could not be sent
	echoes []voiceEcho     // in the order in which they came back
	icmp   []sip.ICMPError
}

// voiceEcho is one packet that came back.
type voiceEcho struct {
	seq   int
	at    time.Duration
	heard wire.Heard
	tos   int // its own TOS byte, -1 for not told
}

// count is how many packets were sent.
func (s voiceStream) count() int {
	n := 0
	for _, at := range s.sent {
		if at >= 0 {
			n++
		}
	}
	return n
}

// firsts are the echoes without repeats of one packet, in the order of their sequence numbers.
func (s voiceStream) firsts() []voiceEcho {
	first := make([]voiceEcho, 0, len(s.echoes))
	known := make([]bool, len(s.sent))
	for _, e := range s.echoes {
		if !known[e.seq] {
			known[e.seq] = true
			first = append(first, e)
		}
	}
	slices.SortStableFunc(first, func(a, b voiceEcho) int { return a.seq - b.seq })
	return first
}

// stream sends so many voice packets to the port, one every gap, and collects their echoes until all came back or wait
// has passed since the last was sent. The error is the box's own.
func (m mirror) stream(ctx context.Context, port uint16, count int, gap, wait time.Duration) (voiceStream, error) {
	s := voiceStream{sent: make([]time.Duration, count)}
	for i := range s.sent {
		s.sent[i] = -1
	}
	conn, err := m.socketTo(ctx, netip.AddrPortFrom(m.to.Addr(), port))
	if err != nil {
		return s, err
	}
	defer conn.Close()
	raw, err := conn.SyscallConn()
	if err == nil {
		err = sip.WatchErrors(raw, false)
	}
	if err != nil {
		return s, err
	}
	_, _ = markTOS(conn, rtpDSCP), receiveTOS(conn) // the packets pass without as well
	start := time.Now()
	ssrc := uint32(port)<<16 | uint32(start.UnixNano()&0xffff)
	all, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		s.echoes, s.icmp = hearStream(conn, raw, ssrc, count, start, all)
	}()
	timer := time.NewTimer(0)
	defer timer.Stop()
	for n := 0; n < count && waited(ctx, timer); n++ {
		p := wire.Probe{Sequence: uint16(n), Timestamp: uint32(n) * 160, SSRC: ssrc, DSCP: rtpDSCP, Own: uint64(n)}
		packet := p.Packet(m.Token.Reveal(), rtpSize)
		at := time.Since(start)
		_, err := conn.Write(packet)
		if icmpPending(err) { // of an earlier packet; this one was not sent
			_, err = conn.Write(packet)
		}
		if err == nil {
			s.sent[n] = at
		}
		next := time.Duration(n+1) * gap
		if n == count-1 {
			next = time.Since(start) + wait
		}
		timer.Reset(time.Until(start.Add(next)))
	}
	select {
	case <-all:
	case <-timer.C:
	case <-ctx.Done():
	}
	conn.SetReadDeadline(time.Now())
	<-ended
	return s, nil
}

// waited waits for the timer; false when ctx ends before.
func waited(ctx context.Context, timer *time.Timer) bool {
	select {
	case <-timer.C:
		return ctx.Err() == nil
	case <-ctx.Done():
		return false
	}
}

func icmpPending(err error) bool {
	return errors.Is(err, syscall.ECONNREFUSED) || errors.Is(err, syscall.EHOSTUNREACH) || errors.Is(err, syscall.ENETUNREACH)
}

// hearStream collects the echoes of one stream until the socket's deadline; all is closed once every packet came back.
func hearStream(conn *net.UDPConn, raw syscall.RawConn, ssrc uint32, count int, start time.Time, all chan<- struct{}) (echoes []voiceEcho, icmp []sip.ICMPError) {
	buf, oob := make([]byte, wire.LongestVoice+1), make([]byte, tosSpace)
	back := make([]bool, count)
	missing := count
	for {
		n, oobn, _, _, err := conn.ReadMsgUDPAddrPort(buf, oob)
		at := time.Since(start)
		if err != nil {
			icmp = append(icmp, sip.DrainErrors(raw)...)
			if !icmpPending(err) {
				return echoes, icmp
			}
			continue
		}
		p, heard, err := wire.ParseEcho(buf[:n])
		if err != nil || p.SSRC != ssrc || p.Own >= uint64(count) {
			continue
		}
		echoes = append(echoes, voiceEcho{int(p.Own), at, heard, receivedTOS(oob[:oobn])})
		if !back[p.Own] {
			back[p.Own] = true
			if missing--; missing == 0 {
				close(all)
			}
		}
	}
}
