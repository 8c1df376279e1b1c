package lab

import (
	"fmt"
	"os"
	"slices"
	"testing"
)

func TestMain(m *testing.M) {
	if slices.Contains(os.Args, "-test.fuzzworker") { // talks to its parent over inherited files, and needs no lab
		os.Exit(m.Run())
	}
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
	for _, world := range append(Worlds(), PBXChecks()...) {
		t.Run(world.Name, func(t *testing.T) {
			t.Parallel()
			if err := ProbeALG(); world.Home.ALG() && err != nil {
				skip(t, err.Error())
			}
			l := start(t, world)
			if l.Telephone != nil && !world.PBX.Fails && !l.Telephone.Registered() {
				t.Error("PBX not registered")
			}
		})
	}
}
