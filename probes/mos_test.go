package probes

import (
	"math"
	"strings"
	"testing"
	"time"

	"trunktester/probes/facts"
)

// Worked values of the simplified E-model, by hand.
func TestScore(t *testing.T) {
	for _, c := range []struct {
		delay       time.Duration
		loss, burst float64
		want        float64
	}{
		{60 * time.Millisecond, 0, 1, 4.38},
		{60 * time.Millisecond, 0.01, 1, 4.29},
		{60 * time.Millisecond, 0.03, 1, 4.08},
		{350 * time.Millisecond, 0.02, 1, 3.04},
		{60 * time.Millisecond, 0.03, 0.5, 4.08}, // shorter runs than by chance help nobody
		{60 * time.Millisecond, 0.03, 3, 4.055},
		{60 * time.Millisecond, 1, 1, 1.142},
		{5 * time.Second, 1, 1, 1},
	} {
		if got := score(c.delay, c.loss, c.burst); math.Abs(got-c.want) > 0.005 {
			t.Errorf("%s, %.0f %% lost, bursts of %.1f: %.3f, want %.2f", c.delay, 100*c.loss, c.burst, got, c.want)
		}
	}
}

func TestEstimateTellsTheBound(t *testing.T) {
	none := estimate(20*time.Millisecond, 0, 1, 150)
	if none.Bound != 0.02 || none.Least >= none.Value || none.Least < 4 || none.Probes != 150 {
		t.Errorf("none of 150 lost: %+v", none)
	}
	some := estimate(20*time.Millisecond, 0.05, 1, 150)
	if some.Bound != 0 || some.Least != some.Value || some.Value >= none.Value {
		t.Errorf("one in twenty lost: %+v", some)
	}
	if say := basis(*none, false); !strings.Contains(say, "estimate") || !strings.Contains(say, "150 voice packets") || !strings.Contains(say, "below 2.0 %") {
		t.Error(say)
	}
	if say := basis(*some, false); strings.Contains(say, "below") {
		t.Error(say)
	}
}

func TestPingScore(t *testing.T) {
	e := facts.Echo{Sent: 100, Back: 100, Avg: facts.Duration(20 * time.Millisecond)}
	if m := pingScore(e); m == nil || m.Bound != 0.03 || !strings.Contains(pingWords(m), "by ping") {
		t.Errorf("%+v", m)
	} else {
		spoken(t, pingWords(m))
	}
	half := e
	half.Back = 90
	if m := pingScore(half); m == nil || math.Abs(m.Value-score(95*time.Millisecond, 0.05, 1)) > 1e-9 {
		t.Errorf("half of the loss each way: %+v", m)
	} else {
		spoken(t, pingWords(m))
	}
	few, silent := e, e
	few.Sent, few.Back, silent.Back = 99, 99, 0
	for _, e := range []facts.Echo{few, silent} {
		if m := pingScore(e); m != nil || !strings.Contains(pingWords(m), "not measured") {
			t.Errorf("%+v: %+v", e, m)
		}
	}
}
