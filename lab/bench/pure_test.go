package bench

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"trunktester/appliance/profile"
	"trunktester/appliance/report"
	"trunktester/appliance/verdict"
	"trunktester/lab"
	"trunktester/leds"
	"trunktester/netsetup/netnstest"
	"trunktester/probes/facts"
	"trunktester/probes/sip"
)

// challenge is a usual answer to a REGISTER.
var challenge = []byte(strings.ReplaceAll(`SIP/2.0 401 Unauthorized
Via: SIP/2.0/UDP 192.168.50.100:40001;branch=z9hG4bK1;rport=40001;received=203.0.113.2
From: <sip:441632960000@sip.example.net>;tag=1
To: <sip:441632960000@sip.example.net>;tag=2
Call-ID: 88d2f4b3@trunktester
CSeq: 1 REGISTER
WWW-Authenticate: Digest realm="sip.example.net", nonce="Zm9v", algorithm=MD5, qop="auth"
Server: Lab provider
Date: Mon, 04 May 2026 10:00:00 GMT
Content-Length: 0

`, "\n", "\r\n"))

// BenchmarkPure measures what is computed between the waits, on the facts of a real run on the healthy line.
func BenchmarkPure(b *testing.B) {
	if sample.Schema == "" {
		netnstest.Skip(b, "it takes the facts of BenchmarkHealthy, which did not run")
	}
	world, _ := lab.Find("healthy")
	p, err := profile.Parse(strings.NewReader(world.File), "trunk.toml", nil)
	if err != nil {
		b.Fatal(err)
	}
	steps := append([]facts.Step{}, sample.Steps...)
	for i := range steps {
		steps[i].Done = true
	}
	judged := verdict.Input{Profile: p, Facts: sample.Facts, Steps: steps, Answers: sample.Answers}
	if v := verdict.Judge(judged); v.Finding.Code != "ok" {
		b.Fatalf("the facts of a healthy line are judged %s", v.Finding.Code)
	}
	reported := report.Input{ID: sample.ID, Started: sample.Started, Finished: sample.Finished, Version: sample.Version, Profile: *p, Facts: sample.Facts,
		Steps: steps, Requests: sample.Requests, Row: sample.Row()}
	show := leds.Show{Row: sample.Row()}

	var each []time.Duration
	measure := func(name string, do func() error) {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				if err := do(); err != nil {
					b.Fatal(err)
				}
			}
			each = append(each, b.Elapsed()/time.Duration(b.N))
		})
	}
	measure("Judge", func() error { verdict.Judge(judged); return nil })
	measure("Report", func() error { _, err := report.Build(reported).JSON(); return err })
	measure("Split", func() error {
		if m := sip.Split(challenge); m.Code != 401 {
			return fmt.Errorf("code %d", m.Code)
		}
		return nil
	})
	measure("Frame", func() error { leds.Frame(show, 12345*time.Millisecond); return nil })
	if len(each) < 4 {
		return // only some were asked for
	}
	rows := ""
	for i, name := range []string{"verdict.Judge, all facts", "report.Build and JSON", "sip.Split, a 401", "leds.Frame"} {
		rows += fmt.Sprintf("| %s | %d | %.2f |\n", name, each[i].Nanoseconds(), ratio(each[i], each[0]))
	}
	sheet.add(5, "What is computed", "On the facts of the healthy line.\n\n| What | ns | Ratio to Judge |\n|---|---|---|\n%s", rows)
}
