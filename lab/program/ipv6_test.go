package program_test

import (
	"bufio"
	"fmt"
	"net"
	"net/netip"
	"os"
	"strings"
	"testing"

	"github.com/vishvananda/netlink"
)

// globalIPv6 are the box's IPv6 addresses that the world outside reaches.
func (b *box) globalIPv6() (all []netip.Addr) {
	b.t.Helper()
	b.inside(func() error {
		link, err := netlink.LinkByName("eth0")
		if err != nil {
			return err
		}
		addrs, err := netlink.AddrList(link, netlink.FAMILY_V6)
		for _, a := range addrs {
			if own, _ := netip.AddrFromSlice(a.IP); own.IsGlobalUnicast() && !own.IsPrivate() {
				all = append(all, own)
			}
		}
		return err
	})
	return all
}

// A global IPv6 address is the internet: the box sends from it, and nothing listens there.
func TestNothingListensOnGlobalIPv6(t *testing.T) {
	t.Parallel()
	b := boxIn(t, "ipv6-only-works")
	p := b.start(b.usual("appliance")...)
	p.lights(allGreen, 0)
	own := b.globalIPv6()
	if len(own) == 0 {
		t.Fatal("the box has no IPv6 address")
	}
	if a, err := b.ask("GET", "", "/", nil); err != nil || a.code != 200 {
		t.Fatalf("the page: %d %v", a.code, err)
	}
	for _, line := range b.listening6(t) {
		t.Errorf("it listens: %s", line)
	}
	for _, port := range []string{"80", "5060", "5061"} {
		var conn net.Conn
		err := b.Provider.Do(func() (err error) {
			conn, err = (&net.Dialer{Timeout: patience / 10}).Dial("tcp6", net.JoinHostPort(own[0].String(), port))
			return err
		})
		if err == nil {
			conn.Close()
			t.Errorf("port %s is open to the internet", port)
		}
	}
}

// listening6 are the sockets of the box's network that take connections, or datagrams of anybody, on an IPv6 address that
// is not link-local: sockets that are connected to a peer are none.
func (b *box) listening6(t *testing.T) (found []string) {
	for file, state := range map[string]string{"tcp6": "0A", "udp6": "07"} { // TCP_LISTEN, TCP_CLOSE (include/net/tcp_states.h)
		b.inside(func() error {
			f, err := os.Open("/proc/thread-self/net/" + file)
			if err != nil {
				return err
			}
			defer f.Close()
			lines := bufio.NewScanner(f)
			for lines.Scan() {
				words := strings.Fields(lines.Text())
				if len(words) < 4 || words[3] != state {
					continue
				}
				if address, _, _ := strings.Cut(words[1], ":"); !strings.HasPrefix(address, "000080FE") && address != "00000000000000000000000001000000" {
					found = append(found, fmt.Sprintf("%s %s", file, words[1]))
				}
			}
			return lines.Err()
		})
	}
	return found
}

// A check on a machine whose IPv6 is off switches it on for the run, and off again.
func TestCheckLeavesNoIPv6Behind(t *testing.T) {
	t.Parallel()
	b := boxIn(t, "ipv6-only-works")
	before := b.state()
	p := b.start(b.usual("check")...)
	until(t, "an IPv6 address", func() bool { return len(b.globalIPv6()) > 0 })
	if got := p.wait(); got.exit != green {
		t.Errorf("exit %d\n%s%s", got.exit, got.stdout, got.stderr)
	}
	b.unchanged(before)
}
