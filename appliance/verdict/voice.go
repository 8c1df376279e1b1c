package verdict

import (
	"fmt"
	"strings"

	"trunktester/appliance/catalogue"
	"trunktester/appliance/catalogue/words"
	"trunktester/probes/facts"
)

// voiceBlocked judges voice packets to a reflector in the provider's networks, beside SIP to the same one. A port at
// which the reflector's own host says that nothing listens was reached.
func voiceBlocked(in Input) []candidate {
	r := in.Facts.RTP
	if r == nil || byIPv6(in.Facts) || !r.Inside || !r.SIP {
		return nil
	}
	ports := map[facts.Answer][]string{}
	for _, p := range r.Ports {
		ports[p.Answer] = append(ports[p.Answer], fmt.Sprint(p.Port))
	}
	rejected := ports[facts.Unreachable]
	lost, passed := append(rejected, ports[facts.Silent]...), append(ports[facts.Answered], ports[facts.Refused]...)
	if len(lost) == 0 {
		return nil
	}
	c := candidate{code: "3-8", kind: catalogue.Hurts, text: words.Said("verdict.voice-lost", "server", r.Server, "ports", strings.Join(lost, ", "))}
	switch {
	case len(rejected) > 0:
		c.text += " " + words.Said("verdict.voice-rejected")
	case len(passed) > 0:
		c.kind = catalogue.Tells
		c.text += " " + words.Said("verdict.voice-part", "ports", strings.Join(passed, ", "))
	}
	return []candidate{c}
}

// whichWay says on which way voice packets are lost, where they are so on one way only; "" where they are too few to
// say so.
func whichWay(v *facts.Voice) string {
	if v == nil {
		return ""
	}
	way := v.OneWay()
	only, other := v.Up, v.Down
	switch way {
	case "":
		return ""
	case facts.OnlyDown:
		only, other = v.Down, v.Up
	}
	if only.Sent < qualityProbes || only.Lost < qualityLost || float64(only.Lost) < qualityLoss*float64(only.Sent) {
		return ""
	}
	if way == facts.OnlyDown {
		return " " + words.Said("verdict.voice-lost-down", "n", only.Lost, "all", only.Sent, "other", other.Sent)
	}
	return " " + words.Said("verdict.voice-lost-up", "n", only.Lost, "all", only.Sent, "other", other.Sent)
}
