package probes

import (
	"context"
	"strconv"
	"strings"
	"time"

	"trunktester/appliance/catalogue/words"
	"trunktester/probes/facts"
	"trunktester/probes/sip"
)

// Bindings asks: who is registered with this trunk at present? The answer stands in the 200 of the login
// (RFC 3261 section 10.3, step 8), so that nothing more is sent. It passed when the list has an entry.
type Bindings struct{}

// Look reads the list that came with the login.
func (Bindings) Look(_ context.Context, known facts.Facts) Result {
	login := known.Login
	if login == nil || !login.Accepted && !login.Open {
		return unread(login)
	}
	found := &facts.Bindings{Contacts: []facts.Binding{}}
	reply := sip.Split([]byte(login.Exchanges[len(login.Exchanges)-1].Received))
	for _, c := range reply.Contacts() {
		found.Contacts = append(found.Contacts, binding(c, reply))
	}
	r := Result{Outcome: facts.Passed, File: func(f *facts.Facts) { f.Bindings = found }}
	for _, b := range found.Contacts {
		r.Evidence = append(r.Evidence, facts.Evidence{Kind: "note", Text: bindingText(b)})
	}
	switch n := len(found.Contacts); n {
	case 0:
		r.Outcome, r.Saw = facts.Failed, words.Said("saw.bindings-empty")
	case 1:
		r.Saw = bindingText(found.Contacts[0])
	default:
		r.Saw = words.Said("saw.bindings-many", "n", n)
	}
	return r
}

// unread says why there is no list: some providers accept the credentials but not the question.
func unread(login *facts.Login) Result {
	r := Result{Outcome: facts.NotRun, Saw: words.Said("saw.bindings-no-login")}
	if login == nil || login.Reply == nil {
		return r
	}
	reply := login.Reply
	switch {
	case reply.Code == 400, reply.Code == 423, reply.Code/100 == 5 && reply.Code != 503,
		reply.Code == 403 && reply.NamesQuery():
		why := words.Said("saw.bindings-refused", "code", reply.Code, "reason", reply.Reason)
		r.Saw = why
		r.File = func(f *facts.Facts) { f.Bindings = &facts.Bindings{Contacts: []facts.Binding{}, NotShown: why} }
	}
	return r
}

func binding(c sip.Contact, reply *sip.Message) facts.Binding {
	b := facts.Binding{URI: c.URI, Contact: c.Host()}
	// Kamailio and others add where the REGISTER came from, as a URI.
	if received, ok := c.Params.Get("received"); ok {
		b.Received = sip.Contact{URI: received}.Host()
		if !b.Received.IsValid() {
			b.Received = sip.HostPort(received)
		}
	}
	expires, ok := c.Params.Get("expires")
	if !ok {
		expires = reply.Get("Expires")
	}
	if seconds, err := strconv.ParseUint(strings.TrimSpace(expires), 10, 32); err == nil {
		b.Expires = facts.Duration(time.Duration(seconds) * time.Second)
	}
	for _, name := range []string{"user-agent", "user_agent", "useragent"} {
		if agent, ok := c.Params.Get(name); ok {
			b.UserAgent = agent
		}
	}
	return b
}

func bindingText(b facts.Binding) string {
	text := words.Said("saw.binding", "contact", b.URI)
	if b.Received.IsValid() {
		text += " " + words.Said("saw.binding-seen", "address", b.Received)
	}
	if b.Expires > 0 {
		text += " " + words.Said("saw.binding-lasts", "time", b.Expires)
	}
	if b.UserAgent != "" {
		text += " " + words.Said("saw.binding-by", "device", b.UserAgent)
	}
	return text
}
