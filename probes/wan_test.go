package probes

import (
	"bytes"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"testing"

	"trunktester/probes/facts"
)

// tellingRouter stands on 127.0.0.1 and remembers what it was asked.
type tellingRouter struct {
	search, control netip.AddrPort

	mu    sync.Mutex
	asked []string
}

func (r *tellingRouter) saw(what string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.asked = append(r.asked, what)
}

func (r *tellingRouter) heard() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.asked)
}

// newTellingRouter tells this address in all three ways; each may be "" for a way that it does not know, and
// redirect is where its search leads in the place of itself.
func newTellingRouter(t *testing.T, upnp, natPMP, pcp, redirect string) *tellingRouter {
	r := &tellingRouter{}
	page := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
		body, _ := io.ReadAll(q.Body)
		r.saw(q.Method + " " + q.URL.Path)
		switch {
		case q.Method == http.MethodGet:
			io.WriteString(w, description("", "urn:schemas-upnp-org:service:WANIPConnection:1", "/ctl"))
		case q.Header.Get("SOAPAction") == `"urn:schemas-upnp-org:service:WANIPConnection:1#GetExternalIPAddress"` && bytes.Contains(body, []byte("GetExternalIPAddress")):
			fmt.Fprintf(w, "<NewExternalIPAddress>%s</NewExternalIPAddress>", upnp)
		default:
			http.Error(w, "no such action", http.StatusInternalServerError)
		}
	}))
	t.Cleanup(page.Close)
	location := page.URL + "/root.xml"
	if redirect != "" {
		location = redirect
	}
	r.search = r.serve(t, func(b []byte) []byte {
		if upnp == "" || !strings.HasPrefix(string(b), "M-SEARCH * HTTP/1.1\r\n") {
			return nil
		}
		return []byte("HTTP/1.1 200 OK\r\nLOCATION: " + location + "\r\n\r\n")
	})
	r.control = r.serve(t, func(b []byte) []byte {
		r.saw(fmt.Sprintf("version %d opcode %d", b[0], b[1]))
		switch {
		case b[0] == 0 && natPMP != "":
			return append([]byte{0, 128, 0, 0, 0, 0, 0, 1}, netip.MustParseAddr(natPMP).AsSlice()...)
		case b[0] == 2 && pcp != "":
			return pcpTold(b, pcp)
		}
		return nil
	})
	return r
}

func (r *tellingRouter) serve(t *testing.T, answer func([]byte) []byte) netip.AddrPort {
	conn, err := net.ListenPacket("udp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	go func() {
		buf := make([]byte, 1500)
		for {
			n, from, err := conn.ReadFrom(buf)
			if err != nil {
				return
			}
			if b := answer(buf[:n]); b != nil {
				conn.WriteTo(b, from)
			}
		}
	}()
	return conn.LocalAddr().(*net.UDPAddr).AddrPort()
}

// ask looks through the router.
func (r *tellingRouter) ask(t *testing.T) (facts.WAN, Result) {
	known := facts.Facts{Address: &facts.Address{Prefix: netip.MustParsePrefix("127.0.0.1/8"), Gateway: netip.MustParseAddr("127.0.0.1")}}
	result := WAN{Group: r.search, Search: r.search.Port(), Port: r.control.Port()}.Look(t.Context(), known)
	result.File(&known)
	return *known.WAN, result
}

func TestWANTold(t *testing.T) {
	for name, c := range map[string]struct{ upnp, natPMP, pcp string }{
		"all":     {"100.64.0.2", "100.64.0.2", "100.64.0.2"},
		"UPnP":    {upnp: "203.0.113.2"},
		"NAT-PMP": {natPMP: "192.168.8.2"},
		"PCP":     {pcp: "10.0.0.2"},
		"hidden":  {natPMP: "0.0.0.0"},
		"none":    {},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newTellingRouter(t, c.upnp, c.natPMP, c.pcp, "")
			found, result := r.ask(t)
			want := []string{c.upnp, c.natPMP, c.pcp}
			for i, way := range []string{"UPnP", "NAT-PMP", "PCP"} {
				a := found.Answers[i]
				got := ""
				switch {
				case a.None:
					got = "0.0.0.0"
				case a.Addr.IsValid():
					got = a.Addr.String()
				}
				if a.Way != way || got != want[i] || (a.Answer == facts.Answered) != (want[i] != "") {
					t.Errorf("%+v, want %s", a, want[i])
				}
			}
			if result.Outcome != facts.Passed {
				t.Errorf("%s: %s", result.Outcome, result.Saw)
			}
			for _, asked := range r.heard() { // nothing of it opens a port, or asks for one
				switch asked {
				case "version 0 opcode 0", "version 2 opcode 2", "GET /root.xml", "POST /ctl":
				default:
					t.Errorf("asked %s", asked)
				}
			}
		})
	}
}

func TestWANFollowsOnlyTheRouter(t *testing.T) {
	elsewhere := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("another host was asked") }))
	defer elsewhere.Close()
	astray := strings.Replace(elsewhere.URL, "127.0.0.1", "localhost", 1)
	found, _ := newTellingRouter(t, "100.64.0.2", "", "", astray).ask(t)
	if found.Answers[0].Addr.IsValid() || found.Answers[0].Answer != facts.Silent {
		t.Errorf("%+v", found.Answers[0])
	}
}

func TestWANWithoutRouter(t *testing.T) {
	for name, a := range map[string]*facts.Address{"no address": nil, "no router": {Prefix: netip.MustParsePrefix("192.168.1.20/24")}} {
		if r := (WAN{}).Look(t.Context(), facts.Facts{Address: a}); r.Outcome != facts.NotRun || r.File != nil {
			t.Errorf("%s: %s %s", name, r.Outcome, r.Saw)
		}
	}
}
