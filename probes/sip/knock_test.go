package sip

import (
	"context"
	"net"
	"testing"
	"time"

	"trunktester/probes/facts"
)

func TestKnock(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	to := listener.Addr().(*net.TCPAddr).AddrPort()
	if answer, by, err := (Dialer{}).Knock(t.Context(), to, 1); answer != facts.Answered || by != nil || err != nil {
		t.Errorf("a port that listens: %s, %v, %v", answer, by, err)
	}
	listener.Close()
	if answer, by, err := (Dialer{}).Knock(t.Context(), to, 1); answer != facts.Refused || by != nil || err != nil {
		t.Errorf("a port that is closed: %s, %v, %v", answer, by, err)
	}
	late, cancel := context.WithDeadline(t.Context(), time.Now().Add(-time.Second))
	defer cancel()
	if answer, by, err := (Dialer{}).Knock(late, to, 1); answer != facts.Silent || by != nil || err != nil {
		t.Errorf("out of time: %s, %v, %v", answer, by, err)
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if _, _, err := (Dialer{}).Knock(ended, to, 1); err == nil {
		t.Error("no error where nothing was sent")
	}
}
