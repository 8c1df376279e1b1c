package probes

import (
	"context"
	"sync"
	"time"

	"trunktester/appliance/catalogue/words"
	"trunktester/probes/facts"
	"trunktester/probes/registrar"
	"trunktester/probes/via"
)

// PBXListen makes the PBX check: it plays the provider's registrar on the box's own address until the PBX was
// accepted, the window is over, or ctx ends. Then it asks what PBXCheck asks.
type PBXListen struct {
	Via     via.Interface
	Trunk   registrar.Trunk
	Window  time.Duration
	Agent   string
	Observe func(facts.PBXCheck) // called after every message, and now and then; one call at a time. nil: nobody watches
}

// tick is how often an observer is called while nothing comes, for the time that is left.
const tick = time.Second

// Look waits for the PBX.
func (p PBXListen) Look(ctx context.Context, known facts.Facts) Result {
	seen := p.listen(ctx, known)
	known.PBXCheck = &seen
	r := PBXCheck{}.Look(ctx, known)
	r.File = func(f *facts.Facts) { f.PBXCheck = &seen }
	return r
}

func (p PBXListen) listen(ctx context.Context, known facts.Facts) facts.PBXCheck {
	if known.Address == nil || !known.Address.Prefix.IsValid() {
		return facts.PBXCheck{Error: words.Said("saw.no-box-address")}
	}
	own := known.Address.Prefix
	bell := make(chan struct{}, 1)
	check, err := registrar.Open(ctx, registrar.Options{Trunk: p.Trunk, Own: own, Via: p.Via, Window: p.Window, Agent: p.Agent, Changed: func() {
		select {
		case bell <- struct{}{}:
		default: // it rings already
		}
	}})
	if err != nil {
		return facts.PBXCheck{Addr: own.Addr(), Window: facts.Duration(p.Window), Error: err.Error(), Devices: []facts.PBXDevice{}, Transports: []string{}}
	}
	var ended sync.WaitGroup
	stop := make(chan struct{})
	ended.Go(func() { p.watch(check, bell, stop) })
	check.Run(ctx)
	close(stop)
	ended.Wait()
	return check.Facts()
}

// watch calls the observer until stop.
func (p PBXListen) watch(check *registrar.Check, bell, stop <-chan struct{}) {
	if p.Observe == nil {
		return
	}
	again := time.NewTicker(tick)
	defer again.Stop()
	for {
		p.Observe(check.Facts())
		select {
		case <-stop:
			return
		case <-bell:
		case <-again.C:
		}
	}
}
