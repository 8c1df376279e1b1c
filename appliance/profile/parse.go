package profile

import "io"

// ReadFile reads a file that the profile names (password_file); a relative name is relative to the profile.
type ReadFile func(name string) ([]byte, error)

// Parse reads and checks a profile; name is what problems call it, and a nil readFile means that
// password_file cannot be used. Where r itself fails the error wraps that; any other error is Problems.
func Parse(r io.Reader, name string, readFile ReadFile) (*Profile, error) {
	f, err := Read(r, name)
	if err != nil {
		return nil, err
	}
	return f.check(readFile)
}
