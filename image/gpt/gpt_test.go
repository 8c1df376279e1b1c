package gpt

import (
	"bytes"
	"encoding/binary"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// table is a card with partitions from the first to the last sector of each pair.
func table(pairs ...[2]uint64) []byte {
	b := make([]byte, 3*Sector)
	copy(b[Sector:], "EFI PART")
	le := binary.LittleEndian
	le.PutUint64(b[Sector+72:], 2)
	le.PutUint32(b[Sector+80:], 4)
	le.PutUint32(b[Sector+84:], 128)
	for i, p := range pairs {
		e := b[2*Sector+128*i:]
		e[0] = 1
		le.PutUint64(e[32:], p[0])
		le.PutUint64(e[40:], p[1])
	}
	return b
}

func TestRead(t *testing.T) {
	got, err := Read(bytes.NewReader(table([2]uint64{8, 9}, [2]uint64{10, 10})))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]Partition{{4096, 1024}, {5120, 512}}, got); diff != "" {
		t.Error(diff)
	}
	for name, b := range map[string][]byte{
		"empty":     nil,
		"no table":  make([]byte, 3*Sector),
		"backwards": table([2]uint64{9, 8}),
		"cut off":   table()[:2*Sector],
	} {
		if got, err := Read(bytes.NewReader(b)); err == nil {
			t.Errorf("%s: %v and no error", name, got)
		}
	}
}

func FuzzRead(f *testing.F) {
	f.Add(table([2]uint64{8, 9}))
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, b []byte) {
		all, err := Read(bytes.NewReader(b))
		for _, p := range all {
			if err == nil && (p.Offset < 0 || p.Size <= 0) {
				t.Errorf("%+v", p)
			}
		}
	})
}
