package terminal

import (
	"strings"

	"trunktester/appliance/catalogue"
	"trunktester/leds"
)

// Plain is the whole row in words, for example
// "LINE green; INTERNET green; SIP PATH red, 2 flashes; LOGIN off; PBX off".
func Plain(show leds.Show) string {
	if words := leds.WholeWords(show.Whole); words != "" {
		return "all lights: " + words
	}
	words := make([]string, len(show.Row))
	for i, l := range show.Row {
		words[i] = catalogue.LightNames()[i] + " " + leds.Words(l)
	}
	return strings.Join(words, "; ")
}

// Verdict is what counts, in words: "SIP PATH red, 2 flashes", a pattern of the whole row, or "".
func Verdict(show leds.Show) string {
	if words := leds.WholeWords(show.Whole); words != "" {
		return words
	}
	for i, l := range show.Row {
		if l.Counting {
			return catalogue.LightNames()[i] + " " + leds.Words(l)
		}
	}
	return ""
}
