package witness

import (
	"context"
	"fmt"
	"net/netip"
	"path/filepath"
)

// Coturn answers STUN.
type Coturn struct{ *Process }

// CoturnOptions are the sockets of a coturn.
type CoturnOptions struct {
	Listen []netip.Addr // two addresses make a server for RFC 5780
	Port   uint16       // 0: 3478
}

// StartCoturn starts a STUN server and waits until it serves.
func StartCoturn(ctx context.Context, launch Launcher, o CoturnOptions) (*Coturn, error) {
	if len(o.Listen) == 0 {
		return nil, fmt.Errorf("coturn: no address to listen on")
	}
	port := o.Port
	if port == 0 {
		port = 3478
	}
	p, err := start(ctx, launch, "coturn", nil, func(folder string) []string {
		args := []string{"/usr/bin/turnserver", "-n", "--verbose", "--stun-only", "--no-auth", "--no-tls", "--no-dtls", "--no-cli",
			"--log-file=stdout", "--simple-log", "--pidfile=" + filepath.Join(folder, "pid"), "--userdb=" + filepath.Join(folder, "users"),
			"--relay-threads=1", "--listening-port=" + fmt.Sprint(port)}
		for _, a := range o.Listen {
			args = append(args, "--listening-ip="+a.String(), "--relay-ip="+a.String())
		}
		return args
	}, readiness{line: "Total General servers", abrupt: true}) // told after the last listener
	if err != nil {
		return nil, err
	}
	return &Coturn{p}, nil
}
