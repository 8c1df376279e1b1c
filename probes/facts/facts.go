// Package facts holds what the probes saw: typed, verbatim, and without an opinion. Every pointer is
// three-valued: nil is "not looked at". Values are written once, by the probe that is named in the
// field, and never changed afterwards, so that they can be read while other steps still run.
package facts

import (
	"net/netip"
	"regexp"
	"time"
)

// Facts has one key per probe.
type Facts struct {
	Link      *Link      `json:"link"`
	Address   *Address   `json:"address"`
	Gateway   *Gateway   `json:"gateway"`
	Conflict  *Conflict  `json:"conflict"`
	Offers    *Offers    `json:"offers"`
	Cable     *Cable     `json:"cable"`
	Neighbour *Neighbour `json:"neighbour"`
	LAN       *LAN       `json:"lan"` // ARP round trips to the gateway (light 1)
	Internet  *Internet  `json:"internet"`
	Portal    *Portal    `json:"portal"`
	Resolver  *Resolver  `json:"resolver"`
	Clock     *Clock     `json:"clock"`
	Public    *Public    `json:"public"`
	Name      *Name      `json:"name"`
	MTU       *MTU       `json:"mtu"`
	Edge      *Edge      `json:"edge"`
	Witness   *Witness   `json:"witness"`
	IPv6      *IPv6      `json:"ipv6"`

	InternetByIPv6 *Internet   `json:"internet_ipv6"` // asked only where the trunk goes by IPv6
	Ping           *Ping       `json:"ping"`
	Quality        *Quality    `json:"quality"`
	UDP            *Path       `json:"sip_udp"`
	TCP            *Path       `json:"sip_tcp"`
	TLS            *Path       `json:"sip_tls"`
	SIPv6          *Path       `json:"sip_ipv6"` // the trunk's own transport by IPv6, beside a trunk that is tested by IPv4
	Controls       *Controls   `json:"controls"`
	Nowhere        *Path       `json:"nowhere"`
	Reflector      *Reflector  `json:"reflector"`
	WAN            *WAN        `json:"wan"`
	Hops           *Walk       `json:"hops"` // the first ones on the way to the provider
	SIPWalk        *SIPWalk    `json:"sip_walk"`
	Lifetime       *Lifetime   `json:"lifetime"`
	NAT            *NAT        `json:"nat"`
	RTP            *RTP        `json:"rtp"`
	Voice          *Voice      `json:"voice"`
	DSCP           *DSCP       `json:"dscp"`
	Fragments      *Fragments  `json:"fragments"`
	ALG            *ALG        `json:"alg"`
	Login          *Login      `json:"login"`
	Bindings       *Bindings   `json:"bindings"`
	CheckIP        *CheckIP    `json:"check_ip"`
	PBXCheck       *PBXCheck   `json:"pbx_check"`
	OwnBinding     *OwnBinding `json:"own_binding"`
	Remembered     *Remembered `json:"remembered"`
}

// Link is the cable. (light 1)
type Link struct {
	Interface  string   `json:"interface"`
	MAC        string   `json:"mac"`
	Carrier    bool     `json:"carrier"`
	Waited     Duration `json:"waited_ms"`   // how long we waited for a carrier
	SpeedMbit  *int     `json:"speed_mbit"`  // nil where the driver does not say
	FullDuplex *bool    `json:"full_duplex"` // nil where the driver does not say
	Own        *Ability `json:"own"`         // what the box's port offers; nil where the driver does not say
	Peer       *Ability `json:"peer"`        // what the other end offers; nil where it does not negotiate
	Counters   Counters `json:"counters"`    // when the carrier was there

	At time.Time `json:"-"` // of the counters
}

// Ability is the best that one end of a cable offers.
type Ability struct {
	SpeedMbit  int  `json:"speed_mbit"`
	FullDuplex bool `json:"full_duplex"`
}

// Counters are what the kernel counted on an interface since it has it.
type Counters struct {
	Losses   int `json:"losses"`   // of the carrier
	Received int `json:"received"` // frames
	Damaged  int `json:"damaged"`  // frames received with a wrong checksum, or not of whole bytes
}

// Cable is what happened on the cable while the run went on. (light 1)
type Cable struct {
	Watched  Duration `json:"watched_ms"` // since the counters of Link
	Counters Counters `json:"counters"`
	Flaps    int      `json:"flaps"` // short losses of the carrier in the last minute, where somebody watched before the run
}

// Neighbour is what the other end of the cable said by itself, since the carrier was there. (light 1)
type Neighbour struct {
	Listened Duration      `json:"listened_ms"`
	Switch   *Announcement `json:"switch"` // nil when nothing was announced
	Tagged   []int         `json:"tagged"` // VLANs of the frames that came with a tag
	Login    bool          `json:"login"`  // the socket asks for a network login (802.1X)
}

// Announcement is what a switch says about itself and the socket.
type Announcement struct {
	Protocol  string `json:"protocol"` // "lldp" or "cdp"
	Name      string `json:"name"`
	Port      string `json:"port"`
	PortVLAN  *int   `json:"port_vlan"`  // of frames without a tag, nil when not told
	VoiceVLAN *int   `json:"voice_vlan"` // of the phones' frames, which carry a tag; nil when there is none
}

// Address is the box's own IPv4 address. (light 1)
type Address struct {
	Mode      string       `json:"mode"`      // "dhcp", "static" or "configured" (used as it was found)
	Prefix    netip.Prefix `json:"prefix"`    // zero when none was had
	Gateway   netip.Addr   `json:"gateway"`   // zero when none was given
	DNS       []netip.Addr `json:"dns"`       // resolvers given
	NTP       []netip.Addr `json:"ntp"`       // DHCP option 42
	Server    netip.Addr   `json:"server"`    // DHCP server that gave the lease
	Lease     Duration     `json:"lease_ms"`  // lease time, 0 when not by DHCP
	Discovers int          `json:"discovers"` // DISCOVERs sent
	Waited    Duration     `json:"waited_ms"`
	Refused   string       `json:"refused"`  // why an offer was not usable, "" otherwise
	Declined  []netip.Addr `json:"declined"` // leases given back since another device held them
}

// Gateway is the router as seen on the wire. (light 1)
type Gateway struct {
	Addr     netip.Addr `json:"addr"`
	MAC      string     `json:"mac"` // "" when ARP was not answered
	ARPSent  int        `json:"arp_sent"`
	ARPRTT   Duration   `json:"arp_rtt_ms"`
	PingSent int        `json:"ping_sent"`
	PingBack int        `json:"ping_back"` // many routers drop ping: never a fault alone
}

// Conflict is the answer to "does another device hold our address?" (RFC 5227). (light 1)
type Conflict struct {
	Addr    netip.Addr `json:"addr"`
	Probes  int        `json:"probes"`
	Holder  string     `json:"holder"`   // MAC of the other device, "" when nobody answered
	PBXMACs []string   `json:"pbx_macs"` // MACs that answered for pbx.address; two are a fault
}

// Offers are all DHCP offers collected in the background. (light 1)
type Offers struct {
	Window Duration `json:"window_ms"`
	Seen   []Offer  `json:"seen"`
}

// Offer is one DHCPOFFER.
type Offer struct {
	Server    netip.Addr   `json:"server"`
	ServerMAC string       `json:"server_mac"`
	Prefix    netip.Prefix `json:"prefix"`
	Gateway   netip.Addr   `json:"gateway"`
	DNS       []netip.Addr `json:"dns"`
}

// Answer is how one question to one host ended.
type Answer string

const (
	Unasked     Answer = ""
	Answered    Answer = "answered"
	Refused     Answer = "refused"     // a reset or an ICMP error came back
	Unreachable Answer = "unreachable" // no route, from here or from a router on the way
	Silent      Answer = "silent"
	CouldNotAsk Answer = "could-not-ask" // our own fault: no permission, no socket
)

// Internet is the outside world, three ways to three targets. (light 2)
type Internet struct {
	Targets []InternetTarget `json:"targets"`
}

// InternetTarget is one independent host.
type InternetTarget struct {
	Addr netip.Addr `json:"addr"`
	ICMP Answer     `json:"icmp"`
	TCP  Answer     `json:"tcp"`
	DNS  Answer     `json:"dns"`
	RTT  Duration   `json:"rtt_ms"` // of the first way that answered
}

// Portal is what came for a page that answers 204 with no body (RFC 9110 section 15.3.5). (light 2)
type Portal struct {
	Page     string `json:"page"`     // its URL
	Answer   Answer `json:"answer"`   // of its server, or of who stands in its place
	Status   int    `json:"status"`   // 0 where none came
	Location string `json:"location"` // where a redirect points, "" for none; to the same host by HTTPS is none
	Body     bool   `json:"body"`     // something stood on the page
	Caught   Answer `json:"caught"`   // the control: a TCP connection to an address where nothing lives
}

// Altered reports whether the page came back as somebody else's: redirected, with a body, or with the status of
// networks that want a login (RFC 6585 section 6). An error of the page's own server is none of these.
func (p Portal) Altered() bool {
	switch {
	case p.Status == 511, p.Status >= 300 && p.Status < 400 && p.Location != "":
		return true
	}
	return p.Status >= 200 && p.Status < 300 && p.Body
}

// Resolver compares the resolvers that were given with public ones. (light 2)
type Resolver struct {
	Local  []NameAnswer `json:"local"`
	Public []NameAnswer `json:"public"`
	// Nowhere is what answered at an address where no resolver is: a device that takes all questions to itself.
	Nowhere []NameAnswer `json:"nowhere"`
	Absent  string       `json:"absent"` // a random name that does not exist: an address for it is a lie
}

// NameAnswer is one resolver's answer to one question.
type NameAnswer struct {
	Server netip.Addr   `json:"server"`
	Name   string       `json:"name"`
	Type   string       `json:"type"`  // "A", "AAAA", "SRV", "NAPTR"
	Rcode  string       `json:"rcode"` // "NOERROR", "NXDOMAIN", "SERVFAIL" ..., "malformed"; "" when silent
	Answer Answer       `json:"answer"`
	Addrs  []netip.Addr `json:"addrs"`
	RTT    Duration     `json:"rtt_ms"`
}

// Usable reports whether the resolver did its work: a name that does not exist is an answer as well.
func (a NameAnswer) Usable() bool {
	return a.Answer == Answered && (a.Rcode == "NOERROR" || a.Rcode == "NXDOMAIN")
}

// Clock is the time, and who told it. (light 2)
type Clock struct {
	Source string     `json:"source"` // "ntp", "sip", "http" or "none"
	Server string     `json:"server"`
	Offset Duration   `json:"offset_ms"` // true time minus the box's clock
	Now    *time.Time `json:"now"`       // true time at the end of the probe
}

// Public is the box's address as the outside sees it, by STUN (RFC 8489). (light 2)
type Public struct {
	Answers []STUNAnswer `json:"answers"`
	Addr    netip.Addr   `json:"addr"` // zero when nobody told, or when they differ
	Differ  bool         `json:"differ"`

	Mapping  string `json:"mapping"`   // how the router maps (RFC 4787 section 4.1); "" when not known
	PortKept *bool  `json:"port_kept"` // the outside sees the box's own port; nil when not known
}

// How a router maps one socket.
const (
	MappingNone        = "none"        // addresses are not translated
	MappingIndependent = "independent" // of the destination
	MappingDependent   = "dependent"   // on the destination: symmetric NAT
)

// STUNAnswer is one server's view of one socket of ours.
type STUNAnswer struct {
	Server string         `json:"server"`
	From   netip.AddrPort `json:"from"` // its address; zero when its name led to none
	Answer Answer         `json:"answer"`
	Local  netip.AddrPort `json:"local"`
	Mapped netip.AddrPort `json:"mapped"`
	RTT    Duration       `json:"rtt_ms"`
}

// Name is how the provider's name led to servers (RFC 3263). (light 2)
type Name struct {
	Asked   string       `json:"asked"`   // the name really contacted: proxy where set, else domain
	Way     string       `json:"way"`     // "naptr", "srv", "address" or "literal"; "" when not found
	Targets []Target     `json:"targets"` // that the trunk is tested at: by IPv6 only where there is no IPv4 address
	Six     []Target     `json:"six"`     // the same by IPv6, where the name has IPv6 addresses
	Answers []NameAnswer `json:"answers"` // local resolvers
	Public  []NameAnswer `json:"public"`  // the second witness
	UDPSRV  bool         `json:"udp_srv"` // the zone says that the provider serves UDP
	TCPSRV  bool         `json:"tcp_srv"` // and TCP
	TLSSRV  bool         `json:"tls_srv"` // and TLS
}

// Serves reports whether the zone itself says that the provider serves SIP over the transport. Not every zone that a provider
// serves it from says so.
func (n Name) Serves(transport string) bool {
	return map[string]bool{"udp": n.UDPSRV, "tcp": n.TCPSRV, "tls": n.TLSSRV}[transport]
}

// Target is one server of the provider, in the order of preference.
type Target struct {
	Host      string         `json:"host"`
	Addr      netip.AddrPort `json:"addr"`
	Transport string         `json:"transport"`
	Priority  int            `json:"priority"`
	Weight    int            `json:"weight"`
}

// Ping is the provider by ICMP; its loss is counted, never a verdict alone. (light 2)
type Ping struct {
	Targets []Echo `json:"targets"`
}

// Quality is the line: many probes to the gateway (the control) and to far targets. (light 2)
type Quality struct {
	Gateway *Echo    `json:"gateway"`
	Far     []Echo   `json:"far"`
	Late    Duration `json:"late_ms"` // how late the box itself was on average: what it measured is no better than that
	MOS     *MOS     `json:"mos"`     // by the pings to the far host that counts most; nil where they are too few
}

// LAN is the way to the gateway, by ARP. (light 1)
type LAN struct {
	Echo
	Late Duration `json:"late_ms"` // how late the box itself was on average: what it measured is no better than that
}

// Echo is a series of requests to one host, each of which wants one answer: ICMP echo, or ARP on the LAN.
type Echo struct {
	Addr   netip.Addr `json:"addr"`
	Sent   int        `json:"sent"`
	Back   int        `json:"back"`
	Min    Duration   `json:"min_ms"`
	Avg    Duration   `json:"avg_ms"`
	Max    Duration   `json:"max_ms"`
	Jitter Duration   `json:"jitter_ms"` // mean absolute difference of neighbours
	Course []EchoSlot `json:"course"`    // how it went over time, of a long series; else empty
}

// EchoSlot is a stretch of a series: requests that were sent one after another.
type EchoSlot struct {
	At   Duration `json:"at_ms"` // from the series' first request to the slot's first
	Sent int      `json:"sent"`
	Back int      `json:"back"`
	Avg  Duration `json:"avg_ms"` // of those that came back; 0 where none did
	Max  Duration `json:"max_ms"`
}

// Path is SIP over one transport to the provider's servers, in the order of preference; as Nowhere, to
// addresses where nothing lives (RFC 5737). (light 3)
type Path struct {
	Transport string    `json:"transport"`
	Targets   []Attempt `json:"targets"`
}

// Attempt is what one server did over one transport.
type Attempt struct {
	Target    netip.AddrPort `json:"target"`
	Host      string         `json:"host"`
	Connect   Answer         `json:"connect"`   // TCP and TLS: the connection; UDP: Unasked
	Exchanges []Exchange     `json:"exchanges"` // OPTIONS and REGISTER, with every retransmission counted
	ICMP      []ICMP         `json:"icmp"`
	TLS       *TLSSession    `json:"tls"`
}

// Exchange is one SIP request and what came back.
type Exchange struct {
	Method   string    `json:"method"`
	CallID   string    `json:"call_id"`
	Sends    int       `json:"sends"`
	Spanned  Duration  `json:"spanned_ms"` // first send to last send
	At       time.Time `json:"at"`         // first send
	Reply    *Reply    `json:"reply"`      // final reply; nil is silence
	Error    string    `json:"error"`      // our own fault, "" otherwise
	Sent     string    `json:"-"`          // verbatim, credentials overwritten
	Received string    `json:"-"`          // verbatim, nonces overwritten
}

// Reply is a SIP response.
type Reply struct {
	Code       int            `json:"code"`
	Reason     string         `json:"reason"`
	From       netip.AddrPort `json:"from"`
	RTT        Duration       `json:"rtt_ms"`
	Server     string         `json:"server"`
	Date       *time.Time     `json:"date"`
	RetryAfter Duration       `json:"retry_after_ms"`
	SeenAs     netip.AddrPort `json:"seen_as"` // received and rport of the top Via: us as the provider sees us
}

// queryWords are those of a reason phrase that is about a REGISTER without Contact. "Please contact support" is not.
var queryWords = regexp.MustCompile(`(?i)not supported|unsupported|\bquery|\b(no|missing|without|without a|need|needs|require[sd]?) contact\b|\bcontact( header| field)?( is)? (required|missing|needed|header|field|expected)`)

// secretWords are those of a reason phrase that is about the login itself.
var secretWords = regexp.MustCompile(`(?i)password|credential|authenticat`)

// NamesQuery reports whether the reason phrase refuses the question which devices are registered, a REGISTER without
// Contact (RFC 3261 section 10.2.3), rather than the login that came with it.
func (r Reply) NamesQuery() bool {
	return queryWords.MatchString(r.Reason) && !secretWords.MatchString(r.Reason)
}

// ICMP is an ICMP error that answered one of our packets. The offender tells who refused.
type ICMP struct {
	Offender netip.Addr `json:"offender"`
	Type     int        `json:"type"`
	Code     int        `json:"code"`
	Provider bool       `json:"provider"` // the offender is the server itself
}

// TLSSession is what the handshake showed. A certificate's dates are judged only when the clock is known.
type TLSSession struct {
	Error     string    `json:"error"` // handshake error, "" when it completed
	Names     []string  `json:"names"`
	Issuer    string    `json:"issuer"`
	NotBefore time.Time `json:"not_before"`
	NotAfter  time.Time `json:"not_after"`
	// Fault says what is wrong with the certificate: "", "expired", "not-yet", "name", "unknown-authority",
	// "client-certificate" or "handshake".
	Fault      string `json:"fault"`
	ClockKnown bool   `json:"clock_known"`
	Stalled    bool   `json:"stalled"` // the handshake got no further in its time
}

// Controls are SIP hosts that are not the provider's: they tell "blocked" from "ignored". (light 3)
type Controls struct {
	UDP []Attempt `json:"udp"`
	TCP []Attempt `json:"tcp"`
}

// Reflector is what the provider's reflector received of the box's messages. (light 3)
type Reflector struct {
	Host     string      `json:"host"`
	Messages []Reflected `json:"messages"` // in the order of the trunk's own way, then the controls
}

// Reflected is one message to the reflector, and what arrived of it.
type Reflected struct {
	Transport   string         `json:"transport"`
	Target      netip.AddrPort `json:"target"`
	Control     bool           `json:"control"`     // to a port, or over a transport, that SIP ALGs do not look at
	Exchange    Exchange       `json:"exchange"`    // its Received is the message as it arrived there
	Local       netip.AddrPort `json:"local"`       // the box's own socket
	From        netip.AddrPort `json:"from"`        // where the reflector saw it come from; zero when it did not tell
	Fault       string         `json:"fault"`       // why nothing is known of what arrived, "" otherwise
	Differences []Difference   `json:"differences"` // between sent and arrived, none without a Fault means equal byte for byte
}

// Difference is one line of a message that was changed on the way.
type Difference struct {
	Place    string `json:"place"`    // "start line", a header field's name, "SDP c=" or "body line 3"
	Sent     string `json:"sent"`     // "" where it was added on the way
	Received string `json:"received"` // "" where it was taken away
}

// ALG is the search for a device that rewrites SIP. (light 3)
type ALG struct {
	Word   string   `json:"word"` // the five words of the report
	Proofs []Proof  `json:"proofs"`
	Why    string   `json:"why"`    // one sentence: what the word rests on
	Over   []string `json:"over"`   // the transports over which messages are, or are likely, rewritten
	Direct bool     `json:"direct"` // by IPv6, and the provider sees the box's own address: nothing is translated on the way
	Place  *Place   `json:"place"`  // where messages are rewritten; nil when no hop on the way showed it
}

// Place is between which two hops of the way a message is rewritten. Hop 0 is the box, hop 1 the first router.
type Place struct {
	Unchanged int        `json:"unchanged"` // the last hop that the message reached as it was sent
	Changed   int        `json:"changed"`   // the first hop that it reached rewritten
	From      netip.Addr `json:"from"`      // address of Unchanged; zero for the box
	To        netip.Addr `json:"to"`        // address of Changed
}

// The five words.
const (
	ALGProved       = "proved"
	ALGLikely       = "likely"
	ALGNotSeen      = "not-seen"
	ALGRuledOut     = "ruled-out"
	ALGCouldNotTell = "could-not-tell"
)

// Proof is one differential with its control.
type Proof struct {
	ID        string   `json:"id"`        // "A1" ...
	Transport string   `json:"transport"` // of the probe: what it shows holds for that one
	Result    string   `json:"result"`    // "proof", "clean" or "inconclusive"
	Why       string   `json:"why"`       // one plain sentence, both values quoted
	Probe     Exchange `json:"probe"`
	Control   Exchange `json:"control"`
}

// Login is the attempt to be accepted by the registrar. (light 4)
type Login struct {
	Transport  string      `json:"transport"`
	Challenges []Challenge `json:"challenges"` // every challenge that came, in order
	Withheld   string      `json:"withheld"`   // why no credentials were sent, "" when they were
	Attempts   int         `json:"attempts"`   // requests with credentials, retransmissions included (≤ 2)
	Exchanges  []Exchange  `json:"exchanges"`
	Reply      *Reply      `json:"reply"`    // the final answer to the credentials; nil is silence or none sent
	First      *Reply      `json:"first"`    // the answer before credentials
	Accepted   bool        `json:"accepted"` // 2xx to the credentials
	Open       bool        `json:"open"`     // 2xx without any challenge: acceptance is not proved
	AnsweredBy []string    `json:"answered"` // later SIP replies of the provider after silence on the login
}

// Challenge is one WWW-Authenticate or Proxy-Authenticate; the nonce is never kept.
type Challenge struct {
	Code      int    `json:"code"` // 401 or 407
	Scheme    string `json:"scheme"`
	Realm     string `json:"realm"`
	Algorithm string `json:"algorithm"`
	Stale     bool   `json:"stale"`
	NewNonce  bool   `json:"new_nonce"` // differs from the one before
}

// Bindings is the registrar's list, from a REGISTER without Contact (RFC 3261 section 10.2.3). (light 5)
type Bindings struct {
	Contacts []Binding `json:"contacts"`
	// NotShown is the reason why the list could not be had though the login was good, "" otherwise.
	NotShown string `json:"not_shown"`
}

// Binding is one Contact of the 200.
type Binding struct {
	URI       string         `json:"uri"`
	Contact   netip.AddrPort `json:"contact"`  // zero when the host is a name
	Received  netip.AddrPort `json:"received"` // where the registrar saw it from; zero when not told
	Expires   Duration       `json:"expires_ms"`
	UserAgent string         `json:"user_agent"`
}

// CheckIP compares the public address with the one in the portal. (light 4)
type CheckIP struct {
	Portal   netip.Addr `json:"portal"`   // check_ip of the profile
	Provider netip.Addr `json:"provider"` // received= of the provider's reply; zero when not told
	STUN     netip.Addr `json:"stun"`     // zero when not told
}

// Remembered is what earlier runs left in the ledger.
type Remembered struct {
	Realm          string `json:"realm"`            // realm offered in the last run
	LoginRefused   bool   `json:"login_refused"`    // no automatic login until the profile changes or a person asks
	RefusedWith    int    `json:"refused_with"`     // SIP status of that refusal, 0 when none was seen
	ContactSeen    bool   `json:"contact_seen"`     // this provider has shown a binding before
	LoginsThisHour int    `json:"logins_this_hour"` // runs with credentials
}
