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
// has passed since the last was sent. Where the very last did not come back, so many more follow, slowly, until one
// does: its count tells on which way the last ones were lost. The error is the box's own.
func (m mirror) stream(ctx context.Context, port uint16, count, more int, gap, wait time.Duration) (voiceStream, error) {
	s := voiceStream{}
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
	ear := voiceEar{conn: conn, raw: raw, ssrc: ssrc, count: count, start: start, all: make(chan struct{}), last: make(chan struct{})}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		s.echoes, s.icmp = ear.listen(count + more)
	}()
	send := func() {
		n := len(s.sent)
		p := wire.Probe{Sequence: uint16(n), Timestamp: uint32(n) * 160, SSRC: ssrc, DSCP: rtpDSCP, Own: uint64(n)}
		packet := p.Packet(m.Token.Reveal(), rtpSize)
		at := time.Since(start)
		_, err := conn.Write(packet)
		if icmpPending(err) { // of an earlier packet; this one was not sent
			_, err = conn.Write(packet)
		}
		if err != nil {
			at = -1
		}
		s.sent = append(s.sent, at)
	}
	timer := time.NewTimer(0)
	defer timer.Stop()
	for n := range count {
		if !waited(ctx, timer, nil) {
			break
		}
		send()
		timer.Reset(time.Until(start.Add(time.Duration(n+1) * gap)))
	}
	timer.Reset(wait)
	waited(ctx, timer, ear.all)
	for sent := 0; sent < more && ctx.Err() == nil && !closed(ear.last); sent++ {
		send()
		timer.Reset(moreGap)
		waited(ctx, timer, ear.last)
	}
	conn.SetReadDeadline(time.Now())
	<-ended
	s.trim(count)
	return s, nil
}

// moreGap is between the packets that follow a stream whose last one did not come back.
const moreGap = 150 * time.Millisecond

// trim forgets of the packets that followed the stream those after the last that came back: nobody waited for them.
func (s *voiceStream) trim(count int) {
	last := count - 1
	for _, e := range s.echoes {
		last = max(last, e.seq)
	}
	s.sent = s.sent[:min(len(s.sent), last+1)]
}

func closed(c <-chan struct{}) bool {
	select {
	case <-c:
		return true
	default:
		return false
	}
}

// waited waits for the timer, or until the channel is closed; false when ctx ends before.
func waited(ctx context.Context, timer *time.Timer, enough <-chan struct{}) bool {
	select {
	case <-timer.C:
	case <-enough:
	case <-ctx.Done():
	}
	return ctx.Err() == nil
}

func icmpPending(err error) bool {
	return errors.Is(err, syscall.ECONNREFUSED) || errors.Is(err, syscall.EHOSTUNREACH) || errors.Is(err, syscall.ENETUNREACH)
}

// voiceEar collects the echoes of one stream.
type voiceEar struct {
	conn  *net.UDPConn
	raw   syscall.RawConn
	ssrc  uint32
	count int // packets of the stream
	start time.Time

	all  chan struct{} // closed once each of them came back
	last chan struct{} // closed once the last of them, or a later one, came back
}

// listen hears at most so many different packets, until the socket's deadline.
func (e voiceEar) listen(most int) (echoes []voiceEcho, icmp []sip.ICMPError) {
	buf, oob := make([]byte, wire.LongestVoice+1), make([]byte, tosSpace)
	back := make([]bool, most)
	missing, ended := e.count, false
	for {
		n, oobn, _, _, err := e.conn.ReadMsgUDPAddrPort(buf, oob)
		at := time.Since(e.start)
		if err != nil {
			icmp = append(icmp, sip.DrainErrors(e.raw)...)
			if !icmpPending(err) {
				return echoes, icmp
			}
			continue
		}
		p, heard, err := wire.ParseEcho(buf[:n])
		if err != nil || p.SSRC != e.ssrc || p.Own >= uint64(most) {
			continue
		}
		seq := int(p.Own)
		echoes = append(echoes, voiceEcho{seq, at, heard, receivedTOS(oob[:oobn])})
		if back[seq] {
			continue
		}
		back[seq] = true
		if seq >= e.count-1 && !ended {
			ended = true
			close(e.last)
		}
		if seq < e.count {
			if missing--; missing == 0 {
				close(e.all) // the last one came back as well, which is told already
			}
		}
	}
}
