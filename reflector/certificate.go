package reflector

import (
	"crypto/tls"
	"fmt"
	"os"
	"sync"
	"time"
)

// lookAgain is how old a look at the certificate's file may be.
const lookAgain = time.Minute

// Certificate is a TLS configuration with the certificate of two PEM files. They are read again when they
// changed; where the new ones cannot be used, the old certificate stays.
func Certificate(certFile, keyFile string) (*tls.Config, error) {
	c := &certificate{cert: certFile, key: keyFile}
	if err := c.load(); err != nil {
		return nil, err
	}
	return &tls.Config{MinVersion: tls.VersionTLS12, GetCertificate: c.get}, nil
}

type certificate struct {
	cert, key string
	mu        sync.Mutex
	looked    time.Time
	changed   time.Time
	loaded    *tls.Certificate
}

func (c *certificate) get(*tls.ClientHelloInfo) (*tls.Certificate, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if time.Since(c.looked) > lookAgain {
		_ = c.load() // the old one stays
	}
	return c.loaded, nil
}

// load reads the files when the certificate's has changed.
func (c *certificate) load() error {
	c.looked = time.Now()
	info, err := os.Stat(c.cert)
	if err != nil || info.ModTime().Equal(c.changed) {
		return err
	}
	pair, err := tls.LoadX509KeyPair(c.cert, c.key)
	if err != nil {
		return fmt.Errorf("certificate %s with key %s: %w", c.cert, c.key, err)
	}
	c.loaded, c.changed = &pair, info.ModTime()
	return nil
}
