package probes

import (
	"encoding/binary"
	"errors"
	"fmt"
	"net/netip"
)

// This file is the wire of the two protocols that ask a router for its outside address on one port: NAT-PMP
// (RFC 6886) and PCP (RFC 6887).

const portControl = 5351 // RFC 6886 section 3.1, RFC 6887 section 19

// natPMPQuestion asks for the outside address (RFC 6886 section 3.2): version 0, opcode 0.
func natPMPQuestion() []byte { return []byte{0, 0} }

// natPMPAnswer reads the address out of the answer. An error is a refusal, or no NAT-PMP.
func natPMPAnswer(b []byte) (netip.Addr, error) {
	switch {
	case len(b) < 4 || b[0] != 0 || b[1] != 128:
		return netip.Addr{}, errors.New("the answer is no NAT-PMP")
	case binary.BigEndian.Uint16(b[2:]) == 3: // network failure
		return netip.Addr{}, fmt.Errorf("%w (NAT-PMP result code 3)", errNoOutside)
	case binary.BigEndian.Uint16(b[2:]) != 0:
		return netip.Addr{}, fmt.Errorf("the router refuses with NAT-PMP result code %d", binary.BigEndian.Uint16(b[2:]))
	case len(b) < 12:
		return netip.Addr{}, errors.New("the answer is cut short")
	}
	return outsideAddress(netip.AddrFrom4([4]byte(b[8:12])))
}

// The sizes of PCP (RFC 6887 sections 7.1, 7.2 and 12.1).
const (
	pcpHead    = 24
	pcpPeer    = 56
	pcpVersion = 2
	pcpUDP     = 17
	pcpLife    = 30 // seconds that the mapping may live
)

// pcpQuestion is a PEER request (RFC 6887 section 12): the address and port that we would have outside towards
// one remote peer. Unlike a MAP it opens nothing to others; the peer is an address where nothing lives, so
// nothing can come back at all.
func pcpQuestion(local netip.AddrPort, nonce [12]byte) []byte {
	b := make([]byte, pcpHead+pcpPeer)
	b[0], b[1] = pcpVersion, 2
	binary.BigEndian.PutUint32(b[4:], pcpLife)
	put(b[8:], local.Addr())
	peer := b[pcpHead:]
	copy(peer, nonce[:])
	peer[12] = pcpUDP
	binary.BigEndian.PutUint16(peer[16:], local.Port())
	put(peer[20:], netip.IPv4Unspecified()) // no wish for an outside address
	binary.BigEndian.PutUint16(peer[36:], pcpPeerPort)
	put(peer[40:], nobodies()[0])
	return b
}

const pcpPeerPort = 9 // discard

// put writes an address in 16 bytes, IPv4 as a mapped one (RFC 6887 section 5).
func put(b []byte, a netip.Addr) {
	long := a.As16()
	copy(b, long[:])
}

// pcpAnswer reads the address out of the answer to the question with this nonce.
func pcpAnswer(b []byte, nonce [12]byte) (netip.Addr, error) {
	switch {
	case len(b) < 4 || b[0] != pcpVersion || b[1] != 128|2:
		return netip.Addr{}, errors.New("the answer is no PCP")
	case b[3] == 7: // NETWORK_FAILURE
		return netip.Addr{}, fmt.Errorf("%w (PCP result code 7)", errNoOutside)
	case b[3] != 0:
		return netip.Addr{}, fmt.Errorf("the router refuses with PCP result code %d", b[3])
	case len(b) < pcpHead+pcpPeer:
		return netip.Addr{}, errors.New("the answer is cut short")
	case [12]byte(b[pcpHead:]) != nonce:
		return netip.Addr{}, errors.New("the answer belongs to another question")
	}
	return outsideAddress(netip.AddrFrom16([16]byte(b[pcpHead+20:])).Unmap())
}

// errNoOutside is a router's own word.
var errNoOutside = errors.New("the router says that it has no outside address")

// outsideAddress refuses what cannot be anybody's address.
func outsideAddress(a netip.Addr) (netip.Addr, error) {
	if a.IsUnspecified() {
		return netip.Addr{}, errNoOutside
	}
	if !a.Is4() || a.IsMulticast() || a.IsLoopback() || a == netip.AddrFrom4([4]byte{255, 255, 255, 255}) {
		return netip.Addr{}, fmt.Errorf("the router says that its outside address is %s, which is nobody's", a)
	}
	return a, nil
}
