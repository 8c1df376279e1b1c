package report

import (
	"errors"
	"strings"
	"testing"
	"time"

	"rsc.io/qr"

	"trunktester/appliance/catalogue"
)

func TestSlip(t *testing.T) {
	r := Build(sample())
	const want = "TRUNKTESTER 3-2 RED KIT-0042 20260301-093000 1.0.0 "
	got := r.Slip()
	if !strings.HasPrefix(got, want) || len(got) != len(want)+4 {
		t.Fatalf("slip %q", got)
	}
	for _, typed := range []string{got, " " + strings.ToLower(strings.ReplaceAll(got, " ", "  ")) + "\n"} {
		s, err := ParseSlip(typed)
		if err != nil || s != (Slip{Code: "3-2", Severity: catalogue.Red, Kit: "KIT-0042", Run: "20260301-093000", Version: "1.0.0"}) {
			t.Errorf("%q reads %+v, %v", typed, s, err)
		}
	}
	for code, sentence := range map[string]string{"ok": "OK GREEN", "no-trunk": "NO-TRUNK AMBER", "box": "BOX BROKEN"} {
		r := r
		severity := strings.ToLower(strings.Fields(sentence)[1])
		r.Verdict.Code, r.Verdict.Severity, r.Kit, r.Version = code, catalogue.Severity(severity), "", "v1.2.0-3-gabcdef/dirty"
		if got := r.Slip(); !strings.HasPrefix(got, "TRUNKTESTER "+sentence+" - 20260301-093000 V1.2.0-3-GABCDEF-DIRTY ") {
			t.Errorf("%q", got)
		}
		if s, err := ParseSlip(r.Slip()); err != nil || s.Code != code || s.Kit != "" {
			t.Errorf("%+v, %v", s, err)
		}
	}
	running := r
	running.Finished = time.Time{}
	if got := running.Slip(); got != "" {
		t.Errorf("before it ended: %q", got)
	}
}

// Whoever types it from a screen drops, changes or swaps a letter: that is always told.
func TestMistypedSlips(t *testing.T) {
	good := Build(sample()).Slip()
	refused := func(typed string) {
		t.Helper()
		if s, err := ParseSlip(typed); !errors.Is(err, ErrSlipDigits) && !errors.Is(err, ErrNoSlip) {
			t.Errorf("%q reads %+v, %v", typed, s, err)
		}
	}
	for i := range good {
		for _, c := range slipLetters {
			if byte(c) != good[i] && c != ' ' && good[i] != ' ' {
				refused(good[:i] + string(c) + good[i+1:])
			}
		}
		if i > 0 && good[i-1] != good[i] {
			refused(good[:i-1] + string(good[i]) + string(good[i-1]) + good[i+1:])
		}
	}
	for _, typed := range []string{"", "3-2", "TRUNKTESTER", "TRUNKTESTER 3-2 RED 1234", good + " more", "trunktester 3-2 RED KIT ÄÖ 1 1234"} {
		refused(typed)
	}
}

// The QR code stays small enough for a screen at arm's length, also with the longest names.
func TestSlipIsASmallQRCode(t *testing.T) {
	r := Build(sample())
	long := strings.Repeat("wörd ", 40)
	r.Kit, r.Version = Text(long), long
	for text, most := range map[string]int{Build(sample()).Slip(): 29, r.Slip(): 37} {
		c, err := qr.Encode(text, qr.M)
		if err != nil || c.Size > most {
			t.Errorf("%q: %d modules, %v", text, c.Size, err)
		}
	}
}

func FuzzParseSlip(f *testing.F) {
	f.Add(Build(sample()).Slip())
	f.Add("trunktester 3-2 RED - X 1 0000")
	f.Fuzz(func(t *testing.T, text string) {
		s, err := ParseSlip(text)
		if err == nil && (s.Run == "" || s.Code == "") {
			t.Errorf("%q reads %+v", text, s)
		}
	})
}
