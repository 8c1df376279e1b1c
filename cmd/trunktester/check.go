package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"time"

	"trunktester/appliance"
	"trunktester/appliance/catalogue"
	"trunktester/appliance/profile"
	"trunktester/appliance/report"
	"trunktester/appliance/store"
	"trunktester/netsetup"
)

// laptopMetric makes a laptop's other links come first: the checks are bound to their interface anyway.
const laptopMetric = 4000

// checkPatience is how long a person waits for DHCP: the verdict stands within 15 s.
const checkPatience = 14900 * time.Millisecond

// checkFlags are the options of check.
type checkFlags struct {
	profile, iface, pcap, position, state string
	noSetup, full, json, verbose          bool
}

func readCheckFlags(args []string, stderr io.Writer) (c checkFlags, status int, ok bool) {
	flags := flag.NewFlagSet("check", flag.ContinueOnError)
	flags.StringVar(&c.profile, "profile", "", "`file` with the trunk's settings; without one only the network is tested")
	flags.StringVar(&c.iface, "interface", "", "network `interface` to test through; the first wired one when not given")
	flags.BoolVar(&c.noSetup, "no-setup", false, "use the interface as it is configured")
	flags.BoolVar(&c.full, "full", false, "wait for the slow measurements as well: some minutes at most")
	flags.BoolVar(&c.json, "json", false, "print the report as JSON, and nothing else, on standard output")
	flags.StringVar(&c.pcap, "pcap", "", "write the box's own packets to this `file` (pcapng), credentials overwritten")
	flags.StringVar(&c.position, "position", "", "where the cable is plugged in: `router`, lan or pbx")
	flags.StringVar(&c.state, "state", stateDir(), "`directory` that remembers earlier logins")
	flags.BoolVar(&c.verbose, "v", false, "log every step to standard error")
	if status, ok = parse(flags, args, stderr); !ok {
		return c, status, false
	}
	if c.position != "" && !slices.Contains(report.Positions(), report.Position(c.position)) {
		fmt.Fprintf(stderr, "trunktester check: there is no position %q: use router, lan or pbx.\n", c.position)
		return c, exitUsage, false
	}
	return c, exitGreen, true
}

// check carries out one run and tells the verdict by its exit status.
func check(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	c, status, ok := readCheckFlags(args, stderr)
	if !ok {
		return status
	}
	tester, status := c.tester(stderr)
	if tester == nil {
		return status
	}
	to := outcome{"check", c.json, stdout, stderr}
	progress := newProgress(to.live())
	sight, err := c.run(ctx, tester, progress)
	if ctx.Err() != nil {
		err = errors.Join(errors.New("interrupted: there is no verdict"), err)
	}
	if err != nil {
		return to.fail(err)
	}
	return to.tell(sight, progress)
}

// run is the run between setting the interface up and leaving it as it was found.
func (c checkFlags) run(ctx context.Context, t *appliance.Tester, p *progress) (sight appliance.Sight, err error) {
	defer func() {
		if undo := t.Network.Undo(); undo != nil {
			err = errors.Join(err, fmt.Errorf("the interface could not be left as it was found: %w", undo))
		}
	}()
	packets, err := record(c.pcap, t.Network)
	if err != nil {
		return sight, err
	}
	sight, err = t.Run(ctx, appliance.Ask{Person: true, Position: report.Position(c.position), Observe: p.see})
	return sight, errors.Join(err, packets.end(sight.Report))
}

// tester builds the run from the flags; nil and an exit status when that is not possible.
func (c checkFlags) tester(stderr io.Writer) (*appliance.Tester, int) {
	t := &appliance.Tester{Patience: checkPatience, Full: c.full, Version: version, Model: model(), Log: slog.New(slog.DiscardHandler)}
	if c.verbose {
		t.Log = slog.New(slog.NewTextHandler(stderr, nil))
	}
	if c.profile != "" {
		p, err := readProfile(c.profile)
		if err != nil {
			fmt.Fprintln(stderr, err)
			return nil, exitProfile
		}
		t.Profile = *p
	} else {
		t.Profile = profile.Default()
	}
	plan := netsetup.NewPlan(t.Profile.Network)
	plan.Metric = laptopMetric
	if c.iface != "" {
		plan.Interface = c.iface
	}
	if c.noSetup {
		plan.Mode = netsetup.Configured
	}
	t.Network = netsetup.New(plan)
	t.Store = store.Open(c.state)
	return t, exitGreen
}

func exitOf(s catalogue.Severity) int {
	switch s {
	case catalogue.Green:
		return exitGreen
	case catalogue.Amber:
		return exitAmber
	case catalogue.Red:
		return exitRed
	}
	return exitBox
}

// stateDir is where logins are remembered: /run for root, the user's cache for others.
func stateDir() string {
	if os.Geteuid() == 0 {
		return "/run/trunktester"
	}
	if dir, err := os.UserCacheDir(); err == nil {
		return filepath.Join(dir, "trunktester")
	}
	return filepath.Join(os.TempDir(), fmt.Sprintf("trunktester-%d", os.Geteuid()))
}
