package probes

import (
	"strings"

	"trunktester/appliance/catalogue/words"
	"trunktester/probes/facts"
	"trunktester/probes/sip"
	"trunktester/reflector/wire"
)

var errNoReflector error = words.Error("reflector.none")

// arrived reads what the reflector says of a message. Pure.
func arrived(x sip.Exchange, id string) facts.Reflected {
	m := facts.Reflected{Exchange: x.Facts(), Local: x.Local}
	m.Exchange.Received = ""
	if !x.Answered() {
		m.Fault = silence(x)
		return m
	}
	r, err := wire.ParseReflection(x.Reply.Body)
	switch {
	case err == nil && r.Message == nil:
		err = words.Error("reflector.no-message")
	case !strings.Contains(string(r.Message), "id="+id): // nor does what is no reflection at all
		err = errNoReflector
	}
	if err != nil {
		m.Fault = err.Error()
		return m
	}
	m.From = r.Source
	m.Exchange.Received = sip.Redact(string(r.Message))
	for _, d := range wire.Compare(x.Sent, r.Message) {
		m.Differences = append(m.Differences, facts.Difference{Place: place(d), Sent: sip.Redact(d.Sent), Received: sip.Redact(d.Received)})
	}
	return m
}

func silence(x sip.Exchange) string {
	switch {
	case x.Err != nil:
		return words.Said("reflector.unsent", "error", x.Err)
	case len(x.ICMP) > 0:
		return words.Said("reflector.refused", "error", x.ICMP[0])
	case x.Closed != nil:
		return words.Said("reflector.closed")
	}
	return words.Said("reflector.silent", "n", x.Sends)
}

// place is how a person reads it: the line of an SDP by its letter.
func place(d wire.Difference) string {
	line := d.Sent
	if line == "" {
		line = d.Received
	}
	if strings.HasPrefix(d.Place, "body line") && len(line) > 1 && line[1] == '=' && line[0] >= 'a' && line[0] <= 'z' {
		return "SDP " + line[:2]
	}
	return d.Place
}
