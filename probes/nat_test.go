package probes

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/pion/stun/v3"

	"trunktester/probes/facts"
	"trunktester/reflector"
)

// behaviourServer is a STUN server on two addresses of loopback, with two ports each.
type behaviourServer struct {
	at     [2][2]netip.AddrPort // by address, by port
	server netip.AddrPort
}

// behaves starts one. maps says how it sees who asks at a socket, lets which of its sockets gets through to somebody who
// asked only the first.
func behaves(t *testing.T, maps func(host, port int, from netip.AddrPort) netip.AddrPort, lets func(host, port int) bool, plain bool) *behaviourServer {
	t.Helper()
	var conns [2][2]*net.UDPConn
	s := &behaviourServer{}
	for h, ip := range []string{"127.0.0.1", "127.0.0.2"} {
		for p := range 2 {
			at := net.UDPAddr{IP: net.ParseIP(ip)}
			if h == 1 {
				at.Port = int(s.at[0][p].Port())
			}
			c, err := net.ListenUDP("udp4", &at)
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { c.Close() })
			conns[h][p], s.at[h][p] = c, udpAddrPort(c.LocalAddr())
		}
	}
	s.server = s.at[0][0]
	for h := range 2 {
		for p := range 2 {
			go func() {
				buf := make([]byte, 1500)
				for {
					n, from, err := conns[h][p].ReadFromUDPAddrPort(buf)
					if err != nil {
						return
					}
					m := &stun.Message{Raw: append([]byte(nil), buf[:n]...)}
					if m.Decode() != nil {
						continue
					}
					th, tp := h, p
					if change, err := m.Get(stun.AttrChangeRequest); err == nil && !plain {
						if change[3]&4 != 0 {
							th = 1 - h
						}
						if change[3]&2 != 0 {
							tp = 1 - p
						}
						if !lets(th, tp) {
							continue
						}
					}
					from = netip.AddrPortFrom(from.Addr().Unmap(), from.Port())
					seen := maps(h, p, from)
					set := []stun.Setter{m, stun.BindingSuccess, &stun.XORMappedAddress{IP: seen.Addr().AsSlice(), Port: int(seen.Port())}}
					if !plain || h+p > 0 {
						set = append(set, &stun.OtherAddress{IP: s.at[1-h][1-p].Addr().AsSlice(), Port: int(s.at[1-h][1-p].Port())})
					}
					conns[th][tp].WriteToUDPAddrPort(stun.MustBuild(set...).Raw, from)
				}
			}()
		}
	}
	return s
}

func TestNATBehaviour(t *testing.T) {
	t.Parallel()
	yes, no := true, false
	same := func(_, _ int, from netip.AddrPort) netip.AddrPort { return from }
	public := func(_, _ int, from netip.AddrPort) netip.AddrPort {
		return netip.AddrPortFrom(netip.MustParseAddr("203.0.113.2"), from.Port())
	}
	byHost := func(h, _ int, from netip.AddrPort) netip.AddrPort {
		return netip.AddrPortFrom(netip.MustParseAddr("203.0.113.2"), from.Port()^uint16(h))
	}
	byPort := func(h, p int, from netip.AddrPort) netip.AddrPort {
		return netip.AddrPortFrom(netip.MustParseAddr("203.0.113.2"), from.Port()^uint16(2*h+p))
	}
	all, sameHost, none := func(int, int) bool { return true }, func(h, _ int) bool { return h == 0 }, func(int, int) bool { return false }
	for _, c := range []struct {
		name       string
		maps       func(int, int, netip.AddrPort) netip.AddrPort
		lets       func(int, int) bool
		mapping    string
		host, port *bool
		saw        string
	}{
		{"no translation, no filter", same, all, facts.MappingNone, &yes, &yes, "Addresses are not translated. It lets in what anybody sends"},
		{"one port for all, from contacted hosts", public, sameHost, facts.MappingIndependent, &no, &yes, "from any port there."},
		{"by address, from the very port", byHost, none, facts.MappingByAddress, &no, &no, "very address and port"},
		{"by port", byPort, none, facts.MappingByPort, &no, &no, "symmetric NAT"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := behaves(t, c.maps, c.lets, false)
			known := onLoopback
			known.Public = &facts.Public{Answers: []facts.STUNAnswer{{From: s.server, Answer: facts.Answered, Mapped: ap("203.0.113.2:5")}}}
			r := NAT{}.Look(t.Context(), known)
			if r.Outcome != facts.Passed || !strings.Contains(r.Saw, c.saw) {
				t.Fatalf("%s %s", r.Outcome, r.Saw)
			}
			r.File(&known)
			want := facts.NAT{Server: s.server, Other: s.at[1][1], Mapping: c.mapping, Filter: "STUN", OtherHost: c.host, OtherPort: c.port}
			if d := cmp.Diff(&want, known.NAT, cmp.Comparer(func(a, b netip.AddrPort) bool { return a == b }), cmp.Comparer(func(a, b netip.Addr) bool { return a == b })); d != "" {
				t.Error(d)
			}
		})
	}
}

// Nothing is told by servers that have one address, or do not as they were asked.
func TestNATCannotTell(t *testing.T) {
	t.Parallel()
	same := func(_, _ int, from netip.AddrPort) netip.AddrPort { return from }
	none := func(int, int) bool { return false }
	for name, known := range map[string]func() facts.Facts{
		"nobody was asked": func() facts.Facts { return onLoopback },
		"the server has one address": func() facts.Facts {
			f := onLoopback
			at := stunServe(t, "127.0.0.1", stunSees(""))
			f.Public = &facts.Public{Answers: []facts.STUNAnswer{{From: at, Mapped: ap("203.0.113.2:5")}, {Server: "silent"}}}
			return f
		},
		"the server answers from where it was asked": func() facts.Facts {
			f := onLoopback
			f.Public = &facts.Public{Answers: []facts.STUNAnswer{{From: behaves(t, same, none, true).server, Mapped: ap("203.0.113.2:5")}}}
			return f
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if r := (NAT{}).Look(t.Context(), known()); r.Outcome != facts.NotRun || r.File != nil {
				t.Errorf("%s %s", r.Outcome, r.Saw)
			}
		})
	}
}

// The real reflector on loopback answers from its other port.
func TestNATByReflector(t *testing.T) {
	t.Parallel()
	s := startReflector(t, nil)
	one := startReflector(t, func(c *reflector.Config) { c.UDP = c.UDP[:1] })
	at := stunServe(t, "127.0.0.1", stunSees("")) // has no other address
	for _, c := range []struct {
		name    string
		far     FarEnd
		sip     bool
		outcome facts.Outcome
	}{
		{"it has another port", farEnd(s, reflectorToken), true, facts.Passed},
		{"it has none", farEnd(one, reflectorToken), true, facts.NotRun},
		{"it does not answer", farEnd(s, "another-token-0123456"), true, facts.NotRun},
		{"it did not answer before", farEnd(s, reflectorToken), false, facts.NotRun},
		{"there is none", FarEnd{}, true, facts.NotRun},
	} {
		known := onLoopback
		known.Public = &facts.Public{Answers: []facts.STUNAnswer{{From: at, Mapped: ap("203.0.113.2:5")}}}
		known.RTP = &facts.RTP{SIP: c.sip}
		r := NAT{FarEnd: c.far}.Look(t.Context(), known)
		if r.Outcome != c.outcome {
			t.Errorf("%s: %s %s", c.name, r.Outcome, r.Saw)
		}
		if r.File == nil {
			continue
		}
		if r.File(&known); known.NAT.Filter != "reflector" || known.NAT.OtherPort == nil || !*known.NAT.OtherPort || !strings.Contains(r.Saw, "told by the reflector") {
			t.Errorf("%s: %s %+v", c.name, r.Saw, known.NAT)
		}
	}
}

func TestKnock(t *testing.T) {
	socket := func() net.PacketConn {
		c, err := net.ListenPacket("udp4", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { c.Close() })
		return c
	}
	a, b, elsewhere := socket(), socket(), socket()
	if !knock(t.Context(), b, a, udpAddrPort(a.LocalAddr())) {
		t.Error("what arrives is not seen")
	}
	if knock(t.Context(), b, a, udpAddrPort(elsewhere.LocalAddr())) {
		t.Error("what went elsewhere arrived")
	}
	ended, end := context.WithCancel(t.Context())
	end()
	if knock(ended, b, a, udpAddrPort(elsewhere.LocalAddr())) {
		t.Error("arrived after the end")
	}
}

func TestNATSaw(t *testing.T) {
	yes, no := true, false
	x, y := netip.MustParseAddr("203.0.113.2"), netip.MustParseAddr("203.0.113.99")
	for _, c := range []struct {
		nat  facts.NAT
		want string
	}{
		{facts.NAT{}, ""},
		{facts.NAT{STUN: x}, ""},
		{facts.NAT{Provider: x}, ""},
		{facts.NAT{Provider: x, STUN: x}, "The provider sees the public address 203.0.113.2, as STUN servers do."},
		{facts.NAT{Provider: x, STUN: y}, "The provider sees the public address 203.0.113.2, STUN servers see 203.0.113.99: SIP leaves by another line or address than other traffic."},
		{facts.NAT{Hairpin: &yes}, "Devices at the site reach each other by the public address (hairpin)."},
		{facts.NAT{Hairpin: &no}, "Devices at the site do not reach each other by the public address (no hairpin)."},
		{facts.NAT{OtherHost: &no}, "It does not let in what comes from an address that was not talked to."},
		{facts.NAT{OtherPort: &yes, Filter: "reflector"}, "It lets in what comes from an address that was talked to, from any port there (told by the reflector)."},
		{facts.NAT{OtherPort: &yes, OtherHost: &no}, "It lets in only what comes from an address that was talked to, from any port there."},
	} {
		if got := natSaw(c.nat); got != c.want {
			t.Errorf("%q, want %q", got, c.want)
		}
		spoken(t, c.want)
	}
}

// FuzzNATRead: whatever bytes come back, an address is only told when it can be one.
func FuzzNATRead(f *testing.F) {
	good := stun.MustBuild(stun.TransactionID, stun.BindingSuccess, &stun.XORMappedAddress{IP: net.IPv4(198, 51, 100, 9), Port: 5060},
		&stun.OtherAddress{IP: net.IPv4(198, 51, 100, 10), Port: 3479})
	f.Add(good.Raw)
	f.Add(good.Raw[:30])
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, raw []byte) {
		r, err := natRead(raw, ap("198.51.100.9:3478"))
		if err == nil && (!r.mapped.IsValid() || r.mapped.Port() == 0) || r.other.IsValid() && r.other.Port() == 0 || errors.Is(err, errNoAnswer) {
			t.Fatalf("%+v %v", r, err)
		}
	})
}
