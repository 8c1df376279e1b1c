package terminal

import (
	"bytes"
	"strings"
	"testing"

	"trunktester/appliance/catalogue"
	"trunktester/leds"
)

var row = catalogue.Row{{State: catalogue.LightGreen}, {State: catalogue.LightGreen},
	{State: catalogue.LightRed, Counting: true, Flashes: 2, Code: "3-2"}, {State: catalogue.LightAmber}, {}}

func TestWords(t *testing.T) {
	want := "LINE green | INTERNET green | SIP PATH red, 2 flashes | LOGIN amber | PBX untested"
	if got := Words(row); got != want {
		t.Errorf("%s\nwant %s", got, want)
	}
}

func TestNoEscapesOutsideATerminal(t *testing.T) {
	var out bytes.Buffer
	if got := Draw(&out, row); strings.Contains(got, "\x1b") {
		t.Errorf("escape sequences in %q", got)
	}
}

func TestSetStaysOnOneLine(t *testing.T) {
	var out bytes.Buffer
	l := New(&out)
	for _, c := range []leds.Colour{leds.Red, leds.Green, leds.Amber, leds.Off} {
		if err := l.Set([5]leds.Colour{c, c, c, c, c}); err != nil {
			t.Fatal(err)
		}
	}
	if got := out.String(); strings.Contains(got, "\n") || strings.Count(got, "\r") != 4 {
		t.Errorf("drawn as %q", got)
	}
	for _, name := range catalogue.LightNames() {
		if strings.Count(out.String(), name) != 4 {
			t.Errorf("%s is not in every drawing", name)
		}
	}
}
