package appliance

import (
	"bytes"
	"context"
	"net/netip"
	"regexp"
	"strings"
	"testing"
	"time"

	"trunktester/appliance/catalogue/words"
	"trunktester/appliance/report"
	"trunktester/probes"
	"trunktester/probes/facts"
)

// lease is what a network gave.
type lease facts.Address

func (l lease) Acquire(context.Context) (facts.Address, error) { return facts.Address(l), nil }

// marked is an element or a piece of a page that is marked as English.
var marked = regexp.MustCompile(`<(\w+)[^>]* lang="en"[^>]*>([^<]*)`)

// stillEnglish are those pieces of a page, but the names of evidence: "probe", "control", "note".
func stillEnglish(page string) []string {
	var all []string
	for _, m := range marked.FindAllStringSubmatch(page, -1) {
		if said := strings.TrimSpace(m[2]); said != "probe" && said != "control" && said != "note" {
			all = append(all, m[0])
		}
	}
	return all
}

// What could not be told, why an address was refused, and what a PBX sent: a report in German has nothing else left in English.
func TestAGermanReportIsGerman(t *testing.T) {
	step := func(id string, light int, probe probes.Probe, known facts.Facts) facts.Step {
		r := probe.Look(t.Context(), known)
		return facts.Step{ID: id, Light: light, Outcome: r.Outcome, Saw: r.Saw, Evidence: r.Evidence, Done: true}
	}
	run := oneRun(loginProfile(), time.Now())

	refused := lease{Mode: "dhcp", Discovers: 3, Refused: words.Said("lease.refused", "server", "192.168.1.1", "address", "192.168.1.20", "message", `"no"`)}
	noLease := run.input
	noLease.Facts = facts.Facts{Link: run.Facts.Link, Address: (*facts.Address)(&refused)}
	noLease.Steps = []facts.Step{step("address", 1, probes.Address{Setup: refused}, facts.Facts{})}

	over := words.Said("saw.alg-over", "method", "OPTIONS", "transport", "UDP", "why", words.Said("alg.no-received"))
	why := words.Said("saw.alg-open", "n", 1, "all", 3) + " " + words.Said("alg.comparison", "id", "A2", "why", over)
	untold := run.input
	untold.Facts.ALG = &facts.ALG{Word: facts.ALGCouldNotTell, Why: why, Proofs: []facts.Proof{{ID: "A2", Transport: "udp", Result: "inconclusive", Why: over}}}
	untold.Steps = []facts.Step{{ID: "alg", Light: 3, Outcome: facts.NotRun, Saw: why, Done: true, Evidence: []facts.Evidence{
		{Kind: "probe", Text: words.Said("alg.comparison", "id", "A2", "why", over)}, {Kind: "control", Text: words.Said("alg.control-of", "id", "A2")}}}}

	check := aCheck(facts.Slipped)
	d := &check.Devices[0]
	d.PasswordIs.Slip, d.Transport, d.Contact, d.Via, d.Expires = words.Said("slip.space-end"), "udp", "<sip:441632960000@192.168.1.30:5060>", "192.168.1.30:5060", "3600"
	d.From = netip.MustParseAddrPort("192.168.1.30:5060")
	near := run.input
	near.Facts.PBXCheck = check
	near.Steps = []facts.Step{step("pbx-check", 5, probes.PBXCheck{}, near.Facts)}

	german, _ := words.Find("de")
	for name, c := range map[string]struct {
		in         report.Input
		code, says string
	}{
		"a DHCP refusal":                     {noLease, "1-4", "Der Server 192.168.1.1 hat 192.168.1.20 angeboten und dann abgelehnt"},
		"an ALG could not be told":           {untold, "5-1", "Vergleich A2: OPTIONS über UDP: Der Server setzt auch bei der Kontrolle kein received="},
		"a PBX check with a near miss":       {near, "5-8", "Passwort falsch: Es hat ein Leerzeichen am Ende; Contact-Adresse"},
		"a PBX check with a near miss, said": {near, "5-8", "es hat ein Leerzeichen am Ende"},
	} {
		t.Run(name, func(t *testing.T) {
			s := judged(c.in)
			if s.Verdict.Finding.Code != c.code {
				t.Errorf("verdict %s: %s", s.Verdict.Finding.Code, s.Verdict.Finding.Text)
			}
			var page bytes.Buffer
			if err := s.Report.HTML(&page, german); err != nil {
				t.Fatal(err)
			}
			for _, piece := range stillEnglish(page.String()) {
				t.Errorf("the report has %s", piece)
			}
			if !strings.Contains(page.String(), c.says) {
				t.Errorf("the report does not say %q", c.says)
			}
			text := s.Report.TextReport(german)
			for _, english := range []string{"offered", "refused", "could not tell", "comparison", "The control", "space at its end", "password wrong", "logged in", "device at"} {
				if strings.Contains(text, english) {
					t.Errorf("the ticket says %q:\n%s", english, text)
				}
			}
		})
	}
}
