package serve

import (
	"context"
	"crypto/rand"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/icholy/digest"
)

// request is a plain request of user 1001 with more header lines.
func request(method, more string) string {
	return method + " sip:lab.example SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1:5060;rport;branch=z9hG4bK" + rand.Text() +
		"\r\nFrom: <sip:1001@lab.example>;tag=a\r\nTo: <sip:1001@lab.example>\r\nCall-ID: c1\r\nCSeq: 1 " + method + "\r\n" + more + "\r\n"
}

var source = netip.MustParseAddrPort("127.0.0.1:5060")

// ask gives a request to the registrar as if it came from source.
func ask(t *testing.T, r *Registrar, req string) (m sipMessage, answered bool) {
	t.Helper()
	reply, to := r.receive(time.Now(), []byte(req), "udp", source, source)
	if reply == nil {
		return m, false
	}
	if to != source {
		t.Errorf("reply to %v, want %v", to, source)
	}
	m, err := parseSIP(reply)
	if err != nil {
		t.Fatalf("reply %q: %v", reply, err)
	}
	return m, true
}

// authorise answers the n-th challenge of a response.
func authorise(t *testing.T, res sipMessage, n int, user, password string) string {
	t.Helper()
	var challenges []string
	name := "Authorization"
	for _, h := range res.headers {
		if h.name == "www-authenticate" || h.name == "proxy-authenticate" {
			challenges = append(challenges, h.value)
		}
		if h.name == "proxy-authenticate" {
			name = "Proxy-Authorization"
		}
	}
	if n >= len(challenges) {
		t.Fatalf("no challenge %d among %d in %q", n, len(challenges), res.start)
	}
	ch, err := digest.ParseChallenge(challenges[n])
	if err != nil {
		t.Fatal(err)
	}
	c, err := digest.Digest(ch, digest.Options{Method: "REGISTER", URI: "sip:lab.example", Username: user, Password: password, Count: 1})
	if err != nil {
		t.Fatal(err)
	}
	return name + ": " + c.String() + "\r\n"
}

func account() RegistrarSettings {
	return RegistrarSettings{Accounts: []Account{{User: "1001", Password: "geheim"}}, Realm: "lab.example"}
}

// The two answers of a registrar, before and after credentials; 0 is silence, -1 "not asked".
func TestRegisterSwitches(t *testing.T) {
	for name, tt := range map[string]struct {
		turn           func(*RegistrarSettings)
		challenge      int // which challenge is answered
		user, password string
		before, after  int
		says           string // header or reason of the last answer
	}{
		"right":              {before: 401, after: 200},
		"wrong password":     {password: "falsch", before: 401, after: 401},
		"wrong password 403": {turn: func(s *RegistrarSettings) { s.WrongPasswordCode = 403 }, password: "falsch", before: 401, after: 403},
		"unknown user":       {user: "9999", before: 401, after: 401},
		"unknown user 404":   {turn: func(s *RegistrarSettings) { s.UnknownUserCode = 404 }, user: "9999", before: 401, after: 404},
		"proxy challenge":    {turn: func(s *RegistrarSettings) { s.ProxyChallenge = true }, before: 407, after: 200},
		"SHA-256":            {turn: func(s *RegistrarSettings) { s.Algorithms = []string{"SHA-256"} }, before: 401, after: 200},
		"both, MD5 taken":    {turn: func(s *RegistrarSettings) { s.Algorithms = []string{"SHA-256", "MD5"} }, challenge: 1, before: 401, after: 200},
		"second realm":       {turn: func(s *RegistrarSettings) { s.Realms = []string{"a", "b"} }, challenge: 1, before: 401, after: 200},
		"forced before":      {turn: func(s *RegistrarSettings) { s.ForceCode = Refusal{Code: 503, RetryAfter: 90 * time.Second} }, before: 503, after: -1, says: "retry-after=90"},
		"forced after":       {turn: func(s *RegistrarSettings) { s.ForceCodeAfter = Refusal{Code: 403, Reason: "Account barred"} }, before: 401, after: 403, says: "Account barred"},
		"moved":              {turn: func(s *RegistrarSettings) { s.ForceCode = Refusal{Code: 302, Contact: "sip:other.example"} }, before: 302, after: -1, says: "contact=<sip:other.example>"},
		"no challenge":       {turn: func(s *RegistrarSettings) { s.NoChallenge = true }, before: 200, after: -1},
		"silent":             {turn: func(s *RegistrarSettings) { s.Silent = true }, before: 0, after: -1},
		"banned":             {turn: func(s *RegistrarSettings) { s.IgnoreSource = []netip.Addr{source.Addr()} }, before: 0, after: -1},
		"silent to login":    {turn: func(s *RegistrarSettings) { s.SilentToCredentials = true }, before: 401, after: 0},
		"ban at login":       {turn: func(s *RegistrarSettings) { s.SilentAfterCredentials = true }, before: 401, after: 0},
		"dropper":            {turn: func(s *RegistrarSettings) { s.PacketDropper = func(m Message) bool { return m.Credentials } }, before: 401, after: 0},
		"query refused":      {turn: func(s *RegistrarSettings) { s.RefuseQuery = Refusal{Code: 400} }, before: 401, after: 400},
		"server and date":    {turn: func(s *RegistrarSettings) { s.ServerHeader, s.Date = "lab", true }, before: 401, after: 200, says: "server=lab"},
	} {
		t.Run(name, func(t *testing.T) {
			set := account()
			if tt.turn != nil {
				tt.turn(&set)
			}
			r := NewRegistrar(set)
			res, _ := ask(t, r, request("REGISTER", ""))
			if got := res.status(); got != tt.before {
				t.Fatalf("before credentials %d, want %d", got, tt.before)
			}
			if tt.after >= 0 {
				user, password := "1001", "geheim"
				if tt.user != "" {
					user = tt.user
				}
				if tt.password != "" {
					password = tt.password
				}
				res, _ = ask(t, r, request("REGISTER", authorise(t, res, tt.challenge, user, password)))
				if got := res.status(); got != tt.after {
					t.Fatalf("after credentials %d, want %d", got, tt.after)
				}
			}
			name, value, isHeader := strings.Cut(tt.says, "=")
			if isHeader && res.get(name) != value || !isHeader && !strings.Contains(res.start, name) {
				t.Errorf("answer %q %v does not say %q", res.start, res.headers, tt.says)
			}
		})
	}
}

func TestStaleNonce(t *testing.T) {
	set := account()
	set.StaleOnce = true
	r := NewRegistrar(set)
	first, _ := ask(t, r, request("REGISTER", ""))
	auth := authorise(t, first, 0, "1001", "geheim")
	stale, _ := ask(t, r, request("REGISTER", auth))
	if stale.status() != 401 || !strings.Contains(stale.get("www-authenticate"), "stale=true") {
		t.Fatalf("first right credentials: %q", stale.start)
	}
	good, _ := ask(t, r, request("REGISTER", authorise(t, stale, 0, "1001", "geheim")))
	if good.status() != 200 {
		t.Fatalf("with the new nonce: %q", good.start)
	}
	replay, _ := ask(t, r, request("REGISTER", auth))
	if replay.status() != 401 || !strings.Contains(replay.get("www-authenticate"), "stale=true") {
		t.Errorf("a used nonce count: %q", replay.start)
	}
}

func TestRetransmissionIsAnsweredAlikeAndCounted(t *testing.T) {
	r := NewRegistrar(account())
	req := request("REGISTER", "")
	if mustReply(t, r, req) != mustReply(t, r, req) {
		t.Error("a retransmission got another answer")
	}
	if c := r.Count(); c.Requests != 2 || c.MaxIn200ms != 2 || c.Methods["REGISTER"] != 2 {
		t.Errorf("counted %+v", c)
	}
}

func mustReply(t *testing.T, r *Registrar, req string) string {
	t.Helper()
	reply, _ := r.receive(time.Now(), []byte(req), "udp", source, source)
	if reply == nil {
		t.Fatal("no reply")
	}
	return string(reply)
}

func TestBindings(t *testing.T) {
	for name, tt := range map[string]struct {
		turn  func(*RegistrarSettings)
		asks  []string // header lines of one REGISTER after another
		codes []int
		want  []string // contacts of the last answer
	}{
		"one, and a query":  {nil, []string{"Contact: <sip:1001@10.0.0.9:5062>;expires=60\r\n", ""}, []int{200, 200}, []string{`<sip:1001@10.0.0.9:5062>;expires=60;received="sip:127.0.0.1:5060"`}},
		"its own address":   {nil, []string{"Contact: <sip:1001@127.0.0.1>\r\nExpires: 60\r\n"}, []int{200}, []string{`<sip:1001@127.0.0.1>;expires=60`}},
		"no received":       {func(s *RegistrarSettings) { s.NoReceivedParam = true }, []string{"Contact: sip:1001@10.0.0.9;expires=60\r\n"}, []int{200}, []string{`<sip:1001@10.0.0.9>;expires=60`}},
		"removed":           {nil, []string{"Contact: <sip:1001@h>;expires=60\r\n", "CSeq: 2 REGISTER\r\nContact: <sip:1001@h>;expires=0\r\n"}, []int{200, 200}, nil},
		"old CSeq":          {nil, []string{"Contact: <sip:1001@h>;expires=60\r\n", "Contact: <sip:1001@h>;expires=0\r\n"}, []int{200, 500}, nil},
		"all removed":       {nil, []string{"Contact: <sip:1@h>, <sip:2@h>\r\n", "Contact: *\r\nExpires: 0\r\n", ""}, []int{200, 200, 200}, nil},
		"star without zero": {nil, []string{"Contact: *\r\n"}, []int{400}, nil},
		"too brief":         {func(s *RegistrarSettings) { s.MinExpires = 2 * time.Minute }, []string{"Contact: <sip:1001@h>;expires=60\r\n"}, []int{423}, nil},
		"cut":               {func(s *RegistrarSettings) { s.MaxExpires = time.Minute; s.NoReceivedParam = true }, []string{"Contact: <sip:1001@h>;expires=600\r\n"}, []int{200}, []string{"<sip:1001@h>;expires=60"}},
		"too many":          {func(s *RegistrarSettings) { s.MaxContacts = 1 }, []string{"Contact: <sip:1@h>\r\n", "Contact: <sip:2@h>\r\n"}, []int{200, 503}, nil},
		"the last one wins": {func(s *RegistrarSettings) { s.SingleTarget = true; s.NoReceivedParam = true }, []string{"Contact: <sip:1@h>;expires=60\r\n", "Contact: <sip:2@h>;expires=60\r\n"}, []int{200, 200}, []string{"<sip:2@h>;expires=60"}},
		"hidden":            {func(s *RegistrarSettings) { s.HideBindings = true }, []string{"Contact: <sip:1@h>\r\n", ""}, []int{200, 200}, nil},
		"rewritten":         {func(s *RegistrarSettings) { s.RewriteContacts = true }, []string{"Contact: <sip:1001@10.0.0.9:5062;ob>;expires=60\r\n"}, []int{200}, []string{"<sip:1001@127.0.0.1:5060;ob>;expires=60"}},
	} {
		t.Run(name, func(t *testing.T) {
			set := RegistrarSettings{NoChallenge: true}
			if tt.turn != nil {
				tt.turn(&set)
			}
			r := NewRegistrar(set)
			var res sipMessage
			for i, lines := range tt.asks {
				req := request("REGISTER", lines)
				if strings.HasPrefix(lines, "CSeq") {
					req = strings.Replace(req, "CSeq: 1 REGISTER\r\n", "", 1)
				}
				res, _ = ask(t, r, req)
				if res.status() != tt.codes[i] {
					t.Fatalf("REGISTER %d: %q, want %d", i, res.start, tt.codes[i])
				}
			}
			if got := res.all("contact"); !slices.Equal(got, tt.want) {
				t.Errorf("contacts\n got %q\nwant %q", got, tt.want)
			}
		})
	}
}

func TestBindingEnds(t *testing.T) {
	r := NewRegistrar(RegistrarSettings{})
	r.Bind("1001", Binding{URI: "sip:1001@h", Expires: time.Now().Add(time.Hour)})
	r.Bind("1001", Binding{URI: "sip:1001@gone", Expires: time.Now().Add(-time.Second)})
	if got := r.Bindings("1001"); len(got) != 1 || got[0].URI != "sip:1001@h" {
		t.Errorf("bindings %v", got)
	}
}

func TestMethods(t *testing.T) {
	r := NewRegistrar(account())
	for method, want := range map[string]int{"OPTIONS": 200, "INVITE": 403, "UPDATE": 481, "PUBLISH": 405, "ACK": 0} {
		if res, _ := ask(t, r, request(method, "")); res.status() != want {
			t.Errorf("%s: %q, want %d", method, res.start, want)
		}
	}
	for bad, want := range map[string]int{
		strings.Replace(request("OPTIONS", ""), "Call-ID: c1\r\n", "", 1):  400,
		strings.Replace(request("OPTIONS", ""), "CSeq: 1 O", "CSeq: O", 1): 400,
		request("OPTIONS", "Content-Length: 7\r\n"):                        400,
		"OPTIONS sip:h SIP/2.0\r\n\r\n":                                    0,
		"SIP/2.0 200 OK\r\nVia: SIP/2.0/UDP h\r\n\r\n":                     0,
	} {
		if res, _ := ask(t, r, bad); res.status() != want {
			t.Errorf("%q: %q, want %d", bad, res.start, want)
		}
	}
	c := r.Count()
	if c.Methods["INVITE"] != 1 || c.Malformed != 1 || c.Requests != 9 {
		t.Errorf("counted %+v", c)
	}
	r.Set(func(s *RegistrarSettings) { s.IgnoreOptions = true })
	if _, answered := ask(t, r, request("OPTIONS", "")); answered {
		t.Error("OPTIONS answered")
	}
}

func TestMemoryIsVerbatim(t *testing.T) {
	r := NewRegistrar(account())
	req := "OPTIONS sip:lab.example SIP/2.0\nv:SIP/2.0/UDP 127.0.0.1\n  ;rport\n\nbody \x00\xff"
	ask(t, r, req)
	if got := string(r.Seen.All()[0].Bytes); got != req {
		t.Errorf("remembered %q, want %q", got, req)
	}
}

// run starts f and waits for its end when the test ends.
func run(t *testing.T, f func(context.Context) error) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- f(ctx) }()
	t.Cleanup(func() {
		cancel()
		select {
		case err := <-done:
			if err != nil {
				t.Error(err)
			}
		case <-time.After(10 * time.Second):
			t.Error("did not end with its context")
		}
	})
}

func eventually(t *testing.T, what string, is func() bool) {
	t.Helper()
	for end := time.Now().Add(20 * time.Second); time.Now().Before(end); time.Sleep(5 * time.Millisecond) {
		if is() {
			return
		}
	}
	t.Fatal("never: " + what)
}

func TestStreamPings(t *testing.T) {
	r := NewRegistrar(account())
	ln, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	run(t, func(ctx context.Context) error { return r.ServeTCP(ctx, ln) })
	conn, err := net.Dial("tcp4", ln.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	conn.SetDeadline(time.Now().Add(10 * time.Second))
	fmt.Fprint(conn, "\r\n\r\n", request("OPTIONS", "Content-Length: 4\r\n")+"body", request("OPTIONS", ""))
	buf := make([]byte, 4096)
	var got string
	for strings.Count(got, "SIP/2.0 200 OK") < 2 {
		n, err := conn.Read(buf)
		if err != nil {
			t.Fatalf("%v after %q", err, got)
		}
		got += string(buf[:n])
	}
	if !strings.HasPrefix(got, "\r\nSIP/2.0 200 OK") {
		t.Errorf("no pong first: %q", got)
	}
}
