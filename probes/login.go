package probes

import (
	"context"
	"crypto/x509"
	"fmt"
	"net/netip"
	"strings"
	"time"

	"trunktester/appliance/catalogue/words"
	"trunktester/appliance/profile"
	"trunktester/probes/facts"
	"trunktester/probes/sip"
)

// Ledger permits a run's login. Begin is called before the first request with credentials leaves, with the
// true time where it is known, else zero; its error is the reason why none may be sent. End is told the
// provider's answer, nil for silence.
type Ledger interface {
	Begin(now time.Time) error
	End(reply *facts.Reply) error
}

// Login asks: does the provider accept this trunk's user name and password? It passed when an authenticated
// REGISTER without Contact, which changes nothing, was answered 2xx; or when no credentials were asked for,
// which the facts call open.
type Login struct {
	Trunk    profile.Trunk
	Networks []netip.Prefix // provider.networks; none: any address that the provider's name leads to
	Dial     sip.Dialer     // of the run; Conduct holds the challenge that the path probe got
	Roots    *x509.CertPool // authorities for TLS; nil: the system's
	Ledger   Ledger         // nil: no credentials are ever sent
}

const (
	repeatLogin = 2 * time.Second // silence after which the one retransmission goes out over UDP
	mostLogins  = 2               // requests with credentials in a run, retransmissions included
)

// Look takes the challenge that the path probe left for the trunk's transport, and answers it once, or
// twice when the nonce was stale or another realm asked as well.
func (p Login) Look(ctx context.Context, known facts.Facts) Result {
	switch {
	case p.Trunk.Domain == "":
		return Result{Outcome: facts.NotRun, Saw: words.Said("saw.login-no-trunk")}
	case p.Trunk.Auth == "ip":
		return Result{Outcome: facts.NotRun, Saw: words.Said("saw.login-by-address")}
	case p.Trunk.Username == "" || p.Trunk.Password == "":
		return Result{Outcome: facts.NotRun, Saw: words.Said("saw.login-no-name")}
	}
	opening, tried, ok := p.opening(ctx, known)
	l := &login{probe: p, known: known, conn: opening.Conn}
	l.fact.Transport = p.Trunk.Transport
	for _, x := range tried {
		l.add(x, "REGISTER without credentials")
	}
	if !ok {
		return l.unopened(tried)
	}
	defer func() { l.conn.Close() }() // the one that is open at the end
	return l.answerTo(ctx, opening)
}

// login is one attempt on its way.
type login struct {
	probe    Login
	known    facts.Facts
	conn     sip.Conn
	fact     facts.Login
	evidence []facts.Evidence
	nonce    string         // of the challenge before
	movedTo  netip.AddrPort // where a redirection was followed to
	last     sip.Exchange
}

// unopened is the result when no server answered a REGISTER.
func (l *login) unopened(tried []sip.Exchange) Result {
	switch path := pathOf(l.known, l.fact.Transport); {
	case l.probe.Dial.Conduct.Stopped() != "":
		l.fact.Withheld = "nothing more was sent in this run: " + l.probe.Dial.Conduct.Stopped()
		return l.result(facts.NotRun, words.Said("saw.login-not-tried", "why", l.probe.Dial.Conduct.Stopped()))
	case path == nil || len(tried) == 0 && !registerAsked(path):
		return Result{Outcome: facts.NotRun, Saw: words.Said("saw.login-nobody", "transport", strings.ToUpper(l.fact.Transport))}
	}
	l.fact.Withheld = "the REGISTER without credentials was not answered"
	return l.result(facts.Failed, words.Said("saw.login-unasked"))
}

// answerTo goes on from the provider's answer to the REGISTER without credentials.
func (l *login) answerTo(ctx context.Context, o sip.Opening) Result {
	l.add(o.Exchange, "REGISTER without credentials")
	l.fact.First = l.fact.Exchanges[len(l.fact.Exchanges)-1].Reply
	reply := o.Exchange.Reply
	if code := reply.Code; code != 401 && code != 407 {
		l.moved(reply)
		if next, ok := l.follow(ctx, reply); ok {
			l.conn.Close()
			l.conn = next.Conn
			return l.answerTo(ctx, next)
		}
		return l.unasked(reply)
	}
	l.challenged(reply)
	if why := l.distrust(o.Conn.Remote(), o.TLS); why != "" {
		return l.withhold(why)
	}
	answer := &answering{trunk: l.probe.Trunk, request: o.Exchange.Request}
	if why := answer.take(reply); why != "" {
		return l.withhold(why)
	}
	if err := l.begin(reply); err != nil {
		l.fact.Withheld = err.Error()
		return l.result(facts.NotRun, words.Said("saw.login-not-tried", "why", err))
	}
	l.authenticate(ctx, answer)
	return l.concluded()
}

// unasked is the result when the first answer was no challenge.
func (l *login) unasked(reply *sip.Message) Result {
	l.stop(reply)
	if reply.Code/100 == 2 {
		l.fact.Open = true
		return l.result(facts.Passed, words.Said("saw.login-open", "answer", status(reply)))
	}
	l.fact.Withheld = "the provider asked for none"
	return l.result(facts.Failed, words.Said("saw.login-before", "answer", status(reply)))
}

// begin asks the ledger.
func (l *login) begin(reply *sip.Message) error {
	if l.probe.Ledger == nil {
		return fmt.Errorf("there is no ledger to write the attempt down")
	}
	var now time.Time
	if t := trueTime(l.known.Clock); t != nil {
		now = *t
	} else if t := reply.Date(); t != nil {
		now = *t
	}
	return l.probe.Ledger.Begin(now)
}

// authenticate sends the credentials, and once more after a stale nonce or when somebody else asks as well.
func (l *login) authenticate(ctx context.Context, answer *answering) {
	for {
		request, err := answer.next()
		if err != nil {
			l.last = sip.Exchange{Err: err}
			break
		}
		l.last = l.ask(ctx, request)
		l.add(l.last, "REGISTER with credentials")
		reply := l.last.Reply
		if !final(l.last) || reply.Code != 401 && reply.Code != 407 {
			break
		}
		l.challenged(reply)
		if !answer.again(reply) || l.fact.Attempts >= mostLogins {
			break
		}
	}
	if l.fact.Attempts == 0 {
		l.fact.Withheld = fmt.Sprintf("they could not be sent: %v", l.last.Err)
	}
	if final(l.last) {
		l.fact.Reply = l.last.Facts().Reply
		l.stop(l.last.Reply)
		l.moved(l.last.Reply)
	} else if l.fact.Attempts > 0 {
		l.fact.AnsweredBy = l.heardSince()
		l.probe.Dial.Conduct.Stop(words.Said("saw.login-stopped-silent"))
	}
	if err := l.probe.Ledger.End(l.fact.Reply); err != nil {
		l.note("How the login ended could not be written down: %v.", err)
	}
}

// ask sends a request with credentials, and the same once more: over UDP after two seconds of silence, over
// a stream that broke on a new one.
func (l *login) ask(ctx context.Context, r sip.Request) sip.Exchange {
	r = r.Filled(l.conn.Local())
	r.Sends = 1
	first := l.firstAsk(ctx, r)
	if final(first) || l.fact.Attempts >= mostLogins || ctx.Err() != nil || l.probe.Dial.Conduct.Stopped() != "" {
		return first
	}
	if first.Err != nil {
		if l.conn.Transport() == "udp" || !l.reconnect(ctx) {
			return first
		}
		r.SentBy = l.conn.Local().String()
	} else if l.conn.Transport() != "udp" {
		return first
	}
	second := l.count(l.conn.Ask(ctx, r, sip.Login))
	if second.Sends == 0 {
		return first
	}
	second.Sends += first.Sends
	if first.Sends > 0 {
		second.First = first.First
	}
	second.ICMP = append(first.ICMP, second.ICMP...)
	if second.Reply == nil {
		second.Reply = first.Reply
	}
	return second
}

func (l *login) firstAsk(ctx context.Context, r sip.Request) sip.Exchange {
	if l.conn.Transport() == "udp" && l.fact.Attempts+1 < mostLogins {
		soon, cancel := context.WithTimeout(ctx, repeatLogin)
		defer cancel()
		ctx = soon
	}
	return l.count(l.conn.Ask(ctx, r, sip.Login))
}

// reconnect replaces a stream that the server has closed, by one that is trusted as well.
func (l *login) reconnect(ctx context.Context) bool {
	o, err := l.probe.connect(ctx, l.known, l.conn.Remote())
	if err != nil {
		return false
	}
	if l.distrust(o.Conn.Remote(), o.TLS) != "" {
		o.Conn.Close()
		return false
	}
	l.conn.Close()
	l.conn = o.Conn
	return true
}

func (l *login) count(x sip.Exchange) sip.Exchange {
	l.fact.Attempts += x.Sends
	return x
}

// stop ends the run's sending where the provider says no.
func (l *login) stop(reply *sip.Message) {
	if reply.Code == 403 || reply.Code == 503 {
		l.probe.Dial.Conduct.Stop(words.Said("saw.login-stopped", "answer", status(reply)))
	}
}

// moved tells where a redirection leads.
func (l *login) moved(reply *sip.Message) {
	for _, c := range reply.Contacts() {
		if reply.Code/100 == 3 {
			l.note("The provider says that the trunk has moved (%s): %s.", status(reply), c.URI)
		}
	}
}

func (l *login) note(format string, values ...any) {
	l.evidence = append(l.evidence, facts.Evidence{Kind: "note", Text: fmt.Sprintf(format, values...)})
}

// challenged files the challenges of one answer.
func (l *login) challenged(reply *sip.Message) {
	before := l.nonce
	for _, c := range reply.Challenges() {
		l.fact.Challenges = append(l.fact.Challenges, facts.Challenge{
			Code: reply.Code, Scheme: c.Scheme, Realm: c.Realm(), Algorithm: c.Algorithm(), Stale: c.Stale(),
			NewNonce: before != "" && c.Nonce() != before,
		})
		l.nonce = c.Nonce()
	}
}

// heardSince lists what else the provider answered after the login was sent.
func (l *login) heardSince() []string {
	var heard []string
	for _, r := range l.probe.Dial.Conduct.Requests() {
		if r.Code > 0 && r.CallID != l.last.Request.CallID && r.SentAt.After(l.last.First) && r.Destination == l.last.Remote.String() {
			heard = append(heard, fmt.Sprintf("%s over %s: %d %s", r.Method, r.Transport, r.Code, r.Reason))
		}
	}
	return heard
}

func (l *login) add(x sip.Exchange, what string) {
	l.fact.Exchanges = append(l.fact.Exchanges, x.Facts())
	l.evidence = append(l.evidence, x.Evidence("probe", what+": "+exchangeText(x)))
	for _, e := range x.ICMP {
		l.evidence = append(l.evidence, facts.Evidence{Kind: "icmp", Text: e.String() + ".", Received: sip.Redact(string(e.Quoted))})
	}
}

func (l *login) withhold(why string) Result {
	l.fact.Withheld = why
	return l.result(facts.Failed, words.Said("saw.login-withheld", "why", why))
}

// concluded is the result after the credentials.
func (l *login) concluded() Result {
	switch {
	case l.fact.Attempts == 0 && polite(l.last.Err):
		return l.result(facts.NotRun, words.Said("saw.login-unsent", "error", l.last.Err))
	case l.fact.Attempts == 0:
		return l.result(facts.Broken, words.Said("saw.login-unsent", "error", l.last.Err))
	case l.fact.Reply == nil:
		return l.result(facts.Failed, words.Said("saw.login-silent"))
	case l.fact.Reply.Code/100 == 2:
		l.fact.Accepted = true
		return l.result(facts.Passed, words.Said("saw.login-accepted"))
	}
	return l.result(facts.Failed, words.Said("saw.login-answered", "answer", status(l.last.Reply)))
}

func (l *login) result(o facts.Outcome, saw string) Result {
	fact := l.fact
	return Result{Outcome: o, Saw: saw, Evidence: l.evidence, File: func(f *facts.Facts) { f.Login = &fact }}
}

func status(m *sip.Message) string { return strings.TrimSpace(fmt.Sprintf("%d %s", m.Code, m.Reason)) }
