package lab

import (
	"errors"
	"fmt"
)

// ProbeALG tries whether this kernel has the SIP helper: nil, ErrNoALG, or the reason why it could not
// be tried.
func ProbeALG() error {
	h, err := newHost("probe")
	if err != nil {
		return err
	}
	defer h.close()
	err = Filter{Outside: "lo", SIPALG: true}.apply(h)
	if errors.Is(err, ErrNoALG) {
		return ErrNoALG
	}
	return err
}

// Limits are the faults of the catalogue that no world here has, each with its reason.
func Limits() []string {
	limits := []string{
		"1-7 poor-link with damaged frames: no virtual port counts any",
	}
	if err := ProbeALG(); err != nil {
		limits = append(limits, fmt.Sprintf("3-2 sip-alg: %v", err))
	}
	return limits
}
