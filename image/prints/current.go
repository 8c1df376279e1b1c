package prints

// The electrical side of the wiring. Forward voltages are those of common two-colour LEDs, not of one that was
// measured: red about 1.9 V; green from 2.1 V (yellow-green) to 3.0 V (bright green).
const (
	supply       = 3.3 // V, of a line that is high
	redDrop      = 1.9 // V
	greenDropLow = 2.1 // V: the most current
	greenDropTop = 3.0 // V: the least
	resistor     = 330 // ohm, the same for every colour, so that none can be swapped

	// Limits of the lines in milliamperes. A line is set to drive 8 mA at the start (BCM2835 ARM Peripherals,
	// GPIO pads control); all lines together may give 50 mA (Raspberry Pi documentation, GPIO).
	mostLine, mostAll = 8.0, 50.0
)

// current through an LED in milliamperes.
func current(drop float64, ohm float64) float64 { return (supply - drop) / ohm * 1000 }

// allLit is the current of all ten colours in milliamperes, at the worst.
func allLit() float64 { return 5*current(redDrop, resistor) + 5*current(greenDropLow, resistor) }
