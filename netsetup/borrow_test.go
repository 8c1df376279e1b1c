package netsetup

import (
	"net/netip"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/insomniacslk/dhcp/dhcpv4"

	"trunktester/netsetup/netnstest"
)

// TestBorrow gets a second address from a real server, in the name of no device that there is, and gives it back.
func TestBorrow(t *testing.T) {
	lan := netnstest.New(t, "eth0")
	lan.Host("192.168.50.1/24").Dnsmasq("--dhcp-range=192.168.50.100,192.168.50.150,255.255.255.0,1h", "--dhcp-option=option:router,192.168.50.1")
	s := New(Plan{Interface: "eth0", Mode: DHCP})
	raiseLink(t, s)
	own := acquire(t, s, 15*time.Second)
	before := stateOf(t, "eth0")
	b, err := Borrow(within(t, 15*time.Second), "eth0", own.Prefix, time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	if !own.Prefix.Contains(b.Addr) || b.Addr == own.Prefix.Addr() {
		t.Errorf("borrowed %s beside %s", b.Addr, own.Prefix)
	}
	if now := stateOf(t, "eth0"); len(now.Addrs) != len(before.Addrs)+1 || !cmp.Equal(now.Routes, before.Routes) {
		t.Errorf("addresses %v, routes %v", now.Addrs, now.Routes)
	}
	if again := acquire(t, s, 15*time.Second); again.Prefix != own.Prefix || len(stateOf(t, "eth0").Addrs) != len(before.Addrs)+1 {
		t.Errorf("the first lease does not go on beside it: %s", again.Prefix)
	}
	if err := b.Close(); err != nil {
		t.Error(err)
	}
	if now := stateOf(t, "eth0"); len(now.Addrs) != len(before.Addrs) {
		t.Errorf("left behind: %v", now.Addrs)
	}
}

func TestBorrowGivesBack(t *testing.T) {
	for _, c := range []struct {
		name    string
		second  string // what the server gives
		subnet  string
		wanted  bool
		release bool
	}{
		{"another address", "10.7.0.21", "10.7.0.20/24", true, true},
		{"the same address once more", "10.7.0.20", "10.7.0.20/24", false, true},
		{"another subnet", "10.8.0.21", "10.7.0.20/24", false, true},
		{"none", "", "10.7.0.20/24", false, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			srv := server()
			if c.second != "" {
				srv = server(c.second)
			}
			srv.Serve(netnstest.New(t, "eth0").Host("10.7.0.1/24"))
			dhcp(t)
			before := stateOf(t, "eth0")
			b, err := Borrow(within(t, 3*time.Second), "eth0", netip.MustParsePrefix(c.subnet), time.Minute)
			if (err == nil) != c.wanted {
				t.Fatalf("%v", err)
			}
			if err == nil {
				if err := b.Close(); err != nil {
					t.Error(err)
				}
			}
			if d := cmp.Diff(before.Addrs, stateOf(t, "eth0").Addrs); d != "" {
				t.Errorf("left behind: %s", d)
			}
			until := time.Now().Add(2 * time.Second)
			for len(srv.Seen(dhcpv4.MessageTypeRelease)) == 0 && c.release && time.Now().Before(until) {
				time.Sleep(10 * time.Millisecond)
			}
			given := srv.Seen(dhcpv4.MessageTypeRelease)
			if (len(given) == 1) != c.release {
				t.Fatalf("%d times given back", len(given))
			}
			if c.release && (given[0].ClientIPAddr.String() != c.second || given[0].ClientHWAddr[0]&3 != 2) {
				t.Errorf("gave back %s of %s", given[0].ClientIPAddr, given[0].ClientHWAddr)
			}
		})
	}
}
