package netsetup

import (
	"context"
	"fmt"
	"net"
	"time"

	"github.com/insomniacslk/dhcp/dhcpv4"
	"github.com/vishvananda/netlink"
)

// LeaseLost says that the address is gone: the server took it back, or nobody renewed it in time. The next
// Acquire asks for a new one.
type LeaseLost struct{ Why string }

func (e *LeaseLost) Error() string { return "the lease was lost: " + e.Why }

// minRenewal keeps a lease of seconds from becoming a flood of renewals.
const minRenewal = 500 * time.Millisecond

// Keep renews the lease until ctx ends (nil) or the lease is lost (*LeaseLost), and then takes the address
// away (RFC 2131 section 4.4.5). Without a lease by DHCP it waits for the end of ctx.
func (s *Setup) Keep(ctx context.Context) error {
	for {
		s.mu.Lock()
		l, ack, lease, begun := s.link, s.ack, s.lease, s.begun
		s.mu.Unlock()
		if ack == nil || lease.Time >= Forever {
			<-ctx.Done()
			return nil
		}
		pause(ctx, max(time.Until(begun.Add(lease.T1)), minRenewal))
		err := s.renew(ctx, l, ack, lease, begun)
		if ctx.Err() != nil {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

// renew asks the server by unicast until T2, then any server by broadcast, until the lease ends.
func (s *Setup) renew(ctx context.Context, l netlink.Link, ack *dhcpv4.DHCPv4, lease Lease, begun time.Time) error {
	m, err := dhcpv4.NewRenewFromAck(ack, (&dhcpClient{host: s.plan.HostName}).options()...)
	if err != nil {
		return fmt.Errorf("make a renewal: %w", err)
	}
	end := begun.Add(lease.Time)
	for ctx.Err() == nil && time.Now().Before(end) {
		until := end
		if t2 := begun.Add(lease.T2); time.Now().Before(t2) {
			until = t2
		}
		answer, err := s.askRenewal(ctx, l, m, lease, min(longestWait, time.Until(until)), until == end)
		if err != nil {
			return err
		}
		if answer == nil {
			continue
		}
		if answer.MessageType() == dhcpv4.MessageTypeNak {
			return s.lose(ack, fmt.Sprintf("the server %s took it back (%q)", lease.Server, answer.Message()))
		}
		return s.prolong(l, ack, answer, lease)
	}
	if ctx.Err() != nil {
		return nil
	}
	return s.lose(ack, fmt.Sprintf("no server renewed it within its %s", lease.Time))
}

func (s *Setup) askRenewal(ctx context.Context, l netlink.Link, m *dhcpv4.DHCPv4, lease Lease, wait time.Duration, rebind bool) (answer *dhcpv4.DHCPv4, err error) {
	var wire *dhcpWire
	if !rebind {
		wire, err = dialServer(ctx, l.Attrs().Name, lease.Prefix.Addr(), lease.Server)
	}
	if rebind || err != nil { // port 68 may belong to a laptop's own DHCP client
		wire, err = dialDHCP(l.Attrs().Name)
	}
	if err != nil {
		return nil, err
	}
	defer wire.Close()
	begun := time.Now()
	err = wire.ask(ctx, m, wait, func(a *dhcpv4.DHCPv4, _ net.HardwareAddr) bool {
		if t := a.MessageType(); t == dhcpv4.MessageTypeAck || t == dhcpv4.MessageTypeNak {
			answer = a
		}
		return answer != nil
	})
	if err != nil { // no route while the cable is out, or a refusal by ICMP: as silent as silence
		pause(ctx, wait-time.Since(begun))
		return nil, nil
	}
	return answer, nil
}

// prolong takes the new times. Some servers leave the rest out of a renewal, so the rest stays as it was.
func (s *Setup) prolong(l netlink.Link, old, answer *dhcpv4.DHCPv4, lease Lease) error {
	lease.Time, lease.T1, lease.T2 = times(answer)
	return s.hold(l, lease, old, old)
}

// lose takes the address away.
func (s *Setup) lose(old *dhcpv4.DHCPv4, why string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ack == old {
		s.ack = nil
		if err := remove(s.link); err != nil {
			return err
		}
	}
	return &LeaseLost{Why: why}
}
