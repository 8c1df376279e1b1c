// Package netsetup gives one wired interface what it needs to be on the network: link, VLAN, an address by
// DHCP or by hand, routes, resolvers; IPv6 is the kernel's own doing, where a router offers it. A Plan goes in; facts.Address comes out, and the kernel is set so. It
// knows no probes: the probes of light 1 ask it. It touches one interface only, marks what it adds, and takes
// that away again.
package netsetup

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"sync"
	"time"

	"github.com/insomniacslk/dhcp/dhcpv4"
	"github.com/vishvananda/netlink"

	"trunktester/appliance/profile"
	"trunktester/probes/facts"
)

// HostName is what the box calls itself to DHCP servers where the plan has no name.
const HostName = "trunktester"

// The modes of a Plan.
const (
	DHCP       = "dhcp"
	Static     = "static"
	Configured = "configured" // as the interface was found: nothing is changed
)

// Plan is how one interface is to be set up.
type Plan struct {
	Interface  string // "": the first wired one
	Mode       string
	Address    netip.Prefix // static
	Gateway    netip.Addr   // static
	DNS        []netip.Addr // static; with DHCP they replace the lease's where given
	VLAN       int          // 802.1Q tag, 0 for none
	Metric     int          // of the routes: 0 on the box, high on a laptop, whose other links come first
	HostName   string       // "": HostName
	ResolvFile string       // where the resolvers are written; "": nowhere
}

// NewPlan takes the network table of a profile.
func NewPlan(n profile.Network) Plan {
	return Plan{Interface: n.Interface, Mode: n.Mode, Address: n.Address, Gateway: n.Gateway, DNS: n.DNS, VLAN: n.VLAN}
}

// Setup carries a Plan out. Its methods may be called from several goroutines.
type Setup struct {
	plan Plan

	mu      sync.Mutex
	link    netlink.Link   // nil until Up
	raised  bool           // the link was down before
	tagged  bool           // there is a VLAN interface above the link
	tagger  *tagger        // where it is one of our own, nil else
	ipv6    []ipv6Setting  // of the interface, as they were before; nil where nothing was changed
	changed bool           // addresses or routes of ours may be there
	ack     *dhcpv4.DHCPv4 // of the lease held, nil for none
	lease   Lease
	begun   time.Time // of the lease
}

// New prepares a setup; nothing is touched before Up.
func New(p Plan) *Setup {
	if p.HostName == "" {
		p.HostName = HostName
	}
	return &Setup{plan: p}
}

// Up finds the interface, sets it up and gives its name and MAC: those of the tagged interface where the plan
// has a VLAN. It does not wait for a carrier. A *NoInterface, *NoPermission or *NoVLAN says what to do.
func (s *Setup) Up() (name string, mac net.HardwareAddr, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	l, err := pick(s.plan.Interface)
	if err != nil {
		return "", nil, err
	}
	if s.plan.Mode != Configured {
		if s.plan.VLAN == 0 && s.ipv6 == nil {
			s.ipv6 = joinIPv6(l)
		}
		raised, err := raise(l)
		if err != nil {
			return "", nil, err
		}
		s.link, s.raised = l, s.raised || raised // for Undo, should the tag fail
		if s.plan.VLAN != 0 {
			tagged, err := s.vlan(l)
			if err != nil {
				return "", nil, err
			}
			l, s.tagged = tagged, true
		}
	}
	s.link = l
	return l.Attrs().Name, l.Attrs().HardwareAddr, nil
}

// raise sets a link up that is down.
func raise(l netlink.Link) (raised bool, err error) {
	if l.Attrs().Flags&net.FlagUp != 0 {
		return false, nil
	}
	if err := netlink.LinkSetUp(l); err != nil {
		return false, failed(err, needsAdmin, "set %s up", l.Attrs().Name)
	}
	return true, nil
}

// Acquire gets an address in the plan's mode and sets it, asking until ctx ends. What the network did not give
// is in the facts: a zero Prefix, or Refused; an error is our own fault and judges nothing.
func (s *Setup) Acquire(ctx context.Context) (facts.Address, error) {
	begun := time.Now()
	s.mu.Lock()
	l := s.link
	s.mu.Unlock()
	if l == nil {
		if _, _, err := s.Up(); err != nil {
			return facts.Address{}, err
		}
		return s.Acquire(ctx)
	}
	var found facts.Address
	var err error
	switch s.plan.Mode {
	case DHCP:
		found, err = s.byDHCP(ctx, l)
	case Static:
		found, err = s.byHand(l)
	case Configured:
		found, err = configured(l, resolvConf, resolvedUplink)
	default:
		err = fmt.Errorf("set up %s: no such mode %q", l.Attrs().Name, s.plan.Mode)
	}
	found.Mode, found.Waited = s.plan.Mode, facts.Duration(time.Since(begun))
	return found, err
}

func (s *Setup) byDHCP(ctx context.Context, l netlink.Link) (facts.Address, error) {
	found := emptyAddress()
	wire, err := dialDHCP(l.Attrs().Name)
	if err != nil {
		return found, err
	}
	defer wire.Close()
	client := dhcpClient{wire: wire, host: s.plan.HostName}
	run, err := client.acquire(ctx)
	found.Discovers, found.Refused = run.Discovers, run.Refused
	found.Declined = append(found.Declined, run.Declined...)
	if err != nil || run.ACK == nil {
		return found, err
	}
	if len(s.plan.DNS) > 0 {
		run.Lease.DNS = s.plan.DNS
	}
	if err := s.hold(l, run.Lease, run.ACK, nil); err != nil {
		return found, err
	}
	lease := run.Lease
	found.Prefix, found.Gateway, found.Server = lease.Prefix, lease.Gateway, lease.Server
	found.DNS, found.NTP, found.Lease = lease.DNS, lease.NTP, facts.Duration(lease.Time)
	return found, nil
}

// hold sets what a lease says and remembers it for Keep and Decline. A renewal names the lease that it renews:
// when that one was declined or undone meanwhile, nothing happens.
func (s *Setup) hold(l netlink.Link, lease Lease, ack, renews *dhcpv4.DHCPv4) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if renews != nil && s.ack != renews {
		return nil
	}
	s.changed = true
	c := config{prefix: lease.Prefix, valid: lease.Time, gateway: lease.Gateway, routes: lease.Routes, metric: s.plan.Metric}
	if err := apply(l, c); err != nil {
		return err
	}
	s.lease, s.ack, s.begun = lease, ack, time.Now()
	return s.resolve(lease.DNS)
}

func (s *Setup) byHand(l netlink.Link) (facts.Address, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	found := emptyAddress()
	found.Prefix, found.Gateway = s.plan.Address, s.plan.Gateway
	found.DNS = append(found.DNS, s.plan.DNS...)
	found.Refused = Unfit(found.Prefix, found.Gateway)
	s.changed = true
	if err := apply(l, config{prefix: found.Prefix, valid: Forever, gateway: found.Gateway, metric: s.plan.Metric}); err != nil {
		return found, err
	}
	return found, s.resolve(found.DNS)
}

func (s *Setup) resolve(servers []netip.Addr) error {
	if s.plan.ResolvFile == "" {
		return nil
	}
	return writeResolvers(s.plan.ResolvFile, servers)
}

// Decline gives the lease back because another device holds its address, as the full conflict probe may find
// long after the address came into use. The next Acquire asks for another one. Without a lease it does nothing.
func (s *Setup) Decline() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ack == nil {
		return nil
	}
	wire, err := dialDHCP(s.link.Attrs().Name)
	if err != nil {
		return err
	}
	defer wire.Close()
	if err := (&dhcpClient{wire: wire}).decline(s.ack); err != nil {
		return err
	}
	s.ack = nil
	return remove(s.link)
}

// Undo takes away the addresses, routes and the VLAN that this run added, switches IPv6 off again where it was off, and
// sets a link down again that was down. It may be called twice.
func (s *Setup) Undo() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.ack = nil
	if s.link == nil {
		return nil
	}
	l, err := netlink.LinkByIndex(s.link.Attrs().Index)
	if err != nil {
		s.untagOwn()
		return nil // the adapter was pulled out, and everything with it
	}
	if s.changed {
		if err := remove(l); err != nil {
			return err
		}
		s.changed = false
	}
	if s.tagged {
		if l, err = s.untag(l); err != nil {
			return err
		}
		s.tagged, s.link = false, l
	}
	leaveIPv6(s.ipv6)
	s.ipv6 = nil
	if s.raised {
		if err := netlink.LinkSetDown(l); err != nil {
			return failed(err, needsAdmin, "set %s down again", l.Attrs().Name)
		}
		s.raised = false
	}
	return nil
}

func emptyAddress() facts.Address {
	return facts.Address{DNS: []netip.Addr{}, NTP: []netip.Addr{}, Declined: []netip.Addr{}}
}
