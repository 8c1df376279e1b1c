package wire

import (
	"bytes"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const invite = "INVITE sip:reflect@reflector.example.net SIP/2.0\r\n" +
	"Via: SIP/2.0/UDP 192.168.1.20:5070;rport;branch=z9hG4bK776asdhds\r\n" +
	"From: <sip:box@192.168.1.20>;tag=1928301774\r\n" +
	"To: <sip:reflect@reflector.example.net>\r\n" +
	"Call-ID: a84b4c76e66710@192.168.1.20\r\n" +
	"CSeq: 1 INVITE\r\n" +
	"Contact: <sip:box@192.168.1.20:5070>\r\n" +
	"Content-Type: application/sdp\r\n" +
	"Content-Length: 113\r\n" +
	"\r\n" +
	"v=0\r\no=- 1 1 IN IP4 192.168.1.20\r\ns=-\r\nc=IN IP4 192.168.1.20\r\nt=0 0\r\nm=audio 40000 RTP/AVP 0\r\na=rtcp:40001\r\n"

func TestCompare(t *testing.T) {
	swap := func(old, new string) string {
		if !strings.Contains(invite, old) {
			t.Fatalf("the message has no %q", old)
		}
		return strings.Replace(invite, old, new, 1)
	}
	for _, c := range []struct {
		name     string
		received string
		want     []Difference
	}{
		{"a plain router", invite, nil},
		{"Linux's SIP ALG", strings.NewReplacer(
			"Via: SIP/2.0/UDP 192.168.1.20:5070", "Via: SIP/2.0/UDP 203.0.113.2:5070",
			"sip:box@192.168.1.20:5070", "sip:box@203.0.113.2:5070",
			"IN IP4 192.168.1.20", "IN IP4 203.0.113.2",
			"Length: 113", "Length: 111").Replace(invite), []Difference{
			{"Via", "Via: SIP/2.0/UDP 192.168.1.20:5070;rport;branch=z9hG4bK776asdhds", "Via: SIP/2.0/UDP 203.0.113.2:5070;rport;branch=z9hG4bK776asdhds"},
			{"Contact", "Contact: <sip:box@192.168.1.20:5070>", "Contact: <sip:box@203.0.113.2:5070>"},
			{"Content-Length", "Content-Length: 113", "Content-Length: 111"},
			{"body line 2", "o=- 1 1 IN IP4 192.168.1.20", "o=- 1 1 IN IP4 203.0.113.2"},
			{"body line 4", "c=IN IP4 192.168.1.20", "c=IN IP4 203.0.113.2"},
		}},
		{"a proxy adds its own Via", swap("Via: ", "Via: SIP/2.0/UDP 203.0.113.2;branch=z9hG4bKx\r\nVia: "), []Difference{
			{"Via", "Via: SIP/2.0/UDP 192.168.1.20:5070;rport;branch=z9hG4bK776asdhds", "Via: SIP/2.0/UDP 203.0.113.2;branch=z9hG4bKx"},
			{"Via 2", "", "Via: SIP/2.0/UDP 192.168.1.20:5070;rport;branch=z9hG4bK776asdhds"},
		}},
		{"FortiGate notes the old address in SDP", swap("s=-\r\n", "s=-\r\ni=(o=IN IP4 192.168.1.20)\r\n"), []Difference{
			{"body line 4", "", "i=(o=IN IP4 192.168.1.20)"},
		}},
		{"a header field is taken away", swap("Contact: <sip:box@192.168.1.20:5070>\r\n", ""), []Difference{
			{"Contact", "Contact: <sip:box@192.168.1.20:5070>", ""},
		}},
		{"a name is made compact", swap("Call-ID:", "i:"), []Difference{
			{"Call-ID", "Call-ID: a84b4c76e66710@192.168.1.20", ""},
			{"i", "", "i: a84b4c76e66710@192.168.1.20"},
		}},
		{"a name is respelled", swap("Call-ID:", "CALL-ID:"), []Difference{
			{"Call-ID", "Call-ID: a84b4c76e66710@192.168.1.20", "CALL-ID: a84b4c76e66710@192.168.1.20"},
		}},
		{"two header fields change places", swap("CSeq: 1 INVITE\r\nContact: <sip:box@192.168.1.20:5070>\r\n", "Contact: <sip:box@192.168.1.20:5070>\r\nCSeq: 1 INVITE\r\n"), []Difference{
			{Place: Unordered},
		}},
		{"only the line ends", strings.ReplaceAll(invite, "\r", ""), []Difference{{Place: Unordered}}},
		{"cut off", invite[:len(invite)-14], []Difference{{"body line 7", "a=rtcp:40001", ""}}},
		{"nothing arrived of it", "", []Difference{
			{"start line", "INVITE sip:reflect@reflector.example.net SIP/2.0", ""},
			{"Via", "Via: SIP/2.0/UDP 192.168.1.20:5070;rport;branch=z9hG4bK776asdhds", ""},
			{"From", "From: <sip:box@192.168.1.20>;tag=1928301774", ""},
			{"To", "To: <sip:reflect@reflector.example.net>", ""},
			{"Call-ID", "Call-ID: a84b4c76e66710@192.168.1.20", ""},
			{"CSeq", "CSeq: 1 INVITE", ""},
			{"Contact", "Contact: <sip:box@192.168.1.20:5070>", ""},
			{"Content-Type", "Content-Type: application/sdp", ""},
			{"Content-Length", "Content-Length: 113", ""},
			{"body line 1", "v=0", ""},
			{"body line 2", "o=- 1 1 IN IP4 192.168.1.20", ""},
			{"body line 3", "s=-", ""},
			{"body line 4", "c=IN IP4 192.168.1.20", ""},
			{"body line 5", "t=0 0", ""},
			{"body line 6", "m=audio 40000 RTP/AVP 0", ""},
			{"body line 7", "a=rtcp:40001", ""},
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			if d := cmp.Diff(c.want, Compare([]byte(invite), []byte(c.received))); d != "" {
				t.Error(d)
			}
		})
	}
}

// Equal or not is decided by the bytes alone, and every difference shows two different lines.
func FuzzCompare(f *testing.F) {
	f.Add([]byte(invite), []byte(strings.ReplaceAll(invite, "192.168.1.20", "203.0.113.2")))
	f.Add([]byte("A b SIP/2.0\nV\u0130a: 1\n\nx\n\n"), []byte("A b SIP/2.0\r\nvia: 1\r\n folded\r\n"))
	f.Add([]byte("\r\n\r\n"), []byte("\r\n"))
	f.Add([]byte("a\nfield x:1\nx:2\nx 2:3"), []byte("a\nx:3\nx 2:1"))
	f.Fuzz(func(t *testing.T, sent, received []byte) {
		all := Compare(sent, received)
		if (all == nil) != bytes.Equal(sent, received) {
			t.Fatalf("%q, %q: %v", sent, received, all)
		}
		for _, d := range all {
			if d.Sent == d.Received && d.Place != Unordered {
				t.Errorf("%+v differs in nothing", d)
			}
		}
	})
}
