package store

import (
	"bytes"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var (
	home  = Site{GatewayMAC: "02:00:00:00:00:01", Public: netip.MustParseAddr("203.0.113.7")}
	away  = Site{GatewayMAC: "02:00:00:00:00:02", Public: netip.MustParseAddr("203.0.113.8")}
	moved = Site{GatewayMAC: "02:00:00:00:00:09", Public: home.Public} // another router, the same line
)

func save(t *testing.T, s *Store, id string, site Site) {
	t.Helper()
	if err := s.Save(id, site, []byte("report "+id+"\nsecond line")); err != nil {
		t.Fatal(err)
	}
}

func ids(entries []Entry) (list []string) {
	for _, e := range entries {
		list = append(list, fmt.Sprintf("%s/%d", e.ID, e.History))
	}
	return list
}

func TestReportsAreKeptAcrossRestarts(t *testing.T) {
	run, perm := dirs(t)
	s := Open(run, perm)
	for i := range kept + 5 {
		save(t, s, fmt.Sprintf("r%02d", i), home)
	}
	os.RemoveAll(run)
	s = Open(run, perm)
	entries := s.Reports()
	if len(entries) != kept || entries[0].ID != "r24" || entries[kept-1].ID != "r05" {
		t.Fatalf("kept %v", ids(entries))
	}
	got, err := s.Report("r24")
	if want := "report r24\nsecond line"; err != nil || string(got) != want {
		t.Errorf("%q, %v", got, err)
	}
	for _, id := range []string{"r00", "nobody", "", "../ledger", ".previous", "a/b"} {
		if _, err := s.Report(id); !errors.Is(err, ErrNoReport) {
			t.Errorf("report %q: %v", id, err)
		}
	}
	if err := s.Save("../x", home, nil); err == nil {
		t.Error("a path was taken for an id")
	}
	if len(s.Problems()) != 0 {
		t.Error(s.Problems())
	}
}

func TestHistories(t *testing.T) {
	run, perm := dirs(t)
	s := Open(run, perm)
	save(t, s, "a", home)
	save(t, s, "b", moved)
	save(t, s, "c", away)
	save(t, s, "d", home)
	save(t, s, "e", Site{}) // unknown: never the same
	if err := s.NewHistory(); err != nil {
		t.Fatal(err)
	}
	s = Open(run, perm)
	save(t, s, "f", home)
	save(t, s, "g", home)
	want := []string{"g/4", "f/4", "e/3", "d/1", "c/2", "b/1", "a/1"}
	if diff := cmp.Diff(want, ids(s.Reports())); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestDamagedReportIsLeftOutAndTold(t *testing.T) {
	run, perm := dirs(t)
	s := Open(run, perm)
	save(t, s, "a", home)
	save(t, s, "b", home)
	name := filepath.Join(perm, reportsDir, "b")
	content, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, content[:len(content)-1], 0o600); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"a/1"}, ids(s.Reports())); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if _, err := s.Report("b"); !errors.Is(err, ErrNoReport) {
		t.Errorf("damaged report: %v", err)
	}
	if p := s.Problems(); len(p) != 1 || !errors.Is(p[0].Err, errCorrupt) {
		t.Errorf("problems %v", p)
	}
	save(t, s, "b", home)
	if s.Reports(); len(s.Problems()) != 0 {
		t.Errorf("problems stay: %v", s.Problems())
	}
}

func TestReportSavedAgainReplacesTheOld(t *testing.T) {
	run, perm := dirs(t)
	s := Open(run)
	save(t, s, "a", home)
	s = Open(run, perm)
	if err := s.Save("a", home, []byte("new")); err != nil {
		t.Fatal(err)
	}
	got, err := s.Report("a")
	if err != nil || string(got) != "new" || len(s.Reports()) != 1 {
		t.Errorf("%q, %v, %v", got, err, ids(s.Reports()))
	}
}

// What is not worth a write to the card must not push out what is there, and is gone with the power.
func TestHeldReportsLieInTheWorkingMemory(t *testing.T) {
	run, perm := dirs(t)
	s := Open(run, perm)
	for i := range kept {
		save(t, s, fmt.Sprintf("r%02d", i), home)
	}
	for i := range 2 * kept {
		if err := s.Hold(fmt.Sprintf("h%02d", i), home, []byte("held")); err != nil {
			t.Fatal(err)
		}
	}
	s = Open(run, perm)
	entries := s.Reports()
	if len(entries) != 2*kept || entries[0].ID != "h39" || entries[0].History != 1 || entries[kept].ID != "r19" {
		t.Errorf("kept %v", ids(entries))
	}
	if got, err := s.Report("h39"); err != nil || string(got) != "held" {
		t.Errorf("%q, %v", got, err)
	}
	save(t, s, "new", home)
	if entries := s.Reports(); entries[0].ID != "new" || entries[0].Number != 3*kept+1 {
		t.Errorf("the next one is %+v", entries[0])
	}
	if err := os.RemoveAll(run); err != nil {
		t.Fatal(err)
	}
	if entries = Open(run, perm).Reports(); len(entries) != kept || entries[0].ID != "new" || entries[kept-1].ID != "r01" {
		t.Errorf("after a power cut %v", ids(entries))
	}
}

func TestHeldReportsWithoutWorkingMemory(t *testing.T) {
	run, perm := dirs(t)
	if err := os.WriteFile(run, nil, 0o600); err != nil { // nothing can be written there
		t.Fatal(err)
	}
	s := Open(run, perm)
	if err := s.Hold("a", home, []byte("held")); err != nil {
		t.Fatal(err)
	}
	if got, err := s.Report("a"); err != nil || string(got) != "held" {
		t.Errorf("%q, %v", got, err)
	}
}

func TestWipeTakesHeldReports(t *testing.T) {
	run, perm := dirs(t)
	s := Open(run, perm)
	if err := s.Hold("a", home, []byte("held")); err != nil {
		t.Fatal(err)
	}
	if err := s.Wipe(); err != nil {
		t.Fatal(err)
	}
	if got := s.Reports(); len(got) != 0 {
		t.Errorf("%v", ids(got))
	}
}

func FuzzReport(f *testing.F) {
	f.Add([]byte(`{"id":"a","site":{"gateway_mac":"x","public_ip":"203.0.113.7"},"history":1,"number":2}` + "\nbody"))
	f.Add([]byte("{}\n"))
	f.Add([]byte("\n"))
	f.Fuzz(func(t *testing.T, body []byte) {
		_, report, err := parseReport(body)
		if err != nil && !errors.Is(err, errCorrupt) {
			t.Fatalf("error without a type: %v", err)
		}
		if err == nil && !bytes.HasSuffix(body, report) {
			t.Fatal("the report is not what was saved")
		}
		if got, err := unseal("report", seal("report", body)); err != nil || !bytes.Equal(got, body) {
			t.Fatalf("sealed and unsealed: %v", err)
		}
	})
}
