package probes

import (
	"errors"
	"net/netip"
	"strings"
	"testing"

	"trunktester/probes/sip"
	"trunktester/reflector/wire"
)

// Nothing is known of a message whose reflection did not come, or is another's.
func TestArrived(t *testing.T) {
	const sent = "OPTIONS sip:reflect@h SIP/2.0\r\nVia: SIP/2.0/UDP 192.168.1.20:5070\r\nX-Reflect: id=abc\r\n\r\n"
	from := netip.MustParseAddrPort("203.0.113.2:40001")
	reflection := func(message string) []byte {
		return wire.Reflection{Source: from, TOS: -1, Length: len(message), Message: []byte(message)}.Encoded()
	}
	answered := func(body []byte) sip.Exchange {
		return sip.Exchange{Sent: []byte(sent), Sends: 1, Reply: &sip.Message{Code: 200, Body: body}}
	}
	for ticket, c := range map[string]struct {
		exchange sip.Exchange
		fault    string
		changed  int
	}{
		"it arrived as it was sent":                       {answered(reflection(sent)), "", 0},
		"the Via was changed":                             {answered(reflection(strings.Replace(sent, "192.168.1.20", "203.0.113.2", 1))), "", 1},
		"the reflection of another message":               {answered(reflection(strings.Replace(sent, "id=abc", "id=xyz", 1))), errNoReflector.Error(), 0},
		"the facts alone":                                 {answered(wire.Reflection{Source: from, TOS: -1, Length: len(sent), Sum: wire.Sum([]byte(sent))}.Encoded()), "did not give the message back", 0},
		"another server answered":                         {answered([]byte("v=0\r\n")), errNoReflector.Error(), 0},
		"no answer":                                       {sip.Exchange{Sends: 2}, "no answer to 2 sent", 0},
		"a firewall refused":                              {sip.Exchange{Sends: 2, ICMP: []sip.ICMPError{{Type: 3, Code: 13, Offender: from.Addr()}}}, "it was refused", 0},
		"the connection was closed":                       {sip.Exchange{Sends: 1, Closed: errors.New("EOF")}, "closed without an answer", 0},
		"the box could not send":                          {sip.Exchange{Err: errors.New("no buffer space")}, "could not be sent: no buffer space", 0},
		"the box could not send again after a refusal":    {sip.Exchange{Err: errors.New("no buffer space"), ICMP: []sip.ICMPError{{Type: 3}}}, "could not be sent", 0},
		"a refusal, and the connection was closed for it": {sip.Exchange{Closed: errors.New("EOF"), ICMP: []sip.ICMPError{{Type: 3, Offender: from.Addr()}}}, "it was refused", 0},
	} {
		m := arrived(c.exchange, "abc")
		if (m.Fault == "") != (c.fault == "") || !strings.Contains(m.Fault, c.fault) || len(m.Differences) != c.changed || m.From.IsValid() != (c.fault == "") {
			t.Errorf("%s: %q, %+v", ticket, m.Fault, m)
		}
	}
}

// A line of the SDP is named by its letter, anything else by its number.
func TestPlace(t *testing.T) {
	for want, d := range map[string]wire.Difference{
		"SDP c=":      {Place: "body line 4", Sent: "c=IN IP4 192.168.1.20", Received: "c=IN IP4 203.0.113.2"},
		"SDP i=":      {Place: "body line 5", Received: "i=added"},
		"SDP a=":      {Place: "body line 7", Sent: "a=taken away"},
		"SDP z=":      {Place: "body line 6", Sent: "z=0 0"},
		"body line 1": {Place: "body line 1", Sent: "V=0"},
		"body line 2": {Place: "body line 2", Sent: "c"},
		"body line 3": {Place: "body line 3", Sent: "<xml>"},
		"body line 9": {Place: "body line 9", Sent: "content"},
		"body line 8": {Place: "body line 8", Sent: "{=0"},
		"Contact":     {Place: "Contact", Sent: "m=1"},
	} {
		if got := place(d); got != want {
			t.Errorf("%+v: %s", d, got)
		}
	}
}
