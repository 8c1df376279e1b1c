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
		heard := wire.Heard{Source: source, Count: s.streams.count(source, port, wire.Stream(packet), now), At: now}
		if !s.admitted(s.voiceLimit.take(source.Addr(), now)) {
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
	key   uint64 // 0: free
	count uint32
	last  time.Time
}

// streamEnds after so long a silence: its place may be taken.
const streamEnds = 30 * time.Second

func newStreams() *streams { return &streams{seed: maphash.MakeSeed()} }

// count is how many packets of the stream came, this one included; 0 when there is no place to count it.
func (s *streams) count(from netip.AddrPort, port uint16, ssrc uint32, now time.Time) uint32 {
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
			one.count++
			one.last = now
			return one.count
		}
		if ended && free == nil {
			free = one
		}
	}
	if free == nil {
		return 0
	}
	*free = stream{key, 1, now}
	return 1
}
