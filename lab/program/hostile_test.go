package program_test

import (
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"
	"net"
	"net/netip"
	"strings"
	"syscall"
	"testing"
	"time"
	"unicode"

	"github.com/insomniacslk/dhcp/dhcpv4"
	"github.com/miekg/dns"
	"golang.org/x/sys/unix"

	"trunktester/lab"
	"trunktester/lab/serve"
)

// longest is how long a run may take against a far end that means harm: one that says 100 for ever keeps UDP, TCP, the
// search for an ALG and the fragments at their limits, one after another.
const longest = 40 * time.Second

// survives runs check against whatever stands there. It must end in time with a status of its own, a
// report that follows the schema, and without a word that could command a terminal.
func (b *box) survives(t *testing.T) ended {
	t.Helper()
	got, r := b.check("-pcap", b.path("hostile.pcapng"))
	if got.exit < green || got.exit > untested {
		t.Errorf("exit %d\n%.2000s", got.exit, got.stderr)
	}
	if took := r.Finished.Sub(r.Started); took > longest {
		t.Errorf("it took %v", took)
		for _, step := range r.Steps {
			t.Logf("%-12s %s", step.ID, step.Took)
		}
	}
	all := got.stdout + got.stderr
	if at := strings.IndexFunc(all, func(r rune) bool { return unicode.IsControl(r) && r != '\n' && r != '\t' }); at >= 0 {
		t.Errorf("a control character in the output: %.60q", all[max(0, at-30):])
	}
	follow(t, []byte(got.stdout))
	if conduct := b.FarEnd(); conduct.Requests > 40 || conduct.WithCredentials > 2 || conduct.MaxIn200ms > 4 {
		t.Errorf("%d requests, %d with credentials, %d in 200 ms", conduct.Requests, conduct.WithCredentials, conduct.MaxIn200ms)
	}
	return got
}

// reply is a SIP response to a request, as an honest server begins it.
func reply(request []byte, status string, more ...string) []byte {
	head, _, _ := strings.Cut(string(request), "\r\n\r\n")
	lines := []string{"SIP/2.0 " + status}
	for _, line := range strings.Split(head, "\r\n")[1:] {
		name, _, _ := strings.Cut(strings.ToLower(line), ":")
		switch name {
		case "via", "v", "from", "f", "to", "t", "call-id", "i", "cseq":
			lines = append(lines, line)
		}
	}
	return []byte(strings.Join(append(lines, more...), "\r\n") + "\r\nContent-Length: 0\r\n\r\n")
}

const challenge = `WWW-Authenticate: Digest realm="sip.example.net", nonce="harm", algorithm=MD5, qop="auth"`

// harms are what a registrar may answer, piece by piece.
func harms() map[string]func(request []byte) [][]byte {
	noise := func(n int) []byte {
		r := rand.New(rand.NewPCG(1, 2))
		b := make([]byte, n)
		for i := range b {
			b[i] = byte(r.Uint32())
		}
		return b
	}
	one := func(make func(request []byte) []byte) func([]byte) [][]byte {
		return func(request []byte) [][]byte { return [][]byte{make(request)} }
	}
	return map[string]func([]byte) [][]byte{
		"binary":      one(func([]byte) []byte { return noise(1400) }),
		"text":        one(func([]byte) []byte { return []byte("HTTP/1.1 400 Bad Request\r\n\r\n") }),
		"empty lines": one(func([]byte) []byte { return bytes.Repeat([]byte("\r\n"), 500) }),
		"status only": one(func([]byte) []byte { return []byte("SIP/2.0 401\r\n\r\n") }),
		"huge status": one(func(r []byte) []byte { return reply(r, "99999999999999999999 OK") }),
		"zero status": one(func(r []byte) []byte { return reply(r, "000 Nothing") }),
		"own request": one(func(r []byte) []byte { return r }),
		"escapes in everything": one(func(r []byte) []byte {
			return reply(r, "403 \x1b[2J\x1b]0;owned\a\x00\x7f\u009b31m", "Server: \x1b[31mred\x1b[0m", "Warning: 399 x \"\x1b[1A\"", "Reason: \r\x1b[K")
		}),
		"markup in everything": one(func(r []byte) []byte {
			return reply(r, `403 <script>alert(1)</script>`, `Server: "><img src=x onerror=alert(1)>`)
		}),
		"a long header": one(func(r []byte) []byte {
			return reply(r, "401 Unauthorized", challenge, "X: "+strings.Repeat("x", 60000))
		}),
		"many headers": one(func(r []byte) []byte {
			return reply(r, "401 Unauthorized", strings.Repeat("X: y\r\n", 8000)+challenge)
		}),
		"many challenges": one(func(r []byte) []byte {
			return reply(r, "401 Unauthorized", strings.Repeat(challenge+"\r\n", 400)+challenge)
		}),
		"broken challenge": one(func(r []byte) []byte {
			return reply(r, "401 Unauthorized", `WWW-Authenticate: Digest realm="a\", nonce=,,,="", qop="`)
		}),
		"unknown algorithm": one(func(r []byte) []byte {
			return reply(r, "401 Unauthorized", `WWW-Authenticate: Digest realm="sip.example.net", nonce="n", algorithm=ROT13`)
		}),
		"basic": one(func(r []byte) []byte {
			return reply(r, "401 Unauthorized", `WWW-Authenticate: Basic realm="sip.example.net"`)
		}),
		"endless login": one(func(r []byte) []byte { return reply(r, "401 Unauthorized", challenge+", stale=true") }),
		"endless trying": func(r []byte) [][]byte {
			var all [][]byte
			for range 300 {
				all = append(all, reply(r, "100 Trying"))
			}
			return all
		},
		"other Call-ID": one(func(r []byte) []byte {
			return bytes.Replace(reply(r, "401 Unauthorized", challenge), []byte("Call-ID: "), []byte("Call-ID: x"), 1)
		}),
		"other branch": one(func(r []byte) []byte {
			return bytes.Replace(reply(r, "200 OK"), []byte("branch=z9hG4bK"), []byte("branch=z9hG4bKx"), 1)
		}),
		"ten thousand bindings": one(func(r []byte) []byte {
			return reply(r, "200 OK", strings.Repeat("Contact: <sip:a@b>;expires=99999999999999999999;received=\"\x1b\"\r\n", 900)+"Expires: -1")
		}),
		"moved in a circle": one(func(r []byte) []byte { return reply(r, "302 Moved", "Contact: <sip:198.51.100.5:5060>") }),
		"moved to the LAN":  one(func(r []byte) []byte { return reply(r, "302 Moved", "Contact: <sip:192.168.50.20:5060>") }),
	}
}

// hostile puts a registrar on the provider's port 5060 that answers so, over UDP and TCP.
func (b *box) hostile(harm func([]byte) [][]byte) {
	b.t.Helper()
	for _, address := range []string{lab.Provider1, lab.Provider2} {
		conn, err := b.Provider.ListenPacket("udp4", address+":5060")
		if err != nil {
			b.t.Fatal(err)
		}
		b.t.Cleanup(func() { conn.Close() })
		go func() {
			buf := make([]byte, 1<<16)
			for {
				n, from, err := conn.ReadFrom(buf)
				if err != nil {
					return
				}
				for _, piece := range harm(bytes.Clone(buf[:n])) {
					conn.WriteTo(piece[:min(len(piece), 65000)], from)
				}
			}
		}()
		ln, err := b.Provider.Listen("tcp4", address+":5060")
		if err != nil {
			b.t.Fatal(err)
		}
		b.t.Cleanup(func() { ln.Close() })
		go func() {
			for {
				stream, err := ln.Accept()
				if err != nil {
					return
				}
				go func() {
					defer stream.Close()
					buf := make([]byte, 1<<16)
					for {
						n, err := stream.Read(buf)
						if err != nil {
							return
						}
						for _, piece := range harm(bytes.Clone(buf[:n])) {
							if _, err := stream.Write(piece); err != nil {
								return
							}
						}
					}
				}()
			}
		}()
	}
}

func otherPort(w *lab.World) { w.PBX.Absent, w.Provider.Ports = true, []string{"5999"} }

func TestHostileRegistrar(t *testing.T) {
	t.Parallel()
	for name, harm := range harms() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := boxIn(t, "healthy", otherPort)
			b.hostile(harm)
			if got := b.survives(t); got.exit == green {
				t.Error("all green")
			}
		})
	}
}

// Over TCP a server may send for ever: one header of megabytes, a body without an end, a byte at a time.
func TestHostileStream(t *testing.T) {
	t.Parallel()
	megabyte := bytes.Repeat([]byte("x"), 1<<20)
	for name, harm := range map[string]func([]byte) [][]byte{
		"header of 2 MB": func(r []byte) [][]byte {
			return append([][]byte{[]byte("SIP/2.0 401 Unauthorized\r\nX: ")}, repeat(megabyte, 2)...)
		},
		"body of 2 MB": func(r []byte) [][]byte {
			return append([][]byte{bytes.Replace(reply(r, "200 OK"), []byte("Length: 0"), []byte("Length: 2097152"), 1)}, repeat(megabyte, 2)...)
		},
		"body of no end": func(r []byte) [][]byte {
			return [][]byte{bytes.Replace(reply(r, "200 OK"), []byte("Length: 0"), []byte("Length: 99999999999"), 1)}
		},
		"negative body": func(r []byte) [][]byte {
			return [][]byte{bytes.Replace(reply(r, "200 OK"), []byte("Length: 0"), []byte("Length: -1"), 1)}
		},
		"headers without end": func(r []byte) [][]byte { return repeat([]byte("SIP/2.0 200 OK\r\nVia: SIP/2.0/TCP x\r\n"), 5000) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := boxIn(t, "healthy", otherPort)
			b.change("[provider]", "transport = \"tcp\"\n\n[provider]")
			b.hostile(harm)
			if got := b.survives(t); got.exit == green {
				t.Error("all green")
			}
		})
	}
}

func repeat(piece []byte, n int) (all [][]byte) {
	for range n {
		all = append(all, piece)
	}
	return all
}

// A name server of the neighbour's, which the lease names in place of the router.
func TestHostileNames(t *testing.T) {
	t.Parallel()
	always := func(answers func(q dns.Question) []dns.RR) func(*dns.Msg) []byte {
		return func(q *dns.Msg) []byte {
			m := new(dns.Msg).SetReply(q)
			m.Answer = answers(q.Question[0])
			packed, err := m.Pack()
			if err != nil {
				panic(err)
			}
			return packed
		}
	}
	record := func(format string, args ...any) dns.RR {
		rr, err := dns.NewRR(fmt.Sprintf(format, args...))
		if err != nil {
			panic(err)
		}
		return rr
	}
	for name, answer := range map[string]func(*dns.Msg) []byte{
		"garbage": func(*dns.Msg) []byte { return []byte("\x00\x01garbage, and not DNS") },
		"nothing": func(*dns.Msg) []byte { return nil },
		"header only": func(q *dns.Msg) []byte {
			return []byte{byte(q.Id >> 8), byte(q.Id), 0x81, 0x80, 0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0}
		},
		"pointer to itself": func(q *dns.Msg) []byte {
			return []byte{byte(q.Id >> 8), byte(q.Id), 0x81, 0x80, 0, 1, 0, 1, 0, 0, 0, 0, 0xc0, 0x0c, 0, 1, 0, 1}
		},
		"truncated always": func(q *dns.Msg) []byte {
			m := new(dns.Msg).SetReply(q)
			m.Truncated = true
			packed, _ := m.Pack()
			return packed
		},
		"another question": func(q *dns.Msg) []byte {
			m := new(dns.Msg).SetReply(q)
			m.Question[0].Name = "other.example."
			m.Answer = []dns.RR{record("other.example. 60 A 198.51.100.5")}
			packed, _ := m.Pack()
			return packed
		},
		"CNAME in a circle": always(func(q dns.Question) []dns.RR {
			return []dns.RR{record("%s 60 CNAME b.%s", q.Name, "example.net."), record("b.example.net. 60 CNAME %s", q.Name)}
		}),
		"SRV to itself": always(func(q dns.Question) []dns.RR { return []dns.RR{record("%s 60 SRV 0 0 5060 %s", q.Name, q.Name)} }),
		"SRV by the hundred": always(func(q dns.Question) (all []dns.RR) {
			for i := range 100 {
				all = append(all, record("%s 60 SRV %d 0 0 host%d.example.net.", q.Name, i, i))
			}
			return all
		}),
		"every name is loopback": always(func(q dns.Question) []dns.RR { return []dns.RR{record("%s 60 A 127.0.0.1", q.Name)} }),
		"every name is broadcast": always(func(q dns.Question) []dns.RR {
			return []dns.RR{record("%s 60 A 255.255.255.255", q.Name), record("%s 60 A 0.0.0.0", q.Name), record("%s 60 A 224.0.0.1", q.Name)}
		}),
		"escapes in names": always(func(q dns.Question) []dns.RR {
			return []dns.RR{record(`%s 60 SRV 0 0 5060 \027[2J\007.example.net.`, q.Name)}
		}),
		"a wildcard": always(func(q dns.Question) []dns.RR { return []dns.RR{record("%s 60 A 198.51.100.5", q.Name)} }),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := boxIn(t, "healthy", withoutPBX, func(w *lab.World) {
				w.Home.DHCP = func(s *serve.DHCPSettings) { s.DNS = []netip.Addr{netip.MustParseAddr(lab.NeighbourIP)} }
			})
			conn, err := b.Neighbour.ListenPacket("udp4", lab.NeighbourIP+":53")
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { conn.Close() })
			go func() {
				buf := make([]byte, 1<<16)
				for {
					n, from, err := conn.ReadFrom(buf)
					if err != nil {
						return
					}
					if q := new(dns.Msg); q.Unpack(buf[:n]) == nil && len(q.Question) == 1 {
						conn.WriteTo(answer(q), from)
					}
				}
			}()
			if got := b.survives(t); got.exit == green {
				t.Error("all green")
			}
		})
	}
}

// A DHCP server with options that no sane one sends.
func TestHostileDHCP(t *testing.T) {
	t.Parallel()
	option := func(code uint8, value ...byte) dhcpv4.Modifier {
		return dhcpv4.WithOption(dhcpv4.OptGeneric(dhcpv4.GenericOptionCode(code), value))
	}
	for name, mods := range map[string][]dhcpv4.Modifier{
		"empty options":         {option(1), option(3), option(6), option(51), option(54)},
		"odd lengths":           {option(1, 255), option(3, 192, 168), option(6, 1, 2, 3), option(51, 1)},
		"address 0.0.0.0":       {dhcpv4.WithYourIP(net.IPv4zero)},
		"address of the router": {dhcpv4.WithYourIP(net.ParseIP(lab.RouterLAN))},
		"loopback":              {dhcpv4.WithYourIP(net.IPv4(127, 0, 0, 1))},
		"multicast":             {dhcpv4.WithYourIP(net.IPv4(224, 0, 0, 1))},
		"broadcast":             {dhcpv4.WithYourIP(net.IPv4bcast)},
		"mask with holes":       {option(1, 255, 0, 255, 0)},
		"mask of nothing":       {option(1, 0, 0, 0, 0)},
		"lease of no time":      {option(51, 0, 0, 0, 0)},
		"renewal after the end": {option(58, 255, 255, 255, 255), option(59, 0, 0, 0, 1), option(51, 0, 0, 0, 5)},
		"router is itself":      {option(3, 192, 168, 50, 100)},
		"hundred resolvers":     {option(6, bytes.Repeat([]byte{192, 168, 50, 1}, 60)...)},
		"routes of nonsense":    {option(121, 33, 1, 2, 3, 4, 5, 6, 7, 8)},
		"every route":           {option(121, bytes.Repeat([]byte{1, 128, 192, 168, 50, 2}, 40)...)},
		"names with escapes":    {option(12, []byte("\x1b[2J\x00")...), option(15, []byte("\x1b]0;x\a")...), option(56, []byte("\x1b[31m")...)},
		"refusal with escapes":  {dhcpv4.WithMessageType(dhcpv4.MessageTypeNak), option(56, []byte("\x1b[2J\r\n\x1b[31mowned")...)},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := boxIn(t, "healthy", withoutPBX, func(w *lab.World) { w.Home.DHCP = func(s *serve.DHCPSettings) { s.Silent = true } })
			before := b.state()
			b.lease(mods)
			b.survives(t)
			b.unchanged(before)
		})
	}
}

// lease has the neighbour answer DHCP with an offer, and then an acknowledgement, changed so.
func (b *box) lease(mods []dhcpv4.Modifier) {
	b.t.Helper()
	var conn net.PacketConn
	err := b.Neighbour.Do(func() (err error) {
		config := net.ListenConfig{Control: func(_, _ string, raw syscall.RawConn) (err error) {
			failed := raw.Control(func(fd uintptr) { err = unix.BindToDevice(int(fd), "eth0") })
			if failed != nil {
				return failed
			}
			return err
		}}
		conn, err = config.ListenPacket(context.Background(), "udp4", ":67")
		return err
	})
	if err != nil {
		b.t.Fatal(err)
	}
	b.t.Cleanup(func() { conn.Close() })
	go func() {
		buf := make([]byte, 1500)
		for {
			n, _, err := conn.ReadFrom(buf)
			if err != nil {
				return
			}
			request, err := dhcpv4.FromBytes(buf[:n])
			if err != nil {
				continue
			}
			kind, more := dhcpv4.MessageTypeOffer, mods
			if request.MessageType() == dhcpv4.MessageTypeRequest {
				kind = dhcpv4.MessageTypeAck
			}
			answer, err := dhcpv4.NewReplyFromRequest(request, append([]dhcpv4.Modifier{
				dhcpv4.WithMessageType(kind), dhcpv4.WithYourIP(net.ParseIP(lab.PoolFirst)),
				dhcpv4.WithServerIP(net.ParseIP(lab.NeighbourIP)), dhcpv4.WithOption(dhcpv4.OptServerIdentifier(net.ParseIP(lab.NeighbourIP))),
				dhcpv4.WithNetmask(net.CIDRMask(24, 32)), dhcpv4.WithRouter(net.ParseIP(lab.RouterLAN)),
				dhcpv4.WithDNS(net.ParseIP(lab.RouterLAN)), dhcpv4.WithLeaseTime(3600),
			}, more...)...)
			if err != nil {
				continue
			}
			if kind == dhcpv4.MessageTypeOffer { // a refusal answers a request
				answer.UpdateOption(dhcpv4.OptMessageType(kind))
			}
			conn.WriteTo(answer.ToBytes(), &net.UDPAddr{IP: net.IPv4bcast, Port: dhcpv4.ClientPort})
		}
	}()
}
