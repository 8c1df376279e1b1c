package update

import (
	"bytes"
	"encoding/json"
	"fmt"
)

// Model is the card's: one for every Raspberry Pi with 64 bits.
const Model = "pi-arm64"

// Where the root image has its release and its key.
const (
	ReleaseFile = "etc/trunktester/release.json"
	KeyFile     = "etc/trunktester/update.pub"
)

// Release says what a root image is. It lies in the image itself.
type Release struct {
	Version string `json:"version"`
	Build   int64  `json:"build"`  // the commit's time in Unix seconds
	Kernel  string `json:"kernel"` // the release that its modules fit
	Model   string `json:"model"`
}

// Encode gives the file's bytes.
func (r Release) Encode() ([]byte, error) {
	if err := r.check(); err != nil {
		return nil, err
	}
	b, err := json.Marshal(r)
	return append(b, '\n'), err
}

// DecodeRelease reads what Encode wrote.
func DecodeRelease(b []byte) (Release, error) {
	var r Release
	d := json.NewDecoder(bytes.NewReader(b))
	d.DisallowUnknownFields()
	err := d.Decode(&r)
	if err == nil {
		err = r.check()
	}
	if err != nil {
		return Release{}, fmt.Errorf("%s: %w", ReleaseFile, err)
	}
	return r, nil
}

func (r Release) check() error {
	for _, name := range []string{r.Version, r.Kernel, r.Model} {
		if !plainName.MatchString(name) {
			return fmt.Errorf("version, kernel or model %.70q: letters, digits and . + _ - only, 64 at most", name)
		}
	}
	if r.Build <= 0 {
		return fmt.Errorf("build %d", r.Build)
	}
	return nil
}
