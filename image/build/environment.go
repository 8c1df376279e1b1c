package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strings"
)

// ownSettings are the settings of a machine's Go that say where modules come from and where they are kept; all others could
// change what is built.
var ownSettings = []string{"GOPATH", "GOMODCACHE", "GOCACHE", "GOTMPDIR", "GOPROXY", "GOSUMDB", "GONOPROXY", "GONOSUMDB", "GOPRIVATE", "GOINSECURE", "GOAUTH", "GOVCS"}

var toolchainLine = regexp.MustCompile(`(?m)^toolchain (go[0-9.]+)$`)

// environment is what the go command runs in, so that two machines build the same: the pinned toolchain (go.mod's, which is
// downloaded where the machine has another one), and nothing that a person has set for Go but ownSettings.
func environment(ctx context.Context, flags string) ([]string, error) {
	pins, err := os.ReadFile("go.mod")
	if err != nil {
		return nil, err
	}
	toolchain := toolchainLine.FindSubmatch(pins)
	if toolchain == nil {
		return nil, errors.New("go.mod names no toolchain")
	}
	cmd := exec.CommandContext(ctx, "go", "env", "-json")
	var complaint bytes.Buffer
	cmd.Stderr = &complaint
	text, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("go env: %w\n%s", err, &complaint)
	}
	var settings map[string]string
	if err := json.Unmarshal(text, &settings); err != nil {
		return nil, fmt.Errorf("go env: %w", err)
	}
	var all []string
	for _, variable := range os.Environ() {
		name, _, _ := strings.Cut(variable, "=")
		if _, known := settings[name]; !known {
			all = append(all, variable)
		}
	}
	for _, name := range slices.Sorted(slices.Values(ownSettings)) {
		if value := settings[name]; value != "" {
			all = append(all, name+"="+value)
		}
	}
	return append(all, "GOENV=off", "GOWORK=off", "GOTOOLCHAIN="+string(toolchain[1]), "GOFLAGS="+flags), nil
}
