package slot

import (
	"bytes"
	"io"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"trunktester/image/fat"
)

const rootSize = 5*pieceSize/2 + 4096 // two and a half pieces and a bit

// line is as gokrazy's packer writes it: no line break, 64 spaces.
const line = "console=tty1 root=PARTUUID=60c24cc1-f3f9-427a-8199-c599f4ae0001/PARTNROFF=1 init=/gokrazy/init rootwait panic=10 oops=panic"

// op is one thing that a card was asked to do.
type op struct {
	part int
	at   int64
	data []byte // nil: a sync
}

// paper is a card on paper: it remembers what it was asked, so that the power can be cut anywhere.
type paper struct {
	before  map[int][]byte
	now     map[int][]byte
	ops     []op
	running int
	lying   bool // it says that it synced, and did not
}

func newPaper(t *testing.T, cmdline string, a, b []byte) *paper {
	t.Helper()
	boot, err := fat.Build(4<<20, time.Unix(1795590000, 0), []fat.File{
		{Name: "bootcode.bin", Data: bytes.Repeat([]byte("b"), 5000)},
		{Name: "cmdline.txt", Data: []byte(cmdline)},
		{Name: "config.txt", Data: []byte("kernel=vmlinuz\n")},
	})
	if err != nil {
		t.Fatal(err)
	}
	slot := func(root []byte) []byte { return append(bytes.Clone(root), make([]byte, pieceSize)...) }
	return (&paper{before: map[int][]byte{1: boot, 2: slot(a), 3: slot(b)}}).again()
}

// again is the card as it is now, with nothing remembered.
func (p *paper) again() *paper {
	if p.now == nil {
		p.now = p.before
	}
	return &paper{before: p.now, now: clone(p.now)}
}

func clone(all map[int][]byte) map[int][]byte {
	c := map[int][]byte{}
	for n, b := range all {
		c[n] = bytes.Clone(b)
	}
	return c
}

// card is the box's view while a root runs.
func (p *paper) card(running int) *Card {
	return &Card{Running: running, Boot: part{p, 1}, Roots: map[int]Device{2: part{p, 2}, 3: part{p, 3}}}
}

type part struct {
	*paper
	n int
}

func (p part) ReadAt(b []byte, at int64) (int, error) {
	return bytes.NewReader(p.now[p.n]).ReadAt(b, at)
}
func (p part) Forget() error { return nil }
func (p part) WriteAt(b []byte, at int64) (int, error) {
	if at+int64(len(b)) > int64(len(p.now[p.n])) || at%sector != 0 || len(b)%sector != 0 {
		return 0, io.ErrShortWrite
	}
	p.ops = append(p.ops, op{p.n, at, bytes.Clone(b)})
	return copy(p.now[p.n][at:], b), nil
}

func (p part) Sync() error {
	if !p.lying {
		p.ops = append(p.ops, op{part: p.n})
	}
	return nil
}

// keptOf says which sectors of unsynced writes reached the card.
type keptOf func() bool

// cut is the card when the power went after n operations: what was synced is there, of the rest what kept says,
// sector by sector.
func (p *paper) cut(n int, kept keptOf) *paper {
	card := clone(p.before)
	for i, o := range p.ops[:n] {
		lasting := slices.ContainsFunc(p.ops[i:n], func(later op) bool { return later.part == o.part && later.data == nil })
		for from := 0; from < len(o.data); from += sector {
			if lasting || kept() {
				copy(card[o.part][o.at+int64(from):], o.data[from:from+sector])
			}
		}
	}
	return &paper{before: card, now: clone(card)}
}

// cuts calls look with the card at every moment of what was done, unsynced writes kept, lost and torn.
func (p *paper) cuts(look func(after int, lost string, card *paper)) {
	random := rand.New(rand.NewPCG(1, 2))
	for n := range len(p.ops) + 1 {
		look(n, "nothing", p.cut(n, func() bool { return true }))
		look(n, "all", p.cut(n, func() bool { return false }))
		for range 4 {
			look(n, "some", p.cut(n, func() bool { return random.IntN(2) == 0 }))
		}
	}
}

// cmdlineAt reads cmdline.txt by another reader than ours.
func (p *paper) cmdlineText(t *testing.T) string {
	t.Helper()
	files, err := fat.Files(p.now[1])
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		if f.Name == "cmdline.txt" {
			return string(f.Data)
		}
	}
	t.Fatal("no cmdline.txt")
	return ""
}

// start is what firmware, kernel and gokrazy's init do with a card (github.com/gokrazy/gokrazy, gokrazy.go,
// maybeSwitchToInactive, and update.go, modifyCmdlineFile): the root that runs in the end, 0 for none. whole says
// what root a slot holds; "" is a root that cannot be trusted to run.
func (p *paper) start(t *testing.T, whole func([]byte) string) (running int, name string) {
	t.Helper()
	text := p.cmdlineText(t)
	root := 2
	if strings.Contains(text, "/PARTNROFF=2 ") {
		root = 3
	} else if !strings.Contains(text, "/PARTNROFF=1 ") {
		return 0, ""
	}
	if strings.Contains(text, "gokrazy.try_boot_inactive=1") {
		shorter := strings.ReplaceAll(text, "gokrazy.try_boot_inactive=1", "gokrazy.switch_on_boot=1")
		at := bytes.Index(p.now[1], []byte(text))
		copy(p.now[1][at:], shorter) // and the last three characters stay
		root = 5 - root
	}
	name = whole(p.now[root])
	if name == "" {
		return 0, ""
	}
	return root, name
}
