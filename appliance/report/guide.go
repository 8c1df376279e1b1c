package report

import "trunktester/probes/facts"

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
	Text  string
	Help  string // where to look
	field func(*facts.Answers) **bool
}

// Answer is what was answered, nil when nothing was.
func (q Question) Answer(a facts.Answers) *bool { return *q.field(&a) }

// Set puts an answer in its place; nil takes it back.
func (q Question) Set(a *facts.Answers, yes *bool) { *q.field(a) = yes }

// Questions lists them in the order of the guide.
func Questions() []Question {
	return []Question{
		{"router_lights_ok", "1.1", "Do the router's lights show what its manual says?",
			"Look at the router itself: power, line or DSL, and internet.",
			func(a *facts.Answers) **bool { return &a.RouterLightsOK }},
		{"pbx_pings_outside", "1.4", "Can the PBX itself ping an outside address?",
			"In the PBX's own diagnostics page or console.",
			func(a *facts.Answers) **bool { return &a.PBXPingsOutside }},
		{"sip_alg_disabled", "1.7", "Is SIP ALG switched off in the router?",
			"In the router's settings, often under NAT, Firewall or VoIP; also called SIP helper or SIP transformations.",
			func(a *facts.Answers) **bool { return &a.SIPALGDisabled }},
		{"pbx_unplugged", "1.7", "Is the PBX unplugged or switched off right now?",
			"Only then may the box use the PBX's own port for its test.",
			func(a *facts.Answers) **bool { return &a.PBXUnplugged }},
		{"firewall_allows", "1.8", "Does the firewall allow SIP and voice for the PBX's present address?",
			"The rule must name the address that the PBX has today.",
			func(a *facts.Answers) **bool { return &a.FirewallAllows }},
		{"portal_shows_pbx", "3.1", "Does the portal's Registrations page show this trunk?",
			"Log on to the portal, select the client account, open Registrations.",
			func(a *facts.Answers) **bool { return &a.PortalShowsPBX }},
		{"settings_changed", "3.2", "Were trunk settings or the SIP domain changed lately?",
			"If so, the trunk password must be set again, in the portal and in the PBX.",
			func(a *facts.Answers) **bool { return &a.SettingsChanged }},
	}
}
