package mdns

import (
	"net/netip"
	"slices"
	"time"

	"github.com/miekg/dns"
)

// letter is a message and whom it goes to.
type letter struct {
	msg *dns.Msg
	to  netip.AddrPort // not valid: to everybody
}

// table is the box's names on one link. It reads no clock and sends nothing: times and messages go in, messages
// come out.
type table struct {
	addr      netip.Addr
	claims    []*claim
	chance    func() time.Duration // before the first probe, up to firstProbe
	conflicts []time.Time          // the last few
}

// newTable claims name, under another number if it must, and also, which the box can do without.
func newTable(addr netip.Addr, name, also string, chance func() time.Duration, now time.Time) *table {
	t := &table{addr: addr, chance: chance, claims: []*claim{{base: name, must: true}}}
	if also != "" && also != name {
		t.claims = append(t.claims, &claim{base: also})
	}
	t.restart(now)
	return t
}

// restart asks for everything again, as when the cable was plugged in somewhere else.
func (t *table) restart(now time.Time) {
	at := now.Add(t.chance())
	for _, c := range t.claims {
		c.n = 0
		c.probe(at)
	}
}

// held are the names that are ours.
func (t *table) held() []string {
	var names []string
	for _, c := range t.claims {
		if c.phase == held {
			names = append(names, c.label()+".local")
		}
	}
	return names
}

// next is when due has something to do; zero: never.
func (t *table) next() time.Time {
	var first time.Time
	for _, c := range t.claims {
		if !c.at.IsZero() && (first.IsZero() || c.at.Before(first)) {
			first = c.at
		}
	}
	return first
}

// due sends the probes and announcements whose time has come.
func (t *table) due(now time.Time) []letter {
	probe, announced := &dns.Msg{}, response()
	for _, c := range t.claims {
		asks, tells := c.step(now)
		if asks {
			probe.Question = append(probe.Question, dns.Question{Name: c.fqdn(), Qtype: dns.TypeANY, Qclass: dns.ClassINET})
			probe.Ns = append(probe.Ns, address(c.fqdn(), t.addr, dns.ClassINET, ttl))
		}
		if tells {
			announced.Answer = append(announced.Answer, address(c.fqdn(), t.addr, dns.ClassINET|flush, ttl))
		}
	}
	return toAll(probe, announced)
}

// goodbye takes the names back (RFC 6762 section 10.1).
func (t *table) goodbye() []letter {
	m := response()
	for _, c := range t.claims {
		if c.phase == held {
			m.Answer = append(m.Answer, address(c.fqdn(), t.addr, dns.ClassINET|flush, 0))
		}
	}
	return toAll(m)
}

func toAll(all ...*dns.Msg) []letter {
	var out []letter
	for _, m := range all {
		if len(m.Question)+len(m.Answer) > 0 {
			out = append(out, letter{msg: m})
		}
	}
	return out
}

// heard takes a message from a neighbour, and answers it.
func (t *table) heard(now time.Time, m *dns.Msg, from netip.AddrPort) []letter {
	if m.Opcode != dns.OpcodeQuery || m.Rcode != dns.RcodeSuccess { // sections 18.3, 18.11
		return nil
	}
	if m.Response {
		if from.Port() == port { // section 6: others are not mDNS
			t.told(now, slices.Concat(m.Answer, m.Extra))
		}
		return nil
	}
	t.rivals(now, m.Ns)
	if from.Port() != port {
		return t.legacy(m, from)
	}
	return t.answer(now, m, from)
}

// told hears what others say that there is.
func (t *table) told(now time.Time, records []dns.RR) {
	for _, c := range t.claims {
		contested := false
		for _, r := range records {
			switch h := r.Header(); {
			case !c.is(h.Name):
			case same(r, t.addr):
				c.remind(now, h.Ttl)
			case h.Ttl == 0: // a goodbye
			case c.phase == probing || h.Rrtype == dns.TypeA:
				contested = true
			}
		}
		if contested {
			t.conflict(now, c)
		}
	}
}

// conflict gives way, and slowly so on a network where everybody does.
func (t *table) conflict(now time.Time, c *claim) {
	t.conflicts = slices.DeleteFunc(t.conflicts, func(at time.Time) bool { return now.Sub(at) > crowdIn })
	at := now.Add(t.chance())
	if len(t.conflicts) >= crowd {
		at = now.Add(crowdRest)
	} else {
		t.conflicts = append(t.conflicts, now)
	}
	c.conflict(at)
}

// rivals draws with others that ask for a name at the same time (section 8.2).
func (t *table) rivals(now time.Time, proposed []dns.RR) {
	for _, c := range t.claims {
		if c.phase != probing {
			continue
		}
		var theirs []dns.RR
		for _, r := range proposed {
			if c.is(r.Header().Name) {
				theirs = append(theirs, r)
			}
		}
		if later(theirs, address(c.fqdn(), t.addr, dns.ClassINET, ttl)) {
			c.probe(now.Add(deferral))
		}
	}
}

// asked are the questions of a message about a name of ours.
func (t *table) asked(m *dns.Msg, c *claim) []dns.Question {
	if c.phase != held {
		return nil
	}
	var about []dns.Question
	for _, q := range m.Question[:min(len(m.Question), mostAsked)] {
		if class := q.Qclass &^ flush; c.is(q.Name) && (class == dns.ClassINET || class == dns.ClassANY) {
			about = append(about, q)
		}
	}
	return about
}

// answer tells everybody, or only the one who wants it so when all were told lately. However often a message asks
// for a name, it is answered once.
func (t *table) answer(now time.Time, m *dns.Msg, from netip.AddrPort) []letter {
	all, alone := response(), response()
	for _, c := range t.claims {
		questions := slices.DeleteFunc(t.asked(m, c), func(q dns.Question) bool { return q.Qtype == dns.TypeA && t.known(m, c) })
		if len(questions) == 0 {
			continue
		}
		since := now.Sub(c.told)
		if !slices.ContainsFunc(questions, func(q dns.Question) bool { return q.Qclass&flush == 0 }) && since < recent {
			t.add(alone, c, questions)
			continue
		}
		gap := pause
		if len(m.Ns) > 0 { // a probe, which waits no longer than that
			gap = probePause
		}
		if since >= gap {
			t.add(all, c, questions)
			c.told = now
		}
	}
	out := toAll(all)
	if len(alone.Answer) > 0 {
		out = append(out, letter{alone, from})
	}
	return out
}

// add answers with the address, or with the news that there is nothing else.
func (t *table) add(m *dns.Msg, c *claim, questions []dns.Question) {
	own, no := address(c.fqdn(), t.addr, dns.ClassINET|flush, ttl), nothingElse(c.fqdn(), dns.ClassINET|flush, ttl)
	if slices.ContainsFunc(questions, wantsAddress) {
		m.Answer, m.Extra = append(m.Answer, own), append(m.Extra, no)
		return
	}
	m.Answer, m.Extra = append(m.Answer, no), append(m.Extra, own)
}

func wantsAddress(q dns.Question) bool { return q.Qtype == dns.TypeA || q.Qtype == dns.TypeANY }

// known says that the asker has the address already, for half its life at least (section 7.1).
func (t *table) known(m *dns.Msg, c *claim) bool {
	return slices.ContainsFunc(m.Answer, func(r dns.RR) bool {
		return c.is(r.Header().Name) && same(r, t.addr) && r.Header().Ttl >= ttl/2
	})
}

// legacy answers the first question of a resolver that knows only plain DNS (section 6.7).
func (t *table) legacy(m *dns.Msg, from netip.AddrPort) []letter {
	for _, c := range t.claims {
		for _, q := range t.asked(m, c) {
			r := response()
			r.Id, r.Question = m.Id, []dns.Question{q}
			if wantsAddress(q) {
				r.Answer = []dns.RR{address(q.Name, t.addr, dns.ClassINET, legacyTTL)}
			} else {
				r.Answer = []dns.RR{nothingElse(q.Name, dns.ClassINET, legacyTTL)}
			}
			return []letter{{r, from}}
		}
	}
	return nil
}
