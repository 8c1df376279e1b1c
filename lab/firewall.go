package lab

import (
	"encoding/binary"
	"errors"
	"fmt"
	"net/netip"
	"os"

	"github.com/google/nftables"
	"github.com/google/nftables/binaryutil"
	"github.com/google/nftables/expr"
	"golang.org/x/sys/unix"
)

// NAT is how a router translates addresses.
type NAT string

const (
	NATPlain     NAT = ""          // one mapping for every destination, port kept where free
	NATSymmetric NAT = "symmetric" // another random port for every destination
	NATNone      NAT = "none"      // routed: addresses stay as they are
)

// Action is what becomes of a packet that a rule matches.
type Action string

const (
	Drop            Action = "drop"             // silence
	AdminProhibited Action = "admin-prohibited" // ICMP 3/13, EHOSTUNREACH
	PortUnreachable Action = "port-unreachable" // ICMP 3/3, ECONNREFUSED
	TCPReset        Action = "tcp-reset"        // ECONNREFUSED
)

// Rule matches packets on their way out; an empty field matches everything.
type Rule struct {
	Proto  string       // "udp", "tcp", "icmp" or ""
	Ports  []uint16     // destination ports
	To     netip.Prefix // destination
	From   netip.Prefix // source
	Action Action
}

// Filter is the packet filter of one host.
type Filter struct {
	Outside string // interface towards the provider; NAT happens on it
	NAT     NAT
	Forward []Rule // packets that leave through Outside; for the host's own traffic see Input
	Input   []Rule // packets to the host itself
	Catch   []Rule // what comes in from the customer's switch and goes to the host itself, whatever its Action says
	Pieces  bool   // drops fragments, before connection tracking puts them together
	OneWay  bool   // of these, only those that come in from Outside
	Guard   bool   // nothing new comes in from Outside, as in every home router
	Hush    bool   // never says "fragmentation needed"
	Clamp   bool   // lowers TCP's segment size (MSS) to what the way out carries
	Unmarks bool   // clears the DSCP of packets that leave through Outside
	SIPALG  bool   // the kernel's SIP helper on port 5060, UDP and TCP
	ALGFrom uint16 // the helper reads only what comes from this source port; 0: from any
	OnUDP   bool   // that helper on UDP alone
}

// ErrNoALG says that this kernel has no SIP helper (CONFIG_NF_NAT_SIP).
var ErrNoALG = errors.New("this kernel has no SIP helper (CONFIG_NF_CONNTRACK_SIP and CONFIG_NF_NAT_SIP)")

const tableName = "lab"

// apply replaces the host's whole packet filter.
func (f Filter) apply(h *Host) error {
	conn, err := nftables.New(nftables.WithNetNSFd(int(h.ns)))
	if err != nil {
		return fmt.Errorf("packet filter of %s: %w", h.Name, err)
	}
	table := &nftables.Table{Family: nftables.TableFamilyIPv4, Name: tableName}
	conn.AddTable(table)
	conn.DelTable(table)
	conn.AddTable(table)
	s := ruleset{conn, table}
	s.forward(f)
	s.input(f)
	s.sizes(f)
	s.nat(f)
	s.catch(f)
	s.pieces(f)
	s.marks(f)
	if f.SIPALG {
		s.sipHelper(f)
	}
	if err := conn.Flush(); err != nil {
		if f.SIPALG && (errors.Is(err, os.ErrNotExist) || errors.Is(err, unix.EOPNOTSUPP)) {
			return fmt.Errorf("packet filter of %s: %w: %w", h.Name, ErrNoALG, err)
		}
		return fmt.Errorf("packet filter of %s: %w", h.Name, err)
	}
	return nil
}

// ruleset writes the chains of one table.
type ruleset struct {
	conn  *nftables.Conn
	table *nftables.Table
}

func (s ruleset) chain(name string, kind nftables.ChainType, hook *nftables.ChainHook, priority *nftables.ChainPriority) *nftables.Chain {
	return s.conn.AddChain(&nftables.Chain{Table: s.table, Name: name, Type: kind, Hooknum: hook, Priority: priority})
}

func (s ruleset) add(chain *nftables.Chain, parts ...[]expr.Any) {
	var all []expr.Any
	for _, part := range parts {
		all = append(all, part...)
	}
	s.conn.AddRule(&nftables.Rule{Table: s.table, Chain: chain, Exprs: all})
}

func (s ruleset) forward(f Filter) {
	chain := s.chain("forward", nftables.ChainTypeFilter, nftables.ChainHookForward, nftables.ChainPriorityFilter)
	for _, rule := range f.Forward {
		for _, match := range rule.matches() {
			s.add(chain, out(f.Outside), match, rule.Action.verdict())
		}
	}
	if f.Guard {
		s.add(chain, state(expr.CtStateBitESTABLISHED|expr.CtStateBitRELATED), verdict(expr.VerdictAccept))
		s.add(chain, in(f.Outside), verdict(expr.VerdictDrop))
	}
}

func (s ruleset) input(f Filter) {
	chain := s.chain("input", nftables.ChainTypeFilter, nftables.ChainHookInput, nftables.ChainPriorityFilter)
	for _, rule := range f.Input {
		for _, match := range rule.matches() {
			s.add(chain, match, rule.Action.verdict())
		}
	}
}

// sizes is what the host does about packets that are too large.
func (s ruleset) sizes(f Filter) {
	if f.Hush { // its own errors leave through the output hook
		chain := s.chain("hush", nftables.ChainTypeFilter, nftables.ChainHookOutput, nftables.ChainPriorityFilter)
		s.add(chain, []expr.Any{&expr.Meta{Key: expr.MetaKeyL4PROTO, Register: 1}, equal([]byte{unix.IPPROTO_ICMP}),
			payload(expr.PayloadBaseTransportHeader, 0, 2), equal([]byte{3, 4})}, verdict(expr.VerdictDrop))
	}
	if !f.Clamp {
		return
	}
	chain := s.chain("clamp", nftables.ChainTypeFilter, nftables.ChainHookForward, nftables.ChainPriorityMangle)
	s.add(chain, []expr.Any{
		&expr.Meta{Key: expr.MetaKeyL4PROTO, Register: 1}, equal([]byte{unix.IPPROTO_TCP}),
		payload(expr.PayloadBaseTransportHeader, 13, 1), // the flags: SYN, and SYN with ACK
		&expr.Bitwise{SourceRegister: 1, DestRegister: 1, Len: 1, Mask: []byte{2}, Xor: []byte{0}}, equal([]byte{2}),
		&expr.Rt{Register: 1, Key: expr.RtTCPMSS},
		&expr.Byteorder{SourceRegister: 1, DestRegister: 1, Op: expr.ByteorderHton, Len: 2, Size: 2},
		&expr.Exthdr{SourceRegister: 1, Type: 2, Offset: 2, Len: 2, Op: expr.ExthdrOpTcpopt}, // option 2 is MSS
	})
}

func (s ruleset) nat(f Filter) {
	if f.NAT == NATNone || f.Outside == "" {
		return
	}
	chain := s.chain("nat", nftables.ChainTypeNAT, nftables.ChainHookPostrouting, nftables.ChainPriorityNATSource)
	s.add(chain, out(f.Outside), []expr.Any{&expr.Masq{Random: f.NAT == NATSymmetric, FullyRandom: f.NAT == NATSymmetric}})
}

// catch has the host answer in the place of others, as a login page or a SIP helper does.
func (s ruleset) catch(f Filter) {
	if len(f.Catch) == 0 {
		return
	}
	chain := s.chain("catch", nftables.ChainTypeNAT, nftables.ChainHookPrerouting, nftables.ChainPriorityNATDest)
	for _, rule := range f.Catch {
		for _, match := range rule.matches() {
			s.add(chain, in(lanBridge), match, []expr.Any{&expr.Redir{}})
		}
	}
}

// pieces drops fragments: those with an offset, or with more to follow (RFC 791). It comes before connection tracking
// puts them together (priority -400).
func (s ruleset) pieces(f Filter) {
	if !f.Pieces {
		return
	}
	var from []expr.Any
	if f.OneWay {
		from = in(f.Outside)
	}
	chain := s.chain("pieces", nftables.ChainTypeFilter, nftables.ChainHookPrerouting, nftables.ChainPriorityRef(-450))
	s.add(chain, from, []expr.Any{
		payload(expr.PayloadBaseNetworkHeader, 6, 2),
		&expr.Bitwise{SourceRegister: 1, DestRegister: 1, Len: 2, Mask: []byte{0x3f, 0xff}, Xor: make([]byte, 2)},
		&expr.Cmp{Op: expr.CmpOpNeq, Register: 1, Data: make([]byte, 2)},
	}, verdict(expr.VerdictDrop))
}

// marks clears the DSCP, and leaves ECN as it is (RFC 3168).
func (s ruleset) marks(f Filter) {
	if !f.Unmarks {
		return
	}
	chain := s.chain("marks", nftables.ChainTypeFilter, nftables.ChainHookForward, nftables.ChainPriorityMangle)
	s.add(chain, out(f.Outside), []expr.Any{
		payload(expr.PayloadBaseNetworkHeader, 0, 2), // two bytes, for the checksum's sake
		&expr.Bitwise{SourceRegister: 1, DestRegister: 1, Len: 2, Mask: []byte{0xff, 0x03}, Xor: make([]byte, 2)},
		&expr.Payload{OperationType: expr.PayloadWrite, SourceRegister: 1, Base: expr.PayloadBaseNetworkHeader, Offset: 0, Len: 2,
			CsumType: expr.CsumTypeInet, CsumOffset: 10},
	})
}

// sipHelper assigns the kernel's SIP helper by rule, after conntrack (priority -200) has made the entry.
func (s ruleset) sipHelper(f Filter) {
	chain := s.chain("alg", nftables.ChainTypeFilter, nftables.ChainHookPrerouting, nftables.ChainPriorityMangle)
	for name, proto := range map[string]uint8{"udp": unix.IPPROTO_UDP, "tcp": unix.IPPROTO_TCP} {
		if f.OnUDP && name != "udp" {
			continue
		}
		helper := "sip-" + name
		s.conn.AddObj(&nftables.NamedObj{Table: s.table, Name: helper, Type: nftables.ObjTypeCtHelper,
			Obj: &expr.CtHelper{Name: "sip", L3Proto: unix.NFPROTO_IPV4, L4Proto: proto}})
		rule := Rule{Proto: name, Ports: []uint16{5060}}
		var source []expr.Any
		if f.ALGFrom != 0 {
			source = []expr.Any{payload(expr.PayloadBaseTransportHeader, 0, 2), equal(binary.BigEndian.AppendUint16(nil, f.ALGFrom))}
		}
		s.add(chain, rule.matches()[0], source, []expr.Any{&expr.Objref{Type: int(nftables.ObjTypeCtHelper), Name: helper}})
	}
}

// matches gives one list of expressions for each port.
func (r Rule) matches() [][]expr.Any {
	var common []expr.Any
	proto := map[string]uint8{"udp": unix.IPPROTO_UDP, "tcp": unix.IPPROTO_TCP, "icmp": unix.IPPROTO_ICMP}[r.Proto]
	if proto != 0 {
		common = append(common, &expr.Meta{Key: expr.MetaKeyL4PROTO, Register: 1}, equal([]byte{proto}))
	}
	if r.Proto == "icmp" { // echo requests only: errors are never filtered
		common = append(common, payload(expr.PayloadBaseTransportHeader, 0, 1), equal([]byte{8}))
	}
	common = append(common, prefix(r.From, 12)...)
	common = append(common, prefix(r.To, 16)...)
	if len(r.Ports) == 0 {
		return [][]expr.Any{common}
	}
	var all [][]expr.Any
	for _, port := range r.Ports {
		all = append(all, append(common[:len(common):len(common)],
			payload(expr.PayloadBaseTransportHeader, 2, 2), equal(binary.BigEndian.AppendUint16(nil, port))))
	}
	return all
}

func (a Action) verdict() []expr.Any {
	switch a {
	case AdminProhibited:
		return []expr.Any{&expr.Reject{Type: unix.NFT_REJECT_ICMP_UNREACH, Code: 13}}
	case PortUnreachable:
		return []expr.Any{&expr.Reject{Type: unix.NFT_REJECT_ICMP_UNREACH, Code: 3}}
	case TCPReset:
		return []expr.Any{&expr.Reject{Type: unix.NFT_REJECT_TCP_RST}}
	}
	return verdict(expr.VerdictDrop)
}

func verdict(kind expr.VerdictKind) []expr.Any { return []expr.Any{&expr.Verdict{Kind: kind}} }

func in(name string) []expr.Any  { return iface(expr.MetaKeyIIFNAME, name) }
func out(name string) []expr.Any { return iface(expr.MetaKeyOIFNAME, name) }

func iface(key expr.MetaKey, name string) []expr.Any {
	if name == "" {
		return nil
	}
	padded := make([]byte, unix.IFNAMSIZ)
	copy(padded, name)
	return []expr.Any{&expr.Meta{Key: key, Register: 1}, equal(padded)}
}

// state matches packets whose conntrack state has one of the bits.
func state(bits uint32) []expr.Any {
	return []expr.Any{
		&expr.Ct{Key: expr.CtKeySTATE, Register: 1},
		&expr.Bitwise{SourceRegister: 1, DestRegister: 1, Len: 4, Mask: binaryutil.NativeEndian.PutUint32(bits), Xor: make([]byte, 4)},
		&expr.Cmp{Op: expr.CmpOpNeq, Register: 1, Data: make([]byte, 4)},
	}
}

// prefix matches the address at the offset of the IPv4 header.
func prefix(p netip.Prefix, offset uint32) []expr.Any {
	if !p.IsValid() {
		return nil
	}
	mask := binary.BigEndian.AppendUint32(nil, ^uint32(0)<<(32-p.Bits()))
	return []expr.Any{
		payload(expr.PayloadBaseNetworkHeader, offset, 4),
		&expr.Bitwise{SourceRegister: 1, DestRegister: 1, Len: 4, Mask: mask, Xor: make([]byte, 4)},
		equal(p.Masked().Addr().AsSlice()),
	}
}

func payload(base expr.PayloadBase, offset, length uint32) expr.Any {
	return &expr.Payload{DestRegister: 1, Base: base, Offset: offset, Len: length}
}

func equal(data []byte) expr.Any { return &expr.Cmp{Op: expr.CmpOpEq, Register: 1, Data: data} }
