package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"sync"

	"trunktester/lab"
)

// pageDescriptor is where Enter puts the first file that it is given.
const pageDescriptor = 3

// enterWithPage opens a loopback listener on the machine and takes it along into the lab: it still
// accepts from the machine's browser there.
func enterWithPage(address string) (net.Listener, error) {
	if lab.Inside() {
		file := os.NewFile(pageDescriptor, "page")
		defer file.Close()
		if err := lab.Enter(); err != nil {
			return nil, err
		}
		listener, err := net.FileListener(file)
		if err != nil {
			return nil, fmt.Errorf("page listener: %w", err)
		}
		return listener, nil
	}
	listener, err := net.Listen("tcp", address)
	if err != nil {
		return nil, fmt.Errorf("page: %w", err)
	}
	file, err := listener.(*net.TCPListener).File()
	if err != nil {
		return nil, fmt.Errorf("page listener: %w", err)
	}
	return nil, lab.Enter(file) // does not return unless it fails
}

// forward carries every connection to the box's page, seen from the laptop on its switch, until ctx ends.
func forward(ctx context.Context, listener net.Listener, dial func() (net.Conn, error)) {
	defer context.AfterFunc(ctx, func() { listener.Close() })()
	var open sync.WaitGroup
	defer open.Wait()
	for {
		outer, err := listener.Accept()
		if err != nil {
			return
		}
		open.Go(func() {
			defer outer.Close()
			inner, err := dial()
			if err != nil {
				fmt.Fprintf(outer, "HTTP/1.1 503 Service Unavailable\r\nContent-Type: text/plain\r\nRefresh: 1\r\nConnection: close\r\n\r\nThe box does not answer yet: %v\n", err)
				return
			}
			defer inner.Close()
			defer context.AfterFunc(ctx, func() { outer.Close(); inner.Close() })()
			join(outer.(*net.TCPConn), inner.(*net.TCPConn))
		})
	}
}

// join copies both ways until both have ended.
func join(a, b *net.TCPConn) {
	var ways sync.WaitGroup
	for _, way := range [][2]*net.TCPConn{{a, b}, {b, a}} {
		ways.Go(func() {
			_, err := io.Copy(way[0], way[1])
			way[0].CloseWrite() //nolint:errcheck // the other side may be gone
			if err != nil && !errors.Is(err, net.ErrClosed) {
				way[1].Close()
			}
		})
	}
	ways.Wait()
}
