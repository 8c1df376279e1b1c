// Package ether is a USB Ethernet adapter whose cable can be pulled, for an emulated board: frames go in and out of a
// file, and the emulator's device usb-redir comes over a socket. It follows CDC 1.2 (Ethernet Control Model) towards the board,
// and usbredirproto.h 0.7 towards the emulator.
package ether

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"sync"
)

// Adapter is the adapter. It goes on reading frames, and drops them, while no board or no cable is there.
type Adapter struct {
	frames io.ReadWriteCloser
	mac    net.HardwareAddr
	pumped chan struct{}

	mu      sync.Mutex
	plugged bool
	board   *session // nil for none
}

// New makes an adapter with its cable in; frames takes and gives one Ethernet frame, without its check sum, each write
// and read. An address that is not locally administered makes Linux call the interface eth0, otherwise usb0.
func New(frames io.ReadWriteCloser, mac net.HardwareAddr) *Adapter {
	a := &Adapter{frames: frames, mac: mac, plugged: true, pumped: make(chan struct{})}
	go a.pump()
	return a
}

// Close closes the file of frames, and ends with the last frame. Serve is ended by its context.
func (a *Adapter) Close() error {
	err := a.frames.Close()
	<-a.pumped
	return err
}

// Plug puts the cable in or pulls it.
func (a *Adapter) Plug(in bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.plugged == in {
		return
	}
	a.plugged = in
	if a.board != nil {
		a.board.carrier(in)
	}
}

// Serve is the adapter for one board, until the emulator closes the connection (nil) or ctx ends. Serve closes conn.
func (a *Adapter) Serve(ctx context.Context, conn net.Conn) error {
	defer context.AfterFunc(ctx, func() { conn.Close() })() //nolint:errcheck // the read tells
	defer conn.Close()                                      //nolint:errcheck // read to its end
	s := &session{conn: conn, cable: a}
	if err := a.attach(s); err != nil {
		return err
	}
	defer a.detach()
	err := s.run()
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if errors.Is(err, io.EOF) {
		return nil
	}
	return fmt.Errorf("emulated Ethernet adapter: %w", err)
}

func (a *Adapter) attach(s *session) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.board != nil {
		return errors.New("emulated Ethernet adapter: it is in another board already; end that Serve first")
	}
	a.board = s
	return nil
}

func (a *Adapter) detach() {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.board = nil
}

// in says whether the cable is in.
func (a *Adapter) in() bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.plugged
}

// send puts a frame of the board's on the cable. A frame that the far end does not take is lost, as on a real cable.
func (a *Adapter) send(frame []byte) {
	if a.in() {
		a.frames.Write(frame) //nolint:errcheck // a lost frame
	}
}

// pump hands the frames of the cable to the board.
func (a *Adapter) pump() {
	defer close(a.pumped)
	frame := make([]byte, 1<<16)
	for {
		n, err := a.frames.Read(frame)
		if err != nil {
			return
		}
		a.mu.Lock()
		board := a.board
		if !a.plugged {
			board = nil
		}
		a.mu.Unlock()
		if board != nil && n > 0 && n <= largestFrame {
			board.frame(frame[:n])
		}
	}
}
