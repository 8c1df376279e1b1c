package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"trunktester/appliance/profile"
)

// profileCommand checks a profile: trunktester profile check FILE.
func profileCommand(args []string, stdout, stderr io.Writer) int {
	if len(args) != 2 || args[0] != "check" {
		fmt.Fprintln(stderr, "trunktester profile: say which file, as in \"trunktester profile check trunk.toml\".")
		return exitUsage
	}
	p, err := readProfile(args[1])
	if err != nil {
		fmt.Fprintln(stderr, err)
		return exitProfile
	}
	fmt.Fprintf(stdout, "%s is in order: trunk %s over %s, authentication by %s.\n",
		args[1], p.Trunk.Domain, p.Trunk.Transport, map[string]string{"register": "username and password", "ip": "address"}[p.Trunk.Auth])
	return exitGreen
}

// readProfile reads and validates a profile; a password_file is looked for beside it. Windows hides the
// ending of trunk.toml.txt, so that name does as well.
func readProfile(name string) (*profile.Profile, error) {
	f, err := os.Open(name)
	if errors.Is(err, os.ErrNotExist) {
		if hidden, also := os.Open(name + ".txt"); also == nil {
			f, err, name = hidden, nil, name+".txt"
		}
	}
	if errors.Is(err, os.ErrNotExist) {
		return nil, fmt.Errorf("there is no file %s: write one from docs/trunk.toml.example", name)
	}
	if err != nil {
		return nil, fmt.Errorf("the profile cannot be read: %w", err)
	}
	defer f.Close()
	return profile.Parse(f, filepath.Base(name), func(secret string) ([]byte, error) {
		if !filepath.IsAbs(secret) {
			secret = filepath.Join(filepath.Dir(name), secret)
		}
		return os.ReadFile(secret)
	})
}
