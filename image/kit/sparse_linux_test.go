package kit

import (
	"path/filepath"
	"syscall"
	"testing"

	"trunktester/image/kit/kittest"
)

// TestHoles: a card of 1.3 GB takes the room of what is on it, so that a disk holds hundreds of them.
func TestHoles(t *testing.T) {
	out := filepath.Join(t.TempDir(), "kit.img")
	if _, err := Personalise(t.Context(), opened(t, kittest.Card{}.Write(t)), []byte(trunk), out, false); err != nil {
		t.Fatal(err)
	}
	var stat syscall.Stat_t
	if err := syscall.Stat(out, &stat); err != nil {
		t.Fatal(err)
	}
	if taken := stat.Blocks * 512; stat.Size != kittest.Size || taken > kittest.Size/2 {
		t.Errorf("a card of %d bytes takes %d", stat.Size, taken)
	}
}
