package catalogue

import "trunktester/appliance/catalogue/words"

// Meaning says in a few words what a light means that shows this: the card's words, for a client.
func (l Light) Meaning(in *words.Language) string {
	switch {
	case l.State == LightUntested || l.State == "":
		return in.Say("meaning.untested")
	case !l.Counting && (l.State == LightRed || l.State == LightAmber):
		return in.Say("meaning.noticed")
	}
	return in.Say("meaning." + string(l.State))
}

// Meaning says what a pattern of the whole row means, and what to do: the card's words, for a client. It is ""
// for no pattern.
func (w Whole) Meaning(in *words.Language) string {
	if w == WholeNone {
		return ""
	}
	return in.Say("meaning." + string(w))
}
