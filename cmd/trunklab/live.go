package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"time"

	"trunktester/lab"
)

// patience is how long a program may take to end after it was asked to.
const patience = 5 * time.Second

// scene is a world with everything that the program needs of it.
type scene struct {
	lab     *lab.Lab
	folder  string // holds trunk.toml and the program's state
	program string
}

func open(ctx context.Context, o options, world lab.World) (*scene, error) {
	l, err := lab.Start(ctx, world, lab.Options{Seed: o.seed, Witnesses: o.witness})
	if err != nil {
		return nil, err
	}
	s := &scene{lab: l, program: o.program}
	s.folder, err = os.MkdirTemp("", "trunklab-")
	if err == nil {
		err = os.Mkdir(s.state(), 0o700)
	}
	if err == nil && l.File != "" {
		err = os.WriteFile(s.profile(), []byte(l.File), 0o600)
	}
	if err != nil {
		s.close()
		return nil, err
	}
	return s, nil
}

func (s *scene) close() {
	s.lab.Close()
	os.RemoveAll(s.folder) //nolint:errcheck // a temporary folder
}

func (s *scene) profile() string { return filepath.Join(s.folder, "trunk.toml") }
func (s *scene) state() string   { return filepath.Join(s.folder, "state") }

// command is the program on the box. The end of ctx interrupts it, and kills it when it does not end.
func (s *scene) command(ctx context.Context, args ...string) *exec.Cmd {
	if s.lab.File != "" {
		args = append(args[:1:1], append([]string{"-profile", s.profile()}, args[1:]...)...)
	}
	cmd := exec.CommandContext(ctx, s.program, args...)
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) }
	cmd.WaitDelay = patience
	return cmd
}

// live runs the appliance in the world, with its lights on this terminal and its page on the machine.
func live(ctx context.Context, o options, world lab.World, page net.Listener) (int, error) {
	s, err := open(ctx, o, world)
	if err != nil {
		return 0, err
	}
	defer s.close()
	fmt.Fprintf(os.Stderr, "%s: %s\nthe box's page: http://%s/   (Ctrl-C ends)\n\n", world.Name, world.About, page.Addr())
	forwarding := make(chan struct{})
	ctx, end := context.WithCancel(ctx)
	go func() {
		defer close(forwarding)
		forward(ctx, page, func() (net.Conn, error) { return s.lab.DialBox("80") })
	}()
	defer func() { end(); <-forwarding }()
	cmd := s.command(ctx, append([]string{"appliance", "-interface", "eth0", "-state", s.state(),
		"-page-host", page.Addr().String()}, o.rest...)...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
	wait, err := s.lab.StartBox(cmd)
	if err != nil {
		return 0, err
	}
	return exitStatus(ctx, wait())
}

// exitStatus is 0 when a person ended the program.
func exitStatus(ctx context.Context, err error) (int, error) {
	var exit *exec.ExitError
	switch {
	case err == nil, ctx.Err() != nil:
		return 0, nil
	case errors.As(err, &exit) && exit.ExitCode() >= 0:
		return exit.ExitCode(), nil
	}
	return 0, err
}
