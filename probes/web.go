package probes

import (
	"context"
	"net"
	"net/http"
	"net/netip"

	"trunktester/probes/via"
)

// webGet asks for a page through the interface, its host looked up with these resolvers, and gives the first
// answer: redirects are not followed. The body is open, and ends with ctx.
func webGet(ctx context.Context, i via.Interface, resolvers []netip.AddrPort, page string) (*http.Response, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, page, nil)
	if err != nil {
		return nil, err
	}
	transport := &http.Transport{
		DisableKeepAlives: true, MaxResponseHeaderBytes: 16 << 10,
		DialContext: func(ctx context.Context, _, address string) (net.Conn, error) {
			host, port := dnsSplit(address, 80)
			addrs, err := dnsHost(ctx, i, resolvers, host)
			if err != nil {
				return nil, err
			}
			return socketDialer(i).DialContext(ctx, "tcp4", netip.AddrPortFrom(addrs[0], port).String())
		},
	}
	return transport.RoundTrip(request)
}
