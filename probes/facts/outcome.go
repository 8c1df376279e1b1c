package facts

import (
	"encoding/json"
	"net/netip"
	"strconv"
	"strings"
	"time"
)

// Outcome says how one step of the checklist ended. "The network is bad", "we did not look" and
// "we could not look" are different sentences to a customer, so they are different outcomes.
type Outcome string

const (
	NotRun  Outcome = "not-run" // not looked at, by choice; Step.Saw says why
	Passed  Outcome = "passed"
	Failed  Outcome = "failed"
	Blocked Outcome = "blocked" // a step that this one needs did not pass; Step.Blocker names it
	Broken  Outcome = "broken"  // we could not look: the box's fault, not the network's
)

// Duration is a length of time that encodes in JSON as a number of milliseconds.
type Duration time.Duration

// MarshalJSON writes milliseconds with microsecond resolution.
func (d Duration) MarshalJSON() ([]byte, error) {
	return json.Marshal(float64(time.Duration(d).Microseconds()) / 1000)
}

// UnmarshalJSON reads milliseconds.
func (d *Duration) UnmarshalJSON(b []byte) error {
	var ms float64
	if err := json.Unmarshal(b, &ms); err != nil {
		return err
	}
	*d = Duration(ms * float64(time.Millisecond))
	return nil
}

// String prints the duration in milliseconds or seconds, rounded so that a person can read it: "0.02 ms", "12.3 ms",
// "1.25 s"; above five minutes in minutes.
func (d Duration) String() string {
	t := time.Duration(d)
	number := func(unit time.Duration, digits int) string {
		s := strconv.FormatFloat(float64(t)/float64(unit), 'f', digits, 64)
		if strings.Contains(s, ".") {
			s = strings.TrimRight(strings.TrimRight(s, "0"), ".")
		}
		return s
	}
	switch {
	case t >= 5*time.Minute:
		return number(time.Minute, 1) + " min"
	case t >= time.Second || t <= -time.Second:
		return number(time.Second, 2) + " s"
	case t >= time.Millisecond || t <= -time.Millisecond:
		return number(time.Millisecond, 1) + " ms"
	}
	return number(time.Millisecond, 2) + " ms"
}

// Evidence is one thing that was seen, kept verbatim.
type Evidence struct {
	Kind     string `json:"kind"` // "probe", "control", "icmp", "dns", "dhcp", "stun", "tls", "note"
	Text     string `json:"text"` // one plain sentence
	Sent     string `json:"sent"` // the bytes as sent, "" when there are none
	Received string `json:"received"`
}

// Step is the state of one line of the checklist.
type Step struct {
	ID       string     `json:"id"`
	Light    int        `json:"light"` // 1 to 5
	Guide    []string   `json:"guide"` // items of the provider's guide that it answers: "1.2"
	Outcome  Outcome    `json:"outcome"`
	Saw      string     `json:"saw"` // one plain sentence
	Took     Duration   `json:"took_ms"`
	Blocker  string     `json:"blocker"` // the step that stood in the way, "" otherwise
	Evidence []Evidence `json:"evidence"`

	Done bool `json:"-"` // false while it runs or waits
}

// Request is one message sent to a SIP server, so that the provider can search its logs.
type Request struct {
	CallID      string    `json:"call_id"`
	Method      string    `json:"method"`
	Transport   string    `json:"transport"` // "udp", "tcp" or "tls"
	Source      string    `json:"source"`
	Destination string    `json:"destination"`
	SentAt      time.Time `json:"sent_at"`
	Code        int       `json:"code"` // 0: no answer
	Reason      string    `json:"reason"`
	RTT         Duration  `json:"rtt_ms"`
}

// Answers are what a person told the page. nil is "not asked or not answered".
type Answers struct {
	PortalShowsPBX  *bool `json:"portal_shows_pbx"`  // 3.1: an entry stands on the Registrations page
	SettingsChanged *bool `json:"settings_changed"`  // 3.2: settings or SIP domain amended lately
	PBXUnplugged    *bool `json:"pbx_unplugged"`     // the PBX is off: its port may be used
	SIPALGDisabled  *bool `json:"sip_alg_disabled"`  // 1.7: the router's switch is set
	RouterLightsOK  *bool `json:"router_lights_ok"`  // 1.1
	FirewallAllows  *bool `json:"firewall_allows"`   // 1.8
	PBXPingsOutside *bool `json:"pbx_pings_outside"` // 1.4

	VoiceUsesThisLine     *bool      `json:"voice_uses_this_line"`    // 1.3: the public address that was tested is voice's
	PBXPingsProvider      *bool      `json:"pbx_pings_provider"`      // 1.4
	LineMedium            *string    `json:"line_medium"`             // 1.5: Copper, Fibre or OtherMedium
	QuietLineOK           *bool      `json:"quiet_line_ok"`           // 1.5: no noise in the quiet line test
	MicrofiltersOK        *bool      `json:"microfilters_ok"`         // 1.5: at every socket in use, and changed for new ones
	LineProviderFault     *bool      `json:"line_provider_fault"`     // 1.5: the line provider's own tests found a fault
	EdgeSeen              *bool      `json:"edge_seen"`               // 1.6: the line provider sees its edge device
	FirewallNamesProvider *bool      `json:"firewall_names_provider"` // 1.8: the provider is a route or policy in the firewall
	PortalCheckIP         netip.Addr `json:"portal_check_ip"`         // 2.2: invalid when not told
	PortalPort            *int       `json:"portal_port"`             // 3.1: Port on the Registrations page
	PortalNAT             *bool      `json:"portal_nat"`              // 3.1: NAT on the Registrations page
}

// What a line is made of.
const (
	Copper      = "copper" // ADSL or VDSL on a telephone line
	Fibre       = "fibre"
	OtherMedium = "other" // television cable, radio, mobile
)
