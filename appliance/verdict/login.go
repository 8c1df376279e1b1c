package verdict

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"trunktester/appliance/catalogue"
	"trunktester/appliance/catalogue/words"
	"trunktester/appliance/profile"
	"trunktester/probes/facts"
)

// boxFile stands in every red of light 4 (verdict rule 6).
var boxFile = " " + words.Said("verdict.box-file")

// login judges light 4: does the provider accept this trunk?
func login(in Input) []candidate {
	if noTrunk(in) || imposed(in.Facts, trunk(in).Transport) { // then the provider was not asked
		return nil
	}
	found := append(certificate(in), ignored(in)...)
	if trunk(in).Auth == "ip" {
		return append(found, publicAddress(in)...)
	}
	if in.Facts.Login == nil {
		return append(found, refusedEarlier(in)...)
	}
	return append(found, doubted(in, credentials(in))...)
}

// doubted says of what a registrar answered that it may be another device's answer, where one answers in the place of others.
func doubted(in Input, found []candidate) []candidate {
	if !whoseUnknown(in) {
		return found
	}
	for i, c := range found {
		if c.acts == nil {
			cause, _ := catalogue.Find(c.code)
			c.acts = cause.Acts
		}
		if !slices.Contains(c.acts, catalogue.IT) {
			c.acts = append(slices.Clone(c.acts), catalogue.IT)
		}
		found[i].acts, found[i].text = c.acts, c.text+" "+words.Said("verdict.answer-whose")
	}
	return found
}

// credentials judges the registrar's answers.
func credentials(in Input) []candidate {
	l := *in.Facts.Login
	if let(in.Facts) {
		return nil
	}
	if l.Attempts == 0 {
		if want := trunk(in).Realm; want != "" && len(l.Challenges) > 0 && !offered(l, want) {
			return []candidate{realm(in, l, want)}
		}
		if l.First == nil {
			return deaf(in)
		}
		if code := row(l.First.Code, l.First.Reason, false); code != "" {
			return []candidate{status(code, *l.First, false)}
		}
		return refusedEarlier(in)
	}
	if l.Reply == nil {
		return []candidate{silence(in.Facts)}
	}
	code := row(l.Reply.Code, l.Reply.Reason, true)
	switch code {
	case "", "5-5": // 5-5 is light 5's
		return nil
	case "4-2":
		return []candidate{wrongLogin(in, l)}
	}
	return []candidate{status(code, *l.Reply, true)}
}

func offered(l facts.Login, realm string) bool {
	for _, c := range l.Challenges {
		if c.Realm == realm {
			return true
		}
	}
	return false
}

func realm(in Input, l facts.Login, want string) candidate {
	c := candidate{code: "4-1", kind: catalogue.Stops, text: words.Said("verdict.wrong-realm", "realm", strconv.Quote(l.Challenges[0].Realm), "ours", strconv.Quote(want)) + boxFile}
	return reset(in, l, c)
}

func wrongLogin(in Input, l facts.Login) candidate {
	c := candidate{code: "4-2", kind: catalogue.Stops}
	if stale(l) {
		c.kind = catalogue.Hurts
		c.text = words.Said("verdict.stale", "answer", quoted(*l.Reply))
		c.acts = []catalogue.Actor{catalogue.Provider}
		return c
	}
	c.text = words.Said("verdict.login-refused", "answer", quoted(*l.Reply), "times", times(l.Attempts))
	if repeated(l) {
		c.text += " " + words.Said("verdict.asked-again")
		c.acts = []catalogue.Actor{catalogue.Reseller, catalogue.IT, catalogue.Provider}
	}
	c.text += boxFile
	return reset(in, l, c)
}

// repeated reports whether the challenge that answered the login is the one before: a registrar that looked at a login and
// refuses it asks with a new nonce.
func repeated(l facts.Login) bool {
	n := len(l.Challenges)
	return (l.Reply.Code == 401 || l.Reply.Code == 407) && n > 1 && !l.Challenges[n-1].NewNonce
}

// stale reports whether the last challenge said that the answer itself was right but too old.
func stale(l facts.Login) bool {
	n := len(l.Challenges)
	return l.Reply != nil && (l.Reply.Code == 401 || l.Reply.Code == 407) && n > 1 && l.Challenges[n-1].Stale
}

// reset turns a wrong realm or login into 4-5 when there is evidence that settings were changed (rule 7).
func reset(in Input, l facts.Login, c candidate) candidate {
	why := ""
	switch r := in.Facts.Remembered; {
	case in.Answers.SettingsChanged != nil:
		if *in.Answers.SettingsChanged {
			why = words.Said("verdict.told-changed")
		}
	case trunk(in).SettingsChanged:
		why = words.Said("verdict.file-changed")
	case r != nil && r.Realm != "" && len(l.Challenges) > 0 && !offered(l, r.Realm):
		why = words.Said("verdict.realm-changed", "before", strconv.Quote(r.Realm), "now", strconv.Quote(l.Challenges[0].Realm))
	}
	if why == "" {
		return c
	}
	c.code = "4-5"
	c.text = strings.TrimSuffix(c.text, boxFile) + " " + words.Said("verdict.set-again", "why", why) + boxFile
	return c
}

func status(code string, r facts.Reply, after bool) candidate {
	c := candidate{code: code, kind: catalogue.Stops}
	c.text = words.Said("verdict.status-before", "answer", quoted(r))
	if after {
		c.text = words.Said("verdict.status-after", "answer", quoted(r))
	}
	if r.RetryAfter > 0 {
		c.text += " " + words.Said("verdict.retry-after", "time", r.RetryAfter)
	}
	c.text += boxFile
	return c
}

// deaf judges a provider that answers SIP, but no REGISTER, so that no login could be tried.
func deaf(in Input) []candidate {
	f, own := in.Facts, trunk(in).Transport
	n, span := unanswered(path(f, own), "REGISTER")
	enough := n >= sipSends && span >= facts.Duration(sipSpan) || own != "udp" && n > 0
	if !answered(f, own) || !enough || contrasted(f) {
		return nil
	}
	return []candidate{{code: "4-9", kind: catalogue.Stops, acts: []catalogue.Actor{catalogue.Provider, catalogue.IT},
		text:   words.Said("verdict.deaf", "transport", strings.ToUpper(own), "n", n) + boxFile,
		advice: "register"}}
}

// silence judges a login that was never answered. Two lost packets explain it as well as a ban does when
// the line is known to lose some, or when other messages were answered afterwards.
func silence(f facts.Facts) candidate {
	l := *f.Login
	c := candidate{code: "4-9", kind: catalogue.Stops, text: words.Said("verdict.login-silent", "n", l.Attempts) + boxFile}
	otherwise := ""
	switch {
	case len(l.AnsweredBy) > 0:
		otherwise = words.Said("verdict.others-answered")
	case lossy(f):
		otherwise = words.Said("verdict.line-lossy")
	}
	if otherwise != "" {
		c.kind = catalogue.Hurts
		c.text = words.Said("verdict.login-lost", "n", l.Attempts, "otherwise", otherwise)
		c.advice = "lost"
	}
	return c
}

// refusedEarlier repeats what the last login brought when the box may not try again by itself.
func refusedEarlier(in Input) []candidate {
	r := in.Facts.Remembered
	if r == nil || !r.LoginRefused || !answeredAny(in.Facts) || r.RefusedWith == 0 {
		return nil
	}
	c := candidate{code: row(r.RefusedWith, "", true), kind: catalogue.Stops}
	if c.code == "" || c.code == "5-5" {
		return nil
	}
	c.text = words.Said("verdict.refused-earlier", "code", r.RefusedWith) + boxFile
	c.advice = "once-more"
	return []candidate{c}
}

// publicAddress judges an address-authenticated trunk: what the provider sees, against the portal.
func publicAddress(in Input) []candidate {
	c := in.Facts.CheckIP
	if c == nil {
		return nil
	}
	seen, text := seenAddress(*c), words.Said("verdict.check-ip-provider", "portal", c.Portal, "seen", seenAddress(*c))
	if !c.Provider.IsValid() {
		text = words.Said("verdict.check-ip-internet", "portal", c.Portal, "seen", seen)
	}
	if !seen.IsValid() || seen.Is4() != c.Portal.Is4() || seen == c.Portal {
		return nil
	}
	if !c.Provider.IsValid() {
		text += " " + words.Said("verdict.check-ip-likely")
	}
	return []candidate{{code: "4-6", kind: catalogue.Stops, text: text + boxFile}}
}

// ignored judges a provider whose SIP is silent to us though it is alive and SIP passes to others.
func ignored(in Input) []candidate {
	f := in.Facts
	all := attempts(f)
	if len(all) == 0 || answeredAny(f) || refusedByServer(all) {
		return nil
	}
	if _, ok := refuser(all); ok {
		return nil
	}
	if ping, _ := pinged(f); !ping || !ignores(in) || wrongServer(in) {
		return nil // 2-4, 2-6, 3-1, 3-3 or 3-4 speaks
	}
	if own := path(f, trunk(in).Transport); own == nil || tlsFault(*own) != nil {
		return nil
	}
	address := words.Said("verdict.public-address")
	if f.Public != nil && f.Public.Addr.IsValid() {
		address = f.Public.Addr.String()
	}
	text := words.Said("verdict.ignored", "provider", all[0].Target.Addr(), "address", address)
	if walked(in) == reachOut {
		text += gotOut(in)
	}
	return []candidate{{code: "4-9", kind: catalogue.Stops, text: text + " " + words.Said("verdict.ask-blocked", "address", address) + boxFile}}
}

// ignores reports whether SIP passes from here, so that the provider's silence is its own: to another host on the trunk's own
// port and transport, or to another host at all while packets on the trunk's port get out of the site.
func ignores(in Input) bool {
	switch walked(in) {
	case reachSite, reachDisputed:
		return false
	case reachOut:
		return controlsAnswer(in.Facts)
	}
	return sameWay(in) && !cut(in)
}

// certificate judges the provider's certificate: its dates only when the clock is known. It stops a TLS trunk only; beside
// another one it is worth knowing before that is set to TLS.
func certificate(in Input) []candidate {
	f := in.Facts
	if f.TLS == nil {
		return nil
	}
	s := cmp.Or(tlsFault(*f.TLS), datedLater(f))
	if s == nil || !s.ClockKnown && (s.Fault == "expired" || s.Fault == "not-yet") || stuck(in) {
		return nil
	}
	text := certificateWords(*s, trunk(in))
	if trunk(in).Transport == "tls" {
		return []candidate{{code: "4-8", kind: catalogue.Stops, text: text + boxFile}}
	}
	if s.Fault == "handshake" || s.Fault == "unknown-authority" && trunk(in).TLSCA == nil {
		return nil // what else serves that port, and an authority that only this provider's customers know, are nobody's fault
	}
	return []candidate{{code: "4-8", kind: catalogue.Tells, text: text + " " + words.Said("verdict.tls-unused")}}
}

// tlsFault is the session of the preferred server when its certificate or handshake is at fault.
func tlsFault(p facts.Path) *facts.TLSSession {
	if len(p.Targets) == 0 || p.Targets[0].TLS == nil || p.Targets[0].TLS.Fault == "" {
		return nil
	}
	return p.Targets[0].TLS
}

// datedLater is the session of the preferred server when its certificate's dates are at fault by a clock that was known only
// after the handshake, as it may be where the trunk does not use TLS.
func datedLater(f facts.Facts) *facts.TLSSession {
	if len(f.TLS.Targets) == 0 || f.TLS.Targets[0].TLS == nil || f.Clock == nil || f.Clock.Now == nil {
		return nil
	}
	s := *f.TLS.Targets[0].TLS
	switch {
	case s.ClockKnown || s.Error != "" || s.NotAfter.IsZero():
		return nil
	case f.Clock.Now.After(s.NotAfter):
		s.Fault = "expired"
	case f.Clock.Now.Before(s.NotBefore):
		s.Fault = "not-yet"
	default:
		return nil
	}
	s.ClockKnown = true
	return &s
}

// certificateWords says what is wrong; the certificate may be for the trunk's proxy or for its domain.
func certificateWords(s facts.TLSSession, t profile.Trunk) string {
	switch s.Fault {
	case "expired":
		return words.Said("verdict.cert-expired", "date", s.NotAfter.Format(time.DateOnly))
	case "not-yet":
		return words.Said("verdict.cert-not-yet", "date", s.NotBefore.Format(time.DateOnly))
	case "name":
		names := strings.Join(s.Names, ", ")
		if t.ProxyHost != "" && t.ProxyHost != t.Domain {
			return words.Said("verdict.cert-name-two", "names", names, "proxy", t.ProxyHost, "domain", t.Domain)
		}
		return words.Said("verdict.cert-name", "names", names, "domain", t.Domain)
	case "unknown-authority":
		return words.Said("verdict.cert-authority", "issuer", strconv.Quote(s.Issuer))
	case "client-certificate":
		return words.Said("verdict.cert-client")
	}
	return words.Said("verdict.cert-tls", "error", s.Error)
}

func quoted(r facts.Reply) string {
	return strings.TrimSpace(fmt.Sprintf("\"%d %s", r.Code, r.Reason)) + `"`
}

func times(n int) string {
	if n == 1 {
		return words.Said("verdict.one-attempt")
	}
	return words.Said("verdict.attempts", "n", n)
}
