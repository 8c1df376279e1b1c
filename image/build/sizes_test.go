package main

import (
	"bytes"
	"encoding/binary"
	"strings"
	"testing"
)

func TestSizes(t *testing.T) {
	for name, c := range map[string]struct {
		sizes sizes
		says  string // "" for nothing
	}{
		"both fit":            {sizes{rootMost, programMost}, ""},
		"a root too large":    {sizes{rootMost + 1, programMost}, "root file system"},
		"a program too large": {sizes{rootMost, programMost + 1}, "program"},
	} {
		err := c.sizes.check()
		if c.says == "" != (err == nil) || err != nil && !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestSquashed(t *testing.T) {
	head := make([]byte, 48)
	copy(head, "hsqs")
	binary.LittleEndian.PutUint64(head[40:], 24<<20)
	if n, err := squashed(bytes.NewReader(head)); n != 24<<20 || err != nil {
		t.Errorf("%d, %v", n, err)
	}
	for _, bad := range [][]byte{head[:40], make([]byte, 48)} {
		if n, err := squashed(bytes.NewReader(bad)); err == nil {
			t.Errorf("%d bytes of nothing", n)
		}
	}
}
