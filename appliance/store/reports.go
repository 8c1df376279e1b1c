package store

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"regexp"
	"slices"
	"strings"
)

const (
	reportsDir  = "reports"
	reportKind  = "report"
	historyFile = "history"
	historyKind = "history"
)

// ErrNoReport: no report of that id is kept.
var ErrNoReport = errors.New("no such report")

// Site is where the box stands: two runs are at the same site when either address is the same.
type Site struct {
	GatewayMAC string     `json:"gateway_mac"`        // "" when not known
	Public     netip.Addr `json:"public_ip"`          // zero when not known
	Position   string     `json:"position,omitempty"` // within the site; "" when not told
}

// Known says that something tells this site from others.
func (s Site) Known() bool { return s.GatewayMAC != "" || s.Public.IsValid() }

// Same compares what is known of both.
func (s Site) Same(t Site) bool {
	return s.GatewayMAC != "" && strings.EqualFold(s.GatewayMAC, t.GatewayMAC) || s.Public.IsValid() && s.Public == t.Public
}

// Entry is one kept report.
type Entry struct {
	ID      string `json:"id"`
	Site    Site   `json:"site"`
	History int    `json:"history"` // reports with the same number were made at the same site
	Number  int    `json:"number"`  // rises with every report

	dir  string // where it is kept
	size int    // bytes of the file
}

var validID = regexp.MustCompile(`^[0-9A-Za-z][0-9A-Za-z._-]{0,63}$`)

// known reports whether anything is known of the place.
func (s Site) known() bool { return s.GatewayMAC != "" || s.Public.IsValid() }

// Save keeps a report, in the most durable directory that takes it, and drops what is then too much there: see
// surplus. The bytes stay as they are. The id is 1 to 64 letters, digits, dots, dashes and underscores.
func (s *Store) Save(id string, site Site, report []byte) error {
	return s.keep(id, site, report, func(places []place) { slices.Reverse(places) })
}

// Hold keeps a report that is not worth a write to the card: as Save does, but in the most volatile directory.
func (s *Store) Hold(id string, site Site, report []byte) error {
	return s.keep(id, site, report, func([]place) {})
}

// keep writes a report to the first directory that takes it, in an order of choice.
func (s *Store) keep(id string, site Site, report []byte, order func([]place)) error {
	if !validID.MatchString(id) {
		return fmt.Errorf("save report %q: not an id", id)
	}
	return s.alone(s.patience, func() error { return s.kept(id, site, report, order) })
}

func (s *Store) kept(id string, site Site, report []byte, order func([]place)) error {
	places := s.enter()
	defer leave(places)
	entries := s.entries(places)
	e := Entry{ID: id, Site: site, Number: 1, History: s.historyFor(places, entries, site)}
	if len(entries) > 0 {
		e.Number = entries[0].Number + 1
	}
	head, err := json.Marshal(e)
	if err != nil {
		return fmt.Errorf("save report %s: %w", id, err)
	}
	content := seal(reportKind, append(append(head, '\n'), report...))
	e.size = len(content)
	if len(content) > largest {
		return fmt.Errorf("save report %s: %d bytes are more than %d", id, len(content), largest)
	}
	order(places)
	for _, p := range places {
		err := writeReport(p, id, content)
		s.note(p.dir, "reports", "write", err)
		if err == nil {
			e.dir = p.dir
			break
		}
	}
	if e.dir == "" {
		return fmt.Errorf("save report %s: no directory took it", id)
	}
	former := slices.DeleteFunc(entries, func(old Entry) bool { return old.ID == id })
	for _, p := range places {
		if p.dir != e.dir {
			p.root.Remove(reportPath(id)) // an older report of that id
			continue
		}
		s.drop(p, append([]Entry{e}, slices.DeleteFunc(former, func(old Entry) bool { return old.dir != p.dir })...))
	}
	return nil
}

// drop removes what is too much in one directory; its entries stand newest first.
func (s *Store) drop(p place, entries []Entry) {
	for _, e := range surplus(entries) {
		if err := p.root.Remove(reportPath(e.ID)); !errors.Is(err, os.ErrNotExist) {
			s.note(p.dir, "reports", "drop", err)
		}
	}
}

// Reports lists what is kept, newest first. Damaged ones are left out and become a Problem.
func (s *Store) Reports() []Entry {
	list, _ := within(s, s.patience, func() ([]Entry, error) { // a Problem tells
		places := s.enter()
		defer leave(places)
		return s.entries(places), nil
	})
	return list
}

// History lists the reports of a site, newest first: those that a report made there now would join.
func (s *Store) History(site Site) []Entry {
	list, _ := within(s, s.patience, func() ([]Entry, error) { // a Problem tells
		places := s.enter()
		defer leave(places)
		entries := s.entries(places)
		history := s.historyFor(places, entries, site)
		return slices.DeleteFunc(entries, func(e Entry) bool { return e.History != history }), nil
	})
	return list
}

// Report gives a kept report as it was saved; ErrNoReport when there is none, or it is damaged.
func (s *Store) Report(id string) ([]byte, error) {
	if !validID.MatchString(id) {
		return nil, fmt.Errorf("report %q: %w", id, ErrNoReport)
	}
	return within(s, s.patience, func() ([]byte, error) { return s.report(id) })
}

func (s *Store) report(id string) ([]byte, error) {
	places := s.enter()
	defer leave(places)
	for _, p := range slices.Backward(places) {
		if e, report, err := readReport(p, id); err == nil && e.ID == id {
			return report, nil
		}
	}
	return nil, fmt.Errorf("report %s: %w", id, ErrNoReport)
}

// NewHistory makes the next report begin a new history, wherever it is made.
func (s *Store) NewHistory() error { return s.alone(s.patience, s.newHistory) }

func (s *Store) newHistory() error {
	places := s.enter()
	defer leave(places)
	next, _ := json.Marshal(s.lastHistory(places, s.entries(places)) + 1) // a number always encodes
	done := false
	for _, p := range places {
		err := write(p.root, historyFile, historyKind, next)
		s.note(p.dir, "reports", "history", err)
		done = done || err == nil
	}
	if !done {
		return errors.New("new history: no directory took it")
	}
	return nil
}

// historyFor is the history of the newest report from the same site, unless a new one was asked for since.
func (s *Store) historyFor(places []place, entries []Entry, site Site) int {
	least := s.leastHistory(places)
	for _, e := range entries {
		if e.Site.Same(site) && e.History >= least {
			return e.History
		}
	}
	return max(least, s.lastHistory(nil, entries)+1)
}

func (s *Store) lastHistory(places []place, entries []Entry) int {
	last := s.leastHistory(places)
	for _, e := range entries {
		last = max(last, e.History)
	}
	return last
}

// leastHistory is the number that the last NewHistory gave, 0 when there was none.
func (s *Store) leastHistory(places []place) int {
	least := 0
	for _, p := range places {
		n, _, err := newestWhole(p.root, historyFile, historyKind, parseHistory)
		s.note(p.dir, "reports", "history", ignoreMissing(err))
		least = max(least, n)
	}
	return least
}

func parseHistory(body []byte) (int, error) {
	var n int
	if err := json.Unmarshal(body, &n); err != nil {
		return 0, fmt.Errorf("history: %w: %w", errCorrupt, err)
	}
	return n, nil
}

// entries reads every report's first lines, newest first.
func (s *Store) entries(places []place) []Entry {
	list := []Entry{}
	for _, p := range places {
		s.forget(func(at spot) bool { return at.dir == p.dir && at.what == "report" })
		dir, err := p.root.Open(reportsDir)
		if err != nil {
			s.note(p.dir, "reports", "list", ignoreMissing(err))
			continue
		}
		names, err := dir.Readdirnames(-1)
		dir.Close()
		s.note(p.dir, "reports", "list", err)
		for _, name := range names {
			if !validID.MatchString(name) || strings.HasSuffix(name, previous) || strings.HasSuffix(name, unfinished) {
				continue
			}
			e, _, err := readReport(p, name)
			if err == nil && e.ID != name {
				err = fmt.Errorf("report %s calls itself %q: %w", name, e.ID, errCorrupt)
			}
			s.note(p.dir, "report", name, err)
			if err == nil {
				list = append(list, e)
			}
		}
	}
	slices.SortFunc(list, func(a, b Entry) int { return cmp.Compare(b.Number, a.Number) })
	return slices.CompactFunc(list, func(a, b Entry) bool { return a.ID == b.ID })
}

func reportPath(id string) string { return reportsDir + "/" + id }

func writeReport(p place, id string, content []byte) error {
	if err := p.root.Mkdir(reportsDir, 0o700); err != nil && !errors.Is(err, os.ErrExist) {
		return err
	}
	temporary := reportsDir + unfinished // beside the folder: what a power cut leaves is no report
	if err := writeOut(p.root, temporary, content); err != nil {
		p.root.Remove(temporary)
		return err
	}
	if err := p.root.Rename(temporary, reportPath(id)); err != nil {
		return err
	}
	return errors.Join(syncDir(p.root, reportsDir), syncDir(p.root, "."))
}

func readReport(p place, id string) (Entry, []byte, error) {
	body, err := read(p.root, reportPath(id), reportKind)
	if err != nil {
		return Entry{}, nil, err
	}
	e, report, err := parseReport(body)
	e.dir, e.size = p.dir, len(seal(reportKind, nil))+len(body)
	return e, report, err
}

func parseReport(body []byte) (Entry, []byte, error) {
	head, report, found := bytes.Cut(body, []byte("\n"))
	var e Entry
	if err := json.Unmarshal(head, &e); err != nil || !found {
		return Entry{}, nil, fmt.Errorf("report without its first line: %w", errCorrupt)
	}
	return e, report, nil
}
