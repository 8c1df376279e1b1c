package netsetup

import (
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/vishvananda/netlink"
)

// ipv6Setting is a file of the kernel's and what stood in it (ip-sysctl).
type ipv6Setting struct{ file, was string }

// The kernel's own settings for how it asks for routers (ip-sysctl), in seconds, and ours: one box needs not wait for its
// turn among many (RFC 4861 section 6.3.7). The interval marks IPv6 that a run has switched on, so that the next one
// tidies up where it was killed.
const (
	usualDelay, usualInterval = "1", "4"
	ownDelay, ownInterval     = "0", "3"
)

// joinIPv6 lets the kernel take the addresses and routes that routers advertise (RFC 4861, RFC 4862), where IPv6 begins on
// the interface with this run: it is switched off there, or the interface is down. Else its owner has chosen already.
// Nothing is waited for, and a machine that does not let us is left as it is: IPv6 is then told to be off. It gives what
// leaveIPv6 puts back.
func joinIPv6(l netlink.Link) (before []ipv6Setting) {
	read := func(key string) string {
		b, err := os.ReadFile(ipv6File(l.Attrs().Name, key))
		if err != nil {
			return ""
		}
		return strings.TrimSpace(string(b))
	}
	write := func(key, value string) {
		was := read(key)
		if file := ipv6File(l.Attrs().Name, key); was != "" && was != value && os.WriteFile(file, []byte(value), 0) == nil {
			before = append(before, ipv6Setting{file, was})
		}
	}
	off := read("disable_ipv6") == "1"
	if !off && read("router_solicitation_interval") == ownInterval {
		return []ipv6Setting{
			{ipv6File(l.Attrs().Name, "router_solicitation_interval"), usualInterval},
			{ipv6File(l.Attrs().Name, "router_solicitation_delay"), usualDelay},
			{ipv6File(l.Attrs().Name, "disable_ipv6"), "1"},
		}
	}
	if !off && l.Attrs().Flags&net.FlagUp != 0 {
		return nil
	}
	accept := "1"
	if read("forwarding") == "1" {
		accept = "2" // else a machine that forwards hears no router
	}
	if now := read("accept_ra"); now == "0" || now == "1" {
		write("accept_ra", accept)
	}
	write("router_solicitation_delay", ownDelay)
	if off {
		write("router_solicitation_interval", ownInterval)
	}
	write("disable_ipv6", "0") // last: the kernel asks for routers now
	return before
}

// leaveIPv6 puts the settings back. The kernel drops what it has learnt when IPv6 is switched off, and when the link goes
// down.
func leaveIPv6(before []ipv6Setting) {
	for _, s := range slices.Backward(before) {
		_ = os.WriteFile(s.file, []byte(s.was), 0) // the interface may be gone, and its settings with it
	}
}

func ipv6File(ifname, key string) string {
	return filepath.Join("/proc/sys/net/ipv6/conf", ifname, key)
}
