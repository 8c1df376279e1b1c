package probes

import (
	"testing"
	"time"

	"trunktester/probes/facts"
	"trunktester/reflector"
)

// The real reflector answers later; where it grants no delay, nothing is said about the router.
func TestLifetimeByReflector(t *testing.T) {
	t.Parallel()
	s := startReflector(t, nil)
	asker, err := LifetimeByReflector{farEnd(s, reflectorToken)}.Ready(t.Context(), "", onLoopback)
	if err != nil {
		t.Fatal(err)
	}
	start := time.Now()
	if ok, err := asker.Alive(t.Context(), time.Second); !ok || err != nil || time.Since(start) < time.Second {
		t.Errorf("%v, %v after %s", ok, err, time.Since(start))
	}
	hasty := startReflector(t, func(c *reflector.Config) { c.LongestDelay = 0 })
	asker, err = LifetimeByReflector{farEnd(hasty, reflectorToken)}.Ready(t.Context(), "", onLoopback)
	if err != nil {
		t.Fatal(err)
	}
	if ok, err := asker.Alive(t.Context(), time.Second); ok || err == nil {
		t.Errorf("without a delay: %v, %v", ok, err)
	}
}

func TestLifetimeByReflectorNotReady(t *testing.T) {
	t.Parallel()
	s := startReflector(t, nil)
	for name, far := range map[string]FarEnd{"none": {}, "a wrong token": farEnd(s, "another-token-0123456"), "nobody": {Host: closedUDP(t).String()}} {
		if _, err := (LifetimeByReflector{far}).Ready(t.Context(), "", onLoopback); err == nil {
			t.Errorf("%s: ready", name)
		}
	}
	if _, err := (LifetimeByReflector{farEnd(s, reflectorToken)}).Ready(t.Context(), "", facts.Facts{}); err == nil {
		t.Error("without an address: ready")
	}
}
