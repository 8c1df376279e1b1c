package probes

import (
	"encoding/binary"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"trunktester/probes/facts"
)

// ntpServe answers on loopback with a clock that is ahead by offset (RFC 5905 section 7.3); change may spoil
// the 48 bytes, nil is silence.
func ntpServe(t *testing.T, offset time.Duration, change func(m []byte, count int) []byte) string {
	t.Helper()
	c, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	go func() {
		buf := make([]byte, 1500)
		for count := 1; ; count++ {
			n, from, err := c.ReadFromUDP(buf)
			if err != nil || n < 48 {
				return
			}
			m := make([]byte, 48)
			m[0], m[1], m[2], m[3] = 4<<3|4, 2, 6, 0xe9
			copy(m[24:32], buf[40:48])
			now := ntpTime(time.Now().Add(offset))
			for _, at := range []int{16, 32, 40} {
				binary.BigEndian.PutUint64(m[at:], now)
			}
			if change != nil {
				m = change(m, count)
			}
			if m != nil {
				c.WriteToUDP(m, from)
			}
		}
	}()
	return c.LocalAddr().String()
}

func ntpTime(t time.Time) uint64 {
	d := t.Sub(time.Date(1900, 1, 1, 0, 0, 0, 0, time.UTC))
	return uint64(d/time.Second)<<32 | uint64(d%time.Second)<<32/uint64(time.Second)
}

// clockNear reports whether an offset is within tolerance of what was set.
func clockNear(got facts.Duration, want, tolerance time.Duration) bool {
	return (time.Duration(got) - want).Abs() <= tolerance
}

func TestClockNTP(t *testing.T) {
	t.Parallel()
	const ahead = 56 * 8766 * time.Hour // the box believes that it is long ago
	spoil := func(at int, value byte) func([]byte, int) []byte {
		return func(m []byte, _ int) []byte { m[at] = value; return m }
	}
	for _, c := range []struct {
		name   string
		offset time.Duration
		change func([]byte, int) []byte
		ok     bool
		text   string
	}{
		{"good", 3 * time.Hour, nil, true, "stratum 2"},
		{"a box in the far past", ahead, nil, true, "stratum 2"},
		{"first lost", time.Hour, func(m []byte, n int) []byte {
			if n == 1 {
				return nil
			}
			return m
		}, true, "stratum 2"},
		{"kiss of death", 0, func(m []byte, _ int) []byte { m[1] = 0; copy(m[12:], "RATE"); return m }, false, `kiss of death "RATE"`},
		{"stratum 16", 0, spoil(1, 16), false, "gave no time"},
		{"not synchronised", 0, spoil(0, 3<<6|4<<3|4), false, "gave no time"},
		{"another question's answer", 0, spoil(25, 1), false, "gave no time"},
		{"1970", 0, func(m []byte, _ int) []byte {
			for _, at := range []int{16, 32, 40} {
				binary.BigEndian.PutUint64(m[at:], ntpTime(time.Unix(99999, 0)))
			}
			return m
		}, false, "cannot be"},
		{"cut short", 0, func(m []byte, _ int) []byte { return m[:20] }, false, "gave no time"},
		{"silent", 0, func([]byte, int) []byte { return nil }, false, "gave no time"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			r := Clock{Servers: []string{ntpServe(t, c.offset, c.change)}}.Look(t.Context(), dnsGiven())
			f := dnsFiled(t, r).Clock
			if (r.Outcome == facts.Passed) != c.ok || (f.Source == "ntp") != c.ok || (f.Now != nil) != c.ok {
				t.Errorf("%s %q: %+v", r.Outcome, r.Saw, f)
			}
			if c.ok && !clockNear(f.Offset, c.offset, 5*time.Second) {
				t.Errorf("offset %s, want %s", f.Offset, c.offset)
			}
			last := r.Evidence[len(r.Evidence)-1]
			if !strings.Contains(last.Text, c.text) {
				t.Errorf("evidence %+v", last)
			}
			if !c.ok && r.Outcome != facts.Failed {
				t.Errorf("outcome %s", r.Outcome)
			}
		})
	}
}

func TestClockFirstSaneAnswerWins(t *testing.T) {
	t.Parallel()
	var asked atomic.Int32
	c := Clock{Servers: []string{
		ntpServe(t, 0, func([]byte, int) []byte { asked.Add(1); return nil }),
		ntpServe(t, 0, func(m []byte, _ int) []byte { m[1] = 0; return m }),
		ntpServe(t, time.Hour, nil),
	}}
	r := c.Look(t.Context(), dnsGiven())
	if f := dnsFiled(t, r).Clock; f.Server != c.Servers[2] || !clockNear(f.Offset, time.Hour, 5*time.Second) {
		t.Errorf("%s: %+v", r.Outcome, f)
	}
	if asked.Load() > 1 {
		t.Errorf("the silent server was asked %d times though another had answered", asked.Load())
	}
}

func TestClockFromDHCP(t *testing.T) {
	t.Parallel()
	known := dnsGiven()
	known.Address.NTP = []netip.Addr{netip.MustParseAddr("127.0.0.77")} // nobody there: refused
	r := Clock{}.Look(t.Context(), known)
	if f := dnsFiled(t, r).Clock; r.Outcome != facts.Failed || f.Source != "none" {
		t.Errorf("%s: %+v", r.Outcome, f)
	}
	if len(r.Evidence) == 0 || !strings.Contains(r.Evidence[0].Text, "127.0.0.77") {
		t.Errorf("option 42 was not used: %+v", r.Evidence)
	}
}

func TestClockFromWeb(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, date string // no date: two hours ahead
		ok         bool
	}{
		{"a date", "", true},
		{"the year 1970", "Thu, 01 Jan 1970 00:00:00 GMT", false},
		{"nonsense", "yesterday\x01", false},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				date := c.date
				if date == "" {
					date = time.Now().Add(2 * time.Hour).UTC().Format(http.TimeFormat)
				}
				w.Header()["Date"] = []string{date}
				w.Header().Set("Location", "http://203.0.113.1/login")
				w.WriteHeader(http.StatusFound)
			}))
			defer s.Close()
			d := dnsServe(t, "127.0.0.2", 0, "check.example.net. A 127.0.0.1")
			web := strings.Replace(s.URL, "127.0.0.1", "check.example.net", 1)
			r := Clock{Web: web, DNSPort: d.addr.Port()}.Look(t.Context(), dnsGiven("127.0.0.2"))
			f := dnsFiled(t, r).Clock
			if (r.Outcome == facts.Passed) != c.ok || c.ok && (f.Source != "http" || !clockNear(f.Offset, 2*time.Hour, 5*time.Second)) {
				t.Errorf("%s %q: %+v", r.Outcome, r.Saw, f)
			}
		})
	}
}

// A server that talks no HTTP gives no time, and no crash.
func TestClockFromBrokenWeb(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			c.Write([]byte("\x00\xff SSH-2.0 \r\n\r\n"))
			c.Close()
		}
	}()
	for _, web := range []string{"http://" + l.Addr().String(), "http://127.0.0.1:1", "http://gone.invalid", "::", "ftp://127.0.0.1"} {
		r := Clock{Web: web}.Look(t.Context(), dnsGiven())
		if f := dnsFiled(t, r).Clock; r.Outcome != facts.Failed || f.Source != "none" || len(r.Evidence) == 0 {
			t.Errorf("%s: %s %+v", web, r.Outcome, f)
		}
	}
}
