package perm

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestE2fsprogs: the programs of the kernel's own authors find nothing wrong, and the file.
func TestE2fsprogs(t *testing.T) {
	t.Setenv("PATH", os.Getenv("PATH")+":/usr/sbin:/sbin")
	for _, program := range []string{"e2fsck", "debugfs"} {
		if _, err := exec.LookPath(program); err != nil {
			if os.Getenv("CI") == "true" {
				t.Fatal(err)
			}
			t.Skip(err)
		}
	}
	const offset, size = 1 << 20, 64 << 20
	for name, files := range map[string]map[string][]byte{
		"empty":   nil,
		"profile": {"trunktester/trunk.toml": []byte("[trunk]\n")},
	} {
		t.Run(name, func(t *testing.T) {
			image := filepath.Join(t.TempDir(), "card")
			if err := os.WriteFile(image, nil, 0o600); err != nil {
				t.Fatal(err)
			}
			if err := os.Truncate(image, offset+size); err != nil {
				t.Fatal(err)
			}
			if err := Format(image, offset, size, 1, files); err != nil {
				t.Fatal(err)
			}
			where := image + "?offset=1048576"
			if out, err := exec.CommandContext(t.Context(), "e2fsck", "-fn", where).CombinedOutput(); err != nil {
				t.Errorf("e2fsck: %v\n%s", err, out)
			}
			// Without a journal a power cut could lose what was renamed.
			if out, err := exec.CommandContext(t.Context(), "debugfs", "-R", "features", where).CombinedOutput(); err != nil || !strings.Contains(string(out), "has_journal") {
				t.Errorf("features: %v\n%s", err, out)
			}
			for file, want := range files {
				got, err := exec.CommandContext(t.Context(), "debugfs", "-R", "cat /"+file, where).Output()
				if err != nil || string(got) != string(want) {
					t.Errorf("%s holds %q, %v", file, got, err)
				}
				stat, err := exec.CommandContext(t.Context(), "debugfs", "-R", "stat /"+file, where).Output()
				if err != nil || !strings.Contains(string(stat), "Mode:  0600") {
					t.Errorf("%s: %v\n%s", file, err, stat)
				}
			}
		})
	}
}
