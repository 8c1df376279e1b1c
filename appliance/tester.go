package appliance

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"trunktester/appliance/clock"
	"trunktester/appliance/profile"
	"trunktester/appliance/report"
	"trunktester/appliance/selftest"
	"trunktester/appliance/store"
	"trunktester/appliance/verdict"
	"trunktester/netsetup"
	"trunktester/probes"
	"trunktester/probes/announce"
	"trunktester/probes/facts"
	"trunktester/probes/sip"
	"trunktester/probes/via"
)

// Network is the cable and the address: *netsetup.Setup.
type Network interface {
	probes.LinkUp
	probes.AddressSetup
	Keep(ctx context.Context) error // the lease, until ctx ends or the lease is lost
	Undo() error
}

// Tester carries out the checklist, one run at a time.
type Tester struct {
	Profile  profile.Profile // without a domain: no trunk configured, lights 1 and 2 only
	Network  Network
	Store    *store.Store
	Full     bool          // wait for the slow measurements as well: some minutes at most
	Patience time.Duration // for DHCP: 40 s on the box, where spanning tree may delay a port; 15 s for a person who waits
	Version  string
	Model    string
	Log      *slog.Logger

	Background bool // the slow measurements are made after the run, by a Box

	// Neighbour listens to the switch while a run goes on, and remembers it until it is told to forget. Speaker tells
	// the switch who is there, unless page.listen is off: then the box is to stay unseen.
	Neighbour announce.Listener
	Speaker   announce.Speaker
}

// Ask is what one run is asked to be.
type Ask struct {
	Person   bool // somebody asked for it; else it is automatic
	Position report.Position
	Answers  facts.Answers
	Flaps    func() int  // how often the carrier was lost for a moment in the last minute; nil: nobody watched before the run
	Observe  func(Sight) // called after every change, one call at a time; nil: nobody watches
}

// Sight is a run as it stands.
type Sight struct {
	Report  report.Report
	Verdict verdict.Verdict
	Steps   []facts.Step
	Facts   facts.Facts
	Lost    bool     // the address was lost before the run ended
	Asks    []string // names of the questions to a person that it raises
	Asked   bool     // a person asked for the run, or told something about it since

	began time.Time    // by the box's own clock
	input report.Input // what the report was made of
}

// Run carries out the checklist once. Its error means that the box itself could not begin: nothing was
// sent, and the text says what to do.
func (t *Tester) Run(ctx context.Context, ask Ask) (Sight, error) {
	name, _, err := t.Network.Up()
	if err != nil {
		return Sight{}, fmt.Errorf("the network cannot be tested: %w", err)
	}
	ledger := t.ledger(ask.Person)
	authorities, err := roots(t.Profile.Trunk)
	if err != nil {
		return Sight{}, err
	}
	conduct := sip.NewConduct(sip.Diagnosis)
	defer conduct.Close()
	network := newKeeper(t.Network, t.Log)
	defer t.hear(ctx, name)()
	list := checklist(parts{
		profile: t.Profile, through: via.Interface(name), network: network, patience: t.Patience, pbxPorts: pbxPorts(t.Profile, ask), ledger: ledger, roots: authorities, full: t.Full, flaps: ask.Flaps, background: t.Background, lifetime: t.keptLifetime,
		neighbour: &t.Neighbour, acquired: network.acquired,
		dialer: sip.Dialer{Conduct: conduct, Via: via.Interface(name), Avoid: avoid(t.Profile), Agent: "trunktester/" + t.Version},
	})
	remembered := ledger.Remembered()
	input := report.Input{ID: newID(), Started: time.Now(), SinceBoot: sinceBoot(), Version: t.Version, Model: t.Model,
		Position: ask.Position, Profile: t.Profile, Answers: ask.Answers, Selftest: t.selftest()}

	watch := newWatch(unless(ctx, ask.Observe))
	r := newRunner(list, facts.Facts{Remembered: &remembered}, t.Log, watch.ring)
	began := input.Started
	see := func() Sight {
		s := t.see(r, conduct, input)
		s.began = began
		return s
	}
	stop := watch.start(see)
	r.run(ctx)
	lost := network.stop()
	stop()
	input.Finished = time.Now()
	last := see()
	last.Lost, last.Asked = lost, ask.Person
	f, _ := r.snapshot()
	if err := ledger.Learn(f); err != nil {
		t.Log.Warn("not remembered for the next run", "err", err)
	}
	t.keepLifetime(f)
	return last, nil
}

// selftest is what the box last found when it tested itself; nil where nothing is kept.
func (t *Tester) selftest() *selftest.Result {
	if t.Store == nil {
		return nil
	}
	return t.Store.Selftest()
}

// hear listens to the switch, and speaks to it, until the returned function is called, which waits for the end.
func (t *Tester) hear(ctx context.Context, name string) (stop func()) {
	ctx, cancel := context.WithCancel(ctx)
	var listening sync.WaitGroup
	listening.Go(func() { t.Neighbour.Listen(ctx, name) })
	if t.Profile.Page.Listen {
		listening.Go(func() { t.Speaker.Speak(ctx, name, t.Profile.Kit.HostName(), "trunktester "+t.Version) })
	}
	return func() { cancel(); listening.Wait() }
}

// ledger opens this run's page of the ledger of logins.
func (t *Tester) ledger(person bool) *store.Ledger {
	if person {
		return t.Store.Asked(t.Profile.Trunk)
	}
	return t.Store.Automatic(t.Profile.Trunk)
}

// see judges what is known now.
func (t *Tester) see(r *runner, conduct *sip.Conduct, in report.Input) Sight {
	in.Facts, in.Steps = r.snapshot()
	in.Requests = conduct.Requests()
	return judged(onTime(in))
}

// onTime puts a run's times right where the clock turned out to be off. The facts stay as they were seen, the
// offset among them.
func onTime(in report.Input) report.Input {
	c := in.Facts.Clock
	if c == nil || !clock.Off(*c) {
		return in
	}
	off := time.Duration(c.Offset)
	in.Started = in.Started.Add(off)
	if !in.Finished.IsZero() {
		in.Finished = in.Finished.Add(off)
	}
	for i := range in.Requests {
		in.Requests[i].SentAt = in.Requests[i].SentAt.Add(off)
	}
	return in
}

// judged applies the verdict rule to what a run saw.
func judged(in report.Input) Sight {
	judge := verdictOf(in)
	v := verdict.Judge(judge)
	in.Verdict, in.Also, in.Row = v.Finding, v.Also, v.Row
	return Sight{Report: report.Build(in), Verdict: v, Steps: in.Steps, Facts: in.Facts, Asks: asks(judge, v), input: in}
}

// again is the same run judged again with an input that was changed; asked says that a person wanted it.
func (s Sight) again(in report.Input, asked bool) Sight {
	n := judged(in)
	n.began, n.Lost, n.Asked = s.began, s.Lost, asked
	return n
}

// Answered is the same run judged again with what a person told meanwhile.
func (s Sight) Answered(a facts.Answers) Sight {
	s.input.Answers = a
	return s.again(s.input, true)
}

// At is the same run, in another socket.
func (s Sight) At(p report.Position) Sight {
	if s.input.Position == p || s.Report.ID == "" {
		return s
	}
	s.input.Position = p
	return s.again(s.input, s.Asked)
}

// avoid are the source ports that belong to the PBX (design section 7).
func avoid(p profile.Profile) []int {
	if p.Expect.Port == 0 {
		return nil
	}
	return []int{p.Expect.Port}
}

// pbxPorts are the source ports of the PBX, where the run may use them: a person asked for it, and said that the PBX is
// unplugged right now (design section 7). Else none.
func pbxPorts(p profile.Profile, ask Ask) []int {
	if said := ask.Answers.PBXUnplugged; !ask.Person || said == nil || !*said {
		return nil
	}
	ports := []int{5060}
	if own := p.Expect.Port; own != 0 && own != 5060 {
		ports = append(ports, own)
	}
	return ports
}

// keeper keeps the lease while a run goes on, which may take longer than the lease lasts.
type keeper struct {
	Network
	log  *slog.Logger
	ctx  context.Context
	end  context.CancelFunc
	kept sync.WaitGroup
	lost atomic.Bool

	acquired chan struct{} // closed when the question for an address has its answer, or none
	once     sync.Once
}

func newKeeper(n Network, log *slog.Logger) *keeper {
	ctx, cancel := context.WithCancel(context.Background())
	return &keeper{Network: n, log: log, ctx: ctx, end: cancel, acquired: make(chan struct{})}
}

// stop reports whether the address was lost.
func (k *keeper) stop() (lost bool) {
	k.end()
	k.kept.Wait()
	return k.lost.Load()
}

func (k *keeper) Acquire(ctx context.Context) (facts.Address, error) {
	defer k.once.Do(func() { close(k.acquired) })
	found, err := k.Network.Acquire(ctx)
	if err == nil {
		k.kept.Go(func() {
			if err := k.Keep(k.ctx); err != nil {
				k.lost.Store(true)
				k.log.Warn("address lost during the run", "why", err)
			}
		})
	}
	return found, err
}

// watch tells an observer about changes, one at a time and never from within the runner.
type watch struct {
	observe func(Sight)
	bell    chan struct{}
}

func newWatch(observe func(Sight)) *watch {
	return &watch{observe: observe, bell: make(chan struct{}, 1)}
}

// ring says that something changed.
func (w *watch) ring() {
	select {
	case w.bell <- struct{}{}:
	default: // it rings already
	}
}

// unless hides what a run that was ended has left to say.
func unless(ended context.Context, observe func(Sight)) func(Sight) {
	if observe == nil {
		return nil
	}
	return func(s Sight) {
		if ended.Err() == nil {
			observe(s)
		}
	}
}

// start observes until the returned function is called, which waits for the last observation.
func (w *watch) start(see func() Sight) (stop func()) {
	if w.observe == nil {
		return func() {}
	}
	end, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		w.observe(see())
		for {
			select {
			case <-w.bell:
				w.observe(see())
			case <-end:
				select { // what the run did last
				case <-w.bell:
					w.observe(see())
				default:
				}
				return
			}
		}
	}()
	return func() { close(end); <-ended }
}

var _ Network = (*netsetup.Setup)(nil)
