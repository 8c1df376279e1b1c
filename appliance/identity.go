package appliance

import (
	"crypto/rand"
	"crypto/x509"
	"fmt"
	"time"

	"golang.org/x/sys/unix"

	"trunktester/appliance/profile"
)

// newID names a run: short enough to read over the phone, and never the same twice on one box.
func newID() string { return rand.Text()[:10] }

// sinceBoot is the time since the machine started, sleep included (clock_gettime(2), CLOCK_BOOTTIME): the
// box's clock may be wrong, this is not.
func sinceBoot() time.Duration {
	var t unix.Timespec
	if unix.ClockGettime(unix.CLOCK_BOOTTIME, &t) != nil {
		return 0
	}
	return time.Duration(t.Nano())
}

// roots are the authorities that the provider's certificate is judged by: the profile's own, or nil for
// the system's.
func roots(t profile.Trunk) (*x509.CertPool, error) {
	if len(t.TLSCA) == 0 {
		return nil, nil
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(t.TLSCA) {
		return nil, fmt.Errorf("tls_ca of the profile holds no certificate in PEM form")
	}
	return pool, nil
}
