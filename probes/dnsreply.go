package probes

import (
	"encoding/hex"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"time"

	"github.com/miekg/dns"

	"trunktester/probes/facts"
)

// dnsMalformed stands in NameAnswer.Rcode where bytes came back that are no DNS message.
const dnsMalformed = "malformed"

// dnsReply is how one question to one resolver ended.
type dnsReply struct {
	dnsAsk
	answer facts.Answer
	msg    *dns.Msg // nil when no message could be read
	junk   []byte   // the last bytes that were no answer to the question
	rtt    time.Duration
	tcp    bool
	err    error
}

// usable reports whether the resolver did its work: a name that does not exist is an answer as well.
func (r dnsReply) usable() bool {
	return r.msg != nil && (r.msg.Rcode == dns.RcodeSuccess || r.msg.Rcode == dns.RcodeNameError)
}

// rcode is the code's name, "malformed" where bytes came that are no answer, and "" where none came.
func (r dnsReply) rcode() string {
	switch {
	case r.msg == nil && len(r.junk) > 0:
		return dnsMalformed
	case r.msg == nil:
		return ""
	}
	if s, ok := dns.RcodeToString[r.msg.Rcode]; ok {
		return s
	}
	return fmt.Sprintf("RCODE%d", r.msg.Rcode)
}

// fact is the reply as it is filed.
func (r dnsReply) fact() facts.NameAnswer {
	f := facts.NameAnswer{
		Server: r.server.Addr(), Name: strings.TrimSuffix(r.name, "."), Type: dns.TypeToString[r.qtype],
		Rcode: r.rcode(), Answer: r.answer, Addrs: []netip.Addr{}, RTT: facts.Duration(r.rtt),
	}
	if r.msg != nil {
		f.Addrs = append(f.Addrs, dnsAddrs(r.msg, r.name, r.qtype)...)
	}
	return f
}

// evidence keeps question and answer as text, and what could not be read as hexadecimal bytes.
func records(n int) string {
	switch n {
	case 0:
		return "no record"
	case 1:
		return "1 record"
	}
	return fmt.Sprintf("%d records", n)
}

func (r dnsReply) evidence() facts.Evidence {
	e := facts.Evidence{Kind: "dns", Sent: r.query(false).Question[0].String()}
	what := fmt.Sprintf("%s was asked for %s of %s", r.server.Addr(), dns.TypeToString[r.qtype], r.name)
	switch {
	case r.msg != nil:
		how := ""
		switch {
		case r.web != nil:
			how = " over HTTPS"
		case r.tcp:
			how = " over TCP"
		}
		e.Text = fmt.Sprintf("%s: %s with %s after %s%s.", what, r.rcode(), records(len(r.msg.Answer)), facts.Duration(r.rtt), how)
		e.Received = r.msg.String()
	case len(r.junk) > 0:
		e.Text = what + ": the bytes that came back are no answer to that."
		e.Received = hex.EncodeToString(r.junk)
	default:
		e.Text = fmt.Sprintf("%s: %s.", what, r.answer)
	}
	e.Received = e.Received[:min(len(e.Received), dnsShown)]
	return e
}

// dnsChain follows the CNAMEs of a message from name (RFC 1034 section 3.6.2); it gives the records of the
// type and the name at which the chain ends.
func dnsChain(m *dns.Msg, name string, qtype uint16) ([]dns.RR, string) {
	for range len(m.Answer) + 1 {
		var found []dns.RR
		alias := ""
		for _, rr := range m.Answer {
			if !strings.EqualFold(rr.Header().Name, name) {
				continue
			}
			if c, ok := rr.(*dns.CNAME); ok && alias == "" {
				alias = c.Target
			}
			if rr.Header().Rrtype == qtype {
				found = append(found, rr)
			}
		}
		if len(found) > 0 || alias == "" {
			return found, name
		}
		name = alias
	}
	return nil, name // a loop
}

// dnsNoData reports whether the resolver says that the chain ends here: no such name, or the zone's SOA
// beside an answer without the records (RFC 2308 section 2.2).
func dnsNoData(m *dns.Msg) bool {
	return m.Rcode != dns.RcodeSuccess || slices.ContainsFunc(m.Ns, func(rr dns.RR) bool {
		return rr.Header().Rrtype == dns.TypeSOA
	})
}

// dnsAddrs are the addresses that a message gives to name.
func dnsAddrs(m *dns.Msg, name string, qtype uint16) []netip.Addr {
	records, _ := dnsChain(m, name, qtype)
	var addrs []netip.Addr
	for _, rr := range records {
		if a, ok := dnsAddr(rr); ok {
			addrs = append(addrs, a)
		}
	}
	return addrs
}

func dnsAddr(rr dns.RR) (netip.Addr, bool) {
	switch rr := rr.(type) {
	case *dns.A:
		a, ok := netip.AddrFromSlice(rr.A)
		return a.Unmap(), ok
	case *dns.AAAA:
		return netip.AddrFromSlice(rr.AAAA)
	}
	return netip.Addr{}, false
}
