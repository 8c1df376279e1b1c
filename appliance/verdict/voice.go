package verdict

import (
	"fmt"
	"strings"

	"trunktester/appliance/catalogue"
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
	c := candidate{code: "3-8", kind: catalogue.Hurts, text: fmt.Sprintf(
		"Voice packets to the provider's reflector %s do not come back from port %s, while SIP to the same host is answered.", r.Server, strings.Join(lost, ", "))}
	switch {
	case len(rejected) > 0:
		c.text += " A device on the way rejects them."
	case len(passed) > 0:
		c.kind = catalogue.Tells
		c.text += fmt.Sprintf(" At port %s they pass, so a firewall may block a part of the range, or the reflector serves only a part: cannot tell which.", strings.Join(passed, ", "))
	}
	return []candidate{c}
}

// whichWay says on which way voice packets are lost, where they are so on one way only; "" where they are too few to
// say so.
func whichWay(v *facts.Voice) string {
	if v == nil {
		return ""
	}
	only, other, words := v.Up, v.Down, "to the provider"
	switch v.OneWay() {
	case "":
		return ""
	case facts.OnlyDown:
		only, other, words = v.Down, v.Up, "back from the provider"
	}
	if only.Sent < qualityProbes || only.Lost < qualityLost || float64(only.Lost) < qualityLoss*float64(only.Sent) {
		return ""
	}
	return fmt.Sprintf(" Voice packets are lost only on the way %s: %d of %d, and none of %d on the other way.", words, only.Lost, only.Sent, other.Sent)
}
