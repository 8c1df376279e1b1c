package probes

import (
	"strings"

	"trunktester/appliance/catalogue/words"
	"trunktester/probes/facts"
)

func (c Controls) result(udp, tcp []looked) Result {
	found := &facts.Controls{}
	r := Result{Outcome: facts.Failed, File: func(f *facts.Facts) { f.Controls = found }}
	asked, back := 0, 0
	var saw []string
	file := func(way string, all []looked) (attempts []facts.Attempt) {
		for _, a := range all {
			for i := range a.evidence {
				a.evidence[i].Kind = strings.Replace(a.evidence[i].Kind, "probe", "control", 1)
			}
			attempts = append(attempts, a.Attempt)
			r.Evidence = append(r.Evidence, a.evidence...)
			if !a.ours() {
				asked++
			}
			if answered(a.Attempt) {
				back++
			}
			saw = append(saw, way+": "+a.saw())
		}
		return attempts
	}
	found.UDP, found.TCP = file("UDP", udp), file("TCP", tcp)
	switch {
	case back > 0:
		r.Outcome = facts.Passed
	case asked == 0:
		r.Outcome = facts.Broken
	}
	r.Saw = strings.Join(saw, " ")
	if back == len(udp)+len(tcp) { // nothing to tell apart
		r.Saw = words.Said("saw.controls-all", "udp", len(udp), "tcp", len(tcp))
	}
	return r
}
