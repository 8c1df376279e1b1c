package catalogue

import (
	"strconv"

	"trunktester/appliance/catalogue/words"
)

// LightState is what one light says. Rhythm alone carries everything that colour carries.
type LightState string

const (
	LightGreen    LightState = "green"    // steady: tested, fine
	LightAmber    LightState = "amber"    // steady, or counting: works, but has a weakness
	LightRed      LightState = "red"      // steady, or counting: does not work
	LightUntested LightState = "untested" // off
	LightTesting  LightState = "testing"  // green, slow blink
)

// Light is one of the five. Only one light of a row counts flashes at a time: the verdict's.
type Light struct {
	State    LightState
	Counting bool
	Flashes  int    // 1 to 9 when counting, else 0
	Code     string // code of what is said on this light, "" when nothing
}

// Row is the five lights, LINE first.
type Row [5]Light

// LightNames stand on the case, in every language.
func LightNames() [5]string {
	return [5]string{"LINE", "INTERNET", "SIP PATH", "LOGIN", "PBX"}
}

// LightQuestions are what each light answers.
func LightQuestions(l *words.Language) [5]string {
	var all [5]string
	for i := range all {
		all[i] = l.Say("lights." + strconv.Itoa(i+1))
	}
	return all
}

// Whole is a pattern of the whole row together: it speaks of the box, not of the line.
type Whole string

const (
	WholeNone     Whole = ""         // the five lights speak for themselves
	WholeStarting Whole = "starting" // all amber steady
	WholeLampTest Whole = "lamp-test"
	WholeDone     Whole = "done"    // all flash green three times: imported, updated, wiped
	WholeRefused  Whole = "refused" // all flash red three times: bad file
	WholeWriting  Whole = "writing" // all blink amber slowly: do not unplug
	WholeBoxFault Whole = "box"     // all alternate red and amber, 500 ms each
)
