package page

import (
	"net/http"
	"strconv"
	"time"

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
	var e exposition
	e.run(got, time.Now())
	e.memory()
	w.Header().Set("Content-Type", expositionType)
	e.WriteTo(w) //nolint:errcheck // the reader has gone
}

// run gives the numbers of one report.
func (e *exposition) run(c report.Report, now time.Time) {
	v := c.Verdict
	if v.Code != "" {
		e.gauge("probe_success", "1 when the trunk works, with or without a weakness", one(v.Severity == catalogue.Green || v.Severity == catalogue.Amber))
		e.gauge("probe_sip_verdict_info", "What the box says", 1, "code", v.Code, "slug", v.Slug, "severity", string(v.Severity), "light", strconv.Itoa(v.Light))
	}
	if !c.Running() {
		e.gauge("probe_duration_seconds", "How long the run took", c.Finished.Sub(c.Started).Seconds())
		if age := now.Sub(c.Finished); age >= 0 { // else the clock was set since
			e.gauge("probe_sip_run_age_seconds", "How long ago the run ended", age.Seconds())
		}
	}
	for _, s := range c.Steps {
		if s.Outcome == facts.Passed || s.Outcome == facts.Failed {
			e.gauge("probe_sip_step_success", "1 when the step of the checklist passed; absent when it was not tested", one(s.Outcome == facts.Passed), "step", s.ID)
			e.gauge("probe_sip_step_duration_seconds", "How long the step took", seconds(s.Took), "step", s.ID)
		}
	}
	for _, p := range []*facts.Path{c.Facts.UDP, c.Facts.TCP, c.Facts.TLS} {
		if x := firstReply(p); x != nil {
			e.gauge("probe_sip_status_code", "SIP status code of the first reply", float64(x.Code), "transport", p.Transport)
			e.gauge("probe_sip_rtt_seconds", "Round trip of the first SIP reply", seconds(x.RTT), "transport", p.Transport)
		}
	}
	e.gauge("probe_sip_alg_info", "Whether a device rewrites SIP", 1, "word", c.ALG)
	if l := c.Facts.Login; l != nil && l.Withheld == "" {
		e.gauge("probe_sip_login_accepted", "1 when the provider accepted the login", one(l.Accepted))
	}
	if b := c.Facts.Bindings; b != nil && b.NotShown == "" {
		e.gauge("probe_sip_bindings", "Bindings that the registrar lists", float64(len(b.Contacts)))
	}
	if q := c.Facts.Quality; q != nil {
		for _, far := range q.Far {
			host := far.Addr.String()
			e.gauge("probe_icmp_sent", "Echo requests sent", float64(far.Sent), "target", host)
			e.gauge("probe_icmp_received", "Echo replies received", float64(far.Back), "target", host)
			if far.Back > 0 {
				e.gauge("probe_icmp_duration_seconds", "Mean round trip", seconds(far.Avg), "target", host, "phase", "rtt")
				e.gauge("probe_icmp_jitter_seconds", "Mean absolute difference of neighbouring round trips", seconds(far.Jitter), "target", host)
			}
		}
		e.score(q.MOS, "ping", "both")
	}
	e.voice(c.Facts.Voice)
}

// voice gives the numbers of a stream of voice packets, each way by itself.
func (e *exposition) voice(v *facts.Voice) {
	if v == nil {
		return
	}
	for _, w := range []struct {
		name string
		way  *facts.VoiceWay
	}{{"up", v.Up}, {"down", v.Down}} {
		if w.way == nil {
			continue
		}
		e.gauge("probe_rtp_sent", "Voice packets that went this way: up is to the provider's reflector, down is back", float64(w.way.Sent), "direction", w.name)
		e.gauge("probe_rtp_received", "Voice packets that arrived", float64(w.way.Sent-w.way.Lost), "direction", w.name)
		e.gauge("probe_rtp_jitter_seconds", "Interarrival jitter at the end of the stream (RFC 3550)", seconds(w.way.Jitter), "direction", w.name)
		e.score(w.way.MOS, "voice", w.name)
	}
	if v.Up == nil {
		e.score(v.MOS, "voice", "both")
	}
}

func (e *exposition) score(m *facts.MOS, by, direction string) {
	if m != nil {
		e.gauge("probe_voice_mos_estimate", "Mean opinion score, estimated (ITU-T G.107, G.711): nobody listened", m.Value, "by", by, "direction", direction)
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
