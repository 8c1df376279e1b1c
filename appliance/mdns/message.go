package mdns

import (
	"bytes"
	"cmp"
	"net/netip"
	"slices"

	"github.com/miekg/dns"
)

// flush is the top bit of a class: "this is all there is of this name and type" in a record (RFC 6762
// section 10.2), "tell me alone" in a question (section 5.4).
const flush = 1 << 15

// address is the record that the box is there for. class holds flush or not.
func address(name string, addr netip.Addr, class uint16, ttl uint32) dns.RR {
	return &dns.A{Hdr: dns.RR_Header{Name: name, Rrtype: dns.TypeA, Class: class, Ttl: ttl}, A: addr.AsSlice()}
}

// nothingElse says that a name has an IPv4 address and no more, so that nobody waits for an IPv6 one (RFC 6762
// section 6.1).
func nothingElse(name string, class uint16, ttl uint32) dns.RR {
	return &dns.NSEC{Hdr: dns.RR_Header{Name: name, Rrtype: dns.TypeNSEC, Class: class, Ttl: ttl},
		NextDomain: name, TypeBitMap: []uint16{dns.TypeA}}
}

// response is an empty answer.
func response() *dns.Msg {
	return &dns.Msg{MsgHdr: dns.MsgHdr{Response: true, Authoritative: true}}
}

// later says whether the records that another host proposes for a name win against ours: the lists are sorted
// and compared by class, type and data (RFC 6762 section 8.2). Equal lists, such as our own probe that a switch
// gave back, win nothing.
func later(theirs []dns.RR, ours dns.RR) bool {
	slices.SortFunc(theirs, compare)
	if len(theirs) == 0 {
		return false
	}
	if c := compare(theirs[0], ours); c != 0 {
		return c > 0
	}
	return len(theirs) > 1
}

func compare(a, b dns.RR) int {
	return cmp.Or(
		cmp.Compare(a.Header().Class&^flush, b.Header().Class&^flush),
		cmp.Compare(a.Header().Rrtype, b.Header().Rrtype),
		bytes.Compare(data(a), data(b)),
	)
}

// data is a record's data without any compression of names; nil when it cannot be written.
func data(r dns.RR) []byte {
	buf := make([]byte, mostBytes+dns.Len(r))
	end, err := dns.PackRR(r, buf, 0, nil, false)
	if err != nil {
		return nil
	}
	const fixed = 10 // bytes of type, class, TTL and length
	begin, err := dns.PackDomainName(r.Header().Name, make([]byte, 256), 0, nil, false)
	if err != nil || begin+fixed > end {
		return nil
	}
	return buf[begin+fixed : end]
}

// same says whether a record is that address.
func same(r dns.RR, addr netip.Addr) bool {
	a, ok := r.(*dns.A)
	if !ok {
		return false
	}
	got, ok := netip.AddrFromSlice(a.A)
	return ok && got.Unmap() == addr
}
