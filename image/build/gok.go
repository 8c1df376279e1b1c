package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// edit takes out of gok what differs between two builds or two machines: the time of day, and this machine's
// certificates, time zone and folders. gok has no switches for these.
type edit struct {
	file  string // in the module github.com/gokrazy/tools
	old   string
	new   string
	times int
}

// edits fit the pinned version; another one stops the build.
func edits(stamp int64) []edit {
	at := fmt.Sprintf("time.Unix(%d, 0).UTC()", stamp)
	return []edit{
		{"internal/packer/write.go", "time.Now()", at, 7},
		{"internal/packer/write.go", "st.ModTime()", "func() time.Time { _ = st; return " + at + " }()", 3},
		{"internal/packer/packerprepare.go", "time.Now().Format", at + ".Format", 1},
		{"internal/packer/cacerts_linux.go", `"/etc/`, `"/nonexistent/`, 5},
		{"internal/packer/sbom.go", "config.InstanceConfigPath()", `func() string { _ = config.InstanceConfigPath; return "config.json" }()`, 1},
		{"internal/packer/localtime.go", `hostLocaltime := "/etc/localtime"`, `return "", nil; hostLocaltime := ""`, 1},
	}
}

// buildGok builds the pinned gok, edited, into dir and returns its path.
func buildGok(ctx context.Context, dir string, stamp int64) (string, error) {
	source, err := goTool(ctx, "image/gok", "mod", "download", "-json", "github.com/gokrazy/tools")
	if err != nil {
		return "", err
	}
	var module struct{ Dir string }
	if err := json.Unmarshal([]byte(source), &module); err != nil {
		return "", fmt.Errorf("go mod download: %w", err)
	}
	tools := filepath.Join(dir, "tools")
	if err := copySource(tools, module.Dir, edits(stamp)); err != nil {
		return "", err
	}
	modfile, binary := filepath.Join(dir, "gok.mod"), filepath.Join(dir, "gok")
	err = replaced(modfile, "image/gok", "github.com/gokrazy/tools", tools)
	if err == nil {
		_, err = goTool(ctx, "image/gok", "build", "-modfile", modfile, "-o", binary, "github.com/gokrazy/tools/cmd/gok")
	}
	return binary, err
}

// replaced writes the go.mod and go.sum of dir to modfile (and its .sum), with another folder in place of one module.
func replaced(modfile, dir, module, folder string) error {
	pins, err := os.ReadFile(filepath.Join(dir, "go.mod"))
	if err != nil {
		return err
	}
	sums, err := os.ReadFile(filepath.Join(dir, "go.sum"))
	if err != nil {
		return err
	}
	pins = fmt.Appendf(pins, "\nreplace %s => %s\n", module, folder)
	return errors.Join(os.WriteFile(modfile, pins, 0o644), os.WriteFile(strings.TrimSuffix(modfile, ".mod")+".sum", sums, 0o644))
}

// copySource copies a module out of the module cache, which is read-only, and edits it.
func copySource(to, from string, edits []edit) error {
	if err := os.RemoveAll(to); err != nil {
		return err
	}
	if err := os.CopyFS(to, os.DirFS(from)); err != nil {
		return fmt.Errorf("copying %s: %w", from, err)
	}
	for _, e := range edits {
		file := filepath.Join(to, e.file)
		text, err := os.ReadFile(file)
		if err != nil {
			return err
		}
		if n := bytes.Count(text, []byte(e.old)); n != e.times {
			return fmt.Errorf("%s of gok holds %q %d times instead of %d: its version is another one", e.file, e.old, n, e.times)
		}
		if err := errors.Join(os.Chmod(file, 0o644), os.WriteFile(file, bytes.ReplaceAll(text, []byte(e.old), []byte(e.new)), 0o644)); err != nil {
			return err
		}
	}
	return nil
}

// goTool runs the go command in a folder and returns what it prints.
func goTool(ctx context.Context, dir string, args ...string) (string, error) {
	env, err := environment(ctx, "-buildvcs=false")
	if err != nil {
		return "", err
	}
	cmd := exec.CommandContext(ctx, "go", args...)
	cmd.Dir, cmd.Env = dir, env
	var out, complaint bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &complaint
	if err := cmd.Run(); err != nil {
		return "", fmt.Errorf("go %s in %s: %w\n%s", strings.Join(args, " "), dir, err, &complaint)
	}
	return strings.TrimSpace(out.String()), nil
}

// pack runs gok, which writes the whole card to the file.
func pack(ctx context.Context, gok, parent, instance, file string, size int64, log io.Writer) error {
	env, err := environment(ctx, "-trimpath -buildvcs=false")
	if err != nil {
		return err
	}
	cmd := exec.CommandContext(ctx, gok, "-i", instance, "--parent_dir", parent, "overwrite", "--full", file,
		"--target_storage_bytes", fmt.Sprint(size), "--sudo", "never")
	var kept bytes.Buffer
	both := io.MultiWriter(log, &kept)
	cmd.Stdout, cmd.Stderr = both, both
	cmd.Env = append(env, "CGO_ENABLED=0")
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("gok overwrite: %w\n%s", err, &kept)
	}
	return nil
}
