package serve

import (
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"
)

// register answers a REGISTER (RFC 3261 section 10.3). r.mu is held.
func (r *Registrar) register(a asked) response {
	set := a.set
	if !a.seen.Credentials && set.ForceCode.Code != 0 {
		return set.ForceCode.response()
	}
	if a.seen.Credentials && set.ForceCodeAfter.Code != 0 {
		return set.ForceCodeAfter.response()
	}
	user := parseURI(parseNameAddr(a.m.get("to")).uri).user
	if set.NoChallenge {
		return r.bind(a, user)
	}
	c, ok := a.credentials()
	if !ok {
		return r.challenge(a, false)
	}
	account, known := set.account(c["username"])
	switch {
	case !known && set.UnknownUserCode != 0:
		return r.refuse(a, set.UnknownUserCode)
	case !known || !c.right(a.method, account.Password, a.m.body):
		return r.refuse(a, set.WrongPasswordCode)
	case !r.fresh(c, a.now, set.nonceLife()):
		return r.challenge(a, true)
	case set.StaleOnce && !r.staled:
		r.staled = true
		return r.challenge(a, true)
	case user != account.User:
		return status(403)
	}
	return r.bind(a, user)
}

// refuse says no to credentials: by a new challenge, or by a code.
func (r *Registrar) refuse(a asked, code int) response {
	switch code {
	case 0, 401, 407:
		return r.challenge(a, false)
	}
	return status(code)
}

func (s RegistrarSettings) account(authUser string) (Account, bool) {
	for _, acc := range s.Accounts {
		if acc.AuthUser == authUser || acc.AuthUser == "" && acc.User == authUser {
			return acc, true
		}
	}
	return Account{}, false
}

func (s RegistrarSettings) nonceLife() time.Duration {
	if s.NonceLife == 0 {
		return 30 * time.Second // as in the kamailio configuration of the lab
	}
	return s.NonceLife
}

// realms are those offered for a request.
func (a asked) realms() []string {
	switch {
	case len(a.set.Realms) > 0:
		return a.set.Realms
	case a.set.Realm != "":
		return []string{a.set.Realm}
	}
	_, uri := a.m.request()
	return []string{parseURI(uri).host}
}

func (s RegistrarSettings) algorithms() []string {
	if len(s.Algorithms) == 0 {
		return []string{"MD5"}
	}
	return s.Algorithms
}

// credentials are those for one of our realms and algorithms.
func (a asked) credentials() (credentials, bool) {
	for _, h := range a.m.headers {
		if h.name != "authorization" && h.name != "proxy-authorization" {
			continue
		}
		c, ok := parseCredentials(h.value)
		offered := func(alg string) bool { return strings.EqualFold(alg, c.algorithm()) }
		if ok && slices.Contains(a.realms(), c["realm"]) && slices.ContainsFunc(a.set.algorithms(), offered) {
			return c, true
		}
	}
	return nil, false
}

// challenge offers every realm with every algorithm, one header each (RFC 8760 section 2.3).
func (r *Registrar) challenge(a asked, stale bool) response {
	res, name := status(401), "WWW-Authenticate"
	if a.set.ProxyChallenge {
		res, name = status(407), "Proxy-Authenticate"
	}
	n := r.newNonce(a.now, a.set.nonceLife())
	for _, realm := range a.realms() {
		for _, alg := range a.set.algorithms() {
			res.headers = append(res.headers, sipHeader{name, challenge(realm, n, alg, stale)})
		}
	}
	return res
}

// live are the bindings of a user that have not ended. r.mu is held.
func (r *Registrar) live(user string, now time.Time) []Binding {
	r.bindings[user] = slices.DeleteFunc(r.bindings[user], func(b Binding) bool { return !b.Expires.After(now) })
	return r.bindings[user]
}

// bind carries out the contacts of an accepted REGISTER. r.mu is held.
func (r *Registrar) bind(a asked, user string) response {
	contacts := a.m.all("contact")
	if len(contacts) == 0 {
		if a.set.RefuseQuery.Code != 0 {
			return a.set.RefuseQuery.response()
		}
		return a.listing(r.live(user, a.now), nil)
	}
	if first(contacts) == "*" { // RFC 3261 section 10.2.2: alone, and with Expires: 0
		if len(contacts) != 1 || a.m.get("expires") != "0" {
			return status(400)
		}
		delete(r.bindings, user)
		return a.listing(nil, nil)
	}
	if a.set.FirstContact {
		contacts = contacts[:1]
	}
	now := slices.Clone(r.live(user, a.now))
	var own []string
	for _, value := range contacts {
		b, keep, res := a.binding(value)
		if res != nil {
			return *res
		}
		if old := slices.IndexFunc(now, func(o Binding) bool { return o.URI == b.URI }); old >= 0 {
			if now[old].CallID == b.CallID && now[old].CSeq >= b.CSeq {
				return response{code: 500, reason: "CSeq Out Of Order"} // RFC 3261 section 10.3 step 7
			}
			now = slices.Delete(now, old, old+1)
		}
		if !keep {
			continue
		}
		if a.set.SingleTarget {
			now = nil
		}
		now = append(now, b)
		own = append(own, b.URI)
	}
	if a.set.MaxContacts > 0 && len(now) > a.set.MaxContacts {
		return response{code: 503, reason: "Too many registered contacts"}
	}
	r.bindings[user] = now
	return a.listing(now, own)
}

// binding reads one Contact. keep is false when it is to be removed; a response is a refusal.
func (a asked) binding(value string) (b Binding, keep bool, refused *response) {
	c := parseNameAddr(value)
	asked := 3600 * time.Second // RFC 3261 section 10.2: the registrar chooses
	for _, s := range []string{a.m.get("expires"), c.params["expires"]} {
		if n, err := strconv.ParseUint(s, 10, 32); err == nil {
			asked = time.Duration(n) * time.Second
		}
	}
	if asked > 0 && asked < a.set.MinExpires {
		res := status(423, sipHeader{"Min-Expires", seconds(a.set.MinExpires)})
		return b, false, &res
	}
	cut := a.set.MaxExpires
	if cut == 0 {
		cut = time.Hour
	}
	if a.set.RewriteContacts {
		c.uri = rewritten(c.uri, a.seen.Source)
	}
	n, _ := a.cseq()
	return Binding{URI: c.uri, Received: a.seen.Source, Transport: a.seen.Transport, Expires: a.now.Add(min(asked, cut)),
		CallID: a.m.get("call-id"), CSeq: n, UserAgent: a.seen.UserAgent}, asked > 0, nil
}

// rewritten is a URI with another host and port.
func rewritten(uri string, at netip.AddrPort) string {
	u := parseURI(uri)
	out := u.scheme + ":"
	if u.user != "" {
		out += u.user + "@"
	}
	return out + at.String() + u.rest
}

// listing is the 200 with the current bindings (RFC 3261 section 10.3 step 8). received is told as
// Kamailio does.
func (a asked) listing(bindings []Binding, own []string) response {
	res := status(200)
	for _, b := range bindings {
		if a.set.HideBindings && !slices.Contains(own, b.URI) {
			continue
		}
		v := "<" + b.URI + ">;expires=" + seconds(b.Expires.Sub(a.now))
		u := parseURI(b.URI)
		same := u.host == b.Received.Addr().String() && (u.port == b.Received.Port() || u.port == 0 && b.Received.Port() == 5060)
		if !a.set.NoReceivedParam && b.Received.IsValid() && !same {
			v += `;received="sip:` + b.Received.String() + `"`
		}
		res.headers = append(res.headers, sipHeader{"Contact", v})
	}
	return res
}
