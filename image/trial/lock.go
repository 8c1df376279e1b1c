package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"golang.org/x/sys/unix"
)

// hold locks a file until it is closed: two emulators on one machine would make each other slow. Who waits
// longest is next. A wait that ctx ends goes on in the background, as flock(2) cannot be ended.
func hold(ctx context.Context, file string) (io.Closer, error) {
	if file == "" {
		return io.NopCloser(nil), nil
	}
	f, err := os.OpenFile(file, os.O_RDWR|os.O_CREATE, 0o666)
	if err != nil {
		return nil, err
	}
	locked := make(chan error, 1)
	go func() {
		err := unix.Flock(int(f.Fd()), unix.LOCK_EX)
		for errors.Is(err, unix.EINTR) {
			err = unix.Flock(int(f.Fd()), unix.LOCK_EX)
		}
		locked <- err
	}()
	select {
	case err := <-locked:
		if err != nil {
			return nil, errors.Join(fmt.Errorf("lock %s: %w", file, err), f.Close())
		}
		return f, nil
	case <-ctx.Done():
		return nil, fmt.Errorf("lock %s: %w", file, ctx.Err())
	}
}
