package gpio

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// LEDClass is where the kernel shows the lights of the board (Documentation/leds/leds-class.rst).
const LEDClass = "/sys/class/leds"

// OpenACT takes the board's own light under a folder like LEDClass: its names differ with the age of the
// kernel. It stays ours until the power goes. The function is nil where the board has no such light, and
// the error is not nil where it has one that cannot be taken.
func OpenACT(class string) (set func(lit bool) error, err error) {
	for _, name := range []string{"ACT", "act", "led0"} {
		dir := filepath.Join(class, name)
		if _, err := os.Stat(filepath.Join(dir, "brightness")); err != nil {
			continue
		}
		if err := sysfs(dir, "trigger", "none"); err != nil { // else the card's own activity shines
			return nil, err
		}
		bright := "1"
		if most, err := os.ReadFile(filepath.Join(dir, "max_brightness")); err == nil && len(most) > 0 {
			bright = strings.TrimSpace(string(most))
		}
		return func(lit bool) error {
			if lit {
				return sysfs(dir, "brightness", bright)
			}
			return sysfs(dir, "brightness", "0")
		}, nil
	}
	return nil, nil
}

// sysfs writes an attribute, which is there already.
func sysfs(dir, attribute, value string) error {
	f, err := os.OpenFile(filepath.Join(dir, attribute), os.O_WRONLY, 0)
	if err != nil {
		return fmt.Errorf("the board's own light: %w", err)
	}
	_, err = f.WriteString(value)
	if err := errors.Join(err, f.Close()); err != nil {
		return fmt.Errorf("the board's own light: %w", err)
	}
	return nil
}
