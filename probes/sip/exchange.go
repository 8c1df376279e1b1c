package sip

import (
	"net/netip"
	"strings"
	"time"

	"trunktester/probes/facts"
)

// Exchange is one request and everything that came back, verbatim. It holds nonces: only Facts and
// Evidence may leave the run.
type Exchange struct {
	Request     Request // as it was sent, every identifier filled in
	Transport   string
	Local       netip.AddrPort // the socket that sent
	Remote      netip.AddrPort
	Sent        []byte // verbatim
	Sends       int
	First, Last time.Time // of the sends
	RTT         time.Duration
	Reply       *Message       // final reply; the last provisional one when no final one came; nil is silence
	Door        netip.AddrPort // the local socket that the reply came to
	Mangled     []string       // headers of the reply that do not repeat what was sent
	Strays      []Stray        // other datagrams that came meanwhile
	ICMP        []ICMPError
	Closed      error // the far end closed the stream before it answered; nil otherwise
	Err         error // our own fault, ErrStopped or ErrBudget; nil otherwise
}

// Stray is a datagram that belongs to no request of ours.
type Stray struct {
	Door netip.AddrPort // our socket
	Raw  []byte
}

// Answered says that a SIP reply came, of any status.
func (x Exchange) Answered() bool { return x.Reply != nil }

// Facts is the exchange without its secrets.
func (x Exchange) Facts() facts.Exchange {
	f := facts.Exchange{
		Method: x.Request.Method, CallID: x.Request.CallID, Sends: x.Sends,
		Spanned: facts.Duration(x.Last.Sub(x.First)), At: x.First, Sent: Redact(string(x.Sent)),
	}
	if x.Err != nil {
		f.Error = x.Err.Error()
	}
	if x.Reply != nil {
		f.Reply = x.reply()
		f.Received = RedactReply(string(x.Sent), string(x.Reply.Raw))
	} else if quote, _, ok := x.Quoted(); ok && x.Request.Hops > 0 {
		f.Received = Redact(string(quote))
	}
	return f
}

// Quoted is what the hop where the message ended got of it, by its ICMP error (RFC 1812 section 4.3.2.3).
func (x Exchange) Quoted() (quote []byte, by netip.Addr, ok bool) {
	for _, e := range x.ICMP {
		if e.expired() && len(e.Quoted) > 0 {
			return e.Quoted, e.Offender, true
		}
	}
	return nil, netip.Addr{}, false
}

func (x Exchange) reply() *facts.Reply {
	m := x.Reply
	server := m.Get("Server")
	if server == "" {
		server = m.Get("User-Agent")
	}
	server = strings.Map(printable, server)
	return &facts.Reply{
		Code: m.Code, Reason: m.Reason, From: x.Remote, RTT: facts.Duration(x.RTT), Server: server,
		Date: m.Date(), RetryAfter: facts.Duration(m.RetryAfter()), SeenAs: m.Via().SeenAs(),
	}
}

// Evidence is the exchange for the report; kind is "probe" or "control".
func (x Exchange) Evidence(kind, text string) facts.Evidence {
	f := x.Facts()
	return facts.Evidence{Kind: kind, Text: text, Sent: f.Sent, Received: f.Received}
}
