package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"os"
	"strings"
	"sync"
	"time"

	"trunktester/appliance"
	"trunktester/appliance/catalogue"
	"trunktester/appliance/profile"
	"trunktester/appliance/store"
	"trunktester/leds"
	"trunktester/leds/gpio"
	"trunktester/leds/terminal"
	"trunktester/netsetup"
)

// boxPatience is how long the box waits for DHCP before it says 1-2: ports with spanning tree take 30 s.
const boxPatience = 40 * time.Second

// boxProfile is where the profile lies on the box.
const boxProfile = "/perm/trunktester/trunk.toml"

// lastingProfile is the file if there is one, else "".
func lastingProfile(file string) string {
	if _, err := os.Stat(file); err != nil {
		return ""
	}
	return file
}

// boxFlags are the options of appliance.
type boxFlags struct {
	profile, iface, state string
	pageHosts             string
	noSetup               bool
}

// box runs the appliance's own loop. It never returns 0: the supervisor starts it again.
func box(ctx context.Context, args []string, stderr io.Writer) int {
	var f boxFlags
	flags := flag.NewFlagSet("appliance", flag.ContinueOnError)
	flags.StringVar(&f.profile, "profile", lastingProfile(boxProfile), "`file` with the trunk's settings; without one only the network is tested")
	flags.StringVar(&f.iface, "interface", "", "network `interface`; the first wired one when not given")
	flags.StringVar(&f.state, "state", "/run/trunktester,/perm/trunktester", "`directories` that remember logins and reports, the lasting one last")
	flags.StringVar(&f.pageHosts, "page-host", "", "further host `names`, with commas, under which a forwarder may serve the page")
	flags.BoolVar(&f.noSetup, "no-setup", false, "use the interface as it is configured")
	if status, ok := parse(flags, args, stderr); !ok {
		return status
	}
	p, refused := f.readProfile()
	lamps := openLamps(p.LEDs)
	log := lamps.logger(stderr)
	if refused != nil {
		log.Error("the profile is refused; only the network is tested", "err", refused)
	}
	if err := live(ctx, f, p, refused, lamps, log); err != nil {
		fmt.Fprintln(stderr, "trunktester appliance:", err)
	}
	return exitBox
}

// live wires the box together and runs it until ctx ends.
func live(ctx context.Context, f boxFlags, p profile.Profile, refused error, lamps lampSet, log *slog.Logger) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	player := lamps.player(log)
	var played sync.WaitGroup
	played.Go(func() { player.Run(ctx) })

	plan := netsetup.NewPlan(p.Network)
	if f.iface != "" {
		plan.Interface = f.iface
	}
	if f.noSetup {
		plan.Mode = netsetup.Configured
	}
	cable := netsetup.New(plan)
	memory := store.Open(strings.Split(f.state, ",")...)
	tester := &appliance.Tester{Profile: p, Store: memory, Patience: boxPatience, Version: version, Model: model(), Log: log}
	b := appliance.NewBox(tester, cable, player)
	if refused != nil {
		b.Pattern(catalogue.WholeRefused)
	}
	front := appliance.NewFront(b, memory, refused, strings.Split(f.pageHosts, ","))
	lamps.pressed(ctx, b, log)
	if lamps.screen != nil {
		go narrate(ctx, b, lamps.screen)
	}
	updates, err := openUpdater(b, memory, log)
	if err != nil {
		log.Error("no updates", "err", err)
		b.Notice("update", "The box takes no updates at present, because something about its card is not as it should be: if that stays, exchange the card.")
	}
	if updates != nil {
		go proveUpdates(ctx, b, updates, log)
	}
	go front.Serve(ctx)
	go stall(ctx, b, cancel)

	err = b.Run(ctx)
	cancel(err)
	if cause := context.Cause(ctx); err == nil && !errors.Is(cause, context.Canceled) {
		err = cause
	}
	played.Wait()
	return errors.Join(err, cable.Undo(), lamps.close())
}

// readProfile reads the profile; one that is refused leaves a box that tests the network.
func (f boxFlags) readProfile() (profile.Profile, error) {
	if f.profile == "" {
		return profile.Default(), nil
	}
	p, err := readProfile(f.profile)
	if err != nil {
		return profile.Default(), err
	}
	return *p, nil
}

// lampSet is what the lights of this machine are: the Pi's lines, or drawn in the terminal.
type lampSet struct {
	lamps  leds.Lamps
	button *gpio.Button       // nil without one
	screen *terminal.Terminal // nil on a Pi
}

// openLamps takes the Pi's lights, and where there are none draws them on the standard output.
func openLamps(wiring profile.LEDs) lampSet {
	lamps, err := gpio.Open(wiring)
	if err != nil {
		screen := terminal.Open(os.Stdout, os.Getenv)
		return lampSet{lamps: screen, screen: screen}
	}
	set := lampSet{lamps: lamps}
	if pins, err := gpio.Board(); err == nil {
		set.button, _ = gpio.OpenButton(pins, wiring.Button) // without a button the page has one
	}
	return set
}

// player plays on the lamps.
func (l lampSet) player(log *slog.Logger) *leds.Player {
	p := &leds.Player{Lamps: l.lamps, Begin: catalogue.WholeLampTest, Failed: func(err error) { log.Error("lights", "err", err) }}
	if l.screen != nil {
		p.Told = l.screen.Tell
	}
	return p
}

// logger writes every step to the box's log. Lights that are drawn in a terminal have a narrator beside
// them, so only what went wrong is logged there, above the lights.
func (l lampSet) logger(stderr io.Writer) *slog.Logger {
	if l.screen != nil {
		return slog.New(slog.NewTextHandler(l.screen, &slog.HandlerOptions{Level: slog.LevelWarn}))
	}
	return slog.New(slog.NewTextHandler(stderr, nil))
}

func (l lampSet) close() error {
	if l.screen != nil {
		return l.screen.Close()
	}
	return nil
}

// pressed carries out what the button says.
func (l lampSet) pressed(ctx context.Context, b *appliance.Box, log *slog.Logger) {
	if l.button == nil {
		return
	}
	go l.button.Watch(ctx, func(press gpio.Press) {
		switch press {
		case gpio.Short:
			b.Step()
		case gpio.Hold:
			if err := b.RunAgain(); err != nil {
				log.Warn("button", "err", err)
			}
		}
	})
}

// stallLimit is how long the run loop may be silent before the program gives up, so that it is started again.
const stallLimit = 60 * time.Second

// stall ends the program when the run loop stops.
func stall(ctx context.Context, b *appliance.Box, cancel context.CancelCauseFunc) {
	ticks := time.NewTicker(time.Second)
	defer ticks.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticks.C:
			if silent := b.Silent(); silent > stallLimit {
				cancel(fmt.Errorf("the run loop has not moved for %s", silent.Round(time.Second)))
				return
			}
		}
	}
}
