package wire

import (
	"bytes"
	"encoding/base64"
	"errors"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

var addrs = cmp.Comparer(func(a, b netip.AddrPort) bool { return a == b })

func TestReflectionComesBackAsItWasEncoded(t *testing.T) {
	for _, r := range []Reflection{
		{Source: netip.MustParseAddrPort("203.0.113.2:40001"), Transport: "udp", TOS: 184, Length: 5, Message: []byte("a\r\n\x00\xff")},
		{Source: netip.MustParseAddrPort("[2001:db8::1]:5060"), Transport: "tls", TOS: -1, Length: 2000, Framing: Short, Refused: []string{"delay", "message"}, Sum: Sum([]byte("x"))},
		{Source: netip.MustParseAddrPort("192.0.2.1:1"), Transport: "tcp", TOS: 0, Framing: Quiet, Message: []byte{}},
	} {
		body := r.Encoded()
		if bytes.ContainsAny(body, "\r\n.@:") {
			t.Errorf("a device on the way could take %q for SIP", body)
		}
		for _, padding := range []string{"", "\r\n", "\r\n........"} {
			got, err := ParseReflection(append(bytes.Clone(body), padding...))
			if d := cmp.Diff(r, got, addrs); err != nil || d != "" {
				t.Errorf("%v %s", err, d)
			}
		}
	}
}

func TestABodyThatIsNoReflection(t *testing.T) {
	encoded := func(s string) string { return base64.StdEncoding.EncodeToString([]byte(s)) }
	for body, want := range map[string]string{
		"":            "not a reflection: its first line does not begin with reflect/1",
		"v=0\r\no=-":  "not a reflection: illegal base64 data at input byte 1",
		"cmVmbGVjdA=": "not a reflection: illegal base64 data at input byte 11",
		encoded("reflect/2 from=192.0.2.1:1\r\n"):                      "not a reflection: its first line does not begin with reflect/1",
		encoded("reflect/1 transport=udp length=0\r\n"):                "not a reflection: it does not say from where",
		encoded("reflect/1 from=nobody length=0\r\n"):                  `not a reflection: from=nobody: not an ip:port`,
		encoded("reflect/1 from=192.0.2.1:1 tos=256\r\n"):              "not a reflection: tos=256: value out of range",
		encoded("reflect/1 from=192.0.2.1:1 length=-1\r\n"):            "not a reflection: length=-1: value out of range",
		encoded("reflect/1 from=192.0.2.1:1 length=9\r\nshort"):        "not a reflection: it holds 5 bytes of 9",
		encoded("reflect/1 from=192.0.2.1:1 transport=\x1b\r\n"):       "not a reflection: its first line is not printable",
		encoded("reflect/1 from=192.0.2.1:1 length=0"):                 "not a reflection: its first line does not begin with reflect/1",
		encoded("reflect/1 from=192.0.2.1:1 length=0 later=yes\r\n"):   "",
		encoded("reflect/1 from=192.0.2.1:1 length=0\r\n") + "\r\nany": "",
	} {
		_, err := ParseReflection([]byte(body))
		if want == "" && err == nil {
			continue
		}
		if !errors.Is(err, ErrReflection) || err.Error() != want {
			t.Errorf("%q: %v, want %s", body, err, want)
		}
	}
}

func TestAWishIsReadAsItWasWritten(t *testing.T) {
	for value, want := range map[string]Wish{
		"id=": {Body: -1},
		"id=1f; delay=45; port=other; pad=1600; dscp=46; answer=facts; body=152": {"1f", 45 * time.Second, true, 1600, 46, true, 152},
		"id=1f; body=0": {ID: "1f"},
	} {
		got, _, err := ParseWish(value)
		if d := cmp.Diff(want, got); err != nil || d != "" {
			t.Errorf("%q: %v %s", value, err, d)
		}
		if got.Value("") != value {
			t.Errorf("%q is written as %q", value, got.Value(""))
		}
	}
	if w, _, err := ParseWish("ID=1f ;colour=blue;;DELAY = 3"); err != nil || w != (Wish{ID: "1f", Delay: 3 * time.Second, Body: -1}) {
		t.Errorf("%+v, %v", w, err)
	}
}

func TestAWishThatIsNone(t *testing.T) {
	for _, value := range []string{
		"delay=soon", "delay=-1", "delay=3601", "pad=65537", "dscp=64", "port=5080", "answer=all", "body=1e3", "id=a b",
		"id=" + strings.Repeat("a", longestID+1), strings.Repeat(";", 513),
	} {
		if w, _, err := ParseWish(value); !errors.Is(err, ErrWish) || w != (Wish{Body: -1}) {
			t.Errorf("%q: %+v, %v", value, w, err)
		}
	}
}

func TestAProofHoldsForItsWishAndTokenAlone(t *testing.T) {
	const token = "5f1b2c3d4e5f60718293"
	value := Wish{ID: "1", Pad: 100, Body: -1}.Value(token)
	if strings.Contains(value, token) {
		t.Error("the token is sent")
	}
	for _, c := range []struct {
		value, token string
		want         bool
	}{
		{value, token, true},
		{strings.ReplaceAll(value, "; ", ";"), token, true},
		{value, "", true},
		{value, token + "x", false},
		{strings.Replace(value, "pad=100", "pad=900", 1), token, false},
		{strings.Replace(value, "id=1", "id=2", 1), token, false},
		{value[:strings.Index(value, "; proof")], token, false},
		{value + "00", token, false},
		{"id=1; pad=100; proof=zz", token, false},
	} {
		w, proven, err := ParseWish(c.value)
		if got := w.Proven(c.token, proven); err != nil || got != c.want {
			t.Errorf("%q with %q: %t, %v", c.value, c.token, got, err)
		}
	}
}

func TestAnEchoTellsWhatWasHeard(t *testing.T) {
	p := Probe{Sequence: 65535, Timestamp: 1 << 31, SSRC: 7, DSCP: 46, Own: 1 << 63}
	for _, source := range []string{"203.0.113.2:40001", "[2001:db8::1]:1"} {
		h := Heard{Source: netip.MustParseAddrPort(source), TOS: 184, Count: 3, Skipped: 2, At: time.Unix(1700000000, 5)}
		packet := p.Packet("", 172)
		if len(packet) != 172 || !Voice(packet, "") || Voice(packet, "token") || Stream(packet) != 7 {
			t.Fatalf("% x", packet)
		}
		if dscp := Echo(packet, h); dscp != 46 || Voice(packet, "") {
			t.Errorf("class %d; an echo must not be echoed: %t", dscp, Voice(packet, ""))
		}
		got, heard, err := ParseEcho(packet)
		if d := cmp.Diff(h, heard, addrs); err != nil || d != "" {
			t.Errorf("%v %s", err, d)
		}
		if got.DSCP = 46; got != p { // the echo's byte holds what was received instead
			t.Errorf("%+v", got)
		}
	}
	if !Voice(p.Packet("token", 0), "token") {
		t.Error("the proof does not hold")
	}
	if _, _, err := ParseEcho(p.Packet("", 172)); !errors.Is(err, ErrVoice) {
		t.Errorf("a probe is no echo: %v", err)
	}
}

func FuzzParseReflection(f *testing.F) {
	f.Add(Reflection{Source: netip.MustParseAddrPort("192.0.2.1:1"), TOS: 1, Length: 1, Message: []byte("x")}.Encoded())
	f.Add([]byte("\r\n"))
	f.Fuzz(func(t *testing.T, body []byte) {
		r, err := ParseReflection(body)
		if err != nil {
			if !errors.Is(err, ErrReflection) {
				t.Error(err)
			}
			return
		}
		if !r.Source.IsValid() || r.TOS < -1 || r.TOS > 255 || r.Length < 0 || r.Sum == "" && len(r.Message) != r.Length {
			t.Errorf("%+v", r)
		}
	})
}

func FuzzParseWish(f *testing.F) {
	f.Add("id=1f; delay=45; port=other; pad=1600; dscp=46; answer=facts; body=152; proof=00")
	f.Fuzz(func(t *testing.T, value string) {
		w, _, err := ParseWish(value)
		if err != nil {
			return
		}
		again, proven, err := ParseWish(w.Value("token"))
		if err != nil || again != w || !again.Proven("token", proven) || again.Proven("nekot", proven) {
			t.Errorf("%q is %+v, then %+v, %v", value, w, again, err)
		}
	})
}

func FuzzParseEcho(f *testing.F) {
	packet := Probe{Sequence: 1}.Packet("", 172)
	f.Add(bytes.Clone(packet))
	Echo(packet, Heard{Source: netip.MustParseAddrPort("192.0.2.1:1")})
	f.Add(packet)
	f.Fuzz(func(t *testing.T, packet []byte) {
		if _, _, err := ParseEcho(packet); err == nil && Voice(packet, "") {
			t.Error("probe and echo at once")
		}
		if Voice(packet, "") {
			Echo(packet, Heard{})
			if _, _, err := ParseEcho(packet); err != nil {
				t.Error("the echo of a probe is none")
			}
		}
	})
}
