package kit

import (
	"bytes"
	"path/filepath"

	"trunktester/appliance/profile"
)

// Profiles are those of the kits of a list, as Batch would write them, without what is wrong: that is in faults,
// one for each refused row. The profiles that rows name are relative to the folder beside.
func Profiles(list *List, common *profile.File, beside string) (profiles []*profile.Profile, faults []error) {
	for _, p := range plan(list, common, profilesIn(beside)) {
		if p.err != nil {
			faults = append(faults, p.err)
			continue
		}
		made, err := profile.Parse(bytes.NewReader(p.text), list.Name, nil)
		if err != nil {
			faults = append(faults, err)
			continue
		}
		profiles = append(profiles, made)
	}
	return profiles, faults
}

// profilesIn reads profiles whose names are relative to a folder.
func profilesIn(folder string) func(name string) (*profile.File, error) {
	return func(name string) (*profile.File, error) {
		if !filepath.IsAbs(name) {
			name = filepath.Join(folder, name)
		}
		return ReadProfile(name)
	}
}
