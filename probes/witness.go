package probes

import (
	"cmp"
	"context"
	"crypto/x509"
	"slices"
	"sync"

	"trunktester/appliance/catalogue/words"
	"trunktester/probes/facts"
	"trunktester/probes/sip"
)

// Witness asks: do public resolvers lead the provider's name to the servers that the given ones lead to? They
// are asked over UDP and over TCP, since a router that answers in their place mostly does so over UDP alone, and over
// HTTPS, where none can. It passes when a server is the same, or when nothing can be compared because they do not answer. Where none is,
// the first of theirs gets an OPTIONS, the control: big providers answer differently from place to place.
type Witness struct {
	Name      Name // Public are the witnesses
	Path      SIPPath
	HTTPSPort uint16         // 0 is 443
	Roots     *x509.CertPool // authorities for the resolvers' certificates; nil: the system's
}

// Look implements Probe. It needs Name.
func (w Witness) Look(ctx context.Context, known facts.Facts) Result {
	if known.Name == nil || known.Name.Way == "literal" {
		return Result{Outcome: facts.NotRun, Saw: words.Said("saw.witness-no-name")}
	}
	if len(w.Name.Public) == 0 {
		return Result{Outcome: facts.NotRun, Saw: words.Said("saw.witness-no-server")}
	}
	found := facts.Witness{}
	r := Result{Outcome: facts.Passed, File: func(f *facts.Facts) { f.Witness = &found }}
	var all sync.WaitGroup
	var evidence [3][]facts.Evidence
	tcp, https := w.Name, w.Name
	tcp.Stream = true
	web := dnsHTTPS(w.Name.Via, sip.Trust{Roots: w.Roots, Now: trueTime(known.Clock)})
	defer web.CloseIdleConnections()
	https.Web, https.DNSPort = web, cmp.Or(w.HTTPSPort, dnsHTTPSPort)
	all.Go(func() { found.UDP, evidence[0] = ask(ctx, w.Name) })
	all.Go(func() { found.TCP, evidence[1] = ask(ctx, tcp) })
	all.Go(func() { found.HTTPS, evidence[2] = ask(ctx, https) })
	all.Wait()
	r.Evidence = slices.Concat(evidence[:]...)

	told, host := found.Told(), w.Name.Host
	own, theirs := w.Path.targets(known.Name), w.Path.targets(&told)
	switch {
	case !slices.ContainsFunc(told.Answers, func(a facts.NameAnswer) bool { return a.Answer == facts.Answered }):
		r.Saw = words.Said("saw.witness-silent")
	case len(theirs) == 0 && len(own) == 0:
		r.Saw = words.Said("saw.witness-neither", "name", host)
	case len(theirs) == 0:
		r.Outcome, r.Saw = facts.Failed, words.Said("saw.witness-only-given", "name", host)
	case slices.ContainsFunc(theirs, func(t facts.Target) bool { return witnessHas(own, t) }):
		r.Saw = words.Said("saw.witness-same", "name", host, "server", theirs[0].Addr)
	default:
		w.Path.Dial = from(w.Path.Dial, known)
		a := w.Path.attempt(ctx, theirs[0], alone(), trueTime(known.Clock))
		found.Server = &a.Attempt
		r.Evidence = append(r.Evidence, asControl(a.evidence)...)
		r.Outcome, r.Saw = facts.Failed, words.Said("saw.witness-elsewhere", "name", host, "what", a.saw())
	}
	return r
}

// ask follows the name with its public resolvers in the place of the given ones.
func ask(ctx context.Context, n Name) (facts.Name, []facts.Evidence) {
	given := facts.Address{DNS: n.Public[:min(len(n.Public), nameWitness)]}
	n.Public, n.Patience = nil, 0 // Name has waited
	r := n.Look(ctx, facts.Facts{Address: &given})
	var f facts.Facts
	r.File(&f)
	return *f.Name, asControl(r.Evidence)
}

func witnessHas(targets []facts.Target, t facts.Target) bool {
	return slices.ContainsFunc(targets, func(o facts.Target) bool { return o.Addr == t.Addr })
}

// asControl marks evidence as what a finding is compared with.
func asControl(evidence []facts.Evidence) []facts.Evidence {
	for i := range evidence {
		evidence[i].Kind = "control"
	}
	return evidence
}
