// Package catalogue declares everything that the box can say: each cause with its code, its texts,
// who must act and which items of the provider's guide it answers; and the light language in which
// it is said. Codes are printed on cards and read over the phone: they are never reused and never move.
package catalogue

// Kind says what a cause does to a registration.
type Kind string

const (
	Stops Kind = "stops" // registration cannot work
	Hurts Kind = "hurts" // registers, but calls suffer or it will fail later
	Tells Kind = "tells" // information
)

// Severity is how bad a finding is on this line.
type Severity string

const (
	Green  Severity = "green"
	Amber  Severity = "amber"
	Red    Severity = "red"
	Broken Severity = "broken" // the box could not test
)

// Actor is who must act.
type Actor string

const (
	Client   Actor = "client"   // at the site: cable, power
	IT       Actor = "it"       // whoever runs the site's router, firewall, switch
	ISP      Actor = "isp"      // line or internet provider
	PBX      Actor = "pbx"      // whoever maintains the PBX
	Reseller Actor = "reseller" // portal settings, the box's file
	Provider Actor = "provider" // the SIP trunk provider: only now is a ticket right
	Nobody   Actor = "nobody"
)

// Cause is one entry of the catalogue.
type Cause struct {
	Code     string  // "3-2": light 3, two flashes
	Slug     string  // "sip-alg"
	Light    int     // 1 to 5; 0 for ok, box and no-trunk
	Flashes  int     // 1 to 9
	Kinds    []Kind  // the kinds that it can be, worst first
	Title    string  // a few words
	What     string  // one sentence that a client understands, without numbers
	Advice   string  // what to do, in the imperative
	Acts     []Actor // who must act
	Guide    []string
	Evidence string // how we know
	Guard    string // what keeps it from being said wrongly
}

// Finding is a cause as it was found on one line: how bad it is here, and the text with the numbers in it.
type Finding struct {
	Code     string   `json:"code"`
	Slug     string   `json:"slug"`
	Severity Severity `json:"severity"`
	Light    int      `json:"light"`
	Title    string   `json:"title"`
	Text     string   `json:"text"`
	Advice   string   `json:"advice"`
	Hint     string   `json:"hint"` // where the advice is carried out in this very equipment, "" where that is not known
	Acts     []Actor  `json:"acts"`
	Guide    []string `json:"guide"`
}
