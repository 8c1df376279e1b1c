package leds

import (
	"time"

	"trunktester/appliance/catalogue"
)

// Gap is the dark between the two numbers of a code on the board's own light: longer than between
// flashes, shorter than Pause.
const Gap = 1200 * time.Millisecond

// Board says whether the board's own ACT light shines when the show has been on for elapsed. A code is
// the light's number in flashes, a gap, and its count; a slow blink is testing or writing, three flashes are
// done or refused, half seconds are a box fault, steady is fine.
func Board(show Show, elapsed time.Duration) bool {
	if !over(show.Whole, elapsed) {
		if show.Whole == catalogue.WholeBoxFault {
			return whole(show.Whole, elapsed) == Red
		}
		return whole(show.Whole, elapsed) != Off
	}
	elapsed -= Length(show.Whole)
	testing := false
	for i, l := range show.Row {
		if l.Counting && l.Flashes > 0 {
			return code(elapsed, i+1, l.Flashes)
		}
		testing = testing || l.State == catalogue.LightTesting
	}
	return !testing || slow(elapsed)
}

// code says whether a code shines at this moment: like count, with two numbers.
func code(elapsed time.Duration, light, flashes int) bool {
	const flash = FlashOn + FlashOff
	first := time.Duration(light)*flash - FlashOff
	second := time.Duration(flashes)*flash - FlashOff
	at := elapsed%(first+Gap+second+Pause) - FlashOff
	if at >= first {
		at -= first + Gap
		return at >= 0 && at < second && at%flash < FlashOn
	}
	return at >= 0 && at%flash < FlashOn
}
