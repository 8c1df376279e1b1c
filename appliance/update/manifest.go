package update

import (
	"bytes"
	"encoding/json"
	"fmt"
	"regexp"
)

const schema = "trunktester/update/1"

const (
	manifestMost = 1024      // bytes
	rootMost     = 500 << 20 // bytes: a root partition of the card
	rootUnit     = 4096      // bytes: a squashfs is padded to these (kernel, Documentation/filesystems/squashfs.rst)
)

// Manifest says what an update is. It is what the signature vouches for.
type Manifest struct {
	Schema  string `json:"schema"`
	Version string `json:"version"`
	Build   int64  `json:"build"` // the commit's time in Unix seconds: it only grows from version to version
	Model   string `json:"model"`
	Kernel  string `json:"kernel"` // the release that the root's modules fit
	Size    int64  `json:"size"`   // of the root, in bytes
	SHA256  string `json:"sha256"` // of the root, in hexadecimal
}

// Names end up on the page and in file names.
var (
	plainName = regexp.MustCompile(`^[0-9A-Za-z][0-9A-Za-z.+_-]{0,63}$`)
	hexSum    = regexp.MustCompile(`^[0-9a-f]{64}$`)
)

// encode gives the only bytes that decode takes.
func (m Manifest) encode() ([]byte, error) {
	b, err := json.Marshal(m)
	if err == nil {
		err = m.check()
	}
	if err == nil && len(b) > manifestMost {
		err = fmt.Errorf("a manifest of %d bytes", len(b))
	}
	return b, err
}

// decodeManifest is strict: a key that is unknown, missing, doubled or in another order is refused.
func decodeManifest(b []byte) (Manifest, error) {
	var m Manifest
	if err := json.Unmarshal(b, &m); err != nil {
		return Manifest{}, fmt.Errorf("%w (manifest: %w)", ErrDamaged, err)
	}
	again, err := m.encode()
	if err == nil && !bytes.Equal(b, again) {
		err = fmt.Errorf("not written as %s is", schema)
	}
	if err != nil {
		return Manifest{}, fmt.Errorf("%w (manifest: %w)", ErrDamaged, err)
	}
	return m, nil
}

func (m Manifest) check() error {
	switch {
	case m.Schema != schema:
		return fmt.Errorf("schema %.40q instead of %q", m.Schema, schema)
	case m.Size <= 0 || m.Size > rootMost || m.Size%rootUnit != 0:
		return fmt.Errorf("a root of %d bytes", m.Size)
	case !hexSum.MatchString(m.SHA256):
		return fmt.Errorf("sha256 %.70q", m.SHA256)
	}
	return m.release().check()
}

func (m Manifest) release() Release {
	return Release{Version: m.Version, Build: m.Build, Kernel: m.Kernel, Model: m.Model}
}

// Fits says whether a box that runs a release may take the update; floor is the highest build that ever ran
// well on it. ErrModel, ErrKernel, ErrSame, ErrOlder.
func (m Manifest) Fits(running Release, floor int64) error {
	switch {
	case m.Model != running.Model:
		return fmt.Errorf("%w (for %s; this is %s)", ErrModel, m.Model, running.Model)
	case m.Build == running.Build:
		return fmt.Errorf("%w (%s)", ErrSame, running.Version)
	case m.Build < running.Build || m.Build < floor:
		return fmt.Errorf("%w (%s; this is %s)", ErrOlder, m.Version, running.Version)
	case m.Kernel != running.Kernel:
		return fmt.Errorf("%w (for kernel %s; this is %s)", ErrKernel, m.Kernel, running.Kernel)
	}
	return nil
}
