package profile

import (
	"bytes"
	"errors"
	"testing"
)

func TestSeal(t *testing.T) {
	text := []byte("[trunk]\ndomain = \"sip.example.net\"\n")
	sealed := Seal(text)
	if got, err := Unseal(sealed); err != nil || !bytes.Equal(got, text) {
		t.Errorf("%q, %v", got, err)
	}
	if got, err := Unseal(text); err != nil || !bytes.Equal(got, text) {
		t.Errorf("by hand: %q, %v", got, err)
	}
	for n := len(sealMark); n < len(sealed); n++ {
		if got, err := Unseal(sealed[:n]); !errors.Is(err, ErrDamaged) {
			t.Fatalf("the first %d bytes: %q, %v", n, got, err)
		}
	}
}
