package importer

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"trunktester/appliance/catalogue"
	"trunktester/appliance/report"
)

func sample(kit, clock string) report.Report {
	r := report.Build(report.Input{ID: "ABCDEFGHIJ", Started: time.Date(2026, 11, 25, 14, 2, 33, 0, time.UTC),
		Finished: time.Date(2026, 11, 25, 14, 2, 38, 0, time.UTC), Verdict: catalogue.Finding{Code: "4-2", Title: "wrong password"}})
	r.Kit, r.Clock = report.Text(kit), clock
	return r
}

func TestAReportIsWrittenOnceAndOverNothing(t *testing.T) {
	s := newStick(t, nil)
	r := sample("Kit 0042", "ntp")
	const base = "trunktester-Kit-0042-2026-11-25-1402-4-2"
	s.put(t, base+".txt", "somebody's notes")
	if size, err := Wanted(s.Root, r); size == 0 || err != nil {
		t.Fatalf("%d bytes wanted, %v", size, err)
	}
	name, err := WriteReport(s.Root, r)
	if err != nil || name != base+"-2" {
		t.Fatalf("%q, %v", name, err)
	}
	if s.text(t, base+".txt") != "somebody's notes" {
		t.Error("a file was overwritten")
	}
	text := s.text(t, name+".txt")
	if !strings.Contains(text, "wrong password") || strings.Count(text, "\n") != strings.Count(text, "\r\n") {
		t.Errorf("text:\n%s", text)
	}
	if page := s.text(t, name+".html"); !strings.Contains(page, "wrong password") {
		t.Error("the page says nothing")
	}
	if back, err := report.Decode([]byte(s.text(t, name+".json"))); err != nil || back.ID != r.ID {
		t.Errorf("JSON: %v, %v", back.ID, err)
	} else if size, err := Wanted(s.Root, back); size != 0 || err != nil { // as it comes out of the store later
		t.Errorf("the same report, kept meanwhile, is wanted again: %d bytes, %v", size, err)
	}
	if again, err := WriteReport(s.Root, r); again != "" || err != nil {
		t.Errorf("written again as %q, %v", again, err)
	}
	other := r
	other.ID = "KLMNOPQRST" // within the same minute
	if name, err := WriteReport(s.Root, other); err != nil || name != base+"-3" {
		t.Errorf("%q, %v", name, err)
	}
}

// A folder in the way of the second file: what was written before it goes away again.
func TestAReportIsWholeOrNotThere(t *testing.T) {
	s := newStick(t, nil)
	r := sample("", "ntp")
	if err := os.Mkdir(filepath.Join(s.dir, r.FileName()+".html.new"), 0o700); err != nil {
		t.Fatal(err)
	}
	if name, err := WriteReport(s.Root, r); err == nil || name != "" {
		t.Errorf("%q, %v", name, err)
	}
	if _, err := os.Stat(filepath.Join(s.dir, r.FileName()+".txt")); !errors.Is(err, os.ErrNotExist) {
		t.Error("half a report stays")
	}
}

// Who has only the stick finds the box's page from it.
func TestAReportSaysWhereThePageIs(t *testing.T) {
	s := newStick(t, nil)
	name, err := WriteReport(s.Root, sample("Kit 0042", "ntp"), "http://trunktester-kit-0042.local/", "http://192.168.1.20/")
	if err != nil {
		t.Fatal(err)
	}
	if text := s.text(t, name+".txt"); !strings.Contains(text, "http://trunktester-kit-0042.local/ or http://192.168.1.20/") {
		t.Errorf("text:\n%s", text)
	}
	page := s.text(t, name+".html")
	if !strings.Contains(page, "<b>http://trunktester-kit-0042.local/</b> or <b>http://192.168.1.20/</b>") || !strings.Contains(page, `class="qr"`) {
		t.Error("the page does not say it, or has no QR code")
	}
}
