package reflector

import (
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

func TestALimitHoldsForOneAddressAndForAll(t *testing.T) {
	start := time.Unix(1700000000, 0)
	l := newLimiter(Rate{10, 40}, Rate{100, 100}, start)
	taken := func(address string, tries int, at time.Duration) (granted_ int, last verdict) {
		for range tries {
			if last = l.take(netip.MustParseAddr(address), start.Add(at)); last == granted {
				granted_++
			}
		}
		return granted_, last
	}
	for _, c := range []struct {
		what    string
		address string
		tries   int
		at      time.Duration
		want    int
		last    verdict
	}{
		{"a burst", "192.0.2.1", 50, 0, 40, tooManyOfOne},
		{"another address has its own", "192.0.2.2", 50, 0, 40, tooManyOfOne},
		{"but all have a hundred", "192.0.2.3", 50, 0, 20, tooManyOfAll},
		{"a second later the first has ten", "192.0.2.1", 50, time.Second, 10, tooManyOfOne},
		{"the same address as IPv6 writes it", "::ffff:192.0.2.1", 5, time.Second, 0, tooManyOfOne},
		{"a customer's /64 is one address", "2001:db8:0:1::1", 50, 2 * time.Second, 40, tooManyOfOne},
		{"whatever it ends with", "2001:db8:0:1:ffff::2", 5, 2 * time.Second, 0, tooManyOfOne},
		{"the next /64 is another", "2001:db8:0:2::1", 5, 2 * time.Second, 5, granted},
		{"after a pause no more than a burst", "192.0.2.1", 50, time.Hour, 40, tooManyOfOne},
	} {
		if n, last := taken(c.address, c.tries, c.at); n != c.want || last != c.last {
			t.Errorf("%s: %d granted, then %d; want %d, then %d", c.what, n, last, c.want, c.last)
		}
	}
}

// A flood from many addresses, as spoofed senders make, must not use up what an honest caller has.
func TestAFloodFromManyAddressesLeavesTheOthersAlone(t *testing.T) {
	start := time.Unix(1700000000, 0)
	l := newLimiter(Rate{10, 40}, Rate{5000, 5000}, start)
	honest, refused := netip.MustParseAddr("192.0.2.1"), 0
	for i := range 100_000 { // 10,000 a second, half of which is answered
		now := start.Add(time.Duration(i) * 100 * time.Microsecond)
		l.take(netip.AddrFrom4([4]byte{10, byte(i >> 16), byte(i >> 8), byte(i)}), now)
		if i%2000 == 1999 && l.take(honest, now) == tooManyOfOne { // five a second
			refused++
		}
	}
	if refused > 0 {
		t.Errorf("%d of 50 refused as if they were too many of one address", refused)
	}
}

func TestWhatWaitsIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLater()
		var sent atomic.Int32
		ask := func(i int) bool {
			addr := netip.AddrFrom4([4]byte{10, byte(i >> 16), byte(i >> 8), byte(i)})
			if !l.reserve(addr) {
				return false
			}
			l.after(time.Minute, addr, func() { sent.Add(1) })
			return true
		}
		for i := range mostWaiting {
			if !ask(i) {
				t.Fatalf("the %dth was refused", i+1)
			}
		}
		if ask(mostWaiting) || l.count() != mostWaiting {
			t.Errorf("one more was taken: %d wait", l.count())
		}
		time.Sleep(time.Minute)
		synctest.Wait()
		if sent.Load() != mostWaiting || l.count() != 0 || len(l.of) != 0 || len(l.timers) != 0 {
			t.Errorf("%d sent; %d wait, %d addresses and %d timers are kept", sent.Load(), l.count(), len(l.of), len(l.timers))
		}
		for i := range mostWaitingEach + 1 {
			if ask(1) != (i < mostWaitingEach) {
				t.Errorf("the %dth of one address", i+1)
			}
		}
		if given := l.close(); given != mostWaitingEach || ask(2) {
			t.Errorf("%d given up at the stop", given)
		}
		time.Sleep(time.Hour)
		synctest.Wait()
		if sent.Load() != mostWaiting {
			t.Error("sent after the stop")
		}
	})
}

func TestVoiceStreamsAreCountedInATableThatDoesNotGrow(t *testing.T) {
	table, now := newStreams(), time.Unix(1700000000, 0)
	count := func(from netip.AddrPort, port uint16, ssrc uint32, at time.Time) uint32 {
		n, _ := table.count(from, port, ssrc, at, false)
		return n
	}
	from := netip.MustParseAddrPort("192.0.2.1:4000")
	for i := range uint32(3) {
		if n := count(from, 10000, 7, now); n != i+1 {
			t.Errorf("packet %d is the %dth", i+1, n)
		}
	}
	if a, b := count(from, 10001, 7, now), count(from, 10000, 8, now); a != 1 || b != 1 {
		t.Errorf("another port is the %dth, another SSRC the %dth", a, b)
	}
	for ssrc := range uint32(20_000) { // five times as many as there are places
		count(from, 10002, ssrc, now)
	}
	if n := count(from, 10000, 7, now); n != 4 {
		t.Errorf("a flood of streams pushed a running one out: %d", n)
	}
	if n := count(from, 10000, 7, now.Add(streamEnds+time.Second)); n != 1 {
		t.Errorf("a stream that had ended goes on with %d", n)
	}
	table = newStreams()
	for i, skip := range []bool{true, false, true} {
		if n, skipped := table.count(from, 10004, 7, now, skip); n != uint32(i+1) || skipped != []uint32{1, 1, 2}[i] {
			t.Errorf("%d skipped of %d", skipped, n)
		}
	}
}

func TestMetricsAndHealth(t *testing.T) {
	s := started(t, func(c *Config) { c.SIP = Rate{0.001, 1} })
	conn := caller(t, s.UDP()[0])
	for _, sent := range [][]byte{[]byte("short"), message("OPTIONS", ""), message("OPTIONS", "")} {
		conn.Write(sent)
	}
	received(t, conn, patience)
	want := []string{
		`reflector_requests_total{transport="udp"} 3`, `reflector_replies_total{transport="udp"} 1`, `reflector_dropped_total{reason="too_short"} 1`,
		`reflector_dropped_total{reason="rate"} 1`, `reflector_waiting_replies 0`, `reflector_connections 0`, `go_goroutines`, `process_resident_memory_bytes`,
	}
	var body string
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); time.Sleep(10 * time.Millisecond) {
		if _, body = get(s, "/metrics"); strings.Contains(body, want[0]) && strings.Contains(body, want[3]) {
			break
		}
	}
	for _, line := range want {
		if !strings.Contains(body, line) {
			t.Errorf("no %s", line)
		}
	}
}

func get(s *Server, path string) (code int, body string) {
	w := httptest.NewRecorder()
	s.Watch().ServeHTTP(w, httptest.NewRequest(http.MethodGet, path, nil))
	return w.Code, w.Body.String()
}

func TestALoadBalancerIsToldOfTheStop(t *testing.T) {
	s := deaf(t)
	if code, _ := get(s, "/healthz"); code != http.StatusOK {
		t.Errorf("health %d", code)
	}
	s.stop()
	if code, _ := get(s, "/healthz"); code != http.StatusServiceUnavailable {
		t.Errorf("health %d at the stop: a load balancer would send more", code)
	}
}
