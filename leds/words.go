package leds

import (
	"fmt"

	"trunktester/appliance/catalogue"
)

// Words says what one light does, for example "red, 2 flashes".
func Words(l catalogue.Light) string {
	switch {
	case l.State == catalogue.LightUntested || l.State == "":
		return "off"
	case !l.Counting || l.Flashes < 1:
		return string(l.State)
	case l.Flashes == 1:
		return string(l.State) + ", 1 flash"
	default:
		return fmt.Sprintf("%s, %d flashes", l.State, l.Flashes)
	}
}

// WholeWords says what a pattern of the whole row means, "" for none.
func WholeWords(w catalogue.Whole) string {
	switch w {
	case catalogue.WholeNone:
		return ""
	case catalogue.WholeStarting:
		return "starting"
	case catalogue.WholeLampTest:
		return "lamp test"
	case catalogue.WholeDone:
		return "done"
	case catalogue.WholeRefused:
		return "refused: bad file"
	case catalogue.WholeWriting:
		return "writing, do not unplug"
	case catalogue.WholeBoxFault:
		return "box fault"
	}
	return string(w)
}
