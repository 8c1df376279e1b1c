// Package serve holds the lab's own servers: real ones, with switches and a memory of what they saw.
// Opened sockets go in, so that the lab decides in which network namespace a server stands; every
// server runs until its context ends. It works with package lab, which builds the networks.
package serve

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"sync"
)

// Board holds the settings of one server. They can be turned while the server runs; the next
// message is answered by the new ones.
type Board[T any] struct {
	mu sync.Mutex
	v  T
}

// Set turns switches. Maps and slices inside the settings are to be replaced, never modified in place.
func (b *Board[T]) Set(turn func(*T)) {
	b.mu.Lock()
	defer b.mu.Unlock()
	turn(&b.v)
}

// Settings is a copy of the settings as they stand.
func (b *Board[T]) Settings() T {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.v
}

// memoryLimit bounds a server's memory: a thousand runs of 60 messages fit.
const memoryLimit = 1 << 16

// Memory is what a server saw, in the order of arrival. Beyond 65,536 entries the oldest half is
// forgotten.
type Memory[T any] struct {
	mu   sync.Mutex
	seen []T
}

func (m *Memory[T]) add(one T) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if len(m.seen) == memoryLimit {
		m.seen = append([]T(nil), m.seen[memoryLimit/2:]...)
	}
	m.seen = append(m.seen, one)
}

// All is a copy of everything remembered.
func (m *Memory[T]) All() []T {
	m.mu.Lock()
	defer m.mu.Unlock()
	return append([]T(nil), m.seen...)
}

// Forget empties the memory.
func (m *Memory[T]) Forget() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.seen = nil
}

// datagramLimit is the largest UDP payload (65,535 less the IPv4 and UDP headers).
const datagramLimit = 65507

// packets hands every datagram of conn to handle, until ctx ends; then it closes conn and returns nil.
// The bytes are only valid during the call.
func packets(ctx context.Context, conn net.PacketConn, handle func(b []byte, from netip.AddrPort)) error {
	defer conn.Close()
	defer context.AfterFunc(ctx, func() { conn.Close() })()
	buf := make([]byte, datagramLimit)
	for {
		n, from, err := conn.ReadFrom(buf)
		if err != nil {
			if ctx.Err() != nil || errors.Is(err, net.ErrClosed) {
				return nil
			}
			return fmt.Errorf("read from %v: %w", conn.LocalAddr(), err)
		}
		handle(buf[:n], addrPort(from))
	}
}

// connections hands every connection of ln to handle, each in its own goroutine, until ctx ends; then
// it closes them all, waits for the handlers and returns nil.
func connections(ctx context.Context, ln net.Listener, handle func(ctx context.Context, conn net.Conn)) error {
	ctx, cancel := context.WithCancel(ctx)
	var open sync.WaitGroup
	defer open.Wait()
	defer cancel()
	defer ln.Close()
	defer context.AfterFunc(ctx, func() { ln.Close() })()
	for {
		conn, err := ln.Accept()
		if err != nil {
			if ctx.Err() != nil || errors.Is(err, net.ErrClosed) {
				return nil
			}
			return fmt.Errorf("accept on %v: %w", ln.Addr(), err)
		}
		open.Go(func() {
			defer conn.Close()
			defer context.AfterFunc(ctx, func() { conn.Close() })()
			handle(ctx, conn)
		})
	}
}

// addrPort is the IP address and port of a UDP or TCP address, IPv4 unmapped; the zero value for others.
func addrPort(a net.Addr) netip.AddrPort {
	var ap netip.AddrPort
	switch a := a.(type) {
	case *net.UDPAddr:
		ap = a.AddrPort()
	case *net.TCPAddr:
		ap = a.AddrPort()
	}
	return netip.AddrPortFrom(ap.Addr().Unmap(), ap.Port())
}
