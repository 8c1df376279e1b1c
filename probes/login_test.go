package probes_test

import (
	"bytes"
	"context"
	"crypto/md5"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"trunktester/appliance/profile"
	"trunktester/lab/serve"
	"trunktester/netsetup/netnstest"
	"trunktester/probes"
	"trunktester/probes/facts"
	"trunktester/probes/sip"
)

const (
	domain   = "sip.example.net"
	user     = "441632960000"
	password = "Tr!nk-pw secret"
)

var (
	account  = serve.Account{User: user, Password: password}
	loopback = netip.MustParsePrefix("127.0.0.0/8")
)

// ledger is one in memory.
type ledger struct {
	forbid error
	begun  []time.Time
	ended  []*facts.Reply
	// seen counts what the provider has seen of credentials when Begin is called.
	seen func() int
	late bool // credentials were seen before Begin
}

func (l *ledger) Begin(now time.Time) error {
	l.begun = append(l.begun, now)
	l.late = l.late || l.seen() > 0
	return l.forbid
}

func (l *ledger) End(reply *facts.Reply) error {
	l.ended = append(l.ended, reply)
	return nil
}

// site is a box and a provider on loopback.
type site struct {
	provider *serve.Registrar
	at       netip.AddrPort
	probe    probes.Login
	ledger   *ledger
	known    facts.Facts
}

func newSite(t *testing.T, transport string, s serve.RegistrarSettings) *site {
	t.Helper()
	return newSiteAt(t, transport, "127.0.0.1", s)
}

// newSiteAt has the provider at another address of this machine.
func newSiteAt(t *testing.T, transport, host string, s serve.RegistrarSettings) *site {
	t.Helper()
	if s.Accounts == nil {
		s.Accounts = []serve.Account{account}
	}
	w := &site{provider: serve.NewRegistrar(s)}
	w.at = listen(t, transport, host, w.provider)
	w.ledger = &ledger{seen: func() int { return w.provider.Count().WithCredentials }}
	w.probe = probes.Login{
		Trunk:  profile.Trunk{Domain: domain, Transport: transport, Auth: "register", Username: user, AuthUser: user, Password: password},
		Dial:   sip.Dialer{Conduct: sip.NewConduct(sip.Diagnosis), Agent: "trunktester/test"},
		Ledger: w.ledger,
	}
	t.Cleanup(w.probe.Dial.Conduct.Close)
	w.known.Name = &facts.Name{Asked: domain, Way: "literal", Targets: []facts.Target{{Host: domain, Addr: w.at, Transport: transport}}}
	return w
}

func listen(t *testing.T, transport, host string, r *serve.Registrar) netip.AddrPort {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	var running sync.WaitGroup
	t.Cleanup(func() { cancel(); running.Wait() })
	if transport == "udp" {
		conn, err := net.ListenPacket("udp", net.JoinHostPort(host, "0"))
		if err != nil {
			t.Fatal(err)
		}
		running.Go(func() { r.ServeUDP(ctx, conn) })
		return conn.LocalAddr().(*net.UDPAddr).AddrPort()
	}
	listener, err := net.Listen("tcp", net.JoinHostPort(host, "0"))
	if err != nil {
		t.Fatal(err)
	}
	running.Go(func() { r.ServeTCP(ctx, listener) })
	return listener.Addr().(*net.TCPAddr).AddrPort()
}

// look runs the path probe and then the login, as the checklist does.
func (w *site) look(t *testing.T) (probes.Result, *facts.Login) {
	t.Helper()
	path := probes.SIPPath{Transport: w.probe.Trunk.Transport, Dial: w.probe.Dial, Domain: domain, Username: user}
	file(&w.known, path.Look(t.Context(), w.known))
	r := w.probe.Look(t.Context(), w.known)
	file(&w.known, r)
	w.wantNoSecrets(t, r)
	if n := w.provider.Count().WithCredentials; n > 2 {
		t.Errorf("the provider saw %d requests with credentials", n)
	}
	if w.ledger.late {
		t.Error("credentials left before the ledger was asked")
	}
	return r, w.known.Login
}

func file(f *facts.Facts, r probes.Result) {
	if r.File != nil {
		r.File(f)
	}
}

var digestParam = regexp.MustCompile(`(?:response|nonce|cnonce)="([^"]+)"`)

// wantNoSecrets searches facts and evidence for what was really on the wire.
func (w *site) wantNoSecrets(t *testing.T, r probes.Result) {
	t.Helper()
	ha1 := md5.Sum([]byte(user + ":" + domain + ":" + password))
	secrets := []string{password, hex.EncodeToString(ha1[:])}
	for _, m := range w.provider.Seen.All() {
		for _, found := range digestParam.FindAllSubmatch(m.Bytes, -1) {
			secrets = append(secrets, string(found[1]))
		}
	}
	var all bytes.Buffer
	for _, v := range []any{w.known, r.Evidence, r.Saw} {
		if err := json.NewEncoder(&all).Encode(v); err != nil {
			t.Fatal(err)
		}
	}
	fmt.Fprintf(&all, "%+v", r.Evidence)
	if w.known.Login != nil {
		fmt.Fprintf(&all, "%+v", *w.known.Login)
	}
	for i, s := range secrets {
		if strings.Contains(all.String(), s) {
			t.Errorf("secret %d of %d stands in facts or evidence", i+1, len(secrets))
		}
	}
}

// got is what a test compares: the rest of the facts are messages.
type got struct {
	Outcome    facts.Outcome
	First, To  int // codes: before and after credentials, 0 for none
	Attempts   int
	Challenges []facts.Challenge
	Accepted   bool
	Open       bool
	Withheld   bool
	Stopped    bool
	Begun      int
	Ended      int // code, -1: not called, 0: silence
}

func (w *site) got(r probes.Result, l *facts.Login) got {
	g := got{Outcome: r.Outcome, Stopped: w.probe.Dial.Conduct.Stopped() != "", Begun: len(w.ledger.begun), Ended: -1}
	if len(w.ledger.ended) > 0 {
		g.Ended = code(w.ledger.ended[0])
	}
	if l == nil {
		return g
	}
	g.First, g.To, g.Attempts, g.Challenges = code(l.First), code(l.Reply), l.Attempts, l.Challenges
	g.Accepted, g.Open, g.Withheld = l.Accepted, l.Open, l.Withheld != ""
	return g
}

func code(r *facts.Reply) int {
	if r == nil {
		return 0
	}
	return r.Code
}

func md5Challenge(code int, realm string) facts.Challenge {
	return facts.Challenge{Code: code, Scheme: "Digest", Realm: realm, Algorithm: "MD5"}
}

func again(c facts.Challenge, stale bool) facts.Challenge {
	c.NewNonce, c.Stale = true, stale
	return c
}

func TestLogin(t *testing.T) {
	first := md5Challenge(401, domain)
	sha := first
	sha.Algorithm = "SHA-256"
	unknown := first
	unknown.Algorithm = "AKAv1-MD5"
	dropOnce := func() func(serve.Message) bool {
		var once sync.Once
		return func(m serve.Message) (drop bool) {
			if m.Credentials {
				once.Do(func() { drop = true })
			}
			return drop
		}
	}
	tests := []struct {
		name      string
		transport string // "": udp
		provider  serve.RegistrarSettings
		box       func(*site)
		want      got
	}{
		{name: "accepted", want: got{Outcome: facts.Passed, First: 401, To: 200, Attempts: 1, Challenges: []facts.Challenge{first}, Accepted: true, Begun: 1, Ended: 200}},
		{name: "accepted over TCP", transport: "tcp", want: got{Outcome: facts.Passed, First: 401, To: 200, Attempts: 1, Challenges: []facts.Challenge{first}, Accepted: true, Begun: 1, Ended: 200}},
		{name: "the proxy asks", provider: serve.RegistrarSettings{ProxyChallenge: true},
			want: got{Outcome: facts.Passed, First: 407, To: 200, Attempts: 1, Challenges: []facts.Challenge{md5Challenge(407, domain)}, Accepted: true, Begun: 1, Ended: 200}},
		{name: "SHA-256 first", provider: serve.RegistrarSettings{Algorithms: []string{"SHA-256", "MD5"}},
			want: got{Outcome: facts.Passed, First: 401, To: 200, Attempts: 1, Challenges: []facts.Challenge{sha, first}, Accepted: true, Begun: 1, Ended: 200}},
		{name: "an unknown algorithm first", provider: serve.RegistrarSettings{Algorithms: []string{"AKAv1-MD5", "MD5"}},
			want: got{Outcome: facts.Passed, First: 401, To: 200, Attempts: 1, Challenges: []facts.Challenge{unknown, first}, Accepted: true, Begun: 1, Ended: 200}},
		{name: "only an unknown algorithm", provider: serve.RegistrarSettings{Algorithms: []string{"AKAv1-MD5"}},
			want: got{Outcome: facts.Failed, First: 401, Challenges: []facts.Challenge{unknown}, Withheld: true, Ended: -1}},
		{name: "stale nonce", provider: serve.RegistrarSettings{StaleOnce: true},
			want: got{Outcome: facts.Passed, First: 401, To: 200, Attempts: 2, Challenges: []facts.Challenge{first, again(first, true)}, Accepted: true, Begun: 1, Ended: 200}},
		{name: "stale for ever", provider: serve.RegistrarSettings{NonceLife: time.Nanosecond},
			want: got{Outcome: facts.Failed, First: 401, To: 401, Attempts: 2, Challenges: []facts.Challenge{first, again(first, true), again(first, true)}, Begun: 1, Ended: 401}},
		{name: "wrong password", box: func(w *site) { w.probe.Trunk.Password = "another word" },
			want: got{Outcome: facts.Failed, First: 401, To: 401, Attempts: 1, Challenges: []facts.Challenge{first, again(first, false)}, Begun: 1, Ended: 401}},
		{name: "wrong password, 403", provider: serve.RegistrarSettings{WrongPasswordCode: 403}, box: func(w *site) { w.probe.Trunk.Password = "another word" },
			want: got{Outcome: facts.Failed, First: 401, To: 403, Attempts: 1, Challenges: []facts.Challenge{first}, Stopped: true, Begun: 1, Ended: 403}},
		{name: "unknown user", provider: serve.RegistrarSettings{UnknownUserCode: 404}, box: func(w *site) { w.probe.Trunk.AuthUser = "somebody" },
			want: got{Outcome: facts.Failed, First: 401, To: 404, Attempts: 1, Challenges: []facts.Challenge{first}, Begun: 1, Ended: 404}},
		{name: "authentication name", provider: serve.RegistrarSettings{Accounts: []serve.Account{{User: user, AuthUser: "auth-name", Password: password}}},
			box:  func(w *site) { w.probe.Trunk.AuthUser = "auth-name" },
			want: got{Outcome: facts.Passed, First: 401, To: 200, Attempts: 1, Challenges: []facts.Challenge{first}, Accepted: true, Begun: 1, Ended: 200}},
		{name: "realm equal", box: func(w *site) { w.probe.Trunk.Realm = domain },
			want: got{Outcome: facts.Passed, First: 401, To: 200, Attempts: 1, Challenges: []facts.Challenge{first}, Accepted: true, Begun: 1, Ended: 200}},
		{name: "another realm", box: func(w *site) { w.probe.Trunk.Realm = "SIP.example.net" },
			want: got{Outcome: facts.Failed, First: 401, Challenges: []facts.Challenge{first}, Withheld: true, Ended: -1}},
		{name: "the second realm is ours", provider: serve.RegistrarSettings{Realms: []string{"elsewhere", domain}}, box: func(w *site) { w.probe.Trunk.Realm = domain },
			want: got{Outcome: facts.Passed, First: 401, To: 200, Attempts: 1, Challenges: []facts.Challenge{md5Challenge(401, "elsewhere"), first}, Accepted: true, Begun: 1, Ended: 200}},
		{name: "a quoted realm", provider: serve.RegistrarSettings{Realm: `the "best" back\slash, provider`},
			want: got{Outcome: facts.Passed, First: 401, To: 200, Attempts: 1, Challenges: []facts.Challenge{md5Challenge(401, `the "best" back\slash, provider`)}, Accepted: true, Begun: 1, Ended: 200}},
		{name: "one login lost", provider: serve.RegistrarSettings{PacketDropper: dropOnce()},
			want: got{Outcome: facts.Passed, First: 401, To: 200, Attempts: 2, Challenges: []facts.Challenge{first}, Accepted: true, Begun: 1, Ended: 200}},
		{name: "silence to credentials", provider: serve.RegistrarSettings{SilentToCredentials: true},
			want: got{Outcome: facts.Failed, First: 401, Attempts: 2, Challenges: []facts.Challenge{first}, Stopped: true, Begun: 1}},
		{name: "no challenge", provider: serve.RegistrarSettings{NoChallenge: true},
			want: got{Outcome: facts.Passed, First: 200, Open: true, Ended: -1}},
		{name: "403 at once", provider: serve.RegistrarSettings{ForceCode: serve.Refusal{Code: 403}},
			want: got{Outcome: facts.Failed, First: 403, Withheld: true, Stopped: true, Ended: -1}},
		{name: "404 at once", provider: serve.RegistrarSettings{ForceCode: serve.Refusal{Code: 404}},
			want: got{Outcome: facts.Failed, First: 404, Withheld: true, Ended: -1}},
		{name: "busy", provider: serve.RegistrarSettings{ForceCodeAfter: serve.Refusal{Code: 503, RetryAfter: time.Minute}},
			want: got{Outcome: facts.Failed, First: 401, To: 503, Attempts: 1, Challenges: []facts.Challenge{first}, Stopped: true, Begun: 1, Ended: 503}},
		{name: "REGISTER ignored", provider: serve.RegistrarSettings{IgnoreRegister: true},
			want: got{Outcome: facts.Failed, Withheld: true, Ended: -1}},
		{name: "nothing answers", provider: serve.RegistrarSettings{Silent: true},
			want: got{Outcome: facts.Failed, Withheld: true, Ended: -1}},
		{name: "inside of the provider's networks", box: func(w *site) { w.probe.Networks = []netip.Prefix{loopback} },
			want: got{Outcome: facts.Passed, First: 401, To: 200, Attempts: 1, Challenges: []facts.Challenge{first}, Accepted: true, Begun: 1, Ended: 200}},
		{name: "outside of the provider's networks", box: func(w *site) { w.probe.Networks = []netip.Prefix{netip.MustParsePrefix("198.51.100.0/24")} },
			want: got{Outcome: facts.Failed, First: 401, Challenges: []facts.Challenge{first}, Withheld: true, Ended: -1}},
		{name: "a service record to a private address", box: func(w *site) { w.known.Name.Way = "srv" },
			want: got{Outcome: facts.Failed, First: 401, Challenges: []facts.Challenge{first}, Withheld: true, Ended: -1}},
		{name: "the ledger forbids", box: func(w *site) { w.ledger.forbid = errors.New("refused before") },
			want: got{Outcome: facts.NotRun, First: 401, Challenges: []facts.Challenge{first}, Withheld: true, Begun: 1, Ended: -1}},
		{name: "no ledger", box: func(w *site) { w.probe.Ledger = nil },
			want: got{Outcome: facts.NotRun, First: 401, Challenges: []facts.Challenge{first}, Withheld: true, Ended: -1}},
		{name: "moved elsewhere", provider: serve.RegistrarSettings{ForceCode: serve.Refusal{Code: 302, Contact: "sip:192.0.2.7:5060"}},
			box:  func(w *site) { w.probe.Networks = []netip.Prefix{loopback} },
			want: got{Outcome: facts.Failed, First: 302, Withheld: true, Ended: -1}},
		{name: "address-authenticated", box: func(w *site) { w.probe.Trunk.Auth = "ip" }, want: got{Outcome: facts.NotRun, Ended: -1}},
		{name: "no password", box: func(w *site) { w.probe.Trunk.Password = "" }, want: got{Outcome: facts.NotRun, Ended: -1}},
		{name: "no trunk", box: func(w *site) { w.probe.Trunk = profile.Trunk{Transport: "udp"} }, want: got{Outcome: facts.NotRun, Ended: -1}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			transport := tt.transport
			if transport == "" {
				transport = "udp"
			}
			w := newSite(t, transport, tt.provider)
			if tt.box != nil {
				tt.box(w)
			}
			r, login := w.look(t)
			if diff := cmp.Diff(tt.want, w.got(r, login)); diff != "" {
				t.Errorf("%s\n(-want +got):\n%s", r.Saw, diff)
			}
			if n := w.provider.Count().WithCredentials; n != tt.want.Attempts {
				t.Errorf("the provider saw %d requests with credentials, want %d", n, tt.want.Attempts)
			}
			if r.Saw == "" {
				t.Error("nothing is said")
			}
		})
	}
}

// with are the requests with credentials as the provider got them.
func (w *site) with() []serve.Message {
	var list []serve.Message
	for _, m := range w.provider.Seen.All() {
		if m.Credentials {
			list = append(list, m)
		}
	}
	return list
}

func TestLoginRepeatsTheSameBytes(t *testing.T) {
	t.Parallel()
	w := newSite(t, "udp", serve.RegistrarSettings{SilentToCredentials: true})
	w.look(t)
	sent := w.with()
	if len(sent) != 2 || !bytes.Equal(sent[0].Bytes, sent[1].Bytes) || sent[0].Source != sent[1].Source {
		t.Fatalf("%d sends, or not the same", len(sent))
	}
	if pause := sent[1].At.Sub(sent[0].At); pause < 1900*time.Millisecond {
		t.Errorf("repeated after %v", pause)
	}
}

func TestLoginChangesNothing(t *testing.T) {
	w := newSite(t, "udp", serve.RegistrarSettings{StaleOnce: true})
	w.look(t)
	sent := w.with()
	if len(sent) != 2 {
		t.Fatalf("%d sends", len(sent))
	}
	cnonces, last := map[string]bool{}, uint32(0)
	for _, m := range sent {
		request := sip.Split(m.Bytes)
		number, _ := request.CSeq()
		if number <= last || len(request.Contacts()) > 0 || request.Get("Call-ID") != sent[0].CallID || request.URI != "sip:"+domain {
			t.Errorf("CSeq %d after %d, %d contacts, URI %s", number, last, len(request.Contacts()), request.URI)
		}
		last = number
		cnonces[digestValue(request.Get("Authorization"), "cnonce")] = true
		if nc := digestValue(request.Get("Authorization"), "nc"); nc != "00000001" {
			t.Errorf("nc %s with a new nonce", nc)
		}
	}
	if len(cnonces) != 2 {
		t.Error("the cnonce was used twice")
	}
	if n := len(w.provider.Bindings(user)); n != 0 {
		t.Errorf("%d bindings were made", n)
	}
}

func digestValue(header, name string) string {
	_, rest, _ := strings.Cut(header, " ")
	for _, part := range strings.Split(rest, ", ") {
		if key, value, _ := strings.Cut(part, "="); key == name {
			return strings.Trim(value, `"`)
		}
	}
	return ""
}

func TestLoginSharesTheFirstChallenge(t *testing.T) {
	w := newSite(t, "udp", serve.RegistrarSettings{})
	w.look(t)
	if c := w.provider.Count(); c.Methods[sip.REGISTER] != 2 {
		t.Errorf("%d REGISTERs, want the path's and one with credentials", c.Methods[sip.REGISTER])
	}
}

func TestLoginFailsOverToTheSecondServer(t *testing.T) {
	t.Parallel()
	w := newSite(t, "udp", serve.RegistrarSettings{})
	dead := serve.NewRegistrar(serve.RegistrarSettings{Silent: true})
	w.known.Name.Targets = append([]facts.Target{{Host: domain, Addr: listen(t, "udp", "127.0.0.1", dead), Transport: "udp"}}, w.known.Name.Targets...)
	r, login := w.look(t)
	if r.Outcome != facts.Passed || !login.Accepted || login.Reply.From != w.at {
		t.Errorf("%s: %+v", r.Saw, login)
	}
	if n := dead.Count().WithCredentials; n != 0 {
		t.Errorf("the first server saw %d", n)
	}
}

func TestLoginFollowsWithinTheNetworks(t *testing.T) {
	target := serve.NewRegistrar(serve.RegistrarSettings{Accounts: []serve.Account{account}})
	to := listen(t, "udp", "127.0.0.1", target)
	for name, networks := range map[string][]netip.Prefix{"inside": {loopback}, "no networks": nil} {
		t.Run(name, func(t *testing.T) {
			w := newSite(t, "udp", serve.RegistrarSettings{ForceCode: serve.Refusal{Code: 302, Contact: "sip:" + to.String()}})
			w.probe.Networks = networks
			r, login := w.look(t)
			if followed := networks != nil; login.Accepted != followed {
				t.Errorf("%s: accepted %v", r.Saw, login.Accepted)
			}
			told := false
			for _, e := range r.Evidence {
				told = told || e.Kind == "note" && strings.Contains(e.Text, to.String())
			}
			if !told {
				t.Error("the new address is not told")
			}
		})
	}
}

func TestLoginAsStranger(t *testing.T) {
	w := newSite(t, "udp", serve.RegistrarSettings{})
	path := probes.SIPPath{Transport: "udp", Dial: w.probe.Dial, Domain: domain, Username: user}
	file(&w.known, path.Look(t.Context(), w.known))
	w.known.Name = &facts.Name{Way: "address", Targets: []facts.Target{{Addr: netip.MustParseAddrPort("198.51.100.5:5060"), Transport: "udp"}}}
	r := w.probe.Look(t.Context(), w.known)
	if r.Outcome != facts.Failed || len(w.with()) != 0 {
		t.Errorf("%s: %d requests with credentials", r.Saw, len(w.with()))
	}
}

func TestLoginEndsWithContext(t *testing.T) {
	w := newSite(t, "udp", serve.RegistrarSettings{SilentToCredentials: true})
	path := probes.SIPPath{Transport: "udp", Dial: w.probe.Dial, Domain: domain, Username: user}
	file(&w.known, path.Look(t.Context(), w.known))
	ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	w.probe.Look(ctx, w.known)
	if n := len(w.with()); n != 1 {
		t.Errorf("%d requests with credentials, want 1", n)
	}
}

func TestBindings(t *testing.T) {
	seen := netip.MustParseAddrPort("203.0.113.2:1024")
	bound := serve.Binding{URI: "sip:" + user + "@192.168.1.50:5060", Received: seen, Transport: "udp", Expires: time.Now().Add(time.Hour), CallID: "x"}
	tests := []struct {
		name     string
		provider serve.RegistrarSettings
		bind     bool
		password profile.Secret
		outcome  facts.Outcome
		want     *facts.Bindings // Expires is compared apart
		notShown bool
	}{
		{name: "registered", bind: true, outcome: facts.Passed,
			want: &facts.Bindings{Contacts: []facts.Binding{{URI: bound.URI, Contact: netip.MustParseAddrPort("192.168.1.50:5060"), Received: seen}}}},
		{name: "registered, without received", provider: serve.RegistrarSettings{NoReceivedParam: true}, bind: true, outcome: facts.Passed,
			want: &facts.Bindings{Contacts: []facts.Binding{{URI: bound.URI, Contact: netip.MustParseAddrPort("192.168.1.50:5060")}}}},
		{name: "not registered", outcome: facts.Failed, want: &facts.Bindings{Contacts: []facts.Binding{}}},
		{name: "hidden", provider: serve.RegistrarSettings{HideBindings: true}, bind: true, outcome: facts.Failed, want: &facts.Bindings{Contacts: []facts.Binding{}}},
		{name: "query refused", provider: serve.RegistrarSettings{RefuseQuery: serve.Refusal{Code: 400, Reason: "Missing Contact"}}, outcome: facts.NotRun, want: &facts.Bindings{Contacts: []facts.Binding{}}, notShown: true},
		{name: "query forbidden", provider: serve.RegistrarSettings{RefuseQuery: serve.Refusal{Code: 403, Reason: "Query not supported"}}, outcome: facts.NotRun, want: &facts.Bindings{Contacts: []facts.Binding{}}, notShown: true},
		{name: "interval too brief", provider: serve.RegistrarSettings{RefuseQuery: serve.Refusal{Code: 423}}, outcome: facts.NotRun, want: &facts.Bindings{Contacts: []facts.Binding{}}, notShown: true},
		{name: "account barred", provider: serve.RegistrarSettings{RefuseQuery: serve.Refusal{Code: 403, Reason: "Account barred"}}, outcome: facts.NotRun},
		{name: "wrong password", password: "another", outcome: facts.NotRun},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			w := newSite(t, "udp", tt.provider)
			if tt.password != "" {
				w.probe.Trunk.Password = tt.password
			}
			if tt.bind {
				w.provider.Bind(user, bound)
			}
			w.look(t)
			before := w.provider.Count().Requests
			r := probes.Bindings{}.Look(t.Context(), w.known)
			file(&w.known, r)
			got := w.known.Bindings
			if got != nil {
				if (got.NotShown != "") != tt.notShown {
					t.Errorf("not shown: %q", got.NotShown)
				}
				got.NotShown = ""
				for i := range got.Contacts {
					if e := time.Duration(got.Contacts[i].Expires); e <= 0 || e > time.Hour {
						t.Errorf("expires %v", e)
					}
					got.Contacts[i].Expires = 0
				}
			}
			if diff := cmp.Diff(tt.want, got, cmp.Comparer(func(a, b netip.AddrPort) bool { return a == b })); diff != "" || r.Outcome != tt.outcome {
				t.Errorf("%s, %s (-want +got):\n%s", r.Outcome, r.Saw, diff)
			}
			if after := w.provider.Count().Requests; after != before {
				t.Errorf("%d more requests", after-before)
			}
		})
	}
}

// By IPv6 the login goes as by IPv4, with the same rules.
func TestLoginByIPv6(t *testing.T) {
	if conn, err := net.ListenPacket("udp6", "[::1]:0"); err != nil {
		netnstest.Skip(t, "this machine has no IPv6: "+err.Error())
	} else {
		conn.Close()
	}
	for _, transport := range []string{"udp", "tcp"} {
		w := newSiteAt(t, transport, "::1", serve.RegistrarSettings{})
		w.probe.Dial.Source = netip.MustParseAddr("127.0.0.1")
		r, l := w.look(t)
		if r.Outcome != facts.Passed || !l.Accepted || l.Attempts != 1 || !l.Reply.From.Addr().Is6() || !l.Reply.SeenAs.Addr().Is6() {
			t.Errorf("%s: %s %s: %+v", transport, r.Outcome, r.Saw, l)
		}
		w = newSiteAt(t, transport, "::1", serve.RegistrarSettings{Accounts: []serve.Account{{User: user, Password: "another"}}})
		if r, l := w.look(t); r.Outcome != facts.Failed || l.Accepted || l.Reply == nil || l.Reply.Code != 401 && l.Reply.Code != 403 {
			t.Errorf("%s, wrong password: %s %s", transport, r.Outcome, r.Saw)
		}
		w = newSiteAt(t, transport, "::1", serve.RegistrarSettings{})
		w.probe.Networks = []netip.Prefix{netip.MustParsePrefix("2001:db8::/32")}
		if r, l := w.look(t); r.Outcome != facts.Failed || !strings.Contains(l.Withheld, "outside of the provider's networks") {
			t.Errorf("%s, another network: %s %s", transport, r.Outcome, l.Withheld)
		}
	}
}

// Another step heard the provider fall silent after the login's first message: our own restraint is no fault of the box.
func TestLoginHeldBack(t *testing.T) {
	w := newSite(t, "udp", serve.RegistrarSettings{})
	w.ledger.seen = func() int {
		w.probe.Dial.Conduct.Stop("the provider fell silent")
		return 0
	}
	r, login := w.look(t)
	if r.Outcome != facts.NotRun || !strings.Contains(r.Saw, "fell silent") || login.Attempts != 0 || login.Accepted {
		t.Errorf("%s: %s, %d attempts, accepted: %t", r.Outcome, r.Saw, login.Attempts, login.Accepted)
	}
}
