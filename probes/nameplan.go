package probes

import (
	"cmp"
	"net/netip"
	"slices"
	"strings"

	"github.com/miekg/dns"

	"trunktester/probes/facts"
)

// Limits of what a zone may lead to.
const (
	nameTargets = 8 // of each transport; a longer list is cut
	nameNAPTRs  = 8
	nameRounds  = 4 // questions that follow from answers: SRV, addresses, a chain of aliases
)

// nameTransports are the transports of SIP with their service names (RFC 3263 section 4.1) and default
// ports (RFC 3261 section 19.1.2).
var nameTransports = [...]struct {
	id, naptr, srv string
	port           int
}{
	{"udp", "SIP+D2U", "_sip._udp.", 5060},
	{"tcp", "SIP+D2T", "_sip._tcp.", 5060},
	{"tls", "SIPS+D2T", "_sips._tcp.", 5061},
}

// nameQuestion is one question of RFC 3263.
type nameQuestion struct {
	name  string // fully qualified, lower case
	qtype uint16
}

// namePlan turns what DNS said into what to ask next, and in the end into targets. It is pure.
type namePlan struct {
	host      string // fully qualified
	port      int    // explicit port, 0 for none
	transport string // the trunk's own: "udp", "tcp" or "tls"
	six       bool   // it leads to IPv6 addresses (AAAA) in place of IPv4 ones (A)
	// zone has every question that was asked; nil where no usable answer came.
	zone map[nameQuestion]*dns.Msg
}

func newNamePlan(host string, port int, transport string) namePlan {
	return namePlan{
		host: dns.CanonicalName(host), port: port, transport: transport, zone: map[nameQuestion]*dns.Msg{},
	}
}

// questions are those that are open now, in a fixed order. The first call gives everything that can be
// asked in one round trip; later ones what the answers lead to.
func (p namePlan) questions() []nameQuestion {
	var open []nameQuestion
	add := func(name string, qtype uint16) {
		q := nameQuestion{dns.CanonicalName(name), qtype}
		if _, asked := p.zone[q]; !asked && !slices.Contains(open, q) {
			open = append(open, q)
		}
	}
	add(p.host, dns.TypeA)
	add(p.host, dns.TypeAAAA)
	if p.port == 0 {
		add(p.host, dns.TypeNAPTR)
		for _, t := range nameTransports {
			for _, name := range p.services(t.id) {
				add(name, dns.TypeSRV)
			}
			for _, s := range p.servers(t.id) {
				for _, family := range []namePlan{p, p.byIPv6()} {
					if len(family.addrs(s.Target)) == 0 {
						add(s.Target, family.addressType())
					}
				}
			}
		}
	}
	for q, m := range p.zone {
		if m == nil {
			continue
		}
		if found, end := dnsChain(m, q.name, q.qtype); len(found) == 0 && !dnsNoData(m) {
			add(end, q.qtype) // the resolver left the chain of aliases unfinished
		}
	}
	slices.SortStableFunc(open, func(a, b nameQuestion) int {
		return cmp.Or(cmp.Compare(a.name, b.name), cmp.Compare(a.qtype, b.qtype))
	})
	return open
}

// byIPv6 is the same plan, which leads to IPv6 addresses.
func (p namePlan) byIPv6() namePlan {
	p.six = true
	return p
}

// addressType is the record that has the addresses.
func (p namePlan) addressType() uint16 {
	if p.six {
		return dns.TypeAAAA
	}
	return dns.TypeA
}

// withoutIPv4 reports whether the zone itself says that none of the trunk's own servers has an IPv4 address: a question
// that was lost says nothing.
func (p namePlan) withoutIPv4() bool {
	hosts := []string{p.host}
	if servers := p.servers(p.transport); len(servers) > 0 {
		hosts = nil
		for _, s := range servers {
			hosts = append(hosts, s.Target)
		}
	}
	return !slices.ContainsFunc(hosts, func(host string) bool {
		m := p.last(host, dns.TypeA)
		return m == nil || m.Rcode != dns.RcodeSuccess || len(p.addrs(host)) > 0
	})
}

// needed reports whether the trunk's own targets can depend on the question.
func (p namePlan) needed(q nameQuestion) bool {
	switch q.qtype {
	case dns.TypeA:
		return q.name == p.host || slices.ContainsFunc(p.servers(p.transport), func(s *dns.SRV) bool {
			return dns.CanonicalName(s.Target) == q.name
		})
	case dns.TypeSRV:
		return slices.Contains(p.services(p.transport), q.name)
	}
	return false
}

// open reports whether the trunk's own targets can depend on one of the questions.
func (p namePlan) open(qs []nameQuestion) bool { return slices.ContainsFunc(qs, p.needed) }

// naptrs are the zone's SIP services in the order of RFC 3263 section 4.1.
func (p namePlan) naptrs() []*dns.NAPTR {
	var found []*dns.NAPTR
	for _, rr := range p.records(p.host, dns.TypeNAPTR) {
		n, ok := rr.(*dns.NAPTR)
		if ok && strings.EqualFold(n.Flags, "s") && n.Replacement != "." && n.Regexp == "" {
			found = append(found, n)
		}
	}
	slices.SortStableFunc(found, func(a, b *dns.NAPTR) int {
		return cmp.Or(cmp.Compare(a.Order, b.Order), cmp.Compare(a.Preference, b.Preference),
			cmp.Compare(a.Replacement, b.Replacement))
	})
	return found[:min(len(found), nameNAPTRs)]
}

// services are the SRV names of a transport: those of NAPTR first, then the one that needs no NAPTR.
func (p namePlan) services(transport string) []string {
	var names []string
	for _, t := range nameTransports {
		if t.id != transport {
			continue
		}
		for _, n := range p.naptrs() {
			if strings.EqualFold(n.Service, t.naptr) {
				names = append(names, dns.CanonicalName(n.Replacement))
			}
		}
		if name := dns.CanonicalName(t.srv + p.host); !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return names
}

// servers are the SRV records of a transport in the order of RFC 2782; within a priority the heavier first,
// so that two runs ask the same servers. A target of "." says that there is no such service.
func (p namePlan) servers(transport string) []*dns.SRV {
	var all []*dns.SRV
	for _, service := range p.services(transport) {
		var found []*dns.SRV
		for _, rr := range p.records(service, dns.TypeSRV) {
			if s, ok := rr.(*dns.SRV); ok && s.Target != "." && s.Port != 0 {
				found = append(found, s)
			}
		}
		slices.SortStableFunc(found, func(a, b *dns.SRV) int {
			return cmp.Or(cmp.Compare(a.Priority, b.Priority), cmp.Compare(b.Weight, a.Weight),
				cmp.Compare(a.Target, b.Target), cmp.Compare(a.Port, b.Port))
		})
		for _, s := range found {
			if !slices.ContainsFunc(all, func(o *dns.SRV) bool { return o.Target == s.Target && o.Port == s.Port }) {
				all = append(all, s)
			}
		}
	}
	return all[:min(len(all), nameTargets)]
}

// records are the answers to one question, through aliases.
func (p namePlan) records(name string, qtype uint16) []dns.RR {
	found, _ := p.through(name, qtype)
	return found
}

// last is the message that answered a question in the end, through aliases; nil where one of them was not answered.
func (p namePlan) last(name string, qtype uint16) *dns.Msg {
	_, m := p.through(name, qtype)
	return m
}

func (p namePlan) through(name string, qtype uint16) ([]dns.RR, *dns.Msg) {
	m := p.zone[nameQuestion{dns.CanonicalName(name), qtype}]
	for range nameRounds {
		if m == nil {
			return nil, nil
		}
		found, end := dnsChain(m, name, qtype)
		if len(found) > 0 || end == name {
			return found, m
		}
		name, m = end, p.zone[nameQuestion{dns.CanonicalName(end), qtype}]
	}
	return nil, nil
}

// nameTranslated is where the addresses lie that a resolver makes of IPv4 ones (RFC 6052 section 2.1).
var nameTranslated = netip.MustParsePrefix("64:ff9b::/96")

// addrs are the addresses of a host in the plan's family: asked for, or told beside an SRV answer (RFC 2782).
func (p namePlan) addrs(host string) []netip.Addr {
	records := p.records(host, p.addressType())
	if len(records) == 0 {
		for _, t := range nameTransports {
			for _, service := range p.services(t.id) {
				if m := p.zone[nameQuestion{service, dns.TypeSRV}]; m != nil {
					records = append(records, m.Extra...)
				}
			}
		}
		records = slices.DeleteFunc(records, func(rr dns.RR) bool {
			return !strings.EqualFold(rr.Header().Name, host) || rr.Header().Rrtype != p.addressType()
		})
	}
	var addrs []netip.Addr
	for _, rr := range records {
		if a, ok := dnsAddr(rr); ok && a.Is4() != p.six && nameUsable(a) && !slices.Contains(addrs, a) {
			addrs = append(addrs, a)
		}
	}
	return addrs
}

// nameUsable reports whether a host of a zone can be reached by the address.
func nameUsable(a netip.Addr) bool {
	return !a.IsUnspecified() && (a.Is4() || !a.Is4In6() && !a.IsLinkLocalUnicast() && !a.IsMulticast() && !nameTranslated.Contains(a))
}

// targets are the provider's servers: those of the trunk's own transport first, then the others in the
// zone's order of preference. A transport without SRV is tried at its default port of the host's address;
// for another than the trunk's own, where the host has none, at the addresses of the trunk's servers.
func (p namePlan) targets() []facts.Target {
	own := p.transportTargets(p.transport, nil)
	var fallback []netip.Addr
	for _, t := range own {
		if !slices.Contains(fallback, t.Addr.Addr()) {
			fallback = append(fallback, t.Addr.Addr())
		}
	}
	all := append([]facts.Target{}, own...)
	for _, id := range p.transports()[1:] {
		all = append(all, p.transportTargets(id, fallback)...)
	}
	return all
}

func (p namePlan) transportTargets(id string, fallback []netip.Addr) []facts.Target {
	var list []facts.Target
	add := func(host string, addrs []netip.Addr, port, priority, weight int) {
		for _, a := range addrs {
			list = append(list, facts.Target{
				Host: strings.TrimSuffix(host, "."), Addr: netip.AddrPortFrom(a, uint16(port)), Transport: id,
				Priority: priority, Weight: weight,
			})
		}
	}
	servers := p.servers(id)
	for _, s := range servers {
		add(s.Target, p.addrs(s.Target), int(s.Port), int(s.Priority), int(s.Weight))
	}
	if len(servers) == 0 {
		addrs := p.addrs(p.host)
		if len(addrs) == 0 {
			addrs = fallback
		}
		add(p.host, addrs, namePort(id, p.transport, p.port), 0, 0)
	}
	return list[:min(len(list), nameTargets)]
}

// namePort is the port of a transport: an explicit one holds for the trunk's own transport, and for UDP
// and TCP alike; TLS has its own.
func namePort(id, trunk string, explicit int) int {
	if explicit != 0 && (id == trunk || id != "tls" && trunk != "tls") {
		return explicit
	}
	for _, t := range nameTransports {
		if t.id == id {
			return t.port
		}
	}
	return 5060
}

// transports are all three: the trunk's own, then the others in the zone's order of preference.
func (p namePlan) transports() []string {
	ids := []string{p.transport}
	for _, n := range p.naptrs() {
		for _, t := range nameTransports {
			if strings.EqualFold(n.Service, t.naptr) && !slices.Contains(ids, t.id) {
				ids = append(ids, t.id)
			}
		}
	}
	for _, t := range nameTransports {
		if !slices.Contains(ids, t.id) {
			ids = append(ids, t.id)
		}
	}
	return ids
}

// way says what led to the trunk's own targets.
func (p namePlan) way() string {
	if len(p.transportTargets(p.transport, nil)) == 0 {
		return ""
	}
	if len(p.servers(p.transport)) == 0 {
		return "address"
	}
	if p.named() {
		return "naptr"
	}
	return "srv"
}

// named reports whether NAPTR names the trunk's own transport.
func (p namePlan) named() bool { return p.serves(p.transport, false) }

// serves reports whether the zone itself says that the provider serves the transport: by NAPTR, or where asked by SRV as well.
func (p namePlan) serves(transport string, srv bool) bool {
	for _, t := range nameTransports {
		if t.id == transport && slices.ContainsFunc(p.naptrs(), func(n *dns.NAPTR) bool {
			return strings.EqualFold(n.Service, t.naptr)
		}) {
			return true
		}
	}
	return srv && len(p.servers(transport)) > 0
}
