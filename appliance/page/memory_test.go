package page

import (
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"testing"
)

func TestMetricsTellTheMemory(t *testing.T) {
	body, err := io.ReadAll(request(handler(t, newFakeBox(healthyState())), "GET", "/metrics", nil).Body)
	if err != nil {
		t.Fatal(err)
	}
	found := regexp.MustCompile(`(?m)^process_resident_memory_bytes (\S+)$`).FindSubmatch(body)
	if found == nil {
		t.Fatalf("no resident memory in %s", body)
	}
	if n, err := strconv.ParseFloat(string(found[1]), 64); err != nil || n < 1<<20 || n > 1<<34 {
		t.Errorf("%s bytes, %v", found[1], err)
	}
}

func TestNoMemoryWithoutProc(t *testing.T) {
	bad := filepath.Join(t.TempDir(), "statm")
	if err := os.WriteFile(bad, []byte("7\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, file := range []string{bad, bad + "-missing"} {
		if n, ok := residentPages(file); ok {
			t.Errorf("%s: %d pages", file, n)
		}
	}
}
