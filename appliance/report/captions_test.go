package report

import (
	"testing"

	"trunktester/appliance/catalogue"
	"trunktester/probes/facts"
)

func TestCaptions(t *testing.T) {
	sent := func(id string) string { return "OPTIONS sip:a SIP/2.0\r\nCall-ID: " + id + "\r\n\r\n" }
	r := Report{ID: "A1", Verdict: catalogue.Finding{Code: "3-2", Severity: catalogue.Red, Title: "SIP ALG", Text: "A device\nrewrites."},
		Steps: []facts.Step{{ID: "alg", Evidence: []facts.Evidence{
			{Kind: "probe", Text: "A1: rewritten.", Sent: sent("one")}, {Kind: "control", Text: "The control of A1.", Sent: sent("two")},
			{Kind: "control", Text: "The control of A6.", Sent: sent("two")}, {Kind: "dns", Text: "No SIP.", Sent: "A of b."},
		}}}}
	if got, want := r.Caption(), "trunktester run A1, verdict 3-2 (red): SIP ALG. A device rewrites."; got != want {
		t.Errorf("%q, want %q", got, want)
	}
	if got, want := (Report{ID: "A2"}).Caption(), "trunktester run A2"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
	all := r.Captions()
	for id, want := range map[string]string{"one": "SIP ALG, probe: A1: rewritten.", "two": "SIP ALG, control: The control of A1. / SIP ALG, control: The control of A6."} {
		if all[id] != want {
			t.Errorf("%s: %q, want %q", id, all[id], want)
		}
	}
	if len(all) != 2 {
		t.Errorf("%d captions", len(all))
	}
}
