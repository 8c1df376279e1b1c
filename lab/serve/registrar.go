package serve

import (
	"context"
	"crypto/tls"
	"maps"
	"net"
	"net/netip"
	"slices"
	"sync"
	"time"
)

// Registrar is a provider's SIP server: it registers with digest authentication, answers OPTIONS,
// refuses calls, and keeps every received byte. One Registrar may stand on many sockets.
type Registrar struct {
	Board[RegistrarSettings]
	Seen Memory[Message]

	mu       sync.Mutex
	nonces   map[string]*nonce
	bindings map[string][]Binding // by user
	recent   map[string]answered  // server transactions over UDP (RFC 3261 section 17.2.2)
	banned   map[netip.Addr]bool
	staled   bool
}

// Account is one trunk.
type Account struct {
	User     string // user part of the address of record
	AuthUser string // digest username; "": User
	Password string
}

// Refusal is a forced answer.
type Refusal struct {
	Code       int    // 0: not forced
	Reason     string // "": the usual one
	RetryAfter time.Duration
	Contact    string // for 3xx: where it moved to, as a URI
}

// RegistrarSettings are the accounts and switches of a registrar. The zero value answers OPTIONS with
// 200 and knows no account.
type RegistrarSettings struct {
	Accounts   []Account
	Realm      string        // "": the host of the Request-URI
	Realms     []string      // several challenges at once, in this order; overrides Realm
	Algorithms []string      // "MD5" and "SHA-256", in order of preference (RFC 8760); nil: MD5
	NonceLife  time.Duration // after that a nonce is stale; 0: 30 s

	MinExpires   time.Duration // shorter ones are refused with 423; 0: none
	MaxExpires   time.Duration // longer ones are cut; 0: an hour
	MaxContacts  int           // more are refused with 503; 0: no limit
	SingleTarget bool          // a new binding replaces all others

	ServerHeader string        // "": no Server header
	Date         bool          // sends Date
	DateOffset   time.Duration // added to the true time in Date

	Longest                int // bytes; longer requests are refused with 513; 0: none are
	Silent                 bool
	IgnoreOptions          bool
	IgnoreRegister         bool               // REGISTER without credentials is not answered
	IgnoreSource           []netip.Addr       // "banned": nothing is answered to these
	PacketDropper          func(Message) bool // true: received, remembered, and not answered; nil: none
	SilentToCredentials    bool               // a request with credentials is not answered, others are
	SilentAfterCredentials bool               // from a request with credentials on nothing is answered to its address

	NoChallenge       bool    // 200 without credentials
	ProxyChallenge    bool    // 407 instead of 401
	ForceOptions      Refusal // answer to OPTIONS
	ForceCode         Refusal // answer to REGISTER without credentials
	ForceCodeAfter    Refusal // answer to REGISTER with credentials, right or wrong
	WrongPasswordCode int     // 401 (a new challenge) or 403; 0: 401
	UnknownUserCode   int     // 0: as for a wrong password
	StaleOnce         bool    // the first right credentials are answered with stale=true
	RefuseQuery       Refusal // answer to an accepted REGISTER without Contact

	HideBindings    bool // the 200 lists only the contacts of its own request
	FirstContact    bool // of several Contacts in one REGISTER only the first is read
	RewriteContacts bool // far end NAT handling: host and port of a Contact become the source
	HideTopology    bool // a border controller: a private address in From comes back as the source
	NoReceived      bool // never adds received to Via, against RFC 3261 section 18.2.1
	SparseReceived  bool // adds received only when it differs, even with rport (Kamailio), against RFC 3581
	NoReceivedParam bool // bindings are listed without received
}

// Binding is one registered contact.
type Binding struct {
	URI       string
	Received  netip.AddrPort // source of the REGISTER
	Transport string
	Expires   time.Time
	CallID    string
	CSeq      uint32
	UserAgent string
}

// NewRegistrar makes a registrar.
func NewRegistrar(s RegistrarSettings) *Registrar {
	return &Registrar{Board: Board[RegistrarSettings]{v: s}, nonces: map[string]*nonce{}, bindings: map[string][]Binding{},
		recent: map[string]answered{}, banned: map[netip.Addr]bool{}}
}

// ServeUDP answers on conn until ctx ends.
func (r *Registrar) ServeUDP(ctx context.Context, conn net.PacketConn) error {
	local := addrPort(conn.LocalAddr())
	return packets(ctx, conn, func(b []byte, from netip.AddrPort) {
		reply, to := r.receive(time.Now(), b, "udp", from, local)
		if reply != nil {
			_, _ = conn.WriteTo(reply, net.UDPAddrFromAddrPort(to))
		}
	})
}

// ServeTCP answers on ln until ctx ends.
func (r *Registrar) ServeTCP(ctx context.Context, ln net.Listener) error {
	return connections(ctx, ln, func(_ context.Context, conn net.Conn) { r.stream(conn, "tcp") })
}

// ServeTLS answers on ln, a plain TCP listener, until ctx ends.
func (r *Registrar) ServeTLS(ctx context.Context, ln net.Listener, conf *tls.Config) error {
	return connections(ctx, ln, func(ctx context.Context, conn net.Conn) {
		secure := tls.Server(conn, conf)
		if secure.HandshakeContext(ctx) == nil { // a refused certificate is the client's finding
			r.stream(secure, "tls")
		}
	})
}

// Bindings are the live contacts of a user.
func (r *Registrar) Bindings(user string) []Binding {
	r.mu.Lock()
	defer r.mu.Unlock()
	return append([]Binding(nil), r.live(user, time.Now())...)
}

// Nonces are those given out lately: what a client must keep to itself.
func (r *Registrar) Nonces() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Collect(maps.Keys(r.nonces))
}

// Bind puts a contact in the store, as if it had been registered.
func (r *Registrar) Bind(user string, b Binding) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.bindings[user] = append(r.bindings[user], b)
}

// Count is what the far end counted, retransmissions included.
func (r *Registrar) Count() Count { return CountOf(r.Seen.All()) }
