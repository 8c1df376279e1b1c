package mdns

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/miekg/dns"
)

// link is a network of responders in a time of its own. Everybody hears everybody else.
type link struct {
	t      *testing.T
	now    time.Time
	tables []*table
	heard  []string // what went over it: "192.168.1.20 probe trunktester.local."
}

func newLink(t *testing.T) *link {
	return &link{t: t, now: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)}
}

// join plugs a box in.
func (l *link) join(addr, name, also string) *table {
	b := newTable(netip.MustParseAddr(addr), name, also, func() time.Duration { return 100 * time.Millisecond }, l.now)
	l.tables = append(l.tables, b)
	return b
}

func (l *link) leave(b *table) {
	l.tables = slices.DeleteFunc(l.tables, func(x *table) bool { return x == b })
}

// pass lets time pass.
func (l *link) pass(d time.Duration) {
	for until := l.now.Add(d); ; {
		next := until
		for _, b := range l.tables {
			if at := b.next(); !at.IsZero() && at.Before(next) {
				next = at
			}
		}
		if next.After(l.now) {
			l.now = next
		}
		busy := false
		for _, b := range l.tables {
			letters := b.due(l.now)
			busy = busy || len(letters) > 0
			l.deliver(b, letters)
		}
		if !busy && !l.now.Before(until) {
			return
		}
	}
}

// deliver takes letters over the wire, and the answers to them.
func (l *link) deliver(from *table, letters []letter) {
	for _, x := range letters {
		m := overTheWire(l.t, x.msg)
		l.heard = append(l.heard, from.addr.String()+" "+words(m))
		for _, b := range slices.Clone(l.tables) {
			if b != from && (!x.to.IsValid() || x.to.Addr() == b.addr) {
				l.deliver(b, b.heard(l.now, m, netip.AddrPortFrom(from.addr, port)))
			}
		}
	}
}

// say sends a message of a stranger to a box, and tells what comes back.
func (l *link) say(b *table, m *dns.Msg, from string) []letter {
	return b.heard(l.now, overTheWire(l.t, m), netip.MustParseAddrPort(from))
}

func overTheWire(t *testing.T, m *dns.Msg) *dns.Msg {
	t.Helper()
	m.Compress = true
	b, err := m.Pack()
	if err != nil {
		t.Fatal(err)
	}
	var got dns.Msg
	if err := got.Unpack(b); err != nil {
		t.Fatal(err)
	}
	return &got
}

func words(m *dns.Msg) string {
	if !m.Response {
		return "probe " + m.Question[0].Name
	}
	if m.Answer[0].Header().Ttl == 0 {
		return "goodbye " + m.Answer[0].Header().Name
	}
	return "answer " + m.Answer[0].Header().Name
}

func (l *link) wants(b *table, names ...string) {
	l.t.Helper()
	if got := b.held(); !slices.Equal(got, names) {
		l.t.Errorf("%s holds %v, want %v; heard:\n%s", b.addr, got, names, strings.Join(l.heard, "\n"))
	}
}

const settled = 10 * time.Second

// One kit on a network has both names, after three probes and with two announcements.
func TestOneKit(t *testing.T) {
	l := newLink(t)
	b := l.join("192.168.1.20", "trunktester-kit-0042", "trunktester")
	l.pass(700 * time.Millisecond)
	l.wants(b)
	l.pass(settled)
	l.wants(b, "trunktester-kit-0042.local", "trunktester.local")
	want := []string{"probe", "probe", "probe", "answer", "answer"}
	for i, h := range l.heard {
		if i >= len(want) || !strings.HasPrefix(h, "192.168.1.20 "+want[i]+" trunktester-kit-0042.local.") {
			t.Fatalf("on the wire:\n%s", strings.Join(l.heard, "\n"))
		}
	}
	if len(l.heard) != len(want) {
		t.Errorf("on the wire:\n%s", strings.Join(l.heard, "\n"))
	}
}

// The reseller brings a second kit to the same network: each has its own name, and the common one stays where it is.
func TestSecondKit(t *testing.T) {
	l := newLink(t)
	first := l.join("192.168.1.20", "trunktester-kit-0042", "trunktester")
	l.pass(settled)
	second := l.join("192.168.1.21", "trunktester-kit-0043", "trunktester")
	l.pass(settled)
	l.wants(first, "trunktester-kit-0042.local", "trunktester.local")
	l.wants(second, "trunktester-kit-0043.local")
}

// Two cards were written from one profile: the second box takes another number.
func TestTwinKits(t *testing.T) {
	l := newLink(t)
	first := l.join("192.168.1.21", "trunktester-kit-0042", "trunktester")
	l.pass(settled)
	second := l.join("192.168.1.20", "trunktester-kit-0042", "trunktester")
	l.pass(settled)
	third := l.join("192.168.1.22", "trunktester-kit-0042", "trunktester")
	l.pass(settled)
	l.wants(first, "trunktester-kit-0042.local", "trunktester.local")
	l.wants(second, "trunktester-kit-0042-2.local")
	l.wants(third, "trunktester-kit-0042-3.local")
}

// A power cut is over and all boxes start in the same moment: the draw is by address, and nobody shares a name.
func TestBoxesStartTogether(t *testing.T) {
	l := newLink(t)
	low, high := l.join("192.168.1.20", "trunktester", ""), l.join("192.168.1.21", "trunktester", "")
	l.pass(settled)
	l.wants(low, "trunktester-2.local")
	l.wants(high, "trunktester.local")
}

// Two networks with a box of the same name each are joined by a cable.
func TestNetworksAreJoined(t *testing.T) {
	l, other := newLink(t), newLink(t)
	a, b := l.join("192.168.1.20", "trunktester", ""), other.join("192.168.1.21", "trunktester", "")
	l.pass(settled)
	other.pass(settled)
	l.tables = append(l.tables, b)
	l.deliver(b, b.answer(l.now, &dns.Msg{Question: []dns.Question{{Name: "trunktester.local.", Qtype: dns.TypeA, Qclass: dns.ClassINET}}}, netip.AddrPort{}))
	l.pass(settled)
	l.wants(a, "trunktester-2.local")
	l.wants(b, "trunktester.local")
}

// The cable was pulled and plugged in again: the box asks anew, and takes its first name back when it is free by now.
func TestRestart(t *testing.T) {
	l := newLink(t)
	first := l.join("192.168.1.20", "trunktester", "")
	l.pass(settled)
	second := l.join("192.168.1.21", "trunktester", "")
	l.pass(settled)
	l.wants(second, "trunktester-2.local")
	l.deliver(first, first.goodbye())
	l.leave(first)
	second.restart(l.now)
	l.pass(settled)
	l.wants(second, "trunktester.local")
}

// A box that is switched off tidily takes its names back; one that holds none has nothing to say.
func TestGoodbye(t *testing.T) {
	l := newLink(t)
	b := l.join("192.168.1.20", "trunktester-kit-0042", "trunktester")
	if got := b.goodbye(); got != nil {
		t.Errorf("before it had a name: %v", got[0].msg)
	}
	l.pass(settled)
	m := b.goodbye()[0].msg
	if len(m.Answer) != 2 || m.Answer[0].Header().Ttl != 0 || m.Answer[1].Header().Name != "trunktester.local." {
		t.Errorf("%v", m)
	}
}

// A network where every name is taken at once does not make the box shout, and does not end it.
func TestCrowd(t *testing.T) {
	l := newLink(t)
	b := l.join("192.168.1.20", "trunktester", "")
	begin := l.now
	for i := range 3 * mostNumber {
		l.pass(101 * time.Millisecond)
		if i == crowd+1 && !b.next().After(l.now.Add(crowdRest-time.Second)) {
			t.Errorf("after %v it asks again at %v", l.now.Sub(begin), b.next())
		}
		taken := response()
		taken.Answer = []dns.RR{address(b.claims[0].fqdn(), netip.MustParseAddr("192.168.1.99"), dns.ClassINET|flush, ttl)}
		l.say(b, taken, "192.168.1.99:5353")
	}
	l.pass(settled)
	l.wants(b)
	if !b.next().IsZero() {
		t.Error("it goes on asking after it gave up")
	}
}

func ask(name string, kind, class uint16) *dns.Msg {
	return &dns.Msg{MsgHdr: dns.MsgHdr{Id: 4711}, Question: []dns.Question{{Name: name, Qtype: kind, Qclass: class}}}
}

func with(m *dns.Msg, records ...dns.RR) *dns.Msg {
	m.Answer = records
	return m
}

// What a box answers to whom.
func TestAnswers(t *testing.T) {
	const name, own = "trunktester.local.", "192.168.1.20"
	addr := netip.MustParseAddr(own)
	for _, c := range []struct {
		ticket string
		asked  *dns.Msg
		from   string
		want   string // whom it goes to, and the types of the answers; "" for silence
	}{
		{"a laptop asks everybody", ask(name, dns.TypeA, dns.ClassINET), "192.168.1.30:5353", "all A"},
		{"in capitals", ask("TrunkTester.LOCAL.", dns.TypeA, dns.ClassINET), "192.168.1.30:5353", "all A"},
		{"for anything", ask(name, dns.TypeANY, dns.ClassANY), "192.168.1.30:5353", "all A"},
		{"a phone asks for IPv6 and need not wait", ask(name, dns.TypeAAAA, dns.ClassINET), "192.168.1.30:5353", "all NSEC"},
		{"it wants to be told alone", ask(name, dns.TypeA, dns.ClassINET|flush), "192.168.1.30:5353", "192.168.1.30:5353 A"},
		{"it knows already", with(ask(name, dns.TypeA, dns.ClassINET), address(name, addr, dns.ClassINET, ttl/2)), "192.168.1.30:5353", ""},
		{"it knows for a moment only", with(ask(name, dns.TypeA, dns.ClassINET), address(name, addr, dns.ClassINET, ttl/2-1)), "192.168.1.30:5353", "all A"},
		{"it knows something wrong", with(ask(name, dns.TypeA, dns.ClassINET), address(name, netip.MustParseAddr("192.168.1.9"), dns.ClassINET, ttl)), "192.168.1.30:5353", "all A"},
		{"a plain resolver asks", ask(name, dns.TypeA, dns.ClassINET), "192.168.1.30:40000", "192.168.1.30:40000 A"},
		{"a plain resolver asks for IPv6", ask(name, dns.TypeAAAA, dns.ClassINET), "192.168.1.30:40000", "192.168.1.30:40000 NSEC"},
		{"another name", ask("printer.local.", dns.TypeA, dns.ClassINET), "192.168.1.30:5353", ""},
		{"a name that begins alike", ask("trunktester.local.example.", dns.TypeA, dns.ClassINET), "192.168.1.30:5353", ""},
		{"another class", ask(name, dns.TypeA, dns.ClassCHAOS), "192.168.1.30:5353", ""},
		{"an update, not a query", &dns.Msg{MsgHdr: dns.MsgHdr{Opcode: dns.OpcodeUpdate}, Question: ask(name, dns.TypeA, dns.ClassINET).Question}, "192.168.1.30:5353", ""},
		{"nothing", &dns.Msg{}, "192.168.1.30:5353", ""},
	} {
		t.Run(c.ticket, func(t *testing.T) {
			l := newLink(t)
			b := l.join(own, "trunktester", "")
			l.pass(settled)
			got := ""
			for _, x := range l.say(b, c.asked, c.from) {
				m := overTheWire(t, x.msg)
				got = "all"
				if x.to.IsValid() {
					got = x.to.String()
				}
				for _, r := range m.Answer {
					got += " " + dns.TypeToString[r.Header().Rrtype]
				}
				if legacy := strings.HasSuffix(c.from, ":40000"); legacy && (m.Id != 4711 || len(m.Question) != 1 || m.Answer[0].Header().Class != dns.ClassINET || m.Answer[0].Header().Ttl > legacyTTL) ||
					!legacy && (m.Id != 0 || len(m.Question) != 0 || m.Answer[0].Header().Class != dns.ClassINET|flush) {
					t.Errorf("%v", m)
				}
			}
			if got != c.want {
				t.Errorf("answered %q, want %q", got, c.want)
			}
		})
	}
}

// Somebody who asks all the time does not make the box fill the network.
func TestAskedAllTheTime(t *testing.T) {
	l := newLink(t)
	b := l.join("192.168.1.20", "trunktester", "")
	l.pass(settled)
	answers := 0
	for range 100 {
		answers += len(l.say(b, ask("trunktester.local.", dns.TypeA, dns.ClassINET), "192.168.1.30:5353"))
		l.pass(10 * time.Millisecond)
	}
	if answers > 2 {
		t.Errorf("%d answers in a second", answers)
	}
}

// What others say while the box has its name.
func TestDefence(t *testing.T) {
	const name = "trunktester.local."
	say := func(r dns.RR) *dns.Msg { return with(response(), r) }
	other := netip.MustParseAddr("192.168.1.99")
	for _, c := range []struct {
		ticket string
		said   *dns.Msg
		from   string
		phase  phase
		again  bool // it has something to send by then
	}{
		{"another address for our name", say(address(name, other, dns.ClassINET|flush, ttl)), "192.168.1.99:5353", probing, true},
		{"the same from a port that is not mDNS's", say(address(name, other, dns.ClassINET|flush, ttl)), "192.168.1.99:40000", held, false},
		{"another address leaves", say(address(name, other, dns.ClassINET|flush, 0)), "192.168.1.99:5353", held, false},
		{"another name", say(address("trunktester-2.local.", other, dns.ClassINET|flush, ttl)), "192.168.1.99:5353", held, false},
		{"our own words come back", say(address(name, netip.MustParseAddr("192.168.1.20"), dns.ClassINET|flush, ttl)), "192.168.1.20:5353", held, false},
		{"somebody says that we leave", say(address(name, netip.MustParseAddr("192.168.1.20"), dns.ClassINET|flush, 0)), "192.168.1.99:5353", held, true},
	} {
		t.Run(c.ticket, func(t *testing.T) {
			l := newLink(t)
			b := l.join("192.168.1.20", "trunktester", "")
			l.pass(settled)
			l.say(b, c.said, c.from)
			if p, again := b.claims[0].phase, !b.next().IsZero(); p != c.phase || again != c.again {
				t.Errorf("phase %v, more to send %v; want %v, %v", p, again, c.phase, c.again)
			}
			l.pass(settled)
			l.wants(b, "trunktester.local")
		})
	}
}

// A name of 63 bytes has room for its number.
func TestLongName(t *testing.T) {
	c := claim{base: strings.Repeat("a", 61) + "-b", n: 12}
	if got := c.label(); len(got) > mostLabel || !strings.HasSuffix(got, "a-12") {
		t.Errorf("%s, %d bytes", got, len(got))
	}
}

// FuzzHeard: whatever is on the network, the box goes on, sends nothing that cannot be packed, and never answers a
// message with much more than it got.
func FuzzHeard(f *testing.F) {
	seed := func(m *dns.Msg) {
		m.Compress = true
		if b, err := m.Pack(); err == nil {
			f.Add(b, false)
			f.Add(b, true)
		}
	}
	seed(ask("trunktester.local.", dns.TypeA, dns.ClassINET))
	seed(with(response(), address("trunktester.local.", netip.MustParseAddr("192.168.1.99"), dns.ClassINET, ttl)))
	probe := ask("trunktester.local.", dns.TypeANY, dns.ClassINET|flush)
	probe.Ns = []dns.RR{address("trunktester.local.", netip.MustParseAddr("192.168.1.99"), dns.ClassINET, ttl)}
	seed(probe)
	many := ask("trunktester.local.", dns.TypeA, dns.ClassINET)
	for range 100 {
		many.Question = append(many.Question, many.Question[0])
	}
	seed(many)
	f.Add([]byte("not a message"), true)
	f.Fuzz(func(t *testing.T, b []byte, early bool) {
		var m dns.Msg
		if len(b) > mostBytes || m.Unpack(b) != nil {
			return
		}
		now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
		box := newTable(netip.MustParseAddr("192.168.1.20"), "trunktester-kit-0042", "trunktester", func() time.Duration { return 0 }, now)
		for !early && !box.next().IsZero() {
			now = box.next()
			box.due(now)
		}
		now = now.Add(time.Minute)
		for _, x := range box.heard(now, &m, netip.MustParseAddrPort("192.168.1.99:5353")) {
			x.msg.Compress = true
			out, err := x.msg.Pack()
			if err != nil {
				t.Fatal(err)
			}
			if len(out) > len(b)+200 {
				t.Fatalf("%d bytes are answered with %d", len(b), len(out))
			}
		}
		for range 1000 { // it comes to rest, or goes on at the pace of the RFC
			next := box.next()
			if next.IsZero() {
				return
			}
			box.due(next)
		}
		t.Fatal(fmt.Sprint("never at rest: ", box.held()))
	})
}
