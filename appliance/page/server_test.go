package page

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"strings"
	"testing"
	"time"

	"trunktester/appliance/catalogue/words"
	"trunktester/appliance/report"
)

const host = "192.168.1.20"

func handler(t *testing.T, box Box) http.Handler {
	t.Helper()
	s, err := New(Options{Box: box, Own: prefixes(host + "/24"), Kit: "Kit 0042", Hosts: []string{"forwarder.example"}, Version: "1.0.0"})
	if err != nil {
		t.Fatal(err)
	}
	return s.Handler()
}

// request sends a request as a neighbour does; header is name, value, name, value ...
func request(h http.Handler, method, target string, body io.Reader, header ...string) *http.Response {
	r := httptest.NewRequest(method, target, body)
	r.Host, r.RemoteAddr = host, "192.168.1.77:5555"
	for i := 0; i+1 < len(header); i += 2 {
		switch header[i] {
		case "Host":
			r.Host = header[i+1]
		case "From":
			r.RemoteAddr = header[i+1]
		default:
			r.Header.Set(header[i], header[i+1])
		}
	}
	if method == "POST" && r.Header.Get("Content-Type") == "" {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w.Result()
}

func TestRoutes(t *testing.T) {
	h := handler(t, newFakeBox(algState()))
	for _, c := range []struct {
		method, target string
		code           int
		kind           string
	}{
		{"GET", "/", 200, "text/html; charset=utf-8"},
		{"HEAD", "/", 200, "text/html; charset=utf-8"},
		{"GET", "/report.json", 200, "application/json"},
		{"GET", "/report.json?run=earlier", 200, "application/json"},
		{"GET", "/report.html", 200, "text/html; charset=utf-8"},
		{"GET", "/report.txt", 200, "text/plain; charset=utf-8"},
		{"GET", "/capture.pcapng", 200, "application/x-pcapng"},
		{"GET", "/metrics", 200, expositionType},
		{"GET", "/explain/3-2", 200, "text/html; charset=utf-8"},
		{"GET", "/explain/sip-alg", 200, "text/html; charset=utf-8"},
		{"GET", "/explain/9-9", 404, "text/html; charset=utf-8"},
		{"GET", "/style.css", 200, "text/css; charset=utf-8"},
		{"GET", "/live.js", 200, "text/javascript; charset=utf-8"},
		{"GET", "/icon.svg", 200, "image/svg+xml"},
		{"GET", "/report.json?run=unknown", 404, ""},
		{"GET", "/report.html?run=", 404, ""},
		{"GET", "/report.txt?run=..%2F..%2Ftrunk.toml", 404, ""},
		{"GET", "/capture.pcapng?run=earlier", 404, ""},
		{"GET", "/nothing", 404, ""},
		{"GET", "/pbx-check", 405, ""},
		{"GET", "/consent", 405, ""},
		{"POST", "/consent", 400, ""},
		{"GET", "/run", 405, ""},
		{"GET", "/position?position=lan", 405, ""},
		{"GET", "/answers", 405, ""},
		{"POST", "/", 405, ""},
		{"PUT", "/run", 405, ""},
	} {
		r := request(h, c.method, c.target, nil)
		if r.StatusCode != c.code || c.kind != "" && r.Header.Get("Content-Type") != c.kind {
			t.Errorf("%s %s: %d %q, want %d %q", c.method, c.target, r.StatusCode, r.Header.Get("Content-Type"), c.code, c.kind)
		}
	}
}

func TestActions(t *testing.T) {
	for _, c := range []struct {
		target, body string
		refuse       error
		code         int
	}{
		{"/run", "", nil, 303},
		{"/run", "", fmt.Errorf("a run: %w", ErrTooSoon), 429},
		{"/run", "", errors.New("inside"), 500},
		{"/position", "position=lan", nil, 303},
		{"/position", "position=", nil, 303},
		{"/position", "", nil, 400},
		{"/position", "position=cellar", nil, 400},
		{"/site", "", nil, 303},
		{"/site", "", errors.New("inside"), 500},
		{"/answers", "sip_alg_disabled=no&settings_changed=", nil, 303},
		{"/answers", "sip_alg_disabled=perhaps", nil, 400},
		{"/answers", "line_medium=fibre&portal_port=5060&portal_check_ip=203.0.113.2", nil, 303},
		{"/answers", "line_medium=&portal_port=&portal_check_ip=", nil, 303},
		{"/answers", "line_medium=wood", nil, 400},
		{"/answers", "portal_port=0", nil, 400},
		{"/answers", "portal_port=65536", nil, 400},
		{"/answers", "portal_check_ip=fe80::1%25eth0", nil, 400},
		{"/answers", "portal_check_ip=sip.example.net", nil, 400},
		{"/answers", "%zz", nil, 400},
		{"/consent", "agree=yes", nil, 303},
		{"/consent", "", nil, 400},
		{"/consent", "agree=no", nil, 400},
		{"/consent", "agree=yes", fmt.Errorf("%w: no need", ErrNotNow), 409},
		{"/consent", "agree=yes", fmt.Errorf("so: %w", ErrTooSoon), 429},
		{"/consent", "agree=yes", errors.New("inside"), 500},
		{"/pbx-check", "", nil, 303},
		{"/pbx-check", "action=start", nil, 303},
		{"/pbx-check", "action=end", nil, 303},
		{"/pbx-check", "action=back", nil, 303},
		{"/pbx-check", "action=listen", nil, 400},
		{"/pbx-check", "", fmt.Errorf("%w: the box has no address yet", ErrNotNow), 409},
		{"/pbx-check", "", errors.New("inside"), 500},
	} {
		box := newFakeBox(algState())
		box.refuse = c.refuse
		r := request(handler(t, box), "POST", c.target, strings.NewReader(c.body))
		if r.StatusCode != c.code {
			t.Errorf("POST %s %q: %d, want %d", c.target, c.body, r.StatusCode, c.code)
		}
		if c.code == 303 && r.Header.Get("Location") != "/" {
			t.Errorf("POST %s leads to %q", c.target, r.Header.Get("Location"))
		}
		if b, _ := io.ReadAll(r.Body); strings.Contains(string(b), "inside") {
			t.Errorf("POST %s tells the inside of an error", c.target)
		}
	}
}

func TestAnswersKeepWhatTheFormDoesNotHold(t *testing.T) {
	st, yes := algState(), true
	st.Report.Answers.SettingsChanged, st.Report.Answers.RouterLightsOK = &yes, &yes
	box := newFakeBox(st)
	request(handler(t, box), "POST", "/answers", strings.NewReader("sip_alg_disabled=no&router_lights_ok="))
	a := box.State().Report.Answers
	if a.SIPALGDisabled == nil || *a.SIPALGDisabled || a.SettingsChanged == nil || !*a.SettingsChanged || a.RouterLightsOK != nil {
		t.Errorf("answers are %+v", a)
	}
}

func TestForeignOriginCannotAct(t *testing.T) {
	for _, c := range []struct {
		name   string
		header []string
		code   int
	}{
		{"a page of another site", []string{"Origin", "http://evil.example"}, 403},
		{"an origin that is hidden", []string{"Origin", "null"}, 403},
		{"a cross-site fetch", []string{"Sec-Fetch-Site", "cross-site"}, 403},
		{"our own page", []string{"Origin", "http://" + host}, 303},
		{"our own page, by name", []string{"Host", "trunktester.local", "Origin", "http://trunktester.local"}, 303},
		{"no browser", nil, 303},
	} {
		box := newFakeBox(algState())
		if r := request(handler(t, box), "POST", "/run", nil, c.header...); r.StatusCode != c.code {
			t.Errorf("%s: %d, want %d", c.name, r.StatusCode, c.code)
		}
		if (box.runs == 1) != (c.code == 303) {
			t.Errorf("%s: %d runs", c.name, box.runs)
		}
	}
}

// Two boxes have the same kit name: the second one is reached by the name that it got.
func TestTheNameOfTheMoment(t *testing.T) {
	names := []string{}
	s, err := New(Options{Box: newFakeBox(algState()), Own: prefixes(host + "/24"), Kit: "Kit 0042", Called: func() []string { return names }})
	if err != nil {
		t.Fatal(err)
	}
	ask := func() int {
		return request(s.Handler(), "GET", "/report.html", nil, "Host", "trunktester-kit-0042-2.local").StatusCode
	}
	if code := ask(); code != 421 {
		t.Errorf("before: %d", code)
	}
	names = []string{"trunktester-kit-0042-2.local"}
	if code := ask(); code != 200 {
		t.Errorf("then: %d", code)
	}
}

// A report that was saved or printed tells every address of the page.
func TestReportsSayWhereThePageIs(t *testing.T) {
	st := algState()
	st.At = []string{"http://trunktester-kit-0042.local/", "http://192.168.1.20/"}
	for _, path := range []string{"/", "/report.txt", "/report.html"} {
		r := request(handler(t, newFakeBox(st)), "GET", path, nil, "Host", "192.168.1.20")
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Fatal(err)
		}
		for _, at := range st.At {
			if strings.Count(string(body), at) != 1 {
				t.Errorf("%s does not say %s once", path, at)
			}
		}
	}
}

func TestStrangeHostOrClientSeesNothing(t *testing.T) {
	h := handler(t, newFakeBox(algState()))
	for _, c := range []struct {
		header []string
		code   int
	}{
		{[]string{"Host", "evil.example"}, 421},
		{[]string{"Host", ""}, 421},
		{[]string{"Host", "forwarder.example:8080"}, 200},
		{[]string{"From", "203.0.113.7:5"}, 403},
		{[]string{"From", "192.168.2.7:5"}, 403},
		{[]string{"From", "100.64.0.7:5"}, 403},
		{[]string{"From", "127.0.0.1:5"}, 200},
	} {
		r := request(h, "GET", "/report.json", nil, c.header...)
		b, err := io.ReadAll(r.Body)
		if err != nil {
			t.Fatal(err)
		}
		if r.StatusCode != c.code || (c.code != 200 && strings.Contains(string(b), "sip.example.net")) {
			t.Errorf("%v: %d, want %d", c.header, r.StatusCode, c.code)
		}
	}
}

func TestHeadersAreOnEveryAnswer(t *testing.T) {
	h := handler(t, newFakeBox(algState()))
	for _, target := range []string{"/", "/style.css", "/report.json", "/report.html", "/nothing", "/metrics"} {
		r := request(h, "GET", target, nil)
		csp := r.Header.Get("Content-Security-Policy")
		if !strings.HasPrefix(csp, "default-src 'none'") || strings.Contains(csp, "unsafe") || !strings.Contains(csp, "frame-ancestors 'none'") {
			t.Errorf("%s: policy %q", target, csp)
		}
		for name, want := range map[string]string{"Referrer-Policy": "same-origin", "X-Content-Type-Options": "nosniff", "Cache-Control": "no-store"} {
			if got := r.Header.Get(name); got != want {
				t.Errorf("%s: %s is %q, want %q", target, name, got, want)
			}
		}
	}
}

func TestBodyIsBounded(t *testing.T) {
	box := newFakeBox(algState())
	r := request(handler(t, box), "POST", "/answers", strings.NewReader("sip_alg_disabled=no&x="+strings.Repeat("x", 64<<10)))
	if r.StatusCode != 400 || box.State().Report.Answers.SIPALGDisabled != nil {
		t.Errorf("a form of more than 64 KiB: %d, answers %+v", r.StatusCode, box.State().Report.Answers)
	}
}

func TestNoSecretOnAnyRoute(t *testing.T) {
	secrets := report.Secrets{testPassword, testUsername}
	for _, st := range []State{algState(), runningState(), healthyState()} {
		h := handler(t, newFakeBox(st))
		for _, target := range []string{"/", "/report.json", "/report.html", "/report.txt", "/metrics", "/explain/3-2", "/nothing"} {
			b, err := io.ReadAll(request(h, "GET", target, nil).Body)
			if err != nil {
				t.Fatal(err)
			}
			if found := secrets.In(b); len(found) > 0 {
				t.Errorf("%s: %v", target, found)
			}
		}
	}
}

// The page of real runs, with all that it loads, is small also for whoever takes no gzip.
func TestPageIsSmallAndNeedsNothingElse(t *testing.T) {
	for name, st := range map[string]State{"full": full(), "healthy": stored(t, "healthy"), "sip-alg": stored(t, "sip-alg")} {
		h := handler(t, newFakeBox(st))
		for _, l := range words.All() {
			plain, sent := 0, 0
			for _, target := range []string{"/?lang=" + l.Tag, "/style.css", "/live.js", "/icon.svg"} {
				b := body(t, request(h, "GET", target, nil).Body)
				plain += len(b)
				sent += len(body(t, request(h, "GET", target, nil, "Accept-Encoding", "gzip").Body))
				for _, bad := range []string{"@import", "url(", " style=", " onclick=", "src=\"http", "//cdn"} {
					if strings.Contains(string(b), bad) {
						t.Errorf("%q stands in %s", bad, target)
					}
				}
			}
			t.Logf("page weight, %s in %s: %d bytes, %d as sent to browsers", name, l.Name, plain, sent)
			if plain > 100<<10 {
				t.Errorf("the page of %s in %s is %d bytes", name, l.Name, plain)
			}
		}
	}
}

func TestRefreshOnlyWhileRunning(t *testing.T) {
	for name, st := range map[string]State{"running": runningState(), "done": algState()} {
		b, err := io.ReadAll(request(handler(t, newFakeBox(st)), "GET", "/", nil).Body)
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(string(b), `http-equiv="refresh"`) != st.Running {
			t.Errorf("%s: the refresh is wrong", name)
		}
	}
}

func TestMetrics(t *testing.T) {
	get := func(st State) string {
		b, err := io.ReadAll(request(handler(t, newFakeBox(st)), "GET", "/metrics", nil).Body)
		if err != nil {
			t.Fatal(err)
		}
		return string(b)
	}
	bad := get(algState())
	for _, line := range []string{
		"probe_success 0", "probe_duration_seconds 4", `probe_sip_rtt_seconds{transport="udp"} 0.021`, `probe_sip_status_code{transport="udp"} 200`,
		`probe_sip_verdict_info{code="3-2",slug="sip-alg",severity="red",light="3"} 1`, `probe_sip_step_success{step="sip-alg"} 0`, `probe_sip_alg_info{word="proved"} 1`,
	} {
		if !strings.Contains(bad, line+"\n") {
			t.Errorf("no line %s in:\n%s", line, bad)
		}
	}
	if strings.Contains(bad, `step="login"`) || strings.Contains(bad, "probe_sip_bindings") {
		t.Error("what was not tested has a number")
	}
	if !strings.Contains(get(healthyState()), "probe_success 1\n") {
		t.Error("a healthy line is no success")
	}
	if running := get(runningState()); strings.Contains(running, "probe_success") || strings.Contains(running, "probe_duration_seconds") {
		t.Error("a run that goes on has a result")
	}
}

func TestListensOnNoPublicAddress(t *testing.T) {
	s, err := New(Options{Box: newFakeBox(State{}), Own: prefixes("203.0.113.7/24", "100.64.1.1/10", "2001:db8::1/64")})
	if err != nil {
		t.Fatal(err)
	}
	open, err := s.Listen(t.Context())
	if err != nil || len(open) != 0 {
		t.Errorf("%d sockets, error %v", len(open), err)
	}
}

// small serves on loopback with limits that a test can reach.
func small(t *testing.T, box Box, l limits) netip.AddrPort {
	t.Helper()
	s, err := New(Options{Box: box, Own: prefixes("127.0.0.1/8")})
	if err != nil {
		t.Fatal(err)
	}
	s.limits, s.streams = l, make(chan struct{}, l.streams)
	ctx, cancel := context.WithCancel(t.Context())
	open, err := s.Listen(ctx)
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan error)
	go func() { ended <- s.Serve(ctx, open) }()
	t.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
	return netip.MustParseAddrPort(open[0].Addr().String())
}

func TestEventStreamOutlivesTheRequestLimits(t *testing.T) {
	box, l := newFakeBox(algState()), defaultLimits()
	l.read, l.write, l.beat = 50*time.Millisecond, 200*time.Millisecond, 100*time.Millisecond
	at := small(t, box, l)
	r, err := http.Get("http://" + at.String() + "/events")
	if err != nil {
		t.Fatal(err)
	}
	defer r.Body.Close()
	events := bufio.NewScanner(r.Body)
	next := func() string {
		for events.Scan() {
			if event, ok := strings.CutPrefix(events.Text(), "event: "); ok {
				return event
			}
		}
		t.Fatalf("the stream ended: %v", events.Err())
		return ""
	}
	if got := next(); got != "change" {
		t.Errorf("first event %q", got)
	}
	for range 5 { // more than twice the limit for a write
		if got := next(); got != "beat" {
			t.Errorf("event %q without a change", got)
		}
	}
	box.change(func(s *State) { s.Running = true })
	for got := next(); got != "change"; got = next() {
	}
}

func TestEventStreamsAreBounded(t *testing.T) {
	l := defaultLimits()
	l.streams = 2
	at := small(t, newFakeBox(algState()), l)
	client := &http.Client{Transport: &http.Transport{}}
	for i, want := range []int{200, 200, 503} {
		r, err := client.Get("http://" + at.String() + "/events")
		if err != nil {
			t.Fatal(err)
		}
		defer r.Body.Close()
		if r.StatusCode != want {
			t.Errorf("stream %d: %d, want %d", i+1, r.StatusCode, want)
		}
	}
}

// A neighbour that opens every connection and sends nothing is thrown out, and others get in.
func TestIdleConnectionsDoNotHoldThePage(t *testing.T) {
	l := defaultLimits()
	l.connections, l.read = 2, 300*time.Millisecond
	at := small(t, newFakeBox(algState()), l)
	for range 6 {
		c, err := net.Dial("tcp", at.String())
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
	}
	r, err := http.Get("http://" + at.String() + "/style.css")
	if err != nil {
		t.Fatal(err)
	}
	r.Body.Close()
	if r.StatusCode != 200 {
		t.Errorf("status %d", r.StatusCode)
	}
}

func TestConnectionsAreBounded(t *testing.T) {
	l := defaultLimits()
	l.connections = 1
	at := small(t, newFakeBox(algState()), l)
	first, err := http.Get("http://" + at.String() + "/events")
	if err != nil {
		t.Fatal(err)
	}
	impatient := &http.Client{Timeout: 300 * time.Millisecond}
	if r, err := impatient.Get("http://" + at.String() + "/style.css"); err == nil {
		r.Body.Close()
		t.Error("a second connection was served")
	}
	first.Body.Close()
	r, err := http.Get("http://" + at.String() + "/style.css")
	if err != nil {
		t.Fatal(err)
	}
	r.Body.Close()
}

func TestHeadersAreBounded(t *testing.T) {
	at := small(t, newFakeBox(algState()), defaultLimits())
	req, err := http.NewRequest("GET", "http://"+at.String()+"/", nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("X-Long", strings.Repeat("x", 64<<10))
	r, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	r.Body.Close()
	if r.StatusCode != http.StatusRequestHeaderFieldsTooLarge {
		t.Errorf("status %d", r.StatusCode)
	}
}

func TestUnsafePortalIsNoLink(t *testing.T) {
	st := algState()
	st.Help.Portal = "javascript:alert(1)"
	b, err := io.ReadAll(request(handler(t, newFakeBox(st)), "GET", "/", nil).Body)
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(string(b), "javascript:") || strings.Contains(string(b), url.PathEscape("javascript:")) {
		t.Error("the portal became a script")
	}
}
