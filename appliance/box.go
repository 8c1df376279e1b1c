package appliance

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"trunktester/appliance/catalogue"
	"trunktester/appliance/report"
	"trunktester/appliance/selfcheck"
	"trunktester/appliance/store"
	"trunktester/leds"
	"trunktester/netsetup"
	"trunktester/probes"
	"trunktester/probes/facts"
)

// Cable is the network of a box that runs for ever: its lease is kept, and its cable watched.
type Cable interface {
	Network
	Decline() error
}

// Lights show what the box says; *leds.Player.
type Lights interface {
	Show(leds.Show)
	Feed()
}

// Box is the appliance's own loop: it tests when it starts, when the cable comes back, when the address is
// lost, when a person asks, and by itself now and then; it heals by itself.
type Box struct {
	Tester *Tester
	Cable  Cable
	Lights Lights
	Log    *slog.Logger

	// Seen is called with every finished run, for the page and for what is kept; nil: nobody wants it.
	Seen func(Sight)
	// Places are the last runs at each position of the site where a run was made; nil: nothing is kept, and nothing compared.
	Places func(report.Report) map[report.Position]report.Report
	// Timed is called after a run that asked for the time, while the clock is still the one that the run saw;
	// nil: nobody wants it.
	Timed func(facts.Clock)
	// Measure measures the lifetime of a NAT mapping in the background, on the line of a run that is over; nil: nothing is
	// measured there.
	Measure func(ctx context.Context, known facts.Facts) (probes.Result, []facts.Request)
	// Check looks at the box itself, before the first run and after each; nil: it is well.
	Check func() []selfcheck.Fault
	// Restarts is how often the program was started again within RestartsIn.
	Restarts int

	mu        sync.Mutex
	state     State
	answers   facts.Answers
	answersAt store.Site // the site that they were told of
	watchers  map[chan struct{}]struct{}
	asked     chan struct{}   // a person asks for a run
	turn      chan struct{}   // full while a run goes on, or while somebody has quiet
	stepped   int             // which finding counts: 0 is the verdict's
	over      catalogue.Whole // a pattern that lies over what the runs show
	overs     int             // patterns so far
	ended     bool            // Run is over: the lights are somebody else's
	pbxEnd    func(why error) // ends the PBX check that goes on; nil: none does

	measured background

	pbxWishes chan pbxWish

	beat    time.Time                  // when the loop last moved
	carrier bool                       // what the cable said last; the loop's own
	flaps   flaps                      // of the cable
	faults  map[string]selfcheck.Fault // what Check told last, by topic; the loop's own
}

// State is the box as it is now.
type State struct {
	Whole    catalogue.Whole
	Row      catalogue.Row // as it shines
	Sight    Sight         // the run so far, or the last one
	Running  bool
	Position report.Position // as told since the cable was plugged in
	Stale    bool            // the cable was unplugged since the run of Sight
	PBX      PBXCheck
	// Registering says that the box makes a registration of its own, with a person's consent.
	Registering bool
	Notices     map[string]string // sentences about the box itself, by topic
	Page        []string          // URLs of the page, the best first; empty while there is none
}

// NewBox prepares a box that is starting.
func NewBox(t *Tester, cable Cable, lights Lights) *Box {
	t.Network, t.Background = cable, true
	return &Box{Tester: t, Measure: t.Lifetime, Cable: cable, Lights: lights, Log: t.Log,
		state: State{Whole: catalogue.WholeLampTest, Position: report.PositionUnknown},
		beat:  time.Now(), watchers: map[chan struct{}]struct{}{}, asked: make(chan struct{}, 1), turn: make(chan struct{}, 1), pbxWishes: make(chan pbxWish, 1)}
}

// Run loops until ctx ends or the box itself fails; the error says why.
func (b *Box) Run(ctx context.Context) error {
	defer b.change(func(*State) { b.ended = true })
	b.change(func(*State) {})
	b.hold(ctx)
	name, err := b.up(ctx)
	if err != nil || ctx.Err() != nil {
		return err
	}
	pbx, stop := context.WithCancel(ctx)
	var served sync.WaitGroup
	served.Go(func() { b.servePBX(pbx) })
	defer func() { stop(); served.Wait() }()
	links := netsetup.Watch(ctx, name)
	person := false
	for pace := (pacing{}); ; {
		if !b.begun(ctx) {
			return nil
		}
		last, cut := b.run(ctx, links, person)
		<-b.turn
		if ctx.Err() != nil {
			return nil
		}
		wait := time.Second // the cable moved or the address is gone: begin again at once
		if !cut && !last.Lost {
			wait = pace.next(last)
		}
		if person, err = b.rest(ctx, name, links, wait); err != nil {
			return err
		}
	}
}

// up finds the interface. A box without one shows its own fault and keeps looking: an adapter may be
// plugged in later. An interface that was named and is not there is a mistake, and so an error, as is what
// the kernel refuses outright.
func (b *Box) up(ctx context.Context) (string, error) {
	for looks := time.NewTicker(time.Second); ; {
		name, _, err := b.Cable.Up()
		var none *netsetup.NoInterface
		if err == nil || !errors.As(err, &none) || none.Name != "" {
			looks.Stop()
			return name, err
		}
		if b.State().Whole != catalogue.WholeBoxFault {
			b.Log.Error("no network", "err", err)
			b.fault()
		}
		select {
		case <-ctx.Done():
			looks.Stop()
			return "", nil
		case <-looks.C:
			b.alive()
		}
	}
}

// run is one run; cut says that the cable was pulled meanwhile, so that it says nothing.
func (b *Box) run(ctx context.Context, links <-chan netsetup.LinkEvent, person bool) (last Sight, cut bool) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	b.begin()
	before := b.State()
	ask := Ask{Person: person, Position: before.Position, Answers: b.Answers()}
	ask.Flaps = func() int { return b.flaps.last(time.Now()) }
	ask.Observe = func(s Sight) {
		if person || shows(before, s) {
			b.see(s)
		}
	}
	type ending struct {
		sight Sight
		err   error
	}
	ended := make(chan ending, 1)
	go func() {
		s, err := b.Tester.Run(ctx, ask)
		ended <- ending{s, err}
	}()
	beat := time.NewTicker(time.Second)
	defer beat.Stop()
	for {
		select {
		case e := <-ended:
			b.end(e.sight, e.err, cut)
			return e.sight, cut
		case l, ok := <-links:
			switch {
			case !ok: // ctx has ended, and the run with it
				links = nil
			case b.moved(l) && !l.Carrier:
				cut = true
				cancel()
			}
		case <-beat.C:
			b.alive()
		}
	}
}

// shows reports whether an automatic run is shown while it goes on. It does not disturb a verdict that
// stands, since somebody may be counting flashes; but when the line itself was the trouble, it is shown as
// soon as there is an address.
func shows(before State, now Sight) bool {
	f := before.Sight.Verdict.Finding
	return f.Code == "" || f.Light == 1 && hasAddress(now.Facts)
}

// moved takes what the cable says and reports whether that is news. A carrier that comes is no reason to
// end a run: its own look at the cable waits for one.
func (b *Box) moved(l netsetup.LinkEvent) bool {
	news := l.Carrier != b.carrier
	b.carrier = l.Carrier
	if news && !l.Carrier {
		b.Tester.Neighbour.Forget()
	}
	if news {
		b.flaps.moved(l.Carrier, time.Now())
		b.Log.Info("cable", "present", l.Present, "carrier", l.Carrier)
		if !l.Carrier { // it may come back in another socket
			b.change(func(s *State) {
				s.Position, s.Stale = report.PositionUnknown, true
				b.answers = forThisSocket(b.answers)
			})
			b.endPBX(errCut)
		}
	}
	return news
}

// rest waits for a reason to run again; meanwhile it keeps the lease, listens to the switch and measures what takes minutes. person says that somebody asked.
func (b *Box) rest(ctx context.Context, name string, links <-chan netsetup.LinkEvent, wait time.Duration) (person bool, err error) {
	keep, stop := context.WithCancel(ctx)
	kept := make(chan error, 1)
	go func() { kept <- b.Cable.Keep(keep) }()
	defer func() { stop(); <-kept }()
	defer b.Tester.hear(ctx, name)()
	defer b.endMeasuring()
	until := time.Now().Add(wait)
	again := time.NewTimer(wait)
	defer again.Stop()
	beat := time.NewTicker(time.Second)
	defer beat.Stop()
	for {
		select {
		case <-ctx.Done():
			return false, nil
		case <-b.asked:
			return true, nil
		case <-again.C:
			return false, nil
		case l, ok := <-links:
			if !ok {
				return false, errors.New("the kernel no longer tells about the cable")
			}
			if b.moved(l) {
				return false, nil
			}
		case lost := <-kept:
			kept <- nil // for the deferred wait
			if lost != nil && ctx.Err() == nil {
				b.Log.Warn("address lost", "why", lost)
				return false, nil
			}
			<-ctx.Done()
			return false, nil
		case <-beat.C:
			b.alive()
			b.measure(ctx, time.Until(until))
		}
	}
}

// pacing spaces the runs that nobody asked for.
type pacing struct{ idle time.Duration }

// The spaces between automatic runs.
const (
	soon   = time.Second      // the cable or the address: nothing is sent to the provider
	later  = 30 * time.Second // the way out is broken: few packets, all to the outside
	patrol = 30 * time.Minute // all else: at most two runs with credentials an hour (design section 7 allows four)
)

// next is how long to wait after a run: short while nothing can reach the provider, and doubling while
// the provider is silent, so that a ban is never fed.
func (p *pacing) next(s Sight) time.Duration {
	f := s.Verdict.Finding
	switch {
	case f.Light == 1 && f.Severity == catalogue.Red:
		p.idle = 0
		return soon
	case f.Light == 2 && f.Severity == catalogue.Red:
		p.idle = 0
		return later
	case f.Light == 3 && f.Severity == catalogue.Red, f.Severity == catalogue.Broken:
		p.idle = min(max(2*p.idle, time.Minute), patrol)
		return p.idle
	}
	p.idle = 0
	return patrol
}
