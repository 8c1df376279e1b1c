package main

import (
	"bufio"
	"net"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// A button is up before anybody presses it, as a pull-up holds it.
func TestTheButtonMovesItsLine(t *testing.T) {
	socket := filepath.Join(t.TempDir(), "qtest")
	l, err := net.Listen("unix", socket)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close() //nolint:errcheck // only accepted from
	heard := make(chan string, 8)
	go func() {
		conn, err := l.Accept()
		if err != nil {
			return
		}
		defer conn.Close() //nolint:errcheck // the test is over then
		for lines := bufio.NewScanner(conn); lines.Scan(); {
			heard <- lines.Text()
			answer := "OK\n"
			if len(heard) == 4 {
				answer = "FAIL Unknown command\n"
			}
			if _, err := conn.Write([]byte(answer)); err != nil {
				return
			}
		}
	}()
	b, err := openButton(socket, 26)
	if err != nil {
		t.Fatal(err)
	}
	defer b.conn.Close() //nolint:errcheck // only read from
	if err := b.down(); err != nil {
		t.Error(err)
	}
	if err := b.up(); err != nil {
		t.Error(err)
	}
	if err := b.down(); err == nil || !strings.Contains(err.Error(), "FAIL") {
		t.Errorf("a refusal: %v", err)
	}
	var got []string
	for range 4 {
		got = append(got, <-heard)
	}
	want := []string{"writel 0x3f20001c 0x4000000", "writel 0x3f200028 0x4000000", "writel 0x3f20001c 0x4000000", "writel 0x3f200028 0x4000000"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}
