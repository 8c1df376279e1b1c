package probes

import (
	"context"
	"encoding/hex"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"time"

	"github.com/beevik/ntp"

	"trunktester/appliance/catalogue/words"
	"trunktester/probes/facts"
	"trunktester/probes/via"
)

// Limits of the question.
const (
	clockServers = 4
	clockTries   = 3                      // one lost packet is no verdict
	clockTry     = 800 * time.Millisecond // longer than a satellite round trip
	clockWeb     = 2 * time.Second
	clockPort    = 123
	clockShown   = 256 // bytes of an answer that are kept as evidence
)

// clockBounds are the times that can be true: this program is not older, and will not be used later.
func clockBounds() (from, to time.Time) {
	return time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC), time.Date(2100, 1, 1, 0, 0, 0, 0, time.UTC)
}

// Clock asks: what time is it? NTP servers are asked first (RFC 5905), and the first sane answer counts;
// else the Date of the provider's SIP replies (RFC 3261 section 20.17), else the Date of a web page. It
// passes when one of them tells. Failed is never a verdict: without a time certificates are not judged.
// The box's own clock is left as it is; Offset says how far it is off.
type Clock struct {
	Via     via.Interface
	Servers []string // host or host:port; where empty, DHCP option 42
	Web     string   // URL of a page whose Date is good enough, "" for none
	DNSPort uint16   // 0 is 53
}

// clockTold is what one source said.
type clockTold struct {
	source, server string
	offset         time.Duration
	evidence       []facts.Evidence
	ok             bool
}

// Look implements Probe. It needs Address; it uses the SIP paths where they are known.
func (c Clock) Look(ctx context.Context, known facts.Facts) Result {
	servers := c.Servers
	var resolvers []netip.AddrPort
	if known.Address != nil {
		resolvers = dnsAt(known.Address.DNS, c.DNSPort)
		if len(servers) == 0 {
			for _, a := range known.Address.NTP {
				servers = append(servers, a.String())
			}
		}
	}
	told := c.askNTP(ctx, servers[:min(len(servers), clockServers)], resolvers)
	evidence := told.evidence
	if !told.ok {
		told = clockSIP(known)
		evidence = append(evidence, told.evidence...)
	}
	if !told.ok && c.Web != "" {
		told = c.askWeb(ctx, resolvers)
		evidence = append(evidence, told.evidence...)
	}
	found := facts.Clock{Source: "none"}
	r := Result{
		Outcome: facts.Failed, Saw: words.Said("saw.clock-none"),
		Evidence: evidence, File: func(f *facts.Facts) { f.Clock = &found },
	}
	if told.ok {
		now := time.Now().Add(told.offset).UTC().Round(0)
		found = facts.Clock{Source: told.source, Server: told.server, Offset: facts.Duration(told.offset), Now: &now}
		r.Outcome = facts.Passed
		r.Saw = words.Said("saw.clock", "time", now.Format(time.DateTime), "source", told.source, "server", told.server, "offset", found.Offset)
	}
	return r
}

// askNTP asks all servers at the same time; the first sane answer ends it.
func (c Clock) askNTP(ctx context.Context, servers []string, resolvers []netip.AddrPort) clockTold {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	done := make(chan clockTold, len(servers))
	for _, s := range servers {
		go func() { done <- c.askServer(ctx, s, resolvers) }()
	}
	var won clockTold
	var evidence []facts.Evidence
	for range servers {
		t := <-done
		evidence = append(evidence, t.evidence...)
		if t.ok && !won.ok {
			won = t
			cancel()
		}
	}
	won.evidence = evidence
	return won
}

// askServer asks one NTP server, with repeats while it is silent.
func (c Clock) askServer(ctx context.Context, server string, resolvers []netip.AddrPort) clockTold {
	t := clockTold{source: "ntp", server: server}
	note := func(text string, raw []byte) {
		t.evidence = append(t.evidence, facts.Evidence{
			Kind: "probe", Text: "NTP server " + server + " " + text + ".", Received: hex.EncodeToString(raw[:min(len(raw), clockShown)]),
		})
	}
	host, port := dnsSplit(server, clockPort)
	addrs, err := dnsHost(ctx, c.Via, resolvers, host)
	if err != nil {
		note("was not asked: "+err.Error(), nil)
		return t
	}
	to := netip.AddrPortFrom(addrs[0], port)
	for range clockTries {
		response, raw, err := c.query(ctx, to)
		if ctx.Err() != nil {
			return t
		}
		if err == nil {
			err = clockSane(response)
		}
		if err == nil {
			note(fmt.Sprintf("(%s) answered: stratum %d, offset %s", to, response.Stratum, response.ClockOffset), raw)
			t.offset, t.ok = response.ClockOffset, true
			return t
		}
		note(fmt.Sprintf("(%s) gave no time: %v", to, err), raw)
		if len(raw) > 0 { // it answers, and would answer the same again
			return t
		}
	}
	return t
}

// query asks once. The bytes that came back are given in any case.
func (c Clock) query(ctx context.Context, to netip.AddrPort) (*ntp.Response, []byte, error) {
	tap := &clockTap{}
	response, err := ntp.QueryWithOptions(to.String(), ntp.QueryOptions{
		Timeout: clockTry,
		Dialer: func(_, remote string) (net.Conn, error) {
			conn, err := socketDialer(c.Via).DialContext(ctx, dnsNetwork("udp", to), remote)
			if err != nil {
				return nil, err
			}
			tap.Conn, tap.stop = conn, context.AfterFunc(ctx, func() { conn.Close() })
			return tap, nil
		},
	})
	return response, tap.raw, err
}

// clockTap keeps the bytes of an answer.
type clockTap struct {
	net.Conn
	stop func() bool
	raw  []byte
}

func (t *clockTap) Read(b []byte) (int, error) {
	n, err := t.Conn.Read(b)
	t.raw = append([]byte(nil), b[:n]...)
	return n, err
}

func (t *clockTap) Close() error {
	t.stop()
	return t.Conn.Close()
}

// askWeb takes the time from the Date of a web page (RFC 9110 section 6.6.1), without following redirects:
// the clock of a login page is as good.
func (c Clock) askWeb(ctx context.Context, resolvers []netip.AddrPort) clockTold {
	t := clockTold{source: "http", server: c.Web}
	note := func(text, received string) clockTold {
		t.evidence = append(t.evidence, facts.Evidence{Kind: "probe", Text: text, Sent: "GET " + c.Web, Received: received})
		return t
	}
	ctx, cancel := context.WithTimeout(ctx, clockWeb)
	defer cancel()
	start := time.Now()
	response, err := webGet(ctx, c.Via, resolvers, c.Web)
	if err != nil {
		return note(fmt.Sprintf("%s gave no time: %v.", c.Web, err), "")
	}
	response.Body.Close()
	said := start.Add(time.Since(start) / 2)
	date := response.Header.Get("Date")
	when, err := http.ParseTime(date)
	if err == nil {
		err = clockPossible(when)
	}
	if err != nil {
		return note(fmt.Sprintf("%s gave no time: %v.", c.Web, err), date)
	}
	t.offset, t.ok = when.Add(time.Second/2).Sub(said), true
	return note(fmt.Sprintf("%s told the time in its Date.", c.Web), date)
}
