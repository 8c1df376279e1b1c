package facts

import "net/netip"

// PBXCheck is what the PBX did when a person pointed it at the box, which played the provider's registrar for a
// limited time. (light 5)
type PBXCheck struct {
	Addr       netip.Addr  `json:"addr"`        // what the PBX was to be pointed at
	Transports []string    `json:"transports"`  // what the box listened on: "udp", "tcp", "tls"
	Window     Duration    `json:"window_ms"`   // how long it was to listen at most
	Listened   Duration    `json:"listened_ms"` // how long it has listened
	Open       bool        `json:"open"`        // it listens still
	Error      string      `json:"error"`       // why the box could not listen, "" otherwise: our own fault
	Realm      string      `json:"realm"`       // the realm that was asked for first
	RealmFrom  string      `json:"realm_from"`  // "profile", "provider" (seen in a run) or "domain", which is a guess
	Devices    []PBXDevice `json:"devices"`     // who sent SIP, the latest last
	TLSRefused int         `json:"tls_refused"` // TLS connections that the other side broke off: it does not trust the box
	Unread     int         `json:"unread"`      // messages and connections that brought no SIP request
	Strangers  int         `json:"strangers"`   // messages from beyond the link, which were not answered

	Ago  Duration  `json:"ago_ms"`  // from its end to the beginning of this run; 0 when it was made beside this run
	Back *Duration `json:"back_ms"` // how long before this run somebody said that the PBX points back; nil: nobody did
}

// PBXDevice is one device, and one account on it, that sent SIP to the box. What it sent is kept as it was
// written; its digest is not kept at all.
type PBXDevice struct {
	From       netip.AddrPort `json:"from"`
	Transport  string         `json:"transport"`
	UserAgent  string         `json:"user_agent"` // brand and version, "" when it does not say
	Registers  int            `json:"registers"`  // different REGISTERs
	Repeats    int            `json:"repeats"`    // REGISTERs sent again, unchanged, though the box had answered
	Unanswered int            `json:"unanswered"` // REGISTERs without credentials in a row, each after a challenge but the first
	Others     []string       `json:"others"`     // other methods
	RequestURI string         `json:"request_uri"`
	User       string         `json:"user"`      // of the address that it registers (To)
	Domain     string         `json:"domain"`    // of the address that it registers; "" when that is the box's own
	AuthUser   string         `json:"auth_user"` // of its credentials, "" when it sent none
	Realm      string         `json:"realm"`     // of its credentials
	Contact    string         `json:"contact"`
	Via        string         `json:"via"`   // sent-by: what it takes for its own address
	RPort      bool           `json:"rport"` // it asks for symmetric replies (RFC 3581)
	Expires    string         `json:"expires"`
	Left       bool           `json:"left"` // its last REGISTER took the registration back

	UserIs     Match  `json:"user_is"`
	DomainIs   Match  `json:"domain_is"`
	AuthUserIs Match  `json:"auth_user_is"`
	RealmIs    Match  `json:"realm_is"`
	PasswordIs Match  `json:"password_is"`
	Accepted   bool   `json:"accepted"` // everything was the trunk's: answered 200
	Sent       string `json:"-"`        // its last REGISTER, verbatim, credentials overwritten
}

// Match says how a setting of the PBX compares with the trunk's.
type Match struct {
	Is   Likeness `json:"is"`
	Slip string   `json:"slip"` // which small difference, as in "has a space at its end"; "" when it is none
}

// Likeness is the comparison in one word.
type Likeness string

const (
	NotSeen  Likeness = ""
	Same     Likeness = "same"
	Slipped  Likeness = "slip"  // a usual slip: Match.Slip names it
	Other    Likeness = "other" // another value
	Unproved Likeness = "unproved"
)

// Telling is the device that the check is judged by, nil when none sent SIP: one whose settings are right, else
// one that logged in, else one that tried to, else any; of several the latest.
func (c PBXCheck) Telling() *PBXDevice {
	best, rank := -1, -1
	for i, d := range c.Devices {
		got := 0
		switch {
		case d.Accepted:
			got = 3
		case d.AuthUser != "":
			got = 2
		case d.Registers > 0:
			got = 1
		}
		if got >= rank {
			best, rank = i, got
		}
	}
	if best < 0 {
		return nil
	}
	return &c.Devices[best]
}
