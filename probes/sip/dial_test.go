package sip

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"syscall"
	"testing"

	"trunktester/probes/facts"
)

func TestSourcePortIsNeverThePBXs(t *testing.T) {
	var d Dialer
	for port := firstPort; port <= lastPort; port += 2 {
		d.Avoid = append(d.Avoid, port)
	}
	for range 200 {
		if port := d.sourcePort(); port%2 == firstPort%2 || port < firstPort || port > lastPort || port == 5060 {
			t.Fatal(port)
		}
	}
}

func TestBoundDrawsAgain(t *testing.T) {
	taken := fmt.Errorf("bind: %w", os.NewSyscallError("bind", syscall.EADDRINUSE))
	var d Dialer
	tries := 0
	err := d.bound(func(int) error {
		if tries++; tries < 3 {
			return taken
		}
		return nil
	})
	if err != nil || tries != 3 {
		t.Error(err, tries)
	}
	if err := d.bound(func(int) error { return taken }); !errors.Is(err, syscall.EADDRINUSE) {
		t.Error(err)
	}
}

func TestConnectAnswer(t *testing.T) {
	for err, want := range map[error]facts.Answer{
		syscall.ECONNREFUSED: facts.Refused, syscall.ECONNRESET: facts.Refused, syscall.EHOSTUNREACH: facts.Unreachable,
		syscall.ENETUNREACH: facts.Unreachable, os.ErrDeadlineExceeded: facts.Silent, syscall.ETIMEDOUT: facts.Silent,
		context.DeadlineExceeded: facts.Silent, context.Canceled: facts.CouldNotAsk, syscall.EPERM: facts.CouldNotAsk, syscall.EADDRNOTAVAIL: facts.CouldNotAsk,
	} {
		if got := connectAnswer(&net.OpError{Op: "dial", Err: err}); got != want {
			t.Errorf("%v: %s, want %s", err, got, want)
		}
	}
}
