package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"time"

	"trunktester/appliance/catalogue"
	"trunktester/appliance/catalogue/words"
	"trunktester/appliance/profile"
	"trunktester/appliance/report"
	"trunktester/image/ether"
	"trunktester/image/lights"
	"trunktester/lab"
)

const (
	// runIn is how long a run may take on an idle machine, DHCP's 40 s of patience included.
	runIn = 90 * time.Second
	// importIn is how long the box may take to notice a stick, read it and write to it.
	importIn = 60 * time.Second
	// memoryMost is the program's resident memory, in bytes (design section 13).
	memoryMost = 32 << 20
)

// visit is one card in one world, and what happens to it there.
type visit struct {
	name  string
	world string
	steps []step
}

// step is one thing that a person does, and what must be seen then.
type step struct {
	does   string
	lights string // a letter each, and the count of flashes; others that will do after a bar; "" when they are not looked at
	do     func(context.Context, *site) error
	holds  func(context.Context, *site) error // what else must hold; nil for nothing
}

// site is where a visit happens.
type site struct {
	lab     *lab.Lab
	network *ether.Adapter
	folder  string
	image   string // that the cards are copies of
	card    *card
	lock    string // file that is locked while the board is on; "" for none

	board  *board        // nil when off
	watch  *watcher      // of this board, or of the last one
	unlock io.Closer     // of this board
	queued time.Duration // for the lock, in this step
	since  time.Duration // of the board's clock: what was seen before is known already
	stick  *stick
	sticks int // that were plugged in so far
	laptop *neighbour
	shown  report.Report // what the page showed when the lights had settled
	also   []string      // the table's last column, of this step
}

// note adds to the table's last column.
func (s *site) note(format string, args ...any) {
	s.also = append(s.also, fmt.Sprintf(format, args...))
}

// arrive builds the world, and copies the card into a folder of its own.
func arrive(ctx context.Context, o options, world, folder string) (*site, error) {
	w, ok := lab.Find(world)
	if !ok {
		return nil, fmt.Errorf("there is no world %q", world)
	}
	l, err := lab.Start(ctx, w, lab.Options{Seed: o.seed, Tap: true})
	if err != nil {
		return nil, err
	}
	c, err := newCard(ctx, o.image, folder)
	if err != nil {
		l.Close()
		return nil, err
	}
	return &site{lab: l, network: ether.New(l.Cable, mac), folder: folder, image: o.image, card: c, lock: o.lock, laptop: newNeighbour(l)}, nil
}

func (s *site) leave() {
	s.off()
	s.network.Close() //nolint:errcheck // the lab closes its file too
	s.lab.Close()
}

// on switches the board on and waits for the lamp test.
func (s *site) on(ctx context.Context, sticks ...*stick) error {
	return s.onWith(ctx, plugged{card: s.card, network: s.network, sticks: sticks})
}

func (s *site) onWith(ctx context.Context, p plugged) (err error) {
	if err := s.light(ctx, p); err != nil {
		return err
	}
	if err := s.watch.started(ctx); err != nil {
		return err
	}
	at, _ := s.watch.told(catalogue.WholeLampTest, 0)
	s.note("lamp test at %.1f s", at.Seconds())
	return nil
}

// light switches the board on, and waits for nothing.
func (s *site) light(ctx context.Context, p plugged) (err error) {
	began := time.Now()
	if s.unlock, err = hold(ctx, s.lock); err != nil {
		return err
	}
	s.queued += time.Since(began)
	if s.board, err = boot(ctx, p); err != nil {
		return errors.Join(err, s.unlock.Close())
	}
	s.since = 0
	s.watch = watch(s.board, profile.Default().LEDs)
	return nil
}

// off pulls the plug, if it is in.
func (s *site) off() {
	if s.board == nil {
		return
	}
	s.board.off()
	s.board = nil
	s.unlock.Close() //nolint:errcheck // a lock ends with its file
}

// look waits for the end of a run and for the lights, and holds them against what is wanted and against the report.
func (s *site) look(ctx context.Context, want string) (got, told string, err error) {
	got, told = "?", "-"
	quiet := want[0] == 'r' // without an address there is no page
	if !quiet {
		if err := s.ended(ctx); err != nil {
			return got, told, err
		}
		s.since = max(s.since, s.watch.now())
	}
	row, err := s.watch.final(ctx, s.since, runIn)
	if err != nil {
		return got, told, err
	}
	if got = drawn(row); !slices.Contains(strings.Split(want, "|"), got) {
		err = s.watch.board.late(fmt.Errorf("the lights read %s: %s", got, s.watch.state()))
	}
	if quiet {
		return got, told, err
	}
	var failed error
	if s.shown, failed = s.laptop.report(ctx); failed != nil {
		return got, told, errors.Join(err, fmt.Errorf("the report: %w", failed))
	}
	if told = drawn(s.shown.Row()); told != got {
		err = errors.Join(err, fmt.Errorf("the report has %s and the lights %s: %s", told, got, report.Spoken(words.InEnglish(), s.shown)))
	}
	s.note("%s", s.shown.Verdict.Code)
	return got, told, err
}

// ended waits for the end of a run.
func (s *site) ended(ctx context.Context) error {
	page := s.inquire()
	err := s.watch.until(ctx, "the end of a run", runIn, func([]lights.Sample) bool { return page.ended(ctx) })
	if err != nil {
		err = errors.Join(err, page.last)
	}
	return err
}

// inquiry asks the page every second whether a run has ended that began after the last look.
type inquiry struct {
	laptop  *neighbour
	before  string // the id of the report that was seen last
	answers chan error
	busy    bool
	next    time.Time
	last    error // why not, as far as is known
}

func (s *site) inquire() *inquiry {
	return &inquiry{laptop: s.laptop, before: s.shown.ID, answers: make(chan error, 1), next: time.Now(), last: errors.New("the page was not asked yet")}
}

// ended never waits: it asks in the background.
func (q *inquiry) ended(ctx context.Context) bool {
	select {
	case q.last = <-q.answers:
		q.busy = false
		if q.last == nil {
			return true
		}
	default:
	}
	if !q.busy && time.Now().After(q.next) {
		q.busy, q.next = true, time.Now().Add(time.Second)
		go func() { q.answers <- q.ask(ctx) }()
	}
	return false
}

// ask is nil when a new run has ended.
func (q *inquiry) ask(ctx context.Context) error {
	r, err := q.laptop.report(ctx)
	switch {
	case err != nil:
		return fmt.Errorf("the page does not tell: %w", err)
	case r.ID == "" || r.ID == q.before:
		return fmt.Errorf("the page has no run after %q", q.before)
	case r.Running():
		return fmt.Errorf("run %s goes on, and has %s", r.ID, drawn(r.Row()))
	}
	return nil
}

// saw waits for a pattern of the whole row, and looks at the lights from there on.
func (s *site) saw(ctx context.Context, whole catalogue.Whole, limit time.Duration) error {
	var at time.Duration
	err := s.watch.until(ctx, fmt.Sprintf("%q from the whole row", whole), limit, func([]lights.Sample) (ok bool) {
		at, ok = s.watch.told(whole, s.since)
		return ok
	})
	if err != nil {
		return s.watch.unseen(s.since, err)
	}
	s.since = at + 1
	s.note("%s at %.1f s", whole, at.Seconds())
	return nil
}

// all carries out the visits, one after another, and prints the table.
func all(ctx context.Context, o options, visits []visit) (t tally) {
	fmt.Printf("%-18s %-38s %-11s %-11s %-11s %s\n", "world", "step", "wanted", "registers", "report", "also")
	for _, v := range visits {
		if o.only != "" && !slices.Contains(strings.Split(o.only, ","), v.name) {
			continue
		}
		t.count(anew(ctx, v.name, func() error { return v.carryOut(ctx, o) }))
	}
	return t
}

// tally counts what was tried.
type tally struct{ passed, failed int }

// count counts one thing that was tried, and prints why it failed.
func (t *tally) count(err error) {
	if err == nil {
		t.passed++
		return
	}
	fmt.Printf("  FAILED: %v\n", err)
	t.failed++
}

func (t *tally) add(u tally) { t.passed, t.failed = t.passed+u.passed, t.failed+u.failed }

// carryOut makes one visit. The first step that fails ends it.
func (v visit) carryOut(ctx context.Context, o options) error {
	folder, err := os.MkdirTemp("", "trunktrial-")
	if err != nil {
		return err
	}
	if o.keep {
		fmt.Println("folder:", folder)
	} else {
		defer os.RemoveAll(folder) //nolint:errcheck // a temporary folder
	}
	s, err := arrive(ctx, o, v.world, folder)
	if err != nil {
		return err
	}
	defer s.leave()
	for _, step := range v.steps {
		began := time.Now()
		s.also, s.queued = nil, 0
		got, told, err := s.take(ctx, step)
		if s.watch != nil {
			if n := s.watch.board.gaveUp(); n > 0 {
				s.note("the emulated card reader gave up %d times", n)
			}
			err = s.watch.board.blame(err)
		}
		wanted, _, _ := strings.Cut(step.lights, "|")
		fmt.Printf("%-18s %-38s %-11s %-11s %-11s %s; %.0f s\n", v.name, step.does, wanted, got, told, strings.Join(s.also, "; "), (time.Since(began) - s.queued).Seconds())
		if err != nil {
			return fmt.Errorf("%s, %s: %w", v.name, step.does, err)
		}
	}
	return nil
}

// take takes one step.
func (s *site) take(ctx context.Context, step step) (got, told string, err error) {
	if err := step.do(ctx, s); err != nil {
		return "", "", err
	}
	if step.lights != "" {
		if got, told, err = s.look(ctx, step.lights); err != nil {
			return got, told, err
		}
	}
	if step.holds != nil {
		err = step.holds(ctx, s)
	}
	return got, told, err
}
