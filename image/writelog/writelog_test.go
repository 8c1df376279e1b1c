package writelog

import (
	"bytes"
	"encoding/binary"
	"errors"
	"math/rand/v2"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const sector = 512

// recorded writes a log as qemu does: a letter fills one sector, '|' is a flush.
func recorded(session string) []byte {
	le := binary.LittleEndian
	log := make([]byte, sector)
	le.PutUint64(log, magic)
	le.PutUint64(log[8:], version)
	le.PutUint64(log[16:], uint64(len(session)))
	le.PutUint32(log[24:], sector)
	for i, c := range session {
		entry := make([]byte, sector)
		if c == '|' {
			le.PutUint64(entry[16:], flagFlush)
			log = append(log, entry...)
			continue
		}
		le.PutUint64(entry, uint64(i))
		le.PutUint64(entry[8:], 1)
		if c >= 'A' && c <= 'Z' {
			le.PutUint64(entry[16:], flagFUA)
		}
		log = append(log, entry...)
		log = append(log, bytes.Repeat([]byte{byte(c)}, sector)...)
	}
	return log
}

func read(t *testing.T, log []byte) *Log {
	t.Helper()
	l, err := Read(bytes.NewReader(log), int64(len(log)))
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func TestRead(t *testing.T) {
	l := read(t, recorded("a|bC"))
	var got string
	for _, e := range l.Entries {
		if e.Flush {
			got += "|"
			continue
		}
		data, err := l.Data(e)
		if err != nil || len(data) != sector {
			t.Fatal(len(data), err)
		}
		got += string(data[:1])
	}
	if got != "a|bC" {
		t.Errorf("read %q", got)
	}
	if e := l.Entries[3]; e.At != 3*sector || e.Size != sector || !e.Lasts {
		t.Errorf("%+v", e)
	}
}

func TestDamagedLogs(t *testing.T) {
	good := recorded("a|b")
	for name, damage := range map[string]func([]byte) []byte{
		"empty":         func(b []byte) []byte { return nil },
		"another magic": func(b []byte) []byte { b[0] ^= 1; return b },
		"cut off":       func(b []byte) []byte { return b[:len(b)-1] },
		"huge sectors":  func(b []byte) []byte { b[27] = 0x7f; return b },
		"more entries":  func(b []byte) []byte { b[16]++; return b },
		"a huge write":  func(b []byte) []byte { b[sector+11] = 0xff; return b },
	} {
		log := damage(bytes.Clone(good))
		if _, err := Read(bytes.NewReader(log), int64(len(log))); !errors.Is(err, ErrFormat) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestCuts: before the first write, and after each entry, with what the flushes made lasting.
func TestCuts(t *testing.T) {
	want := []Cut{{0, 0}, {0, 1}, {2, 2}, {2, 3}, {2, 4}}
	if diff := cmp.Diff(want, read(t, recorded("a|bc")).Cuts()); diff != "" {
		t.Error(diff)
	}
}

func TestSurvivors(t *testing.T) {
	l := read(t, recorded("a|bCd"))
	said := func(c Cut, lost Lost, seed uint64) string {
		var s string
		for _, p := range l.Survivors(c, lost, rand.New(rand.NewPCG(seed, 0))) {
			data, err := l.Data(p.Entry)
			if err != nil {
				t.Fatal(err)
			}
			s += string(data[p.From : p.From+1])
		}
		return s
	}
	end := Cut{2, 5}
	if got := said(end, None, 0); got != "bCd" {
		t.Errorf("no cache: %q", got)
	}
	if got := said(end, All, 0); got != "C" {
		t.Errorf("a full cache: %q, but what was written with FUA lasts", got)
	}
	seen := map[string]bool{}
	for seed := range uint64(100) {
		if said(end, Some, seed) != said(end, Some, seed) {
			t.Fatalf("seed %d is not repeatable", seed)
		}
		seen[said(end, Some, seed)] = true
	}
	want := map[string]bool{"C": true, "bC": true, "Cd": true, "bCd": true}
	if diff := cmp.Diff(want, seen); diff != "" {
		t.Error(diff)
	}
}

func FuzzRead(f *testing.F) {
	f.Add(recorded("a|bC"))
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, log []byte) {
		l, err := Read(bytes.NewReader(log), int64(len(log)))
		if err != nil {
			return
		}
		for _, e := range l.Entries {
			if e.Discard {
				continue // may be larger than any memory
			}
			if _, err := l.Data(e); err != nil {
				t.Errorf("%+v: %v", e, err)
			}
		}
	})
}
