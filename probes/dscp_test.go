package probes

import (
	"testing"

	"trunktester/probes/facts"
	"trunktester/reflector"
)

func TestMarkWords(t *testing.T) {
	n := func(dscp int) *int { return &dscp }
	for _, c := range []struct {
		up, down *int
		want     string
	}{
		{n(46), n(46), "The mark EF (46) of voice is kept on the way to the reflector, kept on the way back."},
		{n(0), n(46), "The mark EF (46) of voice is cleared on the way to the reflector, kept on the way back."},
		{n(46), n(8), "The mark EF (46) of voice is kept on the way to the reflector, changed to 8 on the way back."},
		{nil, n(0), "The mark EF (46) of voice is not told on the way to the reflector, cleared on the way back."},
	} {
		if got := markWords(facts.Mark{Class: "EF", Of: "voice", Sent: 46, Up: c.up, Down: c.down}); got != c.want {
			t.Errorf("%q, want %q", got, c.want)
		}
		spoken(t, c.want)
	}
	if dscpOf(-1) != nil || *dscpOf(0xb8 | 1) != 46 {
		t.Error("ECN belongs to no DSCP")
	}
}

// The real reflector on loopback, where nobody touches a mark.
func TestDSCP(t *testing.T) {
	t.Parallel()
	s := startReflector(t, func(c *reflector.Config) { c.RTPHost, c.RTP = "127.0.0.1", []uint16{0} })
	known := onLoopback
	m, err := farEnd(s, reflectorToken).found(t.Context(), known)
	if err != nil {
		t.Fatal(err)
	}
	voice, err := m.voice(t.Context(), s.Voice()[0].Port())
	if err != nil {
		t.Fatal(err)
	}
	known.RTP = &facts.RTP{SIP: true, Ports: []facts.RTPPort{{Answer: facts.Silent, TOS: -1, TOSBack: -1}, voice}}
	r := DSCP{farEnd(s, reflectorToken)}.Look(t.Context(), known)
	if r.Outcome != facts.Passed {
		t.Fatalf("%s %s", r.Outcome, r.Saw)
	}
	r.File(&known)
	if len(known.DSCP.Marks) != 2 {
		t.Fatalf("%+v", known.DSCP)
	}
	for _, mark := range known.DSCP.Marks {
		if mark.Up == nil || mark.Down == nil || *mark.Up != mark.Sent || *mark.Down != mark.Sent {
			t.Errorf("%s", markWords(mark))
		}
	}
	if r := (DSCP{farEnd(s, "another-token-0123456")}).Look(t.Context(), onLoopback); r.Outcome != facts.NotRun || r.File != nil {
		t.Errorf("nobody answers: %s %s", r.Outcome, r.Saw)
	}
	only := onLoopback
	only.RTP = &facts.RTP{SIP: true}
	if r := (DSCP{farEnd(s, reflectorToken)}).Look(t.Context(), only); r.Outcome != facts.Passed {
		t.Errorf("SIP alone: %s %s", r.Outcome, r.Saw)
	}
	only.RTP = &facts.RTP{SIP: true}
	if r := (DSCP{farEnd(s, "another-token-0123456")}).Look(t.Context(), only); r.Outcome != facts.NotRun {
		t.Errorf("SIP fell silent: %s %s", r.Outcome, r.Saw)
	}
}
