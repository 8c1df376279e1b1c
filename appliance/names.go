package appliance

import (
	"context"
	"net/netip"
	"time"

	"trunktester/appliance/mdns"
	"trunktester/appliance/profile"
	"trunktester/netsetup"
)

// call makes the page found by name at an address, until ctx ends.
func (f *Front) call(ctx context.Context, name string, own netip.Prefix) {
	if !own.Addr().Is4() {
		return
	}
	o := mdns.Options{Interface: name, Own: own, Name: f.profile.Kit.HostName(), Also: profile.Kit{}.HostName(),
		Restart: replugged(ctx, name), Log: f.log, Held: func(names []string) { f.served(own, names) }}
	for told := ""; ctx.Err() == nil; {
		if err := mdns.Serve(ctx, o); err != nil && err.Error() != told {
			told = err.Error()
			f.log.Warn("the page is not found by name", "err", err)
		}
		select {
		case <-ctx.Done():
		case <-time.After(reopen):
		}
	}
}

// served tells where the page is now: by the names, and at the address.
func (f *Front) served(own netip.Prefix, names []string) {
	f.mu.Lock()
	f.names = names
	f.mu.Unlock()
	var at []string
	for _, n := range names {
		at = append(at, "http://"+n+"/")
	}
	if own.IsValid() {
		at = append(at, "http://"+own.Addr().String()+"/")
	}
	f.box.change(func(s *State) { s.Page = at })
}

// called are the names that the page has by mDNS at present.
func (f *Front) called() []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.names
}

// replugged gives a value whenever the cable was pulled and is back: perhaps on another network.
func replugged(ctx context.Context, name string) <-chan struct{} {
	back := make(chan struct{}, 1)
	go func() {
		away := false
		for e := range netsetup.Watch(ctx, name) {
			if away && e.Carrier {
				select {
				case back <- struct{}{}:
				default: // not taken yet
				}
			}
			away = !e.Carrier
		}
	}()
	return back
}
