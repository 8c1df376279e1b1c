package sip_test

import (
	"net"
	"net/netip"
	"testing"

	"trunktester/netsetup/netnstest"
	"trunktester/probes/sip"
	"trunktester/probes/sip/siptest"
)

// needIPv6 is where to listen on this machine over IPv6; a test that needs it is left out where there is none.
func needIPv6(t *testing.T) string {
	t.Helper()
	conn, err := net.ListenPacket("udp6", "[::1]:0")
	if err != nil {
		netnstest.Skip(t, "this machine has no IPv6: "+err.Error())
	}
	conn.Close()
	return "[::1]:0"
}

// A question over IPv6 leaves with the kernel's choice of address, though the box was given an IPv4 one to send from.
func TestAskOverIPv6(t *testing.T) {
	server := siptest.New(t, siptest.Switches{}).UDP(t, needIPv6(t))
	d := sip.Dialer{Conduct: sip.NewConduct(sip.Diagnosis), Source: netip.MustParseAddr("127.0.0.1"), Agent: "trunktester/test"}
	conn, err := d.UDP(t.Context(), server)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	x := conn.Ask(t.Context(), sip.Request{Method: sip.OPTIONS, URI: "sip:" + sip.Host("::1"), From: "sip:a@b", To: "sip:b", Hops: 3}, sip.Path)
	if x.Err != nil || x.Reply == nil || x.Reply.Via().SeenAs() != conn.Local() || !conn.Local().Addr().Is6() || len(x.Mangled) > 0 {
		t.Errorf("%v %v %v: %s", x.Err, x.Reply, x.Mangled, x.Sent)
	}
}

// A closed port on an IPv6 host is told by ICMPv6, from the host itself.
func TestClosedPortOverIPv6(t *testing.T) {
	server := siptest.New(t, siptest.Switches{}).UDP(t, needIPv6(t))
	closed := netip.AddrPortFrom(server.Addr(), 1)
	conn, err := sip.Dialer{Conduct: sip.NewConduct(sip.Diagnosis)}.UDP(t.Context(), closed)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	x := conn.Ask(t.Context(), sip.Request{Method: sip.OPTIONS, URI: "sip:b", From: "sip:a@b", To: "sip:b", Sends: 1}, sip.Path)
	if len(x.ICMP) == 0 {
		t.Fatalf("no error came: %+v", x)
	}
	if f := x.ICMP[0].Fact(closed.Addr()); !f.PortClosed() || !f.Provider || f.String() != "ICMPv6 1/4" {
		t.Errorf("%+v", f)
	}
}
