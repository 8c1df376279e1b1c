package probes

import (
	"testing"

	"trunktester/probes/sip"
)

// A provider that wants longer registrations says how long; one that says nothing usable is not asked again.
func TestTooBrief(t *testing.T) {
	for reply, want := range map[string]int{
		"SIP/2.0 423 Interval Too Brief\r\nMin-Expires: 300\r\n\r\n":            300,
		"SIP/2.0 423 Interval Too Brief\r\nMin-Expires:  3600 \r\n\r\n":         3600,
		"SIP/2.0 423 Interval Too Brief\r\nMin-Expires: 60\r\n\r\n":             0, // it was asked for as much
		"SIP/2.0 423 Interval Too Brief\r\nMin-Expires: soon\r\n\r\n":           0,
		"SIP/2.0 423 Interval Too Brief\r\nMin-Expires: -300\r\n\r\n":           0,
		"SIP/2.0 423 Interval Too Brief\r\nMin-Expires: 99999999999999\r\n\r\n": 0,
		"SIP/2.0 423 Interval Too Brief\r\n\r\n":                                0,
		"SIP/2.0 200 OK\r\nMin-Expires: 300\r\n\r\n":                            0,
	} {
		least, ok := tooBrief(sip.Split([]byte(reply)))
		if ok != (want > 0) || ok && least != want {
			t.Errorf("%q: %d %v", reply, least, ok)
		}
	}
	if _, ok := tooBrief(nil); ok {
		t.Error("silence is no answer")
	}
}
