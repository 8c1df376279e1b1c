package report

import (
	"fmt"
	"slices"
	"strings"

	"trunktester/appliance/catalogue"
	"trunktester/appliance/catalogue/words"
	"trunktester/probes/facts"
)

// TextReport is the report for a ticket: the verdict first, then the provider's guide item by item,
// then the SIP requests by Call-ID. Plain ASCII, at most one line of ours per thing said; bytes of the network
// stand behind "> ", so that they cannot pass for ours. The evidence of tests that passed is left to the other reports,
// and of a test that did not every byte of its first comparison is told, of the others what differs: nobody finds the
// fault in a ticket of a thousand lines. l is the language of its reader; what a ticket's engineer reads, the evidence,
// is English in each. pages are the addresses of the box's own page, if known.
func (r Report) TextReport(l *words.Language, pages ...string) string {
	t := text{l: l}
	t.verdict(r)
	t.lights(r)
	t.guide(r)
	t.requests(r)
	t.line("%s", l.Say("ticket.report", "id", r.ID, "version", r.Version))
	if slip := r.Slip(); slip != "" {
		t.line("%s", l.Say("ticket.slip", "slip", slip))
	}
	if len(pages) > 0 {
		t.line("%s", l.Say("ticket.page", "pages", strings.Join(pages, " "+l.Say("page.or")+" ")))
	}
	return ascii(t.String())
}

type text struct {
	strings.Builder
	l *words.Language
}

// row writes what something is called, and what it is.
func (t *text) row(key, value string) {
	t.line("%-11s %s", ascii(t.l.Say("ticket."+key)), value)
}

// said is a text of the report in the reader's language.
func (t *text) said(english string) string {
	var b strings.Builder
	for _, part := range t.l.Read(Line(english)) {
		b.WriteString(part.Words)
	}
	return b.String()
}

// line writes one line; every argument is put on one line first.
func (t *text) line(format string, args ...any) {
	for i, a := range args {
		args[i] = Line(fmt.Sprint(a))
	}
	t.WriteString(strings.TrimRight(fmt.Sprintf(format, args...), " ") + "\n")
}

func (t *text) heading(s string) {
	t.WriteString("\n")
	t.line("%s", s)
	t.line("%s", strings.Repeat("-", len(ascii(s))))
}

func (t *text) verdict(r Report) {
	v := r.Verdict
	if v.Code == "" {
		t.line("%s", t.l.Say("ticket.running"))
	} else {
		t.line("%s", t.l.Say("ticket.verdict", "code", v.Code, "colour", severity(t.l, v.Severity), "title", t.said(v.Title)))
		t.line("%s", t.said(v.Text))
		t.row("do", or(t.said(v.Advice), t.l.Say("ticket.nothing")))
		if v.Hint != "" {
			t.line("            %s", t.said(v.Hint))
		}
		t.row("who", actors(t.l, v.Acts))
	}
	t.WriteString("\n")
	t.row("tested", when(t.l, r))
	if r.Profile.Domain != "" {
		t.row("trunk", t.l.Say("ticket.account", "domain", r.Profile.Domain, "user", or(string(r.Profile.Username), t.l.Say("ticket.none")),
			"transport", r.Profile.Transport, "auth", authWords(t.l, r.Profile.Auth)))
	} else {
		t.row("trunk", t.l.Say("ticket.no-trunk"))
	}
	public := t.l.Say("facts.unknown")
	if r.Site.PublicIP.IsValid() {
		public = r.Site.PublicIP.String()
	}
	t.row("public", public)
	t.row("position", r.Position.Words(t.l))
	if r.Between != "" {
		t.row("sockets", string(r.Between))
	}
	t.row("alg", algWords(t.l, r.ALG))
	if r.Kit != "" {
		t.row("kit", string(r.Kit))
	}
	if r.Selftest != nil {
		t.row("selftest", t.said(r.Selftest.Words()))
	}
	if len(r.Also) == 0 {
		return
	}
	t.heading(t.l.Say("finding.also"))
	for _, f := range r.Also {
		t.line("%s (%s): %s", f.Code, severity(t.l, f.Severity), t.said(f.Title))
		t.line("    %s", t.said(f.Text))
		t.line("    %s %s %s %s", t.l.Say("ticket.do"), strings.TrimSpace(or(t.said(f.Advice), t.l.Say("ticket.nothing")+".")+" "+t.said(f.Hint)),
			t.l.Say("ticket.who"), actors(t.l, f.Acts))
	}
}

func (t *text) lights(r Report) {
	t.heading(t.l.Say("page.lights"))
	for _, l := range r.Lights {
		t.line("%-8s  %s", l.Name, SaidOn(t.l, l))
	}
}

func (t *text) guide(r Report) {
	t.WriteString("\n")
	t.line("%s", t.l.Say("ticket.guide"))
	printed := map[string]string{} // step to the item where its evidence stands
	for _, g := range Guide() {
		t.heading(g.Item + " " + g.Question(t.l))
		said := t.socket(r, g.At)
		for _, s := range r.Steps {
			if !slices.Contains(s.Guide, g.Item) {
				continue
			}
			said = true
			t.step(s, printed[s.ID])
			if printed[s.ID] == "" {
				printed[s.ID] = g.Item
			}
		}
		for _, q := range Questions() {
			if a := q.Said(words.InEnglish(), r.Answers); q.Guide == g.Item && a != "" {
				said = true
				t.line("[%s] %s %s", t.l.Say("ticket.told"), q.Text(t.l), a)
			}
		}
		if !said {
			t.line("[%s] %s", t.l.Say("mark.not-run"), or(g.Person(t.l), t.l.Say("ticket.untested")))
		}
	}
	if rest := slices.DeleteFunc(slices.Clone(r.Steps), func(s facts.Step) bool { return printed[s.ID] != "" }); len(rest) > 0 {
		t.heading(t.l.Say("ticket.further"))
		for _, s := range rest {
			t.step(s, "")
		}
	}
}

// socket says whether the box stood where an item asks; false for an item that asks for no socket.
func (t *text) socket(r Report, at Position) bool {
	switch {
	case at == PositionUnknown:
		return false
	case r.Position == PositionUnknown:
		t.line("%s", t.l.Say("ticket.not-told"))
	case r.Position == at:
		t.line("%s", t.l.Say("ticket.here", "place", at.Words(t.l)))
	default:
		t.line("%s", t.l.Say("ticket.elsewhere", "place", r.Position.Words(t.l)))
	}
	return true
}

// step prints a step with its evidence, or a pointer to the item where that stands already.
func (t *text) step(s facts.Step, at string) {
	t.line("[%s] %s: %s", Mark(t.l, s), Title(t.l, s.ID), or(begunText(t.said(s.Saw)), t.l.Say("ticket.nothing-seen")))
	if s.Blocker != "" {
		t.line("    %s", t.l.Say("checklist.unpassed", "step", Title(t.l, s.Blocker)))
	}
	if len(s.Evidence) == 0 || s.Outcome == facts.Passed {
		return
	}
	if at != "" {
		t.line("    %s", t.l.Say("ticket.see", "item", at))
		return
	}
	quoted := false
	for _, x := range exhibits(words.InEnglish(), s) {
		for _, e := range x.Pieces {
			text := e.Text
			if x.Told {
				text = t.said(text)
			}
			t.line("    %s: %s", e.Kind, text)
		}
		for _, c := range x.Differ {
			t.differ(c)
		}
		if quoted || !x.Bytes {
			continue
		}
		for _, e := range x.Pieces {
			t.quote(e.Kind+", sent", e.Sent)
			t.quote(e.Kind+", received", e.Received)
		}
		quoted = true
	}
}

// differ quotes the lines that two messages do not have in common.
func (t *text) differ(c compared) {
	value := func(s side) string {
		var b strings.Builder
		for _, p := range s.Parts {
			b.WriteString(p.Words)
		}
		return or(b.String(), "(not there)")
	}
	for _, d := range c.Lines {
		t.line("      %s, %s differs:", strings.ToLower(c.What), or(d.Name, "the first line"))
		t.quoted(c.Before + ": " + value(d.Before))
		t.quoted(c.After + ": " + value(d.After))
	}
}

// longest is the most of a line of the network's that is quoted: padding is longer.
const longest = 400

func (t *text) quote(what, bytes string) {
	if bytes == "" {
		return
	}
	t.line("      %s:", what)
	for l := range strings.Lines(strings.TrimRight(Clean(bytes), "\n")) {
		l = strings.TrimRight(l, "\n")
		t.quoted(l)
	}
}

func (t *text) quoted(l string) {
	if whole := len(l); whole > longest {
		l = fmt.Sprintf("%.40s... (%d bytes in all)", l, whole)
	}
	t.WriteString("      > " + l + "\n")
}

func (t *text) requests(r Report) {
	if len(r.Requests) == 0 {
		return
	}
	t.heading(t.l.Say("ticket.requests"))
	for _, q := range r.Requests {
		answer := t.l.Say("requests.silent")
		if q.Code != 0 {
			answer = t.l.Say("ticket.answer", "code", q.Code, "reason", q.Reason, "time", q.RTT)
		}
		t.line("%s", t.l.Say("ticket.request", "at", clockTime(q.SentAt), "method", q.Method, "transport", q.Transport, "source", q.Source, "destination", q.Destination, "answer", answer))
		t.line("    Call-ID: %s", q.CallID)
	}
	t.WriteString("\n")
}

func actors(l *words.Language, as []catalogue.Actor) string {
	who := make([]string, len(as))
	for i, a := range as {
		who[i] = a.Who(l)
	}
	return or(strings.Join(who, "; "), catalogue.Nobody.Who(l))
}

func algWords(l *words.Language, word string) string {
	switch word {
	case facts.ALGProved, facts.ALGLikely, facts.ALGNotSeen, facts.ALGRuledOut:
		return l.Say("alg." + word)
	}
	return l.Say("alg." + facts.ALGCouldNotTell)
}

func authWords(l *words.Language, auth Text) string {
	if auth == "ip" {
		return l.Say("ticket.by-address")
	}
	return l.Say("ticket.by-registration")
}

// severity is how bad a finding is, as the colour of its light.
func severity(l *words.Language, s catalogue.Severity) string { return l.Say("colour." + string(s)) }

func or(s, otherwise string) string {
	if s == "" {
		return otherwise
	}
	return s
}
