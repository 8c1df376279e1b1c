package worlds

import (
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"trunktester/appliance/selftest"
	"trunktester/lab/visit"
)

// A box that tests itself finds the real program right in every small network.
func TestSelftest(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if out, err := exec.CommandContext(t.Context(), "go", "build", "-o", dir, "trunktester/cmd/trunktester", "trunktester/cmd/selftest").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	kept := filepath.Join(dir, "result.json")
	out, err := exec.CommandContext(t.Context(), filepath.Join(dir, "selftest"), "-o", kept).CombinedOutput()
	var ended *exec.ExitError
	if errors.As(err, &ended) && ended.ExitCode() == 3 {
		visit.Cannot(t, string(out))
	}
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	b, err := os.ReadFile(kept)
	if err != nil {
		t.Fatal(err)
	}
	var result selftest.Result
	if err := json.Unmarshal(b, &result); err != nil || !result.Right() || len(result.Worlds) < 8 {
		t.Errorf("%v: %s", err, b)
	}
}
