package probes

import (
	"bytes"
	"errors"
	"net/netip"
	"strings"
	"testing"
)

func TestNATPMPAnswer(t *testing.T) {
	told := []byte{0, 128, 0, 0, 0, 0, 1, 2, 100, 64, 0, 2}
	for name, c := range map[string]struct {
		raw  []byte
		want string // the address, else a piece of the error
	}{
		"told":              {told, "100.64.0.2"},
		"no address yet":    {[]byte{0, 128, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0}, "no outside address"},
		"network failure":   {[]byte{0, 128, 0, 3, 0, 0, 1, 2, 0, 0, 0, 0}, "no outside address (NAT-PMP result code 3)"},
		"refused, short":    {[]byte{0, 128, 0, 2}, "result code 2"},
		"cut":               {told[:11], "cut short"},
		"another opcode":    {[]byte{0, 129, 0, 0, 0, 0, 1, 2, 100, 64, 0, 2}, "no NAT-PMP"},
		"its own question":  {natPMPQuestion(), "no NAT-PMP"},
		"another version":   {[]byte{2, 128, 0, 0, 0, 0, 1, 2, 100, 64, 0, 2}, "no NAT-PMP"},
		"nobody's address":  {[]byte{0, 128, 0, 0, 0, 0, 1, 2, 255, 255, 255, 255}, "nobody's"},
		"a loopback":        {[]byte{0, 128, 0, 0, 0, 0, 1, 2, 127, 0, 0, 1}, "nobody's"},
		"a multicast group": {[]byte{0, 128, 0, 0, 0, 0, 1, 2, 224, 0, 0, 1}, "nobody's"},
	} {
		a, err := natPMPAnswer(c.raw)
		checkTold(t, name, a, err, c.want)
	}
}

func checkTold(t *testing.T, name string, a netip.Addr, err error, want string) {
	t.Helper()
	got := a.String()
	if err != nil {
		got = err.Error()
	}
	if a.IsValid() == (err != nil) || !strings.Contains(got, want) {
		t.Errorf("%s: %s, %v, want %q", name, a, err, want)
	}
}

// pcpTold is an answer to the question, as a router sends it (RFC 6887 section 12.2).
func pcpTold(question []byte, outside string) []byte {
	b := bytes.Clone(question)
	b[1], b[3] = 130, 0
	clear(b[8:24])
	long := netip.MustParseAddr(outside).As16()
	copy(b[44:], long[:])
	return b
}

func TestPCPAnswer(t *testing.T) {
	nonce := [12]byte{1, 2, 3}
	question := pcpQuestion(netip.MustParseAddrPort("192.168.1.20:40000"), nonce)
	told := pcpTold(question, "100.64.0.2")
	changed := func(at int, to byte) []byte {
		b := bytes.Clone(told)
		b[at] = to
		return b
	}
	for name, c := range map[string]struct {
		raw  []byte
		want string
	}{
		"told":             {told, "100.64.0.2"},
		"refused":          {changed(3, 2), "result code 2"},
		"network failure":  {changed(3, 7), "no outside address (PCP result code 7)"},
		"refused, short":   {[]byte{2, 130, 0, 12}, "result code 12"},
		"another question": {changed(24, 9), "another question"},
		"its own question": {question, "no PCP"},
		"a MAP":            {changed(1, 129), "no PCP"},
		"NAT-PMP only":     {[]byte{0, 128, 0, 1, 0, 0, 0, 9}, "no PCP"},
		"cut":              {told[:79], "cut short"},
		"none":             {pcpTold(question, "0.0.0.0"), "no outside address"},
		"an IPv6 address":  {pcpTold(question, "2001:db8::1"), "nobody's"},
	} {
		a, err := pcpAnswer(c.raw, nonce)
		checkTold(t, name, a, err, c.want)
	}
}

// The question opens nothing: it is a PEER, for a moment, towards an address where nothing lives.
func TestPCPQuestionOpensNothing(t *testing.T) {
	b := pcpQuestion(netip.MustParseAddrPort("192.168.1.20:40000"), [12]byte{1})
	if len(b) != 80 || b[0] != 2 || b[1] != 2 || !bytes.Equal(b[4:8], []byte{0, 0, 0, 30}) {
		t.Fatalf("% x", b)
	}
	client, peer := netip.AddrFrom16([16]byte(b[8:])).Unmap(), netip.AddrFrom16([16]byte(b[64:])).Unmap()
	if client.String() != "192.168.1.20" || !nowhere.Contains(peer) {
		t.Errorf("client %s, peer %s", client, peer)
	}
}

func FuzzNATPMPAnswer(f *testing.F) {
	f.Add([]byte{0, 128, 0, 0, 0, 0, 1, 2, 100, 64, 0, 2})
	f.Fuzz(func(t *testing.T, b []byte) {
		if a, err := natPMPAnswer(b); err == nil && !a.Is4() {
			t.Error(a)
		}
	})
}

func FuzzPCPAnswer(f *testing.F) {
	nonce := [12]byte{1, 2, 3}
	f.Add(pcpTold(pcpQuestion(netip.MustParseAddrPort("192.168.1.20:40000"), nonce), "100.64.0.2"))
	f.Fuzz(func(t *testing.T, b []byte) {
		if a, err := pcpAnswer(b, nonce); err == nil && !a.Is4() {
			t.Error(a)
		}
	})
}

// Scraps, and an answer in another version's clothes, tell nothing.
func TestScrapsArePortControlNot(t *testing.T) {
	nonce := [12]byte{1}
	other := make([]byte, pcpHead+pcpPeer)
	other[0], other[1] = pcpVersion-1, 128|2
	copy(other[pcpHead:], nonce[:])
	for _, b := range [][]byte{nil, {0}, {0, 128}, {0, 128, 0}, {pcpVersion, 128 | 2, 0}, other} {
		if a, err := natPMPAnswer(b); err == nil || a.IsValid() {
			t.Errorf("NAT-PMP % x: %s", b, a)
		}
		if a, err := pcpAnswer(b, nonce); err == nil || a.IsValid() || errors.Is(err, errNoOutside) {
			t.Errorf("PCP % x: %s, %v", b, a, err)
		}
	}
}
