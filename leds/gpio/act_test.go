package gpio

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
)

// light is a board light as the kernel shows it.
func light(t *testing.T, name string, attributes map[string]string) (class string) {
	t.Helper()
	class = t.TempDir()
	if err := os.MkdirAll(filepath.Join(class, name), 0o755); err != nil {
		t.Fatal(err)
	}
	for attribute, value := range attributes {
		if err := os.WriteFile(filepath.Join(class, name, attribute), []byte(value), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return class
}

// holds is the last thing that was written: these files, unlike the kernel's, are not cut.
func holds(t *testing.T, parts ...string) string {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(parts...))
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func TestTheBoardsOwnLight(t *testing.T) {
	for _, c := range []struct{ name, most, lit string }{
		{"ACT", "255\n", "255"},
		{"act", "1\n", "1"},
		{"led0", "255\n", "255"},
	} {
		class := light(t, c.name, map[string]string{"trigger": "mmc0", "brightness": "0", "max_brightness": c.most})
		set, err := OpenACT(class)
		if err != nil || set == nil {
			t.Fatalf("%s: %v", c.name, err)
		}
		if got := holds(t, class, c.name, "trigger"); got != "none" {
			t.Errorf("%s: trigger %q", c.name, got)
		}
		if err := set(true); err != nil || holds(t, class, c.name, "brightness") != c.lit {
			t.Errorf("%s lit: %v, brightness %q", c.name, err, holds(t, class, c.name, "brightness"))
		}
		if err := set(false); err != nil || holds(t, class, c.name, "brightness")[0] != '0' {
			t.Errorf("%s dark: %v, brightness %q", c.name, err, holds(t, class, c.name, "brightness"))
		}
	}
}

func TestABoardWithoutALightOfItsOwn(t *testing.T) {
	class := light(t, "input3::capslock", map[string]string{"trigger": "none", "brightness": "0"})
	for _, dir := range []string{class, filepath.Join(class, "nowhere")} {
		if set, err := OpenACT(dir); set != nil || err != nil {
			t.Errorf("%s: a light was found, error %v", dir, err)
		}
	}
}

func TestALightThatCannotBeTaken(t *testing.T) {
	class := light(t, "ACT", map[string]string{"brightness": "0"})
	if set, err := OpenACT(class); set != nil || !errors.Is(err, os.ErrNotExist) {
		t.Errorf("without a trigger: %v", err)
	}
}
