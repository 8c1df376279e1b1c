package main

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"runtime/debug"
	"strings"
	"time"

	"trunktester/appliance/catalogue"
	"trunktester/appliance/profile"
	"trunktester/appliance/store"
)

// boxPatience is how long the box waits for DHCP before it says 1-2: ports with spanning tree take 30 s.
const boxPatience = 40 * time.Second

// boxFlags are the options of appliance.
type boxFlags struct {
	profile, iface, state string
	pageHosts             string
	noSetup, media        bool
}

// box runs the appliance's own loop. It never returns 0: the supervisor starts it again.
func box(ctx context.Context, args []string, stderr io.Writer) int {
	var f boxFlags
	flags := flag.NewFlagSet("appliance", flag.ContinueOnError)
	flags.StringVar(&f.profile, "profile", "", "`file` with the trunk's settings; without one the profile that is kept, and without that only the network is tested")
	flags.StringVar(&f.iface, "interface", "", "network `interface`; the first wired one when not given")
	flags.StringVar(&f.state, "state", "/run/trunktester,/perm/trunktester", "`directories` that remember logins and reports, the lasting one, with the profile, last")
	flags.StringVar(&f.pageHosts, "page-host", "", "further host `names`, with commas, under which a forwarder may serve the page")
	flags.BoolVar(&f.noSetup, "no-setup", false, "use the interface as it is configured")
	flags.BoolVar(&f.media, "media", false, "take profiles from USB sticks and the boot partition, as root; the card does so without being told")
	if status, ok := parse(flags, args, stderr); !ok {
		return status
	}
	memory := store.Open(strings.Split(f.state, ",")...)
	first := turn{}
	first.profile, first.refused = f.readProfile(memory)
	lights := openLights(first.profile.LEDs, catalogue.WholeLampTest, stderr)
	if first.refused != nil {
		lights.log.Error("the profile is refused; only the network is tested", "err", first.refused)
		first.whole = catalogue.WholeRefused
	}
	debug.SetGCPercent(reserve)
	if onBox() {
		go func() { // beside the start, which it would delay
			if err := stayInMemory(); err != nil {
				lights.log.Warn("the program depends on the card while it runs", "err", err)
			}
		}()
	}
	h := &house{flags: f, memory: memory, lights: lights, life: f.begin(memory, lights.log), stderr: stderr, changes: make(chan error, 1)}
	if err := h.run(ctx, first); err != nil {
		fmt.Fprintln(stderr, "trunktester appliance:", err)
	}
	return exitBox
}

// readProfile reads the profile; one that is refused leaves a box that tests the network.
func (f boxFlags) readProfile(memory *store.Store) (profile.Profile, error) {
	p, err := f.profileOf(memory)
	if err != nil || p == nil {
		return profile.Default(), err
	}
	return *p, nil
}

func (f boxFlags) profileOf(memory *store.Store) (*profile.Profile, error) {
	if f.profile != "" {
		return readProfile(f.profile)
	}
	text, err := memory.Profile()
	switch {
	case errors.Is(err, store.ErrNoProfile):
		return nil, nil
	case err != nil:
		return nil, err
	}
	return profile.Parse(bytes.NewReader(text), "trunk.toml", nil)
}
