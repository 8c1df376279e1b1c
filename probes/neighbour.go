package probes

import (
	"context"
	"strconv"
	"strings"
	"time"

	"trunktester/appliance/catalogue/words"
	"trunktester/probes/facts"
)

// listenFor is how long is listened at least. A switch repeats LLDP after 30 s (IEEE 802.1AB section 9.2.5.7) and CDP
// after 60 s, but says both, and asks for a login, when the cable is plugged in.
const listenFor = 2 * time.Second

// Neighbour asks: what does the switch say about this socket? Passed always: whether it fits is for the verdict. It
// listens until the question for an address has its answer, since a socket that gives none may say why.
type Neighbour struct {
	Listener Listener
	Acquired <-chan struct{} // closed when that question has its answer; nil: it is not asked
	For      time.Duration   // 0: listenFor
}

// Listener listens all the time; *announce.Listener does it.
type Listener interface {
	Heard() (facts.Neighbour, error)
}

// Look needs nothing of the facts.
func (p Neighbour) Look(ctx context.Context, _ facts.Facts) Result {
	wait := p.For
	if wait == 0 {
		wait = listenFor
	}
	select {
	case <-ctx.Done():
	case <-time.After(wait):
	}
	if p.Acquired != nil {
		select {
		case <-ctx.Done():
		case <-p.Acquired:
		}
	}
	found, err := p.Listener.Heard()
	if err != nil {
		return broken(err)
	}
	return Result{Outcome: facts.Passed, Saw: neighbourSaw(found), File: func(f *facts.Facts) { f.Neighbour = &found }}
}

func neighbourSaw(n facts.Neighbour) string {
	var saw []string
	if s := n.Switch; s != nil {
		known := []any{"name", strconv.Quote(s.Name), "port", strconv.Quote(s.Port), "protocol", strings.ToUpper(s.Protocol)}
		if s.VoiceVLAN != nil {
			saw = append(saw, words.Said("saw.switch-voice", append(known, "vlan", *s.VoiceVLAN)...))
		} else {
			saw = append(saw, words.Said("saw.switch", known...))
		}
	}
	if len(n.Tagged) > 0 {
		saw = append(saw, words.Said("saw.switch-tagged", "vlans", n.Tagged))
	}
	if n.Login {
		saw = append(saw, words.Said("saw.switch-login"))
	}
	if len(saw) == 0 {
		return words.Said("saw.switch-silent", "time", n.Listened)
	}
	return strings.Join(saw, "; ")
}
