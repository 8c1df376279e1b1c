package report

import (
	"trunktester/appliance/catalogue/words"
	"trunktester/probes/facts"
)

// GuideItem is one item of the provider's troubleshooting guide, as a short question.
type GuideItem struct {
	Item     string // "1.1"
	Question string
	Person   string   // what a person must look at, where the box cannot see by itself; else ""
	At       Position // the socket that it asks for; PositionUnknown for any
}

// Guide lists the items in the provider's order.
func Guide() []GuideItem {
	return []GuideItem{
		{"1.1", "Is the router correctly connected, with the right lights?", "Compare the router's lights with its manual.", ""},
		{"1.2", "Does a cabled device at the router reach the outside world and the provider?", "", PositionRouter},
		{"1.3", "Does the LAN reach the outside world through the line that voice uses?", "", PositionLAN},
		{"1.4", "Does the PBX's own socket reach the outside world?", "", PositionPBX},
		{"1.5", "Broadband: is the line sound (quiet line test, microfilters, socket)?", "Ask the line provider for its tests; listen to the line (copper only).", ""},
		{"1.6", "Leased line: is the provider's edge device seen and working?", "Ask the line provider whether it sees its edge device.", ""},
		{"1.7", "Is the router's SIP ALG disabled?", "", ""},
		{"1.8", "Does the firewall let the provider's addresses and the trunk's port through?", "Look into the firewall: its rule must name the provider and the PBX's present address.", ""},
		{"2.1", "Are realm, username and password right?", "", ""},
		{"2.2", "IP-based trunk: is the public address the one in the portal?", "", ""},
		{"3.1", "Registrations page: is the trunk there, with the expected Port and NAT?", "Look at the portal's Registrations page.", ""},
		{"3.2", "Were settings or the SIP domain changed, so that the password must be set again?", "Ask whoever manages the portal.", ""},
	}
}

// Question is one that only a person can answer.
type Question struct {
	Name  string // as in the report's answers
	Guide string
	field func(*facts.Answers) **bool
}

// Text is the question in a language.
func (q Question) Text(l *words.Language) string { return l.Say("question." + q.Name + ".text") }

// Help says where to look.
func (q Question) Help(l *words.Language) string { return l.Say("question." + q.Name + ".help") }

// Answer is what was answered, nil when nothing was.
func (q Question) Answer(a facts.Answers) *bool { return *q.field(&a) }

// Set puts an answer in its place; nil takes it back.
func (q Question) Set(a *facts.Answers, yes *bool) { *q.field(a) = yes }

// Questions lists them in the order of the guide.
func Questions() []Question {
	return []Question{
		{"router_lights_ok", "1.1", func(a *facts.Answers) **bool { return &a.RouterLightsOK }},
		{"pbx_pings_outside", "1.4", func(a *facts.Answers) **bool { return &a.PBXPingsOutside }},
		{"sip_alg_disabled", "1.7", func(a *facts.Answers) **bool { return &a.SIPALGDisabled }},
		{"pbx_unplugged", "1.7", func(a *facts.Answers) **bool { return &a.PBXUnplugged }},
		{"firewall_allows", "1.8", func(a *facts.Answers) **bool { return &a.FirewallAllows }},
		{"portal_shows_pbx", "3.1", func(a *facts.Answers) **bool { return &a.PortalShowsPBX }},
		{"settings_changed", "3.2", func(a *facts.Answers) **bool { return &a.SettingsChanged }},
	}
}
