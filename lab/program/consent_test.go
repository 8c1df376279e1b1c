package program_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"trunktester/appliance/report"
	"trunktester/lab"
	"trunktester/lab/serve"
)

// With a person's consent the box registers itself for a moment, and then knows whether an empty list is empty.
func TestConsent(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name      string
		registrar func(*serve.RegistrarSettings)
		world     string
		code      string
		says      string
		proofs    string // "A8 clean": what its own registration showed of a device that rewrites SIP
	}{
		{"the provider shows its list", nil, "healthy", "5-1", "list of registrations is empty", "A8 clean, A7 clean"},
		{"the provider hides its list", func(s *serve.RegistrarSettings) { s.HideBindings = true }, "healthy", "5-5", "this provider did not list it", "A8 inconclusive, A7 clean"},
		{"the provider refuses short registrations", func(s *serve.RegistrarSettings) { s.MinExpires = 300e9 }, "long-registrations", "5-1", "list of registrations is empty", "A8 clean"},
		{"the provider refuses registrations of less than an hour", func(s *serve.RegistrarSettings) { s.MinExpires = 3600e9 }, "healthy", "5-5", "it is not known", ""},
		{"the provider mends addresses behind a NAT", func(s *serve.RegistrarSettings) { s.RewriteContacts = true }, "healthy", "5-1", "list of registrations is empty", "A8 inconclusive"},
		{"the router rewrites SIP", nil, "sip-alg-registers", "3-2", "the PBX is not registered", "A8 proof, A7 proof"},
		{"a router that rewrites and a hidden list", func(s *serve.RegistrarSettings) { s.HideBindings = true }, "sip-alg-registers", "3-2", "", "A8 inconclusive, A7 proof"},
		{"a router that rewrites and a provider that mends", func(s *serve.RegistrarSettings) { s.RewriteContacts = true }, "sip-alg-registers", "3-2", "", "A8 proof, A7 inconclusive"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			b := boxIn(t, c.world, withoutPBX, func(w *lab.World) { w.Provider.Registrar = c.registrar })
			b.change("shows_bindings = true\n", "")
			b.start(b.usual("appliance")...)
			r := b.finished("")
			if r.Verdict.Code != "5-5" && (c.world != "sip-alg-registers" || r.Verdict.Code != "3-2") {
				t.Fatalf("verdict %s: %s", r.Verdict.Code, r.Verdict.Text)
			}
			if page := b.get("/"); !strings.Contains(page, "Read this first.") {
				t.Error("the page does not ask for consent")
			}
			logins := b.FarEnd().Count.WithCredentials
			if a, err := b.ask("POST", "", "/consent", url.Values{}); err != nil || a.code != http.StatusBadRequest {
				t.Errorf("without consent: %d %v", a.code, err)
			}
			if a, err := b.ask("POST", "", "/consent", url.Values{"agree": {"yes"}}); err != nil || a.code != http.StatusSeeOther {
				t.Fatalf("with consent: %d %v", a.code, err)
			}
			until(t, "what the own registration showed", func() bool {
				r, _ = b.shown()
				return r.Facts.OwnBinding != nil
			})
			if r.Verdict.Code != c.code || !strings.Contains(r.Verdict.Text, c.says) {
				t.Errorf("verdict %s: %s, want %s: %s", r.Verdict.Code, r.Verdict.Text, c.code, c.says)
			}
			own := r.Facts.OwnBinding
			if n := b.FarEnd().Count.WithCredentials - logins; n != own.Attempts || n > 6 || n < 1 {
				t.Errorf("%d requests with credentials, the box says %d", n, own.Attempts)
			}
			var proofs []string
			for _, p := range own.Proofs {
				proofs = append(proofs, p.ID+" "+p.Result)
			}
			if got := strings.Join(proofs, ", "); got != c.proofs {
				t.Errorf("its own registration showed %q, want %q: %+v", got, c.proofs, own.Proofs)
			}
			if own.Registered && (!own.Removed || len(own.After) != 0) {
				t.Errorf("%+v", own)
			}
			if left := b.Registrar.Bindings(lab.Username); len(left) != 0 {
				t.Errorf("left at the provider: %+v", left)
			}
			if strings.Contains(b.get("/"), "Read this first.") {
				t.Error("the page asks again")
			}
			for _, path := range []string{"/", "/report.json", "/report.txt", "/capture.pcapng"} {
				if found := (report.Secrets{lab.Password}).In([]byte(b.get(path))); len(found) > 0 {
					t.Errorf("%s tells %v", path, found)
				}
			}
		})
	}
}
