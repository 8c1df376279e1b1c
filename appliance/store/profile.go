package store

import (
	"errors"
	"fmt"
	"os"

	"trunktester/appliance/profile"
)

// profileFile is the kept trunk.toml, sealed by profile.Seal.
const profileFile = "trunk.toml"

// ErrNoProfile: no profile is kept.
var ErrNoProfile = errors.New("no profile is kept")

// SaveProfile keeps a trunk.toml, byte for byte, in the lasting directory, and nowhere else: what it cannot
// keep there would be lost with the power, and the caller must know. The whole version before stays beside it.
func (s *Store) SaveProfile(text []byte) error {
	return s.alone(s.patience, func() error { return s.saveProfile(text) })
}

func (s *Store) saveProfile(text []byte) error {
	if s.wipeBegun() { // else it would take the new profile with it at the next start
		if err := s.wipe(); err != nil {
			return fmt.Errorf("keep the profile after a wipe that was interrupted: %w", err)
		}
	}
	p, err := s.lasting()
	if err != nil {
		return fmt.Errorf("keep the profile: %w", err)
	}
	defer p.leave()
	_, err = readProfile(p.root, profileFile)
	err = replace(p.root, profileFile, profile.Seal(text), err == nil)
	s.note(p.dir, "profile", "write", err)
	if err != nil {
		return fmt.Errorf("keep the profile in %s: %w", p.dir, err)
	}
	s.note(p.dir, "profile", "read", nil)
	return nil
}

// Profile gives the kept trunk.toml: the newest version, or the one before where that is damaged or gone,
// which is then a Problem. ErrNoProfile when there is none or a wipe has begun, an error that wraps profile.ErrDamaged when no
// version is whole.
func (s *Store) Profile() ([]byte, error) { return within(s, s.patience, s.profile) }

func (s *Store) profile() ([]byte, error) {
	if s.wipeBegun() {
		return nil, ErrNoProfile
	}
	p, err := s.lasting()
	if err != nil {
		if len(s.dirs) > 0 && exists(s.dirs[len(s.dirs)-1]) {
			return nil, fmt.Errorf("read the profile: %w", err)
		}
		return nil, ErrNoProfile // no storage is a problem of its own
	}
	defer p.leave()
	text, newest := readProfile(p.root, profileFile)
	s.note(p.dir, "profile", "read", ignoreMissing(newest))
	if newest == nil {
		return text, nil
	}
	text, older := readProfile(p.root, profileFile+previous)
	switch {
	case older == nil:
		return text, nil
	case errors.Is(newest, os.ErrNotExist) && errors.Is(older, os.ErrNotExist):
		return nil, ErrNoProfile
	case errors.Is(newest, os.ErrNotExist): // the card lost it, and the one before is no good
		newest = older
	}
	return nil, fmt.Errorf("read the profile in %s: %w", p.dir, newest)
}

// lasting opens and locks the last directory. The caller works in the store alone.
func (s *Store) lasting() (place, error) {
	if len(s.dirs) == 0 {
		return place{}, fmt.Errorf("the box has no storage: %w", os.ErrNotExist)
	}
	dir := s.dirs[len(s.dirs)-1]
	p, err := enter(dir)
	s.note(dir, "directory", "", err)
	return p, err
}

func readProfile(root folder, name string) ([]byte, error) {
	content, err := readWhole(root, name, profile.ErrDamaged)
	if err != nil {
		return nil, err
	}
	text, err := profile.Unseal(content)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return text, nil
}
