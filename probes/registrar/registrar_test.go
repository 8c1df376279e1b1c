package registrar

import (
	"fmt"
	"net/netip"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/icholy/digest"

	"trunktester/probes/facts"
	"trunktester/probes/sip"
)

const secret = "Sesam0ffne-dich"

var (
	box   = netip.MustParseAddr("192.168.1.20")
	there = netip.MustParseAddrPort("192.168.1.30:5060")
)

func trunk() Trunk {
	return Trunk{Domain: "sip.example.net", Username: "441632960000", AuthUser: "441632960000", Password: secret,
		Realm: "sip.example.net", RealmFrom: "provider"}
}

// pbx is a telephone system as it is set up; its digests are made by a library that is not ours.
type pbx struct {
	user, authUser, password string
	domain                   string
	bound                    string // its credentials are for this realm only; "" for any
	mute                     bool   // it has no credentials
	agent                    string
	over                     digest.Challenge // replaces what it understands of the challenge, where set

	cseq   int
	callID string
}

func usual() *pbx {
	return &pbx{user: "441632960000", authUser: "441632960000", password: secret, domain: "192.168.1.20", agent: "Test PBX 1.0", callID: "a-call"}
}

func (p *pbx) message(authorization string) []byte {
	p.cseq++
	return fmt.Appendf(nil, "REGISTER sip:%[1]s SIP/2.0\r\nVia: SIP/2.0/UDP 192.168.1.30:5060;branch=z9hG4bK%[2]d;rport\r\nFrom: <sip:%[3]s@%[1]s>;tag=1\r\n"+
		"To: <sip:%[3]s@%[1]s>\r\nCall-ID: %[6]s\r\nCSeq: %[2]d REGISTER\r\nContact: <sip:%[3]s@192.168.1.30:5060>\r\nExpires: 600\r\nUser-Agent: %[5]s\r\n%[4]sContent-Length: 0\r\n\r\n",
		p.domain, p.cseq, p.user, authorization, p.agent, p.callID)
}

// register sends a REGISTER and answers the challenge, if it will; the last answer's code is given.
func (p *pbx) register(t *testing.T, r *Registrar) int {
	t.Helper()
	reply := sip.Split(r.Answer(p.message(""), there, "udp"))
	for range 2 {
		if reply.Code != 401 || p.mute {
			return reply.Code
		}
		authorization := p.answer(t, reply)
		if authorization == "" {
			return reply.Code
		}
		reply = sip.Split(r.Answer(p.message(authorization), there, "udp"))
	}
	return reply.Code
}

func (p *pbx) answer(t *testing.T, reply *sip.Message) string {
	t.Helper()
	for _, c := range reply.Challenges() {
		if p.bound != "" && c.Realm() != p.bound {
			continue
		}
		made, err := digest.Digest(&digest.Challenge{Realm: c.Realm(), Nonce: c.Nonce(), Algorithm: c.Algorithm(), QOP: c.QOP()},
			digest.Options{Method: "REGISTER", URI: "sip:" + p.domain, Username: p.authUser, Password: p.password, Count: 1})
		if err != nil {
			t.Fatal(err)
		}
		return "Authorization: " + made.String() + "\r\n"
	}
	return ""
}

var (
	same  = facts.Match{Is: facts.Same}
	other = facts.Match{Is: facts.Other}
)

func slip(words string) facts.Match { return facts.Match{Is: facts.Slipped, Slip: words} }

func TestTickets(t *testing.T) {
	type result struct {
		user, auth, domain, realm, password facts.Match
		code                                int
	}
	right := result{user: same, auth: same, realm: same, password: same, code: 200}
	with := func(change func(*result)) result {
		r := right
		change(&r)
		return r
	}
	password := func(m facts.Match) result {
		return with(func(r *result) { r.password, r.code = m, 401 })
	}
	for _, c := range []struct {
		ticket string
		pbx    func(*pbx)
		trunk  func(*Trunk)
		want   result
	}{
		{"the settings are right", func(p *pbx) {}, nil, right},
		{"the domain is entered, and the box is its outbound proxy", func(p *pbx) { p.domain = "sip.example.net" }, nil,
			with(func(r *result) { r.domain = same })},
		{"the provider's realm is not its domain", func(p *pbx) { p.domain = "sip.example.net" }, func(t *Trunk) { t.Realm = "asterisk" },
			with(func(r *result) { r.domain = same })},

		{"another password", func(p *pbx) { p.password = "something else" }, nil, password(other)},
		{"a space was pasted behind the password", func(p *pbx) { p.password += " " }, nil, password(slip("has a space at its end"))},
		{"a space was pasted before the password", func(p *pbx) { p.password = " " + p.password }, nil, password(slip("has a space at its beginning"))},
		{"caps lock was on", func(p *pbx) { p.password = "sESAM0FFNE-DICH" }, nil, password(slip("has its capital and small letters exchanged (caps lock)"))},
		{"a telephone began the password with a small letter", func(p *pbx) { p.password = "sesam0ffne-dich" }, nil, password(slip("is written in small letters"))},
		{"the letter O in the place of the digit 0", func(p *pbx) { p.password = "SesamOffne-dich" }, nil,
			password(slip("has characters that look alike exchanged (0 and O, 1 and l and I)"))},
		{"the field of the PBX takes 12 characters", func(p *pbx) { p.password = secret[:12] }, nil, password(slip("is cut off at its end"))},
		{"one character was forgotten", func(p *pbx) { p.password = "Sesam0ffe-dich" }, nil, password(slip("lacks one character"))},
		{"a word processor made a long dash", func(p *pbx) { p.password = "Sesam0ffne–dich" }, nil, password(slip("has curly quotes or long dashes"))},
		{"the password was never entered", func(p *pbx) { p.password = "" }, nil, password(slip("is empty"))},
		{"the username stands in the password's field", func(p *pbx) { p.password = p.user }, nil, password(slip("is the username"))},
		{"the password was saved as web code", func(p *pbx) { p.password = "a&amp;b&amp;c42" }, func(t *Trunk) { t.Password = "a&b&c42" },
			password(slip("is written with web codes, as &amp; or %26"))},
		{"the PBX sends ISO 8859-1", func(p *pbx) { p.password = "Schl\xfcssel" }, func(t *Trunk) { t.Password = "Schlüssel" },
			password(slip("is written in another character set"))},

		{"another username everywhere", func(p *pbx) { p.user, p.authUser = "441632960001", "441632960001" }, nil,
			with(func(r *result) { r.user, r.auth, r.code = other, other, 403 })},
		{"the username in national form", func(p *pbx) { p.user, p.authUser = "01632960000", "01632960000" }, nil,
			with(func(r *result) {
				r.user, r.auth, r.code = slip("is the same number in another form"), slip("is the same number in another form"), 403
			})},
		{"the login name is the username with the domain", func(p *pbx) { p.authUser += "@sip.example.net" }, nil,
			with(func(r *result) { r.auth, r.code = slip("has the domain behind it"), 403 })},
		{"a login name in capital letters", func(p *pbx) { p.authUser = "TRUNK-7" }, func(t *Trunk) { t.AuthUser = "trunk-7" },
			with(func(r *result) { r.auth, r.code = slip("has its capital and small letters exchanged (caps lock)"), 403 })},
		{"another domain", func(p *pbx) { p.domain = "sip.other.example" }, nil,
			with(func(r *result) { r.domain, r.code = other, 403 })},
		{"another username, and another password too", func(p *pbx) { p.user, p.authUser, p.password = "100", "100", "100100" }, nil,
			with(func(r *result) { r.user, r.auth, r.password, r.code = other, other, other, 401 })},

		{"the trunk in the PBX is bound to its domain as realm", func(p *pbx) { p.domain, p.bound = "sip.example.net", "sip.example.net" },
			func(t *Trunk) { t.Realm = "provider" }, result{user: same, domain: same, code: 401}},
	} {
		t.Run(c.ticket, func(t *testing.T) {
			settings, p := trunk(), usual()
			c.pbx(p)
			if c.trunk != nil {
				c.trunk(&settings)
			}
			r := New(settings, box, "test")
			code := p.register(t, r)
			seen, _ := r.Devices()
			if len(seen) != 1 {
				t.Fatalf("%d devices", len(seen))
			}
			d := seen[0]
			got := result{d.UserIs, d.AuthUserIs, d.DomainIs, d.RealmIs, d.PasswordIs, code}
			if diff := cmp.Diff(c.want, got, cmp.AllowUnexported(result{})); diff != "" {
				t.Errorf("want - got +\n%s", diff)
			}
			if d.Accepted != (code == 200) {
				t.Errorf("accepted %v, answered %d", d.Accepted, code)
			}
			hidden(t, d, p.password, string(settings.Password.Reveal()))
		})
	}
}

// hidden searches what is kept of a device for secrets.
func hidden(t *testing.T, d facts.PBXDevice, secrets ...string) {
	t.Helper()
	kept := fmt.Sprintf("%+v", d)
	for _, s := range secrets {
		if len(s) >= 6 && s != d.User && s != d.AuthUser && strings.Contains(kept, s) {
			t.Errorf("a password is kept: %.40s...", kept)
		}
	}
	for _, c := range sip.Split([]byte(d.Sent)).Credentials() {
		for _, name := range []string{"response", "nonce", "cnonce"} {
			if strings.Trim(c.Param(name), "*") != "" {
				t.Errorf("%s is kept", name)
			}
		}
	}
}

// A PBX whose settings are bound to another realm shows it when it is offered that one.
func TestRealmBound(t *testing.T) {
	for _, bound := range []string{"asterisk", "sip.example.net"} {
		settings, p := trunk(), usual()
		settings.Realm = "provider"
		p.bound = bound
		r := New(settings, box, "test")
		for range 2 {
			p.register(t, r)
		}
		seen, _ := r.Devices()
		if d := seen[0]; d.Realm != bound || d.RealmIs != other || d.PasswordIs != same || d.Accepted {
			t.Errorf("bound to %s: realm %q %+v, password %+v", bound, d.Realm, d.RealmIs, d.PasswordIs)
		}
	}
}

// A PBX that keeps HA1 in the place of the password computed it for another realm.
func TestHashForAnotherRealm(t *testing.T) {
	settings, p := trunk(), usual()
	settings.Realm = "provider"
	p.domain = "sip.example.net"
	r := New(settings, box, "test")
	reply := sip.Split(r.Answer(p.message(""), there, "udp"))
	nonce := reply.Challenges()[0].Nonce()
	ha1 := hashed(p.authUser, "sip.example.net", secret)
	response := hashed(ha1, nonce, "00000001", "c", "auth", hashed("REGISTER", "sip:sip.example.net"))
	r.Answer(p.message(fmt.Sprintf("Authorization: Digest username=\"%s\", realm=\"provider\", nonce=\"%s\", uri=\"sip:sip.example.net\", "+
		"response=\"%s\", algorithm=MD5, qop=auth, nc=00000001, cnonce=\"c\"\r\n", p.authUser, nonce, response)), there, "udp")
	seen, _ := r.Devices()
	if d := seen[0]; d.PasswordIs != same || d.RealmIs.Is != facts.Slipped {
		t.Errorf("password %+v, realm %+v", d.PasswordIs, d.RealmIs)
	}
}

// A PBX without credentials only asks again and again.
func TestMute(t *testing.T) {
	p := usual()
	p.mute = true
	r := New(trunk(), box, "test")
	for range 4 {
		p.register(t, r)
	}
	seen, _ := r.Devices()
	if d := seen[0]; d.Unanswered != 4 || d.Repeats != 0 || d.AuthUser != "" || d.PasswordIs.Is != facts.NotSeen {
		t.Errorf("%+v", d)
	}
}

// Messages that are repeated unchanged were not heard: the answer is the same, and they are counted apart.
func TestRepeats(t *testing.T) {
	r := New(trunk(), box, "test")
	m := usual().message("")
	first := r.Answer(m, there, "udp")
	for range 3 {
		if again := r.Answer(m, there, "udp"); string(again) != string(first) {
			t.Errorf("another answer to the same message: %s", sip.Redact(string(again)))
		}
	}
	if seen, _ := r.Devices(); seen[0].Repeats != 3 || seen[0].Registers != 1 {
		t.Errorf("%d repeats of %d", seen[0].Repeats, seen[0].Registers)
	}
}

// The setting was corrected while the box listened.
func TestCorrected(t *testing.T) {
	p := usual()
	p.password = "wrong"
	r := New(trunk(), box, "test")
	p.register(t, r)
	p.password = secret
	if code := p.register(t, r); code != 200 {
		t.Errorf("answered %d", code)
	}
	if seen, _ := r.Devices(); len(seen) != 1 || !seen[0].Accepted {
		t.Errorf("%+v", seen)
	}
}

// What the PBX sends of itself is shown.
func TestHeaders(t *testing.T) {
	r := New(trunk(), box, "test")
	r.Answer([]byte("REGISTER sip:192.168.1.20;transport=udp SIP/2.0\nv: SIP/2.0/UDP 203.0.113.2:5062;branch=z9hG4bKx\nf: \"Office\" <sip:441632960000@192.168.1.20>;tag=9\n"+
		"t: <sip:441632960000@192.168.1.20>\ni: x\nCSeq: 7 REGISTER\nm: <sip:441632960000@203.0.113.2:5062;x=y>;expires=0\nUser-Agent: Sample\n\n"), there, "udp")
	seen, _ := r.Devices()
	want := facts.PBXDevice{From: there, Transport: "udp", UserAgent: "Sample", Registers: 1, Unanswered: 1, Others: []string{}, RequestURI: "sip:192.168.1.20;transport=udp",
		User: "441632960000", Contact: "sip:441632960000@203.0.113.2:5062;x=y", Via: "203.0.113.2:5062", Expires: "0", Left: true, UserIs: same}
	if diff := cmp.Diff([]facts.PBXDevice{want}, seen, cmpopts.IgnoreFields(facts.PBXDevice{}, "Sent"), cmp.Comparer(func(a, b netip.AddrPort) bool { return a == b })); diff != "" {
		t.Errorf("want - got +\n%s", diff)
	}
}

func TestOtherMethods(t *testing.T) {
	r := New(trunk(), box, "test")
	for method, code := range map[string]int{"OPTIONS": 200, "INVITE": 503, "SUBSCRIBE": 405, "BYE": 481, "CANCEL": 481, "ACK": 0} {
		m := strings.ReplaceAll(string(usual().message("")), "REGISTER", method)
		if got := sip.Split(r.Answer([]byte(m), there, "udp")).Code; got != code {
			t.Errorf("%s: %d, want %d", method, got, code)
		}
	}
	for _, m := range []string{"", "\r\n\r\n", "\x00\x00\x00\x00", "SIP/2.0 200 OK\r\nVia: x\r\n\r\n", "GET / HTTP/1.1\r\n\r\n", "REGISTER sip:x SIP/2.0\r\n\r\n"} {
		if got := r.Answer([]byte(m), there, "udp"); got != nil {
			t.Errorf("%q was answered: %s", m, got)
		}
	}
	if _, unread := r.Devices(); unread != 2 {
		t.Errorf("%d unread", unread)
	}
}

// The trunk's password in the wrong field is not shown on the way.
func TestPasswordInTheWrongField(t *testing.T) {
	for _, user := range []string{secret, secret + "1", strings.ToUpper(secret), secret[:12]} {
		p := usual()
		p.user, p.authUser, p.agent = user, user, "PBX of "+user
		r := New(trunk(), box, "test")
		p.register(t, r)
		seen, _ := r.Devices()
		d := seen[0]
		if strings.Contains(fmt.Sprintf("%+v", d.User+d.AuthUser), user) {
			t.Errorf("shown: %s", d.User)
		}
	}
}

// A stranger on the link may not guess passwords without end, nor fill the box's memory.
func TestBounds(t *testing.T) {
	p := usual()
	r := New(trunk(), box, "test")
	for range mostProofs {
		p.password = "wrong"
		p.register(t, r)
	}
	p.password = secret
	if code := p.register(t, r); code == 200 {
		t.Error("a guess is still judged")
	}
	for i := range 3 * mostDevices {
		p.user = fmt.Sprintf("guess%d", i)
		p.register(t, r)
	}
	if seen, _ := r.Devices(); len(seen) != mostDevices {
		t.Errorf("%d devices", len(seen))
	}
	answers := 0
	for range mostMessages {
		if r.Answer(p.message(""), there, "udp") != nil {
			answers++
		}
	}
	if answers >= mostMessages {
		t.Error("every message of a flood was answered")
	}
}

// Old nonces, and the provider's own, prove nothing.
func TestForeignNonce(t *testing.T) {
	p := usual()
	first := New(trunk(), box, "test")
	authorization := p.answer(t, sip.Split(first.Answer(p.message(""), there, "udp")))
	r := New(trunk(), box, "test")
	if code := sip.Split(r.Answer(p.message(authorization), there, "udp")).Code; code != 401 {
		t.Errorf("answered %d", code)
	}
	if seen, _ := r.Devices(); seen[0].PasswordIs.Is != facts.NotSeen {
		t.Errorf("judged: %+v", seen[0].PasswordIs)
	}
}

func FuzzAnswer(f *testing.F) {
	p := usual()
	f.Add(p.message(""))
	f.Add(p.message("Authorization: Digest username=\"a\", realm=b, nonce=\"c\", response=\"d\"\r\n"))
	f.Add([]byte("REGISTER sip:x SIP/2.0\nVia: SIP/2.0/UDP [::1]:,;;rport,\nTo: <<>\nCSeq: 1 REGISTER\nCall-ID: ,\n"))
	f.Fuzz(func(t *testing.T, raw []byte) {
		r := New(trunk(), box, "test")
		first := sip.Split(r.Answer(raw, there, "udp"))
		nonce := ""
		if c := first.Challenges(); len(c) > 0 {
			nonce = c[0].Nonce()
		}
		reply := r.Answer([]byte(strings.ReplaceAll(string(raw), "NONCE", nonce)), there, "tcp")
		if reply != nil && sip.Split(reply).Code == 0 {
			t.Errorf("no response: %q", reply)
		}
		if seen, _ := r.Devices(); len(seen) > 0 && seen[0].Accepted {
			t.Error("accepted without the password")
		}
	})
}

func FuzzSlips(f *testing.F) {
	f.Add("Sesam0ffne-dich")
	f.Add("a\xff ")
	f.Fuzz(func(t *testing.T, want string) {
		n := 0
		for words, value := range slips(want) {
			if n++; value == want || words == "" {
				t.Errorf("%q gives %q", want, value)
			}
		}
		if n > 40*longest {
			t.Errorf("%d slips", n)
		}
	})
}
