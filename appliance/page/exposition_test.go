package page

import (
	"bytes"
	"testing"

	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"

	"trunktester/appliance/report"
)

// TestPrometheusReadsIt: Prometheus' own parser reads back what was written, whatever a server calls itself.
func TestPrometheusReadsIt(t *testing.T) {
	const odd = `C:\dir "quoted"` + "\x1b[31m"
	var e exposition
	e.gauge("probe_b", "The second", 0.021, "transport", "udp", "server", odd)
	e.gauge("probe_b", "The second", -3, "transport", "tcp")
	e.gauge("probe_a", "The first", 1e9)
	var b bytes.Buffer
	if _, err := e.WriteTo(&b); err != nil {
		t.Fatal(err)
	}
	parser := expfmt.NewTextParser(model.UTF8Validation)
	families, err := parser.TextToMetricFamilies(bytes.NewReader(b.Bytes()))
	if err != nil {
		t.Fatalf("%v in\n%s", err, &b)
	}
	if got := families["probe_a"].GetMetric()[0].GetGauge().GetValue(); got != 1e9 {
		t.Errorf("probe_a is %v", got)
	}
	second := families["probe_b"]
	if len(second.GetMetric()) != 2 || second.GetHelp() != "The second" {
		t.Fatalf("probe_b is %v", second)
	}
	if got := second.GetMetric()[0].GetLabel()[1].GetValue(); got != report.Line(odd) {
		t.Errorf("the label reads %q", got)
	}
}
