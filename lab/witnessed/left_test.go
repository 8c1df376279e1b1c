package witnessed

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"trunktester/lab/visit"
)

// running are the command lines of all processes that name the folder.
func running(t *testing.T, folder string) (lines []string) {
	t.Helper()
	files, err := filepath.Glob("/proc/[0-9]*/cmdline")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		line, err := os.ReadFile(file)
		if err == nil && strings.Contains(string(line), folder) { // an error: it ended meanwhile
			lines = append(lines, strings.ReplaceAll(string(line), "\x00", " "))
		}
	}
	return lines
}

// TestKilledLabLeavesNothing: when the lab is killed on the spot, every outside program dies with it,
// the children of a Kamailio too.
func TestKilledLabLeavesNothing(t *testing.T) {
	trunklab, folder := programs(t), t.TempDir()
	cmd := exec.CommandContext(t.Context(), trunklab, "-world", "healthy", "-check", "-witness")
	cmd.Env = append(os.Environ(), "TMPDIR="+folder)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	go func() { defer close(ended); cmd.Wait() }() //nolint:errcheck // it is killed
	await := func(what string, is func(int) bool) {
		t.Helper()
		for until := time.Now().Add(30 * time.Second); ; time.Sleep(10 * time.Millisecond) {
			lines := running(t, folder)
			if is(len(lines)) {
				return
			}
			if time.Now().After(until) {
				t.Fatalf("not %s, but %d are: %q", what, len(lines), lines)
			}
			select {
			case <-ended:
				if len(lines) == 0 {
					visit.Cannot(t, "this machine cannot run the lab")
				}
			default:
			}
		}
	}
	await("ten processes running", func(n int) bool { return n >= 10 }) // Kamailio alone has more
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	<-ended
	await("all ended", func(n int) bool { return n == 0 })
}
