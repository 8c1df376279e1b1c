package lights

import "trunktester/leds"

// untorn leaves out the looks that fell between two frames: the lines are set one after another, so that such a look
// saw some of them as they were and some as they will be. No frame of the light language is as short.
func untorn(samples []Sample) []Sample {
	var all []Sample
	for i, s := range samples {
		if i > 0 && i+1 < len(samples) && torn(samples[i-1], s, samples[i+1]) {
			continue
		}
		all = append(all, s)
	}
	return all
}

// torn says whether the look in the middle saw nothing of its own: every line is as it was before, or as it is after.
func torn(before, s, after Sample) bool {
	if s.Frame == before.Frame || s.Frame == after.Frame || after.At-before.At > Sparsest {
		return false
	}
	for i := range s.Frame {
		was, is, will := lines(before.Frame[i]), lines(s.Frame[i]), lines(after.Frame[i])
		for line := range is {
			if is[line] != was[line] && is[line] != will[line] {
				return false
			}
		}
	}
	return true
}

// lines are a light's two: red and green.
func lines(c leds.Colour) [2]bool {
	return [2]bool{c == leds.Red || c == leds.Amber, c == leds.Green || c == leds.Amber}
}
