package updater

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"trunktester/appliance/catalogue"
	"trunktester/appliance/store"
	"trunktester/appliance/update"
	"trunktester/appliance/update/slot"
	"trunktester/image/fat"
)

const line = "console=tty1 root=PARTUUID=60c24cc1-f3f9-427a-8199-c599f4ae0001/PARTNROFF=1 init=/gokrazy/init rootwait panic=10 oops=panic"

var (
	key   = ed25519.NewKeyFromSeed(bytes.Repeat([]byte{1}, ed25519.SeedSize))
	other = ed25519.NewKeyFromSeed(bytes.Repeat([]byte{2}, ed25519.SeedSize))
	v1    = update.Release{Version: "v1", Build: 1000, Kernel: "6.12.47-v8", Model: update.Model}
	v2    = update.Release{Version: "v2", Build: 2000, Kernel: "6.12.47-v8", Model: update.Model}
	root2 = bytes.Repeat([]byte("second v"), 8192)
)

// memory is a partition.
type memory struct {
	bytes   []byte
	written *int
}

func (m memory) ReadAt(b []byte, at int64) (int, error) {
	return bytes.NewReader(m.bytes).ReadAt(b, at)
}
func (m memory) Sync() error   { return nil }
func (m memory) Forget() error { return nil }
func (m memory) WriteAt(b []byte, at int64) (int, error) {
	*m.written++
	return copy(m.bytes[at:], b), nil
}

// bench is a box with a card, a memory and a stick.
type bench struct {
	*Updater
	t        *testing.T
	said     map[string]string
	patterns []catalogue.Whole
	boot     []byte
	written  int
	stick    string
	perm     string
	testing  chan struct{} // full while a run goes on
	reboots  int
}

func newBench(t *testing.T) *bench {
	t.Helper()
	boot, err := fat.Build(4<<20, time.Unix(1795590000, 0), []fat.File{{Name: "cmdline.txt", Data: []byte(line + strings.Repeat(" ", 64))}})
	if err != nil {
		t.Fatal(err)
	}
	b := &bench{t: t, boot: boot, stick: t.TempDir(), perm: filepath.Join(t.TempDir(), "trunktester"), testing: make(chan struct{}, 1)}
	card := &slot.Card{Running: 2, Boot: memory{boot, &b.written},
		Roots: map[int]slot.Device{2: memory{make([]byte, 1<<20), &b.written}, 3: memory{make([]byte, 1<<20), &b.written}}}
	b.on(v1, card)
	return b
}

// on begins a program of a release.
func (b *bench) on(r update.Release, card *slot.Card) {
	b.said, b.patterns = map[string]string{}, nil
	b.Updater = &Updater{Running: r, Key: key.Public().(ed25519.PublicKey), Card: card, Memory: store.Open(b.perm), Box: b,
		Reboot: func() error { b.reboots++; return nil }, Log: slog.New(slog.NewTextHandler(io.Discard, nil))}
}

func (b *bench) Pattern(w catalogue.Whole)     { b.patterns = append(b.patterns, w) }
func (b *bench) Notice(topic, sentence string) { b.said[topic] = sentence }
func (b *bench) Quiet(ctx context.Context) (func(), error) {
	select {
	case b.testing <- struct{}{}:
		return func() { <-b.testing }, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// put writes an update on the stick.
func (b *bench) put(k ed25519.PrivateKey, r update.Release) { b.t.Helper(); b.putRoot(k, r, root2) }

func (b *bench) putRoot(k ed25519.PrivateKey, r update.Release, root []byte) {
	b.t.Helper()
	var file bytes.Buffer
	if _, err := update.Sign(&file, k, r, bytes.NewReader(root), int64(len(root))); err != nil {
		b.t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(b.stick, update.FileName), file.Bytes(), 0o600); err != nil {
		b.t.Fatal(err)
	}
}

func (b *bench) plug() (bool, error) {
	b.t.Helper()
	root, err := os.OpenRoot(b.stick)
	if err != nil {
		b.t.Fatal(err)
	}
	defer root.Close()
	if Wants(root) != exists(filepath.Join(b.stick, update.FileName)) {
		b.t.Error("Wants is wrong")
	}
	return b.Stick(b.t.Context(), root, nil)
}

func exists(name string) bool { _, err := os.Stat(name); return err == nil }

func (b *bench) ok(errs ...error) {
	b.t.Helper()
	if err := errors.Join(errs...); err != nil {
		b.t.Fatal(err)
	}
}

// init is what gokrazy does with the flag: it runs the other root, unless that does not start.
func (b *bench) init(starts bool) *slot.Card {
	at := bytes.Index(b.boot, []byte("gokrazy.try_boot_inactive=1"))
	if at < 0 {
		b.t.Fatal("the other root is not to be tried")
	}
	copy(b.boot[at:], "gokrazy.switch_on_boot=1   ")
	card := *b.Card
	if starts {
		card.Running = 5 - card.Running
	}
	return &card
}

func TestAnUpdateThatWorks(t *testing.T) {
	b := newBench(t)
	b.put(key, v2)
	b.ok(b.Begin(), b.RanWell())
	if found, err := b.plug(); !found || err != nil || b.reboots != 1 {
		t.Fatalf("%v, %v, %d reboots", found, err, b.reboots)
	}
	if diff := cmp.Diff([]catalogue.Whole{catalogue.WholeWriting}, b.patterns); diff != "" {
		t.Error(diff)
	}
	b.on(v2, b.init(true))
	b.ok(b.Begin())
	if got := b.said[topic]; !strings.Contains(got, "v2 is on trial") {
		t.Errorf("on trial the page says %q", got)
	}
	b.ok(b.RanWell(), b.RanWell())
	if diff := cmp.Diff([]catalogue.Whole{catalogue.WholeDone}, b.patterns); diff != "" || b.said[topic] != "The update to version v2 is done." {
		t.Errorf("%s; the page says %q", diff, b.said[topic])
	}
	if standing, err := b.Card.Standing(); err != nil || standing != (slot.Standing{}) {
		t.Errorf("%+v, %v", standing, err)
	}
	if m, err := b.Memory.Updates(); err != nil || m != (store.Updates{Floor: v2.Build}) {
		t.Errorf("%+v, %v", m, err)
	}
	// The stick is still plugged in.
	before := b.written
	if found, err := b.plug(); !found || err != nil || b.written != before || exists(filepath.Join(b.stick, ErrorFile)) {
		t.Errorf("%v, %v, written: %v", found, err, b.written != before)
	}
}

// The first time the power may have gone while the update was on trial, so it may be tried once more.
func TestAnUpdateThatDoesNotStart(t *testing.T) {
	for times, want := range map[int]string{
		1: "The update to version v2 did not start well, or the power went before it had tested once; the box went on with v1. Put the stick in again.",
		2: "The update to version v2 did not start well; the box went on with v1. Ask the maker of the box for a newer update.",
	} {
		b := newBench(t)
		b.put(key, v2)
		b.ok(b.Begin(), b.RanWell())
		for range times {
			if _, err := b.plug(); err != nil {
				t.Fatal(err)
			}
			b.on(v1, b.init2())
			b.ok(b.Begin(), b.RanWell())
		}
		b.on(v1, b.Card) // it is still said after the next start
		b.ok(b.Begin(), b.RanWell())
		if b.reboots != times || b.said[topic] != want {
			t.Errorf("after %d times, %d reboots, the page says %q", times, b.reboots, b.said[topic])
		}
		if times < tries {
			continue
		}
		if found, err := b.plug(); !found || !errors.Is(err, ErrFailed) || b.reboots != times {
			t.Errorf("the same file again: %v, %v, %d reboots", found, err, b.reboots)
		}
		v3 := v2
		v3.Version, v3.Build = "v3", 3000
		b.putRoot(key, v3, bytes.Repeat([]byte("third ve"), 8192))
		if _, err := b.plug(); err != nil || b.reboots != times+1 {
			t.Errorf("a newer one: %v, %d reboots", err, b.reboots)
		}
	}
}

// A power cut in the trial costs one try; then the update arrives, and nothing of that is left.
func TestAnUpdateThatWorksTheSecondTime(t *testing.T) {
	b := newBench(t)
	b.put(key, v2)
	b.ok(b.Begin(), b.RanWell())
	if _, err := b.plug(); err != nil {
		t.Fatal(err)
	}
	b.init(true) // the power goes
	b.on(v1, b.Card)
	b.ok(b.Begin(), b.RanWell())
	if _, err := b.plug(); err != nil || b.reboots != 2 {
		t.Fatalf("%v, %d reboots", err, b.reboots)
	}
	b.on(v2, b.init(true))
	b.ok(b.Begin(), b.RanWell())
	if m, err := b.Memory.Updates(); err != nil || m != (store.Updates{Floor: v2.Build}) || b.said[topic] != "The update to version v2 is done." {
		t.Errorf("%+v, %v, %v", m, err, b.said)
	}
}

// A card that loses what it was given, after it was read back, may let the new version run well once; were it kept, the
// box might never start again.
func TestARootThatIsDamagedMeanwhileIsNotKept(t *testing.T) {
	b := newBench(t)
	b.put(key, v2)
	b.ok(b.Begin(), b.RanWell())
	if _, err := b.plug(); err != nil {
		t.Fatal(err)
	}
	b.on(v2, b.init(true))
	b.ok(b.Begin())
	lost := b.Card.Roots[3].(memory).bytes[len(root2)-1 : len(root2)]
	was := lost[0]
	lost[0] ^= 1
	if err := b.RanWell(); err == nil {
		t.Error("it is kept")
	}
	if standing, err := b.Card.Standing(); err != nil || !standing.OnTrial {
		t.Errorf("%+v, %v", standing, err)
	}
	lost[0] = was
	b.ok(b.RanWell())
	if standing, err := b.Card.Standing(); err != nil || standing.OnTrial {
		t.Errorf("a whole one: %+v, %v", standing, err)
	}
}

// init2 is init with a root that does not start, as often as one likes.
func (b *bench) init2() *slot.Card {
	if bytes.Contains(b.boot, []byte("gokrazy.try_boot_inactive=1")) {
		return b.init(false)
	}
	return b.Card
}

// The power goes after the update was written and before it was tried: nothing failed, and the stick may bring it again.
func TestAPowerCutBeforeTheTrial(t *testing.T) {
	b := newBench(t)
	b.put(key, v2)
	b.ok(b.Begin(), b.RanWell())
	if _, err := b.plug(); err != nil {
		t.Fatal(err)
	}
	b.on(v1, b.Card)
	b.ok(b.Begin(), b.RanWell())
	if len(b.said) != 0 || bytes.Contains(b.boot, []byte("gokrazy.")) {
		t.Errorf("the page says %v", b.said)
	}
	if _, err := b.plug(); err != nil || b.reboots != 2 {
		t.Errorf("%v, %d reboots", err, b.reboots)
	}
}

// The power goes between the switch and the note of it.
func TestAPowerCutAfterTheSwitch(t *testing.T) {
	b := newBench(t)
	b.put(key, v2)
	b.ok(b.Begin(), b.RanWell())
	if _, err := b.plug(); err != nil {
		t.Fatal(err)
	}
	card := b.init(true)
	b.ok(card.Keep())
	b.on(v2, card)
	b.ok(b.Begin(), b.RanWell())
	if m, err := b.Memory.Updates(); err != nil || m != (store.Updates{Floor: v2.Build}) || b.said[topic] != "The update to version v2 is done." {
		t.Errorf("%+v, %v, %v", m, err, b.said)
	}
}

func TestWhatIsRefusedIsSaidEverywhere(t *testing.T) {
	older := v1
	older.Build = 1
	for name, c := range map[string]struct {
		prepare func(*bench)
		want    error
	}{
		"no key on the card":  {func(b *bench) { b.put(key, v2); b.Key = nil }, update.ErrNoKey},
		"another's signature": {func(b *bench) { b.put(other, v2) }, update.ErrSignature},
		"an older version":    {func(b *bench) { b.put(key, older) }, update.ErrOlder},
		"older than what once ran": {func(b *bench) {
			b.put(key, v2)
			b.ok(b.Memory.SaveUpdates(store.Updates{Floor: v2.Build + 1}))
		}, update.ErrOlder},
		"a photo":               {func(b *bench) { b.ok(os.WriteFile(filepath.Join(b.stick, update.FileName), []byte("photo"), 0o600)) }, update.ErrNoUpdate},
		"a folder of that name": {func(b *bench) { b.ok(os.Mkdir(filepath.Join(b.stick, update.FileName), 0o700)) }, update.ErrNoUpdate},
		"no lasting storage":    {func(b *bench) { b.put(key, v2); b.Memory = store.Open("/nonexistent/trunktester") }, ErrMemory},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t)
			b.ok(b.Begin(), b.RanWell())
			c.prepare(b)
			found, err := b.plug()
			if !found || !errors.Is(err, c.want) || b.reboots != 0 || b.written != 0 {
				t.Errorf("%v, %v, %d reboots, %d writes", found, err, b.reboots, b.written)
			}
			if diff := cmp.Diff([]catalogue.Whole{catalogue.WholeRefused}, b.patterns); diff != "" {
				t.Error(diff)
			}
			text, err := os.ReadFile(filepath.Join(b.stick, ErrorFile))
			if err != nil || !strings.Contains(string(text), sentence(c.want)[:30]) || !strings.Contains(b.said[stickTopic], sentence(c.want)[:30]) {
				t.Errorf("%v: stick %q, page %q", err, text, b.said[stickTopic])
			}
		})
	}
}

// What is told names what to do, and nothing that only a log can use; it is gone from the stick once an update is good.
func TestWhatIsToldOnTheStick(t *testing.T) {
	for want, err := range map[string]error{
		sentence(ErrTesting): errors.Join(ErrTesting, context.DeadlineExceeded),
		sentence(ErrMemory):  fmt.Errorf("%w (%w)", ErrMemory, syscall.EIO),
		sentence(errElse):    fmt.Errorf("writing the other root: %w", syscall.EIO),
		"The update file is cut short: copy it to the stick again, and wait until the computer lets the stick go.": fmt.Errorf("%w (5 bytes of 7)", update.ErrCutShort),
	} {
		if got := sentence(err); got != want || strings.Contains(got, "error") || strings.Contains(got, "deadline") {
			t.Errorf("%q, want %q", got, want)
		}
	}
	b := newBench(t)
	told := filepath.Join(b.stick, ErrorFile)
	b.put(other, v2)
	b.ok(b.Begin(), b.RanWell())
	if _, err := b.plug(); !errors.Is(err, update.ErrSignature) || !exists(told) || exists(told+".new") {
		t.Fatalf("%v, told %v", err, exists(told))
	}
	b.put(key, v2)
	if _, err := b.plug(); err != nil || b.reboots != 1 || exists(told) {
		t.Errorf("%v, %d reboots, told %v", err, b.reboots, exists(told))
	}
	b.on(v2, b.init(true))
	b.ok(b.Begin(), b.RanWell(), tellIn(b.stick))
	if _, err := b.plug(); err != nil || exists(told) {
		t.Errorf("the version that runs: %v, told %v", err, exists(told))
	}
	if last := b.patterns[len(b.patterns)-1]; last != catalogue.WholeNone {
		t.Errorf("the lights end with %q", last)
	}
	b.ok(os.WriteFile(told, []byte("somebody else's"), 0o600))
	if _, err := b.plug(); err != nil || !exists(told) {
		t.Errorf("somebody else's file: %v, there %v", err, exists(told))
	}
}

func tellIn(stick string) error {
	root, err := os.OpenRoot(stick)
	if err != nil {
		return err
	}
	return errors.Join(tell(root, update.ErrDamaged), root.Close())
}

func TestAStickWithoutAnUpdate(t *testing.T) {
	b := newBench(t)
	if found, err := b.plug(); found || err != nil || len(b.said)+len(b.patterns) != 0 {
		t.Errorf("%v, %v, %v, %v", found, err, b.said, b.patterns)
	}
}

func TestNothingIsWrittenWhileTheBoxTests(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t)
		b.put(key, v2)
		b.ok(b.Begin(), b.RanWell())
		b.testing <- struct{}{}
		ended := make(chan error)
		go func() { _, err := b.plug(); ended <- err }()
		synctest.Wait()
		if b.written != 0 || len(b.patterns) != 0 {
			t.Errorf("%d writes, lights %v", b.written, b.patterns)
		}
		<-b.testing
		if err := <-ended; err != nil || b.reboots != 1 {
			t.Errorf("%v, %d reboots", err, b.reboots)
		}
	})
}

func TestABoxThatNeverTestsTakesNoUpdate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t)
		b.put(key, v2)
		b.ok(b.Begin())
		if _, err := b.plug(); !errors.Is(err, ErrUnproven) || b.written != 0 {
			t.Errorf("%v, %d writes", err, b.written)
		}
	})
}
