// Package report is what one run found, as others read it: the JSON object trunktester/report/1, the
// text for a ticket and the standalone HTML page. Facts, findings and lights go in, bytes come out; it
// is pure, and it never holds a password.
package report

import (
	"net/netip"
	"slices"
	"time"

	"trunktester/appliance/catalogue"
	"trunktester/appliance/catalogue/words"
	"trunktester/appliance/profile"
	"trunktester/appliance/selftest"
	"trunktester/probes/facts"
)

// Schema names the format of the JSON object. Its JSON Schema is docs/report.schema.json.
const Schema = "trunktester/report/1"

// Report is one run. Every key is always written: what is not known is null, an empty list is [].
type Report struct {
	Schema    string              `json:"schema"`
	ID        string              `json:"id"`
	Started   time.Time           `json:"started"`
	Finished  time.Time           `json:"finished"`   // zero while the run goes on
	SinceBoot float64             `json:"since_boot"` // seconds from power-on to Started: holds where the clock is wrong
	Clock     string              `json:"clock"`      // who told the time: "ntp", "sip", "http" or "none"
	Version   string              `json:"version"`
	Model     Text                `json:"model"` // of the board
	Kit       Text                `json:"kit"`
	Position  Position            `json:"position"`
	Site      Site                `json:"site"`
	Between   Text                `json:"between"` // the runs at this site's positions compared, in one sentence
	Profile   Trunk               `json:"profile"`
	ALG       string              `json:"alg"` // one of the five words of facts.ALG
	Verdict   catalogue.Finding   `json:"verdict"`
	Also      []catalogue.Finding `json:"also"`
	Lights    [5]Light            `json:"lights"`
	Steps     []facts.Step        `json:"steps"`
	Facts     facts.Facts         `json:"facts"`
	Requests  []facts.Request     `json:"requests"`
	Answers   facts.Answers       `json:"answers"`
	Selftest  *selftest.Result    `json:"selftest"` // the box's last test of itself; null when there was none
}

// Text is a text that may be unknown: "" encodes as null.
type Text string

// Position is the socket that the box stands in.
type Position string

// The three positions of the guide (1.2, 1.3, 1.4), from the line inwards.
const (
	PositionUnknown Position = ""
	PositionRouter  Position = "router"
	PositionLAN     Position = "lan"
	PositionPBX     Position = "pbx"
)

// Positions are the known ones, from the line inwards.
func Positions() []Position { return []Position{PositionRouter, PositionLAN, PositionPBX} }

// Words names the position in a sentence.
func (p Position) Words(l *words.Language) string {
	if p == PositionUnknown {
		return l.Say("position.unknown")
	}
	return l.Say("position." + string(p))
}

// Site is how a site is recognised again.
type Site struct {
	GatewayMAC Text       `json:"gateway_mac"`
	PublicIP   netip.Addr `json:"public_ip"`
	LLDP       *Switch    `json:"lldp"` // nil when nothing was announced
}

// Switch is what the switch announces about the socket by LLDP or CDP.
type Switch struct {
	Name Text `json:"name"`
	Port Text `json:"port"`
	VLAN *int `json:"vlan"` // voice VLAN, nil when none is announced
}

// Trunk is the part of the profile that may leave the box.
type Trunk struct {
	Domain    Text `json:"domain"`
	Transport Text `json:"transport"`
	Auth      Text `json:"auth"`
	Username  Text `json:"username"` // masked in the middle
}

// Light is one of the five as it shone at the end of the run.
type Light struct {
	Light    int                  `json:"light"` // 1 to 5
	Name     string               `json:"name"`
	State    catalogue.LightState `json:"state"`
	Counting bool                 `json:"counting"`
	Flashes  int                  `json:"flashes"`
	Code     string               `json:"code"` // "" when nothing is said on it
}

// Input is everything that a report is made of.
type Input struct {
	ID        string
	Started   time.Time
	Finished  time.Time     // zero while the run goes on
	SinceBoot time.Duration // at Started
	Version   string
	Model     string
	Position  Position

	Profile  profile.Profile
	Facts    facts.Facts
	Steps    []facts.Step
	Verdict  catalogue.Finding // zero while there is none
	Also     []catalogue.Finding
	Row      catalogue.Row
	Requests []facts.Request
	Answers  facts.Answers
	Selftest *selftest.Result

	Places map[Position]Report // the last runs at the other positions of this site, which the verdict compares with
}

// Build makes the report. Nothing of the input is changed or kept: the username is masked wherever it
// stands, in facts and evidence too.
func Build(in Input) Report {
	t := in.Profile.Trunk
	r := Report{
		Schema: Schema, ID: in.ID,
		Started: in.Started, Finished: in.Finished, SinceBoot: in.SinceBoot.Seconds(),
		Clock: "none", Version: in.Version, Model: Text(in.Model), Kit: Text(in.Profile.Kit.Name),
		Position: in.Position,
		Site:     Site{GatewayMAC: gatewayMAC(in.Facts), PublicIP: publicIP(in.Facts), LLDP: announced(in.Facts)},
		ALG:      facts.ALGCouldNotTell,
		Verdict:  in.Verdict, Also: in.Also, Steps: in.Steps, Facts: in.Facts,
		Requests: in.Requests, Answers: in.Answers, Selftest: in.Selftest,
	}
	if t.Domain != "" {
		r.Profile = Trunk{Text(t.Domain), Text(t.Transport), Text(t.Auth), Text(t.Username)}
	}
	if c := in.Facts.Clock; c != nil && c.Source != "" {
		r.Clock = c.Source
	}
	if a := in.Facts.ALG; a != nil && a.Word != "" {
		r.ALG = a.Word
	}
	names := catalogue.LightNames()
	for i, l := range in.Row {
		r.Lights[i] = Light{i + 1, names[i], l.State, l.Counting, l.Flashes, l.Code}
		if l.State == "" {
			r.Lights[i].State = catalogue.LightUntested
		}
	}
	return masked(r, t.Username, t.AuthUser)
}

// Row gives the lights back in the form in which they are shown.
func (r Report) Row() catalogue.Row {
	var row catalogue.Row
	for i, l := range r.Lights {
		row[i] = catalogue.Light{State: l.State, Counting: l.Counting, Flashes: l.Flashes, Code: l.Code}
	}
	return row
}

// Running reports whether the run is still going on.
func (r Report) Running() bool { return r.Finished.IsZero() }

func gatewayMAC(f facts.Facts) Text {
	if f.Gateway == nil {
		return ""
	}
	return Text(f.Gateway.MAC)
}

func announced(f facts.Facts) *Switch {
	if f.Neighbour == nil || f.Neighbour.Switch == nil {
		return nil
	}
	s := f.Neighbour.Switch
	return &Switch{Name: Text(s.Name), Port: Text(s.Port), VLAN: s.VoiceVLAN}
}

// publicIP is the address that the outside sees: by STUN, else as the provider said it.
func publicIP(f facts.Facts) netip.Addr {
	if f.Public != nil && f.Public.Addr.IsValid() {
		return f.Public.Addr
	}
	if f.CheckIP != nil && f.CheckIP.Provider.IsValid() {
		return f.CheckIP.Provider
	}
	for _, p := range []*facts.Path{f.UDP, f.TCP, f.TLS} {
		if a := seenAs(p); a.IsValid() && !a.IsPrivate() {
			return a
		}
	}
	return netip.Addr{}
}

func seenAs(p *facts.Path) netip.Addr {
	if p == nil {
		return netip.Addr{}
	}
	for _, t := range p.Targets {
		i := slices.IndexFunc(t.Exchanges, func(x facts.Exchange) bool {
			return x.Reply != nil && x.Reply.SeenAs.IsValid()
		})
		if i >= 0 {
			return t.Exchanges[i].Reply.SeenAs.Addr()
		}
	}
	return netip.Addr{}
}
