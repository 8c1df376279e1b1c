package appliance

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net/netip"
	"slices"
	"sync"
	"time"

	"trunktester/appliance/capture"
	"trunktester/appliance/catalogue/words"
	"trunktester/appliance/page"
	"trunktester/appliance/profile"
	"trunktester/appliance/report"
	"trunktester/appliance/store"
	"trunktester/probes"
	"trunktester/probes/facts"
	"trunktester/probes/via"
)

// Front is the box as its page sees it: the live state, the kept reports and the packets.
type Front struct {
	box     *Box
	store   *store.Store
	profile profile.Profile
	refused error // why the profile was refused, nil otherwise
	hosts   []string
	version string
	start   string // of the program, as no other
	log     *slog.Logger

	mu      sync.Mutex
	places  map[report.Position]report.Report // last run at each position of this site
	apart   []report.Apart                    // the faults that lie between two of them
	between report.Text                       // what they say together
	last    string                            // the run that the packets belong to
	packets *capture.Capture                  // nil while nothing is recorded
	names   []string                          // that the page has by mDNS
	thrift  thrift
}

// NewFront prepares the page's view of a box; hosts are further names that a forwarder may serve it under.
func NewFront(b *Box, kept *store.Store, refused error, hosts []string) *Front {
	f := &Front{box: b, store: kept, profile: b.Tester.Profile, refused: refused, hosts: hosts, version: b.Tester.Version,
		start: rand.Text(), log: b.Log, places: map[report.Position]report.Report{}}
	b.Seen, b.Places = f.keep, f.compared
	f.tellStorage()
	return f
}

// State is the box as it is now.
func (f *Front) State() page.State {
	s := f.box.State()
	f.mu.Lock()
	defer f.mu.Unlock()
	if s.Sight.Report.ID == f.last {
		s.Sight.Report.Between = f.between
	}
	state := page.State{Whole: s.Whole, Row: s.Row, Report: s.Sight.Report, Running: s.Running, Position: s.Position,
		HasProfile: f.profile.Trunk.Domain != "", At: s.Page, Places: maps.Clone(f.places), Apart: f.apart, Asks: s.Sight.Asks, Answers: f.box.Answers(),
		Help: page.Help{Provider: f.profile.Provider.Name, Phone: f.profile.Provider.Phone, Portal: f.profile.Provider.Portal,
			Reseller: f.profile.Kit.Reseller, SupportUntil: f.profile.Kit.SupportUntil}}
	state.PBX, state.MayConsent, state.Consenting = pbxOf(s, f.profile), mayConsent(s), s.Registering
	for _, topic := range slices.Sorted(maps.Keys(s.Notices)) {
		state.Notices = append(state.Notices, s.Notices[topic])
	}
	if f.refused != nil {
		state.Refused = f.refused.Error()
	}
	return state
}

// Changes tells every change of State.
func (f *Front) Changes(ctx context.Context) <-chan struct{} { return f.box.Changes(ctx) }

// RunAgain starts a run for a person.
func (f *Front) RunAgain() error {
	if err := f.box.RunAgain(); err != nil {
		return errors.Join(page.ErrTooSoon, err)
	}
	return nil
}

// SetPosition says in which socket the box stands.
func (f *Front) SetPosition(p report.Position) error {
	f.box.SetPosition(p)
	return nil
}

// SetAnswers keeps what a person told.
func (f *Front) SetAnswers(a facts.Answers) error {
	f.box.SetAnswers(a)
	return nil
}

// PBXCheck does what a person asks for about the PBX check.
func (f *Front) PBXCheck(a page.PBXAction) error {
	var err error
	switch a {
	case page.PBXEnd:
		f.box.EndPBXCheck()
	case page.PBXBack:
		err = f.box.PBXBack()
	default:
		err = f.box.CheckPBX()
	}
	if err != nil {
		return fmt.Errorf("%w: %w", page.ErrNotNow, err)
	}
	return nil
}

// Consent registers the box for a moment.
func (f *Front) Consent() error {
	var early *store.TooSoon
	switch err := f.box.Consent(); {
	case errors.As(err, &early):
		return fmt.Errorf("%w: %w", page.ErrTooSoon, err)
	case err != nil:
		return fmt.Errorf("%w: %w", page.ErrNotNow, err)
	}
	return nil
}

// pbxOf is the PBX check as the page shows it.
func pbxOf(s State, p profile.Profile) page.PBX {
	now := page.PBX{Can: logsIn(p.Trunk), Check: s.PBX.Check, Right: s.PBX.Right()}
	if !s.PBX.Until.IsZero() {
		now.Left = max(0, time.Until(s.PBX.Until))
	}
	if !s.PBX.Look.IsZero() {
		now.Look = max(time.Second, time.Until(s.PBX.Look))
	}
	c := s.PBX.Check
	if c == nil {
		return now
	}
	for _, d := range c.Devices {
		now.Seen = append(now.Seen, probes.PBXDeviceText(d))
	}
	if refused := probes.PBXRefusedText(*c); refused != "" && c.Open {
		now.Seen = append(now.Seen, refused)
	}
	if !c.Open {
		now.Saw = probes.PBXCheck{}.Look(context.Background(), facts.Facts{PBXCheck: c}).Saw
	}
	return now
}

// Report is a finished run that is still kept.
func (f *Front) Report(id string) (report.Report, error) {
	b, err := f.store.Report(id)
	if err != nil {
		return report.Report{}, errors.Join(page.ErrUnknown, err)
	}
	return report.Decode(b)
}

// Capture is the packets of the last run.
func (f *Front) Capture(id string) (io.ReadCloser, error) {
	f.mu.Lock()
	packets, last := f.packets, f.last
	f.mu.Unlock()
	if packets == nil || last == "" || id != "" && id != last {
		return nil, page.ErrUnknown
	}
	of, err := f.Report(last)
	if err != nil {
		of = report.Report{ID: last} // the run is not kept any more, its packets are
	}
	r, w := io.Pipe()
	go func() { w.CloseWithError(packets.Write(w, of.Caption(), of.Captions())) }()
	return r, nil
}

// keep stores a finished run: on the card if it is worth a write, else in the working memory.
func (f *Front) keep(s Sight) {
	places := f.compared(s.Report)
	apart := f.compare(places)
	s.Report.Between = report.Text(report.Between(words.InEnglish(), places, apart))
	f.mu.Lock()
	f.last, f.places, f.apart, f.between = s.Report.ID, places, apart, s.Report.Between
	to := f.store.Hold
	if f.thrift.worth(answerOf(s), s.Asked, time.Now()) {
		to = f.store.Save
	}
	f.mu.Unlock()
	defer f.tellStorage()
	encoded, err := s.Report.JSON()
	if err == nil {
		err = to(s.Report.ID, site(s.Report), encoded)
	}
	if err != nil {
		f.log.Warn("the report is not kept", "id", s.Report.ID, "err", err)
	}
}

// tellStorage says on the page what does not work about the box's memory.
func (f *Front) tellStorage() { f.box.Notice("storage", storageNotice(f.store.Problems())) }

func site(r report.Report) store.Site {
	return store.Site{GatewayMAC: string(r.Site.GatewayMAC), Public: r.Site.PublicIP, Position: string(r.Position)}
}

// pagePort is where the page listens.
const pagePort = 80

// patience before a page that could not be opened is tried again.
const reopen = 5 * time.Second

// Serve keeps the page open on the box's present address, until ctx ends.
func (f *Front) Serve(ctx context.Context) {
	defer f.stopRecording()
	if !f.profile.Page.Listen {
		return
	}
	changes := f.box.Changes(ctx)
	var open netip.Prefix
	var name string
	stop := func() {}
	defer func() { stop() }()
	for range changes {
		now := f.box.State().Sight.Facts
		if now.Address == nil || now.Link == nil || !now.Address.Prefix.IsValid() || now.Address.Prefix == open && now.Link.Interface == name {
			continue
		}
		stop()
		open, name = now.Address.Prefix, now.Link.Interface
		stop = f.open(ctx, name, open)
	}
}

// open serves the page on one address until the returned function is called.
func (f *Front) open(ctx context.Context, name string, own netip.Prefix) (stop func()) {
	ctx, cancel := context.WithCancel(ctx)
	var ended sync.WaitGroup
	f.record(name)
	ended.Go(func() {
		for ctx.Err() == nil {
			if err := f.serve(ctx, name, own); err != nil {
				f.log.Warn("page", "err", err)
			}
			select {
			case <-ctx.Done():
			case <-time.After(reopen):
			}
		}
	})
	return func() { cancel(); ended.Wait() }
}

func (f *Front) serve(ctx context.Context, name string, own netip.Prefix) error {
	server, err := page.New(page.Options{Box: f, Own: []netip.Prefix{own}, Port: pagePort, Interface: name, Kit: f.profile.Kit.Name,
		Hosts: f.hosts, Called: f.called, Version: f.version, Start: f.start, Log: f.log, Control: via.Interface(name).Control})
	if err != nil {
		return err
	}
	listeners, err := server.Listen(ctx)
	if err != nil {
		return err
	}
	if len(listeners) == 0 {
		f.log.Warn("no page: the address is not a private one", "address", own)
		<-ctx.Done()
		return nil
	}
	f.log.Info("page", "address", "http://"+own.Addr().String()+"/")
	f.served(own, nil)
	defer f.served(netip.Prefix{}, nil)
	named, unname := context.WithCancel(ctx)
	var ended sync.WaitGroup
	ended.Go(func() { f.call(named, name, own) })
	defer func() { unname(); ended.Wait() }()
	return server.Serve(ctx, listeners)
}

func (f *Front) stopRecording() {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.packets != nil {
		f.packets.Stop()
	}
}

// record keeps the box's newest packets; without permission there is simply no download.
func (f *Front) record(name string) {
	packets, err := capture.Start(name, 0, pagePort)
	if err != nil {
		f.log.Warn("packets are not recorded", "err", err)
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.packets != nil {
		f.packets.Stop()
	}
	f.packets = packets
}
