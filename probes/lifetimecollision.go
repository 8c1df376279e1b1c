package probes

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"time"

	"trunktester/netsetup"
	"trunktester/probes/facts"
	"trunktester/probes/via"
)

// LifetimeByCollision needs no help from outside but a STUN server: after the silence a second address of the box
// sends from the same port to the same server. A router that keeps ports gives it that port outside only when the
// first one's mapping is gone.
type LifetimeByCollision struct{}

// Name implements LifetimeWay.
func (LifetimeByCollision) Name() string { return "two addresses, one port" }

// Ready borrows the second address from the DHCP server and lets the two collide at once.
func (LifetimeByCollision) Ready(ctx context.Context, i via.Interface, known facts.Facts) (LifetimeAsker, error) {
	if known.Public == nil || known.Address == nil || known.Link == nil {
		return nil, errors.New("no STUN server was asked")
	}
	server := netip.AddrPort{}
	for _, a := range known.Public.Answers {
		if a.Mapped.IsValid() && a.Mapped.Port() == a.Local.Port() && a.Mapped != a.Local {
			server = a.From
			break
		}
	}
	switch {
	case !server.IsValid():
		return nil, errors.New("no STUN server saw the box's own port behind another address")
	case known.Address.Mode != "dhcp":
		return nil, errors.New("the box's address is not from DHCP, so there is nobody to ask for a second one")
	}
	second, err := netsetup.Borrow(ctx, known.Link.Interface, known.Address.Prefix, LifetimeLimit)
	if err != nil {
		return nil, err
	}
	asker := collisionAsker{stunAsker{via: i, own: known.Address.Prefix.Addr(), server: server}, second}
	alive, err := asker.collide(ctx, 0, 0)
	if err == nil && !alive {
		err = errors.New("the router gives two devices the same port at the same time")
	}
	if err != nil {
		return nil, errors.Join(err, asker.Close())
	}
	return asker, nil
}

// collisionAsker asks from two addresses.
type collisionAsker struct {
	stunAsker
	second *netsetup.Borrowed
}

// Alive implements LifetimeAsker.
func (c collisionAsker) Alive(ctx context.Context, idle time.Duration) (bool, error) {
	return c.collide(ctx, lifetimePrime, idle)
}

// Close gives the second address back.
func (c collisionAsker) Close() error { return c.second.Close() }

func (c collisionAsker) collide(ctx context.Context, prime, idle time.Duration) (bool, error) {
	mapped, first, err := c.primed(ctx, prime)
	if err != nil {
		return false, err
	}
	defer mapped.Close()
	port := mapped.LocalAddr().(*net.UDPAddr).AddrPort().Port()
	if first.Port() != port {
		return false, fmt.Errorf("the router took port %d for %d, so nothing can collide", first.Port(), port)
	}
	if err := sleep(ctx, idle); err != nil {
		return false, err
	}
	rival, err := c.openFrom(ctx, netip.AddrPortFrom(c.second.Addr, port))
	if err != nil {
		return false, err
	}
	defer rival.Close()
	outside, err := c.mapping(ctx, rival)
	switch {
	case err != nil:
		return false, err
	case outside.Addr() != first.Addr():
		return false, fmt.Errorf("the two addresses left by two public addresses, %s and %s", first.Addr(), outside.Addr())
	}
	return outside.Port() != port, nil
}
