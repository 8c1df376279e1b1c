package probes

import (
	"fmt"
	"net/netip"
	"strings"

	"trunktester/probes/facts"
	"trunktester/probes/sip"
)

// enough says that a quotation reaches beyond the Via line, which every rewriting device changes.
func enough(x sip.Exchange, quote []byte) bool {
	_, after, _ := strings.Cut(string(x.Sent), "\r\nVia:")
	line, _, _ := strings.Cut(after, "\r\n")
	return len(quote) >= len(x.Sent)-len(after)+len(line)
}

// readWalk finds the first hop whose quotation is not what was sent; nil when there is none. The exchanges are those of
// hop 1, 2 and so on.
func readWalk(exchanges []sip.Exchange) (place *facts.Place, at int) {
	found := facts.Place{}
	for i, x := range exchanges {
		quote, by, ok := x.Quoted()
		switch {
		case !ok:
		case !strings.HasPrefix(string(x.Sent), string(quote)):
			found.Changed, found.To = i+1, by
			return &found, i
		case enough(x, quote):
			found.Unchanged, found.From = i+1, by
		}
	}
	return nil, 0
}

// judgeWalk holds the rewritten message against its control.
func judgeWalk(place facts.Place, probe, control sip.Exchange) finding {
	quote, _, _ := probe.Quoted()
	same, by, ok := control.Quoted()
	where := fmt.Sprintf("between hop %d%s and hop %d (%s)", place.Unchanged, addressOf(place.From), place.Changed, place.To)
	switch {
	case !ok || !enough(control, same):
		return inconclusive("The message is not as it was sent %s, but the control, to port %d, was not quoted far enough.", where, controlPort)
	case by != place.To:
		return inconclusive("The message is not as it was sent %s, but the control, to port %d, ended at another device, %s.", where, controlPort, by)
	case !strings.HasPrefix(string(control.Sent), string(same)):
		return inconclusive("The message is not as it was sent %s, and the control, to port %d, is not either.", where, controlPort)
	}
	sent, got := firstDifference(string(probe.Sent), string(quote))
	return finding{algProof, fmt.Sprintf("The message is rewritten %s: sent was %q, there it was %q; the control, to port %d, reached the same hop as it was sent.",
		where, sent, got, controlPort)}
}

func addressOf(a netip.Addr) string {
	if !a.IsValid() {
		return " (the box)"
	}
	return fmt.Sprintf(" (%s)", a)
}

// firstDifference gives the first lines that differ.
func firstDifference(sent, got string) (string, string) {
	a, b := strings.Split(sent, "\r\n"), strings.Split(got, "\r\n")
	for i := range min(len(a), len(b)) {
		if a[i] != b[i] {
			return a[i], b[i]
		}
	}
	return "", ""
}

// walkWords says what a walk saw that found nothing.
func walkWords(exchanges []sip.Exchange) string {
	var saw []string
	for i, x := range exchanges {
		quote, by, ok := x.Quoted()
		switch {
		case ok && enough(x, quote):
			saw = append(saw, fmt.Sprintf("hop %d (%s) got it as it was sent", i+1, by))
		case ok:
			saw = append(saw, fmt.Sprintf("hop %d (%s) quotes too little", i+1, by))
		}
	}
	if len(saw) == 0 {
		return "No hop on the way quoted the message."
	}
	return "Where the message goes after them cannot be seen: " + strings.Join(saw, ", ") + "."
}
