package store

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"time"

	"trunktester/probes/facts"
)

const (
	lifetimesFile = "lifetimes"
	lifetimesKind = "lifetimes"
	mostLifetimes = 8 // lines: a site has one or two

	// lifetimeAge is how long a measurement is believed: routers get new settings and new software.
	lifetimeAge = 24 * time.Hour
)

// Line is one way out of a site: its router, and the address behind which that hides.
type Line struct {
	GatewayMAC string
	Public     netip.Addr // zero where nobody told it, or where there are several
}

// LineOf is the line that a run stood on; false where its router is not known.
func LineOf(f facts.Facts) (Line, bool) {
	if f.Gateway == nil || f.Gateway.MAC == "" {
		return Line{}, false
	}
	l := Line{GatewayMAC: f.Gateway.MAC}
	if f.Public != nil {
		l.Public = f.Public.Addr
	}
	return l, true
}

// lifetime is what was measured on one line.
type lifetime struct {
	GatewayMAC string         `json:"gateway_mac"`
	Public     netip.Addr     `json:"public"`
	At         moment         `json:"at"`
	Found      facts.Lifetime `json:"found"`
}

func (l lifetime) on(line Line) bool {
	return l.GatewayMAC == line.GatewayMAC && l.Public == line.Public
}

// Lifetime is the lifetime of a NAT mapping that was last measured on the line, with its age; nil when none was within a
// day. now is the true time where it is known, else zero: then the age is the least that it may be.
func (s *Store) Lifetime(on Line, now time.Time) *facts.Lifetime {
	kept, _ := within(s, s.patience, func() ([]lifetime, error) { // a Problem tells
		places := s.enter()
		defer leave(places)
		return s.lifetimes(places), nil
	})
	at := s.now()
	at.True = now.Round(0)
	for _, l := range kept {
		ago := max(at.ago(l.At), time.Millisecond) // 0 stands for the present run
		if l.on(on) && ago < lifetimeAge {
			l.Found.Ago = facts.Duration(ago)
			return &l.Found
		}
	}
	return nil
}

// KeepLifetime writes down what was measured just now on the line, in the place of what was before. now is the true time
// where it is known, else zero. Whatever the error, the program itself remembers.
func (s *Store) KeepLifetime(on Line, found facts.Lifetime, now time.Time) error {
	return s.alone(s.patience, func() error {
		places := s.enter()
		defer leave(places)
		at := s.now()
		at.True = now.Round(0)
		all := slices.DeleteFunc(s.lifetimes(places), func(l lifetime) bool { return l.on(on) })
		all = append(all, lifetime{GatewayMAC: on.GatewayMAC, Public: on.Public, At: at, Found: found})
		s.lives = all[max(0, len(all)-mostLifetimes):]
		body, err := json.Marshal(s.lives)
		if err != nil {
			return fmt.Errorf("encode lifetimes: %w", err)
		}
		var failed []error
		for _, p := range places {
			err := write(p.root, lifetimesFile, lifetimesKind, body)
			s.note(p.dir, "lifetimes", "write", err)
			failed = append(failed, err)
		}
		return errors.Join(failed...)
	})
}

// lifetimes is what this program remembers, else what the most durable directory that has a file holds.
func (s *Store) lifetimes(places []place) []lifetime {
	if s.lives != nil {
		return slices.Clone(s.lives)
	}
	for _, p := range slices.Backward(places) {
		kept, found, err := newestWhole(p.root, lifetimesFile, lifetimesKind, parseLifetimes)
		s.note(p.dir, "lifetimes", "read", ignoreMissing(err))
		if found {
			return kept
		}
	}
	return nil
}

// parseLifetimes reads the file; what was not written by us is damaged.
func parseLifetimes(body []byte) ([]lifetime, error) {
	var all []lifetime
	if err := json.Unmarshal(body, &all); err != nil {
		return nil, fmt.Errorf("lifetimes: %w: %w", errCorrupt, err)
	}
	if len(all) > mostLifetimes {
		return nil, fmt.Errorf("%d lifetimes: %w", len(all), errCorrupt)
	}
	return all, nil
}
