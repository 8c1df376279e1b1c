package appliance

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"trunktester/appliance/catalogue"
	"trunktester/appliance/media"
	"trunktester/appliance/profile"
	"trunktester/appliance/report"
	"trunktester/appliance/store"
	"trunktester/leds"
)

const stickProfile = "[trunk]\ndomain = \"sip.example.net\"\nusername = \"u\"\npassword = \"correct horse\"\n"

// table is where the desk finds sticks: folders that are plugged in and pulled out.
type table struct {
	mu     sync.Mutex
	sticks []media.Stick
	boot   string
	fails  error // of every visit
	locked bool  // write-protected
	full   bool
	writes int

	writing func() // called before each write; nil for nothing
}

func (f *table) plug(s ...media.Stick) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.sticks = s
}

func (f *table) Sticks() ([]media.Stick, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.sticks, nil
}

func (f *table) Boot() (string, error) {
	if f.boot == "" {
		return "", media.ErrNoBoot
	}
	return f.boot, nil
}

func (f *table) Visit(_ context.Context, devices []string, _ time.Duration, _ func(*os.Root) bool, do func(media.Volume) Visited) (Visited, error) {
	if f.fails != nil {
		return Visited{}, f.fails
	}
	root, err := os.OpenRoot(devices[0])
	if err != nil {
		return Visited{}, err // pulled out
	}
	defer root.Close()
	return do(media.Volume{Root: root,
		Write: func(do func() error) error {
			if f.locked {
				return media.ErrReadOnly
			}
			f.writes++
			if f.writing != nil {
				f.writing()
			}
			return do()
		},
		Room: func() (int64, error) {
			if f.full {
				return 1000, nil
			}
			return 1 << 30, nil
		}}), nil
}

// history are the whole patterns that were asked for, one after another.
type history struct {
	mu   sync.Mutex
	seen []catalogue.Whole
}

func (h *history) Show(s leds.Show) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if n := len(h.seen); n == 0 || h.seen[n-1] != s.Whole {
		h.seen = append(h.seen, s.Whole)
	}
}
func (*history) Feed() {}

func (h *history) String() string {
	h.mu.Lock()
	defer h.mu.Unlock()
	return fmt.Sprint(h.seen)
}

// counter is a desk with its box and its table.
type counter struct {
	*Desk
	table   *table
	lights  *history
	adopted []profile.Profile
}

func newCounter(t *testing.T) *counter {
	t.Helper()
	c := &counter{table: &table{}, lights: &history{}}
	c.Desk = &Desk{Media: c.table, Store: store.Open(filepath.Join(t.TempDir(), "perm")), Log: slog.New(slog.DiscardHandler)}
	c.Adopt = func(p profile.Profile) {
		c.adopted = append(c.adopted, p)
		c.Serve(c.newBox(p))
	}
	c.Serve(c.newBox(profile.Default()))
	return c
}

func (c *counter) newBox(p profile.Profile) *Box {
	b := NewBox(&Tester{Profile: p, Log: c.Log}, nil, c.lights)
	b.Tested()
	return b
}

// during runs the desk in the background while do goes on.
func (c *counter) during(t *testing.T, do func()) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		ctx, stop := context.WithCancel(t.Context())
		var ended sync.WaitGroup
		ended.Go(func() { c.Run(ctx) })
		do()
		stop()
		ended.Wait()
		time.Sleep(time.Minute) // patterns end by themselves
	})
}

func folder(t *testing.T, files map[string]string) media.Stick {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return media.Stick{ID: dir, Devices: []string{dir}}
}

func names(t *testing.T, s media.Stick) string {
	t.Helper()
	entries, err := os.ReadDir(s.Devices[0])
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	for _, e := range entries {
		all = append(all, e.Name())
	}
	return strings.Join(all, " ")
}

func (c *counter) wantNotice(t *testing.T, want string) {
	t.Helper()
	got := c.present().State().Notices[topicStick]
	if want == "" && got != "" || !strings.Contains(got, want) {
		t.Errorf("notice %q, want %q", got, want)
	}
}

// finished makes the present box's run end.
func (c *counter) finished(id, code string) {
	f := catalogue.Finding{Code: code}
	s := Sight{Report: report.Build(report.Input{ID: id, Started: time.Now(), Finished: time.Now(), Verdict: f})}
	s.Report.Clock = "none"
	c.present().end(s, nil, false)
}

func TestAStickWithAProfileGetsTheReportOfTheNewProfile(t *testing.T) {
	c := newCounter(t)
	if err := c.Store.Save("OLD", store.Site{}, encoded(t, "OLD")); err != nil {
		t.Fatal(err)
	}
	s := folder(t, map[string]string{"trunk.toml": stickProfile})
	c.during(t, func() {
		c.table.plug(s)
		time.Sleep(10 * time.Second)
		if got := names(t, s); got != "trunk.toml" {
			t.Errorf("before the run ended: %s", got)
		}
		c.finished("NEW", "4-2")
		time.Sleep(10 * time.Second)
	})
	if len(c.adopted) != 1 || c.adopted[0].Trunk.Domain != "sip.example.net" {
		t.Errorf("adopted %v", c.adopted)
	}
	const name = "trunktester-run-NEW-4-2"
	if got, want := names(t, s), "trunk.toml "+name+".html "+name+".json "+name+".txt"; got != want {
		t.Errorf("on the stick: %s, want %s", got, want)
	}
	if got := c.lights.String(); got != "[ writing done  writing done ]" {
		t.Errorf("the lights: %s", got)
	}
	c.wantNotice(t, "was taken over from the USB stick")
}

func encoded(t *testing.T, id string) []byte {
	t.Helper()
	b, err := report.Build(report.Input{ID: id, Verdict: catalogue.Finding{Code: "ok"}}).JSON()
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestAnEmptyStickGetsTheLastReportOnce(t *testing.T) {
	c := newCounter(t)
	if err := c.Store.Save("LAST", store.Site{}, encoded(t, "LAST")); err != nil {
		t.Fatal(err)
	}
	s := folder(t, nil)
	c.present().change(func(s *State) { s.Page = []string{"http://192.168.1.20/"} })
	c.during(t, func() {
		for range 3 {
			c.table.plug(s)
			time.Sleep(time.Minute)
			c.table.plug()
			time.Sleep(5 * time.Second)
		}
	})
	if got := names(t, s); strings.Count(got, ".txt") != 1 || c.table.writes != 1 || len(c.adopted) != 0 {
		t.Errorf("on the stick after %d writes: %s", c.table.writes, got)
	}
	if text, err := os.ReadFile(filepath.Join(s.Devices[0], "trunktester-run-LAST-ok.txt")); err != nil || !strings.Contains(string(text), "http://192.168.1.20/") {
		t.Errorf("the report does not say where the page is: %v\n%s", err, text)
	}
}

func TestABadProfileIsRefusedOncePerPlug(t *testing.T) {
	c := newCounter(t)
	s := folder(t, map[string]string{"trunk.toml": "[trunk]\ndomain = 5\n"})
	c.during(t, func() {
		c.table.plug(s)
		time.Sleep(10 * time.Minute)
	})
	if got := c.lights.String(); got != "[ writing refused ]" || len(c.adopted) != 0 {
		t.Errorf("the lights: %s, adopted %v", got, c.adopted)
	}
	c.wantNotice(t, "trunk.toml line 2:")
	if got := names(t, s); got != "trunk-ERROR.txt trunk.toml" {
		t.Errorf("on the stick: %s", got)
	}
}

func TestSticksThatCannotBeUsed(t *testing.T) {
	for name, c := range map[string]struct {
		broken func(*table)
		files  map[string]string
		notice string
		lights string
	}{
		"NTFS":                   {func(f *table) { f.fails = media.ErrUnreadable }, nil, "format it as FAT32 or exFAT", ""},
		"hangs":                  {func(f *table) { f.fails = media.ErrHangs }, nil, "does not answer", ""},
		"breaks off":             {func(f *table) { f.fails = errors.New("input/output error") }, nil, "could not be read to the end", ""},
		"write-protected, empty": {func(f *table) { f.locked = true }, nil, "", "writing"},
		"write-protected":        {func(f *table) { f.locked = true }, map[string]string{"trunk.toml": stickProfile}, "delete trunk.toml yourself", "writing done"},
		"full":                   {func(f *table) { f.full = true }, nil, "full", ""},
	} {
		t.Run(name, func(t *testing.T) {
			d := newCounter(t)
			c.broken(d.table)
			if err := d.Store.Save("LAST", store.Site{}, encoded(t, "LAST")); err != nil {
				t.Fatal(err)
			}
			s := folder(t, c.files)
			d.during(t, func() {
				d.table.plug(s)
				time.Sleep(20 * time.Second)
				d.table.plug()
				time.Sleep(5 * time.Second)
			})
			d.wantNotice(t, c.notice)
			if got := strings.Join(strings.Fields(strings.Trim(d.lights.String(), "[]")), " "); got != c.lights {
				t.Errorf("the lights: %q, want %q", got, c.lights)
			}
		})
	}
}

// The stick is pulled while the box tests with its profile: no report, no complaint.
func TestAStickPulledBeforeTheReport(t *testing.T) {
	c := newCounter(t)
	s := folder(t, map[string]string{"trunk.toml": stickProfile})
	c.during(t, func() {
		c.table.plug(s)
		time.Sleep(5 * time.Second)
		c.table.plug()
		time.Sleep(5 * time.Second)
		c.finished("NEW", "ok")
		time.Sleep(5 * time.Second)
	})
	if got := names(t, s); got != "trunk.toml" || len(c.adopted) != 1 {
		t.Errorf("on the stick: %s; adopted %v", got, c.adopted)
	}
}

// A run that never ends keeps nobody waiting: the next stick is served.
func TestARunThatDoesNotEnd(t *testing.T) {
	c := newCounter(t)
	first, second := folder(t, map[string]string{"trunk.toml": stickProfile}), folder(t, map[string]string{"trunk.toml": "[trunk]"})
	c.during(t, func() {
		c.table.plug(first)
		time.Sleep(5 * time.Second)
		c.table.plug(first, second)
		time.Sleep(reportWithin + 10*time.Second)
	})
	if got := names(t, second); got != "trunk-ERROR.txt trunk.toml" {
		t.Errorf("on the second stick: %s", got)
	}
}

func TestErrandsAreDoneOnTheWay(t *testing.T) {
	c := newCounter(t)
	done := ""
	c.Errands = []Errand{
		{Wants: func(r *os.Root) bool { _, err := r.Stat("trunktester.update"); return err == nil },
			Do: func(_ context.Context, v media.Volume) error {
				done += "update "
				return v.Write(func() error { return nil })
			}},
		{Wants: func(*os.Root) bool { return false }, Do: func(context.Context, media.Volume) error { done += "other "; return nil }},
	}
	s := folder(t, map[string]string{"trunktester.update": "x"})
	c.during(t, func() { c.table.plug(s); time.Sleep(5 * time.Second) })
	if done != "update " || c.table.writes != 1 {
		t.Errorf("done: %q, %d writes", done, c.table.writes)
	}
}

// Three red flashes are the last that is seen of an update that is refused: a report on the stick, with its three green
// ones, would say that the update is done.
func TestARefusedErrandIsNotFollowedByGreen(t *testing.T) {
	for _, refused := range []error{nil, errors.New("not signed")} {
		c := newCounter(t)
		if err := c.Store.Save("RUN1", store.Site{}, []byte(`{"schema":"trunktester/report/1","id":"RUN1"}`)); err != nil {
			t.Fatal(err)
		}
		c.Errands = []Errand{{Wants: func(*os.Root) bool { return true }, Do: func(context.Context, media.Volume) error {
			if refused != nil {
				c.pattern(catalogue.WholeRefused)
			}
			return refused
		}}}
		s := folder(t, map[string]string{"trunktester.update": "x"})
		c.during(t, func() { c.table.plug(s); time.Sleep(10 * time.Second) })
		want := "[ writing done ]"
		if refused != nil {
			want = "[ refused ]"
		}
		if got := c.lights.String(); got != want {
			t.Errorf("refused: %v, the row said %s, and not %s; on the stick: %s", refused != nil, got, want, names(t, s))
		}
	}
}

func TestTheBootPartitionIsLookedAtFirst(t *testing.T) {
	for name, c := range map[string]struct {
		text  string
		whole catalogue.Whole
		new   bool
	}{
		"good":  {stickProfile, catalogue.WholeDone, true},
		"bad":   {"[trunk]", catalogue.WholeRefused, false},
		"other": {"", catalogue.WholeNone, false},
	} {
		t.Run(name, func(t *testing.T) {
			d := newCounter(t)
			files := map[string]string{"trunk-ERROR.txt": strings.Repeat(" ", 4096)}
			if c.text != "" {
				files["trunk.toml"] = c.text
			}
			s := folder(t, files)
			d.table.boot = s.Devices[0]
			p, whole := d.Boot(t.Context())
			if (p != nil) != c.new || whole != c.whole {
				t.Errorf("%v, %q", p != nil, whole)
			}
			if info, err := os.Stat(filepath.Join(s.Devices[0], "trunk-ERROR.txt")); err != nil || info.Size() != 4096 {
				t.Errorf("trunk-ERROR.txt: %v", err)
			}
		})
	}
	d := newCounter(t)
	if p, whole := d.Boot(t.Context()); p != nil || whole != catalogue.WholeNone {
		t.Error("a laptop")
	}
}

// What is told belongs to the box, not to the profile that it had.
func TestTheNextBoxTellsTheSame(t *testing.T) {
	c := newCounter(t)
	c.Notice(topicStick, "something")
	c.Serve(c.newBox(profile.Default()))
	c.wantNotice(t, "something")
	if err := c.Desk.Wipe(t.Context(), func() error { return nil }); err != nil {
		t.Error(err)
	}
	c.Serve(c.newBox(profile.Default()))
	c.wantNotice(t, "")
}

func TestAPatternLiesOverARunAndEndsByItself(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		lights := &history{}
		b := NewBox(&Tester{Profile: profile.Default()}, nil, lights)
		b.Tested()
		b.Pattern(catalogue.WholeWriting)
		b.begin()
		b.see(Sight{})
		b.end(Sight{}, nil, false)
		time.Sleep(time.Hour)
		b.Pattern(catalogue.WholeDone)
		b.see(Sight{})
		time.Sleep(time.Second)
		b.Pattern(catalogue.WholeRefused) // its own end, not that of the one before
		time.Sleep(leds.Length(catalogue.WholeRefused))
		if got := b.State().Whole; got != catalogue.WholeRefused {
			t.Errorf("cut short: %q", got)
		}
		time.Sleep(leds.LampTest)
		if got := lights.String(); got != "[ writing done refused ]" || b.State().Whole != catalogue.WholeNone {
			t.Errorf("the lights: %s", got)
		}
	})
}

// The button is held while a stick's profile is on its way into the box: what came before the wipe is not used after it.
func TestAWipeWhileAStickIsTakenIn(t *testing.T) {
	for name, amid := range map[string]bool{"in the middle of the import": true, "before it is adopted": false} {
		t.Run(name, func(t *testing.T) {
			d := newCounter(t)
			var wiped chan error
			wipe := func() { wiped <- d.Desk.Wipe(t.Context(), d.Store.Wipe) }
			d.table.writing = func() {
				if amid {
					go wipe() // waits for the end of the import
				}
			}
			d.Errands = []Errand{{
				Wants: func(r *os.Root) bool { _, err := r.Stat("errand"); return err == nil },
				Do: func(context.Context, media.Volume) error {
					if !amid {
						go wipe()
					}
					return <-wiped
				}}}
			d.during(t, func() {
				wiped = make(chan error)
				d.table.plug(folder(t, map[string]string{"trunk.toml": stickProfile, "errand": ""}))
				time.Sleep(10 * time.Second)
			})
			if _, err := d.Store.Profile(); !errors.Is(err, store.ErrNoProfile) || len(d.adopted) != 0 {
				t.Errorf("%v, adopted %v", err, d.adopted)
			}
			d.wantNotice(t, "was taken over") // of the box that ended; the next one tells nothing
			d.Serve(d.newBox(profile.Default()))
			d.wantNotice(t, "")
		})
	}
}

// The box uses a profile that it cannot keep, and the lights say that it does; the page says that it will be lost.
func TestAProfileThatIsUsedButNotKept(t *testing.T) {
	c := newCounter(t)
	c.Store = store.Open("/nonexistent/perm")
	s := folder(t, map[string]string{"trunk.toml": stickProfile})
	c.during(t, func() {
		c.table.plug(s)
		time.Sleep(10 * time.Second)
	})
	c.wantNotice(t, "lost when the power goes")
	if left, err := os.ReadFile(filepath.Join(s.Devices[0], "trunk.toml")); err != nil || string(left) != stickProfile {
		t.Errorf("on the stick: %q, %v", left, err)
	}
	if got := c.lights.String(); len(c.adopted) != 1 || got != "[ done ]" {
		t.Errorf("adopted %v, the lights: %s", c.adopted, got)
	}
}
