package sip

import (
	"context"
	"errors"
	"net/netip"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"trunktester/probes/facts"
)

// moments sends n requests of each purpose at once and gives the moments of their admission.
func moments(c *Conduct, purposes ...Purpose) map[Purpose][]time.Time {
	var mu sync.Mutex
	var all sync.WaitGroup
	got := map[Purpose][]time.Time{}
	for _, p := range purposes {
		all.Go(func() {
			if c.admit(context.Background(), p, false) == nil {
				mu.Lock()
				defer mu.Unlock()
				got[p] = append(got[p], time.Now())
			}
		})
	}
	all.Wait()
	return got
}

func repeat(p Purpose, n int) []Purpose { return slices.Repeat([]Purpose{p}, n) }

func TestConductPaces(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := NewConduct(Diagnosis)
		at := moments(c, repeat(Search, 20)...)[Search]
		slices.SortFunc(at, time.Time.Compare)
		for i := 4; i < len(at); i++ {
			if gap := at[i].Sub(at[i-4]); gap < 200*time.Millisecond {
				t.Errorf("five sends within %v", gap)
			}
		}
		if len(at) != 20 {
			t.Errorf("%d sends", len(at))
		}
	})
}

func TestConductLetsTheLoginGoFirst(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := NewConduct(Diagnosis)
		c.admit(t.Context(), Path, false)
		got := moments(c, append(repeat(Search, 10), Login, Path)...)
		slices.SortFunc(got[Search], time.Time.Compare)
		if !got[Login][0].Before(got[Path][0]) || !got[Path][0].Before(got[Search][0]) {
			t.Errorf("login %v, path %v, first search %v", got[Login], got[Path], got[Search][0])
		}
	})
}

func TestConductBudget(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := NewConduct(Diagnosis)
		if n := len(moments(c, repeat(Search, 60)...)[Search]); n != 38 {
			t.Errorf("%d sends of the search, want 38: two are the login's", n)
		}
		for range 2 {
			if err := c.admit(t.Context(), Login, true); err != nil {
				t.Error(err)
			}
		}
		if err := c.admit(t.Context(), Login, false); !errors.Is(err, ErrBudget) {
			t.Error(err)
		}
		if err := c.admit(t.Context(), Control, false); err != nil {
			t.Errorf("control: %v", err)
		}
		if all, credentials := c.Sent(); all != 40 || credentials != 2 {
			t.Error(all, credentials)
		}
	})
}

func TestConductCredentials(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := NewConduct(Diagnosis)
		for i := range 3 {
			if err := c.admit(t.Context(), Login, true); (err != nil) != (i == 2) {
				t.Errorf("send %d with credentials: %v", i+1, err)
			}
		}
	})
}

func TestConductStops(t *testing.T) {
	remote := netip.MustParseAddrPort("192.0.2.1:5060")
	reply := func(code int) Exchange {
		return Exchange{Remote: remote, Reply: &Message{Code: code, Reason: "No"}}
	}
	silent, canary := Exchange{Remote: remote}, Exchange{Remote: remote, Request: Request{Canary: true}}
	for _, c := range []struct {
		name    string
		purpose Purpose
		ended   []Exchange
		full    bool
		want    string
	}{
		{"200", Path, []Exchange{reply(200)}, true, ""},
		{"403", Path, []Exchange{reply(403)}, true, "the provider answered 403 No to OPTIONS"},
		{"503", Search, []Exchange{reply(503)}, true, "the provider answered 503 No to OPTIONS"},
		{"403 of a control", Control, []Exchange{reply(403)}, true, ""},
		{"silence from the beginning", Path, []Exchange{silent, silent}, true, ""},
		{"sudden silence", Path, []Exchange{reply(200), silent}, true, "the provider answered OPTIONS over udp before and has fallen silent"},
		{"cut short", Path, []Exchange{reply(200), silent}, false, ""},
		{"silence that says something else", Search, []Exchange{reply(200), canary}, true, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			conduct := NewConduct(Diagnosis)
			for _, x := range c.ended {
				place := conduct.record(facts.Request{Method: OPTIONS, Transport: "udp"})
				conduct.ended(place, c.purpose, x, c.full)
			}
			if got := conduct.Stopped(); got != c.want {
				t.Errorf("stopped %q, want %q", got, c.want)
			}
			err := conduct.admit(t.Context(), Login, false)
			if errors.Is(err, ErrStopped) != (c.want != "") {
				t.Error(err)
			}
		})
	}
}

func TestConductStopWakesWhoWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := NewConduct(Limits{Requests: 40, Gap: time.Hour})
		c.admit(t.Context(), Path, false)
		began := time.Now()
		time.AfterFunc(time.Second, func() { c.Stop("enough") })
		if err := c.admit(t.Context(), Path, false); !errors.Is(err, ErrStopped) || time.Since(began) != time.Second {
			t.Error(err, time.Since(began))
		}
	})
}
