package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"

	"trunktester/appliance/update"
)

const kernelModule = "github.com/gokrazy/kernel.rpi"

// releaseFiles are the files of the root image that say what it is, and whose updates it takes, by their places.
func releaseFiles(ctx context.Context, version string, stamp int64, keyFile string) (map[string]string, error) {
	kernel, err := kernelRelease(ctx)
	if err != nil {
		return nil, err
	}
	release, err := update.Release{Version: version, Build: stamp, Kernel: kernel, Model: update.Model}.Encode()
	if err != nil {
		return nil, err
	}
	files := map[string]string{"/" + update.ReleaseFile: string(release)}
	if keyFile == "" {
		return files, nil
	}
	key, err := os.ReadFile(keyFile)
	if err == nil {
		_, err = update.DecodePublic(key)
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", keyFile, err)
	}
	files["/"+update.KeyFile] = string(key)
	return files, nil
}

// kernelRelease is the release of the pinned kernel, as its modules' folder is called.
func kernelRelease(ctx context.Context) (string, error) {
	source, err := goTool(ctx, filepath.Join("image/instance/builddir", kernelModule), "mod", "download", "-json", kernelModule)
	if err != nil {
		return "", err
	}
	var module struct{ Dir string }
	if err := json.Unmarshal([]byte(source), &module); err != nil {
		return "", fmt.Errorf("go mod download: %w", err)
	}
	modules, err := os.ReadDir(filepath.Join(module.Dir, "lib/modules"))
	if err != nil {
		return "", err
	}
	if len(modules) != 1 {
		return "", fmt.Errorf("%s has the modules of %d kernels", kernelModule, len(modules))
	}
	return modules[0].Name(), nil
}
