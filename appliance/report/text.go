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
// fault in a ticket of a thousand lines. pages are the addresses of the box's own page, if known.
func (r Report) TextReport(pages ...string) string {
	var t text
	t.verdict(r)
	t.lights(r)
	t.guide(r)
	t.requests(r)
	t.line("Report %s, trunktester %s", r.ID, r.Version)
	if slip := r.Slip(); slip != "" {
		t.line("In one line: %s", slip)
	}
	if len(pages) > 0 {
		t.line("The box's own page: %s", strings.Join(pages, " or "))
	}
	return ascii(t.String())
}

type text struct{ strings.Builder }

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
	t.line("%s", strings.Repeat("-", len(s)))
}

func (t *text) verdict(r Report) {
	english := words.InEnglish()
	v := r.Verdict
	if v.Code == "" {
		t.line("VERDICT: none yet, the test is still running")
	} else {
		t.line("VERDICT %s (%s): %s", v.Code, v.Severity, v.Title)
		t.line("%s", v.Text)
		t.line("What to do: %s", or(v.Advice, "nothing"))
		if v.Hint != "" {
			t.line("            %s", v.Hint)
		}
		t.line("Who acts:   %s", actors(english, v.Acts))
	}
	t.WriteString("\n")
	t.line("Tested:     %s", when(english, r))
	if r.Profile.Domain != "" {
		t.line("Trunk:      %s, user %s, %s, %s", r.Profile.Domain, or(string(r.Profile.Username), "none"),
			r.Profile.Transport, authWords(r.Profile.Auth))
	} else {
		t.line("Trunk:      no trunk configured")
	}
	public := "not known"
	if r.Site.PublicIP.IsValid() {
		public = r.Site.PublicIP.String()
	}
	t.line("Public IP:  %s", public)
	t.line("Box at:     %s", r.Position.Words(english))
	if r.Between != "" {
		t.line("Sockets:    %s", r.Between)
	}
	t.line("SIP ALG:    %s", algWords(english, r.ALG))
	if r.Kit != "" {
		t.line("Kit:        %s", r.Kit)
	}
	if r.Selftest != nil {
		t.line("Self-test:  %s", r.Selftest.Words())
	}
	if len(r.Also) == 0 {
		return
	}
	t.heading("Also noticed")
	for _, f := range r.Also {
		t.line("%s (%s): %s", f.Code, f.Severity, f.Title)
		t.line("    %s", f.Text)
		t.line("    What to do: %s Who acts: %s", strings.TrimSpace(or(f.Advice, "nothing.")+" "+f.Hint), actors(english, f.Acts))
	}
}

func (t *text) lights(r Report) {
	t.heading("The five lights")
	for _, l := range r.Lights {
		t.line("%-8s  %s", l.Name, SaidOn(l))
	}
}

func (t *text) guide(r Report) {
	t.WriteString("\n")
	t.line("The provider's guide, step by step. What tests that passed rest on, and every byte, is in the HTML and JSON reports.")
	printed := map[string]string{} // step to the item where its evidence stands
	for _, g := range Guide() {
		t.heading(g.Item + " " + g.Question)
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
				t.line("[told by a person] %s %s", q.Text(words.InEnglish()), strings.ToLower(a))
			}
		}
		if !said {
			t.line("[not tested] %s", or(g.Person, "The box did not test this."))
		}
	}
	if rest := slices.DeleteFunc(slices.Clone(r.Steps), func(s facts.Step) bool { return printed[s.ID] != "" }); len(rest) > 0 {
		t.heading("Further tests")
		for _, s := range rest {
			t.step(s, "")
		}
	}
}

// socket says whether the box stood where an item asks; false for an item that asks for no socket.
func (t *text) socket(r Report, at Position) bool {
	english := words.InEnglish()
	switch {
	case at == PositionUnknown:
		return false
	case r.Position == PositionUnknown:
		t.line("[not told] The box was not told in which socket it stood.")
	case r.Position == at:
		t.line("[tested here] The box stood at %s; tests that stand under another item were made here too.", at.Words(english))
	default:
		t.line("[not tested here] The box stood at %s.", r.Position.Words(english))
	}
	return true
}

// step prints a step with its evidence, or a pointer to the item where that stands already.
func (t *text) step(s facts.Step, at string) {
	t.line("[%s] %s: %s", Mark(s), Title(s), or(begun(Phrase{Words: s.Saw}).Words, "nothing was seen"))
	if s.Blocker != "" {
		t.line("    since this did not pass: %s", s.Blocker)
	}
	if len(s.Evidence) == 0 || s.Outcome == facts.Passed {
		return
	}
	if at != "" {
		t.line("    evidence: see %s", at)
		return
	}
	quoted := false
	for _, x := range exhibits(words.InEnglish(), s) {
		for _, e := range x.Pieces {
			t.line("    %s: %s", e.Kind, e.Text)
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
	t.heading("SIP requests sent, to be found in the provider's logs")
	for _, q := range r.Requests {
		answer := "no answer"
		if q.Code != 0 {
			answer = fmt.Sprintf("%d %s after %s", q.Code, q.Reason, q.RTT)
		}
		t.line("%s %s %s from %s to %s: %s", clockTime(q.SentAt), q.Method, q.Transport, q.Source, q.Destination, answer)
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

func authWords(auth Text) string {
	if auth == "ip" {
		return "authenticated by address"
	}
	return "authenticated by registration"
}

func or(s, otherwise string) string {
	if s == "" {
		return otherwise
	}
	return s
}
