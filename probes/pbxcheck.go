package probes

import (
	"context"
	"fmt"
	"strings"
	"time"

	"trunktester/appliance/catalogue/words"
	"trunktester/probes/facts"
)

// PBXCheck asks: are the PBX's own settings the trunk's? It passed when the PBX, pointed at the box, logged in
// with them. It sends nothing: a person made the check, before the run or beside it.
type PBXCheck struct{}

// Look tells what the check showed.
func (PBXCheck) Look(_ context.Context, known facts.Facts) Result {
	c := known.PBXCheck
	if c == nil {
		return Result{Outcome: facts.NotRun, Saw: words.Said("saw.pbx-unchecked")}
	}
	r := Result{Outcome: facts.Failed}
	d := c.Telling()
	switch {
	case c.Error != "":
		r.Outcome, r.Saw = facts.NotRun, words.Said("saw.pbx-cannot", "why", c.Error)
	case d == nil && c.Open && c.TLSRefused == 0:
		r.Outcome, r.Saw = facts.NotRun, words.Said("saw.pbx-waits", "address", c.Addr)
	case d == nil && c.TLSRefused > 0:
		r.Saw = PBXRefusedText(*c)
	case d == nil:
		r.Saw = words.Said("saw.pbx-nothing", "time", time.Duration(c.Listened).Round(time.Second))
	case d.Accepted:
		r.Outcome, r.Saw = facts.Passed, words.Said("saw.pbx-right", "device", deviceText(*d))
	case d.AuthUser != "":
		r.Saw = words.Said("saw.pbx-other", "device", deviceText(*d))
	case d.Registers > 0:
		r.Saw = words.Said("saw.pbx-no-login", "device", deviceText(*d))
	default:
		r.Saw = words.Said("saw.pbx-no-register", "device", deviceText(*d))
	}
	for _, d := range c.Devices {
		r.Evidence = append(r.Evidence, facts.Evidence{Kind: "probe", Text: PBXDeviceText(d), Received: d.Sent})
	}
	r.Evidence = append(r.Evidence, beside(*c)...)
	return r
}

func deviceText(d facts.PBXDevice) string {
	name := "A device"
	if d.UserAgent != "" {
		name = d.UserAgent
	}
	return name + " at " + d.From.Addr().String()
}

// PBXRefusedText tells of devices that tried TLS and broke it off, "" when none did.
func PBXRefusedText(c facts.PBXCheck) string {
	if c.TLSRefused == 0 {
		return ""
	}
	return words.Said("saw.pbx-tls", "times", times(c.TLSRefused))
}

func times(n int) string {
	if n == 1 {
		return words.Said("saw.once")
	}
	return words.Said("saw.times", "n", n)
}

// PBXDeviceText tells what one device sent, in one line.
func PBXDeviceText(d facts.PBXDevice) string {
	parts := []string{fmt.Sprintf("%s over %s", deviceText(d), strings.ToUpper(d.Transport))}
	if d.Transport == "tls" { // the box's certificate is one that nobody has signed
		parts[0] += ", without checking the certificate"
	}
	add := func(what, value string) {
		if value != "" {
			parts = append(parts, what+" "+value)
		}
	}
	compared := func(what, value string, m facts.Match) {
		switch m.Is {
		case facts.Same:
			add(what, value+" (right)")
		case facts.Slipped:
			add(what, value+" ("+m.Slip+")")
		case facts.Other:
			add(what, value+" (not the trunk's)")
		}
	}
	compared("username", d.User, d.UserIs)
	compared("login name", d.AuthUser, d.AuthUserIs)
	compared("domain", d.Domain, d.DomainIs)
	compared("realm", d.Realm, d.RealmIs)
	switch d.PasswordIs.Is {
	case facts.Same:
		add("password", "right")
	case facts.Slipped:
		add("password", "wrong: it "+d.PasswordIs.Slip)
	case facts.Other:
		add("password", "wrong")
	case facts.Unproved:
		add("password", "not known: "+d.PasswordIs.Slip)
	}
	add("Contact", d.Contact)
	if d.Via != "" {
		rport := ", without rport"
		if d.RPort {
			rport = ", with rport"
		}
		add("Via", d.Via+rport)
	}
	if d.Left {
		add("and it", "takes its registration back")
	} else {
		add("Expires", d.Expires)
	}
	if d.Repeats > 0 {
		add("repeated", fmt.Sprintf("%d times unchanged", d.Repeats))
	}
	if len(d.Others) > 0 {
		add("also sent", strings.Join(d.Others, ", "))
	}
	return strings.Join(parts, "; ") + "."
}

// beside tells what else came.
func beside(c facts.PBXCheck) []facts.Evidence {
	var notes []facts.Evidence
	note := func(n int, text string) {
		if n > 0 {
			notes = append(notes, facts.Evidence{Kind: "note", Text: fmt.Sprintf(text, n)})
		}
	}
	if refused := PBXRefusedText(c); refused != "" {
		notes = append(notes, facts.Evidence{Kind: "note", Text: refused})
	}
	note(c.Unread, "%d messages or connections brought no SIP request.")
	note(c.Strangers, "%d messages came from beyond the link and were not answered.")
	return notes
}
