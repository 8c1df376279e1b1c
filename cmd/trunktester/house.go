package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"sync"

	"trunktester/appliance"
	"trunktester/appliance/catalogue"
	"trunktester/appliance/catalogue/words"
	"trunktester/appliance/media"
	"trunktester/appliance/profile"
	"trunktester/appliance/report"
	"trunktester/appliance/store"
	"trunktester/appliance/updater"
	"trunktester/netsetup"
)

// house is what outlives a profile: the memory, the lights, and the desk where sticks are taken in. A new
// profile, or a wipe, begins a new turn with a new box.
type house struct {
	flags    boxFlags
	memory   *store.Store
	lights   *lights
	life     *life // clock, restarts, self-check
	stderr   io.Writer
	changes  chan error        // why the present turn is to end: a newProfile or errWipe
	desk     *appliance.Desk   // nil where nothing is taken in
	updates  *updater.Updater  // nil where there are none
	notices  map[string]string // what a box tells from its beginning
	position report.Position   // of the last box
}

// turn is what one box is made of.
type turn struct {
	profile profile.Profile
	refused error           // why the profile was refused
	whole   catalogue.Whole // what the lights say first
	later   bool            // not the first one
}

// newProfile ends a turn: another profile is to be used.
type newProfile struct{ profile.Profile }

func (newProfile) Error() string { return "a new profile was put in" }

// errWipe ends a turn: everything is to be removed.
var errWipe = errors.New("the button was held for a wipe")

// topicWipe and topicProfile are the notices of this file.
const (
	topicWipe    = "wipe"
	topicProfile = "profile"
)

// run begins one turn after another until ctx ends or a box fails.
func (h *house) run(ctx context.Context, t turn) error {
	h.notices = map[string]string{}
	if t.refused != nil {
		h.notices[topicProfile] = refusal(t.refused)
	}
	if h.openDesk(ctx, &t) {
		go h.desk.Run(ctx) // not waited for: a write that is cut off is like a power cut, and as harmless
	}
	for {
		h.lights = h.lights.rewired(t.profile.LEDs, h.stderr)
		err := h.live(ctx, t)
		var adopted newProfile
		var none *netsetup.NoInterface
		switch {
		case errors.Is(err, appliance.ErrStalled):
			return err // what hangs would hang the tidying up as well
		case h.desk != nil && h.flags.iface == "" && errors.As(err, &none) && none.Name != "":
			// Ending here would end every later start as well, too soon for a stick with a better profile.
			h.lights.log.Error("the profile is refused; only the network is tested", "err", err)
			h.notices[topicProfile] = refusal(err)
			t = turn{profile: profile.Default(), refused: err, whole: catalogue.WholeRefused}
		case errors.As(err, &adopted):
			h.lights.log.Info("another profile is used from now on")
			h.notices = map[string]string{}
			t = turn{profile: adopted.Profile, whole: catalogue.WholeDone}
		case errors.Is(err, errWipe):
			t = h.wipe(t)
		default:
			if ctx.Err() != nil {
				h.memory.Ended()
			}
			return errors.Join(err, h.lights.end())
		}
		t.later = true
	}
}

// refusal tells why the kept profile is not used.
func refusal(err error) string {
	return words.Said("notice.kept-refused") + " " + strings.ReplaceAll(err.Error(), "\n", "; ")
}

// openDesk looks at the boot partition before the first turn, and prepares for sticks; false where neither
// is asked for.
func (h *house) openDesk(ctx context.Context, first *turn) bool {
	if !h.flags.media && (h.flags.profile != "" || !onCard()) {
		return false
	}
	drives, err := media.OpenDrives("/run")
	if err != nil {
		h.lights.log.Error("nothing is read from USB sticks", "err", err)
		return false
	}
	h.desk = &appliance.Desk{Media: appliance.MediaOf(drives), Store: h.memory, Log: h.lights.log,
		Adopt: func(p profile.Profile) { h.change(newProfile{p}) }}
	h.openUpdates()
	h.desk.Errands = append(h.desk.Errands, selftestErrand(h.desk, h.memory, h.lights.log))
	p, whole := h.desk.Boot(ctx)
	if p != nil {
		*first = turn{profile: *p}
		h.notices = map[string]string{}
	}
	if whole != catalogue.WholeNone {
		first.whole = whole
	}
	return true
}

// openUpdates prepares for updates, which come on sticks.
func (h *house) openUpdates() {
	u, err := openUpdater(h.desk, h.memory, h.lights.log)
	if err != nil {
		h.lights.log.Error("no updates", "err", err)
		h.desk.Notice("update", words.Said("notice.no-updates"))
	}
	if u != nil {
		h.updates = u
		h.desk.Errands = append(h.desk.Errands, errand(u))
	}
}

// onCard says whether this is the box itself: gokrazy with a lasting partition in its table.
func onCard() bool {
	for _, name := range []string{"/gokrazy/init", "/perm"} {
		if _, err := os.Stat(name); err != nil {
			return false
		}
	}
	return true
}

// change ends the present turn.
func (h *house) change(why error) {
	select {
	case h.changes <- why:
	default: // one is under way already
	}
}

// wipe removes everything, while no box is there that could write, and says what the next turn begins with.
func (h *house) wipe(t turn) turn {
	if err := h.memory.Wipe(); err != nil {
		h.lights.log.Error("wipe", "err", err)
		h.notices[topicWipe] = words.Said("notice.wipe-failed")
		t.whole = catalogue.WholeRefused
		return t
	}
	h.lights.log.Info("profile and reports were removed")
	if h.desk != nil {
		h.desk.Forget()
	}
	h.notices = map[string]string{topicWipe: words.Said("notice.wiped")}
	return turn{profile: profile.Default(), whole: catalogue.WholeDone}
}

// live wires one box together and runs it until ctx or the turn ends; the error says why.
func (h *house) live(ctx context.Context, t turn) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	log := h.lights.log
	plan := netsetup.NewPlan(t.profile.Network)
	plan.HostName = t.profile.Kit.HostName() // as the kit's label says
	if h.flags.iface != "" {
		plan.Interface = h.flags.iface
	}
	if h.flags.noSetup {
		plan.Mode = netsetup.Configured
	}
	cable := netsetup.New(plan)
	tester := &appliance.Tester{Profile: t.profile, Store: h.memory, Patience: boxPatience, Version: version, Model: model(), Log: log}
	b := appliance.NewBox(tester, cable, h.lights.player)
	b.SetPosition(h.position)
	for topic, sentence := range h.notices {
		b.Notice(topic, sentence)
	}
	if h.desk != nil {
		h.desk.Serve(b)
	}
	if t.later {
		b.Tested()
	}
	if t.whole != catalogue.WholeNone {
		b.Pattern(t.whole)
	}
	h.life.attach(b, h.lights.failed)
	front := appliance.NewFront(b, h.memory, t.refused, strings.Split(h.flags.pageHosts, ","))
	h.lights.pressed(ctx, b, func() { h.change(errWipe) }, log)
	if h.lights.screen != nil {
		go narrate(ctx, b, h.lights.screen)
	}
	if h.updates != nil {
		go proveUpdates(ctx, b, h.updates, log)
	}
	var served sync.WaitGroup
	served.Go(func() { front.Serve(ctx) })
	go func() {
		select {
		case why := <-h.changes:
			cancel(why)
		case <-ctx.Done():
		}
	}()

	err := b.Guarded(ctx)
	if errors.Is(err, appliance.ErrStalled) {
		return err
	}
	h.position = b.State().Position
	cancel(err)
	if cause := context.Cause(ctx); err == nil && !errors.Is(cause, context.Canceled) {
		err = cause
	}
	served.Wait()
	if undo := cable.Undo(); undo != nil {
		err = errors.Join(err, fmt.Errorf("the interface could not be left as it was found: %w", undo))
	}
	return err
}
