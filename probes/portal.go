package probes

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/netip"
	"strings"
	"time"

	"trunktester/appliance/catalogue/words"
	"trunktester/probes/facts"
	"trunktester/probes/via"
)

// Limits of the question.
const (
	portalPage    = 3500 * time.Millisecond // Linux sends SYN at 0, 1 and 3 s (tcp(7), initial RTO 1 s)
	portalControl = 1200 * time.Millisecond // two SYNs; a device on site answers the first at once
	portalShown   = 512                     // bytes of the page that are kept as evidence
)

// portalNobody is an address where nothing lives (RFC 5737): who answers there stands on the way.
const portalNobody = "192.0.2.80"

// portalPorts are those by which Internet looks for a way out over TCP.
func portalPorts() []uint16 { return []uint16{443, 53} }

// Portal asks: does a page whose answer is known come back as it is kept? It passes when the answer has no
// body and is no redirect. Failed means that it came back otherwise, or not at all: only the first speaks of
// a login page or a filter. Then a connection to an address where nothing lives is the control: where that is
// made, something on the way answers for everybody, and no connection proves a way out.
type Portal struct {
	Via     via.Interface
	Page    string // URL of a page that answers 204 with no body
	DNSPort uint16 // 0 is 53
}

// Look implements Probe. It needs Address: the resolvers given.
func (p Portal) Look(ctx context.Context, known facts.Facts) Result {
	var resolvers []netip.AddrPort
	if known.Address != nil {
		resolvers = dnsAt(known.Address.DNS, p.DNSPort)
	}
	found := facts.Portal{Page: p.Page}
	r := Result{File: func(f *facts.Facts) { f.Portal = &found }}
	page, err := p.get(ctx, resolvers, &found)
	if err != nil {
		found.Answer = socketAnswer(err)
		page.Text = fmt.Sprintf("%s did not come: %v.", p.Page, err)
		r.Outcome, r.Evidence = facts.Failed, []facts.Evidence{page}
		r.Saw = words.Said("saw.portal-silent", "page", p.Page)
		return r
	}
	r.Evidence = []facts.Evidence{page}
	switch {
	case found.Altered():
		var control facts.Evidence
		found.Caught, control = p.nobody(ctx)
		r.Evidence = append(r.Evidence, control)
		r.Outcome = facts.Failed
		r.Saw = words.Said("saw.portal-changed", "how", portalWords(found))
	case found.Status >= http.StatusMultipleChoices:
		r.Outcome = facts.Failed
		r.Saw = words.Said("saw.portal-own", "status", found.Status)
	default:
		r.Outcome, r.Saw = facts.Passed, words.Said("saw.portal-fine")
	}
	return r
}

// get asks for the page and files what came.
func (p Portal) get(ctx context.Context, resolvers []netip.AddrPort, found *facts.Portal) (facts.Evidence, error) {
	ctx, cancel := context.WithTimeout(ctx, portalPage)
	defer cancel()
	e := facts.Evidence{Kind: "probe", Sent: "GET " + p.Page}
	answer, err := webGet(ctx, p.Via, resolvers, p.Page)
	if err != nil {
		return e, err
	}
	defer answer.Body.Close()
	start, _ := io.ReadAll(io.LimitReader(answer.Body, portalShown)) // what came until the limit is enough
	found.Answer, found.Status, found.Body = facts.Answered, answer.StatusCode, len(start) > 0
	found.Location = answer.Header.Get("Location")
	if to, err := answer.Location(); err == nil && to.Scheme == "https" && to.Hostname() == answer.Request.URL.Hostname() {
		found.Location = "" // the page itself has moved to HTTPS
	}
	e.Text = fmt.Sprintf("%s answered %s.", p.Page, portalWords(*found))
	e.Received = strings.TrimRight(fmt.Sprintf("%s %s\nLocation: %s\n\n%s", answer.Proto, answer.Status, answer.Header.Get("Location"), start), "\n")
	return e, nil
}

// nobody tries to connect to an address where nothing lives.
func (p Portal) nobody(ctx context.Context) (facts.Answer, facts.Evidence) {
	ctx, cancel := context.WithTimeout(ctx, portalControl)
	defer cancel()
	done := make(chan facts.Answer, len(portalPorts()))
	for _, port := range portalPorts() {
		go func() {
			c, err := socketDialer(p.Via).DialContext(ctx, "tcp4", netip.AddrPortFrom(netip.MustParseAddr(portalNobody), port).String())
			if err == nil {
				c.Close()
			}
			done <- socketAnswer(err)
		}()
	}
	best := facts.Unasked
	for range portalPorts() {
		best = socketBetter(best, <-done)
	}
	e := facts.Evidence{Kind: "control", Text: fmt.Sprintf("A connection to %s, where nothing lives: %s.", portalNobody, best)}
	if best == facts.Answered {
		e.Text += " So a device on the way answers in the place of others."
	}
	return best, e
}

// portalWords says what came.
func portalWords(p facts.Portal) string {
	switch {
	case p.Location != "":
		return words.Said("saw.portal-redirect", "status", p.Status, "location", p.Location)
	case p.Body:
		return words.Said("saw.portal-page", "status", p.Status)
	}
	return words.Said("saw.portal-empty", "status", p.Status)
}
