package bench

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"trunktester/appliance/report"
	"trunktester/lab"
	"trunktester/probes/sip"
)

// samples is how often the program runs on the healthy line.
const samples = 3

// sample is the last report of a healthy line, which the pure parts are measured with.
var sample report.Report

// BenchmarkHealthy compares the program with the same checks by hand, and its login verdict with the round trips
// that the protocols ask for.
func BenchmarkHealthy(b *testing.B) {
	var runs []checked
	for b.Loop() {
		runs = nil
		x := beginIn(b, "healthy")
		for n := range samples {
			c, err := x.check(b.Context(), fmt.Sprint("state", n))
			if err != nil {
				b.Fatal(err)
			}
			if c.report.Verdict.Code != "ok" {
				b.Fatalf("a healthy line is %s: %s", c.report.Verdict.Code, c.report.Verdict.Text)
			}
			runs = append(runs, c)
		}
		x.Close()
	}
	x := beginIn(b, "healthy") // an untouched one for the hands
	hands, err := all(b.Context(), x)
	if err != nil {
		b.Fatal(err)
	}
	sample = runs[samples-1].report

	var ours, logins []time.Duration
	for _, c := range runs {
		ours = append(ours, c.took)
		logins = append(logins, c.steps["login"].ended.Sub(c.began))
	}
	took, login := median(ours), median(logins)
	bound := 2*hands.lan + 3*hands.far
	sheet.against("Healthy line, 20 ms: all five lights final", ms(took), ms(healthyTarget), ratio(took, healthyTarget))
	b.ReportMetric(ratio(hands.total, took), "hand/ours")
	b.ReportMetric(ratio(login, bound), "login/bound")

	missing := "Nothing was left out for want of a tool."
	if len(hands.missing) > 0 {
		missing = "Left out, as the tool is not installed: " + strings.Join(hands.missing, ", ") + "."
	}
	sheet.add(1, "By hand", "The same checks in the same world, one tool after another: %.1f s; the program: %.1f s (median of %d). "+
		"**By hand is %.1f times as long**, typing and reading excluded; %.1f times without the 100 pings, sent five a second.\n%s The search for an ALG, a second holder of the address and a second DHCP server are not done by hand.\n\n"+
		"| What | Tool | Seconds |\n|---|---|---|\n%s", hands.total.Seconds(), took.Seconds(), samples, ratio(hands.total, took),
		ratio(hands.total-hands.quality, took), missing, strings.Join(hands.rows, "\n"))

	last := runs[samples-1]
	sent := sentBeforeLogin(last.report)
	pacing := time.Duration(sent) * sip.Diagnosis.Gap
	path := chain(last.steps, "login")
	inChain := last.steps["login"].ended.Sub(last.began)
	sheet.add(2, "The way to the login verdict", "Round trips that the protocols ask for: DHCP 2 × %.2f ms, name 1, challenge 1 and login 1 × %.1f ms = %s.\n"+
		"The login's verdict stands %s after the start of the program (median of %d): **%.1f times the bound**.\n"+
		"%d requests went to the provider before the credentials; the %s between two of them that section 7 asks for are %s, %.0f %% of the time.\n\n"+
		"The critical path of the last run (%s):\n\n%s",
		float64(hands.lan)/1e6, float64(hands.far)/1e6, ms(bound), ms(login), samples, ratio(login, bound),
		sent, ms(sip.Diagnosis.Gap), ms(pacing), 100*ratio(pacing, inChain), ms(inChain), chainTable(path, last.began))
	b.Logf("login chain:\n%s", chainTable(path, last.began))
}

// sentBeforeLogin counts the requests to the provider that went out before the one with credentials, which
// continues the REGISTER of the path: it is the last REGISTER of a Call-ID that has two.
func sentBeforeLogin(r report.Report) int {
	seen := map[string]bool{}
	n := 0
	for _, q := range r.Requests {
		if !strings.HasPrefix(string(q.Destination), lab.Provider1+":") {
			continue
		}
		if q.Method == "REGISTER" && seen[string(q.CallID)] {
			return n
		}
		seen[string(q.CallID)] = true
		n++
	}
	return n
}
