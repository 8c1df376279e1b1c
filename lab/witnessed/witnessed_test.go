// Package witnessed runs the real program in every world of the lab once more, with programs that we did
// not write in the parts of the servers, so that the box and the lab cannot agree with each other and both be wrong.
package witnessed

import (
	"flag"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"trunktester/lab"
	"trunktester/lab/serve"
	"trunktester/lab/visit"
	"trunktester/lab/witness"
)

var update = flag.Bool("update", false, "write docs/witnesses.md")

// atOnce is how many worlds run side by side, five outside programs in each: no more, for the reason of lab/worlds.
const atOnce = 7

func TestMain(m *testing.M) {
	flag.Parse()
	if err := flag.Set("test.parallel", strconv.Itoa(atOnce)); err != nil {
		panic(err)
	}
	os.Exit(m.Run())
}

func missing() string {
	if packages := witness.Missing(); packages != nil {
		return (&lab.MissingWitnessesError{Packages: packages}).Error()
	}
	return ""
}

// programs builds the real programs, once the outside programs are known to be there.
func programs(t *testing.T) (trunklab string) {
	t.Helper()
	if why := missing(); why != "" {
		visit.Cannot(t, why)
	}
	return visit.Programs(t)
}

func TestWitnessedWorlds(t *testing.T) {
	trunklab := programs(t)
	t.Run("world", func(t *testing.T) {
		worlds := lab.Worlds()
		for _, i := range visit.LongestLast(worlds) {
			w := worlds[i]
			t.Run(w.Name, func(t *testing.T) {
				t.Parallel()
				check(t, w, witnessed(t, trunklab, w))
			})
		}
	})
	if *update && !t.Failed() {
		writeTable(t)
	}
}

// witnessed runs one world, and sees to it that nothing of it is left.
func witnessed(t *testing.T, trunklab string, w lab.World) visit.Outcome {
	t.Helper()
	folder := short(t)
	got := visit.Run(t, trunklab, folder, w, "-witness")
	left := running(t, folder)
	for until := time.Now().Add(2 * time.Second); left != nil && time.Now().Before(until); left = running(t, folder) {
		time.Sleep(50 * time.Millisecond) // the kernel takes a moment to end a PID namespace on a busy machine
	}
	if left != nil {
		t.Errorf("still running: %q", left)
	}
	if left, err := os.ReadDir(folder); err != nil || len(left) > 0 {
		t.Errorf("files left: %v, %v", left, err)
	}
	return got
}

// check compares what the box said and did with what the world's author wrote down.
func check(t *testing.T, w lab.World, got visit.Outcome) {
	t.Helper()
	visit.Judge(t, w, got)
	checkBudget(t, w, "on the box's cable", got.FarEnd.Count)
	// What was spaced on the cable may reach a busy server's log in a bunch: the log counts, the cable times.
	logged := got.FarEnd.Provider
	logged.MaxIn200ms = 0
	checkBudget(t, w, "by the provider", logged)
	played := map[lab.Role]string{}
	for _, p := range got.Witnesses {
		played[p.Role] = p.Program
	}
	for _, p := range w.Cast() {
		if want := p.Program; p.Own == nil && played[p.Role] != want {
			t.Errorf("%s played by %q, wanted %s", p.Role, played[p.Role], want)
		}
	}
}

// checkBudget is design section 7, retransmissions included.
func checkBudget(t *testing.T, w lab.World, where string, c serve.Count) {
	if c.Requests > 40 || c.WithCredentials > 2 || visit.Bunched(w, c) || c.Methods["INVITE"] > 0 {
		t.Errorf("counted %s: %d requests, %d with credentials, %d within 200 ms, %d INVITEs", where, c.Requests, c.WithCredentials, c.MaxIn200ms, c.Methods["INVITE"])
	}
	for agent := range c.UserAgents {
		if !strings.HasPrefix(agent, "trunktester/") {
			t.Errorf("counted %s: User-Agent %q", where, agent)
		}
	}
}

// short is a folder with a short name: the path of a socket has at most 107 bytes (unix(7)), and names of worlds are long.
func short(t *testing.T) string {
	t.Helper()
	folder, err := os.MkdirTemp("", "w-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := os.RemoveAll(folder); err != nil {
			t.Error(err)
		}
	})
	return folder
}
