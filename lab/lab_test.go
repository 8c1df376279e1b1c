package lab

import (
	"fmt"
	"os"
	"testing"
	"time"
)

func TestMain(m *testing.M) {
	if err := Enter(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(m.Run())
}

// start starts a world and ends it with the test.
func start(t *testing.T, world World) *Lab {
	t.Helper()
	l, err := Start(t.Context(), world, Options{Seed: 1})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(l.Close)
	return l
}

func TestEveryWorldStarts(t *testing.T) {
	for _, world := range Worlds() {
		t.Run(world.Name, func(t *testing.T) {
			began := time.Now()
			l := start(t, world)
			t.Log(time.Since(began))
			if l.Telephone != nil && !world.PBX.Fails && !l.Telephone.Registered() {
				t.Error("PBX not registered")
			}
		})
	}
}
