package report

import (
	"strings"

	"trunktester/appliance/catalogue/words"
	"trunktester/probes/facts"
)

// GuideItem is one item of the provider's troubleshooting guide, as it is asked for.
type GuideItem struct {
	Item string   // "1.1"
	At   Position // the socket that it asks for; PositionUnknown for any
}

// Question is the item as a question.
func (g GuideItem) Question(l *words.Language) string { return l.Say("guide." + g.key() + ".question") }

// Person is what a person must look at, where the box cannot see by itself; else "".
func (g GuideItem) Person(l *words.Language) string {
	if !l.Has("guide." + g.key() + ".person") {
		return ""
	}
	return l.Say("guide." + g.key() + ".person")
}

// key names the item in the catalogue.
func (g GuideItem) key() string { return strings.ReplaceAll(g.Item, ".", "-") }

// Guide lists the items in the provider's order.
func Guide() []GuideItem {
	return []GuideItem{
		{"1.1", PositionUnknown},
		{"1.2", PositionRouter},
		{"1.3", PositionLAN},
		{"1.4", PositionPBX},
		{"1.5", PositionUnknown},
		{"1.6", PositionUnknown},
		{"1.7", PositionUnknown},
		{"1.8", PositionUnknown},
		{"2.1", PositionUnknown},
		{"2.2", PositionUnknown},
		{"3.1", PositionUnknown},
		{"3.2", PositionUnknown},
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
