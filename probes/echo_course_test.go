package probes

import (
	"testing"
	"time"

	"trunktester/probes/facts"
)

// A stall of ten answers in the middle of a hundred is two slots of nothing.
func TestEchoCourse(t *testing.T) {
	begin := time.Now()
	sent, trips := make([]time.Time, 100), make([]time.Duration, 100)
	for i := range sent {
		sent[i] = begin.Add(time.Duration(i) * 30 * time.Millisecond)
		if trips[i] = 20 * time.Millisecond; i >= 50 && i < 60 {
			trips[i] = 0
		}
	}
	trips[7] = 80 * time.Millisecond
	course := echoCourse(sent, trips)
	if len(course) != echoSlots {
		t.Fatalf("%d slots", len(course))
	}
	ms := func(n int) facts.Duration { return facts.Duration(time.Duration(n) * time.Millisecond) }
	for i, want := range map[int]facts.EchoSlot{
		0:  {Sent: 5, Back: 5, Avg: ms(20), Max: ms(20)},
		1:  {At: ms(150), Sent: 5, Back: 5, Avg: ms(32), Max: ms(80)},
		10: {At: ms(1500), Sent: 5},
		11: {At: ms(1650), Sent: 5},
		19: {At: ms(2850), Sent: 5, Back: 5, Avg: ms(20), Max: ms(20)},
	} {
		if course[i] != want {
			t.Errorf("slot %d is %+v, want %+v", i, course[i], want)
		}
	}
	if all := echoCourse(sent[:33], trips); all[0].Sent+all[1].Sent+all[2].Sent < 3 || all[19].Sent == 0 {
		t.Errorf("33 requests: %+v", all)
	}
}
