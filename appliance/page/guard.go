package page

import (
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strings"
	"sync"

	"trunktester/appliance/profile"
)

// private reports whether an address may be served on, or served to: RFC 1918, unique local (RFC 4193),
// link-local, loopback. Shared address space (100.64/10, RFC 6598) is the provider's side of a
// carrier-grade NAT and is not private.
func private(a netip.Addr) bool {
	a = a.Unmap()
	return a.IsPrivate() || a.IsLinkLocalUnicast() || a.IsLoopback()
}

// Serveable are those of the box's own addresses that the page may listen on. A box with a public or a
// shared IPv4 address stands bridged to the internet: then its link-local neighbours are strangers as
// well, and only loopback is left. A global IPv6 address beside a private IPv4 one is any home network:
// it is left out, and nothing more.
func Serveable(own []netip.Prefix) []netip.Prefix {
	bridged := slices.ContainsFunc(own, func(p netip.Prefix) bool {
		return p.Addr().Unmap().Is4() && !private(p.Addr())
	})
	return slices.DeleteFunc(slices.Clone(own), func(p netip.Prefix) bool {
		return !p.IsValid() || !private(p.Addr()) || bridged && !p.Addr().IsLoopback()
	})
}

// onLink reports whether a client is a neighbour: private itself, and inside a prefix of ours. An absurd
// netmask does not let the internet in.
func onLink(client netip.Addr, own []netip.Prefix) bool {
	client = client.Unmap().WithZone("")
	if client.IsLoopback() {
		return true
	}
	return private(client) && slices.ContainsFunc(own, func(p netip.Prefix) bool {
		return p.Masked().Contains(client)
	})
}

// neighbours accepts only clients on the link; everybody else's connection is closed without a word.
// When all slots are taken a new neighbour waits.
type neighbours struct {
	net.Listener
	own   []netip.Prefix
	slots chan struct{} // shared by the listeners of a server
}

func (n neighbours) Accept() (net.Conn, error) {
	for {
		c, err := n.Listener.Accept()
		if err != nil {
			return nil, err
		}
		from, err := netip.ParseAddrPort(c.RemoteAddr().String())
		if err != nil || !onLink(from.Addr(), n.own) {
			c.Close()
			continue
		}
		n.slots <- struct{}{}
		return &slotted{Conn: c, free: sync.OnceFunc(func() { <-n.slots })}, nil
	}
}

// slotted gives its slot back when it is closed.
type slotted struct {
	net.Conn
	free func()
}

func (c *slotted) Close() error {
	defer c.free()
	return c.Conn.Close()
}

// HostNames are the names under which the box may be asked for by mDNS and DHCP, without and with
// ".local": trunktester, and trunktester-KIT for a kit with a name.
func HostNames(kit string) []string {
	names := []string{profile.Kit{}.HostName()}
	if own := (profile.Kit{Name: kit}).HostName(); own != names[0] {
		names = append(names, own)
	}
	for _, n := range slices.Clone(names) {
		names = append(names, n+".local")
	}
	return names
}

// allowHosts answers 421 to a Host that is not ours: the defence against DNS rebinding, where a strange
// name is made to point here.
func allowHosts(own []netip.Prefix, names func() []string, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !knownHost(r.Host, own, names()) {
			http.Error(w, language(r).Say("refused.host"), http.StatusMisdirectedRequest)
			return
		}
		next.ServeHTTP(w, r)
	})
}

func knownHost(host string, own []netip.Prefix, names []string) bool {
	if slices.ContainsFunc(names, func(n string) bool { return strings.EqualFold(n, host) }) { // a forwarder's name may have a port
		return true
	}
	if h, _, err := net.SplitHostPort(host); err == nil {
		host = h
	}
	host = strings.TrimSuffix(strings.TrimPrefix(host, "["), "]")
	if a, err := netip.ParseAddr(host); err == nil {
		a = a.Unmap().WithZone("")
		return a.IsLoopback() || slices.ContainsFunc(own, func(p netip.Prefix) bool { return p.Addr().Unmap().WithZone("") == a })
	}
	host = strings.TrimSuffix(host, ".")
	return strings.EqualFold(host, "localhost") || slices.ContainsFunc(names, func(n string) bool { return strings.EqualFold(n, host) })
}
