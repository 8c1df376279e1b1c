package probes

import (
	"fmt"
	"time"

	"github.com/beevik/ntp"

	"trunktester/probes/facts"
)

// clockSane refuses a kiss of death, a server that is not synchronised (RFC 5905 section 7.4) and a time
// that cannot be.
func clockSane(r *ntp.Response) error {
	if r.IsKissOfDeath() {
		return fmt.Errorf("kiss of death %q", r.KissCode)
	}
	if err := r.Validate(); err != nil {
		return err
	}
	return clockPossible(r.Time)
}

func clockPossible(t time.Time) error {
	if from, to := clockBounds(); t.Before(from) || t.After(to) {
		return fmt.Errorf("the time %s cannot be", t.UTC().Format(time.DateTime))
	}
	return nil
}

// clockSIP takes the time from the first SIP reply with a Date. It has a resolution of a second, so that
// half of one is added.
func clockSIP(known facts.Facts) clockTold {
	t := clockTold{source: "sip"}
	for _, path := range []*facts.Path{known.UDP, known.TCP, known.TLS} {
		if path == nil {
			continue
		}
		for _, attempt := range path.Targets {
			for _, x := range attempt.Exchanges {
				if x.Reply == nil || x.Reply.Date == nil || clockPossible(*x.Reply.Date) != nil {
					continue
				}
				said := x.At.Add(time.Duration(x.Spanned) + time.Duration(x.Reply.RTT)/2) // by our clock
				t.server = attempt.Target.String()
				t.offset, t.ok = x.Reply.Date.Add(time.Second/2).Sub(said), true
				t.evidence = []facts.Evidence{{Kind: "note", Text: fmt.Sprintf(
					"The SIP reply of %s to %s says %s.", t.server, x.Method, x.Reply.Date.UTC().Format(time.DateTime))}}
				return t
			}
		}
	}
	return t
}
