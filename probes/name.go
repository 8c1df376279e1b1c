package probes

import (
	"context"
	"fmt"
	"net/http"
	"net/netip"
	"strings"
	"time"

	"github.com/miekg/dns"

	"trunktester/appliance/catalogue/words"
	"trunktester/probes/facts"
	"trunktester/probes/via"
)

// Limits of the search for the provider's servers.
const (
	nameGrace   = 300 * time.Millisecond // for answers that the trunk's own servers do not depend on
	nameWitness = 2                      // public resolvers that are asked as well
)

// Name asks: to which servers does the provider's name lead (RFC 3263), for the resolvers that the PBX
// would use as well? It passes when the trunk's own transport has at least one server with an IPv4
// address; or where the zone has IPv6 addresses alone, and the box has an IPv6 way to them. Failed means that the
// resolvers told no such server; what they and the public ones said is in the facts: "no data", NXDOMAIN and silence
// are not the same fault.
type Name struct {
	Via       via.Interface
	Host      string            // the name or literal really contacted: profile.Trunk.Contacted
	Port      int               // explicit port, 0 for none: then SRV and NAPTR are asked
	Transport string            // "udp", "tcp" or "tls"
	Public    []netip.Addr      // the second witness
	Stream    bool              // the resolvers given are asked over TCP
	Web       http.RoundTripper // not nil: they are asked over HTTPS through it
	DNSPort   uint16            // 0 is 53

	// Patience is how long the box waits for an IPv6 address of its own, where the name has nothing else.
	Patience time.Duration
}

// Look implements Probe. It needs Address: the resolvers given.
func (n Name) Look(ctx context.Context, known facts.Facts) Result {
	if n.Host == "" {
		return Result{Outcome: facts.NotRun, Saw: words.Said("saw.name-no-trunk")}
	}
	if a, err := netip.ParseAddr(strings.Trim(n.Host, "[]")); err == nil {
		return n.literal(ctx, a.Unmap())
	}
	if err := nameCheck(n.Host); err != nil {
		return n.result(facts.Failed, fmt.Sprintf("%q is no host name: %v.", n.Host, err), facts.Name{}, nil)
	}
	plan := newNamePlan(n.Host, n.Port, n.Transport)
	witness := n.askPublic(ctx, plan.questions())
	defer witness.cancel()
	var replies []dnsReply
	var local []netip.AddrPort
	if known.Address != nil {
		local = dnsAt(known.Address.DNS, n.DNSPort)
	}
	if len(local) > 0 {
		replies = n.follow(ctx, plan, local)
	}
	six := plan.byIPv6()
	found := facts.Name{Way: plan.way(), Targets: plan.targets(), Six: six.targets(),
		UDPSRV: plan.serves("udp", true), TCPSRV: plan.serves("tcp", true), TLSSRV: plan.serves("tls", true)}
	public := witness.collect(found.Way == "" || nameInward(found.Targets))

	var evidence []facts.Evidence
	for _, r := range replies {
		found.Answers = append(found.Answers, r.fact())
		evidence = append(evidence, r.evidence())
	}
	for _, r := range public {
		found.Public = append(found.Public, r.fact())
		evidence = append(evidence, r.evidence())
	}
	if found.Way == "" && six.way() != "" && plan.withoutIPv4() && !nameHidesIPv4(found) && ipv6Wait(ctx, n.Via, found.Six[0].Addr.Addr(), n.Patience).IsValid() {
		found.Way, found.Targets = six.way(), found.Six
	}
	outcome, saw := n.sentence(found, len(local) > 0)
	return n.result(outcome, saw, found, evidence)
}

// literal needs no question.
func (n Name) literal(ctx context.Context, a netip.Addr) Result {
	var targets []facts.Target
	for _, id := range newNamePlan(n.Host, n.Port, n.Transport).transports() {
		targets = append(targets, facts.Target{
			Host: a.String(), Addr: netip.AddrPortFrom(a, uint16(namePort(id, n.Transport, n.Port))), Transport: id,
		})
	}
	found := facts.Name{Way: "literal", Targets: targets}
	if !a.Is4() {
		found.Six = targets
		if !ipv6Wait(ctx, n.Via, a, n.Patience).IsValid() {
			found.Way, found.Targets = "", nil
			return n.result(facts.NotRun, words.Said("saw.name-literal-six", "address", a, "why", n.noIPv6()), found, nil)
		}
	}
	saw := words.Said("saw.name-literal", "address", found.Targets[0].Addr)
	return n.result(facts.Passed, saw, found, nil)
}

func (n Name) result(outcome facts.Outcome, saw string, found facts.Name, evidence []facts.Evidence) Result {
	found.Asked = n.Host
	if found.Targets == nil {
		found.Targets = []facts.Target{}
	}
	if found.Six == nil {
		found.Six = []facts.Target{}
	}
	if found.Answers == nil {
		found.Answers = []facts.NameAnswer{}
	}
	if found.Public == nil {
		found.Public = []facts.NameAnswer{}
	}
	return Result{
		Outcome: outcome, Saw: saw, Evidence: evidence,
		File: func(f *facts.Facts) { f.Name = &found },
	}
}

// follow asks the local resolvers round by round; the questions of a round go out together.
func (n Name) follow(ctx context.Context, plan namePlan, local []netip.AddrPort) []dnsReply {
	var all []dnsReply
	for range nameRounds {
		open := plan.questions()
		if len(open) == 0 || plan.way() != "" && !plan.open(open) {
			break
		}
		all = append(all, n.round(ctx, plan, local, open)...)
	}
	return all
}

// round ends when all are answered; or, once the trunk's own servers are known or the next question about
// them is, nameGrace after the last answer that they depend on: a router that ignores NAPTR costs no time.
func (n Name) round(ctx context.Context, plan namePlan, local []netip.AddrPort, open []nameQuestion) []dnsReply {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	type end struct {
		at      int
		replies []dnsReply
	}
	done := make(chan end, len(open))
	waiting := 0
	needed := make([]bool, len(open))
	for at, q := range open {
		go func() {
			done <- end{at, dnsLookup(ctx, local, dnsAsk{via: n.Via, name: q.name, qtype: q.qtype, stream: n.Stream, web: n.Web})}
		}()
		if needed[at] = plan.needed(q); needed[at] {
			waiting++
		}
	}
	for _, q := range open {
		plan.zone[q] = nil
	}
	ended := make([][]dnsReply, len(open))
	for range open {
		e := <-done
		ended[e.at] = e.replies
		if needed[e.at] {
			waiting--
		}
		if r, ok := dnsWinner(e.replies); ok {
			plan.zone[open[e.at]] = r.msg
		}
		if waiting == 0 && (plan.way() != "" || plan.open(plan.questions())) {
			waiting = -1
			defer time.AfterFunc(nameGrace, cancel).Stop()
		}
	}
	var all []dnsReply
	for _, replies := range ended {
		all = append(all, replies...)
	}
	return all
}

// nameAsking is the second witness at work.
type nameAsking struct {
	cancel context.CancelFunc
	done   chan dnsReply
	asked  int
}

func (n Name) askPublic(ctx context.Context, open []nameQuestion) nameAsking {
	ctx, cancel := context.WithCancel(ctx)
	servers := dnsAt(n.Public[:min(len(n.Public), nameWitness)], n.DNSPort)
	w := nameAsking{cancel: cancel, asked: len(servers) * len(open), done: make(chan dnsReply, len(servers)*len(open))}
	for _, s := range servers {
		for _, q := range open {
			ask := dnsAsk{via: n.Via, server: s, name: q.name, qtype: q.qtype}
			go func() { w.done <- ask.ask(ctx) }()
		}
	}
	return w
}

// collect gives what the witness said; it waits only when the local answer needs one. Nothing runs on
// after it returned.
func (w nameAsking) collect(wait bool) []dnsReply {
	if !wait {
		w.cancel()
	}
	var said []dnsReply
	for range w.asked {
		if r := <-w.done; r.answer != facts.Unasked {
			said = append(said, r)
		}
	}
	return said
}

// nameCheck refuses what cannot be a host name (RFC 1123 section 2.1; the underscore is common).
func nameCheck(host string) error {
	if _, ok := dns.IsDomainName(host); !ok || host == "" || host == "." || len(host) > 254 {
		return fmt.Errorf("its length or its dots are wrong")
	}
	for _, r := range host {
		if !strings.ContainsRune("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.", r) {
			return fmt.Errorf("the character %q does not belong there", r)
		}
	}
	return nil
}

// noIPv6 is why the box has no IPv6 way out.
func (n Name) noIPv6() string {
	if n.Via != "" && ipv6Deaf(string(n.Via)) != "" {
		return words.Said("saw.name-ipv6-off")
	}
	return words.Said("saw.name-ipv6-none")
}
