package prints

// The Raspberry Pi's 40-pin header, the same on every board from the Model B+ of 2014. Source: Raspberry Pi
// documentation, "GPIO and the 40-pin header"; device tree bcm2710-rpi-3-b.dts, gpio-line-names.

// headerPin gives the pin of a line by its BCM number.
func headerPin(bcm int) (pin int, ok bool) {
	pins := [...]int{
		0: 27, 1: 28, 2: 3, 3: 5, 4: 7, 5: 29, 6: 31, 7: 26, 8: 24, 9: 21, 10: 19, 11: 23, 12: 32, 13: 33,
		14: 8, 15: 10, 16: 36, 17: 11, 18: 12, 19: 35, 20: 38, 21: 40, 22: 15, 23: 16, 24: 18, 25: 22, 26: 37, 27: 13,
	}
	if bcm < 0 || bcm >= len(pins) {
		return 0, false
	}
	return pins[bcm], true
}

// fixedPins are the pins that are no lines, by their use.
func fixedPins() map[int]string {
	return map[int]string{
		1: "3.3 V", 17: "3.3 V", 2: "5 V", 4: "5 V",
		6: "ground", 9: "ground", 14: "ground", 20: "ground", 25: "ground", 30: "ground", 34: "ground", 39: "ground",
	}
}
