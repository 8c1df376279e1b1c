package probes_test

import (
	"context"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"trunktester/lab/serve"
	"trunktester/probes"
	"trunktester/probes/facts"
	"trunktester/probes/sip"
)

// consent makes the own binding after an accepted login, as the box does.
func (w *site) consent(t *testing.T) (probes.Result, *facts.OwnBinding) {
	t.Helper()
	w.look(t)
	file(&w.known, probes.Bindings{}.Look(t.Context(), w.known))
	if !w.known.Login.Accepted {
		t.Fatalf("no login: %+v", w.known.Login)
	}
	before := w.provider.Count().WithCredentials
	w.ledger.late, w.ledger.seen = false, func() int { return w.provider.Count().WithCredentials - before }
	p := w.probe
	p.Dial.Conduct = sip.NewConduct(sip.Consent)
	t.Cleanup(p.Dial.Conduct.Close)
	r := probes.OwnBinding{Login: p}.Look(t.Context(), w.known)
	file(&w.known, r)
	w.wantNoSecrets(t, r)
	if n := w.provider.Count().WithCredentials - before; n > 6 || n != w.known.OwnBinding.Attempts {
		t.Errorf("the provider saw %d requests with credentials, the box counted %d", n, w.known.OwnBinding.Attempts)
	}
	if w.ledger.late {
		t.Error("credentials left before the ledger was asked")
	}
	for _, b := range w.provider.Bindings(user) {
		if strings.Contains(b.URI, "trunktester") && w.known.OwnBinding.Removed {
			t.Errorf("the box's registration is still there: %+v", b)
		}
	}
	return r, w.known.OwnBinding
}

const pbxURI = "sip:" + user + "@192.168.1.30:5060"

// withPBX registers somebody else's telephone system for an hour.
func (w *site) withPBX() *site {
	w.provider.Bind(user, serve.Binding{URI: pbxURI, Received: netip.MustParseAddrPort("203.0.113.2:5060"), Transport: "udp",
		CallID: "pbx", Expires: time.Now().Add(time.Hour)})
	return w
}

func TestOwnBinding(t *testing.T) {
	type result struct {
		registered, shown, asked, removed, after bool // asked: the query was answered; after: the list afterwards is known
		others, lost                             int
		attempts                                 int
	}
	for _, c := range []struct {
		name      string
		transport string
		settings  serve.RegistrarSettings
		pbx       bool
		want      result
		outcome   facts.Outcome
		says      string
	}{
		{"the list is shown, and nobody is registered", "udp", serve.RegistrarSettings{}, false, result{true, true, true, true, true, 0, 0, 4}, facts.Passed, "shows registrations"},
		{"the same over TCP", "tcp", serve.RegistrarSettings{}, false, result{true, true, true, true, true, 0, 0, 4}, facts.Passed, "shows registrations"},
		{"the list is not shown", "udp", serve.RegistrarSettings{HideBindings: true}, false, result{true, false, true, true, true, 0, 0, 4}, facts.Failed, "does not show registrations"},
		{"the PBX is registered", "udp", serve.RegistrarSettings{}, true, result{true, true, true, true, true, 1, 0, 4}, facts.Passed, "shows registrations"},
		{"the provider keeps one registration only", "udp", serve.RegistrarSettings{SingleTarget: true}, true, result{true, true, true, true, true, 0, 1, 4}, facts.Passed,
			"The registration of " + pbxURI + " is gone since"},
		{"the provider refuses a second registration", "udp", serve.RegistrarSettings{MaxContacts: 1}, true, result{attempts: 1}, facts.Failed, "503"},
		{"the provider wants registrations of five minutes", "udp", serve.RegistrarSettings{MinExpires: 5 * time.Minute}, false, result{true, true, true, true, true, 0, 0, 5}, facts.Passed, "shows registrations"},
		{"the same over TCP, and the PBX is registered", "tcp", serve.RegistrarSettings{MinExpires: 10 * time.Minute}, true, result{true, true, true, true, true, 1, 0, 5}, facts.Passed, "shows registrations"},
		{"the provider wants registrations of an hour", "udp", serve.RegistrarSettings{MinExpires: time.Hour}, false, result{attempts: 1}, facts.Failed, "423 Interval Too Brief. It wants registrations of at least 3600 s, and"},
		{"the address is rewritten", "udp", serve.RegistrarSettings{RewriteContacts: true}, false, result{true, true, true, true, true, 0, 0, 4}, facts.Passed, "shows registrations"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			w := newSite(t, c.transport, c.settings)
			if c.pbx {
				w.withPBX()
			}
			r, f := w.consent(t)
			got := result{f.Registered, f.Shown != nil && *f.Shown, f.Shown != nil, f.Removed, f.AfterKnown, len(f.After), len(f.Lost), f.Attempts}
			if got != c.want || r.Outcome != c.outcome || !strings.Contains(r.Saw, c.says) {
				t.Errorf("%+v, %s: %s\nwant %+v, %s: %s", got, r.Outcome, r.Saw, c.want, c.outcome, c.says)
			}
			still := slices.ContainsFunc(w.provider.Bindings(user), func(b serve.Binding) bool { return b.URI == pbxURI })
			if still != (c.pbx && c.want.lost == 0) {
				t.Errorf("the PBX's registration is there: %v", still)
			}
			for _, m := range w.provider.Seen.All() {
				if strings.Contains(string(m.Bytes), "Contact: *") {
					t.Error("Contact: *")
				}
			}
		})
	}
}

// Behind an address translation the box looks at its own registration from two sides (A8), and at one whose port is
// nobody's (A7). Nothing of it stays, and lost requests cost the second look first.
func TestOwnBindingViews(t *testing.T) {
	const outside = "203.0.113.2"
	once := func() func(serve.Message) bool { // the first registration is lost once
		lost := false
		return func(m serve.Message) bool {
			drop := !lost && strings.Contains(string(m.Bytes), ";expires=60")
			lost = lost || drop
			return drop
		}
	}
	for _, c := range []struct {
		name      string
		transport string
		settings  serve.RegistrarSettings
		proofs    string
		attempts  int
	}{
		{"nothing on the way", "udp", serve.RegistrarSettings{}, "A8 clean, A7 clean", 5},
		{"nothing on the way, over TCP", "tcp", serve.RegistrarSettings{}, "A8 clean, A7 clean", 5},
		{"the list is hidden", "udp", serve.RegistrarSettings{HideBindings: true}, "A8 inconclusive, A7 clean", 5},
		{"a request was lost", "udp", serve.RegistrarSettings{PacketDropper: once()}, "A8 clean", 5},
		{"the provider reads the first Contact only", "udp", serve.RegistrarSettings{FirstContact: true}, "A8 clean, A7 clean", 6},
		{"the provider keeps one registration only", "udp", serve.RegistrarSettings{MaxContacts: 1}, "A8 clean, A7 clean", 5},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			w := newSite(t, c.transport, c.settings)
			w.known.Public = &facts.Public{Addr: netip.MustParseAddr(outside)}
			_, f := w.consent(t)
			var proofs []string
			for _, p := range f.Proofs {
				proofs = append(proofs, p.ID+" "+p.Result)
			}
			if got := strings.Join(proofs, ", "); got != c.proofs || f.Attempts != c.attempts || !f.Removed {
				t.Errorf("%q after %d requests, removed %t, want %q after %d", got, f.Attempts, f.Removed, c.proofs, c.attempts)
			}
			if left := w.provider.Bindings(user); len(left) != 0 {
				t.Errorf("left at the provider: %+v", left)
			}
			if w.known.ALG != nil {
				t.Errorf("without a proof nothing is said of an ALG: %+v", w.known.ALG)
			}
		})
	}
}

// The removal is sent though the registration was not answered: it may have been accepted.
func TestOwnBindingUnanswered(t *testing.T) {
	t.Parallel()
	w := newSite(t, "udp", serve.RegistrarSettings{})
	w.provider.Set(func(s *serve.RegistrarSettings) {
		s.PacketDropper = func(m serve.Message) bool { return strings.Contains(string(m.Bytes), ";expires=60") }
	})
	r, f := w.consent(t)
	if f.Registered || !f.Removed || f.Attempts > 6 || !strings.Contains(r.Saw, "did not answer the box's own registration") {
		t.Errorf("%+v: %s", f, r.Saw)
	}
}

// The end of the time, or of the program, does not leave the box registered.
func TestOwnBindingIsRemovedAtTheEnd(t *testing.T) {
	t.Parallel()
	w := newSite(t, "udp", serve.RegistrarSettings{})
	w.look(t)
	ctx, cancel := context.WithCancel(t.Context())
	w.provider.Set(func(s *serve.RegistrarSettings) {
		s.PacketDropper = func(m serve.Message) bool {
			if strings.Contains(string(m.Bytes), ";expires=60") {
				cancel()
			}
			return false
		}
	})
	p := w.probe
	p.Dial.Conduct = sip.NewConduct(sip.Consent)
	t.Cleanup(p.Dial.Conduct.Close)
	file(&w.known, probes.OwnBinding{Login: p}.Look(ctx, w.known))
	if b := w.provider.Bindings(user); len(b) != 0 {
		t.Errorf("registered still: %+v", b)
	}
	if !w.known.OwnBinding.Removed {
		t.Errorf("%+v", w.known.OwnBinding)
	}
}

func TestOwnBindingWithheld(t *testing.T) {
	t.Parallel()
	w := newSite(t, "udp", serve.RegistrarSettings{})
	r := probes.OwnBinding{Login: w.probe}.Look(t.Context(), w.known)
	file(&w.known, r)
	if w.known.OwnBinding.Withheld == "" || r.Outcome != facts.NotRun || w.provider.Count().Requests != 0 {
		t.Errorf("without a login: %+v", w.known.OwnBinding)
	}
	w.look(t)
	w.probe.Networks = []netip.Prefix{netip.MustParsePrefix("198.51.100.0/24")}
	w.probe.Dial.Conduct = sip.NewConduct(sip.Consent)
	t.Cleanup(w.probe.Dial.Conduct.Close)
	before := w.provider.Count().Requests
	file(&w.known, probes.OwnBinding{Login: w.probe}.Look(t.Context(), w.known))
	if w.known.OwnBinding.Withheld == "" || w.provider.Count().Requests != before {
		t.Errorf("to a server that is not the provider's: %+v", w.known.OwnBinding)
	}
}
