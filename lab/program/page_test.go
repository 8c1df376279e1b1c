package program_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/gopacket/gopacket/pcapgo"

	"trunktester/appliance/catalogue"
	"trunktester/appliance/report"
	"trunktester/lab"
)

// browser asks the box's page from the laptop on the same switch, under a Host of the test's choice.
func (b *box) browser() *http.Client {
	transport := &http.Transport{DisableKeepAlives: true, DialContext: func(context.Context, string, string) (net.Conn, error) { return b.DialBox("80") }}
	return &http.Client{Transport: transport, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
}

// answer is what the page said.
type answer struct {
	code   int
	header http.Header
	body   string
}

// ask sends a request; host "" is the box's address.
func (b *box) ask(method, host, path string, form url.Values, headers ...string) (answer, error) {
	if host == "" {
		addrs := b.addresses()
		if len(addrs) == 0 {
			return answer{}, fmt.Errorf("the box has no address")
		}
		host = addrs[0].Addr().String()
	}
	var body io.Reader
	if form != nil {
		body = strings.NewReader(form.Encode())
	}
	req, err := http.NewRequestWithContext(b.t.Context(), method, "http://"+host+path, body)
	if err != nil {
		return answer{}, err
	}
	if form != nil {
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	for i := 0; i+1 < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
	}
	reply, err := b.browser().Do(req)
	if err != nil {
		return answer{}, err
	}
	defer reply.Body.Close()
	text, err := io.ReadAll(reply.Body)
	return answer{reply.StatusCode, reply.Header, string(text)}, err
}

// get must succeed.
func (b *box) get(path string) string {
	b.t.Helper()
	a, err := b.ask("GET", "", path, nil)
	if err != nil || a.code != http.StatusOK {
		b.t.Fatalf("GET %s: %d %v", path, a.code, err)
	}
	return a.body
}

// shown is the report that the page gives now, without one while there is no page.
func (b *box) shown() (report.Report, bool) {
	a, err := b.ask("GET", "", "/report.json", nil)
	if err != nil || a.code != http.StatusOK {
		return report.Report{}, false
	}
	r, err := report.Decode([]byte(a.body))
	if err != nil {
		b.t.Error(err)
	}
	return r, err == nil
}

// finished waits for a finished run other than that one, on the page.
func (b *box) finished(not string) (r report.Report) {
	b.t.Helper()
	until(b.t, "a finished run on the page", func() bool {
		var ok bool
		r, ok = b.shown()
		return ok && !r.Running() && r.ID != not
	})
	return r
}

func TestPage(t *testing.T) {
	t.Parallel()
	b := boxIn(t, "healthy")
	b.start(b.usual("appliance", "-page-host", "forwarder.example:8080,127.0.0.1:4711")...)
	r := b.finished("")
	if r.Verdict.Code != "ok" {
		t.Errorf("verdict %s: %s", r.Verdict.Code, r.Verdict.Text)
	}
	for path, holds := range map[string]string{
		"/": "The line, the SIP path and the login work", "/report.txt": r.ID, "/report.html": r.ID, "/report.json": r.ID,
		"/metrics": "probe_success 1", "/explain/3-2": "3-2", "/report.json?run=" + r.ID: r.ID,
	} {
		if body := b.get(path); !strings.Contains(body, holds) {
			t.Errorf("GET %s does not hold %q:\n%.2000s", path, holds, body)
		}
	}
	t.Run("weight", func(t *testing.T) {
		total := 0
		for _, path := range []string{"/", "/style.css", "/live.js", "/icon.svg"} {
			a, err := b.ask("GET", "", path, nil, "Accept-Encoding", "gzip")
			if err != nil || a.code != http.StatusOK {
				t.Fatalf("%s: %d %v", path, a.code, err)
			}
			total += len(a.body)
		}
		t.Logf("the page of a whole run, as a browser loads it: %d bytes", total)
		if total > 100<<10 {
			t.Errorf("the page is %d bytes", total)
		}
	})
	t.Run("packets", func(t *testing.T) {
		file := b.get("/capture.pcapng")
		if strings.Contains(file, "GET /report.txt") || !strings.Contains(file, "REGISTER sip:") {
			t.Error("the page's own connections are recorded, or the run's are not")
		}
		packets, err := pcapgo.NewNgReader(strings.NewReader(file), pcapgo.DefaultNgReaderOptions)
		if err != nil {
			t.Fatal(err)
		}
		n := 0
		for ; ; n++ {
			if _, _, err := packets.ReadPacketData(); err == io.EOF {
				break
			} else if err != nil {
				t.Fatal(err)
			}
		}
		if n < len(r.Requests) {
			t.Errorf("%d packets for %d SIP requests", n, len(r.Requests))
		}
	})
	for _, c := range []struct {
		name, method, host, path string
		headers                  []string
		code                     int
	}{
		{"a strange name", "GET", "evil.example", "/", nil, http.StatusMisdirectedRequest},
		{"a strange address", "GET", "192.168.50.1", "/report.json", nil, http.StatusMisdirectedRequest},
		{"a forwarder by name", "GET", "forwarder.example:8080", "/", nil, http.StatusOK},
		{"a forwarder by address", "GET", "127.0.0.1:4711", "/", nil, http.StatusOK},
		{"mDNS name", "GET", "trunktester-lab.local", "/", nil, http.StatusOK},
		{"unknown run", "GET", "", "/report.json?run=NOSUCHRUN1", nil, http.StatusNotFound},
		{"unknown packets", "GET", "", "/capture.pcapng?run=NOSUCHRUN1", nil, http.StatusNotFound},
		{"unknown code", "GET", "", "/explain/9-9", nil, http.StatusNotFound},
		{"a run by a link", "GET", "", "/run", nil, http.StatusMethodNotAllowed},
		{"a run from elsewhere", "POST", "", "/run", []string{"Sec-Fetch-Site", "cross-site"}, http.StatusForbidden},
		{"a run from another origin", "POST", "", "/run", []string{"Origin", "http://evil.example"}, http.StatusForbidden},
		{"a run under a strange name", "POST", "evil.example", "/run", []string{"Origin", "http://evil.example"}, http.StatusMisdirectedRequest},
	} {
		t.Run(c.name, func(t *testing.T) {
			a, err := b.ask(c.method, c.host, c.path, nil, c.headers...)
			if err != nil || a.code != c.code {
				t.Errorf("%d %v, want %d", a.code, err, c.code)
			}
		})
	}
	if now, _ := b.shown(); now.ID != r.ID {
		t.Error("one of those started a run")
	}
	t.Run("run again", func(t *testing.T) {
		logins := b.FarEnd().WithCredentials
		a, err := b.ask("POST", "", "/run", url.Values{})
		if err != nil || a.code != http.StatusSeeOther || a.header.Get("Location") != "/" {
			t.Fatalf("%d %v", a.code, err)
		}
		if a, err := b.ask("POST", "", "/run", url.Values{}); err != nil || a.code != http.StatusTooManyRequests || a.header.Get("Retry-After") == "" {
			t.Errorf("while it runs: %d %v", a.code, err)
		}
		next := b.finished(r.ID)
		if a, err := b.ask("POST", "", "/run", url.Values{}); err != nil || a.code != http.StatusTooManyRequests {
			t.Errorf("within 30 s: %d %v", a.code, err)
		}
		if next.Verdict.Code != "ok" || b.FarEnd().WithCredentials != logins+1 {
			t.Errorf("verdict %s, %d logins before and %d after", next.Verdict.Code, logins, b.FarEnd().WithCredentials)
		}
		if old, err := report.Decode([]byte(b.get("/report.json?run=" + r.ID))); err != nil || old.ID != r.ID {
			t.Errorf("the run before: %v", err)
		}
	})
	t.Run("position", func(t *testing.T) {
		if a, err := b.ask("POST", "", "/position", url.Values{"position": {"lan"}}); err != nil || a.code != http.StatusSeeOther {
			t.Errorf("%d %v", a.code, err)
		}
		if a, err := b.ask("POST", "", "/position", url.Values{"position": {"attic"}}); err != nil || a.code != http.StatusBadRequest {
			t.Errorf("%d %v", a.code, err)
		}
	})
	t.Run("a stranger beyond the router", func(t *testing.T) {
		var conn net.Conn
		err := b.Router.Do(func() (err error) { // the router's own public side as the source
			d := net.Dialer{Timeout: patience / 10, LocalAddr: net.TCPAddrFromAddrPort(netip.MustParseAddrPort(lab.RouterWAN + ":0"))}
			conn, err = d.Dial("tcp4", net.JoinHostPort(b.addresses()[0].Addr().String(), "80"))
			return err
		})
		if err != nil {
			return // refused already
		}
		defer conn.Close()
		fmt.Fprintf(conn, "GET / HTTP/1.0\r\nHost: %s\r\n\r\n", b.addresses()[0].Addr())
		if got, _ := io.ReadAll(conn); len(got) != 0 {
			t.Errorf("a public address was answered: %.100q", got)
		}
	})
}

// carryToDeadSocket plugs a box that is well into another socket, behind which the line is dead.
func (b *box) carryToDeadSocket(p *process) {
	b.t.Helper()
	at := p.lights(allGreen, 0)
	if err := b.PullCable(); err != nil {
		b.t.Fatal(err)
	}
	at = p.lights("LINE red, 1 flash;", at)
	b.Wire.Set(lab.Line{Up: lab.Way{Loss: 1}, Down: lab.Way{Loss: 1}})
	if err := b.PlugCable(); err != nil {
		b.t.Fatal(err)
	}
	p.lights("LINE green; INTERNET red,", at)
}

// The box is tested at the router, and carried to the LAN socket, where the line is dead. The person tells where it
// is after the run, as one does; the page and the report say between which two the fault lies.
func TestTheBoxIsCarried(t *testing.T) {
	t.Parallel()
	b := boxIn(t, "healthy")
	p := b.start(b.usual("appliance")...)
	tell := func(position string) report.Report {
		t.Helper()
		if a, err := b.ask("POST", "", "/position", url.Values{"position": {position}}); err != nil || a.code != http.StatusSeeOther {
			t.Fatalf("%d %v", a.code, err)
		}
		r, _ := b.shown()
		return r
	}
	first := b.finished("")
	if r := tell("router"); r.ID != first.ID || r.Position != report.PositionRouter || r.Between != "" {
		t.Errorf("run %s at %q: %q", r.ID, r.Position, r.Between)
	}
	b.carryToDeadSocket(p)
	var r report.Report
	until(t, "a run behind the dead line", func() bool { r, _ = b.shown(); return !r.Running() && r.Verdict.Light == 2 })
	if r.Position != report.PositionUnknown || r.Between != "" {
		t.Errorf("nobody told where it is, and it says %q: %q", r.Position, r.Between)
	}
	const between = "The fault lies between the router and the LAN socket"
	if r := tell("lan"); !strings.HasPrefix(string(r.Between), between) {
		t.Errorf("%s at %q: %q", r.Verdict.Code, r.Position, r.Between)
	}
	if r, _ := b.shown(); !strings.Contains(r.Verdict.Text, "At the router this was not there, at the LAN socket it is") || !slices.Equal(r.Verdict.Acts, []catalogue.Actor{catalogue.IT}) {
		t.Errorf("the verdict does not know of the other socket: %s, and %v must act", r.Verdict.Text, r.Verdict.Acts)
	}
	for _, path := range []string{"/", "/report.txt", "/report.html"} {
		if !strings.Contains(b.get(path), between) {
			t.Errorf("%s does not say it", path)
		}
	}
}

// The events of a run come one by one while it goes on.
func TestPageEvents(t *testing.T) {
	t.Parallel()
	b := boxIn(t, "healthy")
	b.start(b.usual("appliance")...)
	b.finished("")
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, "GET", "http://"+b.addresses()[0].Addr().String()+"/events", nil)
	if err != nil {
		t.Fatal(err)
	}
	reply, err := b.browser().Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer reply.Body.Close()
	if kind := reply.Header.Get("Content-Type"); kind != "text/event-stream" {
		t.Fatalf("content type %q", kind)
	}
	if a, err := b.ask("POST", "", "/run", url.Values{}); err != nil || a.code != http.StatusSeeOther {
		t.Fatalf("%d %v", a.code, err)
	}
	changes := 0
	for lines := bufio.NewScanner(reply.Body); changes < 10 && lines.Scan(); {
		if lines.Text() == "event: change" {
			changes++
		}
	}
	if changes < 10 {
		t.Errorf("only %d changes were told", changes)
	}
}

// A page that finds its port taken says so, and the box goes on without it.
// A box that stands at a bridge has a public address: it tests, and shows its page to nobody there.
func TestNoPageAtABridge(t *testing.T) {
	t.Parallel()
	b := boxIn(t, "bridged")
	p := b.start(b.usual("appliance")...)
	p.lights(allGreen, 0)
	if conn, err := b.DialBox("80"); err == nil {
		conn.Close()
		t.Error("the page is open at a public address")
	}
	for _, table := range []string{"tcp", "tcp6"} {
		sockets, err := os.ReadFile(fmt.Sprintf("/proc/%d/net/%s", p.cmd.Process.Pid, table))
		if err != nil {
			t.Fatal(err)
		}
		for line := range strings.Lines(string(sockets)) {
			if fields := strings.Fields(line); len(fields) > 3 && fields[3] == "0A" && !strings.HasPrefix(fields[1], "0100007F:") { // TCP_LISTEN (include/net/tcp_states.h)
				t.Errorf("something listens at %s", fields[1])
			}
		}
	}
}

func TestBusyPort(t *testing.T) {
	t.Parallel()
	b := boxIn(t, "healthy")
	other, err := b.Box.Listen("tcp4", ":80")
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	p := b.start(b.usual("appliance")...)
	until(t, "all green", func() bool { return strings.Contains(p.out.String(), "PBX green") })
	until(t, "a word about the page", func() bool {
		all := p.out.String() + p.err.String()
		return strings.Contains(all, "listen on "+lab.PoolFirst+":80 for the page") && strings.Contains(all, "address already in use")
	})
	other.Close()
	b.finished("") // it tries again
}
