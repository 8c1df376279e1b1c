package prints

import (
	"bytes"
	"flag"
	"os"
	"testing"

	"trunktester/image/paper"
)

var update = flag.Bool("update", false, "write the files in docs")

// golden compares with a file; run with -update after a change of what the file is made from.
func golden(t *testing.T, file string, got []byte) {
	t.Helper()
	if *update {
		if err := os.WriteFile(file, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("%s differs: run \"make tables\" and look at it", file)
	}
}

// checkLayout fails where a mark leaves the paper's printable part, or two texts lie on each other.
func checkLayout(t *testing.T, d paper.Drawing, margin float64) {
	t.Helper()
	inner := paper.Rect{Left: margin, Top: margin, Right: d.Width - margin, Bottom: d.Height - margin}
	var texts []paper.Text
	for _, m := range d.Marks {
		if !m.Bounds().Within(inner) {
			t.Errorf("%+v leaves the paper: %+v is not within %+v", m, m.Bounds(), inner)
		}
		if text, ok := m.(paper.Text); ok {
			if text.Font.Size < smallest {
				t.Errorf("%q is too small: %v points", text.Words, text.Font.Size)
			}
			texts = append(texts, text)
		}
	}
	for i, a := range texts {
		for _, b := range texts[i+1:] {
			if a.Bounds().Overlaps(b.Bounds()) {
				t.Errorf("%q lies on %q", a.Words, b.Words)
			}
		}
	}
}
