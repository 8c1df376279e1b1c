package probes

import "trunktester/appliance/catalogue/words"

// doubtful says whether something was shown that the far end could do as well, and nothing that it cannot.
func doubtful(pairs []pair, findings []finding) bool {
	doubt := false
	for i, p := range pairs {
		switch {
		case findings[i].result != algProof:
		case !p.far:
			return false
		default:
			doubt = true
		}
	}
	return doubt
}

// againstTLS holds what the far end could do as well against the same comparisons over TLS, which no device on the way can
// read; hidden is nil where TLS does not pass. An A2 breaks a MUST of RFC 3261, which far ends keep, so that it stands where TLS
// tells nothing. A B2BUA may change what A6 is about.
func againstTLS(pairs []pair, findings, hidden []finding) []finding {
	judged := make([]finding, len(findings))
	for i, f := range findings {
		told := algInconclusive
		if hidden != nil {
			told = hidden[i].result
		}
		switch {
		case !pairs[i].far || f.result != algProof:
		case told == algProof:
			f = finding{algInconclusive, f.why + " " + words.Said("alg.tls-same")}
		case told != algClean && pairs[i].id == "A6":
			f = finding{algInconclusive, f.why + " " + words.Said("alg.no-tls")}
		}
		judged[i] = f
	}
	return judged
}
