package serve

import (
	"bytes"
	"context"
	"net"
	"net/netip"
	"sync"
	"time"

	"github.com/insomniacslk/dhcp/dhcpv4"
)

// DHCP gives addresses (RFC 2131). It hands each client the same address again while the pool lasts,
// and never an address that was declined.
type DHCP struct {
	Board[DHCPSettings]
	Seen Memory[DHCPMessage]

	mu       sync.Mutex
	leases   map[string]netip.Addr // by client hardware address
	declined map[netip.Addr]bool
}

// DHCPSettings are the pool and the switches of a DHCP server.
type DHCPSettings struct {
	Server   netip.Addr   // own address: server identifier
	Prefix   netip.Prefix // subnet of the pool; its length is the mask given out
	First    netip.Addr   // first address of the pool
	Size     int          // number of addresses in the pool
	Router   netip.Addr
	DNS      []netip.Addr
	NTP      []netip.Addr
	Lease    time.Duration         // whole seconds; 0: an hour
	Reserved map[string]netip.Addr // fixed address by hardware address, as net.HardwareAddr prints it

	Silent              bool
	SilentToRequest     bool       // offers, and then ignores the REQUEST
	NoRouter            bool       // leaves option 3 out
	RouterOutsideSubnet netip.Addr // given as router instead
	NAK                 bool       // offers, and then refuses every REQUEST
	Mask                net.IPMask // given instead of Prefix's, such as an absurd 255.0.255.0
	Delay               time.Duration
}

// DHCPMessage is one message of a client.
type DHCPMessage struct {
	At        time.Time
	Type      dhcpv4.MessageType
	MAC       string
	From      netip.AddrPort
	Requested netip.Addr // option 50, else ciaddr; zero when neither was there
	Server    netip.Addr // option 54
	HostName  string
	Answered  dhcpv4.MessageType // dhcpv4.MessageTypeNone: no answer
}

// NewDHCP makes a DHCP server.
func NewDHCP(s DHCPSettings) *DHCP {
	return &DHCP{Board: Board[DHCPSettings]{v: s}, leases: map[string]netip.Addr{}, declined: map[netip.Addr]bool{}}
}

// Serve answers on conn until ctx ends. conn is a UDP socket on port 67, bound to the interface of
// the clients (SO_BINDTODEVICE), so that a broadcast leaves there.
func (s *DHCP) Serve(ctx context.Context, conn net.PacketConn) error {
	return packets(ctx, conn, func(b []byte, from netip.AddrPort) {
		req, err := dhcpv4.FromBytes(b)
		if err != nil || req.OpCode != dhcpv4.OpcodeBootRequest {
			return
		}
		set := s.Settings()
		reply := s.answer(set, req)
		seen := message(req, from)
		if reply != nil {
			seen.Answered = reply.MessageType()
		}
		s.Seen.add(seen)
		if reply == nil {
			return
		}
		// A reply that is lost, or due after the end, is the client's to notice.
		send := func() { _, _ = conn.WriteTo(reply.ToBytes(), destination(req, reply)) }
		if set.Delay == 0 {
			send()
		} else {
			time.AfterFunc(set.Delay, send)
		}
	})
}

// Leases are the addresses given, by hardware address.
func (s *DHCP) Leases() map[string]netip.Addr {
	s.mu.Lock()
	defer s.mu.Unlock()
	given := make(map[string]netip.Addr, len(s.leases))
	for mac, a := range s.leases {
		given[mac] = a
	}
	return given
}

func message(m *dhcpv4.DHCPv4, from netip.AddrPort) DHCPMessage {
	return DHCPMessage{At: time.Now(), Type: m.MessageType(), MAC: m.ClientHWAddr.String(), From: from,
		Requested: wanted(m), Server: toAddr(m.ServerIdentifier()), HostName: m.HostName()}
}

func wanted(m *dhcpv4.DHCPv4) netip.Addr {
	if a := toAddr(m.RequestedIPAddress()); a.IsValid() {
		return a
	}
	if a := toAddr(m.ClientIPAddr); a.IsValid() && !a.IsUnspecified() {
		return a
	}
	return netip.Addr{}
}

func toAddr(ip net.IP) netip.Addr {
	a, _ := netip.AddrFromSlice(ip)
	return a.Unmap()
}

// destination follows RFC 2131 section 4.1, except that a client without an address is always reached
// by broadcast: a plain UDP socket cannot send to an address that nobody answers ARP for yet.
func destination(req, reply *dhcpv4.DHCPv4) *net.UDPAddr {
	if reply.MessageType() != dhcpv4.MessageTypeNak && !req.IsBroadcast() && !req.ClientIPAddr.IsUnspecified() {
		return &net.UDPAddr{IP: req.ClientIPAddr, Port: dhcpv4.ClientPort}
	}
	return &net.UDPAddr{IP: net.IPv4bcast, Port: dhcpv4.ClientPort}
}

// answer gives the reply to one message; nil is silence.
func (s *DHCP) answer(set DHCPSettings, req *dhcpv4.DHCPv4) *dhcpv4.DHCPv4 {
	s.mu.Lock()
	defer s.mu.Unlock()
	mac := req.ClientHWAddr.String()
	switch req.MessageType() {
	case dhcpv4.MessageTypeDecline:
		if a := wanted(req); a.IsValid() {
			s.declined[a] = true
		}
		delete(s.leases, mac)
		return nil
	case dhcpv4.MessageTypeRelease:
		delete(s.leases, mac)
		return nil
	}
	if set.Silent {
		return nil
	}
	switch req.MessageType() {
	case dhcpv4.MessageTypeDiscover:
		a, ok := s.pick(set, mac, wanted(req))
		if !ok {
			return nil
		}
		return set.reply(req, dhcpv4.MessageTypeOffer, a)
	case dhcpv4.MessageTypeRequest:
		return s.request(set, req, mac)
	case dhcpv4.MessageTypeInform:
		return set.reply(req, dhcpv4.MessageTypeAck, netip.Addr{})
	}
	return nil
}

// request follows RFC 2131 section 4.3.2. s.mu is held.
func (s *DHCP) request(set DHCPSettings, req *dhcpv4.DHCPv4, mac string) *dhcpv4.DHCPv4 {
	if id := toAddr(req.ServerIdentifier()); id.IsValid() && id != set.Server {
		return nil // the client took another server's offer
	}
	if set.SilentToRequest {
		return nil
	}
	a := wanted(req)
	if mine, ok := s.pick(set, mac, a); !ok || set.NAK || mine != a {
		return set.reply(req, dhcpv4.MessageTypeNak, netip.Addr{})
	}
	s.leases[mac] = a
	return set.reply(req, dhcpv4.MessageTypeAck, a)
}

// pick chooses the address for a client: reserved, held, wished for, or the first free one. s.mu is held.
func (s *DHCP) pick(set DHCPSettings, mac string, wish netip.Addr) (netip.Addr, bool) {
	if a, ok := set.Reserved[mac]; ok {
		return a, !s.declined[a]
	}
	taken := map[netip.Addr]bool{}
	for other, a := range s.leases {
		if other != mac {
			taken[a] = true
		}
	}
	for _, a := range set.Reserved {
		taken[a] = true
	}
	var first netip.Addr
	a := set.First
	for range set.Size {
		if !taken[a] && !s.declined[a] {
			if a == s.leases[mac] && (a == wish || !wish.IsValid()) || a == wish {
				return a, true
			}
			if !first.IsValid() || a == s.leases[mac] {
				first = a
			}
		}
		a = a.Next()
	}
	return first, first.IsValid()
}

func (s DHCPSettings) reply(req *dhcpv4.DHCPv4, t dhcpv4.MessageType, a netip.Addr) *dhcpv4.DHCPv4 {
	mods := []dhcpv4.Modifier{
		dhcpv4.WithMessageType(t),
		dhcpv4.WithOption(dhcpv4.OptServerIdentifier(s.Server.AsSlice())),
	}
	if id := req.Options.Get(dhcpv4.OptionClientIdentifier); id != nil { // RFC 6842
		mods = append(mods, dhcpv4.WithOption(dhcpv4.OptGeneric(dhcpv4.OptionClientIdentifier, bytes.Clone(id))))
	}
	if t != dhcpv4.MessageTypeNak {
		mods = append(mods, s.options(req, a)...)
	}
	reply, err := dhcpv4.NewReplyFromRequest(req, mods...)
	if err != nil {
		return nil // only when a transaction id cannot be made; here it is the request's
	}
	return reply
}

func (s DHCPSettings) options(req *dhcpv4.DHCPv4, a netip.Addr) []dhcpv4.Modifier {
	mask := s.Mask
	if mask == nil {
		mask = net.CIDRMask(s.Prefix.Bits(), 32)
	}
	mods := []dhcpv4.Modifier{dhcpv4.WithNetmask(mask)}
	if a.IsValid() { // an INFORM is told neither address nor lease time
		lease := s.Lease
		if lease == 0 {
			lease = time.Hour
		}
		mods = append(mods, dhcpv4.WithYourIP(a.AsSlice()), dhcpv4.WithLeaseTime(uint32(lease/time.Second)))
	}
	router := s.Router
	if s.RouterOutsideSubnet.IsValid() {
		router = s.RouterOutsideSubnet
	}
	if router.IsValid() && !s.NoRouter {
		mods = append(mods, dhcpv4.WithRouter(router.AsSlice()))
	}
	if len(s.DNS) > 0 {
		mods = append(mods, dhcpv4.WithDNS(ips(s.DNS)...))
	}
	if len(s.NTP) > 0 && req.IsOptionRequested(dhcpv4.OptionNTPServers) { // unasked, real servers leave it out
		mods = append(mods, dhcpv4.WithOption(dhcpv4.OptNTPServers(ips(s.NTP)...)))
	}
	return mods
}

func ips(as []netip.Addr) []net.IP {
	out := make([]net.IP, 0, len(as))
	for _, a := range as {
		out = append(out, a.AsSlice())
	}
	return out
}
