package facts

import (
	"testing"
	"time"
)

func TestDurationInWords(t *testing.T) {
	for d, want := range map[time.Duration]string{
		0: "0 ms", 20 * time.Microsecond: "0.02 ms", 4 * time.Microsecond: "0 ms", 750 * time.Microsecond: "0.75 ms", -84 * time.Microsecond: "-0.08 ms",
		-1500 * time.Millisecond: "-1.5 s", -2340 * time.Microsecond: "-2.3 ms", 1260 * time.Microsecond: "1.3 ms",
		9300 * time.Microsecond: "9.3 ms", 20 * time.Millisecond: "20 ms", 1250 * time.Millisecond: "1.25 s", 15 * time.Second: "15 s",
		100 * time.Second: "100 s", 15 * time.Minute: "15 min", 750 * time.Second: "12.5 min",
	} {
		if got := Duration(d).String(); got != want {
			t.Errorf("%v is said as %q, want %q", d, got, want)
		}
	}
}

func TestDurationRead(t *testing.T) {
	var d Duration
	if err := d.UnmarshalJSON([]byte("12.5")); err != nil || d != Duration(12500*time.Microsecond) {
		t.Errorf("%s, %v", d, err)
	}
	if err := d.UnmarshalJSON([]byte(`"soon"`)); err == nil {
		t.Error("a word is no duration")
	}
}
