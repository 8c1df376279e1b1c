package facts

import (
	"encoding/json"
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

// String prints the duration as Go does, rounded so that a person can read it.
func (d Duration) String() string {
	t := time.Duration(d)
	switch {
	case t >= time.Second:
		return t.Round(10 * time.Millisecond).String()
	case t >= time.Millisecond:
		return t.Round(100 * time.Microsecond).String()
	}
	return t.Round(time.Microsecond).String()
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
}
