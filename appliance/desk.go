package appliance

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"reflect"
	"slices"
	"sync"
	"time"

	"trunktester/appliance/catalogue"
	"trunktester/appliance/catalogue/words"
	"trunktester/appliance/importer"
	"trunktester/appliance/media"
	"trunktester/appliance/profile"
	"trunktester/appliance/report"
	"trunktester/appliance/store"
)

// Media are the volumes that people put into the box: *media.Drives through MediaOf.
type Media interface {
	Sticks() ([]media.Stick, error)
	Boot() (device string, err error)
	// Visit hands the first readable volume that holds something wanted, else the first readable one, to do.
	Visit(ctx context.Context, devices []string, patience time.Duration, wanted func(*os.Root) bool, do func(media.Volume) Visited) (Visited, error)
}

// MediaOf are this machine's drives.
func MediaOf(d *media.Drives) Media { return drives{d} }

type drives struct{ *media.Drives }

func (d drives) Visit(ctx context.Context, devices []string, patience time.Duration, wanted func(*os.Root) bool, do func(media.Volume) Visited) (Visited, error) {
	return media.Visit(ctx, d.Drives, devices, patience, wanted, do)
}

// Visited is what came of one look at a volume.
type Visited struct {
	imported importer.Outcome
	errands  []Errand // that the volume holds something for
	report   string   // name of the report that was written, "" for none
	err      error
}

// Errand is one more thing that the box does with a stick, such as an update.
type Errand struct {
	Wants func(*os.Root) bool // says that a volume holds something for it
	Do    func(ctx context.Context, v media.Volume) error
}

// Desk takes in what people put into the box, and hands reports out. It outlives the boxes that its new
// profiles make necessary.
type Desk struct {
	Media   Media
	Store   *store.Store
	Errands []Errand // done with every stick, after the profile and before the report
	Log     *slog.Logger
	// Adopt is called with a profile that the box is to use from now on.
	Adopt func(profile.Profile)

	taking sync.Mutex // held while a profile goes from a stick to the box, and while the box is wiped
	wipes  int        // that there were

	mu      sync.Mutex
	box     *Box              // the present one
	notices map[string]string // what every box tells, by topic
}

// The desk's waits.
const (
	lookEvery     = time.Second
	patience      = time.Minute // worn-out sticks write some 100 KB a second
	errandWithin  = 15 * time.Minute
	bootPatience  = 8 * time.Second // less than leds.Hunger: the lights are not fed meanwhile
	reportWithin  = 3 * time.Minute // after an import: then the report stays in the box
	reportMargin  = 256 << 10       // bytes that stay free on a stick
	topicStick    = "stick"
	topicBootPart = "boot partition"
)

// Serve makes the desk speak through a box.
func (d *Desk) Serve(b *Box) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.box = b
	for topic, sentence := range d.notices {
		b.Notice(topic, sentence)
	}
}

// Notice tells people something that every box from now on tells as well.
func (d *Desk) Notice(topic, sentence string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.notices == nil {
		d.notices = map[string]string{}
	}
	d.notices[topic] = sentence
	if d.box != nil {
		d.box.Notice(topic, sentence)
	}
}

// Wipe has erase wipe the box while nothing is taken in: a profile that a stick brought before is not adopted any more.
// Before that it takes what people dropped off the boot partition, where the next start would import it.
func (d *Desk) Wipe(ctx context.Context, erase func() error) error {
	d.taking.Lock()
	defer d.taking.Unlock()
	d.wipes++
	if err := errors.Join(d.eraseBoot(ctx), erase()); err != nil {
		return err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.notices = nil // of sticks that were taken in
	return nil
}

// eraseBoot takes profiles off the boot partition.
func (d *Desk) eraseBoot(ctx context.Context) error {
	device, err := d.Media.Boot()
	if errors.Is(err, media.ErrNoBoot) {
		return nil // a machine that does not run from our card
	}
	if err != nil {
		return fmt.Errorf("boot partition: %w", err)
	}
	seen, err := d.Media.Visit(ctx, []string{device}, patience, func(*os.Root) bool { return true }, func(v media.Volume) Visited {
		return Visited{err: importer.Erase(importer.Volume{Root: v.Root, Boot: true, Write: v.Write})}
	})
	if err = errors.Join(err, seen.err); err != nil {
		return fmt.Errorf("boot partition: %w", err)
	}
	return nil
}

func (d *Desk) present() *Box {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.box
}

func (d *Desk) pattern(w catalogue.Whole) {
	if b := d.present(); b != nil {
		b.Pattern(w)
	}
}

// Boot looks once at the card's boot partition, for a while only. The profile is nil when there is no new
// one; whole is what the lights should say to it.
func (d *Desk) Boot(ctx context.Context) (p *profile.Profile, whole catalogue.Whole) {
	ctx, cancel := context.WithTimeout(ctx, bootPatience)
	defer cancel()
	device, err := d.Media.Boot()
	if err != nil {
		d.Log.Warn("boot partition", "err", err)
		return nil, catalogue.WholeNone
	}
	seen, err := d.Media.Visit(ctx, []string{device}, bootPatience, func(*os.Root) bool { return true }, func(v media.Volume) Visited {
		return Visited{imported: importer.Import(importer.Volume{Root: v.Root, Boot: true, Write: v.Write}, d.Store)}
	})
	if err = errors.Join(err, seen.imported.Err); err != nil {
		d.Log.Warn("boot partition", "err", err)
	}
	d.Notice(topicBootPart, seen.imported.Sentence)
	return seen.imported.Profile, said(seen.imported.Kind)
}

// said is how the lights tell the outcome: green where the profile is used, red where it is not. One that is used and
// cannot be kept keeps its text on the stick, and the page says so.
func said(k importer.Kind) catalogue.Whole {
	switch k {
	case importer.Imported, importer.Known, importer.Unkept:
		return catalogue.WholeDone
	case importer.Refused:
		return catalogue.WholeRefused
	}
	return catalogue.WholeNone
}

// Run looks after USB sticks until ctx ends.
func (d *Desk) Run(ctx context.Context) {
	looks := time.NewTicker(lookEvery)
	defer looks.Stop()
	served := map[string]bool{}
	var before []media.Stick
	var failing bool
	for {
		sticks, err := d.Media.Sticks()
		if err != nil && !failing {
			d.Log.Warn("USB sticks", "err", err)
		}
		failing = err != nil
		for id := range served {
			if !plugged(sticks, id) {
				delete(served, id)
			}
		}
		for _, s := range sticks {
			if !served[s.ID] && plugged(before, s.ID) { // for the second time: the kernel has read its partitions
				served[s.ID] = true
				d.serve(ctx, s)
			}
		}
		before = sticks
		select {
		case <-ctx.Done():
			return
		case <-looks.C:
		}
	}
}

func plugged(sticks []media.Stick, id string) bool {
	return slices.ContainsFunc(sticks, func(s media.Stick) bool { return s.ID == id })
}

// serve does everything there is to do with a stick that was plugged in.
func (d *Desk) serve(ctx context.Context, s media.Stick) {
	d.Log.Info("USB stick", "devices", s.Devices)
	d.Notice(topicStick, "")
	box := d.present()
	seen, wipes, ok := d.takeIn(ctx, s)
	if !ok {
		return
	}
	out := seen.imported
	refused := out.Kind == importer.Refused
	for _, e := range seen.errands {
		refused = d.run(ctx, s, e) != nil || refused
	}
	var before *Box // whose reports are of another profile
	if out.Profile != nil && box != nil && !reflect.DeepEqual(*out.Profile, box.Tester.Profile) {
		if !d.adopt(*out.Profile, wipes) {
			return
		}
		before = box
	}
	if !refused { // else the report's green flashes would say that all is done
		d.handOut(ctx, s, before)
	}
}

// takeIn takes a stick's profile into the box and tells what came of it; wipes is how many wipes there were before.
func (d *Desk) takeIn(ctx context.Context, s media.Stick) (seen Visited, wipes int, ok bool) {
	d.taking.Lock()
	defer d.taking.Unlock()
	seen, err := d.Media.Visit(ctx, s.Devices, patience, d.wanted, d.take)
	return seen, d.wipes, d.told(s, seen, err)
}

// adopt has the box use a profile; false where a wipe took it away since it was taken in.
func (d *Desk) adopt(p profile.Profile, wipes int) bool {
	d.taking.Lock()
	defer d.taking.Unlock()
	if d.wipes != wipes {
		return false
	}
	d.Adopt(p)
	return true
}

// told tells a person what came of a visit, and whether the stick is of any further use.
func (d *Desk) told(s media.Stick, seen Visited, err error) bool {
	switch {
	case err == nil:
	case errors.Is(err, media.ErrUnreadable):
		d.Notice(topicStick, words.Said("notice.stick-format"))
	case errors.Is(err, media.ErrHangs):
		d.Notice(topicStick, words.Said("notice.stick-hangs"))
	case ctxOver(err):
		return false
	default:
		d.Notice(topicStick, words.Said("notice.stick-ended"))
	}
	if failed := errors.Join(err, seen.err, seen.imported.Err); failed != nil {
		d.Log.Warn("USB stick", "devices", s.Devices, "err", failed)
	}
	if seen.imported.Sentence != "" {
		d.Notice(topicStick, seen.imported.Sentence)
	}
	d.pattern(said(seen.imported.Kind))
	return err == nil
}

func ctxOver(err error) bool { return errors.Is(err, context.Canceled) }

// wanted says whether a volume holds something for the box.
func (d *Desk) wanted(root *os.Root) bool {
	return importer.Wants(root) || slices.ContainsFunc(d.Errands, func(e Errand) bool { return e.Wants(root) })
}

// take takes a profile in.
func (d *Desk) take(v media.Volume) Visited {
	seen := Visited{imported: importer.Import(importer.Volume{Root: v.Root, Write: d.writing(v)}, d.Store)}
	for _, e := range d.Errands {
		if e.Wants(v.Root) {
			seen.errands = append(seen.errands, e)
		}
	}
	return seen
}

// run carries one errand out. Its own sentences and patterns are its own; an error says that it was not done.
func (d *Desk) run(ctx context.Context, s media.Stick, e Errand) error {
	seen, err := d.Media.Visit(ctx, s.Devices, errandWithin, e.Wants, func(v media.Volume) Visited {
		v.Write = d.writing(v)
		return Visited{err: e.Do(ctx, v)}
	})
	if err = errors.Join(err, seen.err); err != nil {
		d.Log.Warn("USB stick", "devices", s.Devices, "err", err)
	}
	return err
}

// writing says so with the lights while the stick is being written to.
func (d *Desk) writing(v media.Volume) func(func() error) error {
	return func(do func() error) error {
		d.pattern(catalogue.WholeWriting)
		return v.Write(do)
	}
}

// handOut writes the last report to the stick. After an import it waits until a box other than the one
// before has ended a run, as long as the stick is there.
func (d *Desk) handOut(ctx context.Context, s media.Stick, before *Box) {
	r, err := d.lastReport()
	if before != nil {
		r, err = d.nextReport(ctx, s, before)
	}
	if err != nil || r.ID == "" {
		if err != nil && !ctxOver(err) {
			d.Log.Warn("no report for the USB stick", "err", err)
		}
		return
	}
	seen, err := d.Media.Visit(ctx, s.Devices, patience, d.wanted, func(v media.Volume) Visited { return d.leave(v, r) })
	switch {
	case err != nil || seen.err != nil:
		err = errors.Join(err, seen.err)
		d.Log.Warn("the report is not on the USB stick", "err", err)
		d.pattern(catalogue.WholeNone)
		switch {
		case errors.Is(err, media.ErrReadOnly), ctxOver(err):
		case errors.Is(err, errNoRoom):
			d.Notice(topicStick, words.Said("notice.stick-full"))
		default:
			d.Notice(topicStick, words.Said("notice.stick-report"))
		}
	case seen.report != "":
		d.Log.Info("the report is on the USB stick", "name", seen.report)
		d.pattern(catalogue.WholeDone)
	}
}

var errNoRoom = errors.New("no room on the USB stick")

// leave writes a report, when it is not there yet and there is room.
func (d *Desk) leave(v media.Volume, r report.Report) Visited {
	size, err := importer.Wanted(v.Root, r)
	if err != nil || size == 0 {
		return Visited{err: err}
	}
	if free, err := v.Room(); err != nil || free < int64(size)+reportMargin {
		return Visited{err: errors.Join(errNoRoom, err)}
	}
	var pages []string
	if b := d.present(); b != nil {
		pages = b.State().Page
	}
	var seen Visited
	err = d.writing(v)(func() (err error) {
		seen.report, err = importer.WriteReport(v.Root, r, pages...)
		return err
	})
	seen.err = err
	return seen
}

// lastReport is the newest finished one, its ID "" when there is none.
func (d *Desk) lastReport() (report.Report, error) {
	kept := d.Store.Reports()
	if len(kept) == 0 {
		return report.Report{}, nil
	}
	b, err := d.Store.Report(kept[0].ID)
	if err != nil {
		return report.Report{}, err
	}
	return report.Decode(b)
}

// nextReport waits for the first run that another box than the one before has ended.
func (d *Desk) nextReport(ctx context.Context, s media.Stick, before *Box) (report.Report, error) {
	ctx, cancel := context.WithTimeout(ctx, reportWithin)
	defer cancel()
	looks := time.NewTicker(lookEvery)
	defer looks.Stop()
	for {
		if b := d.present(); b != before {
			if now := b.State(); !now.Running && now.Sight.Report.ID != "" {
				return now.Sight.Report, nil
			}
		}
		if sticks, err := d.Media.Sticks(); err == nil && !plugged(sticks, s.ID) {
			return report.Report{}, nil
		}
		select {
		case <-ctx.Done():
			return report.Report{}, fmt.Errorf("no run ended within %s: %w", reportWithin, ctx.Err())
		case <-looks.C:
		}
	}
}
