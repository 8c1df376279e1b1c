// Package verdict turns what was seen, and what a person answered, into causes of the catalogue. It is
// pure: no clock, no network, no log. The rule is the one of the catalogue: a cause stops, hurts or
// tells; the first broken layer that explains what was seen wins; a success refutes; silence alone is
// "cannot tell".
package verdict

import (
	"cmp"
	"slices"

	"trunktester/appliance/catalogue"
	"trunktester/appliance/catalogue/words"
	"trunktester/appliance/profile"
	"trunktester/probes/facts"
)

// Input is everything that a verdict rests on.
type Input struct {
	Profile *profile.Profile // nil or without a domain: no trunk configured
	Facts   facts.Facts
	Steps   []facts.Step
	Answers facts.Answers
	Sockets []Socket // of this site where the box was, from the line inwards, this run's among them; empty: none to compare
}

// Verdict is what the box says.
type Verdict struct {
	Finding catalogue.Finding   // the verdict itself; zero while there is none yet
	Also    []catalogue.Finding // what else was noticed, worst first
	Row     catalogue.Row
	Final   bool // every step is done: nothing can change any more
	Faulty  bool // the box could not look, and that by a fault of its own
}

// candidate is a cause that the facts point to, before the rule is applied.
type candidate struct {
	code   string
	kind   catalogue.Kind
	title  string            // key of another title than the code's own, "" for that
	text   string            // with the numbers in it
	advice string            // key of another advice than the code's own, "" for that
	hint   string            // see catalogue.Finding
	acts   []catalogue.Actor // nil for the catalogue's
	minor  bool              // said after others of its kind: a success spoke against it
}

// Judge applies the verdict rule to the facts. It may be called while steps still run: Final is then
// false, and no light turns red before nothing can refute it any more.
func Judge(in Input) Verdict {
	apart := Compare(in.Profile, in.Sockets)
	found := placed(judged(in), apart)
	slices.SortStableFunc(found, func(a, b candidate) int {
		return cmp.Or(cmp.Compare(rank(a.kind), rank(b.kind)), compareBool(a.minor, b.minor), cmp.Compare(a.code, b.code))
	})
	v := Verdict{Final: done(in.Steps)}
	for _, c := range found {
		v.Also = append(v.Also, c.finding())
	}
	light, missing := unproven(in)
	known := len(in.Steps) > 0 && settled(1, in.Steps)
	open := light > 0 && !explained(light, found)
	switch {
	case stops(found) && (known || settled(found[0].light(), in.Steps)):
		v.Finding, v.Also = v.Also[0], v.Also[1:]
	case !known:
	case open && (!swallowed(in.Facts, found) || broken(light, in.Steps)):
		v.Finding, v.Faulty = untestable(missing), broken(light, in.Steps)
	case len(found) > 0 && found[0].kind == catalogue.Hurts:
		v.Finding, v.Also = v.Also[0], v.Also[1:]
		if open {
			v.Finding.Text += " " + words.Said("verdict.box", "why", missing)
		}
	default:
		v.Finding = well(in)
	}
	if more := further(in, apart); more != "" && v.Finding.Code != "" {
		v.Finding.Text += more
		if v.Finding.Severity == catalogue.Green { // well here, but somebody has to act
			v.Finding.Advice, v.Finding.Acts = words.InEnglish().Say("advice.apart"), []catalogue.Actor{catalogue.IT}
		}
	}
	v.Row = lights(in, v)
	return v
}

// judged are the causes that one run points to, by the verdict rule and a person's answers.
func judged(in Input) []candidate {
	return withAnswers(applyAnswers(contrastIPv6(refute(candidates(in), in), in.Facts), in), in)
}

// Whole is the pattern of the whole row where the box itself is at fault, else WholeNone.
func (v Verdict) Whole() catalogue.Whole {
	if v.Faulty {
		return catalogue.WholeBoxFault
	}
	return catalogue.WholeNone
}

// rank orders kinds: stops before hurts before tells.
func rank(k catalogue.Kind) int {
	return slices.Index([]catalogue.Kind{catalogue.Stops, catalogue.Hurts, catalogue.Tells}, k)
}

// compareBool puts false first.
func compareBool(a, b bool) int {
	switch {
	case a == b:
		return 0
	case b:
		return -1
	}
	return 1
}

// candidates collects what the facts of each light point to.
func candidates(in Input) []candidate {
	var found []candidate
	for _, rule := range []func(Input) []candidate{line, internet, sipPath, login, pbx} {
		found = append(found, rule(in)...)
	}
	return found
}

// finding gives the candidate its catalogue entry.
func (c candidate) finding() catalogue.Finding {
	cause, ok := catalogue.Find(c.code)
	if !ok {
		panic("verdict: no cause " + c.code + " in the catalogue")
	}
	f := cause.Finding(severity(c.kind), c.text)
	if c.title != "" {
		f.Title = words.InEnglish().Say("title." + c.title)
	}
	if c.advice != "" {
		f.Advice = words.InEnglish().Say("advice." + c.advice)
	}
	if c.acts != nil {
		f.Acts = c.acts
	}
	f.Hint = c.hint
	return f
}

func severity(k catalogue.Kind) catalogue.Severity {
	switch k {
	case catalogue.Stops:
		return catalogue.Red
	case catalogue.Hurts:
		return catalogue.Amber
	}
	return catalogue.Green
}

// done reports whether every step has ended.
func done(steps []facts.Step) bool {
	return len(steps) > 0 && !slices.ContainsFunc(steps, func(s facts.Step) bool { return !s.Done })
}

// light is the one that the candidate's code counts on.
func (c candidate) light() int { return int(c.code[0] - '0') }

// settled reports whether nothing that still runs can refute a stopping cause of the light: no step of it or
// of a later one is under way, but for those that take minutes and refute nothing.
func settled(light int, steps []facts.Step) bool {
	return !slices.ContainsFunc(steps, func(s facts.Step) bool { return !s.Done && s.Light >= light && !lasting(s.ID) })
}

// explained reports whether a weakness says why a light could not be proved: only those of the login and
// of the list of registrations do. Any other leaves the question open, and works is not the answer.
func explained(light int, found []candidate) bool {
	return light >= 4 && slices.ContainsFunc(found, func(c candidate) bool {
		return c.kind == catalogue.Hurts && (c.code[0] == '4' || c.code == "5-5")
	})
}

// swallowed reports whether packets are lost on the way, as was measured, so that an answer may well have been among them: that
// is to be mended first, and what could not be tested for it is said with it.
func swallowed(f facts.Facts, found []candidate) bool {
	lost := map[string]bool{"1-9": f.LAN != nil && f.LAN.Sent-f.LAN.Back >= lanLost, "2-7": lossy(f)}
	return slices.ContainsFunc(found, func(c candidate) bool { return c.kind == catalogue.Hurts && lost[c.code] })
}

// broken reports whether the box itself failed at a step of the light.
func broken(light int, steps []facts.Step) bool {
	return slices.ContainsFunc(steps, func(s facts.Step) bool { return s.Light == light && s.Outcome == facts.Broken })
}

// untestable is the verdict of a box that could not test.
func untestable(missing string) catalogue.Finding {
	c, _ := catalogue.Find("box")
	return c.Finding(catalogue.Broken, words.Said("verdict.box", "why", missing))
}

// well is the verdict when no cause was found.
func well(in Input) catalogue.Finding {
	if noTrunk(in) {
		c, _ := catalogue.Find("no-trunk")
		return c.Finding(catalogue.Amber, words.Said("verdict.no-trunk"))
	}
	c, _ := catalogue.Find("ok")
	return c.Finding(catalogue.Green, wellText(in))
}

// wellText says what was proved, and names what was not.
func wellText(in Input) string {
	if in.Profile.Trunk.Auth == "ip" {
		return words.Said("verdict.ip-works")
	}
	text := words.Said("verdict.works")
	if listsAny(in.Facts) {
		text = words.Said("verdict.works-registered")
	}
	if c := in.Facts.PBXCheck; c != nil && c.Telling() != nil && c.Telling().Accepted {
		text += " " + words.Said("verdict.check-right")
		if listsAny(in.Facts) && c.Back != nil && !renewed(*c, in.Facts.Bindings.Contacts) {
			text += " " + words.Said("verdict.may-be-left-over")
		}
	}
	if no(in.Answers.VoiceUsesThisLine) {
		text += " " + words.InEnglish().Say("told.other-line")
	}
	if !accepted(in.Facts) {
		text += " " + words.Said("verdict.no-password-asked")
	}
	q, lan := in.Facts.Quality, in.Facts.LAN
	if q != nil && starved(q.Late) || lan != nil && starved(lan.Late) {
		text += " " + words.Said("verdict.too-busy")
	}
	text += qualityWords(in.Facts)
	if unanswered, one := largeUnanswered(in.Facts); one {
		text += " " + words.Said("verdict.large-unanswered", "n", unanswered)
	}
	if byIPv6(in.Facts) {
		text += " " + words.Said("verdict.by-ipv6")
	}
	switch a := in.Facts.ALG; {
	case a != nil && a.Direct:
		text += " " + words.Said("verdict.alg-direct")
	case a == nil || a.Word == facts.ALGCouldNotTell:
		text += " " + words.Said("verdict.alg-unknown")
	case a.Word == facts.ALGNotSeen:
		text += " " + words.Said("verdict.alg-not-seen")
	case a.Word == facts.ALGRuledOut:
		text += " " + words.Said("verdict.alg-ruled-out")
	}
	if no(in.Answers.SIPALGDisabled) && trunk(in).Transport != "tls" && (in.Facts.ALG == nil || in.Facts.ALG.Word != facts.ALGRuledOut) {
		text += " " + words.InEnglish().Say("told.alg-unseen")
	}
	return text
}

func noTrunk(in Input) bool { return in.Profile == nil || in.Profile.Trunk.Domain == "" }
