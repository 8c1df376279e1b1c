package probes

import (
	"encoding/binary"
	"net"
	"net/netip"
	"strings"
	"testing"

	"github.com/miekg/dns"

	"trunktester/probes/facts"
)

// mtuServe answers DNS questions of up to most bytes at ip.
func mtuServe(t *testing.T, ip string, most int) netip.AddrPort {
	t.Helper()
	c, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.ParseIP(ip)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	go func() {
		buf := make([]byte, 4096)
		for {
			n, from, err := c.ReadFromUDP(buf)
			if err != nil {
				return
			}
			if n <= most {
				buf[2] |= 0x80
				c.WriteToUDP(buf[:12], from)
			}
		}
	}()
	return c.LocalAddr().(*net.UDPAddr).AddrPort()
}

func TestMTU(t *testing.T) {
	t.Parallel()
	if !ownNet(t) {
		return
	}
	newOwnNetWorld(t)
	look := func(at netip.AddrPort) (facts.MTU, Result) {
		r := MTU{Targets: []netip.Addr{at.Addr()}, DNSPort: at.Port(), Cable: 1500}.Look(t.Context(), facts.Facts{})
		return *dnsFiled(t, r).MTU, r
	}
	ownNetPing(t, true)
	f, r := look(netip.MustParseAddrPort("127.0.0.3:9"))
	if r.Outcome != facts.Passed || f.Asked[0].Large != facts.Answered || f.Asked[0].Small != facts.Answered || !f.Passed() {
		t.Errorf("by ping: %s %q %+v", r.Outcome, r.Saw, f)
	}
	ownNetPing(t, false)
	f, r = look(mtuServe(t, "127.0.0.4", 1472))
	if r.Outcome != facts.Passed || f.Asked[1].Large != facts.Answered || f.Asked[1].Small != facts.Answered {
		t.Errorf("by DNS: %s %q %+v", r.Outcome, r.Saw, f)
	}
	f, r = look(mtuServe(t, "127.0.0.5", 1471))
	p := f.Asked[1]
	if r.Outcome != facts.Failed || p.Large != facts.Silent || p.Small != facts.Answered || p.Sends != mtuSends || f.Passed() || f.Path() != 0 {
		t.Errorf("large ones vanish: %s %q %+v", r.Outcome, r.Saw, f)
	}
	if len(r.Evidence) != 4 || r.Evidence[3].Kind != "control" {
		t.Errorf("evidence %+v", r.Evidence)
	}
	f, r = look(netip.MustParseAddrPort("127.0.0.6:9"))
	if r.Outcome == facts.Passed || f.Passed() || strings.Contains(r.Saw, "those of") {
		t.Errorf("nobody answers: %s %q %+v", r.Outcome, r.Saw, f)
	}
	nothingRuns(t, "probes.MTU.ask")
}

func TestMTUPacketsHaveTheirSize(t *testing.T) {
	for _, payload := range []int{mtuSmall - mtuHeaders, 1472, 1464, 1372} {
		echo, err := mtuEcho(7, payload)
		if err != nil || len(echo) != payload+8 {
			t.Errorf("echo of %d: %d bytes, %v", payload, len(echo), err)
		}
		q, err := mtuQuestion(7, payload)
		m := new(dns.Msg)
		if err != nil || len(q) != payload || m.Unpack(q) != nil || m.Question[0].Name != "." {
			t.Errorf("question of %d: %d bytes, %v", payload, len(q), err)
		}
		q[2] |= 0x80
		if size, ok := mtuAnswer(q, 7); !ok || size != payload {
			t.Errorf("answer to %d: %d %v", payload, size, ok)
		}
		echo[0] = 0
		if size, ok := mtuEchoed(echo, 7); !ok || size != payload {
			t.Errorf("reply to %d: %d %v", payload, size, ok)
		}
		if _, ok := mtuEchoed(echo, 8); ok {
			t.Error("somebody else's reply was taken")
		}
	}
}

func FuzzMTUAnswers(f *testing.F) {
	echo, _ := mtuEcho(7, 1472)
	echo[0] = 0
	f.Add(echo)
	f.Add(append([]byte{0x45, 19: 1}, echo...))
	f.Add([]byte{0x4f})
	f.Add(binary.BigEndian.AppendUint32(nil, 1<<15))
	f.Fuzz(func(t *testing.T, raw []byte) {
		mtuEchoed(raw, 7)
		mtuAnswer(raw, 7)
	})
}
