package probes

import (
	"context"
	"testing"
	"testing/synctest"
	"time"
)

// In the bubble time only passes while all sleep: nobody is late.
func TestPulseOfABoxWithTimeToSpare(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second)
		defer cancel()
		if late := pulse(ctx); late != 0 {
			t.Errorf("late by %s", late)
		}
	})
}
