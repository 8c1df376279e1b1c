package lab

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"sync"
	"sync/atomic"
	"time"
	"unsafe"

	"github.com/mdlayher/packet"
	"golang.org/x/sys/unix"
)

// Line is what the wire between the customer's router and the provider of the line does to packets.
type Line struct {
	Up, Down Way     // from the customer, and to the customer
	SIP      Meddler // what a device on it does to SIP; set when the world is built
}

// Way is one direction of a line. The zero value is a perfect wire.
type Way struct {
	Delay  time.Duration
	Jitter time.Duration // each packet waits up to this much longer; order is kept
	Loss   float64       // share of IP packets lost, 0 to 1; ARP always passes
	Rate   int           // bits per second, 0 for no limit
}

// queueTime is how much a limited line buffers before it drops, about what a home router does.
const queueTime = 200 * time.Millisecond

// Wire relays frames between its two ends, in place of netem, which many kernels lack.
type Wire struct {
	line  atomic.Pointer[Line]
	conns [2]*packet.Conn
	pulse pulse
	done  chan struct{}
	tasks sync.WaitGroup
}

// newWire joins two interfaces of the host. The same seed loses the same packets again.
func newWire(h *Host, customer, provider string, line Line, seed uint64) (*Wire, error) {
	w := &Wire{done: make(chan struct{})}
	w.Set(line)
	err := h.Do(func() error {
		for i, name := range []string{customer, provider} {
			conn, err := openFrames(name)
			if err != nil {
				return fmt.Errorf("wire on %s: %w", name, err)
			}
			w.conns[i] = conn
		}
		return nil
	})
	if err != nil {
		w.closeConns()
		return nil, err
	}
	w.tasks.Go(func() { w.pulse.beat(w.done) })
	device := newMeddling(line.SIP)
	w.relay(w.conns[0], w.conns[1], lineRandom(seed, 0), func() Way { return w.line.Load().Up }, device.up)
	w.relay(w.conns[1], w.conns[0], lineRandom(seed, 1), func() Way { return w.line.Load().Down }, device.down)
	return w, nil
}

func lineRandom(seed, way uint64) *rand.Rand { return rand.New(rand.NewPCG(seed, way)) }

// openFrames opens a packet socket that sees what comes in over the cable, and not what is sent.
func openFrames(name string) (*packet.Conn, error) {
	ifi, err := net.InterfaceByName(name)
	if err != nil {
		return nil, err
	}
	conn, err := packet.Listen(ifi, packet.Raw, unix.ETH_P_ALL, nil)
	if err != nil {
		return nil, err
	}
	raw, err := conn.SyscallConn()
	if err == nil {
		ctlErr := raw.Control(func(fd uintptr) {
			err = unix.SetsockoptInt(int(fd), unix.SOL_PACKET, unix.PACKET_IGNORE_OUTGOING, 1)
		})
		err = errors.Join(ctlErr, err)
	}
	if err == nil {
		err = conn.SetPromiscuous(true)
	}
	if err != nil {
		conn.Close()
		return nil, err
	}
	return conn, nil
}

// Late is how late the relay is on average, because the machine is busy. Where it is not small against the line's own
// delay and jitter, the line is worse than the world says.
func (w *Wire) Late() time.Duration { return w.pulse.mean() }

// Set changes the line while it carries traffic.
func (w *Wire) Set(line Line) { w.line.Store(&line) }

type frame struct {
	due   time.Time
	bytes []byte
}

// relay carries one direction: a reader that decides each frame's fate, a sender that keeps its time.
func (w *Wire) relay(from, to *packet.Conn, rnd *rand.Rand, way func() Way, device func([]byte) []byte) {
	queue := make(chan frame, 4096)
	w.tasks.Go(func() {
		defer close(queue)
		buf := make([]byte, 1<<16)
		var last, free time.Time // when the last frame is due; when a limited line is free again
		for {
			n, _, err := from.ReadFrom(buf)
			if err != nil {
				if errors.Is(err, unix.ENETDOWN) {
					continue // the cable is out for the moment
				}
				return
			}
			now, way := time.Now(), way()
			passed := device(buf[:n])
			if passed == nil || way.loses(passed, rnd) {
				continue
			}
			if way.Rate > 0 {
				if free.Before(now) {
					free = now
				}
				if free.Sub(now) > queueTime {
					continue
				}
				free = free.Add(time.Duration(len(passed)*8) * time.Second / time.Duration(way.Rate))
				now = free
			}
			due := now.Add(way.Delay)
			if way.Jitter > 0 {
				due = due.Add(time.Duration(rnd.Int64N(int64(way.Jitter))))
			}
			if due.Before(last) {
				due = last
			}
			last = due
			select {
			case queue <- frame{due, append([]byte(nil), passed...)}:
			default: // more than any line buffers
			}
		}
	})
	w.tasks.Go(func() {
		for f := range queue {
			if wait := time.Until(f.due); wait > 0 {
				select {
				case <-w.done:
					return
				case <-time.After(wait):
				}
			}
			to.WriteTo(f.bytes, &packet.Addr{HardwareAddr: f.bytes[:6]}) //nolint:errcheck // a cable that is out loses frames
		}
	})
}

// loses says whether a frame is lost. Only IPv4 counts: an Ethernet line does not lose ARP alone.
func (w Way) loses(frame []byte, rnd *rand.Rand) bool {
	isIP := len(frame) > 14 && frame[12] == 0x08 && frame[13] == 0x00
	return isIP && w.Loss > 0 && rnd.Float64() < w.Loss
}

// Close ends the relay.
func (w *Wire) Close() {
	close(w.done)
	w.closeConns()
	w.tasks.Wait()
}

func (w *Wire) closeConns() {
	for _, conn := range w.conns {
		if conn != nil {
			conn.Close()
		}
	}
}

// offloadsOff makes the interface send complete packets. A relay in user space would otherwise carry
// datagrams whose checksum nobody ever filled in (ethtool -K tx off tso off gso off gro off).
func (h *Host) offloadsOff(name string) error {
	return h.Do(func() error {
		for _, command := range []uint32{unix.ETHTOOL_STXCSUM, unix.ETHTOOL_STSO, unix.ETHTOOL_SGSO, unix.ETHTOOL_SGRO} {
			value := struct{ command, data uint32 }{command, 0}
			if err := ethtool(name, unsafe.Pointer(&value)); err != nil {
				return err
			}
		}
		return nil
	})
}
