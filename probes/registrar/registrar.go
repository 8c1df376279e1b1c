// Package registrar plays the provider's registrar for the PBX, which a person points at the box for a moment.
// Messages of the PBX go in; answers, and the comparison of its settings with the trunk's, come out. The PBX's
// proof of its password is compared at once, without any traffic, and kept nowhere.
package registrar

import (
	"bytes"
	"crypto/rand"
	"net/netip"
	"slices"
	"strings"
	"sync"

	"trunktester/appliance/profile"
	"trunktester/probes/facts"
	"trunktester/probes/sip"
)

// Trunk is what the PBX should use.
type Trunk struct {
	Domain   string
	Username string
	AuthUser string // equal to Username where the file has none
	Password profile.Secret
	Realm    string // that the provider asks for
	// RealmFrom says how the realm is known: "profile", "provider" or "domain", a guess.
	RealmFrom string
}

// Bounds of one check.
const (
	mostDevices  = 8    // remembered; a site has one PBX, and a few phones that were never meant
	mostMessages = 3000 // answered: a PBX that repeats itself at the top speed of RFC 3261 sends some 700 in five minutes
	mostProofs   = 30   // digests compared for each device: whoever is on the link could guess passwords with the box's help
	mostNonces   = 4    // of each device, the newest
	mostOthers   = 8    // methods remembered of each device
	mostText     = 256  // bytes of a header that are remembered
)

// Registration that the box gives: short, so that a PBX which was forgotten here soon notices.
const expires = "60"

// Registrar is one check. Its methods may be called at the same time.
type Registrar struct {
	trunk Trunk
	own   netip.Addr
	agent string

	mu       sync.Mutex
	messages int
	unread   int
	devices  []*device // the latest last
}

// device is one account on one address.
type device struct {
	facts.PBXDevice
	nonces []string
	proofs int
	tag    string
	last   [3]string // Call-ID, CSeq and branch of its last REGISTER
	reply  []byte    // to that
}

// New begins a check at the box's own address; agent is the box's name on the wire.
func New(t Trunk, own netip.Addr, agent string) *Registrar {
	return &Registrar{trunk: t, own: own, agent: agent}
}

// Devices are those that sent SIP so far, the latest last, and what was no SIP request.
func (r *Registrar) Devices() (seen []facts.PBXDevice, unread int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	seen = []facts.PBXDevice{}
	for _, d := range r.devices {
		seen = append(seen, d.PBXDevice)
		seen[len(seen)-1].Others = slices.Clone(d.Others)
	}
	return seen, r.unread
}

// Answer is the response to a message that came over a transport, nil for none.
func (r *Registrar) Answer(raw []byte, from netip.AddrPort, transport string) []byte {
	if len(bytes.Trim(raw, "\r\n\x00")) == 0 {
		return nil // keep-alive (RFC 5626 section 4.4.1, and what others send)
	}
	m := sip.Split(raw)
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.messages++; r.messages > mostMessages {
		return nil
	}
	if m.Method == "" || m.Get("Via") == "" || m.Get("CSeq") == "" || m.Get("Call-ID") == "" {
		if m.Code == 0 {
			r.unread++
		}
		return nil
	}
	d := r.device(m, from)
	if d == nil {
		return m.Respond(503, "Service Unavailable", "busy", from, r.header())
	}
	d.From, d.Transport = from, transport
	if agent := m.Get("User-Agent"); agent != "" {
		d.UserAgent = r.seen(agent)
	}
	if m.Method != "REGISTER" {
		d.other(m.Method)
		return r.otherwise(m, d, from)
	}
	key := [3]string{m.Get("Call-ID"), m.Get("CSeq"), m.Via().SentBy + branch(m)}
	if key == d.last {
		d.Repeats++
		return d.reply
	}
	d.last = key
	d.reply = r.register(m, d, from)
	return d.reply
}

func branch(m *sip.Message) string {
	b, _ := m.Via().Params.Get("branch")
	return b
}

// device finds the sender, or remembers a new one; nil when there are too many. It stands last then.
func (r *Registrar) device(m *sip.Message, from netip.AddrPort) *device {
	user, _ := address(uri(m.Get("To")))
	if m.Method != "REGISTER" { // its To is somebody else
		user, _ = address(uri(m.Get("From")))
	}
	user = r.seen(user)
	i := slices.IndexFunc(r.devices, func(d *device) bool { return d.From.Addr() == from.Addr() && d.User == user })
	if i < 0 {
		if len(r.devices) >= mostDevices {
			return nil
		}
		r.devices = append(r.devices, &device{tag: rand.Text()[:10], PBXDevice: facts.PBXDevice{User: user, Others: []string{}}})
		return r.devices[len(r.devices)-1]
	}
	d := r.devices[i]
	r.devices = append(slices.Delete(r.devices, i, i+1), d)
	return d
}

// uri is the address of a From, To or Contact header.
func uri(header string) string {
	contacts := sip.Split([]byte("x\nContact: " + header)).Contacts()
	if len(contacts) == 0 {
		return ""
	}
	return contacts[0].URI
}

// seen is a text of the PBX as it may be kept: not endless, and not the trunk's password, which somebody may have
// entered in the wrong field.
func (r *Registrar) seen(s string) string {
	if revealing(s, r.trunk.Password.Reveal()) {
		return "(hidden: the trunk's password)"
	}
	return s[:min(len(s), mostText)]
}

// revealing reports whether a text would tell the secret, or nearly.
func revealing(s, secret string) bool {
	if s == "" || secret == "" {
		return false
	}
	if s == secret || len(secret) >= leastSecret && strings.Contains(strings.ToLower(s), strings.ToLower(secret)) {
		return true
	}
	for _, value := range slips(secret) {
		if s == value {
			return true
		}
	}
	return false
}

// leastSecret is the length under which a password may well stand within other texts by chance.
const leastSecret = 6

func (d *device) other(method string) {
	if !slices.Contains(d.Others, method) && len(d.Others) < mostOthers && len(method) < 20 {
		d.Others = append(d.Others, method)
	}
}

// otherwise answers what is no REGISTER: the box is no telephone system.
func (r *Registrar) otherwise(m *sip.Message, d *device, from netip.AddrPort) []byte {
	switch m.Method {
	case "ACK":
		return nil
	case "OPTIONS":
		return m.Respond(200, "OK", d.tag, from, r.header(), allow)
	case "INVITE":
		return m.Respond(503, "Service Unavailable", d.tag, from, r.header())
	case "BYE", "CANCEL":
		return m.Respond(481, "Call/Transaction Does Not Exist", d.tag, from, r.header())
	}
	return m.Respond(405, "Method Not Allowed", d.tag, from, r.header(), allow)
}

var allow = sip.Header{Name: "Allow", Value: "REGISTER, OPTIONS"}

func (r *Registrar) header() sip.Header { return sip.Header{Name: "Server", Value: r.agent} }

// register reads and answers a REGISTER.
func (r *Registrar) register(m *sip.Message, d *device, from netip.AddrPort) []byte {
	r.read(m, d)
	d.Registers++
	credentials := r.credentials(m, d)
	if credentials == nil {
		d.Unanswered++
		return r.challenge(m, d, from)
	}
	d.Unanswered = 0
	if d.proofs++; d.proofs > mostProofs {
		return m.Respond(403, "Forbidden", d.tag, from, r.header())
	}
	r.compare(m, d, *credentials)
	switch {
	case d.PasswordIs.Is != facts.Same || d.RealmIs.Is != facts.Same:
		return r.challenge(m, d, from)
	case !d.Accepted:
		return m.Respond(403, "Forbidden", d.tag, from, r.header())
	}
	return m.Respond(200, "OK", d.tag, from, r.bindings(m, d)...)
}

// read keeps what a REGISTER says of the PBX.
func (r *Registrar) read(m *sip.Message, d *device) {
	to := uri(m.Get("To"))
	user, domain := address(to)
	d.RequestURI = r.seen(m.URI)
	d.UserIs = name(user, r.trunk.Username, r.trunk.Domain)
	d.DomainIs = host(domain, r.trunk.Domain, r.own.String())
	d.Domain = ""
	if d.DomainIs.Is != facts.NotSeen {
		d.Domain = r.seen(domain)
	}
	d.Via, d.Contact, d.Expires = r.seen(m.Via().SentBy), "", r.seen(m.Get("Expires"))
	_, d.RPort = m.Via().Params.Get("rport")
	if contacts := m.Contacts(); len(contacts) > 0 {
		d.Contact = r.seen(contacts[0].URI)
		if e, ok := contacts[0].Params.Get("expires"); ok {
			d.Expires = r.seen(e)
		}
	}
	d.Left = strings.TrimSpace(d.Expires) == "0"
	d.Sent = sip.Blank(sip.Redact(string(m.Raw)), r.trunk.Password.Reveal())
}

// credentials are those that answer a challenge of ours; older ones, and those for another registrar, answer
// nothing.
func (r *Registrar) credentials(m *sip.Message, d *device) *sip.Credentials {
	for _, c := range m.Credentials() {
		if strings.EqualFold(c.Scheme, "Digest") && slices.Contains(d.nonces, c.Param("nonce")) {
			return &c
		}
	}
	return nil
}

// compare judges the credentials.
func (r *Registrar) compare(m *sip.Message, d *device, c sip.Credentials) {
	d.AuthUser = r.seen(c.Param("username"))
	d.AuthUserIs = name(c.Param("username"), r.trunk.AuthUser, r.trunk.Domain)
	d.Realm = r.seen(c.Param("realm"))
	password, made := proof{c, m.Method, m.Body}.password(r.trunk, r.realms(d))
	d.PasswordIs, d.RealmIs = password, made
	if made.Is == facts.Same && c.Param("realm") != r.trunk.Realm {
		d.RealmIs = facts.Match{Is: facts.Other}
	}
	d.Accepted = d.PasswordIs.Is == facts.Same && d.RealmIs.Is == facts.Same && d.AuthUserIs.Is == facts.Same && d.UserIs.Is == facts.Same &&
		(d.DomainIs.Is == facts.Same || d.DomainIs.Is == facts.NotSeen)
}

// realms are those that a PBX may be bound to in the place of the provider's, the likeliest first.
func (r *Registrar) realms(d *device) []string {
	var all []string
	for _, realm := range []string{d.Domain, r.trunk.Domain, "asterisk", r.own.String()} {
		if realm != "" && realm != r.trunk.Realm && !slices.Contains(all, realm) {
			all = append(all, realm)
		}
	}
	return all
}

// patience is how many REGISTERs without credentials a PBX may send before it is offered other realms as well:
// one is usual, and some begin every refresh without them.
const patience = 1

// challenge asks for the password for the provider's realm; and, of a PBX that did not answer that, for other
// realms too: the one that it answers is the one that its settings are bound to.
func (r *Registrar) challenge(m *sip.Message, d *device, from netip.AddrPort) []byte {
	realms := []string{r.trunk.Realm}
	if d.Unanswered > patience && d.proofs == 0 {
		realms = append(realms, r.realms(d)...)
	}
	nonce := rand.Text()
	if d.nonces = append(d.nonces, nonce); len(d.nonces) > mostNonces {
		d.nonces = d.nonces[1:]
	}
	headers := []sip.Header{r.header()}
	for _, realm := range realms {
		headers = append(headers, sip.Header{Name: "WWW-Authenticate",
			Value: `Digest realm="` + escapes.Replace(realm) + `", nonce="` + nonce + `", algorithm=MD5, qop="auth"`})
	}
	return m.Respond(401, "Unauthorized", d.tag, from, headers...)
}

var escapes = strings.NewReplacer(`\`, `\\`, `"`, `\"`)

// bindings are the headers of a 200: the PBX's own contacts, for a minute.
func (r *Registrar) bindings(m *sip.Message, d *device) []sip.Header {
	headers := []sip.Header{r.header()}
	for _, c := range m.Contacts() {
		if c.URI != "*" && !d.Left {
			headers = append(headers, sip.Header{Name: "Contact", Value: "<" + c.URI + ">;expires=" + expires})
		}
	}
	return headers
}
