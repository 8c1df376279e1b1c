package report

import (
	"fmt"
	"net/netip"
	"slices"
	"strconv"
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
	Name    string   // as in the report's answers
	Guide   string   // the item that it answers
	Raised  []string // further items: a finding that names one may raise it as well
	Options []string // to choose from; empty: a number or an address is typed
	field   func(*facts.Answers) any
}

// Text is the question in a language.
func (q Question) Text(l *words.Language) string { return l.Say("question." + q.Name + ".text") }

// Help says where to look.
func (q Question) Help(l *words.Language) string { return l.Say("question." + q.Name + ".help") }

// Option is what one of the options is called.
func (q Question) Option(l *words.Language, option string) string {
	if option == "yes" || option == "no" {
		return l.Say("question." + option)
	}
	return l.Say("question." + q.Name + "." + option)
}

// Answer is what was answered: one of the options or what was typed, "" when nothing was.
func (q Question) Answer(a facts.Answers) string {
	switch v := q.field(&a).(type) {
	case **bool:
		if *v != nil {
			return map[bool]string{true: "yes", false: "no"}[**v]
		}
	case **string:
		if *v != nil {
			return **v
		}
	case **int:
		if *v != nil {
			return strconv.Itoa(**v)
		}
	case *netip.Addr:
		if v.IsValid() {
			return v.String()
		}
	}
	return ""
}

// Said is the answer in a language, "" when nothing was answered.
func (q Question) Said(l *words.Language, a facts.Answers) string {
	said := q.Answer(a)
	if said == "" || len(q.Options) == 0 {
		return said
	}
	return q.Option(l, said)
}

// Set puts an answer in its place; "" takes it back. Its error says that this is no answer to the question.
func (q Question) Set(a *facts.Answers, said string) error {
	said = strings.TrimSpace(said)
	if said != "" && len(q.Options) > 0 && !slices.Contains(q.Options, said) {
		return fmt.Errorf("%s is none of %s", said, strings.Join(q.Options, ", "))
	}
	switch v := q.field(a).(type) {
	case **bool:
		*v = nil
		if yes := said == "yes"; said != "" {
			*v = &yes
		}
	case **string:
		*v = nil
		if said != "" {
			*v = &said
		}
	case **int:
		port, err := strconv.ParseUint(said, 10, 16)
		if said != "" && (err != nil || port == 0) {
			return fmt.Errorf("%q is no port", said)
		}
		*v = nil
		if n := int(port); said != "" {
			*v = &n
		}
	case *netip.Addr:
		addr, err := netip.ParseAddr(said)
		if said != "" && (err != nil || addr.Zone() != "") {
			return fmt.Errorf("%q is no address", said)
		}
		*v = addr.Unmap()
	}
	return nil
}

// Questions lists them in the order of the guide.
func Questions() []Question {
	yesNo := []string{"yes", "no"}
	return []Question{
		{"router_lights_ok", "1.1", nil, yesNo, func(a *facts.Answers) any { return &a.RouterLightsOK }},
		{"voice_uses_this_line", "1.3", []string{"1.5", "1.6", "2.2"}, yesNo, func(a *facts.Answers) any { return &a.VoiceUsesThisLine }},
		{"pbx_pings_outside", "1.4", nil, yesNo, func(a *facts.Answers) any { return &a.PBXPingsOutside }},
		{"pbx_pings_provider", "1.4", []string{"3.1"}, yesNo, func(a *facts.Answers) any { return &a.PBXPingsProvider }},
		{"line_medium", "1.5", nil, []string{facts.Copper, facts.Fibre, facts.OtherMedium}, func(a *facts.Answers) any { return &a.LineMedium }},
		{"quiet_line_ok", "1.5", nil, yesNo, func(a *facts.Answers) any { return &a.QuietLineOK }},
		{"microfilters_ok", "1.5", nil, yesNo, func(a *facts.Answers) any { return &a.MicrofiltersOK }},
		{"line_provider_fault", "1.5", nil, yesNo, func(a *facts.Answers) any { return &a.LineProviderFault }},
		{"edge_seen", "1.6", []string{"1.5"}, yesNo, func(a *facts.Answers) any { return &a.EdgeSeen }},
		{"sip_alg_disabled", "1.7", nil, yesNo, func(a *facts.Answers) any { return &a.SIPALGDisabled }},
		{"pbx_unplugged", "1.7", nil, yesNo, func(a *facts.Answers) any { return &a.PBXUnplugged }},
		{"firewall_names_provider", "1.8", nil, yesNo, func(a *facts.Answers) any { return &a.FirewallNamesProvider }},
		{"firewall_allows", "1.8", nil, yesNo, func(a *facts.Answers) any { return &a.FirewallAllows }},
		{"portal_check_ip", "2.2", nil, nil, func(a *facts.Answers) any { return &a.PortalCheckIP }},
		{"portal_shows_pbx", "3.1", nil, yesNo, func(a *facts.Answers) any { return &a.PortalShowsPBX }},
		{"portal_port", "3.1", nil, nil, func(a *facts.Answers) any { return &a.PortalPort }},
		{"portal_nat", "3.1", nil, yesNo, func(a *facts.Answers) any { return &a.PortalNAT }},
		{"settings_changed", "3.2", nil, yesNo, func(a *facts.Answers) any { return &a.SettingsChanged }},
	}
}
