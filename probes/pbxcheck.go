package probes

import (
	"context"
	"strconv"
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
	if d.UserAgent == "" {
		return words.Said("pbx.device", "address", d.From.Addr())
	}
	return words.Said("pbx.device-named", "name", d.UserAgent, "address", d.From.Addr())
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
	var parts []string
	add := func(key, value string) {
		if value != "" {
			parts = append(parts, words.Said(key, "value", value))
		}
	}
	compared := func(value string, m facts.Match, right, slip, other string) {
		switch m.Is {
		case facts.Same:
			parts = append(parts, words.Said(right, "value", strconv.Quote(value)))
		case facts.Slipped:
			parts = append(parts, words.Said(slip, "value", strconv.Quote(value), "slip", m.Slip))
		case facts.Other:
			parts = append(parts, words.Said(other, "value", strconv.Quote(value)))
		}
	}
	compared(d.User, d.UserIs, "pbx.username-right", "pbx.username-slip", "pbx.username-other")
	compared(d.AuthUser, d.AuthUserIs, "pbx.login-name-right", "pbx.login-name-slip", "pbx.login-name-other")
	compared(d.Domain, d.DomainIs, "pbx.domain-right", "pbx.domain-slip", "pbx.domain-other")
	compared(d.Realm, d.RealmIs, "pbx.realm-right", "pbx.realm-slip", "pbx.realm-other")
	compared("", d.PasswordIs, "pbx.password-right", "pbx.password-slip", "pbx.password-other")
	if d.PasswordIs.Is == facts.Unproved {
		parts = append(parts, words.Said("pbx.password-unproved", "why", d.PasswordIs.Slip))
	}
	add("pbx.contact", d.Contact)
	if d.RPort {
		add("pbx.via", d.Via)
	} else {
		add("pbx.via-bare", d.Via)
	}
	if d.Left {
		parts = append(parts, words.Said("pbx.left"))
	} else {
		add("pbx.expires", d.Expires)
	}
	if d.Repeats > 0 {
		parts = append(parts, words.Said("pbx.repeated", "times", times(d.Repeats)))
	}
	if len(d.Others) > 0 {
		parts = append(parts, words.Said("pbx.others", "methods", strings.Join(d.Others, ", ")))
	}
	if len(parts) == 0 {
		parts = append(parts, words.Said("pbx.nothing"))
	}
	sent := "pbx.sent"
	if d.Transport == "tls" { // the box's certificate is one that nobody has signed
		sent = "pbx.sent-unchecked"
	}
	return words.Said(sent, "device", deviceText(d), "transport", strings.ToUpper(d.Transport), "what", strings.Join(parts, "; "))
}

// beside tells what else came.
func beside(c facts.PBXCheck) []facts.Evidence {
	var notes []facts.Evidence
	note := func(n int, text string) {
		if n > 0 {
			notes = append(notes, facts.Evidence{Kind: "note", Text: text})
		}
	}
	note(c.TLSRefused, PBXRefusedText(c))
	note(c.Unread, words.Said("pbx.unread", "n", c.Unread))
	note(c.Strangers, words.Said("pbx.strangers", "n", c.Strangers))
	return notes
}
