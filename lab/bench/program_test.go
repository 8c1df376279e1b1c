package bench

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"trunktester/appliance/report"
	"trunktester/lab"
)

// box is the program's place in a world.
type box struct {
	*lab.Lab
	folder string // holds trunk.toml and the program's state
}

func begin(ctx context.Context, folder string, world lab.World) (box, error) {
	l, err := lab.Start(ctx, world, lab.Options{Seed: 1})
	if err != nil {
		return box{}, err
	}
	if err := os.WriteFile(filepath.Join(folder, "trunk.toml"), []byte(l.File), 0o600); err != nil {
		l.Close()
		return box{}, err
	}
	return box{l, folder}, nil
}

func beginIn(b *testing.B, name string) box {
	b.Helper()
	world, ok := lab.Find(name)
	if !ok {
		b.Fatalf("no world %q", name)
	}
	x, err := begin(b.Context(), b.TempDir(), world)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(x.Close)
	return x
}

// command is the program with the world's trunk.toml and a state of its own.
func (x box) command(ctx context.Context, verb, state string, args ...string) (*exec.Cmd, error) {
	path, err := filepath.Abs(*program)
	if err == nil {
		_, err = os.Stat(path)
	}
	if err != nil {
		return nil, fmt.Errorf("no program to measure (make build makes it): %w", err)
	}
	args = append([]string{verb, "-interface", "eth0", "-state", filepath.Join(x.folder, state)}, args...)
	if x.File != "" {
		args = append(args, "-profile", filepath.Join(x.folder, "trunk.toml"))
	}
	cmd := exec.CommandContext(ctx, path, args...)
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) }
	cmd.WaitDelay = 5 * time.Second
	return cmd, nil
}

// checked is one run of the check command.
type checked struct {
	began  time.Time
	took   time.Duration
	report report.Report
	steps  map[string]step
}

// check runs the program once, as a person does at a site.
func (x box) check(ctx context.Context, state string) (checked, error) {
	if err := os.MkdirAll(filepath.Join(x.folder, state), 0o700); err != nil {
		return checked{}, err
	}
	cmd, err := x.command(ctx, "check", state, "-json", "-v")
	if err != nil {
		return checked{}, err
	}
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	c := checked{began: time.Now()}
	wait, err := x.StartBox(cmd)
	if err != nil {
		return c, err
	}
	err = wait()
	c.took = time.Since(c.began)
	if exit := (*exec.ExitError)(nil); err != nil && !errors.As(err, &exit) {
		return c, err
	}
	if c.report, err = report.Decode(stdout.Bytes()); err != nil {
		return c, fmt.Errorf("%w\n%s", err, &stderr)
	}
	c.steps = readLog(stderr.String())
	return c, nil
}

// appliance starts the box's own loop; what the lights say comes out line by line. stop ends it.
func (x box) appliance(b *testing.B, state string) (out io.Reader, pid int, stop func()) {
	b.Helper()
	if err := os.MkdirAll(filepath.Join(x.folder, state), 0o700); err != nil {
		b.Fatal(err)
	}
	cmd, err := x.command(b.Context(), "appliance", state)
	if err != nil {
		b.Fatal(err)
	}
	r, w, err := os.Pipe()
	if err != nil {
		b.Fatal(err)
	}
	cmd.Stdout = w
	wait, err := x.StartBox(cmd)
	w.Close()
	if err != nil {
		b.Fatal(err)
	}
	return r, cmd.Process.Pid, func() {
		cmd.Process.Signal(syscall.SIGTERM) //nolint:errcheck // it may have ended already
		io.Copy(io.Discard, r)              //nolint:errcheck // until it has ended
		wait()                              //nolint:errcheck // the appliance never ends with 0
		r.Close()
	}
}
