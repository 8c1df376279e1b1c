package verdict

import (
	"cmp"
	"fmt"
	"strings"

	"trunktester/appliance/catalogue"
	"trunktester/appliance/profile"
	"trunktester/probes/facts"
)

// boxFile stands in every red of light 4 (verdict rule 6).
const boxFile = " This was tested with the settings in the box's file."

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
	return append(found, credentials(in)...)
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
	c := candidate{code: "4-1", kind: catalogue.Stops, text: fmt.Sprintf(
		"The provider asks for the realm %q, but the settings say %q. The username and password were not sent.", l.Challenges[0].Realm, want) + boxFile}
	return reset(in, l, c)
}

func wrongLogin(in Input, l facts.Login) candidate {
	c := candidate{code: "4-2", kind: catalogue.Stops}
	if stale(l) {
		c.kind = catalogue.Hurts
		c.text = fmt.Sprintf("The provider's challenge ran out twice (stale); whether username and password are right could not be told. %s", quoted(*l.Reply))
		c.acts = []catalogue.Actor{catalogue.Provider}
		return c
	}
	c.text = fmt.Sprintf("The provider refuses the login: %s after %s. Either the username or the password is wrong; SIP does not say which of the two.",
		quoted(*l.Reply), times(l.Attempts))
	if repeated(l) {
		c.text += " But it asked the same question once more, word for word (the same nonce), as if it had not seen the login: a device on the way may take that out. Cannot tell which."
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
			why = "somebody said that settings or the SIP domain were changed"
		}
	case trunk(in).SettingsChanged:
		why = "the box's file says that settings or the SIP domain were changed"
	case r != nil && r.Realm != "" && len(l.Challenges) > 0 && !offered(l, r.Realm):
		why = fmt.Sprintf("the realm was %q in the last run and is %q now", r.Realm, l.Challenges[0].Realm)
	}
	if why == "" {
		return c
	}
	c.code = "4-5"
	c.text = strings.TrimSuffix(c.text, boxFile) + fmt.Sprintf(" And %s: then the trunk password must be set again.", why) + boxFile
	return c
}

func status(code string, r facts.Reply, after bool) candidate {
	c := candidate{code: code, kind: catalogue.Stops}
	when := "before any username or password was sent"
	if after {
		when = "after the username and password were sent"
	}
	c.text = fmt.Sprintf("The provider answered %s %s.", quoted(r), when)
	if r.RetryAfter > 0 {
		c.text += fmt.Sprintf(" It asks to wait %s.", r.RetryAfter)
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
		text: fmt.Sprintf("The provider answers OPTIONS over %s, but no REGISTER: %d were sent. Either the provider ignores it from this address, or a device on the way drops it: cannot tell which.",
			strings.ToUpper(own), n) + boxFile,
		advice: "register"}}
}

// silence judges a login that was never answered. Two lost packets explain it as well as a ban does when
// the line is known to lose some, or when other messages were answered afterwards.
func silence(f facts.Facts) candidate {
	l := *f.Login
	c := candidate{code: "4-9", kind: catalogue.Stops, text: fmt.Sprintf(
		"The provider answered the first message, then nothing: %d messages with the login were not answered.", l.Attempts) + boxFile}
	otherwise := ""
	switch {
	case len(l.AnsweredBy) > 0:
		otherwise = "while the provider answered others afterwards"
	case lossy(f):
		otherwise = "and the line loses packets"
	}
	if otherwise != "" {
		c.kind = catalogue.Hurts
		c.text = fmt.Sprintf("%d messages with the login were not answered, %s. Lost packets or a refusal: cannot tell which.", l.Attempts, otherwise)
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
	c.text = fmt.Sprintf("The provider refused this login in an earlier run (%d). The box did not try again by itself, so as not to lock the account.", r.RefusedWith) + boxFile
	c.advice = "once-more"
	return []candidate{c}
}

// publicAddress judges an address-authenticated trunk: what the provider sees, against the portal.
func publicAddress(in Input) []candidate {
	c := in.Facts.CheckIP
	if c == nil {
		return nil
	}
	seen, how := seenAddress(*c), "the provider sees this line as"
	if !c.Provider.IsValid() {
		how = "the internet sees this line as"
	}
	if !seen.IsValid() || seen.Is4() != c.Portal.Is4() || seen == c.Portal {
		return nil
	}
	text := fmt.Sprintf("The portal's Check IP is %s, but %s %s.", c.Portal, how, seen)
	if !c.Provider.IsValid() {
		text += " This is likely, not proved: the provider itself did not say what it sees."
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
	address := "this line's public address"
	if f.Public != nil && f.Public.Addr.IsValid() {
		address = f.Public.Addr.String()
	}
	how := ""
	if walked(in) == reachOut {
		how = gotOut(in)
	}
	return []candidate{{code: "4-9", kind: catalogue.Stops, text: fmt.Sprintf(
		"The provider %s answers ping and other SIP hosts answer, but the provider answers no SIP message from %s.%s Ask whether %s is blocked; first stop the PBX from retrying.",
		all[0].Target.Addr(), address, how, address) + boxFile}}
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
	words := certificateWords(*s, trunkNames(trunk(in)))
	if trunk(in).Transport == "tls" {
		return []candidate{{code: "4-8", kind: catalogue.Stops, text: words + boxFile}}
	}
	if s.Fault == "handshake" || s.Fault == "unknown-authority" && trunk(in).TLSCA == nil {
		return nil // what else serves that port, and an authority that only this provider's customers know, are nobody's fault
	}
	return []candidate{{code: "4-8", kind: catalogue.Tells, text: words + " This trunk does not use TLS, so it does not matter until it is set to that."}}
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

// trunkNames are the names that the certificate may be for.
func trunkNames(t profile.Trunk) string {
	if t.ProxyHost == "" || t.ProxyHost == t.Domain {
		return t.Domain
	}
	return t.ProxyHost + " or " + t.Domain
}

func certificateWords(s facts.TLSSession, wanted string) string {
	const day = "2 January 2006"
	switch s.Fault {
	case "expired":
		return fmt.Sprintf("The provider's certificate ran out on %s.", s.NotAfter.Format(day))
	case "not-yet":
		return fmt.Sprintf("The provider's certificate is only valid from %s.", s.NotBefore.Format(day))
	case "name":
		return fmt.Sprintf("The provider's certificate is for %s, not for %s.", strings.Join(s.Names, ", "), wanted)
	case "unknown-authority":
		return fmt.Sprintf("The provider's certificate was issued by %q, which is not a known authority.", s.Issuer)
	case "client-certificate":
		return "The provider wants a certificate from the PBX, and the box has none."
	}
	return fmt.Sprintf("The encrypted connection (TLS) could not be set up: %s.", s.Error)
}

func quoted(r facts.Reply) string {
	return strings.TrimSpace(fmt.Sprintf("\"%d %s", r.Code, r.Reason)) + `"`
}

func times(n int) string {
	if n == 1 {
		return "one attempt"
	}
	return fmt.Sprintf("%d attempts", n)
}
