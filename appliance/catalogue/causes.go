package catalogue

import (
	"slices"

	"trunktester/appliance/catalogue/words"
)

// box is what is not about one light: all is well, the box's own fault, no trunk to test. They have no
// flashes of their own: a row of steady lights, or a pattern of the whole row, says them.
func box() []Cause {
	return []Cause{
		{
			Code: "ok", Slug: "ok", Kinds: []Kind{Tells},
			Acts:     []Actor{Nobody},
			Guide:    []string{},
			Evidence: "Every step of the checklist passed.",
			Guard:    "A green that could not be proved says so on its own line.",
		},
		{
			Code: "box", Slug: "box", Kinds: []Kind{Tells},
			Acts:     []Actor{Reseller},
			Guide:    []string{},
			Evidence: "The box's own program stopped, or could not look where it had to.",
			Guard:    "Never said about the network: what the box could not look at is not called broken.",
		},
		{
			Code: "no-trunk", Slug: "no-trunk", Kinds: []Kind{Tells},
			Acts:     []Actor{Reseller},
			Guide:    []string{},
			Evidence: "No trunk.toml was found, or the one that is there cannot be used.",
			Guard:    "Lights 1 and 2 are tested all the same.",
		},
	}
}

// All is the catalogue in English, in its order: light by light, flash by flash, then ok, box and no-trunk.
// Every call gives a fresh copy.
func All() []Cause {
	all := slices.Concat(line(), internet(), sipPath(), login(), pbx(), box())
	for i, c := range all {
		all[i] = c.In(words.InEnglish())
	}
	return all
}

// In is the cause with the client's words in a language; evidence and guard, the engineer's, stay English.
func (c Cause) In(l *words.Language) Cause {
	c.Title, c.What, c.Advice = l.Say(c.Code+".title"), l.Say(c.Code+".what"), l.Say(c.Code+".advice")
	return c
}

// Find gives the cause with this code ("3-2") or slug ("sip-alg").
func Find(codeOrSlug string) (Cause, bool) {
	all := All()
	i := slices.IndexFunc(all, func(c Cause) bool { return c.Code == codeOrSlug || c.Slug == codeOrSlug })
	if i < 0 {
		return Cause{}, false
	}
	return all[i], true
}

// Finding is the cause as it was found on one line. The text carries the numbers; "" takes the general sentence.
func (c Cause) Finding(severity Severity, text string) Finding {
	if text == "" {
		text = c.What
	}
	return Finding{
		Code:     c.Code,
		Slug:     c.Slug,
		Severity: severity,
		Light:    c.Light,
		Title:    c.Title,
		Text:     text,
		Advice:   c.Advice,
		Acts:     append([]Actor{}, c.Acts...),
		Guide:    append([]string{}, c.Guide...),
	}
}
