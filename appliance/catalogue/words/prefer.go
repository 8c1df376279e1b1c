package words

import (
	"strconv"
	"strings"
)

// Prefer is the language that a browser asks for with Accept-Language (RFC 9110 section 12.5.4): of ours the
// one that is wanted most, by the first part of its tag; English where none is.
func Prefer(accepted string) *Language {
	best, most := InEnglish(), 0.0
	for wanted := range strings.SplitSeq(accepted, ",") {
		tag, weight := wanted, 1.0
		if name, parameter, ok := strings.Cut(wanted, ";"); ok {
			tag = name
			q, found := strings.CutPrefix(strings.TrimSpace(parameter), "q=")
			n, err := strconv.ParseFloat(q, 64)
			if !found || err != nil || !(n >= 0 && n <= 1) {
				continue
			}
			weight = n
		}
		tag, _, _ = strings.Cut(strings.TrimSpace(tag), "-")
		if l, ok := Find(tag); ok && weight > most {
			best, most = l, weight
		}
	}
	return best
}
