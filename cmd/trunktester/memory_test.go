package main

import (
	"os"
	"slices"
	"strings"
	"testing"
)

func TestMapped(t *testing.T) {
	got := mapped(strings.NewReader(`00010000-00a1c000 r-xp 00000000 b3:02 1234                       /user/trunktester
00a20000-01300000 r--p 00a10000 b3:02 1234                       /user/trunktester
4000000000-4000400000 rw-p 00000000 00:00 0
ffff7000-ffff8000 r-xp 00000000 00:00 0                          [vdso]
nonsense
`), "/user/trunktester")
	if want := []span{{0x10000, 0xa1c000}, {0xa20000, 0x1300000}}; !slices.Equal(got, want) {
		t.Errorf("%x", got)
	}
}

// The program's own file is found, and kept in memory where that is allowed.
func TestTheProgramStaysInMemory(t *testing.T) {
	err := stayInMemory()
	if err != nil && os.Geteuid() != 0 {
		t.Logf("only root may keep so much: %v", err) // as on the card
		return
	}
	if err != nil {
		t.Error(err)
	}
	text, err := os.ReadFile("/proc/self/status")
	if err != nil {
		t.Fatal(err)
	}
	_, after, _ := strings.Cut(string(text), "VmLck:")
	if kept := strings.Fields(after)[0]; len(kept) < 4 { // kB
		t.Errorf("%s kB are kept in memory", kept)
	}
}
