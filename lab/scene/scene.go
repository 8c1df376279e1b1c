// Package scene puts the real program into a world of the lab: its files, its command line, its end.
package scene

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
	"syscall"
	"time"

	"trunktester/lab"
)

// patience is how long a program may take to end after it was asked to.
const patience = 5 * time.Second

// Scene is a world with everything that the program needs of it.
type Scene struct {
	Lab     *lab.Lab
	folder  string // holds trunk.toml and the program's state
	program string
}

// Open builds the world for a program, given by its path. ctx bounds its life.
func Open(ctx context.Context, world lab.World, program string, opts lab.Options) (*Scene, error) {
	l, err := lab.Start(ctx, world, opts)
	if err != nil {
		return nil, err
	}
	s := &Scene{Lab: l, program: program}
	s.folder, err = os.MkdirTemp("", "trunklab-")
	if err == nil {
		err = os.Mkdir(s.State(), 0o700)
	}
	if err == nil {
		err = os.Mkdir(filepath.Dir(s.roots()), 0o700)
	}
	if err == nil {
		err = os.WriteFile(s.roots(), l.Roots, 0o600)
	}
	if err == nil && l.File != "" {
		err = os.WriteFile(s.profile(), []byte(l.File), 0o600)
	}
	if err != nil {
		s.Close()
		return nil, err
	}
	return s, nil
}

// Close ends the world and removes the files.
func (s *Scene) Close() {
	s.Lab.Close()
	os.RemoveAll(s.folder) //nolint:errcheck // a temporary folder
}

func (s *Scene) profile() string { return filepath.Join(s.folder, "trunk.toml") }

func (s *Scene) roots() string { return filepath.Join(s.folder, "authorities", "public.pem") }

// State is where the program keeps its state.
func (s *Scene) State() string { return filepath.Join(s.folder, "state") }

// Command is the program on the box. The end of ctx interrupts it, and kills it when it does not end.
func (s *Scene) Command(ctx context.Context, args ...string) *exec.Cmd {
	if s.Lab.File != "" {
		args = append(args[:1:1], append([]string{"-profile", s.profile()}, args[1:]...)...)
	}
	cmd := exec.CommandContext(ctx, s.program, args...)
	cmd.Env = append(os.Environ(), "SSL_CERT_FILE="+s.roots(), "SSL_CERT_DIR="+filepath.Dir(s.roots())) // where crypto/x509 looks
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) }
	cmd.WaitDelay = patience
	return cmd
}

// Checked is what came of one run of the program.
type Checked struct {
	Report  json.RawMessage // verbatim; nil when the program printed none
	Exit    int
	Seconds float64
}

// Check runs the program once, with its PBX check where the world's PBX is pointed at the box. What it says on the way
// goes to progress.
func (s *Scene) Check(ctx context.Context, progress io.Writer, flags ...string) (Checked, error) {
	args := append(command(s.Lab.World), "-interface", "eth0", "-json", "-state", s.State())
	if s.Lab.World.Full {
		args = append(args, "-full")
	}
	cmd := s.Command(ctx, append(args, flags...)...)
	var stdout bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, progress
	began := time.Now()
	wait, err := s.Lab.StartBox(cmd)
	if err != nil {
		return Checked{}, err
	}
	err = wait()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		return Checked{}, fmt.Errorf("run %s: %w", s.program, err)
	}
	c := Checked{Exit: cmd.ProcessState.ExitCode(), Seconds: time.Since(began).Seconds()}
	if json.Valid(stdout.Bytes()) {
		c.Report = stdout.Bytes()
	} else {
		fmt.Fprintf(progress, "no report on stdout, but %q\n", stdout.String())
	}
	return c, s.Lab.EndWitnesses()
}

// command is what the program does in the world. A PBX that is kept apart from the box is waited for longer than
// the minute after which it is called silent; another one has tried again by then.
func command(world lab.World) []string {
	switch {
	case world.PBX.AtBox && world.PBX.Isolated:
		return []string{"pbx-check", "-for", "62s"}
	case world.PBX.AtBox:
		return []string{"pbx-check", "-for", "15s"}
	}
	return []string{"check"}
}
