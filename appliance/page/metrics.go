package page

import (
	"net/http"
	"strconv"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"trunktester/appliance/catalogue"
	"trunktester/appliance/report"
	"trunktester/probes/facts"
)

// metrics is the last run for Prometheus, in blackbox_exporter's names where it has one. What is not
// known is absent.
func (s *Server) metrics(w http.ResponseWriter, r *http.Request) {
	got, ok := s.chosenReport(w, r)
	if !ok {
		return
	}
	registry := prometheus.NewRegistry()
	if err := registry.Register(runCollector{got}); err != nil {
		s.broken(w, "collect metrics", err)
		return
	}
	promhttp.HandlerFor(registry, promhttp.HandlerOpts{DisableCompression: true}).ServeHTTP(w, r)
}

// runCollector gives the numbers of one report.
type runCollector struct{ report.Report }

// Describe sends nothing: the set of metrics depends on what was seen.
func (runCollector) Describe(chan<- *prometheus.Desc) {}

// Collect implements prometheus.Collector.
func (c runCollector) Collect(out chan<- prometheus.Metric) {
	gauge := func(name, help string, value float64, labels ...string) { // labels: name, value, name, value ...
		fixed := prometheus.Labels{}
		for i := 0; i+1 < len(labels); i += 2 {
			fixed[labels[i]] = report.Line(labels[i+1])
		}
		out <- prometheus.MustNewConstMetric(prometheus.NewDesc(name, help, nil, fixed), prometheus.GaugeValue, value)
	}
	v := c.Verdict
	if v.Code != "" {
		gauge("probe_success", "1 when the trunk works, with or without a weakness", one(v.Severity == catalogue.Green || v.Severity == catalogue.Amber))
		gauge("probe_sip_verdict_info", "What the box says", 1, "code", v.Code, "slug", v.Slug, "severity", string(v.Severity), "light", strconv.Itoa(v.Light))
	}
	if !c.Running() {
		gauge("probe_duration_seconds", "How long the run took", c.Finished.Sub(c.Started).Seconds())
	}
	for _, s := range c.Steps {
		if s.Outcome == facts.Passed || s.Outcome == facts.Failed {
			gauge("probe_sip_step_success", "1 when the step of the checklist passed; absent when it was not tested", one(s.Outcome == facts.Passed), "step", s.ID)
			gauge("probe_sip_step_duration_seconds", "How long the step took", seconds(s.Took), "step", s.ID)
		}
	}
	for _, p := range []*facts.Path{c.Facts.UDP, c.Facts.TCP, c.Facts.TLS} {
		if x := firstReply(p); x != nil {
			gauge("probe_sip_status_code", "SIP status code of the first reply", float64(x.Code), "transport", p.Transport)
			gauge("probe_sip_rtt_seconds", "Round trip of the first SIP reply", seconds(x.RTT), "transport", p.Transport)
		}
	}
	gauge("probe_sip_alg_info", "Whether a device rewrites SIP", 1, "word", c.ALG)
	if l := c.Facts.Login; l != nil && l.Withheld == "" {
		gauge("probe_sip_login_accepted", "1 when the provider accepted the login", one(l.Accepted))
	}
	if b := c.Facts.Bindings; b != nil && b.NotShown == "" {
		gauge("probe_sip_bindings", "Bindings that the registrar lists", float64(len(b.Contacts)))
	}
	if q := c.Facts.Quality; q != nil {
		for _, e := range q.Far {
			host := e.Addr.String()
			gauge("probe_icmp_sent", "Echo requests sent", float64(e.Sent), "target", host)
			gauge("probe_icmp_received", "Echo replies received", float64(e.Back), "target", host)
			if e.Back > 0 {
				gauge("probe_icmp_duration_seconds", "Mean round trip", seconds(e.Avg), "target", host, "phase", "rtt")
				gauge("probe_icmp_jitter_seconds", "Mean absolute difference of neighbouring round trips", seconds(e.Jitter), "target", host)
			}
		}
	}
}

func firstReply(p *facts.Path) *facts.Reply {
	if p == nil {
		return nil
	}
	for _, t := range p.Targets {
		for _, x := range t.Exchanges {
			if x.Reply != nil {
				return x.Reply
			}
		}
	}
	return nil
}

func one(yes bool) float64 {
	if yes {
		return 1
	}
	return 0
}

func seconds(d facts.Duration) float64 { return float64(d) / 1e9 }
