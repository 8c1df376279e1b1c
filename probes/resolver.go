package probes

import (
	"context"
	"crypto/rand"
	"net/netip"
	"slices"
	"strings"
	"time"

	"github.com/miekg/dns"

	"trunktester/appliance/catalogue/words"
	"trunktester/probes/facts"
	"trunktester/probes/via"
)

// resolverGrace is how long the public resolvers are waited for once a local one has answered.
const resolverGrace = 300 * time.Millisecond

// Resolver asks: do the DNS servers that the router gave do their work? Several names are asked of each,
// and of public resolvers as a second witness. It passes when one of the given servers gives a usable
// answer to any name. Failed means that none was given, or that every one is silent or answers nothing but
// errors; whether the public ones answer meanwhile is in the facts.
type Resolver struct {
	Via     via.Interface
	Names   []string // host names; those that are no names (address literals) are left out
	Public  []netip.Addr
	Nowhere []netip.Addr // where no resolver is (RFC 5737): what answers there answers in everybody's place
	DNSPort uint16       // 0 is 53
}

// resolverNames are asked beside the provider's name: two that have stood for decades (RFC 2606, root zone).
func resolverNames() []string { return []string{"example.com", "a.root-servers.net"} }

// NoResolver is an address of a network that is in no use (RFC 5737), and so of no name server.
func NoResolver() []netip.Addr { return []netip.Addr{netip.MustParseAddr("192.0.2.53")} }

// Look implements Probe. It needs Address: the resolvers given.
func (r Resolver) Look(ctx context.Context, known facts.Facts) Result {
	var local []netip.AddrPort
	if known.Address != nil {
		local = dnsAt(known.Address.DNS, r.DNSPort)
	}
	absent := strings.ToLower(rand.Text()[:16]) + ".example.com"
	names := append(r.lookup(), absent)
	public := dnsAt(r.Public, r.DNSPort)
	replies := r.ask(ctx, local, public, dnsAt(r.Nowhere, r.DNSPort), names)

	found := facts.Resolver{Local: []facts.NameAnswer{}, Public: []facts.NameAnswer{}, Nowhere: []facts.NameAnswer{}, Absent: absent}
	var evidence []facts.Evidence
	for i, reply := range replies {
		if reply.answer == facts.Unasked {
			continue
		}
		switch server := i / len(names); {
		case server < len(local):
			found.Local = append(found.Local, reply.fact())
		case server < len(local)+len(public):
			found.Public = append(found.Public, reply.fact())
		case reply.answer != facts.Answered: // as it should be
			continue
		default:
			found.Nowhere = append(found.Nowhere, reply.fact())
		}
		evidence = append(evidence, reply.evidence())
	}
	outcome, saw := resolverSentence(found, len(local))
	if len(found.Nowhere) > 0 {
		saw += " " + words.Said("saw.dns-in-place")
	}
	return Result{Outcome: outcome, Saw: saw, Evidence: evidence, File: func(f *facts.Facts) { f.Resolver = &found }}
}

// lookup is the list of names without literals and repeats.
func (r Resolver) lookup() []string {
	var names []string
	for _, name := range append(slices.Clone(r.Names), resolverNames()...) {
		_, err := netip.ParseAddr(strings.Trim(name, "[]"))
		if err != nil && nameCheck(name) == nil && !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return names
}

// ask puts every name to every server at the same time, and the first one where no server is. The replies stand in the
// order of servers and names, the local servers first; those that were not waited for are Unasked.
func (r Resolver) ask(ctx context.Context, local, public, nowhere []netip.AddrPort, names []string) []dnsReply {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	servers := slices.Concat(local, public, nowhere)
	replies := make([]dnsReply, len(servers)*len(names))
	done := make(chan int, len(replies))
	for s, server := range servers {
		for n, name := range names {
			at := s*len(names) + n
			if s >= len(local)+len(public) && n > 0 { // one question is enough there, and spares the routers their ICMP errors
				done <- at
				continue
			}
			ask := dnsAsk{via: r.Via, server: server, name: dns.CanonicalName(name), qtype: dns.TypeA}
			go func() {
				replies[at] = ask.ask(ctx)
				done <- at
			}()
		}
	}
	enough := false
	for range replies {
		at := <-done
		if !enough && at < len(local)*len(names) && replies[at].usable() {
			enough = true
			defer time.AfterFunc(resolverGrace, cancel).Stop()
		}
	}
	return replies
}
