package probes

import (
	"context"
	"fmt"
	"strings"
	"time"

	"trunktester/appliance/catalogue/words"
	"trunktester/probes/facts"
	"trunktester/probes/via"
)

// lifetimeIdles are the silences that are tried, all at the same time, each with a mapping of its own. 88 s
// stands just below the 90 s of the catalogue; two of them lie beyond the usual 30 s, two beyond 60 s.
func lifetimeIdles() []time.Duration {
	return []time.Duration{15 * time.Second, 25 * time.Second, 40 * time.Second, 55 * time.Second, 70 * time.Second, 88 * time.Second, 100 * time.Second}
}

// LifetimeLimit is how long the whole measurement takes at most.
const LifetimeLimit = 125 * time.Second

// lifetimePrime is how long traffic goes both ways before the silence: Linux keeps a mapping for its longer time
// only after two seconds of that (net/netfilter/nf_conntrack_proto_udp.c).
const lifetimePrime = 2500 * time.Millisecond

// Lifetime asks: after how long a silence does the router forget a UDP mapping? It passes when that was measured,
// however short it is. Nothing of it goes to the provider's SIP servers.
type Lifetime struct {
	Via  via.Interface
	Ways []LifetimeWay // in order of preference
}

// LifetimeWay is a way to have something sent to an idle mapping from outside.
type LifetimeWay interface {
	// Ready tries it without a silence, as the control: the error says why it is of no use here. What it gives is closed.
	Ready(ctx context.Context, i via.Interface, known facts.Facts) (LifetimeAsker, error)
	Name() string
}

// LifetimeAsker makes a mapping, leaves it idle for so long, and says whether it still lets something in.
type LifetimeAsker interface {
	Alive(ctx context.Context, idle time.Duration) (bool, error)
	Server() string
	Close() error // gives back what Ready took
}

// Look needs known.Address and known.Public.
func (l Lifetime) Look(ctx context.Context, known facts.Facts) Result {
	var evidence []facts.Evidence
	for _, way := range l.Ways {
		asker, err := way.Ready(ctx, l.Via, known)
		if err != nil {
			evidence = append(evidence, facts.Evidence{Kind: "control", Text: fmt.Sprintf("Not measured by %s: %s.", way.Name(), strings.ReplaceAll(err.Error(), "\n", "; "))})
			continue
		}
		evidence = append(evidence, facts.Evidence{Kind: "control",
			Text: fmt.Sprintf("A mapping that was just used lives, as told by %s (%s).", asker.Server(), way.Name())})
		found := facts.Lifetime{How: way.Name(), Server: asker.Server(), Tries: ladder(ctx, lifetimeIdles(), asker.Alive)}
		if err := asker.Close(); err != nil {
			evidence = append(evidence, facts.Evidence{Kind: "note", Text: fmt.Sprintf("What the measurement had borrowed was not given back: %v.", err)})
		}
		found.AtLeast, found.Under = bracket(found.Tries)
		r := Result{Outcome: facts.Passed, Saw: lifetimeSaw(found), Evidence: evidence, File: func(f *facts.Facts) { f.Lifetime = &found }}
		r.Evidence = append(r.Evidence, triesEvidence(found)...)
		if found.AtLeast == 0 && found.Under == 0 {
			r.Outcome = facts.NotRun
		}
		return r
	}
	return Result{Outcome: facts.NotRun, Saw: words.Said("saw.lifetime-cannot"), Evidence: evidence}
}

// ladder tries all silences at once and gives what was found out, in their order. It ends early when two
// neighbouring ones found the mapping gone: longer ones cannot find it there. One alone may be a lost packet.
func ladder(ctx context.Context, idles []time.Duration, alive func(context.Context, time.Duration) (bool, error)) []facts.Idle {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	type result struct {
		at int
		facts.Idle
		told bool
	}
	results := make(chan result, len(idles))
	for at, idle := range idles {
		go func() {
			ok, err := alive(ctx, idle)
			results <- result{at, facts.Idle{For: facts.Duration(idle), Alive: ok}, err == nil}
		}()
	}
	found := make([]*facts.Idle, len(idles))
	for range idles {
		r := <-results
		if r.told {
			found[r.at] = &r.Idle
		}
		for i := 1; i < len(found); i++ {
			if gone(found[i-1]) && gone(found[i]) {
				cancel()
			}
		}
	}
	var tries []facts.Idle
	for _, f := range found {
		if f != nil {
			tries = append(tries, *f)
		}
	}
	return tries
}
