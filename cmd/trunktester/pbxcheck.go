package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"trunktester/appliance"
	"trunktester/appliance/report"
	"trunktester/probes"
	"trunktester/probes/facts"
	"trunktester/probes/registrar"
)

// The time that the PBX check listens: PBXs try again each minute or two.
const (
	usualWindow = 2 * time.Minute
	mostWindow  = time.Hour
)

// checkPBX plays the registrar for the PBX and tells what differs by its exit status.
func checkPBX(ctx context.Context, args []string, stdin *os.File, stdout, stderr io.Writer) int {
	var c checkFlags
	var window time.Duration
	var back bool
	flags := flag.NewFlagSet("pbx-check", flag.ContinueOnError)
	flags.StringVar(&c.profile, "profile", "", "`file` with the trunk's settings, which the PBX's are compared with")
	flags.StringVar(&c.iface, "interface", "", "network `interface` to listen on; the first wired one when not given")
	flags.DurationVar(&window, "for", usualWindow, "how `long` to wait for the PBX, as in 90s or 5m")
	flags.BoolVar(&back, "back", atTerminal(stdin), "when the settings are right, wait for Enter, which says that the PBX points back, and look then whether it registers at the provider; usual on a terminal")
	flags.BoolVar(&c.noSetup, "no-setup", false, "use the interface as it is configured")
	flags.BoolVar(&c.json, "json", false, "print the report as JSON, and nothing else, on standard output")
	flags.StringVar(&c.state, "state", stateDir(), "`directory` that remembers the provider's realm")
	flags.BoolVar(&c.verbose, "v", false, "log every step to standard error")
	if status, ok := parse(flags, args, stderr); !ok {
		return status
	}
	switch {
	case c.profile == "":
		fmt.Fprintln(stderr, `trunktester pbx-check: say which file has the trunk's settings, as in "trunktester pbx-check -profile trunk.toml".`)
		return exitUsage
	case window < time.Second || window > mostWindow:
		fmt.Fprintf(stderr, "trunktester pbx-check: -for takes a time from 1s to %s.\n", mostWindow)
		return exitUsage
	}
	tester, status := c.tester(stderr)
	if tester == nil {
		return status
	}
	to := outcome{flags.Name(), c.json, stdout, stderr}
	live := &waiting{out: to.live()}
	sight, err := tester.CheckPBX(ctx, appliance.PBXAsk{Window: window, Observe: live.see})
	if err == nil && back && ctx.Err() == nil && sight.PBXRight() {
		var last appliance.Sight
		var ok bool
		if last, ok, err = watchBack(ctx, tester, sight, stdin, to.live()); ok {
			sight = last
		}
	}
	if undo := tester.Network.Undo(); undo != nil {
		err = errors.Join(err, fmt.Errorf("the interface could not be left as it was found: %w", undo))
	}
	if err != nil {
		return to.fail(err)
	}
	return to.tell(sight, newProgress(to.live()))
}

// waiting tells a person at the terminal where to point the PBX, and what it sends.
type waiting struct {
	out  io.Writer
	told map[string]string // what was printed last, by device
}

func (w *waiting) see(c facts.PBXCheck) {
	if w.told == nil {
		w.told = map[string]string{}
		fmt.Fprintf(w.out, "Enter %s as the registrar (or outbound proxy) of the trunk in the PBX, port %d, over UDP or TCP.\n", c.Addr, registrar.Port)
		fmt.Fprintf(w.out, "Leave username and password as they are. TLS (port %d) works only with a PBX that trusts any certificate.\n", registrar.TLSPort)
		fmt.Fprintf(w.out, "Waiting for %s; calls do not work meanwhile. Point the PBX back at the provider afterwards.\n\n", time.Duration(c.Window).Round(time.Second))
	}
	for _, d := range c.Devices {
		w.tell(c, d.From.Addr().String()+" "+d.User, probes.PBXDeviceText(d))
	}
	if c.TLSRefused > 0 && w.told["tls"] == "" {
		w.tell(c, "tls", probes.PBXRefusedText(c))
	}
}

// tell prints a line about somebody, unless it is what was said last.
func (w *waiting) tell(c facts.PBXCheck, who, text string) {
	line := strings.TrimSpace(report.Line(text))
	if w.told[who] == line {
		return
	}
	w.told[who] = line
	fmt.Fprintf(w.out, "%4.0fs  %s\n", time.Duration(c.Listened).Seconds(), line)
}
