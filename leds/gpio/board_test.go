package gpio

import (
	"errors"
	"path/filepath"
	"testing"
)

// A laptop has no GPIO, and says so; a Pi that runs this test has.
func TestOpenWithoutGPIO(t *testing.T) {
	chips, err := filepath.Glob("/dev/gpiochip*")
	if err != nil {
		t.Fatal(err)
	}
	_, err = Board()
	if none := errors.Is(err, ErrNone); none != (len(chips) == 0) {
		t.Errorf("with %d chips: %v", len(chips), err)
	}
	if err != nil && errors.Is(err, ErrNone) && err.Error() != "gpio: this machine has no GPIO" {
		t.Errorf("error %q", err)
	}
	if _, openErr := Open(wiring()); (openErr == nil) != (err == nil) {
		t.Errorf("Board: %v, Open: %v", err, openErr)
	}
}
