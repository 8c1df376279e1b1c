package store

import (
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// site is the n-th place that a box was carried to.
func site(n int) Site { return Site{GatewayMAC: fmt.Sprintf("02:00:00:00:01:%02x", n)} }

// runs are reports newest first: a history's number for each, 0 where nothing was learnt about the place.
func runs(size int, histories ...[2]int) (entries []Entry) {
	for _, h := range histories {
		for range h[1] {
			e := Entry{ID: fmt.Sprintf("%d-%d", h[0], len(entries)), History: h[0], size: size}
			if h[0] > 0 {
				e.Site = site(h[0])
			}
			entries = append(entries, e)
		}
	}
	return entries
}

// left counts what stays of each history.
func left(entries, drop []Entry) map[int]int {
	n := map[int]int{}
	for _, e := range entries {
		n[e.History]++
	}
	for _, e := range drop {
		if n[e.History]--; n[e.History] == 0 {
			delete(n, e.History)
		}
	}
	return n
}

func TestWhatIsKept(t *testing.T) {
	for name, c := range map[string]struct {
		runs [][2]int // newest first: history, runs there
		size int
		want map[int]int
	}{
		"one site":                           {[][2]int{{1, 25}}, 1, map[int]int{1: 20}},
		"two sites keep twenty each":         {[][2]int{{2, 25}, {1, 25}}, 1, map[int]int{2: 20, 1: 20}},
		"back at the first site":             {[][2]int{{1, 3}, {2, 25}, {1, 25}}, 1, map[int]int{1: 20, 2: 20}},
		"the sixth site drops the first":     {[][2]int{{6, 20}, {5, 9}, {4, 9}, {3, 9}, {2, 9}, {1, 9}}, 1, map[int]int{6: 20, 5: 9, 4: 9, 3: 9, 2: 9}},
		"twenty sites of one run each stay":  {[][2]int{{6, 1}, {5, 1}, {4, 1}, {3, 1}, {2, 1}, {1, 1}}, 1, map[int]int{6: 1, 5: 1, 4: 1, 3: 1, 2: 1, 1: 1}},
		"a day with the cable pulled":        {[][2]int{{0, 500}, {1, 20}}, 1, map[int]int{0: 20, 1: 20}},
		"a pulled cable is no site":          {[][2]int{{0, 20}, {5, 2}, {4, 2}, {3, 2}, {2, 2}, {1, 2}}, 1, map[int]int{0: 20, 5: 2, 4: 2, 3: 2, 2: 2, 1: 2}},
		"too large: the oldest site first":   {[][2]int{{3, 10}, {2, 10}, {1, 10}}, 1 << 20, map[int]int{3: 10, 2: 10, 1: 4}},
		"too large: then its next":           {[][2]int{{3, 10}, {2, 10}, {1, 10}}, 2 << 20, map[int]int{3: 10, 2: 2}},
		"too large: at last the site itself": {[][2]int{{3, 10}, {2, 10}}, 6 << 20, map[int]int{3: 4}},
		"one report larger than all":         {[][2]int{{3, 3}}, 30 << 20, map[int]int{3: 1}},
		"nothing":                            {nil, 1, map[int]int{}},
	} {
		entries := runs(c.size, c.runs...)
		drop := surplus(entries)
		if diff := cmp.Diff(c.want, left(entries, drop)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
		for _, e := range drop {
			if e.ID == entries[0].ID {
				t.Errorf("%s: the newest was dropped", name)
			}
		}
	}
}

// What a site keeps are its newest runs.
func TestTheOldestRunsGo(t *testing.T) {
	drop := surplus(runs(1, [2]int{2, 21}, [2]int{1, 21}))
	var got []string
	for _, e := range drop {
		got = append(got, e.ID)
	}
	if diff := cmp.Diff([]string{"2-20", "1-41"}, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// A box of a kit that is used at one customer after the other, read back after each restart.
func TestReportsOfManySites(t *testing.T) {
	run, perm := dirs(t)
	for n := range 7 {
		s := Open(run, perm)
		for i := range kept + 2 {
			save(t, s, fmt.Sprintf("s%d-r%02d", n, i), site(n))
		}
	}
	s := Open(run, perm)
	of := map[string]int{}
	for _, e := range s.Reports() {
		of[e.Site.GatewayMAC]++
	}
	want := map[string]int{}
	for n := 2; n < 7; n++ {
		want[site(n).GatewayMAC] = kept
	}
	if diff := cmp.Diff(want, of); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	files, err := os.ReadDir(filepath.Join(perm, reportsDir))
	if err != nil || len(files) != sites*kept {
		t.Errorf("%d files, %v", len(files), err)
	}
}

// What an older program kept, the newest twenty wherever they were made, is all there after an update.
func TestNothingIsLostOnUpgrade(t *testing.T) {
	var entries []Entry
	for n := range kept {
		entries = append(entries, Entry{ID: fmt.Sprint(n), History: kept - n, Site: Site{Public: netip.AddrFrom4([4]byte{203, 0, 113, byte(n)})}, size: 300 << 10})
	}
	if drop := surplus(entries); len(drop) != 0 {
		t.Errorf("dropped %v", ids(drop))
	}
	newest := Entry{ID: "new", History: kept + 1, Site: home, size: 300 << 10}
	if drop := surplus(append([]Entry{newest}, entries...)); len(drop) != 1 || drop[0].ID != fmt.Sprint(kept-1) {
		t.Errorf("dropped %v", ids(drop))
	}
}
