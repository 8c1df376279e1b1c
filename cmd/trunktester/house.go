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
	changing sync.Mutex        // held while one of changes is put in the place of another
	changes  chan error        // why the present turn is to end: a *newProfile or errWipe
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

func (*newProfile) Error() string { return "a new profile was put in" }

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
	opened := h.openDesk()
	t = h.begin(ctx, t, opened)
	if opened {
		go h.desk.Run(ctx) // not waited for: a write that is cut off is like a power cut, and as harmless
	}
	for {
		h.lights = h.lights.rewired(t.profile.LEDs, h.stderr)
		err := h.live(ctx, t)
		var adopted *newProfile
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
			t = h.wipe(ctx, t)
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

// openDesk prepares for sticks and the boot partition; false where neither is asked for.
func (h *house) openDesk() bool {
	if !h.flags.media && (h.flags.profile != "" || !onCard()) {
		return false
	}
	drives, err := media.OpenDrives("/run")
	if err != nil {
		h.lights.log.Error("nothing is read from USB sticks", "err", err)
		return false
	}
	h.desk = &appliance.Desk{Media: appliance.MediaOf(drives), Store: h.memory, Log: h.lights.log,
		Adopt: func(p profile.Profile) { h.change(&newProfile{p}) }}
	h.openUpdates()
	h.desk.Errands = append(h.desk.Errands, selftestErrand(h.desk, h.memory, h.lights.log))
	return true
}

// begin is the first turn, after what the last start left undone, and what was put on the boot partition since.
func (h *house) begin(ctx context.Context, first turn, opened bool) turn {
	if h.flags.profile == "" && h.memory.WipeBegun() {
		h.lights.log.Warn("a wipe was interrupted: it is completed now")
		if first = h.wipe(ctx, first); first.whole == catalogue.WholeRefused {
			return first // what is left on the boot partition must not come back
		}
	}
	if !opened {
		return first
	}
	p, whole := h.desk.Boot(ctx)
	if p != nil {
		first = turn{profile: *p}
		h.notices = map[string]string{}
	}
	if whole != catalogue.WholeNone {
		first.whole = whole
	}
	return first
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

// change ends the present turn. The latest profile takes the place of one that still waits; a wipe takes that of any, and
// gives it to none.
func (h *house) change(why error) {
	h.changing.Lock()
	defer h.changing.Unlock()
	select {
	case waits := <-h.changes:
		if errors.Is(waits, errWipe) {
			why = waits
		}
	default:
	}
	h.changes <- why
}

// wipe removes everything, while no box is there that could write, and says what the next turn begins with.
func (h *house) wipe(ctx context.Context, t turn) turn {
	if err := h.lights.during(catalogue.WholeWriting, func() error { return h.erase(ctx) }); err != nil {
		h.lights.log.Error("wipe", "err", err)
		h.notices[topicWipe] = words.Said("notice.wipe-failed")
		t.whole = catalogue.WholeRefused
		return t
	}
	h.lights.log.Info("profile and reports were removed")
	h.notices = map[string]string{topicWipe: words.Said("notice.wiped")}
	return turn{profile: profile.Default(), whole: catalogue.WholeDone}
}

// erase takes everything off the card. The mark comes first: what the power cuts short, the next start completes.
func (h *house) erase(ctx context.Context) error {
	if err := h.memory.BeginWipe(); err != nil {
		h.lights.log.Warn("wipe", "err", err)
	}
	if h.desk == nil {
		return h.memory.Wipe()
	}
	return h.desk.Wipe(ctx, func() error {
		select {
		case <-h.changes: // a profile that came meanwhile is wiped as well
		default:
		}
		return h.memory.Wipe()
	})
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
			if cancel(why); context.Cause(ctx) != why { //nolint:errorlint // is it this one?
				h.change(why) // the turn had ended by itself: the next one is told
			}
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
