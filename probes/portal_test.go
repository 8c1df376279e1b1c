package probes

import (
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/vishvananda/netlink"

	"trunktester/probes/facts"
)

func TestPortal(t *testing.T) {
	t.Parallel()
	if !ownNet(t) {
		return
	}
	newOwnNetWorld(t)
	answer := func(status int, location, body string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			if location != "" {
				w.Header().Set("Location", location)
			}
			w.WriteHeader(status)
			fmt.Fprint(w, body)
		}
	}
	dns := dnsServe(t, "127.0.0.2", 0, "check.example.net. A 127.0.0.1")
	look := func(t *testing.T, h http.HandlerFunc) (facts.Portal, Result) {
		t.Helper()
		s := httptest.NewServer(h)
		defer s.Close()
		p := Portal{Page: strings.Replace(s.URL, "127.0.0.1", "check.example.net", 1), DNSPort: dns.addr.Port()}
		r := p.Look(t.Context(), dnsGiven("127.0.0.2"))
		return *dnsFiled(t, r).Portal, r
	}
	login := answer(302, "http://192.168.1.1/login", "")
	for _, c := range []struct {
		name    string
		page    http.HandlerFunc
		outcome facts.Outcome
		altered bool
		saw     string
	}{
		{"as it is kept", answer(204, "", ""), facts.Passed, false, "as it is kept"},
		{"a proxy makes 200 without a body of it", answer(200, "", ""), facts.Passed, false, "as it is kept"},
		{"a redirect", login, facts.Failed, true, "a redirect to http://192.168.1.1/login"},
		{"a page in its place", answer(200, "", "<title>Welcome</title>"), facts.Failed, true, "200 with a page of its own"},
		{"a network that wants a login", answer(511, "", "log in"), facts.Failed, true, "511"},
		{"its own server is broken", answer(503, "", "sorry"), facts.Failed, false, "own server answers 503"},
		{"it has moved to HTTPS", answer(301, "https://check.example.net/", "moved"), facts.Failed, false, "own server answers 301"},
		{"a redirect that goes nowhere", answer(302, "", ""), facts.Failed, false, "own server answers 302"},
	} {
		t.Run(c.name, func(t *testing.T) {
			f, r := look(t, c.page)
			if r.Outcome != c.outcome || f.Altered() != c.altered || !strings.Contains(r.Saw, c.saw) || f.Answer != facts.Answered {
				t.Errorf("%s %q: %+v", r.Outcome, r.Saw, f)
			}
			if asked := f.Caught != facts.Unasked; asked != c.altered {
				t.Errorf("the control is %q", f.Caught)
			}
		})
	}
	t.Run("the control", func(t *testing.T) {
		if f, r := look(t, login); f.Caught == facts.Answered || len(r.Evidence) != 2 || r.Evidence[1].Kind != "control" {
			t.Errorf("nobody there: %+v", r.Evidence)
		}
		lo, err := netlink.LinkByName("lo")
		if err != nil {
			t.Fatal(err)
		}
		addr, _ := netlink.ParseAddr(portalNobody + "/32")
		if err := netlink.AddrAdd(lo, addr); err != nil {
			t.Fatal(err)
		}
		l, err := net.Listen("tcp4", portalNobody+":443")
		if err != nil {
			t.Fatal(err)
		}
		defer l.Close()
		if f, r := look(t, login); f.Caught != facts.Answered || !strings.Contains(r.Evidence[1].Text, "in the place of others") {
			t.Errorf("somebody answers for everybody: %+v", r.Evidence)
		}
	})
	t.Run("no page", func(t *testing.T) {
		for page, want := range map[string]facts.Answer{
			"http://127.0.0.1:1": facts.Refused, "http://198.51.100.1/": facts.Unreachable,
			"http://gone.invalid": facts.CouldNotAsk, "http://192.0.2.66/": facts.Silent,
		} {
			r := Portal{Page: page}.Look(t.Context(), facts.Facts{})
			if f := dnsFiled(t, r).Portal; f.Answer != want || f.Altered() || r.Outcome != facts.Failed {
				t.Errorf("%s: %s %+v", page, r.Outcome, f)
			}
		}
	})
}
