package mdns

import (
	"strconv"
	"strings"
	"time"
)

// phase is how far a claim to a name has come.
type phase int

const (
	probing phase = iota // asking whether anybody has the name
	held                 // it is ours: announced, answered for and defended
	lost                 // somebody else has it, and we do without
)

// claim is one name that the box wants (RFC 6762 section 8).
type claim struct {
	base  string // as wanted, without ".local."
	must  bool   // when it is taken: another number is added; else the box does without it
	n     int    // number that is added, from 2 on
	phase phase
	sent  int       // probes or announcements of this phase
	at    time.Time // when the next of them is due; zero: none is
	told  time.Time // when the record was multicast last
}

// label is the name that is claimed now: base, or base-2 and so on (RFC 6762 section 9).
func (c *claim) label() string {
	if c.n < 2 {
		return c.base
	}
	number := "-" + strconv.Itoa(c.n)
	return strings.TrimRight(c.base[:min(len(c.base), mostLabel-len(number))], "-") + number
}

// fqdn is the name in full.
func (c *claim) fqdn() string { return c.label() + ".local." }

// is says whether a name on the wire is this one; names have no case (RFC 6762 section 16).
func (c *claim) is(name string) bool { return c.phase != lost && strings.EqualFold(name, c.fqdn()) }

// probe begins anew at a time.
func (c *claim) probe(at time.Time) { c.phase, c.sent, c.at = probing, 0, at }

// conflict is told that somebody else uses the name. What is held is asked for once more, as the other may
// have gone (RFC 6762 section 9); what is asked for is given up.
func (c *claim) conflict(at time.Time) {
	switch {
	case c.phase == held:
		c.probe(at)
	case c.must && c.n < mostNumber:
		c.n = max(c.n, 1) + 1
		c.probe(at)
	default:
		c.phase, c.at = lost, time.Time{}
	}
}

// step does what is due at now, and says what is to be sent.
func (c *claim) step(now time.Time) (probe, announce bool) {
	if c.at.IsZero() || c.at.After(now) {
		return false, false
	}
	if c.phase == probing && c.sent < probes {
		c.sent, c.at = c.sent+1, now.Add(probeGap)
		return true, false
	}
	if c.phase == probing {
		c.phase, c.sent = held, 0
	}
	c.sent, c.at, c.told = c.sent+1, now.Add(announceGap), now
	if c.sent >= announcements {
		c.at = time.Time{}
	}
	return false, true
}

// remind tells the name again where somebody spreads that it ends soon (RFC 6762 section 6.6).
func (c *claim) remind(now time.Time, left uint32) {
	if c.phase == held && left < ttl/2 && c.at.IsZero() {
		c.sent, c.at = announcements-1, c.told.Add(pause)
		if c.at.Before(now) {
			c.at = now
		}
	}
}
