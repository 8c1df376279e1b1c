package registrar

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"net/netip"
	"sync"
	"syscall"
	"time"

	"trunktester/appliance/catalogue/words"
	"trunktester/probes/facts"
	"trunktester/probes/via"
)

// The ports of SIP (RFC 3261 section 18.1.1). Nothing is ever sent from them but answers to the PBX on the link:
// the router may hold a mapping of the PBX for 5060.
const (
	Port    = 5060
	TLSPort = 5061
)

// settle is how long the box goes on listening after it accepted the PBX, so that nothing it sends at once is lost.
const settle = 3 * time.Second

// Options are what a check needs.
type Options struct {
	Trunk  Trunk
	Own    netip.Prefix  // the box's address with its on-link prefix: others are not answered
	Via    via.Interface // "" for any
	Window time.Duration // how long it listens at most
	Agent  string        // the box's name on the wire
	Port   uint16        // 0: Port, and TLSPort for TLS; tests take another, and the one above it for TLS

	// Changed is called after every message, from any goroutine; nil: nobody listens.
	Changed func()
}

// Check is one check of the PBX, from Open to the end of Run.
type Check struct {
	opt       Options
	registrar *Registrar
	begun     time.Time
	packets   *net.UDPConn
	listeners []net.Listener
	names     []string // transports
	secure    *tls.Config
	slots     chan struct{} // one for each open connection
	accepted  chan struct{} // full once the PBX was accepted
	serving   sync.WaitGroup

	mu         sync.Mutex
	conns      map[net.Conn]struct{}
	ended      time.Time // zero while it listens
	refused    int
	unread     int
	strangers  int
	acceptOnce sync.Once
}

// Open opens the sockets. The error is a sentence that says what to do.
func Open(ctx context.Context, o Options) (*Check, error) {
	addr := o.Own.Addr()
	if !addr.Is4() || !inside(addr) {
		return nil, errors.New(words.Said("pbx.not-private", "address", addr))
	}
	secure, err := certificate(o.Trunk.Domain, addr)
	if err != nil {
		return nil, err
	}
	c := &Check{opt: o, registrar: New(o.Trunk, addr, o.Agent), secure: secure, slots: make(chan struct{}, mostConnections),
		accepted: make(chan struct{}), conns: map[net.Conn]struct{}{}}
	if err := c.open(ctx); err != nil {
		c.close()
		return nil, err
	}
	c.begun = time.Now()
	return c, nil
}

func (c *Check) open(ctx context.Context) error {
	plain, encrypted := uint16(Port), uint16(TLSPort)
	if c.opt.Port != 0 {
		plain, encrypted = c.opt.Port, c.opt.Port+1
	}
	own := c.opt.Own.Addr()
	lc := net.ListenConfig{Control: c.opt.Via.Control}
	packets, err := lc.ListenPacket(ctx, "udp4", netip.AddrPortFrom(own, plain).String())
	if err != nil {
		return taken("UDP", plain, err)
	}
	c.packets = packets.(*net.UDPConn)
	c.names = []string{"udp"}
	l, err := lc.Listen(ctx, "tcp4", netip.AddrPortFrom(own, plain).String())
	if err != nil {
		return taken("TCP", plain, err)
	}
	c.listeners, c.names = append(c.listeners, l), append(c.names, "tcp")
	// TLS is an extra: few PBXs trust a strange certificate.
	if l, err := lc.Listen(ctx, "tcp4", netip.AddrPortFrom(own, encrypted).String()); err == nil {
		c.listeners, c.names = append(c.listeners, l), append(c.names, "tls")
	}
	return nil
}

func taken(transport string, port uint16, err error) error {
	if errors.Is(err, syscall.EADDRINUSE) {
		return errors.New(words.Said("pbx.port-held", "transport", transport, "port", port))
	}
	return errors.New(words.Said("pbx.port-closed", "transport", transport, "port", port, "error", err))
}

// Run listens until the window is over, ctx ends, or the PBX was accepted; nothing is open afterwards.
func (c *Check) Run(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, time.Until(c.begun.Add(c.opt.Window)))
	defer cancel()
	c.serving.Go(c.readPackets)
	for _, l := range c.listeners {
		c.serving.Go(func() { c.accept(ctx, l) })
	}
	select {
	case <-ctx.Done():
	case <-c.accepted:
		select {
		case <-ctx.Done():
		case <-time.After(settle):
		}
	}
	cancel()
	c.close()
	c.serving.Wait()
	c.mu.Lock()
	c.ended = time.Now()
	c.mu.Unlock()
	c.changed()
}

// close closes every socket.
func (c *Check) close() {
	if c.packets != nil {
		c.packets.Close()
	}
	for _, l := range c.listeners {
		l.Close()
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	for conn := range c.conns {
		conn.Close()
	}
}

// Left is how long it goes on listening at most.
func (c *Check) Left() time.Duration { return max(0, time.Until(c.begun.Add(c.opt.Window))) }

// Facts are what was seen so far.
func (c *Check) Facts() facts.PBXCheck {
	devices, unread := c.registrar.Devices()
	c.mu.Lock()
	defer c.mu.Unlock()
	f := facts.PBXCheck{Addr: c.opt.Own.Addr(), Transports: c.names, Window: facts.Duration(c.opt.Window), Open: c.ended.IsZero(),
		Realm: c.opt.Trunk.Realm, RealmFrom: c.opt.Trunk.RealmFrom, Devices: devices,
		TLSRefused: c.refused, Unread: c.unread + unread, Strangers: c.strangers}
	end := c.ended
	if end.IsZero() {
		end = time.Now()
	}
	f.Listened = facts.Duration(end.Sub(c.begun))
	return f
}

// answer is the response to one message, and the end of the check when the PBX was accepted.
func (c *Check) answer(raw []byte, from netip.AddrPort, transport string) []byte {
	reply := c.registrar.Answer(raw, from, transport)
	if seen, _ := c.registrar.Devices(); len(seen) > 0 && seen[len(seen)-1].Accepted {
		c.acceptOnce.Do(func() { close(c.accepted) })
	}
	c.changed()
	return reply
}

func (c *Check) changed() {
	if c.opt.Changed != nil {
		c.opt.Changed()
	}
}

func (c *Check) count(n *int) {
	c.mu.Lock()
	*n++
	c.mu.Unlock()
	c.changed()
}

// neighbour reports whether somebody is on the link, and so may be answered.
func (c *Check) neighbour(a netip.Addr) bool {
	return inside(a) && c.opt.Own.Masked().Contains(a)
}

// inside says that an address belongs to a site and not to the internet. The provider's side of a carrier's
// translation (100.64/10, RFC 6598) does not.
func inside(a netip.Addr) bool { return a.IsPrivate() || a.IsLinkLocalUnicast() || a.IsLoopback() }
