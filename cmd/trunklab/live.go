package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"

	"trunktester/lab"
	"trunktester/lab/scene"
)

// live runs the appliance in the world, with its lights on this terminal and its page on the machine.
func live(ctx context.Context, o options, world lab.World, page net.Listener) (int, error) {
	s, err := scene.Open(ctx, world, o.program, lab.Options{Seed: o.seed})
	if err != nil {
		return 0, err
	}
	defer s.Close()
	fmt.Fprintf(os.Stderr, "%s: %s\nthe box's page: http://%s/   (Ctrl-C ends)\n\n", world.Name, world.About, page.Addr())
	forwarding := make(chan struct{})
	ctx, end := context.WithCancel(ctx)
	go func() {
		defer close(forwarding)
		forward(ctx, page, func() (net.Conn, error) { return s.Lab.DialBox("80") })
	}()
	defer func() { end(); <-forwarding }()
	cmd := s.Command(ctx, append([]string{"appliance", "-interface", "eth0", "-state", s.State(),
		"-page-host", page.Addr().String()}, o.rest...)...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
	wait, err := s.Lab.StartBox(cmd)
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
