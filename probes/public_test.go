package probes

import (
	"net"
	"net/netip"
	"strings"
	"testing"

	"github.com/pion/stun/v3"

	"trunktester/probes/facts"
)

// stunServe answers binding requests on loopback with what reply makes of them; nil is silence.
func stunServe(t *testing.T, ip string, reply func(request *stun.Message, from *net.UDPAddr, count int) []byte) netip.AddrPort {
	t.Helper()
	c, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.ParseIP(ip)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	go func() {
		buf := make([]byte, 1500)
		for count := 1; ; count++ {
			n, from, err := c.ReadFromUDP(buf)
			if err != nil {
				return
			}
			m := &stun.Message{Raw: append([]byte(nil), buf[:n]...)}
			if m.Decode() != nil {
				continue
			}
			if raw := reply(m, from, count); raw != nil {
				c.WriteToUDP(raw, from)
			}
		}
	}()
	return c.LocalAddr().(*net.UDPAddr).AddrPort()
}

// stunSees is a reply that maps to the address, or to the true source when it is "".
func stunSees(ip string) func(*stun.Message, *net.UDPAddr, int) []byte {
	return func(m *stun.Message, from *net.UDPAddr, _ int) []byte {
		seen := from.IP
		if ip != "" {
			seen = net.ParseIP(ip)
		}
		return stun.MustBuild(m, stun.BindingSuccess, &stun.XORMappedAddress{IP: seen, Port: from.Port}).Raw
	}
}

func stunSilent(*stun.Message, *net.UDPAddr, int) []byte { return nil }

func TestPublic(t *testing.T) {
	t.Parallel()
	type reply = func(*stun.Message, *net.UDPAddr, int) []byte
	for _, c := range []struct {
		name    string
		servers []reply
		outcome facts.Outcome
		addr    string
		differ  bool
		first   facts.Answer
	}{
		{"all agree", []reply{stunSees("198.51.100.9"), stunSees("198.51.100.9"), stunSees("198.51.100.9")}, facts.Passed, "198.51.100.9", false, facts.Answered},
		{"they differ", []reply{stunSees("198.51.100.9"), stunSees("203.0.113.9")}, facts.Passed, "", true, facts.Answered},
		{"one is enough", []reply{stunSilent, stunSees("198.51.100.9")}, facts.Passed, "198.51.100.9", false, facts.Silent},
		{"none", []reply{stunSilent, stunSilent}, facts.Failed, "", false, facts.Silent},
		{"the first two lost", []reply{func(m *stun.Message, f *net.UDPAddr, n int) []byte {
			if n < 3 {
				return nil
			}
			return stunSees("198.51.100.9")(m, f, n)
		}}, facts.Passed, "198.51.100.9", false, facts.Answered},
		{"another transaction", []reply{func(m *stun.Message, f *net.UDPAddr, n int) []byte {
			m.TransactionID[3]++
			return stunSees("198.51.100.9")(m, f, n)
		}}, facts.Failed, "", false, facts.Silent},
		{"a server older than RFC 5389", []reply{func(m *stun.Message, f *net.UDPAddr, _ int) []byte {
			return stun.MustBuild(m, stun.BindingSuccess, &stun.MappedAddress{IP: net.IPv4(198, 51, 100, 9), Port: f.Port}).Raw
		}}, facts.Passed, "198.51.100.9", false, facts.Answered},
		{"an error", []reply{func(m *stun.Message, _ *net.UDPAddr, _ int) []byte {
			return stun.MustBuild(m, stun.BindingError, stun.CodeServerError).Raw
		}}, facts.Failed, "", false, facts.Answered},
		{"no address inside", []reply{func(m *stun.Message, _ *net.UDPAddr, _ int) []byte {
			return stun.MustBuild(m, stun.BindingSuccess).Raw
		}}, facts.Failed, "", false, facts.Answered},
		{"cut short", []reply{func(m *stun.Message, f *net.UDPAddr, n int) []byte {
			raw := stunSees("198.51.100.9")(m, f, n)
			return raw[:len(raw)-3]
		}}, facts.Failed, "", false, facts.Answered},
		{"no STUN at all", []reply{func(*stun.Message, *net.UDPAddr, int) []byte { return []byte("hello") }}, facts.Failed, "", false, facts.Silent},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			var p Public
			for _, s := range c.servers {
				p.Servers = append(p.Servers, stunServe(t, "127.0.0.1", s).String())
			}
			r := p.Look(t.Context(), dnsGiven())
			f := dnsFiled(t, r).Public
			if r.Outcome != c.outcome || f.Differ != c.differ || f.Answers[0].Answer != c.first {
				t.Errorf("%s %q: %+v", r.Outcome, r.Saw, f)
			}
			if c.addr != "" && f.Addr != netip.MustParseAddr(c.addr) || c.addr == "" && f.Addr.IsValid() {
				t.Errorf("address %s, want %q", f.Addr, c.addr)
			}
			if len(r.Evidence) == 0 {
				t.Error("no evidence")
			}
			for _, a := range f.Answers {
				if a.Local != f.Answers[0].Local {
					t.Errorf("asked from two sockets: %s and %s", a.Local, f.Answers[0].Local)
				}
				if a.Mapped.IsValid() && a.Mapped.Port() != a.Local.Port() {
					t.Errorf("%s mapped to %s", a.Local, a.Mapped)
				}
			}
		})
	}
}

// An answer that comes from another address than the one asked is not believed.
func TestPublicStranger(t *testing.T) {
	t.Parallel()
	stranger, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	defer stranger.Close()
	at := stunServe(t, "127.0.0.1", func(m *stun.Message, from *net.UDPAddr, n int) []byte {
		stranger.WriteToUDP(stunSees("203.0.113.66")(m, from, n), from)
		return nil
	})
	r := Public{Servers: []string{at.String()}}.Look(t.Context(), dnsGiven())
	if f := dnsFiled(t, r).Public; r.Outcome != facts.Failed || f.Addr.IsValid() {
		t.Errorf("%s: %+v", r.Outcome, f)
	}
}

func TestPublicNames(t *testing.T) {
	t.Parallel()
	at := stunServe(t, "127.0.0.1", stunSees(""))
	w := dnsServe(t, "127.0.0.2", 0, "stun.example.net. A 127.0.0.1")
	port := strings.TrimPrefix(at.String(), "127.0.0.1")
	p := Public{Servers: []string{"stun.example.net" + port, "gone.example.net" + port}, DNSPort: w.addr.Port()}
	r := p.Look(t.Context(), dnsGiven("127.0.0.2"))
	f := dnsFiled(t, r).Public
	if r.Outcome != facts.Passed || f.Addr.String() != "127.0.0.1" || f.Answers[0].Mapped != f.Answers[0].Local || f.Answers[1].Answer != facts.Unasked {
		t.Errorf("%s: %+v", r.Outcome, f)
	}
	if r := (Public{}).Look(t.Context(), dnsGiven()); r.Outcome != facts.NotRun {
		t.Errorf("without servers: %s", r.Outcome)
	}
	elsewhere := dnsGiven()
	elsewhere.Address.Prefix = netip.MustParsePrefix("203.0.113.7/24")
	if r := p.Look(t.Context(), elsewhere); r.Outcome != facts.Broken {
		t.Errorf("from an address that is not ours: %s", r.Outcome)
	}
}

// FuzzPublicRead: whatever bytes come back, an address is only told when it can be one.
func FuzzPublicRead(f *testing.F) {
	good := stun.MustBuild(stun.TransactionID, stun.BindingSuccess, &stun.XORMappedAddress{IP: net.IPv4(198, 51, 100, 9), Port: 5060})
	f.Add(good.Raw)
	f.Add(stun.MustBuild(stun.TransactionID, stun.BindingSuccess, &stun.MappedAddress{IP: net.IPv4(198, 51, 100, 9), Port: 1}).Raw)
	f.Add(stun.MustBuild(stun.TransactionID, stun.BindingError, stun.CodeServerError).Raw)
	f.Add(good.Raw[:20])
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, raw []byte) {
		seen, text := publicRead(raw)
		if text == "" || seen.IsValid() && (seen.Port() == 0 || seen.Addr().IsUnspecified()) {
			t.Fatalf("%s %q", seen, text)
		}
	})
}
