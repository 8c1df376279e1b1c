package main

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestParseDump(t *testing.T) {
	got, err := parseDump("000000003f200000: 0x00000000 0x00024000\r\n000000003f200008: 0xffffffff\r\n")
	if diff := cmp.Diff([]uint32{0, 0x24000, 0xffffffff}, got); diff != "" || err != nil {
		t.Error(diff, err)
	}
	for _, bad := range []string{"Cannot access memory", "3f200000: 0xnonsense"} {
		if got, err := parseDump(bad); err == nil {
			t.Errorf("%q: %v and no error", bad, got)
		}
	}
}
