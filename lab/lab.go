package lab

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"strings"
	"sync"
	"time"

	"trunktester/lab/serve"
	"trunktester/lab/witness"
	"trunktester/reflector"
)

const (
	dialPatience = 10 * time.Second // longest way through a lab, over a slow line
	linkPatience = 5 * time.Second  // the kernel reports a link within a second; a busy machine later
	pbxPatience  = 5 * time.Second  // Start waits this long for the PBX's first registration
)

// Options are what a world leaves open.
type Options struct {
	Seed uint64       // for the line's losses; the same seed loses the same packets
	Tap  bool         // the box is no host of the lab: Lab.Cable is the router's end of its cable
	Log  *slog.Logger // nil: nothing is logged

	// Witnesses has programs that we did not write play what they can of the world (World.Cast). The
	// switches of those servers cannot be turned then.
	Witnesses bool
}

// Lab is a running world. Its hosts and servers may be used, and their switches turned, until Close.
type Lab struct {
	World World
	File  string // trunk.toml of this lab, with its certificate authority written in; "" for none
	Roots []byte // PEM of the authority that everybody in the lab trusts without being told, as that of public resolvers

	Box, Laptop, PBX, Neighbour     *Host
	Router, ISP, Internet, Provider *Host

	Cable *os.File // with Options.Tap: Ethernet frames, one each read or write, from and to the router's switch

	Wire      *Wire
	Kamailio  *witness.Kamailio // nil where Registrar serves; a server whose part an outside program plays is nil
	Registrar *serve.Registrar
	Control   *serve.Registrar
	IGD       *serve.IGD // nil where the router does not tell its outside address
	DHCP      *serve.DHCP
	RouterDNS *serve.DNS
	PublicDNS *serve.DNS
	STUN      *serve.STUN
	NTP       *serve.NTP
	Web       *serve.Web
	Telephone *serve.PBX        // nil where the world has none
	Reflector *reflector.Server // nil where the world has none

	hosts     hosts
	tap       *tap
	copper    *laid  // nil: the box's cable is a virtual one
	cast      []Part // nil: all parts are our own
	outside   []*witness.Process
	authority *serve.Authority // the provider's own
	public    *serve.Authority // see Roots
	log       *slog.Logger
	cancel    context.CancelFunc
	tasks     sync.WaitGroup
	closing   sync.Once
}

// Start builds the world and returns when its servers answer and its PBX has registered (where it
// can). ctx bounds the life of the whole lab. The error is ErrNoALG or a *CannotError where this
// kernel cannot simulate the world.
func Start(ctx context.Context, world World, opts Options) (*Lab, error) {
	if !Inside() {
		return nil, errors.New("lab: Enter was not called: the lab never builds in the machine's own namespaces")
	}
	ctx, cancel := context.WithCancel(ctx)
	l := &Lab{World: world, log: opts.Log, cancel: cancel}
	if l.log == nil {
		l.log = slog.New(slog.DiscardHandler)
	}
	if opts.Witnesses {
		if missing := witness.Missing(); missing != nil {
			cancel()
			return nil, &MissingWitnessesError{missing}
		}
		l.cast = world.Cast()
	}
	if err := l.build(ctx, opts); err != nil {
		l.Close()
		return nil, fmt.Errorf("world %s: %w", world.Name, err)
	}
	return l, nil
}

func (l *Lab) build(ctx context.Context, opts Options) error {
	h, w := &l.hosts, l.World
	if err := h.make(w.Home); err != nil {
		return err
	}
	l.Box, l.Laptop, l.PBX, l.Neighbour = h.Box, h.Laptop, h.PBX, h.Neighbour
	l.Router, l.ISP, l.Internet, l.Provider = h.Router, h.ISP, h.Internet, h.Provider
	if opts.Tap {
		var err error
		if l.Cable, err = h.Router.tapPort(boxPort, 0); err != nil {
			return err
		}
	}
	if w.Home.Copper != nil && !opts.Tap {
		var err error
		if l.copper, err = w.Home.Copper.lay(h.Box, "eth0", h.Router, boxPort); err != nil {
			return err
		}
	}
	if err := h.wireUp(opts.Tap || l.copper != nil, w.Home); err != nil {
		return err
	}
	if w.Home.NAT == NATNone { // who stands behind the router routes to the customer's own network
		back, by := h.ISP, RouterWAN
		if inner, _ := w.Home.second(); inner != "" {
			back, by = h.Second, inner
		}
		if err := back.route(w.Home.prefix().String(), by); err != nil {
			return err
		}
	}
	if err := l.ipv6(); err != nil {
		return err
	}
	wire, err := newWire(h.line, "a", "b", w.Line, opts.Seed)
	if err != nil {
		return err
	}
	l.Wire = wire
	if l.tap, err = newTap(h.Router, boxPort); err != nil {
		return err
	}
	if w.Home.MTU > 0 {
		if err := h.narrow(w.Home.MTU); err != nil {
			return err
		}
	}
	if err := l.filters(); err != nil {
		return err
	}
	if err := h.Router.forget(w.Home.Forgets); err != nil {
		return err
	}
	if l.authority, err = serve.NewAuthority("Lab authority"); err != nil {
		return err
	}
	if l.public, err = serve.NewAuthority("Lab public authority"); err != nil {
		return err
	}
	l.Roots = l.public.PEM()
	l.File = strings.ReplaceAll(w.File, "@CA@", string(l.authority.PEM()))
	if err := l.servers(ctx); err != nil {
		return err
	}
	if err := h.settled(linkPatience); err != nil {
		return err
	}
	if l.Kamailio != nil { // our own registrar was given them
		for _, b := range w.Provider.Bindings {
			if err := l.elsewhere(ctx, b); err != nil {
				return err
			}
		}
	}
	if err := l.telephone(ctx); err != nil {
		return err
	}
	if err := l.say(ctx, w.Home.Socket); err != nil {
		return err
	}
	if w.Home.Flap > 0 {
		l.tasks.Go(func() { l.flap(ctx, w.Home.Flap) })
	}
	return l.faults()
}

// filters sets every host's packet filter.
func (l *Lab) filters() error {
	home := Filter{Outside: "wan", NAT: l.World.Home.NAT, Forward: l.World.Home.Forward, Guard: l.World.Home.NAT != NATNone, SIPALG: l.World.Home.SIPALG, ALGFrom: l.World.Home.ALGFrom, OnUDP: l.World.Home.ALGOnUDP, Catch: l.World.Home.Catch, Pieces: l.World.Home.NoPieces || l.World.Home.NoPieceIn, OneWay: !l.World.Home.NoPieces,
		Hush: l.World.Home.HushMTU, Clamp: l.World.Home.Clamp, Unmarks: l.World.Home.Unmarks}
	if l.World.Home.Intercept != nil {
		home.Catch = append(home.Catch[:len(home.Catch):len(home.Catch)], Rule{Proto: "udp", Ports: []uint16{5060}}, Rule{Proto: "tcp", Ports: []uint16{5060}})
	}
	if l.World.Home.NoPing {
		home.Forward = append(home.Forward[:len(home.Forward):len(home.Forward)], Rule{Proto: "icmp", Action: Drop})
		home.Input = []Rule{{Proto: "icmp", Action: Drop}}
	}
	err := home.apply(l.Router)
	if l.hosts.Second != nil {
		err = errors.Join(err, Filter{Outside: "wan", Guard: true, SIPALG: l.World.Home.SecondALG, Hush: l.World.Home.HushMTU, Clamp: l.World.Home.Clamp}.apply(l.hosts.Second))
	}
	err = errors.Join(err, Filter{Input: l.World.Provider.Input, Pieces: l.World.Provider.NoPieces}.apply(l.Provider))
	if l.World.Home.HushMTU {
		err = errors.Join(err, Filter{Hush: true}.apply(l.ISP))
	}
	if l.World.Outside.EdgeMute {
		mute := []Rule{{Proto: "icmp", Action: Drop}, {Proto: "udp", Ports: []uint16{33434}, Action: Drop}}
		err = errors.Join(err, Filter{Input: mute}.apply(l.ISP))
	}
	if l.World.Outside.Dead {
		dead := Filter{Outside: "inet", NAT: NATNone, Forward: []Rule{{Action: Drop}}}
		if !l.World.Outside.VoiceOnly {
			dead.Outside = ""
		}
		err = errors.Join(err, dead.apply(l.ISP))
	}
	return err
}

// faults that come last, since the lab's own PBX is to have registered before, as in life.
func (l *Lab) faults() error {
	var err error
	home := l.World.Home
	if home.Unplug {
		err = errors.Join(err, l.PullCable())
	}
	if home.Lossy > 0 {
		err = errors.Join(err, l.Router.loseFrames(boxPort, home.Lossy))
	}
	if home.DeafARP > 0 {
		err = errors.Join(err, l.Router.ignoreARP(home.DeafARP))
	}
	if l.World.PBX.Isolated {
		err = errors.Join(err, l.Isolate())
	}
	if home.UnplugWAN {
		err = errors.Join(err, l.Router.down("wan"))
	}
	if home.Frozen { // 8: no ARP reply for any local address (ip-sysctl, arp_ignore)
		err = errors.Join(err, l.Router.sysctl("ipv4/conf/"+lanBridge+"/arp_ignore", "8"))
	}
	return errors.Join(err, l.hosts.squat(home))
}

// flapTime is how long a cable that flaps is out.
const flapTime = 50 * time.Millisecond

// flap takes the box's cable out for a moment, again and again, until ctx ends.
func (l *Lab) flap(ctx context.Context, every time.Duration) {
	for {
		for _, next := range []struct {
			wait time.Duration
			do   func() error
		}{{every, l.PullCable}, {flapTime, l.PlugCable}} {
			select {
			case <-ctx.Done():
				return
			case <-time.After(next.wait):
			}
			if err := next.do(); err != nil {
				l.log.Error("cable", "error", err)
			}
		}
	}
}

// PullCable takes the box's cable out of the router; PlugCable puts it back.
func (l *Lab) PullCable() error { return l.Router.down(boxPort) }

// PlugCable puts the box's cable into the router.
func (l *Lab) PlugCable() error { return l.Router.up(boxPort) }

// Isolate makes the router's switch keep box and PBX apart, as guest networks and some switches do (bridge(8),
// isolated).
func (l *Lab) Isolate() error {
	return errors.Join(l.Router.isolated(boxPort), l.Router.isolated("pbx"))
}

// StartBox starts a program on the box and returns its end.
func (l *Lab) StartBox(cmd *exec.Cmd) (wait func() error, err error) { return StartOn(l.Box, cmd) }

// StartOn starts a program on a host, which knows nothing of the lab, and returns its end.
func StartOn(h *Host, cmd *exec.Cmd) (wait func() error, err error) {
	if cmd.Env == nil {
		cmd.Env = os.Environ()
	}
	kept := cmd.Env[:0:0]
	for _, entry := range cmd.Env {
		if !strings.HasPrefix(entry, insideVar+"=") {
			kept = append(kept, entry)
		}
	}
	cmd.Env = kept
	return h.Start(cmd)
}

// run keeps one server going until Close.
func (l *Lab) run(name string, serve func() error) {
	l.tasks.Go(func() {
		if err := serve(); err != nil {
			l.log.Error("server ended", "server", name, "error", err)
		}
	})
}

// Close ends the lab: its servers, its relay and its hosts. Programs on the box are to have ended before.
func (l *Lab) Close() {
	l.closing.Do(func() {
		if err := l.EndWitnesses(); err != nil {
			l.log.Error("outside program", "error", err)
		}
		l.cancel()
		if l.Wire != nil {
			l.Wire.Close()
		}
		if l.tap != nil {
			l.tap.close()
		}
		if l.copper != nil {
			l.copper.close()
		}
		if l.Cable != nil {
			l.Cable.Close() //nolint:errcheck // a descriptor of our own
		}
		l.tasks.Wait()
		l.hosts.close()
	})
}

// DialBox opens a TCP connection to a port of the box from the laptop on the same switch. The box's
// address is the lease that it was given.
func (l *Lab) DialBox(port string) (net.Conn, error) {
	address, err := l.boxAddress()
	if err != nil {
		return nil, err
	}
	return l.Laptop.dialTCP(net.JoinHostPort(address.String(), port))
}

// boxAddress is the lease of the box. At the end of a tap it is the only device that asks for one.
func (l *Lab) boxAddress() (netip.Addr, error) {
	if l.DHCP == nil {
		return netip.Addr{}, errors.New("an outside program gave the box its address, and keeps it to itself")
	}
	leases := l.DHCP.Leases()
	if l.Cable != nil {
		for _, address := range leases {
			return address, nil
		}
		return netip.Addr{}, errors.New("the box has no address yet")
	}
	mac, err := l.Box.hardware("eth0")
	if err != nil {
		return netip.Addr{}, err
	}
	address, ok := leases[mac]
	if !ok {
		return netip.Addr{}, errors.New("the box has no address yet")
	}
	return address, nil
}
