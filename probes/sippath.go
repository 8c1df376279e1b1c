package probes

import (
	"cmp"
	"context"
	"crypto/x509"
	"fmt"
	"net/netip"
	"strings"
	"sync"
	"time"

	"trunktester/appliance/catalogue/words"
	"trunktester/probes/facts"
	"trunktester/probes/sip"
)

// How many servers of one transport are tried. A dead one among the trunk's own makes a trunk that fails now and then; more
// are not worth the provider's budget of requests: four silent ones take 16 of 40.
const (
	MostOwnServers   = 5 // of the trunk's own transport
	mostOtherServers = 3
)

// SIPPath asks: does SIP pass to the provider over one transport? It passed when a server answered with
// any SIP status at all. The first server gets a REGISTER without credentials and an OPTIONS, as providers
// ignore either; the others get an OPTIONS, and a REGISTER as well while nobody answers.
type SIPPath struct {
	Transport string         // "udp", "tcp" or "tls"
	Dial      sip.Dialer     // Source is taken from known.Address
	Domain    string         // SIP domain of the trunk
	Proxy     string         // outbound proxy by name, whose certificate is good as well; "" for none
	Username  string         // "" for a trunk without one
	Roots     *x509.CertPool // authorities for TLS; nil: the system's
	Servers   int            // how many are asked at most; 0: three
}

// Look asks the servers that known.Name found for the transport. The REGISTER's answer, with its nonce and
// its connection, is left with Dial.Conduct for the login: that of the first server that gave one.
func (p SIPPath) Look(ctx context.Context, known facts.Facts) Result {
	targets := p.targets(known.Name)
	if len(targets) == 0 {
		return Result{Outcome: facts.NotRun, Saw: words.Said("saw.no-server-over", "transport", strings.ToUpper(p.Transport))}
	}
	p.Dial = from(p.Dial, known)
	attempts := make([]looked, len(targets))
	heard := newHeard()
	var all sync.WaitGroup
	for i, target := range targets {
		all.Go(func() { attempts[i] = p.attempt(ctx, target, turn{i, len(targets), heard}, trueTime(known.Clock)) })
	}
	all.Wait()
	p.leave(attempts)
	return p.result(attempts)
}

// looked is one server's attempt with what only evidence shows.
type looked struct {
	facts.Attempt
	evidence []facts.Evidence
	opening  *sip.Opening // an answered REGISTER, whose connection is still open; nil for none
	err      error        // why the server could not be asked
}

// targets are the servers that are asked.
func (p SIPPath) targets(name *facts.Name) []facts.Target {
	return targetsFor(name, p.Transport, cmp.Or(p.Servers, mostOtherServers))
}

func targetsFor(name *facts.Name, transport string, most int) []facts.Target {
	if name == nil {
		return nil
	}
	return firstOf(name.Targets, transport, most)
}

// targetsOver are the same by IPv6.
func targetsOver(name *facts.Name, transport string, most int) []facts.Target {
	if name == nil {
		return nil
	}
	return firstOf(name.Six, transport, most)
}

func firstOf(all []facts.Target, transport string, most int) []facts.Target {
	var targets []facts.Target
	for _, t := range all {
		if t.Transport == transport && len(targets) < most {
			targets = append(targets, t)
		}
	}
	return targets
}

// from makes the dialer send from the address that the box was given.
func from(d sip.Dialer, known facts.Facts) sip.Dialer {
	if known.Address != nil && known.Address.Prefix.IsValid() {
		d.Source = known.Address.Prefix.Addr()
	}
	return d
}

// trueTime is the time now as the clock probe knows it, nil when nobody told the time.
func trueTime(clock *facts.Clock) *time.Time {
	if clock == nil || clock.Now == nil || clock.Source == "none" {
		return nil
	}
	now := time.Now().Add(time.Duration(clock.Offset))
	return &now
}

func (p SIPPath) attempt(ctx context.Context, target facts.Target, t turn, now *time.Time) looked {
	a := looked{Attempt: facts.Attempt{Target: target.Addr, Host: target.Host}}
	conn := p.open(ctx, &a, target.Addr, now)
	if conn == nil {
		return a
	}
	for _, x := range p.ask(ctx, conn, t) {
		a.add(x)
		if x.Request.Method == sip.REGISTER && x.Answered() {
			a.opening = &sip.Opening{Conn: conn, TLS: a.TLS, Exchange: x}
		}
	}
	if s, ok := conn.(*sip.Stream); ok && a.TLS != nil && s.CertificateWanted() && !answered(a.Attempt) {
		a.TLS.Fault = "client-certificate"
	}
	if a.opening == nil {
		conn.Close()
	}
	return a
}

// open connects; nil when that failed, with the reason in the attempt.
func (p SIPPath) open(ctx context.Context, a *looked, to netip.AddrPort, now *time.Time) sip.Conn {
	var conn sip.Conn
	switch p.Transport {
	case "udp":
		u, err := p.Dial.UDP(ctx, to)
		if a.err = err; err == nil {
			conn = u
		}
	case "tcp":
		s, answer, err := p.Dial.TCP(ctx, to)
		if a.Connect, a.err = answer, err; err == nil {
			conn = s
		}
	case "tls":
		s, answer, session, err := p.Dial.TLS(ctx, to, sip.Trust{Domain: p.Domain, Proxy: p.Proxy, Roots: p.Roots, Now: now})
		if a.Connect, a.TLS, a.err = answer, session, err; err == nil {
			conn = s
		}
		if session != nil {
			a.evidence = append(a.evidence, facts.Evidence{Kind: "tls", Text: sessionText(to, session)})
		}
	default:
		a.err = fmt.Errorf("SIP over %q: unknown transport", p.Transport)
	}
	return conn
}

// add files one exchange.
func (a *looked) add(x sip.Exchange) {
	f := x.Facts()
	if x.Sends > 0 || f.Error != "" {
		a.Exchanges = append(a.Exchanges, f)
	}
	a.evidence = append(a.evidence, x.Evidence("probe", exchangeText(x)))
	for _, e := range x.ICMP {
		a.ICMP = append(a.ICMP, e.Fact(x.Remote.Addr()))
		a.evidence = append(a.evidence, facts.Evidence{Kind: "icmp", Text: e.String() + ".", Received: sip.Redact(string(e.Quoted))})
	}
	for _, s := range x.Strays {
		a.evidence = append(a.evidence, facts.Evidence{
			Kind: "note", Text: fmt.Sprintf("This came to port %d and answers none of the box's requests.", s.Door.Port()), Received: sip.Redact(string(s.Raw)),
		})
	}
	if x.Err != nil && a.err == nil {
		a.err = x.Err
	}
}

func exchangeText(x sip.Exchange) string {
	method, where := x.Request.Method, strings.ToUpper(x.Transport)+" "+x.Remote.String()
	switch {
	case x.Sends == 0:
		return fmt.Sprintf("%s to %s was not sent: %v.", method, where, x.Err)
	case x.Answered():
		return fmt.Sprintf("%s to %s was answered %d %s.", method, where, x.Reply.Code, x.Reply.Reason)
	case x.Closed != nil:
		return fmt.Sprintf("%s to %s: the connection was closed without an answer.", method, where)
	}
	return fmt.Sprintf("%s to %s was sent %d times over %s and not answered.", method, where, x.Sends, facts.Duration(x.Last.Sub(x.First)))
}

func sessionText(to netip.AddrPort, s *facts.TLSSession) string {
	text := "TLS with " + to.String() + " was set up"
	if s.Error != "" {
		text = "TLS with " + to.String() + " failed: " + s.Error
	}
	if len(s.Names) > 0 {
		text += fmt.Sprintf("; the certificate is for %s, from %s, valid %s to %s", strings.Join(s.Names, ", "), s.Issuer,
			s.NotBefore.Format(time.DateOnly), s.NotAfter.Format(time.DateOnly))
	}
	return text + "."
}

// optionsTo is the OPTIONS of a trunk (RFC 3261 section 11), from its own user.
func optionsTo(domain, user string) sip.Request {
	uri := "sip:" + sip.Host(domain)
	return sip.Request{Method: sip.OPTIONS, URI: uri, From: aor(domain, user), To: uri,
		Headers: []sip.Header{{Name: "Accept", Value: "application/sdp"}}}
}

// registerAt is a REGISTER without Contact and without credentials: a question, which changes nothing.
func registerAt(domain, user string) sip.Request {
	return sip.Request{Method: sip.REGISTER, URI: "sip:" + sip.Host(domain), From: aor(domain, user), To: aor(domain, user)}
}

// aor is the address of record; a trunk without a user name is asked for by the box's own.
func aor(domain, user string) string {
	if user == "" {
		user = "trunktester"
	}
	return "sip:" + user + "@" + sip.Host(domain)
}
