package lab

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"net/netip"
	"os/exec"
	"syscall"

	"golang.org/x/sys/unix"

	"trunktester/lab/serve"
	"trunktester/lab/witness"
)

// deadUpstream is an address of the line's network that nobody has.
const deadUpstream = "203.0.113.77"

// launch starts a program inside the host, in a process namespace of its own: with its first process
// all its children die, and that one dies with this process.
func (h *Host) launch(cmd *exec.Cmd) error {
	cmd.SysProcAttr.Cloneflags |= syscall.CLONE_NEWPID
	cmd.SysProcAttr.Pdeathsig = syscall.SIGKILL
	started := make(chan error, 1)
	go func() {
		err := h.Do(func() error {
			err := cmd.Start()
			started <- err
			if err != nil {
				return err
			}
			// The death signal follows this thread: it stays until the program has ended. Others collect it.
			for err = unix.EINTR; err == unix.EINTR; {
				err = unix.Waitid(unix.P_PID, cmd.Process.Pid, nil, unix.WEXITED|unix.WNOWAIT, nil)
			}
			return nil
		})
		select { // the host was not entered
		case started <- err:
		default:
		}
	}()
	return <-started
}

func (o *opener) dnsmasq(h *Host, options witness.DnsmasqOptions) {
	if o.err != nil {
		return
	}
	d, err := witness.StartDnsmasq(o.ctx, h.launch, options)
	if err != nil {
		o.err = err
		return
	}
	o.lab.outside = append(o.lab.outside, d.Process)
}

// outsideRouter is the router's dnsmasq: for addresses, for names, or for both, as usual.
func (o *opener) outsideRouter() {
	w := o.lab.World
	options := witness.DnsmasqOptions{Listen: []netip.Addr{netip.MustParseAddr(w.Home.at(RouterLAN))}}
	if plays(o.cast, RoleDHCP) {
		var err error
		if options, err = witness.DnsmasqLeases(w.leases(), lanBridge); err != nil {
			o.err = err
			return
		}
	}
	options.NoDNS = !plays(o.cast, RoleNames)
	set := turned(serve.DNSSettings{}, w.Home.DNS)
	options.Lies, options.NXDOMAIN = set.Lies, set.NXDOMAIN
	upstream := ISPAddr
	if set.Silent { // a forwarder whose own resolver is gone answers nothing
		upstream = deadUpstream
	}
	options.Upstream = netip.AddrPortFrom(netip.MustParseAddr(upstream), 53)
	o.dnsmasq(o.lab.Router, options)
}

func (o *opener) outsideRogue() {
	options, err := witness.DnsmasqLeases(o.lab.World.rogueLeases(), "eth0")
	if err != nil {
		o.err = err
		return
	}
	options.NoDNS = true
	o.dnsmasq(o.lab.Neighbour, options)
}

func (o *opener) outsideResolvers(zone serve.Zone) {
	var public []netip.Addr
	for _, address := range resolvers() {
		public = append(public, netip.MustParseAddr(address))
	}
	o.dnsmasq(o.lab.Internet, witness.DnsmasqOptions{Listen: public, Zone: zone})
	o.dnsmasq(o.lab.ISP, witness.DnsmasqOptions{Listen: []netip.Addr{netip.MustParseAddr(ISPAddr)}, Zone: zone})
}

func (o *opener) outsideSTUN() {
	if o.err != nil {
		return
	}
	c, err := witness.StartCoturn(o.ctx, o.lab.Internet.launch, witness.CoturnOptions{
		Listen: []netip.Addr{netip.MustParseAddr(STUN1), netip.MustParseAddr(STUN2)}})
	if err != nil {
		o.err = err
		return
	}
	o.lab.outside = append(o.lab.outside, c.Process)
}

func (o *opener) outsideProvider(leaf tls.Certificate) {
	if o.err != nil {
		return
	}
	options, err := o.lab.World.kamailio()
	if err != nil {
		o.err = err
		return
	}
	options.Leaf = &leaf
	if o.lab.Kamailio, o.err = witness.StartKamailio(o.ctx, o.lab.Provider.launch, options); o.err != nil {
		return
	}
	o.lab.outside = append(o.lab.outside, o.lab.Kamailio.Process)
}

// elsewhere has a device at another public address register this binding.
func (l *Lab) elsewhere(ctx context.Context, b serve.Binding) error {
	from, server := b.Received.Addr(), l.World.Provider.server()
	give := l.ISP.address
	if from.Is6() {
		give, server = l.ISP.ipv6, net.JoinHostPort(Provider1IPv6, "5060")
	}
	if err := give("lo", netip.PrefixFrom(from, from.BitLen()).String()); err != nil {
		return err
	}
	conn, err := l.ISP.ListenPacket("udp", b.Received.String())
	if err != nil {
		return err
	}
	to, err := net.ResolveUDPAddr("udp", server)
	if err != nil {
		return err
	}
	device := serve.NewPBX(serve.PBXSettings{Domain: Domain, Username: Username, Password: Password, UserAgent: b.UserAgent})
	l.run("device elsewhere", func() error { return device.RunUDP(ctx, conn, to) })
	return registered(ctx, device)
}

// EndWitnesses ends the outside programs, after which their logs are complete. One that had ended by
// itself is an error.
func (l *Lab) EndWitnesses() error {
	var err error
	for _, p := range l.outside {
		err = errors.Join(err, p.Stop())
	}
	return err
}
