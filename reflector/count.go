package reflector

import (
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
)

// counts are the reflector's metrics, in its own registry.
type counts struct {
	registry *prometheus.Registry
	requests *prometheus.CounterVec // by transport
	replies  *prometheus.CounterVec // by transport
	refused  *prometheus.CounterVec // by wish
	dropped  *prometheus.CounterVec // by reason
	probes   prometheus.Counter
	echoes   prometheus.Counter
	sips     map[string]prometheus.Counter // requests, by transport: looked up once
	answers  map[string]prometheus.Counter // replies
}

// Reasons of a drop.
const (
	dropMalformed = "malformed" // not a SIP request, or nothing to answer to
	dropStranger  = "stranger"  // a request for somebody else
	dropACK       = "ack"
	dropToken     = "token"      // no proof of the token, or a wrong one
	dropTooLong   = "too_long"   // longer than wire.Longest
	dropTooShort  = "too_short"  // a datagram shorter than wire.Shortest
	dropRate      = "rate"       // too many for one address
	dropRateAll   = "rate_all"   // too many in all
	dropVoice     = "voice"      // no voice packet of a probe, or unproven
	dropSend      = "send"       // the kernel would not send the reply
	dropConn      = "connection" // too many connections
	dropStopped   = "stopped"    // a delayed reply that was due after the stop
)

func newCounts(waiting, connections func() float64) *counts {
	c := &counts{registry: prometheus.NewRegistry(), sips: map[string]prometheus.Counter{}, answers: map[string]prometheus.Counter{}}
	vec := func(name, help, label string) *prometheus.CounterVec {
		v := prometheus.NewCounterVec(prometheus.CounterOpts{Namespace: "reflector", Name: name, Help: help}, []string{label})
		c.registry.MustRegister(v)
		return v
	}
	one := func(name, help string) prometheus.Counter {
		v := prometheus.NewCounter(prometheus.CounterOpts{Namespace: "reflector", Name: name, Help: help})
		c.registry.MustRegister(v)
		return v
	}
	gauge := func(name, help string, value func() float64) {
		c.registry.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{Namespace: "reflector", Name: name, Help: help}, value))
	}
	c.requests = vec("requests_total", "Messages received on the SIP ports.", "transport")
	c.replies = vec("replies_total", "Replies sent, delayed ones when they were sent.", "transport")
	c.refused = vec("wishes_refused_total", "Delays and other ports that were not granted; the reply says so.", "wish")
	c.dropped = vec("dropped_total", "What was received and not answered, or not sent.", "reason")
	c.probes = one("voice_packets_total", "Packets received on the voice ports.")
	c.echoes = one("voice_echoes_total", "Voice packets echoed.")
	gauge("waiting_replies", "Replies that wait for their time.", waiting)
	gauge("connections", "Open TCP and TLS connections.", connections)
	for _, transport := range []string{"udp", "tcp", "tls"} {
		c.sips[transport] = c.requests.WithLabelValues(transport)
		c.answers[transport] = c.replies.WithLabelValues(transport)
	}
	for _, reason := range []string{dropMalformed, dropStranger, dropACK, dropToken, dropTooLong, dropTooShort, dropRate, dropRateAll,
		dropVoice, dropSend, dropConn, dropStopped} {
		c.dropped.WithLabelValues(reason)
	}
	for _, wish := range []string{"delay", "port"} {
		c.refused.WithLabelValues(wish)
	}
	c.registry.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return c
}

func (c *counts) drop(reason string) { c.dropped.WithLabelValues(reason).Inc() }
