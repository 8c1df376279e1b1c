package probes

import (
	"context"
	"fmt"
	"net/netip"
	"strings"
	"time"

	"github.com/miekg/dns"

	"trunktester/appliance/catalogue/words"
	"trunktester/probes/facts"
	"trunktester/probes/via"
)

// Limits of the question. Nothing is called silent before every way was tried at least three times.
const (
	internetLimit    = 3800 * time.Millisecond // Linux sends SYN at 0, 1 and 3 s (tcp(7), initial RTO 1 s)
	internetGrace    = 300 * time.Millisecond  // for the other ways once ping or TCP has answered
	internetPings    = 3
	internetInterval = 700 * time.Millisecond
	internetWait     = 2 * time.Second        // for the last ping; all in all within the limit
	internetHead     = 300 * time.Millisecond // of the first TCP port over the second
	internetHosts    = 4
)

// Internet asks: does anything behind the router answer? Independent hosts are asked at the same time, each
// by ping, by a TCP connection and by a DNS question of its own. It passes as soon as one host answers in
// any way. Ways that are not waited for once ping or TCP has answered stay unasked; a DNS answer alone, which a
// router may have given in the host's place, ends no waiting. Failed means that every way to every host was
// tried with repeats, and none answered: refused, unreachable and silent stand apart in the facts.
type Internet struct {
	Via     via.Interface
	Targets []netip.Addr // hosts that serve DNS and HTTPS
	TCPPort uint16       // 0 is 443
	TCPAlso uint16       // tried beside it when that is silent, 0 is 53
	DNSPort uint16       // 0 is 53
}

// internetWay is one way to one host, and how it ended.
type internetWay struct {
	target   int
	way      string // "icmp", "tcp" or "dns"
	answer   facts.Answer
	rtt      time.Duration
	evidence facts.Evidence
}

// internetKey is a way to a target.
type internetKey struct {
	target int
	way    string
}

// Look implements Probe. It needs Address.
func (p Internet) Look(ctx context.Context, _ facts.Facts) Result {
	targets := p.Targets[:min(len(p.Targets), internetHosts)]
	if len(targets) == 0 {
		return Result{Outcome: facts.NotRun, Saw: words.Said("saw.internet-no-host")}
	}
	ctx, cancel := context.WithTimeout(ctx, internetLimit)
	defer cancel()
	ctx, enough := context.WithCancel(ctx)
	defer enough()
	ways := []func(context.Context, netip.Addr) internetWay{p.icmp, p.tcp, p.dns}
	done := make(chan internetWay, len(targets)*len(ways))
	for i, addr := range targets {
		for _, ask := range ways {
			go func() {
				w := ask(ctx, addr)
				w.target = i
				done <- w
			}()
		}
	}
	found := facts.Internet{Targets: make([]facts.InternetTarget, len(targets))}
	for i, addr := range targets {
		found.Targets[i].Addr = addr
	}
	seen := map[internetKey]facts.Evidence{}
	waiting := true
	for range cap(done) {
		w := <-done
		t := &found.Targets[w.target]
		switch w.way {
		case "icmp":
			t.ICMP = w.answer
		case "tcp":
			t.TCP = w.answer
		case "dns":
			t.DNS = w.answer
		}
		if w.answer == facts.Answered && t.RTT == 0 {
			t.RTT = facts.Duration(w.rtt)
		}
		if w.answer != facts.Unasked {
			seen[internetKey{w.target, w.way}] = w.evidence
		}
		if w.answer == facts.Answered && waiting && w.way != "dns" {
			waiting = false
			defer time.AfterFunc(internetGrace, enough).Stop()
		}
	}
	var evidence []facts.Evidence
	for i := range targets {
		for _, way := range []string{"icmp", "tcp", "dns"} {
			if e, ok := seen[internetKey{i, way}]; ok {
				evidence = append(evidence, e)
			}
		}
	}
	outcome, saw := internetSentence(found)
	return Result{Outcome: outcome, Saw: saw, Evidence: evidence, File: func(f *facts.Facts) { f.Internet = &found }}
}

func (p Internet) icmp(ctx context.Context, to netip.Addr) internetWay {
	e, err := echoSeries{
		via: p.Via, to: to, count: internetPings, interval: internetInterval, wait: internetWait, first: true,
	}.run(ctx)
	w := internetWay{way: "icmp", rtt: time.Duration(e.Min)}
	switch {
	case e.Back > 0:
		w.answer = facts.Answered
	case err != nil:
		w.answer = socketAnswer(err)
	case ctx.Err() == context.Canceled:
		w.answer = facts.Unasked
	default:
		w.answer = facts.Silent
	}
	w.evidence = facts.Evidence{Kind: "probe", Text: fmt.Sprintf("%s by ping: %s, %d sent, %d back.", to, w.answer, e.Sent, e.Back)}
	return w
}

// tcp tries the first port, and beside it the second when the first has not answered at once.
func (p Internet) tcp(ctx context.Context, to netip.Addr) internetWay {
	ports := []uint16{internetPort(p.TCPPort, 443), internetPort(p.TCPAlso, 53)}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	type end struct {
		answer facts.Answer
		rtt    time.Duration
		text   string
	}
	done := make(chan end, len(ports))
	for i, port := range ports {
		go func() {
			select {
			case <-time.After(time.Duration(i) * internetHead):
			case <-ctx.Done():
			}
			start := time.Now()
			c, err := socketDialer(p.Via).DialContext(ctx, "tcp", netip.AddrPortFrom(to, port).String())
			e := end{answer: socketAnswer(err), rtt: time.Since(start)}
			if err == nil {
				c.Close()
			}
			if ctx.Err() == context.Canceled && err != nil {
				e.answer = facts.Unasked
			}
			e.text = fmt.Sprintf("port %d %s after %s", port, e.answer, facts.Duration(e.rtt))
			done <- e
		}()
	}
	w := internetWay{way: "tcp"}
	var texts []string
	for range ports {
		e := <-done
		if e.answer == facts.Answered && w.answer != facts.Answered {
			w.rtt = e.rtt
			cancel()
		}
		w.answer = socketBetter(w.answer, e.answer)
		if e.answer != facts.Unasked {
			texts = append(texts, e.text)
		}
	}
	w.evidence = facts.Evidence{Kind: "probe", Text: fmt.Sprintf("%s by TCP: %s.", to, strings.Join(texts, ", "))}
	return w
}

// dns asks the host itself for the root's name servers. Only the true answer counts: a router that catches
// DNS answers with an error when its own line is down, and that is a refusal.
func (p Internet) dns(ctx context.Context, to netip.Addr) internetWay {
	ask := dnsAsk{via: p.Via, server: netip.AddrPortFrom(to, internetPort(p.DNSPort, dnsPort)), name: ".", qtype: dns.TypeNS}
	r := ask.ask(ctx)
	w := internetWay{way: "dns", answer: r.answer, rtt: r.rtt, evidence: r.evidence()}
	if r.answer == facts.Answered && !internetRoot(r.msg) {
		w.answer = facts.Refused
	}
	return w
}

func internetPort(port, usual uint16) uint16 {
	if port == 0 {
		return usual
	}
	return port
}
