package probes

import (
	"strings"
	"testing"

	"trunktester/probes/facts"
	"trunktester/probes/sip"
	"trunktester/probes/sip/siptest"
	"trunktester/reflector"
)

// The real reflector pads its answers, as far as it may; a SIP server that is none says nothing about the way back.
func TestFragmentsBack(t *testing.T) {
	t.Parallel()
	provider := siptest.New(t, siptest.Switches{})
	known := onLoopback
	known.UDP = answeredAt("udp", sip.OPTIONS, provider.UDP(t, "127.0.0.1:0"))
	s := startReflector(t, nil)
	for _, c := range []struct {
		name string
		host string
		down bool
	}{
		{"a reflector", s.UDP()[0].String(), true},
		{"a SIP server that is no reflector", siptest.New(t, siptest.Switches{}).UDP(t, "127.0.0.1:0").String(), false},
		{"none", "", false},
	} {
		f := known
		r := Fragments{Dial: sipDialer(t), Domain: "sip.example.net", Username: "u", Reflector: c.host, Token: reflectorToken}.Look(t.Context(), f)
		r.File(&f)
		if r.Outcome != facts.Passed || (f.Fragments.Down != nil) != c.down || strings.Contains(r.Saw, "came back from the reflector") != c.down {
			t.Errorf("%s: %s %s %+v", c.name, r.Outcome, r.Saw, f.Fragments.Down)
		}
	}
}

// A request for a long answer fits one packet, and the reflector may answer it so long.
func TestLongAnswersAreAllowed(t *testing.T) {
	s := startReflector(t, func(c *reflector.Config) { c.Token = "" })
	conn, err := sipDialer(t).UDP(t.Context(), s.UDP()[0])
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	r := Fragments{Dial: sipDialer(t), Reflector: s.UDP()[0].String()}.toReflector(downWish(fragmentedLength))
	x := conn.Ask(t.Context(), pad(r, downLength), sip.Control)
	if !x.Answered() || len(x.Sent) > 1300 || len(x.Reply.Raw) < fragmentedLength || !asLong(x.Reply, fragmentedLength) || asLong(x.Reply, 2*fragmentedLength) {
		t.Fatalf("%+v", x)
	}
	short := conn.Ask(t.Context(), r, sip.Control)
	if !short.Answered() || asLong(short.Reply, fragmentedLength) {
		t.Errorf("a short request draws a long answer: %+v", short)
	}
}
