package reflector

import (
	"bufio"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"io"
	"log/slog"
	"math/big"
	"net"
	"net/netip"
	"net/textproto"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"trunktester/reflector/wire"
)

// certified writes a certificate for the name, and gives its files and a pool that trusts it.
func certified(t testing.TB, folder, name string) (cert, key string, trust *x509.CertPool) {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: name}, DNSNames: []string{name},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), IsCA: true, BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &private.PublicKey, private)
	if err != nil {
		t.Fatal(err)
	}
	pkcs8, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	cert, key = filepath.Join(folder, "cert.pem"), filepath.Join(folder, "key.pem")
	write := func(file, kind string, der []byte) {
		if err := os.WriteFile(file, pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write(cert, "CERTIFICATE", der)
	write(key, "PRIVATE KEY", pkcs8)
	trust = x509.NewCertPool()
	parsed, _ := x509.ParseCertificate(der)
	trust.AddCert(parsed)
	return cert, key, trust
}

// connect is a connection of a caller, plain or secured.
func connect(t testing.TB, to netip.AddrPort, secure *tls.Config) (net.Conn, *bufio.Reader) {
	t.Helper()
	conn, err := net.Dial("tcp", to.String())
	if err != nil {
		t.Fatal(err)
	}
	if secure != nil {
		conn = tls.Client(conn, secure)
	}
	t.Cleanup(func() { conn.Close() })
	return conn, bufio.NewReader(conn)
}

// replyOn reads one response off a stream by its Content-Length.
func replyOn(t testing.TB, conn net.Conn, r *bufio.Reader) []byte {
	t.Helper()
	conn.SetReadDeadline(time.Now().Add(patience))
	var raw strings.Builder
	head := textproto.NewReader(bufio.NewReader(io.TeeReader(untilBlank{r}, &raw)))
	status, err := head.ReadLine()
	if err != nil {
		t.Fatalf("no reply: %v", err)
	}
	fields, err := head.ReadMIMEHeader()
	if err != nil {
		t.Fatalf("after %q: %v", status, err)
	}
	n, _ := strconv.Atoi(fields.Get("Content-Length"))
	if _, err := io.CopyN(&raw, r, int64(n)); err != nil {
		t.Fatal(err)
	}
	return []byte(raw.String())
}

// untilBlank reads no further than the blank line, a byte at a time.
type untilBlank struct{ r *bufio.Reader }

func (u untilBlank) Read(b []byte) (int, error) {
	line, err := u.r.ReadSlice('\n')
	return copy(b, line), err
}

func TestStreamsAreReflectedRequestAfterRequest(t *testing.T) {
	cert, key, trust := certified(t, t.TempDir(), "reflector.example.net")
	config, err := Certificate(cert, key)
	if err != nil {
		t.Fatal(err)
	}
	s := started(t, func(c *Config) { c.TLSConfig = config })
	for transport, to := range map[string]netip.AddrPort{"tcp": s.TCP()[0], "tls": s.TLS()[0]} {
		t.Run(transport, func(t *testing.T) {
			var secure *tls.Config
			if transport == "tls" {
				secure = &tls.Config{RootCAs: trust, ServerName: "reflector.example.net"}
			}
			conn, r := connect(t, to, secure)
			all := [][]byte{message("OPTIONS", ""), message("INVITE", sdp), message("ACK", ""), message("REGISTER", "")}
			for _, sent := range all { // at once, a keep-alive between them (RFC 5626 section 4.4.1)
				fmt.Fprintf(conn, "%s\r\n\r\n", sent)
			}
			for _, sent := range [][]byte{all[0], all[1], all[3]} {
				_, got := reflection(t, replyOn(t, conn, r))
				if d := wire.Compare(sent, got.Message); d != nil || got.Framing != wire.Framed || got.Transport != transport || got.TOS != -1 {
					t.Errorf("%s over %s, framing %q: %+v", got.Source, got.Transport, got.Framing, d)
				}
				if got.Source != conn.LocalAddr().(*net.TCPAddr).AddrPort() {
					t.Errorf("from %s", got.Source)
				}
			}
		})
	}
}

func TestAStreamWhoseLengthWasDamagedIsReflectedAllTheSame(t *testing.T) {
	s := started(t, nil)
	told := wish(wire.Wish{Body: len(sdp)}, "")
	length := fmt.Sprintf("Content-Length: %d", len(sdp))
	shorter := strings.Replace(sdp, "192.168.1.20", "10.1.1.1", 1)
	for _, c := range []struct {
		name, arrived string
		framing       wire.Framing
	}{
		{"the router made the body shorter and left the length", strings.Replace(string(message("INVITE", sdp)), sdp, shorter, 1), wire.Short},
		{"the same, and the caller said how long it was", strings.Replace(string(message("INVITE", sdp, told)), sdp, shorter, 1), wire.Short},
		{"the length became smaller than the body", strings.Replace(string(message("INVITE", sdp)), length, "Content-Length: 9", 1), wire.Long},
		{"the same, and the caller said how long it was", strings.Replace(string(message("INVITE", sdp, told)), length, "Content-Length: 9", 1), wire.Long},
		{"both were changed as they should be", string(message("INVITE", shorter, told)), wire.Framed},
		{"the length was taken away", strings.Replace(string(message("INVITE", sdp)), length+"\r\n", "", 1), wire.Quiet},
		{"the length is no number", strings.Replace(string(message("INVITE", sdp)), length, "Content-Length: many", 1), wire.Quiet},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			conn, r := connect(t, s.TCP()[0], nil)
			io.WriteString(conn, c.arrived)
			_, got := reflection(t, replyOn(t, conn, r))
			if string(got.Message) != c.arrived || got.Framing != c.framing {
				t.Errorf("framing %q: %+v", got.Framing, wire.Compare([]byte(c.arrived), got.Message))
			}
		})
	}
}

func TestAStreamThatIsEnded(t *testing.T) {
	s := started(t, func(c *Config) { c.Token = "5f1b2c3d4e5f60718293" })
	for name, sent := range map[string]string{
		"no SIP":               "GET / HTTP/1.1\r\nHost: reflector\r\n\r\n",
		"not for reflect":      strings.Replace(string(message("OPTIONS", "")), "sip:reflect@", "sip:441632960000@", 1),
		"no proof":             string(message("OPTIONS", "")),
		"a header without end": strings.Repeat("A", 3*wire.Longest),
		"a body without end":   strings.Replace(string(message("OPTIONS", "")), "Content-Length: 0", "Content-Length: 9999999", 1),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			conn, r := connect(t, s.TCP()[0], nil)
			io.WriteString(conn, sent)
			conn.SetReadDeadline(time.Now().Add(patience))
			if b, err := r.ReadByte(); err == nil || os.IsTimeout(err) {
				t.Errorf("answered %q, %v", b, err)
			}
		})
	}
}

func TestADelayedReplyOnAStream(t *testing.T) {
	s := started(t, nil)
	conn, r := connect(t, s.TCP()[0], nil)
	conn.Write(message("OPTIONS", "", wish(wire.Wish{ID: "slow", Delay: time.Second, Body: -1}, "")))
	began := time.Now()
	if _, got := reflection(t, replyOn(t, conn, r)); got.Refused != nil || time.Since(began) < 900*time.Millisecond {
		t.Errorf("refused %v after %s", got.Refused, time.Since(began))
	}
}

func TestOneAddressHasAFewConnectionsOnly(t *testing.T) {
	s := started(t, nil)
	for range mostConnsEach {
		conn, r := connect(t, s.TCP()[0], nil)
		conn.Write(message("OPTIONS", ""))
		replyOn(t, conn, r) // it is open
	}
	conn, r := connect(t, s.TCP()[0], nil)
	conn.Write(message("OPTIONS", ""))
	conn.SetReadDeadline(time.Now().Add(patience))
	if _, err := r.ReadByte(); err == nil || os.IsTimeout(err) {
		t.Errorf("one more was served: %v", err)
	}
}

func TestTheStopFinishesWhatIsInFlight(t *testing.T) {
	s, err := Open(Config{
		UDP: []string{"127.0.0.1:0"}, TCP: []string{"127.0.0.1:0"}, LongestDelay: time.Hour, Workers: 1, Log: slog.New(slog.DiscardHandler),
		SIP: Rate{1e6, 1e6}, SIPAll: Rate{1e6, 1e6}, RTPEach: Rate{1, 1}, RTPAll: Rate{1, 1},
	})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() { s.Run(ctx); close(ended) }()

	idle, _ := connect(t, s.TCP()[0], nil)
	waits, r := connect(t, s.TCP()[0], nil)
	waits.Write(message("OPTIONS", ""))
	replyOn(t, waits, r)
	waits.Write(message("OPTIONS", "", wish(wire.Wish{Delay: time.Hour, Body: -1}, "")))
	udp := caller(t, s.UDP()[0])
	udp.Write(message("OPTIONS", "", wish(wire.Wish{Delay: time.Hour, Body: -1}, "")))
	udp.Write(message("OPTIONS", ""))
	received(t, udp, patience)
	for s.later.count() < 2 { // both wait
		time.Sleep(time.Millisecond)
	}
	cancel()
	select {
	case <-ended:
	case <-time.After(patience):
		t.Fatal("it does not end")
	}
	idle.SetReadDeadline(time.Now().Add(patience))
	if _, err := idle.Read(make([]byte, 1)); err != io.EOF {
		t.Errorf("an idle connection: %v", err)
	}
	if conn, err := net.Dial("tcp", s.TCP()[0].String()); err == nil {
		conn.Close()
		t.Error("it still listens")
	}
}

func TestTheCertificateIsReadAgain(t *testing.T) {
	folder := t.TempDir()
	cert, key, _ := certified(t, folder, "old.example.net")
	c := &certificate{cert: cert, key: key}
	name := func() string {
		t.Helper()
		c.looked = time.Time{}
		got, err := c.get(nil)
		if err != nil {
			t.Fatal(err)
		}
		leaf, err := x509.ParseCertificate(got.Certificate[0])
		if err != nil {
			t.Fatal(err)
		}
		return leaf.DNSNames[0]
	}
	if got := name(); got != "old.example.net" {
		t.Errorf("serves %s", got)
	}
	later := time.Now().Add(time.Minute)
	certified(t, folder, "new.example.net")
	os.Chtimes(cert, later, later)
	if got := name(); got != "new.example.net" {
		t.Errorf("after the renewal it serves %s", got)
	}
	os.WriteFile(cert, []byte("half a file"), 0o600)
	later = later.Add(time.Minute)
	os.Chtimes(cert, later, later)
	if got := name(); got != "new.example.net" {
		t.Errorf("with a file that cannot be used it serves %s", got)
	}
	if _, err := Certificate(cert, key); err == nil || !strings.Contains(err.Error(), cert) {
		t.Errorf("a bad file at the start: %v", err)
	}
}

// What is behind a length that was made too small may come in a later segment: the caller has said how long its body was.
func TestTheRestOfADamagedMessageMayComeLater(t *testing.T) {
	s := started(t, nil)
	sent := string(message("INVITE", sdp, wish(wire.Wish{Body: len(sdp)}, "")))
	sent = strings.Replace(sent, fmt.Sprintf("Content-Length: %d", len(sdp)), "Content-Length: 9", 1)
	cut := strings.Index(sent, "\r\n\r\n") + 4 + 9
	conn, r := connect(t, s.TCP()[0], nil)
	io.WriteString(conn, sent[:cut])
	time.Sleep(20 * time.Millisecond) // another segment, long before the reflector's patience ends
	io.WriteString(conn, sent[cut:])
	if _, got := reflection(t, replyOn(t, conn, r)); string(got.Message) != sent || got.Framing != wire.Long {
		t.Errorf("framing %q: %+v", got.Framing, wire.Compare([]byte(sent), got.Message))
	}
}

func TestAFloodOfConnectionsIsCut(t *testing.T) {
	s := started(t, func(c *Config) { c.SIP = Rate{0.001, 3} })
	var open atomic.Int32
	var all sync.WaitGroup
	for range 6 {
		conn, r := connect(t, s.TCP()[0], nil)
		conn.SetReadDeadline(time.Now().Add(2 * time.Second))
		all.Go(func() {
			if _, err := r.ReadByte(); os.IsTimeout(err) {
				open.Add(1)
			}
		})
	}
	all.Wait()
	if open.Load() != 3 {
		t.Errorf("%d connections are open, of a burst of 3", open.Load())
	}
}
