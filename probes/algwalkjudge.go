package probes

import (
	"net/netip"
	"strconv"
	"strings"

	"trunktester/appliance/catalogue/words"
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
	between := []any{"first", place.Unchanged, "from", addressOf(place.From), "second", place.Changed, "to", place.To, "port", controlPort}
	switch {
	case !ok || !enough(control, same):
		return inconclusive("alg.rewritten-unquoted", between...)
	case by != place.To:
		return inconclusive("alg.rewritten-elsewhere", append(between, "device", by)...)
	case !strings.HasPrefix(string(control.Sent), string(same)):
		return inconclusive("alg.rewritten-both", between...)
	}
	sent, got := firstDifference(string(probe.Sent), string(quote))
	return finding{algProof, words.Said("alg.rewritten", append(between, "sent", strconv.Quote(sent), "got", strconv.Quote(got))...)}
}

func addressOf(a netip.Addr) string {
	if !a.IsValid() {
		return words.Said("verdict.the-box")
	}
	return a.String()
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
			saw = append(saw, words.Said("alg.hop-same", "n", i+1, "address", by))
		case ok:
			saw = append(saw, words.Said("alg.hop-short", "n", i+1, "address", by))
		}
	}
	if len(saw) == 0 {
		return words.Said("alg.no-hop")
	}
	return words.Said("alg.unseen", "hops", strings.Join(saw, "; "))
}
