package kit

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"trunktester/image/kit/kittest"
)

// batch is one of a list, with a common profile, into a folder of its own.
func batch(t *testing.T, list string) *Batch {
	t.Helper()
	l, err := ReadList(strings.NewReader(list), "kits.csv")
	if err != nil {
		t.Fatal(err)
	}
	return &Batch{Base: opened(t, kittest.Card{}.Write(t)), List: l, Common: shared(t, trunk), Beside: t.TempDir(), Out: filepath.Join(t.TempDir(), "kits"), AtOnce: 2}
}

func run(t *testing.T, b *Batch) []Result {
	t.Helper()
	results, err := b.Run(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return results
}

func outcomes(results []Result) string {
	var all []string
	for _, r := range results {
		all = append(all, fmt.Sprintf("%d %s %s", r.Line, r.File, r.Outcome))
	}
	return strings.Join(all, "; ")
}

func TestOneBadRowDoesNotStopTheRest(t *testing.T) {
	b := batch(t, "kit.name,trunk.port,profile\nKit 1,5060,\nKit 2,many,\nKit 3,,own.toml\nKit 4,,none.toml\n")
	if err := os.WriteFile(filepath.Join(b.Beside, "own.toml.txt"), []byte("[provider]\r\nname = \"ST+\"\r\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	results := run(t, b)
	if got, want := outcomes(results), "2 kit-1.img made; 3  refused; 4 kit-3.img made; 5  refused"; got != want {
		t.Fatalf("got  %s\nwant %s", got, want)
	}
	if diff := cmp.Diff([]string{"kit-1.img", "kit-3.img"}, left(t, b.Out)); diff != "" {
		t.Error(diff)
	}
	c := opened(t, filepath.Join(b.Out, "kit-3.img")).Inspect()
	if c.Profile == nil || c.Profile.Kit != "Kit 3" || len(c.Problems) > 0 {
		t.Errorf("%+v", c)
	}
}

// The same command goes on where it stopped, and never replaces a card that differs unless told to.
func TestAgain(t *testing.T) {
	for _, packed := range []bool{false, true} {
		b := batch(t, "kit.name\nKit 1\nKit 2\n")
		b.Packed = packed
		ending := map[bool]string{false: ".img", true: ".img.gz"}[packed]
		first := run(t, b)
		if err := os.Remove(filepath.Join(b.Out, "kit-2"+ending)); err != nil {
			t.Fatal(err)
		}
		second := run(t, b)
		if got, want := outcomes(second), strings.ReplaceAll("2 kit-1.img unchanged; 3 kit-2.img made", ".img", ending); got != want {
			t.Errorf("got  %s\nwant %s", got, want)
		}
		if first[0].Sum != second[0].Sum || len(first[0].Sum) != 64 {
			t.Errorf("sha256 %s, then %s", first[0].Sum, second[0].Sum)
		}
		whole := b.Base
		for what, change := range map[string]func(){
			"another profile": func() {
				b.Base, b.Common = whole, shared(t, strings.ReplaceAll(trunk, "sip.example.net", "sip2.example.net"))
			},
			"another base": func() {
				b.Base, b.Common = opened(t, kittest.Card{Boot: map[string]string{"vmlinuz": "another kernel"}}.Write(t)), shared(t, trunk)
			},
		} {
			change()
			for _, r := range run(t, b) {
				want := filepath.Join(b.Out, r.File) + " is there with another profile or from another base: -force makes it again"
				if r.Outcome != Refused || r.Err.Error() != want {
					t.Errorf("%s: %s, %v", what, r.Outcome, r.Err)
				}
			}
		}
		b.Force = true
		if got, want := outcomes(run(t, b)), strings.ReplaceAll("2 kit-1.img made; 3 kit-2.img made", ".img", ending); got != want {
			t.Errorf("got  %s\nwant %s", got, want)
		}
	}
}

// A card with one byte changed anywhere, or cut off, is not taken for finished.
func TestDamagedCardIsNotPassedOver(t *testing.T) {
	b := batch(t, "kit.name\nKit 1\n")
	run(t, b)
	name := filepath.Join(b.Out, "kit-1.img")
	good := contents(t, name)
	for what, damage := range map[string]func([]byte) []byte{
		"boot": func(c []byte) []byte { c[kittest.BootAt+70000] ^= 1; return c },
		"root": func(c []byte) []byte { c[kittest.RootAt+99] ^= 1; return c },
		"end":  func(c []byte) []byte { c[len(c)-1] ^= 1; return c },
		"profile": func(c []byte) []byte {
			return []byte(strings.ReplaceAll(string(c), "sip.example.net", "sip.example.org"))
		},
		"cut off": func(c []byte) []byte { return c[:len(c)/2] },
		"longer":  func(c []byte) []byte { return append(c, 0) },
	} {
		if err := os.WriteFile(name, damage([]byte(string(good))), 0o600); err != nil {
			t.Fatal(err)
		}
		if r := run(t, b)[0]; r.Outcome != Refused {
			t.Errorf("%s: %s", what, r.Outcome)
		}
	}
}

func TestStoppedBatch(t *testing.T) {
	var list strings.Builder
	list.WriteString("kit.name\n")
	for i := range 20 {
		fmt.Fprintf(&list, "Kit %d\n", i)
	}
	b := batch(t, list.String())
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	b.Report = func(r Result, of int) {
		if of != 20 {
			t.Errorf("%d kits", of)
		}
		cancel()
	}
	results, err := b.Run(ctx)
	if err != nil {
		t.Fatal(err)
	}
	made := []string{}
	for _, r := range results {
		switch r.Outcome {
		case Made:
			made = append(made, r.File)
		case NotMade:
		default:
			t.Errorf("%s: %s, %v", r.File, r.Outcome, r.Err)
		}
	}
	if len(made) == 0 || len(made) == 20 || len(left(t, b.Out)) != len(made) {
		t.Errorf("made %v, there are %v", made, left(t, b.Out))
	}
	for _, r := range run(t, &Batch{Base: b.Base, List: b.List, Common: b.Common, Out: b.Out, AtOnce: 2}) {
		if r.Outcome != Made && r.Outcome != Unchanged {
			t.Errorf("going on: %s %s, %v", r.File, r.Outcome, r.Err)
		}
	}
}

func TestResultTable(t *testing.T) {
	name := filepath.Join(t.TempDir(), ResultName)
	err := WriteResults(name, ';', []Result{
		{Line: 2, Kit: "Kit 1", File: "kit-1.img", Sum: "abc", Outcome: Made},
		{Line: 3, Kit: "=1+1", Outcome: Refused, Err: errors.New("a\nb; \"c\"")},
		{Line: 4, Kit: "Kit 3", File: "kit-3.img", Outcome: NotMade},
	})
	if err != nil {
		t.Fatal(err)
	}
	want := "line;kit;file;sha256;result\r\n2;Kit 1;kit-1.img;abc;made\r\n3;'=1+1;;;\"refused: a; b; \"\"c\"\"\"\r\n4;Kit 3;kit-3.img;;not made\r\n"
	if diff := cmp.Diff(want, string(contents(t, name))); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{ResultName}, left(t, filepath.Dir(name))); diff != "" {
		t.Error(diff)
	}
}

// A disk that fails is the machine's fault, not the list's.
func TestReadingFails(t *testing.T) {
	b := batch(t, "kit.name\nKit 1\n")
	broken := *b.Base
	broken.reader = failing{}
	b.Base = &broken
	if r := run(t, b)[0]; r.Outcome != Failed || !errors.Is(r.Err, io.ErrNoProgress) {
		t.Errorf("%s: %v", r.Outcome, r.Err)
	}
	if names := left(t, b.Out); len(names) > 0 {
		t.Errorf("left: %v", names)
	}
}

type failing struct{}

func (failing) ReadAt([]byte, int64) (int, error) { return 0, io.ErrNoProgress }
