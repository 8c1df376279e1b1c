package probes

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"trunktester/appliance/catalogue/words"
	"trunktester/probes/facts"
	"trunktester/probes/sip"
)

// OwnBinding asks: does this provider show registrations? After a person's consent it registers the box for a
// moment where the login was accepted, asks for the list, removes its own registration and no other, and looks
// at the list again. On the way it compares how its registration is shown (A7, A8). It passed when the provider listed it.
type OwnBinding struct {
	Login Login // the same trunk, with a conduct of its own
}

// The own binding's bounds.
const (
	ownBindingExpires = 60  // seconds: what could not be removed ends by itself
	longestOwnExpires = 600 // seconds: where the provider wants more than 60 (423), it is given no more than that
	mostOwnAttempts   = 6   // requests with credentials, retransmissions included (design section 7)
	forRemoval        = 2   // of these, kept for the removal
)

// Look carries it out, within ctx; the removal is tried even when ctx ends before it.
func (p OwnBinding) Look(ctx context.Context, known facts.Facts) Result {
	b := &ownBinding{login: &login{probe: p.Login, known: known}, fact: facts.OwnBinding{After: []facts.Binding{}, Lost: []facts.Binding{}, Proofs: []facts.Proof{}}}
	b.login.fact.Transport = p.Login.Trunk.Transport
	if why := b.begin(ctx); why != "" {
		b.fact.Withheld = why
		return b.result(facts.NotRun, words.Said("saw.own-not", "why", why))
	}
	defer b.login.conn.Close()
	defer b.asker.Close()
	b.carryOut(ctx)
	return b.concluded()
}

// ownBinding is one attempt on its way.
type ownBinding struct {
	login   *login
	answer  *answering
	fact    facts.OwnBinding
	asker   sip.Conn // another source port: a list for this one only would say nothing about the PBX
	contact string   // URI
	expires int      // seconds that it is asked for
	canary  string   // URI of the registration that took its place, "" for none
	seen    views
	before  []facts.Binding
	said    *sip.Message // the answer to the registration
}

// begin gets a challenge from the server that accepted the login; the reason is "" when it may be answered.
func (b *ownBinding) begin(ctx context.Context) (why string) {
	l, known := b.login, b.login.known
	accepted := known.Login
	if accepted == nil || !accepted.Accepted || accepted.Reply == nil || !accepted.Reply.From.IsValid() {
		return words.Said("saw.own-no-login")
	}
	o, err := l.probe.connect(ctx, known, accepted.Reply.From)
	if err != nil {
		return words.Said("saw.own-unreached", "error", err)
	}
	l.conn = o.Conn
	if why = l.distrust(o.Conn.Remote(), o.TLS); why == "" {
		why = b.challenge(ctx)
	}
	if why == "" {
		if o, err = l.probe.connect(ctx, known, accepted.Reply.From); err != nil {
			why = words.Said("saw.own-unreached-again", "error", err)
		} else if why = l.distrust(o.Conn.Remote(), o.TLS); why != "" {
			o.Conn.Close()
		}
		b.asker = o.Conn
	}
	if why != "" {
		l.conn.Close()
	}
	return why
}

func (b *ownBinding) challenge(ctx context.Context) (why string) {
	l := b.login
	x := l.conn.Ask(ctx, registerAt(l.probe.Trunk.Domain, l.probe.Trunk.Username), sip.Login)
	b.add(x, "REGISTER without credentials")
	if !final(x) {
		return words.Said("saw.own-unanswered")
	}
	if x.Reply.Code != 401 && x.Reply.Code != 407 {
		return words.Said("saw.own-unasked", "answer", status(x.Reply))
	}
	b.answer = &answering{trunk: l.probe.Trunk, request: x.Request}
	if why = b.answer.take(x.Reply); why != "" {
		return why
	}
	if err := l.begin(x.Reply); err != nil {
		return err.Error()
	}
	b.contact = fmt.Sprintf("sip:trunktester-%s@%s;transport=%s", sip.Token(4), l.conn.Local(), l.conn.Transport())
	if known := b.login.known.Bindings; known != nil {
		b.before = known.Contacts
	}
	return ""
}

// carryOut registers, asks, removes and looks again. Once the registration was sent, the removal is too.
func (b *ownBinding) carryOut(ctx context.Context) {
	x := b.register(ctx, ownBindingExpires)
	if least, ok := tooBrief(x.Reply); ok && least <= longestOwnExpires {
		x = b.register(ctx, least)
	}
	if final(x) {
		b.fact.Reply, b.said = x.Facts().Reply, x.Reply
		b.fact.Registered = x.Reply.Code/100 == 2
	}
	if err := b.login.probe.Ledger.End(b.fact.Reply); err != nil {
		b.login.note("How it ended could not be written down: %v.", err)
	}
	if final(x) && !b.fact.Registered || b.fact.Attempts == 0 {
		return // refused, so that there is nothing to remove
	}
	if b.fact.Registered {
		b.seen.sameX, b.seen.same = x, shownAt(x.Reply, b.user())
		if list, ok := b.list(ctx, "the list with the box's registration", mostOwnAttempts-forRemoval-1); ok {
			shown := slices.ContainsFunc(list, b.own)
			b.fact.Shown = &shown
			b.before = append(slices.Clone(b.before), list...)
		}
		b.compareViews(ctx)
	}
	away, cancel := context.WithTimeout(context.WithoutCancel(ctx), 2*repeatLogin+time.Second)
	defer cancel()
	b.remove(away, "the removal of the box's registration", b.held(), mostOwnAttempts-1)
	if list, ok := b.list(away, "the list after the removal", mostOwnAttempts); ok {
		b.compare(list)
		b.removeRest(away, list)
	}
}

// register asks to be registered for so many seconds.
func (b *ownBinding) register(ctx context.Context, expires int) sip.Exchange {
	b.expires = expires
	b.fact.Expires = facts.Duration(time.Duration(expires) * time.Second)
	return b.ask(ctx, b.login.conn, "the box's own registration", registering(b.contact, expires), mostOwnAttempts-forRemoval-1)
}

// remove takes the box's registration away.
func (b *ownBinding) remove(ctx context.Context, what string, names []string, most int) {
	var contacts []string
	for _, uri := range names {
		contacts = append(contacts, registering(uri, 0))
	}
	x := b.ask(ctx, b.login.conn, what, strings.Join(contacts, ", "), most)
	b.fact.Removed = final(x) && x.Reply.Code/100 == 2
}

// removeRest removes what the list still shows of the box's own, by the names that it shows, as a provider may read the
// first Contact only.
func (b *ownBinding) removeRest(ctx context.Context, list []facts.Binding) {
	var names []string
	for _, c := range list {
		if user := userOf(c.URI); (user == b.user() || user == b.user()+canaryUser) && !strings.ContainsAny(c.URI, "<>,\" \t") {
			names = append(names, c.URI)
		}
	}
	if len(names) > 0 && b.fact.Attempts < mostOwnAttempts {
		b.remove(ctx, "the removal of what is left of it", names, mostOwnAttempts)
	}
}

// list asks who is registered, without a Contact.
func (b *ownBinding) list(ctx context.Context, what string, most int) ([]facts.Binding, bool) {
	x := b.ask(ctx, b.asker, what, "", most)
	if !final(x) || x.Reply.Code/100 != 2 {
		return nil, false
	}
	if b.seen.otherX.Sends == 0 {
		b.seen.otherX, b.seen.other = x, shownAt(x.Reply, b.user())
	}
	list := []facts.Binding{}
	for _, c := range x.Reply.Contacts() {
		list = append(list, binding(c, x.Reply))
	}
	return list, true
}

// registering is a Contact that registers a URI for so many seconds; 0 removes it.
func registering(uri string, expires int) string {
	return "<" + uri + ">;expires=" + strconv.Itoa(expires)
}

// ask sends one request with credentials: again after silence over UDP, and with a fresh nonce when the one before
// was stale, as long as no more than most were sent in all.
func (b *ownBinding) ask(ctx context.Context, on sip.Conn, what, contact string, most int) (x sip.Exchange) {
	b.answer.request.Contact = contact
	for b.fact.Attempts < most && ctx.Err() == nil {
		r, err := b.answer.next()
		if err != nil {
			return sip.Exchange{Err: err}
		}
		if on == b.asker {
			r.CallID, r.FromTag = "", ""
		}
		r = r.Filled(on.Local())
		r.Sends = 1
		for range 2 {
			if x = b.once(ctx, on, r); final(x) || on.Transport() != "udp" || b.fact.Attempts >= most {
				break
			}
		}
		b.add(x, "REGISTER for "+what)
		if !final(x) || x.Reply.Code != 401 && x.Reply.Code != 407 || !b.answer.again(x.Reply) {
			return x
		}
	}
	return x
}

func (b *ownBinding) once(ctx context.Context, on sip.Conn, r sip.Request) sip.Exchange {
	if on.Transport() == "udp" {
		soon, cancel := context.WithTimeout(ctx, repeatLogin)
		defer cancel()
		ctx = soon
	}
	x := on.Ask(ctx, r, sip.Login)
	b.fact.Attempts += x.Sends
	return x
}

func (b *ownBinding) add(x sip.Exchange, what string) {
	b.fact.Exchanges = append(b.fact.Exchanges, x.Facts())
	b.login.evidence = append(b.login.evidence, x.Evidence("probe", what+": "+exchangeText(x)))
}

// result files the newest list as well, where there is one.
func (b *ownBinding) result(o facts.Outcome, saw string) Result {
	fact := b.fact
	return Result{Outcome: o, Saw: saw, Evidence: b.login.evidence, File: func(f *facts.Facts) {
		f.OwnBinding = &fact
		f.ALG = withProofs(f.ALG, fact.Proofs)
		if fact.AfterKnown && fact.Shown != nil && *fact.Shown {
			f.Bindings = &facts.Bindings{Contacts: fact.After}
		}
	}}
}
