package reflector

import (
	"errors"
	"hash/maphash"
	"net"
	"net/netip"
	"sync"
	"time"

	"trunktester/reflector/wire"
)

// echo sends voice packets of probes back until the socket's deadline.
func (s *Server) echo(c *net.UDPConn) {
	port := c.LocalAddr().(*net.UDPAddr).AddrPort().Port()
	packet, oob := make([]byte, wire.LongestVoice+1), make([]byte, controlSpace)
	for {
		n, oobn, _, from, err := c.ReadMsgUDPAddrPort(packet, oob)
		if err != nil {
			if s.stopping() || errors.Is(err, net.ErrClosed) {
				return
			}
			continue
		}
		now := time.Now()
		s.counts.probes.Inc()
		if !wire.Voice(packet[:n], s.config.Token) {
			s.counts.drop(dropVoice)
			continue
		}
		source := unmapped(from)
		// What was heard is counted also when no echo is sent: it did come.
		admitted := s.admitted(s.voiceLimit.take(source.Addr(), now))
		heard := wire.Heard{Source: source, At: now}
		heard.Count, heard.Skipped = s.streams.count(source, port, wire.Stream(packet), now, !admitted)
		if !admitted {
			continue
		}
		to, tos := seen(oob[:oobn])
		heard.TOS = max(tos, 0)
		dscp := wire.Echo(packet[:n], heard)
		if _, _, err := c.WriteMsgUDPAddrPort(packet[:n], control(to, dscp), from); err != nil {
			s.counts.drop(dropSend)
			continue
		}
		s.counts.echoes.Inc()
	}
}

// streams counts the packets of voice streams in a table that never grows: 1,024 sets of four.
type streams struct {
	seed maphash.Seed
	mu   sync.Mutex
	sets [1024][4]stream
}

type stream struct {
	key     uint64 // 0: free
	count   uint32
	skipped uint32 // of these, so many were not echoed for the limits
	last    time.Time
}

// streamEnds after so long a silence: its place may be taken.
const streamEnds = 30 * time.Second

func newStreams() *streams { return &streams{seed: maphash.MakeSeed()} }

// count is how many packets of the stream came, this one included, and how many of them are not echoed; 0 when there is no
// place to count it. skip says that this one is not.
func (s *streams) count(from netip.AddrPort, port uint16, ssrc uint32, now time.Time, skip bool) (count, skipped uint32) {
	type name struct {
		from netip.AddrPort
		port uint16
		ssrc uint32
	}
	key := maphash.Comparable(s.seed, name{from, port, ssrc}) | 1
	s.mu.Lock()
	defer s.mu.Unlock()
	set := &s.sets[key>>32%uint64(len(s.sets))]
	var free *stream
	for i := range set {
		one := &set[i]
		ended := one.key == 0 || now.Sub(one.last) > streamEnds
		if one.key == key && !ended {
			one.add(now, skip)
			return one.count, one.skipped
		}
		if ended && free == nil {
			free = one
		}
	}
	if free == nil {
		return 0, 0
	}
	*free = stream{key: key}
	free.add(now, skip)
	return free.count, free.skipped
}

func (s *stream) add(now time.Time, skip bool) {
	if s.count++; skip {
		s.skipped++
	}
	s.last = now
}
