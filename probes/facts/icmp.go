package facts

import "fmt"

// The types and codes of ICMP (RFC 792, RFC 1812 section 5.2.7.1) and ICMPv6 (RFC 4443 section 3.1) that say that a
// message was not let through.
const (
	unreachable, portClosed   = 3, 3
	unreachable6, portClosed6 = 1, 4
)

// Unreachable reports whether the message was refused, for whatever reason; else it is another kind of error.
func (e ICMP) Unreachable() bool {
	if e.Offender.Is6() {
		return e.Type == unreachable6
	}
	return e.Type == unreachable
}

// NoWay reports whether a router knew no way to the host, or nobody there answered it on its cable; else a refusal is
// a firewall's word or the host's own.
func (e ICMP) NoWay() bool {
	if e.Offender.Is6() {
		return e.Unreachable() && (e.Code == 0 || e.Code == 3)
	}
	return e.Unreachable() && (e.Code == 0 || e.Code == 1)
}

// PortClosed reports whether nothing listens on the port.
func (e ICMP) PortClosed() bool {
	if e.Offender.Is6() {
		return e.Unreachable() && e.Code == portClosed6
	}
	return e.Unreachable() && e.Code == portClosed
}

// String is the error as it is quoted: "ICMP 3/3", or "ICMPv6 1/4".
func (e ICMP) String() string {
	if e.Offender.Is6() {
		return fmt.Sprintf("ICMPv6 %d/%d", e.Type, e.Code)
	}
	return fmt.Sprintf("ICMP %d/%d", e.Type, e.Code)
}
