package program_test

import (
	"context"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"trunktester/appliance/report"
	"trunktester/lab"
	"trunktester/lab/serve"
)

// pointPBX points the customer's PBX at the box, as its settings are changed; the box is its registrar and, if
// it has another domain, its outbound proxy. The function returned takes it away again.
func (b *box) pointPBX(transport string, change func(*serve.PBXSettings)) (pbx *serve.PBX, away func()) {
	b.t.Helper()
	settings := serve.PBXSettings{Domain: lab.PoolFirst, Username: lab.Username, Password: lab.Password, UserAgent: "Sample PBX 7.1", RetryAfter: 300 * time.Millisecond}
	if change != nil {
		change(&settings)
	}
	pbx = serve.NewPBX(settings)
	ctx, cancel := context.WithCancel(b.t.Context())
	var ended sync.WaitGroup
	away = func() { cancel(); ended.Wait() }
	b.t.Cleanup(away)
	server := net.JoinHostPort(lab.PoolFirst, "5060")
	if transport == "tcp" {
		ended.Go(func() {
			pbx.RunStream(ctx, "tcp", func(ctx context.Context) (conn net.Conn, err error) {
				err = b.PBX.Do(func() error {
					conn, err = (&net.Dialer{Timeout: time.Second}).DialContext(ctx, "tcp4", server)
					return err
				})
				return conn, err
			})
		})
		return pbx, away
	}
	conn, err := b.PBX.ListenPacket("udp4", lab.PBXAddr+":5060")
	if err != nil {
		b.t.Fatal(err)
	}
	to, err := net.ResolveUDPAddr("udp4", server)
	if err != nil {
		b.t.Fatal(err)
	}
	ended.Go(func() { pbx.RunUDP(ctx, conn, to) })
	return pbx, away
}

func TestPBXCheck(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, transport, window string
		pbx                     func(*serve.PBXSettings)
		profile                 string // a line more in [trunk]
		exit                    int
		code, says              string
	}{
		{"right", "udp", "60s", nil, "", green, "ok", `the settings of the PBX "Sample PBX 7.1" at ` + lab.PBXAddr + ` were the trunk's. Point the PBX back`},
		{"right over TCP", "tcp", "60s", nil, "", green, "ok", "were the trunk's"},
		{"the box as outbound proxy", "udp", "60s", func(s *serve.PBXSettings) { s.Domain = lab.Domain }, "", green, "ok", "were the trunk's"},
		{"another password", "udp", "3s", func(s *serve.PBXSettings) { s.Password = "not-the-password" }, "", red, "5-8", "another one, and not by a usual slip"},
		{"a space behind the password", "udp", "3s", func(s *serve.PBXSettings) { s.Password += " " }, "", red, "5-8", "it has a space at its end"},
		{"another username", "udp", "3s", func(s *serve.PBXSettings) { s.Username = "441632960009" }, "", red, "5-6", `its login name is "441632960009"`},
		{"the login name with the domain", "udp", "3s", func(s *serve.PBXSettings) { s.AuthUser = s.Username + "@" + lab.Domain }, "", red, "5-6", "has the domain behind it"},
		{"another domain", "udp", "3s", func(s *serve.PBXSettings) { s.Domain = "sip.other.example" }, "", amber, "5-6", `its domain is "sip.other.example"`},
		{"bound to another realm", "udp", "4s", func(s *serve.PBXSettings) { s.Realm = "asterisk" }, `realm = "` + lab.Domain + `"`, red, "5-6", `only for the realm "asterisk"`},
		{"bound to a realm that nobody thinks of", "udp", "4s", func(s *serve.PBXSettings) { s.Realm = "elsewhere" }, `realm = "` + lab.Domain + `"`, red, "5-6", "never answered"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			b := boxIn(t, "healthy", withoutPBX)
			if c.profile != "" {
				b.change("[trunk]\n", "[trunk]\n"+c.profile+"\n")
			}
			p := b.start(b.usual("pbx-check", "-json", "-back", "-for", c.window)...) // nobody is there to press Enter
			until(t, "an address to enter", func() bool { return strings.Contains(p.err.String(), "Enter "+lab.PoolFirst+" as the registrar") })
			pbx, away := b.pointPBX(c.transport, c.pbx)
			got := p.wait()
			away()
			r, err := report.Decode([]byte(got.stdout))
			if err != nil {
				t.Fatalf("%v in %q, %s", err, got.stdout, got.stderr)
			}
			v := r.Verdict
			if got.exit != c.exit || v.Code != c.code || !strings.Contains(v.Text, c.says) {
				t.Errorf("exit %d, %s %s: %s, want exit %d, %s: %s", got.exit, v.Code, v.Severity, v.Text, c.exit, c.code, c.says)
			}
			if c.exit == green && !pbx.Registered() {
				t.Error("the PBX was not accepted")
			}
			if asked := strings.Contains(got.stderr, "Nobody said that the PBX points back"); asked != (c.exit == green) {
				t.Errorf("it waits for a PBX that points back: %v", asked)
			}
			if !strings.Contains(got.stderr, "Sample PBX 7.1 at "+lab.PBXAddr) {
				t.Errorf("no live word of the PBX: %s", got.stderr)
			}
			settings := serve.PBXSettings{Password: lab.Password}
			if c.pbx != nil {
				c.pbx(&settings)
			}
			secrets := report.Secrets{lab.Password, settings.Password}
			if found := secrets.In([]byte(got.stdout + got.stderr)); len(found) > 0 {
				t.Errorf("it tells %v", found)
			}
			if far := b.FarEnd(); far.Requests != 0 {
				t.Errorf("%d requests reached the provider", far.Requests)
			}
			b.nothingOpen()
		})
	}
}

// nothingOpen: the box's ports of the check are closed.
func (b *box) nothingOpen() {
	b.t.Helper()
	for _, network := range []string{"udp4", "tcp4"} {
		for _, port := range []string{"5060", "5061"} {
			var err error
			if network == "udp4" {
				var conn net.PacketConn
				if conn, err = b.Box.ListenPacket(network, ":"+port); err == nil {
					conn.Close()
				}
			} else {
				var l net.Listener
				if l, err = b.Box.Listen(network, ":"+port); err == nil {
					l.Close()
				}
			}
			if err != nil {
				b.t.Errorf("%s port %s is still held: %v", network, port, err)
			}
		}
	}
}

// Nothing arrives, since the switch keeps PBX and box apart: the box does not claim to know why.
func TestPBXCheckNothingArrives(t *testing.T) {
	t.Parallel()
	b := boxIn(t, "healthy", withoutPBX)
	if err := b.Isolate(); err != nil {
		t.Fatal(err)
	}
	p := b.start(b.usual("pbx-check", "-for", "60s")...)
	until(t, "an address to enter", func() bool { return strings.Contains(p.out.String(), "Enter ") })
	pbx, _ := b.pointPBX("udp", nil)
	until(t, "some attempts", func() bool { return len(pbx.Sent.All()) >= 3 }) // the rest of the minute is waited for below
	got := p.wait()
	if got.exit != amber || !strings.Contains(got.stdout, "nothing arrived from the PBX") || !strings.Contains(got.stdout, "The reason is not known") {
		t.Errorf("exit %d: %s", got.exit, got.stdout)
	}
}

// Somebody ends it: what was seen is told, and the ports are closed.
func TestPBXCheckInterrupted(t *testing.T) {
	t.Parallel()
	b := boxIn(t, "healthy", withoutPBX)
	p := b.start(b.usual("pbx-check", "-for", "1h")...)
	until(t, "an address to enter", func() bool { return strings.Contains(p.out.String(), "Enter ") })
	p.signal(syscall.SIGINT)
	got := p.wait()
	if got.exit != untested || !strings.Contains(got.stdout, "ended before it could tell") {
		t.Errorf("exit %d: %s", got.exit, got.stdout)
	}
	b.nothingOpen()
}

// The port is taken: the box could not listen, and says so.
func TestPBXCheckPortTaken(t *testing.T) {
	t.Parallel()
	b := boxIn(t, "healthy", withoutPBX)
	other, err := b.Box.ListenPacket("udp4", ":5060")
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	got := b.start(b.usual("pbx-check", "-for", "20s")...).wait()
	if got.exit != untested || !strings.Contains(got.stdout, "another program on this machine holds UDP port 5060") {
		t.Errorf("exit %d: %s%s", got.exit, got.stdout, got.stderr)
	}
}

func TestPBXCheckUsage(t *testing.T) {
	t.Parallel()
	for args, want := range map[string]string{
		"pbx-check":                                     "say which file",
		"pbx-check -profile x.toml -for 0s":             "-for takes a time",
		"pbx-check -profile x.toml -for 100h":           "-for takes a time",
		"pbx-check -profile " + t.TempDir() + "/x.toml": "there is no file",
	} {
		got := run(t, trunktester, nil, strings.Fields(args)...)
		if exit := map[bool]int{true: badProfile, false: usage}[strings.Contains(args, "/x.toml")]; got.exit != exit || !strings.Contains(got.stderr, want) {
			t.Errorf("%s: exit %d, %s", args, got.exit, got.stderr)
		}
	}
	b := boxIn(t, "ip-trunk")
	if got := b.start(b.usual("pbx-check")...).wait(); got.exit != untested || oneSentence(got.stderr) != nil {
		t.Errorf("an address-authenticated trunk: exit %d, %s", got.exit, got.stderr)
	}
}

// A person checks the PBX on the page, while the box goes on: the verdict follows what the PBX does.
func TestPBXCheckOnThePage(t *testing.T) {
	t.Parallel()
	b := boxIn(t, "healthy", withoutPBX)
	b.start(b.usual("appliance")...)
	r := b.finished("")
	if r.Verdict.Code != "5-1" {
		t.Fatalf("verdict %s: %s", r.Verdict.Code, r.Verdict.Text)
	}
	post := func(action string, want int) {
		t.Helper()
		if a, err := b.ask("POST", "", "/pbx-check", url.Values{"action": {action}}); err != nil || a.code != want {
			t.Errorf("%s: %d %v", action, a.code, err)
		}
	}
	post("back", http.StatusConflict)
	post("start", http.StatusSeeOther)
	until(t, "the address to enter", func() bool { return strings.Contains(b.get("/"), "enter <b>"+lab.PoolFirst+"</b>") })
	post("start", http.StatusConflict)

	pbx, _ := b.pointPBX("udp", func(s *serve.PBXSettings) { s.Password += " " })
	shows := func(code, text string) func() bool {
		return func() bool {
			r, ok := b.shown()
			return ok && r.Verdict.Code == code && strings.Contains(r.Verdict.Text, text)
		}
	}
	until(t, "the wrong password on the page", shows("5-8", "it has a space at its end"))
	if page := b.get("/"); !strings.Contains(page, "Sample PBX 7.1 at "+lab.PBXAddr) || !strings.Contains(page, "Light 5, 8 flashes") {
		t.Errorf("the page does not show the PBX:\n%.3000s", page)
	}
	// A run beside it is not disturbed, and keeps what the check shows.
	if a, err := b.ask("POST", "", "/run", url.Values{}); err != nil || a.code != http.StatusSeeOther {
		t.Fatalf("run: %d %v", a.code, err)
	}
	again := b.finished(r.ID)
	if again.Verdict.Code != "5-8" {
		t.Errorf("the run beside it says %s: %s", again.Verdict.Code, again.Verdict.Text)
	}
	// Somebody corrects the password while the box listens.
	pbx.Set(func(s *serve.PBXSettings) { s.Password = lab.Password })
	until(t, "the right password on the page", shows("5-1", "were the trunk"))
	until(t, "the end of the check", func() bool { return strings.Contains(b.get("/"), "Point the PBX back at the provider now") })
	b.nothingOpen()
	post("back", http.StatusSeeOther)
	until(t, "the look that comes", func() bool { return strings.Contains(b.get("/"), "the box looks whether the PBX is registered") })
	for path := range map[string]bool{"/": true, "/report.json": true, "/report.txt": true, "/report.html": true, "/capture.pcapng": true} {
		if found := (report.Secrets{lab.Password, lab.Password + " "}).In([]byte(b.get(path))); len(found) > 0 {
			t.Errorf("%s tells %v", path, found)
		}
	}
	far := b.FarEnd()
	if far.WithCredentials > 2 || far.Invites > 0 {
		t.Errorf("two runs: %d requests with credentials, %d INVITEs", far.WithCredentials, far.Invites)
	}
	stored := b.get("/report.json?run=" + again.ID)
	if !strings.Contains(stored, `"pbx_check": {`) && !strings.Contains(stored, `"pbx_check":{`) {
		t.Error("the kept report has no PBX check")
	}
}

// The PBX's settings are right, it is pointed back, and it does not register: two minutes later the box says that
// something keeps the PBX from the provider, and not before.
func TestPBXCheckPointedBackInVain(t *testing.T) {
	t.Parallel()
	b := boxIn(t, "healthy", withoutPBX)
	b.start(b.usual("appliance")...)
	b.finished("")
	post := func(action string) {
		t.Helper()
		if a, err := b.ask("POST", "", "/pbx-check", url.Values{"action": {action}}); err != nil || a.code != http.StatusSeeOther {
			t.Fatalf("%s: %d %v", action, a.code, err)
		}
	}
	post("start")
	until(t, "the address to enter", func() bool { return strings.Contains(b.get("/"), "enter <b>") })
	pbx, away := b.pointPBX("udp", nil)
	until(t, "the PBX accepted", pbx.Registered)
	until(t, "the right settings on the page", func() bool { return strings.Contains(b.get("/"), `value="back"`) })
	away()
	back := time.Now()
	post("back")
	r, _ := b.shown()
	for r.Verdict.Code != "5-7" && time.Since(back) < 5*patience {
		if !r.Running() && r.Verdict.Code != "5-1" {
			t.Fatalf("verdict %s after %v", r.Verdict.Code, time.Since(back))
		}
		time.Sleep(100 * time.Millisecond)
		r, _ = b.shown()
	}
	if took := time.Since(back); r.Verdict.Code != "5-7" || took < 2*time.Minute {
		t.Errorf("verdict %s after %v: %s", r.Verdict.Code, took, r.Verdict.Text)
	}
	if far := b.FarEnd(); far.WithCredentials > 6 || far.Invites > 0 { // three runs
		t.Errorf("%d requests with credentials, %d INVITEs", far.WithCredentials, far.Invites)
	}
}
