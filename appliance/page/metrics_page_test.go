package page

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"maps"
	"net/netip"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"trunktester/appliance/report"
	"trunktester/probes/facts"
)

var update = flag.Bool("update", false, "write docs/metrics.md anew")

// everything is a run that has every number.
func everything() report.Report {
	in := algRun()
	in.Facts.Login = &facts.Login{Accepted: true}
	in.Facts.Bindings = &facts.Bindings{}
	in.Facts.Quality.Far[0].Addr = netip.MustParseAddr("9.9.9.9")
	in.Facts.Quality.MOS = &facts.MOS{Value: 4.3}
	way := facts.VoiceWay{Sent: 150, Lost: 3, MOS: &facts.MOS{Value: 4.1}}
	in.Facts.Voice = &facts.Voice{Up: &way, Down: &way}
	return report.Build(in)
}

func exposed() exposition {
	var e exposition
	r := everything()
	e.run(r, r.Finished.Add(time.Minute))
	e.memory()
	return e
}

// Every gauge of the sources is in it: what has no description is not documented by chance.
func TestEveryMetricIsDocumented(t *testing.T) {
	families := exposed().families
	for _, file := range []string{"metrics.go", "memory.go"} {
		source, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range regexp.MustCompile(`e\.gauge\("(\w+)"`).FindAllSubmatch(source, -1) {
			if _, ok := families[string(m[1])]; !ok {
				t.Errorf("%s is not among what a full run shows", m[1])
			}
		}
	}
}

// docs/metrics.md is generated; run this test with -update after a change.
func TestMetricsPage(t *testing.T) {
	const file = "../../docs/metrics.md"
	var b strings.Builder
	b.WriteString(metricsIntroduction)
	families := exposed().families
	for _, name := range slices.Sorted(maps.Keys(families)) {
		f := families[name]
		labels := []string{}
		for _, m := range regexp.MustCompile(`[{,](\w+)="`).FindAllStringSubmatch(f.samples[0], -1) {
			labels = append(labels, m[1])
		}
		fmt.Fprintf(&b, "| `%s` | %s | %s |\n", name, strings.Join(labels, ", "), strings.TrimSuffix(f.help, "."))
	}
	got := []byte(b.String())
	if *update {
		if err := os.WriteFile(file, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(string(want), string(got)); d != "" {
		t.Errorf("docs/metrics.md (-file +now):\n%s", d)
	}
}

const metricsIntroduction = "# Metrics\n" + `
Generated from the program (appliance/page); change it there.

The box's page has the numbers of its last run for Prometheus, at ` + "`/metrics`" + `; ` + "`/metrics?run=ID`" + ` has those of a run that is kept. A scrape
starts no run: the box runs by itself (every half hour while the trunk works), when the cable or the address changes, and when a person
asks. What was not tested is absent, never 0; while a run goes on there is no ` + "`probe_success`" + `. The page answers neighbours on the same link only,
so Prometheus, or its agent, must stand there. Names are those of blackbox_exporter where it has one.

` + "```yaml" + `
scrape_configs:
  - job_name: trunktester
    scrape_interval: 1m
    static_configs:
      - targets: ["192.168.1.20"]   # or trunktester-kit-0042.local, where that computer resolves .local
        labels: {kit: "Kit 0042"}
` + "```" + `

Rules that are worth an alert:

| Expression | Means |
|---|---|
| ` + "`probe_success == 0`" + ` | a red verdict, or the box could not test: ` + "`probe_sip_verdict_info`" + ` has the code |
| ` + "`probe_sip_run_age_seconds > 5400`" + ` | the box has not run for an hour and a half |
| ` + "`1 - probe_icmp_received / probe_icmp_sent > 0.01`" + ` | the line loses packets |

[grafana.json](grafana.json) is a dashboard to import. Its queries are checked against this list, and
` + "`scripts/try-dashboard`" + ` evaluates each with Debian's Prometheus (2.42 was tried), which scrapes the real program on a healthy line: all but
"Steps that failed" give series there. Nobody has looked at it in a Grafana yet: Debian 12 has none.

| Metric | Labels | |
|---|---|---|
`

// The dashboard asks for nothing that the box does not have.
func TestDashboard(t *testing.T) {
	text, err := os.ReadFile("../../docs/grafana.json")
	if err != nil {
		t.Fatal(err)
	}
	var dashboard struct {
		UID, Title string
		Panels     []struct {
			Title, Type string
			GridPos     struct{ X, Y, W, H int }
			Targets     []struct{ Expr string }
		}
	}
	d := json.NewDecoder(bytes.NewReader(text))
	if err := d.Decode(&dashboard); err != nil {
		t.Fatal(err)
	}
	families := exposed().families
	if dashboard.UID == "" || len(dashboard.Panels) == 0 {
		t.Error("no dashboard")
	}
	for _, p := range dashboard.Panels {
		if p.Title == "" || p.Type == "" || p.GridPos.X+p.GridPos.W > 24 || p.GridPos.W*p.GridPos.H == 0 {
			t.Errorf("panel %+v", p)
		}
		for _, target := range p.Targets {
			names := regexp.MustCompile(`\b(?:probe|process)_\w+`).FindAllString(target.Expr, -1)
			if len(names) == 0 {
				t.Errorf("%s asks %q", p.Title, target.Expr)
			}
			for _, n := range names {
				if _, ok := families[n]; !ok {
					t.Errorf("%s asks for %s, which the box does not have", p.Title, n)
				}
			}
		}
	}
}
