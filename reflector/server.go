// Package reflector is the provider's far end: it answers a SIP request to sip:reflect@host with the bytes as
// they arrived, and echoes voice packets, so that the box can see what the line does to both. It keeps
// nothing between two packets but bounded tables. docs/reflector.md has the wire format and how to run it.
package reflector

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"strconv"
	"sync"
	"syscall"
	"time"
)

// Config is what a reflector serves. The addresses are host:port; without a host all of the machine's, IPv4 and IPv6.
type Config struct {
	UDP          []string // the "other" port of each is the next one
	TCP          []string
	TLS          []string    // served only with TLSConfig
	TLSConfig    *tls.Config // nil: TLS is off
	RTPHost      string      // "" for all addresses
	RTP          []uint16    // ports of the voice echo
	Token        string      // "": everybody is answered
	LongestDelay time.Duration
	SIP, SIPAll  Rate // replies to one address, and to all; and connections
	RTPEach      Rate // echoes to one address
	RTPAll       Rate
	Workers      int // sockets per UDP port
	Log          *slog.Logger
}

// Usual are the limits that a reflector has where nothing else is said; no address is in it.
func Usual() Config {
	return Config{
		LongestDelay: 330 * time.Second, // a mapping that lives for five minutes is as good as RFC 4787 section 4.3 wants it
		SIP:          Rate{10, 40},
		SIPAll:       Rate{5000, 5000},
		RTPEach:      Rate{250, 250}, // a call has 50 a second
		RTPAll:       Rate{50000, 50000},
		Workers:      1,
		Log:          slog.New(slog.DiscardHandler),
	}
}

// Server is a reflector with its sockets open.
type Server struct {
	config     Config
	counts     *counts
	sipLimit   *limiter
	connLimit  *limiter
	voiceLimit *limiter
	later      *later
	conns      *conns
	streams    *streams
	udp        []*udpSocket
	voice      []*net.UDPConn
	tcp, tls   []net.Listener

	stopped  chan struct{}
	loops    sync.WaitGroup // UDP and accept loops
	inFlight sync.WaitGroup // connections
}

// stopTime is the patience with what is in flight at the stop.
const stopTime = 5 * time.Second

// Open opens all sockets; on an error none stays open.
func Open(c Config) (*Server, error) {
	now := time.Now()
	s := &Server{
		config: c, later: newLater(), conns: newConns(), streams: newStreams(), stopped: make(chan struct{}),
		sipLimit: newLimiter(c.SIP, c.SIPAll, now), connLimit: newLimiter(c.SIP, c.SIPAll, now), voiceLimit: newLimiter(c.RTPEach, c.RTPAll, now),
	}
	s.counts = newCounts(func() float64 { return float64(s.later.count()) }, func() float64 { return float64(s.conns.count()) })
	if err := s.open(); err != nil {
		s.close()
		return nil, err
	}
	return s, nil
}

func (s *Server) open() error {
	for _, family := range []string{"4", "6"} {
		if err := s.openUDP(family); err != nil {
			return err
		}
	}
	for _, port := range s.config.RTP {
		address := net.JoinHostPort(s.config.RTPHost, strconv.Itoa(int(port)))
		err := each(address, func(family string) error {
			c, err := listenUDP("udp"+family, address, false)
			if err == nil {
				s.voice = append(s.voice, c)
			}
			return err
		})
		if err != nil {
			return fmt.Errorf("voice port %s: %w", address, err)
		}
	}
	var err error
	if s.tcp, err = listenStreams(s.config.TCP); err == nil && s.config.TLSConfig != nil {
		s.tls, err = listenStreams(s.config.TLS)
	}
	return err
}

// openUDP opens the SIP ports of one family, and tells each which is the other one.
func (s *Server) openUDP(family string) error {
	var ports [][]*udpSocket
	for _, address := range s.config.UDP {
		var workers []*udpSocket
		err := each(address, func(f string) error {
			if f != family {
				return nil
			}
			for range max(s.config.Workers, 1) {
				c, err := listenUDP("udp"+family, address, s.config.Workers > 1)
				if err != nil {
					return err
				}
				workers = append(workers, newUDPSocket(c))
				s.udp = append(s.udp, workers[len(workers)-1])
				address = workers[0].local.String() // the same port for the others, where any was asked for
			}
			return nil
		})
		if err != nil {
			return fmt.Errorf("UDP %s: %w", address, err)
		}
		if workers != nil {
			ports = append(ports, workers)
		}
	}
	for i, workers := range ports {
		for j, u := range workers {
			if len(ports) > 1 {
				u.other = ports[(i+1)%len(ports)][j]
			}
		}
	}
	return nil
}

func listenStreams(addresses []string) (open []net.Listener, err error) {
	for _, address := range addresses {
		err := each(address, func(family string) error {
			l, err := net.Listen("tcp"+family, address)
			if err == nil {
				open = append(open, l)
			}
			return err
		})
		if err != nil {
			return open, fmt.Errorf("TCP %s: %w", address, err)
		}
	}
	return open, nil
}

// each calls open for the families of the address. A machine without IPv6 is served over IPv4 alone.
func each(address string, open func(family string) error) error {
	all := families(address)
	for _, family := range all {
		err := open(family)
		if err != nil && !(len(all) > 1 && (errors.Is(err, syscall.EAFNOSUPPORT) || errors.Is(err, syscall.EADDRNOTAVAIL))) {
			return err
		}
	}
	return nil
}

// Run serves until the context ends. Then nothing new is taken, and what is in flight has five seconds to finish;
// replies that wait for a later time are given up.
func (s *Server) Run(ctx context.Context) {
	for _, u := range s.udp {
		s.loops.Go(func() { s.serve(u) })
	}
	for _, c := range s.voice {
		s.loops.Go(func() { s.echo(c) })
	}
	for _, l := range s.tcp {
		s.loops.Go(func() { s.accept(l, nil) })
	}
	for _, l := range s.tls {
		s.loops.Go(func() { s.accept(l, s.config.TLSConfig) })
	}
	s.config.Log.Info("serving", "udp", s.UDP(), "tcp", addresses(s.tcp), "tls", addresses(s.tls), "voice_ports", len(s.config.RTP),
		"token", s.config.Token != "")
	<-ctx.Done()
	s.stop()
}

// stop ends all loops and connections.
func (s *Server) stop() {
	close(s.stopped)
	waiting := s.later.close()
	s.counts.dropped.WithLabelValues(dropStopped).Add(float64(waiting))
	now := time.Now()
	for _, u := range s.udp {
		u.conn.SetReadDeadline(now)
	}
	for _, c := range s.voice {
		c.SetReadDeadline(now)
	}
	for _, l := range append(s.tcp, s.tls...) {
		l.Close()
	}
	s.loops.Wait()
	s.conns.each(func(c net.Conn) { c.SetReadDeadline(now) })
	patience := time.AfterFunc(stopTime, func() { s.conns.each(func(c net.Conn) { c.Close() }) })
	s.inFlight.Wait()
	patience.Stop()
	s.close()
	s.config.Log.Info("stopped", "delayed_replies_given_up", waiting)
}

func (s *Server) stopping() bool {
	select {
	case <-s.stopped:
		return true
	default:
		return false
	}
}

func (s *Server) close() {
	for _, u := range s.udp {
		u.conn.Close()
	}
	for _, c := range s.voice {
		c.Close()
	}
	for _, l := range append(s.tcp, s.tls...) {
		l.Close()
	}
}

// UDP are the SIP sockets' addresses, each once.
func (s *Server) UDP() []netip.AddrPort {
	var all []netip.AddrPort
	for i, u := range s.udp {
		if i == 0 || u.local != s.udp[i-1].local {
			all = append(all, u.local)
		}
	}
	return all
}

// TCP, TLS and Voice are the addresses of the other sockets.
func (s *Server) TCP() []netip.AddrPort { return addresses(s.tcp) }

// TLS: see TCP.
func (s *Server) TLS() []netip.AddrPort { return addresses(s.tls) }

// Voice: see TCP.
func (s *Server) Voice() []netip.AddrPort {
	var all []netip.AddrPort
	for _, c := range s.voice {
		all = append(all, unmapped(c.LocalAddr().(*net.UDPAddr).AddrPort()))
	}
	return all
}

func addresses(ls []net.Listener) []netip.AddrPort {
	var all []netip.AddrPort
	for _, l := range ls {
		all = append(all, unmapped(l.Addr().(*net.TCPAddr).AddrPort()))
	}
	return all
}
