// Package profile reads trunk.toml: what the box is to test. Parsing is strict, and forgiving of what
// Windows does to text files. It is pure: a reader goes in, a validated Profile or a Problem comes out.
package profile

import (
	"net/netip"
	"time"
)

// Profile is a validated trunk.toml with its defaults filled in.
type Profile struct {
	Trunk    Trunk
	Expect   Expect
	Provider Provider
	PBX      PBX
	Line     Line
	Network  Network
	Internet Internet
	Page     Page
	Kit      Kit
	LEDs     LEDs
}

// Trunk is the account. A Profile without a trunk (Domain == "") still tests lights 1 and 2.
type Trunk struct {
	Domain          string
	ProxyHost       string // optional outbound proxy: host name or address literal, "" for none
	ProxyPort       int    // port written in proxy, 0 for none
	Port            int    // 0: found through DNS
	Transport       string // "udp", "tcp" or "tls"
	Auth            string // "register" or "ip"
	Username        string
	AuthUser        string // equal to Username where the file has none
	Password        Secret
	Realm           string     // "" : whatever the provider offers
	TLSCA           []byte     // PEM, nil for the public authorities
	CheckIP         netip.Addr // zero unless Auth == "ip"
	SettingsChanged bool
}

// Contacted is the name or literal that SIP messages are really sent to, and the explicit port (0: none).
func (t Trunk) Contacted() (host string, port int) {
	if t.ProxyHost != "" {
		if t.ProxyPort != 0 {
			return t.ProxyHost, t.ProxyPort
		}
		return t.ProxyHost, t.Port
	}
	return t.Domain, t.Port
}

// Secret never prints.
type Secret string

// String hides the secret from %v, %s and slog.
func (Secret) String() string { return "[secret]" }

// GoString hides the secret from %#v.
func (Secret) GoString() string { return "[secret]" }

// MarshalText hides the secret from JSON and TOML.
func (Secret) MarshalText() ([]byte, error) { return []byte("[secret]"), nil }

// Reveal gives the secret itself, for the digest and for nothing else.
func (s Secret) Reveal() string { return string(s) }

// Expect is what the firewall and the portal are set for (guide 3.1).
type Expect struct {
	Port           int    // 0: any
	NAT            string // "yes", "no" or "" for any
	RTPLow, RTPTop int
}

// Provider is who serves the trunk.
type Provider struct {
	Name          string
	Phone         string
	Portal        string
	Networks      []netip.Prefix
	ShowsBindings *bool // nil: unknown
	STUN          []string
	Reflector     string // host or host:port of cmd/reflector, "" for none
	Token         Secret // the reflector's, "" for none
}

// PBX is the client's telephone system.
type PBX struct {
	Location    string // "site" or "hosted"
	Address     netip.Addr
	MaxBindings int
}

// Line is the access line.
type Line struct {
	Kind string // "broadband" or "leased"
	Edge netip.Addr
}

// Network is how the box gets its address.
type Network struct {
	Mode      string // "dhcp" or "static"
	Address   netip.Prefix
	Gateway   netip.Addr
	DNS       []netip.Addr
	VLAN      int
	Interface string
}

// Internet is what counts as the outside world.
type Internet struct {
	Targets     []netip.Addr
	Resolvers   []netip.Addr
	PortalCheck string
	NTP         []string
	SIPControls []string // host or host:port
}

// Page is the web page.
type Page struct{ Listen bool }

// Kit is the box as the reseller knows it.
type Kit struct {
	Name         string
	Reseller     string
	SupportUntil time.Time
}

// LEDs is the wiring, by BCM number.
type LEDs struct {
	ActiveLow bool
	Lights    [5]Pair
	Button    int
}

// Pair is one two-colour light.
type Pair struct{ Red, Green int }
