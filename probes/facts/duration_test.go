package facts

import (
	"testing"
	"time"
)

func TestDurationInWords(t *testing.T) {
	for d, want := range map[time.Duration]string{
		0: "0 ms", 20 * time.Microsecond: "0.02 ms", 4 * time.Microsecond: "0 ms", 750 * time.Microsecond: "0.75 ms", -84 * time.Microsecond: "-0.08 ms",
		9300 * time.Microsecond: "9.3 ms", 20 * time.Millisecond: "20 ms", 1250 * time.Millisecond: "1.25 s", 15 * time.Second: "15 s",
		100 * time.Second: "100 s", 15 * time.Minute: "15 min", 750 * time.Second: "12.5 min",
	} {
		if got := Duration(d).String(); got != want {
			t.Errorf("%v is said as %q, want %q", d, got, want)
		}
	}
}
