package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"trunktester/reflector/wire"
)

func TestAWrongOptionIsToldInOneSentence(t *testing.T) {
	for args, want := range map[string]string{
		"-speed 9":               `flag provided but not defined: -speed; -h lists the options`,
		"serve":                  `unexpected "serve"; -h lists the options`,
		"-rate fast":             `invalid value "fast" for flag -rate: parse error; -h lists the options`,
		"-udp 5060":              `-udp 5060: write an address as :5060, 192.0.2.1:5060 or [2001:db8::1]:5060`,
		"-tcp :5060,2001:db8::1": `-tcp 2001:db8::1: write an address as :5060, 192.0.2.1:5060 or [2001:db8::1]:5060`,
		"-tls 192.0.2.1:":        `-tls 192.0.2.1:: write an address as :5060, 192.0.2.1:5060 or [2001:db8::1]:5060`,
		"-rate 0":                `-rate 0: must be from 0.1 to 1000000 a second`,
		"-rate-all NaN":          `-rate-all NaN: must be from 0.1 to 1000000 a second`,
		"-rate-rtp -3":           `-rate-rtp -3: must be from 0.1 to 1000000 a second`,
		"-workers 0":             `-workers 0: must be from 1 to 64`,
		"-longest-delay 2h":      `-longest-delay 2h0m0s: must be from 0 to 1h0m0s`,
		"-rtp 10000-20000":       `-rtp: more than 512 ports; docs/reflector.md shows how a few serve a wide range`,
		"-rtp 10031-10000":       `-rtp 10031-10000: write ports as 10000-10031`,
		"-rtp 0":                 `-rtp 0: write ports as 10000-10031`,
		"-rtp 70000":             `-rtp 70000: write ports as 10000-10031`,
		"-tls-cert cert.pem":     `-tls-cert and -tls-key go together: give both, or none for no TLS`,
	} {
		if _, err := parse(strings.Fields(args), io.Discard); err == nil || err.Error() != want {
			t.Errorf("%s: %v\nwant %s", args, err, want)
		}
		var stdout, stderr bytes.Buffer
		if code := run(t.Context(), strings.Fields(args), &stdout, &stderr); code != 64 || stdout.Len() > 0 || stderr.String() != "reflector: "+want+"\n" {
			t.Errorf("%s: exit %d, %q, %q", args, code, &stdout, &stderr)
		}
	}
}

func TestTheOptionsAsTheyAre(t *testing.T) {
	o, err := parse(nil, io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	c := o.config
	if fmt.Sprint(c.UDP, c.TCP, c.TLS, c.RTP[0], c.RTP[len(c.RTP)-1]) != "[:5060 :5080] [:5060] [:5061] 10000 10031" || o.watch != "127.0.0.1:9506" {
		t.Errorf("%+v", o)
	}
	if o, err = parse([]string{"-udp", "", "-tcp", "", "-rtp", "4000,5000-5001"}, io.Discard); err != nil || len(o.config.UDP)+len(o.config.TCP) > 0 || fmt.Sprint(o.config.RTP) != "[4000 5000 5001]" {
		t.Errorf("%+v, %v", o.config, err)
	}
}

func TestHelpAndVersion(t *testing.T) {
	var stdout, stderr bytes.Buffer
	if code := run(t.Context(), []string{"-h"}, &stdout, &stderr); code != 0 || stderr.Len() > 0 {
		t.Errorf("exit %d, %q", code, &stderr)
	}
	for _, want := range []string{"-token-file", "-tls-cert", "-rate ", "docs/reflector.md", "SIGTERM"} {
		if !strings.Contains(stdout.String(), want) {
			t.Errorf("the help does not tell of %s", want)
		}
	}
	if _, err := parse([]string{"-help"}, io.Discard); !errors.Is(err, flag.ErrHelp) {
		t.Errorf("-help: %v", err)
	}
	stdout.Reset()
	if code := run(t.Context(), []string{"-version"}, &stdout, &stderr); code != 0 || stdout.String() != "reflector dev, commit unknown\n" {
		t.Errorf("exit %d, %q", code, &stdout)
	}
}

func TestAFileThatCannotBeUsed(t *testing.T) {
	folder := t.TempDir()
	short := filepath.Join(folder, "token")
	os.WriteFile(short, []byte("hunter2\n"), 0o600)
	for want, args := range map[string][]string{
		"-token-file " + filepath.Join(folder, "none"): {"-token-file", filepath.Join(folder, "none")},
		"at least 16 characters":                       {"-token-file", short},
		"no such file or directory":                    {"-tls-cert", filepath.Join(folder, "cert.pem"), "-tls-key", filepath.Join(folder, "key.pem")},
	} {
		var stdout, stderr bytes.Buffer
		code := run(t.Context(), args, &stdout, &stderr)
		if code != 69 || !strings.Contains(strings.ReplaceAll(stderr.String(), ": open ", " "), want) || strings.Contains(stderr.String(), "hunter2") {
			t.Errorf("%v: exit %d, %s", args, code, &stderr)
		}
	}
}

// written is what the program says, while it runs.
type written struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (w *written) Write(b []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.b.Write(b)
}

// line is the first line with the message, once it is there.
func (w *written) line(t testing.TB, message string) (line map[string]any) {
	t.Helper()
	for until := time.Now().Add(10 * time.Second); time.Now().Before(until); time.Sleep(5 * time.Millisecond) {
		w.mu.Lock()
		text := w.b.String()
		w.mu.Unlock()
		for l := range strings.Lines(text) {
			if json.Unmarshal([]byte(l), &line) == nil && line["msg"] == message {
				return line
			}
		}
	}
	t.Fatalf("never said %q: %s", message, w.b.String())
	return nil
}

func TestItServesUntilItIsStopped(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var log written
	ended := make(chan int, 1)
	args := strings.Fields("-udp 127.0.0.1:0,127.0.0.1:0 -tcp 127.0.0.1:0 -rtp= -metrics 127.0.0.1:0")
	go func() { ended <- run(ctx, args, io.Discard, &log) }()

	to := log.line(t, "serving")["udp"].([]any)[0].(string)
	conn, err := net.Dial("udp", to)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	sent := "OPTIONS sip:reflect@reflector.example.net SIP/2.0\r\nVia: SIP/2.0/UDP 192.168.1.20:5070;rport;branch=z9hG4bK776asdhds\r\n" +
		"From: <sip:box@reflector.example.net>;tag=1\r\nTo: <sip:reflect@reflector.example.net>\r\nCall-ID: 1\r\nCSeq: 1 OPTIONS\r\n" +
		"Max-Forwards: 70\r\nContent-Length: 0\r\n\r\n"
	io.WriteString(conn, sent)
	conn.SetReadDeadline(time.Now().Add(10 * time.Second))
	b := make([]byte, 4096)
	n, err := conn.Read(b)
	if err != nil {
		t.Fatal(err)
	}
	_, body, _ := bytes.Cut(b[:n], []byte("\r\n\r\n"))
	if r, err := wire.ParseReflection(body); err != nil || string(r.Message) != sent {
		t.Errorf("%+v, %v", r, err)
	}
	answer, err := http.Get("http://" + log.line(t, "metrics")["address"].(string) + "/healthz")
	if err != nil || answer.StatusCode != http.StatusOK {
		t.Errorf("health: %v, %v", answer, err)
	}
	answer.Body.Close()

	var second written
	taken := []string{"-udp", to, "-tcp", "", "-rtp", "", "-metrics", "off", "-workers", "1"}
	if code := run(ctx, taken, io.Discard, &second); code != 69 || !strings.Contains(second.line(t, "cannot serve")["remedy"].(string), "another program has the port") {
		t.Errorf("on a taken port: exit %d", code)
	}
	cancel()
	select {
	case code := <-ended:
		if code != 0 {
			t.Errorf("exit %d", code)
		}
	case <-time.After(10 * time.Second):
		t.Fatal("it does not stop")
	}
}
