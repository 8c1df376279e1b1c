package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
)

// Our programs on the card.
const (
	program = "trunktester/cmd/trunktester"
	guard   = "trunktester/cmd/trialguard"
)

// makeInstance copies the gokrazy instance to dir, with the version, the files of the root, and other words that programs
// are started with, written in. Our own programs are built there with the pins of the main go.mod, so that there is one
// place for them.
func makeInstance(dir, ldflags string, files map[string]string, words map[string][]string) error {
	if err := os.RemoveAll(dir); err != nil {
		return err
	}
	if err := os.CopyFS(dir, os.DirFS("image/instance")); err != nil {
		return fmt.Errorf("copying image/instance: %w", err)
	}
	var config map[string]any
	file := filepath.Join(dir, "config.json")
	text, err := os.ReadFile(file)
	if err == nil {
		err = json.Unmarshal(text, &config)
	}
	if err != nil {
		return fmt.Errorf("%s: %w", file, err)
	}
	packages, _ := config["PackageConfig"].(map[string]any)
	ours, ok := packages[program].(map[string]any)
	if !ok {
		return fmt.Errorf("%s: no PackageConfig for %s", file, program)
	}
	ours["GoBuildFlags"] = []string{"-ldflags=" + ldflags}
	ours["ExtraFileContents"] = files
	for name, own := range words {
		of, ok := packages[name].(map[string]any)
		if !ok {
			return fmt.Errorf("%s: no PackageConfig for %s", file, name)
		}
		of["CommandLineFlags"] = own
	}
	if text, err = json.MarshalIndent(config, "", "    "); err != nil {
		return err
	}
	if err := os.WriteFile(file, text, 0o644); err != nil {
		return err
	}
	return makeOwnBuild(filepath.Join(dir, "builddir", "trunktester"))
}

var moduleLine = regexp.MustCompile(`(?m)^module trunktester$`)

// sourceLink leads from there to the main module. Its name goes into the program and the list of parts, which must not
// depend on the folder that the image is built in.
const sourceLink = "source"

// makeOwnBuild writes the module in which gok builds our program: the main one's pins, and the main one in place.
func makeOwnBuild(dir string) error {
	pins, err := os.ReadFile("go.mod")
	if err != nil {
		return err
	}
	if !moduleLine.Match(pins) {
		return errors.New("go.mod: not the module trunktester")
	}
	sums, err := os.ReadFile("go.sum")
	if err != nil {
		return err
	}
	source, err := filepath.Abs(".")
	if err != nil {
		return err
	}
	var b bytes.Buffer
	b.Write(moduleLine.ReplaceAll(pins, []byte("module gokrazy/build/trunktester")))
	fmt.Fprintf(&b, "\nrequire trunktester v0.0.0\n\nreplace trunktester => ./%s\n", sourceLink)
	return errors.Join(
		os.MkdirAll(dir, 0o755),
		os.WriteFile(filepath.Join(dir, "go.mod"), b.Bytes(), 0o644),
		os.WriteFile(filepath.Join(dir, "go.sum"), sums, 0o644),
		os.Symlink(source, filepath.Join(dir, sourceLink)),
	)
}
