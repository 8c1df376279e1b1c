package slot

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"strings"
	"testing"
)

var (
	spaces = strings.Repeat(" ", 64)
	first  = bytes.Repeat([]byte("first ve"), rootSize/8)
	second = bytes.Repeat([]byte("second v"), rootSize/8)
	third  = bytes.Repeat([]byte("third ve"), rootSize/8)
	none   = make([]byte, rootSize)
)

// whole names the version that a slot holds to its last byte.
func whole(slot []byte) string {
	for name, root := range map[string][]byte{"first": first, "second": second, "third": third} {
		if bytes.HasPrefix(slot, root) {
			return name
		}
	}
	return ""
}

func sum(b []byte) string {
	s := sha256.Sum256(b)
	return hex.EncodeToString(s[:])
}

func write(t *testing.T, c *Card, root []byte) {
	t.Helper()
	if err := c.Write(t.Context(), bytes.NewReader(root), int64(len(root)), sum(root)); err != nil {
		t.Fatal(err)
	}
}

func do(t *testing.T, how func() error) {
	t.Helper()
	if err := how(); err != nil {
		t.Fatal(err)
	}
}

// The power may go at any moment of an update; the card always starts, with the old version or the new one, and
// goes back to the old one as long as the new one has not been kept.
func TestAPowerCutAtAnyMomentOfAnUpdate(t *testing.T) {
	p := newPaper(t, line+spaces, first, none)
	write(t, p.card(2), second)
	do(t, p.card(2).Try)
	tried := 0
	p.cuts(func(after int, lost string, card *paper) {
		running, name := card.start(t, whole)
		if running == 3 && name == "second" {
			tried++
			running, name = card.start(t, whole) // nobody kept it: back again
		}
		if running != 2 || name != "first" {
			t.Errorf("cut after %d of %d, %s of the unsynced lost: root %d runs, %q", after, len(p.ops), lost, running, name)
		}
	})
	if tried == 0 {
		t.Error("the new version never ran")
	}
}

func TestAPowerCutWhileTheNewVersionIsKept(t *testing.T) {
	p := newPaper(t, line+spaces, first, second)
	do(t, p.card(2).Try)
	if running, _ := p.start(t, whole); running != 3 {
		t.Fatalf("root %d runs", running)
	}
	p = p.again()
	do(t, p.card(3).Keep)
	if running, name := p.start(t, whole); running != 3 || name != "second" {
		t.Errorf("after it was kept root %d runs, %q", running, name)
	}
	p.cuts(func(after int, lost string, card *paper) {
		if running, name := card.start(t, whole); running == 0 {
			t.Errorf("cut after %d, %s of the unsynced lost: root %d, %q", after, lost, running, name)
		}
	})
	if standing, err := p.card(3).Standing(); err != nil || standing != (Standing{}) {
		t.Errorf("%+v, %v", standing, err)
	}
	if text := p.cmdlineText(t); text != strings.Replace(line, "PARTNROFF=1", "PARTNROFF=2", 1)+spaces {
		t.Errorf("cmdline.txt: %q", text)
	}
}

// A flag that was set and not used (the box was unplugged before it started again) must be gone before the other
// root is touched: it would start what is half written.
func TestAHalfWrittenRootIsNeverTried(t *testing.T) {
	p := newPaper(t, line+spaces, first, second)
	do(t, p.card(2).Try)
	p = p.again()
	write(t, p.card(2), third)
	do(t, p.card(2).Try)
	p.cuts(func(after int, lost string, card *paper) {
		if running, name := card.start(t, whole); running == 0 {
			t.Errorf("cut after %d of %d, %s of the unsynced lost: root %d, %q", after, len(p.ops), lost, running, name)
		}
	})
}

// The next update goes into the other slot, from the third root as from the second.
func TestOneUpdateAfterAnother(t *testing.T) {
	p := newPaper(t, line+spaces, first, none)
	running := 2
	for _, root := range [][]byte{second, third, first, second} {
		write(t, p.card(running), root)
		do(t, p.card(running).Try)
		now, name := p.start(t, whole)
		if now != 5-running || name != whole(root) {
			t.Fatalf("root %d runs, %q", now, name)
		}
		running = now
		if s, err := p.card(running).Standing(); err != nil || !s.OnTrial {
			t.Fatalf("%+v, %v", s, err)
		}
		if err := p.card(running).Write(t.Context(), nil, 0, ""); !errors.Is(err, ErrOnTrial) {
			t.Errorf("the root to go back to is written over: %v", err)
		}
		do(t, p.card(running).Keep)
	}
	if text := p.cmdlineText(t); len(text) != len(line)+64 || strings.Contains(text, "gokrazy.") {
		t.Errorf("cmdline.txt: %q", text)
	}
}

func TestATrialThatFailedIsSeenAfterwards(t *testing.T) {
	p := newPaper(t, line+spaces, first, second)
	do(t, p.card(2).Try)
	if s, err := p.card(2).Standing(); err != nil || s != (Standing{Asked: true}) {
		t.Errorf("before: %+v, %v", s, err)
	}
	p.start(t, whole)
	if s, err := p.card(2).Standing(); err != nil || s != (Standing{Tried: true}) {
		t.Errorf("after: %+v, %v", s, err)
	}
	do(t, p.card(2).Settle)
	if s, err := p.card(2).Standing(); err != nil || s != (Standing{}) || p.cmdlineText(t) != line+spaces {
		t.Errorf("settled: %+v, %v, %q", s, err, p.cmdlineText(t))
	}
}

// Without this test the ones above might pass because they see nothing.
func TestACardThatDoesNotSyncIsCaught(t *testing.T) {
	p := newPaper(t, line+spaces, first, none)
	p.lying = true
	write(t, p.card(2), second)
	do(t, p.card(2).Try)
	caught := false
	p.cuts(func(_ int, _ string, card *paper) {
		running, _ := card.start(t, whole)
		caught = caught || running == 0
	})
	if !caught {
		t.Error("nothing was seen of it")
	}
}

// swapped is a stick that gives other bytes than those that were checked.
func TestAStickThatGivesOtherBytesLaterIsRefused(t *testing.T) {
	p := newPaper(t, line+spaces, first, none)
	if err := p.card(2).Write(t.Context(), bytes.NewReader(third), rootSize, sum(second)); err == nil {
		t.Error("taken")
	}
	if err := p.card(2).Write(t.Context(), bytes.NewReader(second[:rootSize/2]), rootSize, sum(second)); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("a stick that was pulled: %v", err)
	}
	if running, name := p.start(t, whole); running != 2 || name != "first" {
		t.Errorf("root %d runs, %q", running, name)
	}
}

func TestCmdlinesThatAreNotOurs(t *testing.T) {
	for name, text := range map[string]string{
		"no room":           line,
		"room for the word": line + strings.Repeat(" ", len(tryWord)+leastRoom),
		"two roots":         line + " root=PARTUUID=60c24cc1-f3f9-427a-8199-c599f4ae0001/PARTNROFF=2" + spaces,
		"another root":      strings.Replace(line, "PARTUUID=60c24cc1-f3f9-427a-8199-c599f4ae0001/PARTNROFF=1", "/dev/mmcblk0p2", 1) + spaces,
		"a line break":      line + "\nmore" + spaces,
		"zeros":             string(make([]byte, 187)),
		"over a sector":     line + strings.Repeat(" ", 500),
	} {
		p := newPaper(t, text, first, second)
		if err := p.card(2).Try(); !errors.Is(err, ErrCmdline) {
			t.Errorf("%s: %v", name, err)
		}
		if len(p.ops) != 0 {
			t.Errorf("%s: the card was written", name)
		}
	}
	p := newPaper(t, line+strings.Repeat(" ", 1+len(tryWord)+leastRoom), first, second)
	do(t, p.card(2).Try)
	if running, _ := p.start(t, whole); running != 3 || strings.Contains(p.cmdlineText(t), "=1=1") {
		t.Errorf("just enough room: root %d, %q", running, p.cmdlineText(t))
	}
}

func FuzzCmdline(f *testing.F) {
	f.Add([]byte(line + spaces))
	f.Add([]byte(line + " " + tryWord + spaces))
	f.Add([]byte(line + " " + triedWord + "   "))
	f.Fuzz(func(t *testing.T, text []byte) {
		c := cmdline(text)
		for name, how := range map[string]func() (cmdline, error){"try": c.onTrial, "keep": func() (cmdline, error) { return c.switched(3) }} {
			if _, err := c.root(); err != nil {
				continue
			}
			out, err := how()
			if err == nil && len(out) != len(text) {
				t.Fatalf("%s: %d bytes out of %d", name, len(out), len(text))
			}
			if root, wrong := out.root(); err == nil && name == "keep" && (root != 3 || wrong != nil) {
				t.Fatalf("root %d, %v", root, wrong)
			}
		}
	})
}

func FuzzFindCmdline(f *testing.F) {
	f.Add([]byte("boot"), uint16(0))
	f.Fuzz(func(t *testing.T, change []byte, at uint16) {
		boot := make([]byte, 64<<10)
		copy(boot[min(int(at), len(boot)):], change)
		boot[510], boot[511] = 0x55, 0xaa
		if p, err := findCmdline(bytes.NewReader(boot)); err == nil && (p.at < sector || p.at%sector != 0 || p.length <= 0 || p.length > sector) {
			t.Fatalf("%+v", p)
		}
	})
}
