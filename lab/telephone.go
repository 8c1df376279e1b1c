package lab

import (
	"context"
	"crypto/tls"
	"fmt"
	"net"
	"net/netip"
	"time"

	"trunktester/lab/serve"
	"trunktester/lab/witness"
)

// telephone starts the customer's PBX and waits for its first registration, where it is to have one.
func (l *Lab) telephone(ctx context.Context) error {
	world := l.World.PBX
	if world.Absent {
		return nil
	}
	usual := serve.PBXSettings{Domain: Domain, Username: Username, Password: Password, UserAgent: PBXAgent}
	if world.AtBox {
		usual.RetryAfter = time.Second // somebody saves its settings again and again
	}
	l.Telephone = serve.NewPBX(turned(usual, world.Settings))
	run, err := l.line(world)
	if err != nil {
		return err
	}
	l.run("pbx", func() error { return run(ctx) })
	if world.Fails {
		return nil
	}
	return registered(ctx, l.Telephone)
}

// Phone starts a telephone that we did not write at the PBX's place, at its own address.
func (l *Lab) Phone(ctx context.Context, o witness.PhoneOptions) (*witness.Process, error) {
	if missing := witness.Missing(); missing != nil {
		return nil, &MissingWitnessesError{missing}
	}
	o.Listen = netip.AddrPortFrom(netip.MustParseAddr(l.World.Home.at(PBXAddr)), 5060)
	return witness.StartPhone(ctx, l.PBX.launch, o)
}

// registered waits for the first registration.
func registered(ctx context.Context, pbx *serve.PBX) error {
	for deadline := time.Now().Add(pbxPatience); !pbx.Registered(); {
		if time.Now().After(deadline) {
			return fmt.Errorf("the PBX did not register within %v", pbxPatience)
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(2 * time.Millisecond):
		}
	}
	return nil
}

// line opens the PBX's way to the provider.
func (l *Lab) line(world PBX) (run func(context.Context) error, err error) {
	server := l.World.Provider.server()
	if world.AtBox {
		server = l.World.Home.at(PoolFirst) + ":5060" // the box's first lease
	}
	switch world.Transport {
	case "tcp", "tls":
		dial := func(ctx context.Context) (net.Conn, error) { return l.dialProvider(ctx, world.Transport, server) }
		return func(ctx context.Context) error { return l.Telephone.RunStream(ctx, world.Transport, dial) }, nil
	}
	port := world.Port
	if port == 0 {
		port = 5060
	}
	conn, err := l.PBX.ListenPacket("udp4", fmt.Sprintf("%s:%d", l.World.Home.at(PBXAddr), port))
	if err != nil {
		return nil, err
	}
	to, err := net.ResolveUDPAddr("udp4", server)
	if err != nil {
		return nil, err
	}
	return func(ctx context.Context) error { return l.Telephone.RunUDP(ctx, conn, to) }, nil
}

func (l *Lab) dialProvider(ctx context.Context, transport, server string) (conn net.Conn, err error) {
	if transport == "tls" {
		server = Provider1 + ":5061"
	}
	err = l.PBX.Do(func() error {
		conn, err = (&net.Dialer{Timeout: dialPatience}).DialContext(ctx, "tcp4", server)
		return err
	})
	if err != nil || transport == "tcp" {
		return conn, err
	}
	secure := tls.Client(conn, &tls.Config{RootCAs: l.authority.Pool(), ServerName: Domain})
	if err := secure.HandshakeContext(ctx); err != nil {
		conn.Close()
		return nil, err
	}
	return secure, nil
}

// server is the provider's first server as the PBX is set.
func (p Provider) server() string {
	if p.Ports != nil {
		return net.JoinHostPort(Provider1, p.Ports[0])
	}
	return Provider1 + ":5060"
}
