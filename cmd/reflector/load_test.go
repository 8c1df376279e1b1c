package main

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"flag"
	"fmt"
	"math"
	"math/big"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"trunktester/reflector/wire"
)

var update = flag.Bool("update", false, "write the measured load into docs/reflector.md")

// loadTime is how long each way is loaded.
const loadTime = 3 * time.Second

// callers ask at the same time, each with so many requests on their way at once over UDP.
const (
	callers = 4
	atOnce  = 32
)

// BenchmarkLoad measures, on loopback, how many replies one second of a core gives: replies, divided by the processor
// time, kernel's included, that the real program used. So it does not matter what else the machine does.
func BenchmarkLoad(b *testing.B) {
	folder := b.TempDir()
	program := filepath.Join(folder, "reflector")
	build := exec.Command("go", "build", "-trimpath", "-o", program, ".")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		b.Fatalf("%v: %s", err, out)
	}
	cert, key := certificate(b, folder)
	voiceAt := freePort(b)
	server := exec.Command(program, "-udp", "127.0.0.1:0", "-tcp", "127.0.0.1:0", "-tls", "127.0.0.1:0", "-tls-cert", cert, "-tls-key", key,
		"-rtp-host", "127.0.0.1", "-rtp", voiceAt, "-metrics", "off", "-rate", "1e6", "-rate-all", "1e6", "-rate-rtp", "1e6")
	var log written
	server.Stderr = &log
	if err := server.Start(); err != nil {
		b.Fatal(err)
	}
	defer func() {
		server.Process.Signal(syscall.SIGTERM)
		server.Wait()
	}()
	serving := log.line(b, "serving")
	at := func(what string) string { return serving[what].([]any)[0].(string) }

	invite := []byte("INVITE sip:reflect@reflector.example.net SIP/2.0\r\nVia: SIP/2.0/UDP 192.168.1.20:5070;rport;branch=z9hG4bK776asdhds\r\n" +
		"Max-Forwards: 70\r\nFrom: <sip:box@reflector.example.net>;tag=1\r\nTo: <sip:reflect@reflector.example.net>\r\n" +
		"Call-ID: a84b4c76e66710@192.168.1.20\r\nCSeq: 1 INVITE\r\nContact: <sip:box@192.168.1.20:5070>\r\nContent-Length: 160\r\n\r\n" + strings.Repeat("x", 160))
	voice := wire.Probe{}.Packet("", 172)
	ways := []struct {
		name, of string
		call     func(stop time.Time) (replies int, err error)
	}{
		{"SIP over UDP", fmt.Sprintf("an INVITE of %d bytes, reflected whole", len(invite)), datagrams(at("udp"), invite)},
		{"SIP over TCP", "the same", streams(invite, func() (net.Conn, error) { return net.Dial("tcp", at("tcp")) })},
		{"SIP over TLS", "the same", streams(invite, func() (net.Conn, error) {
			return tls.Dial("tcp", at("tls"), &tls.Config{InsecureSkipVerify: true}) // its load is measured, not its name
		})},
		{"Voice", fmt.Sprintf("packets of %d bytes, echoed", len(voice)), datagrams("127.0.0.1:"+voiceAt, voice)},
	}
	perCore := make([]float64, len(ways))
	for b.Loop() {
		for i, way := range ways {
			before := used(b, server.Process.Pid)
			replies, err := together(way.call)
			if err != nil {
				b.Fatalf("%s: %v", way.name, err)
			}
			perCore[i] = float64(replies) / (used(b, server.Process.Pid) - before).Seconds()
		}
	}
	var table strings.Builder
	fmt.Fprintf(&table, "| What | Of what | Replies per second of one core |\n|---|---|---|\n")
	for i, way := range ways {
		b.ReportMetric(perCore[i], strings.ReplaceAll(way.name, " ", "-")+"/core-s")
		fmt.Fprintf(&table, "| %s | %s | %s |\n", way.name, way.of, rounded(perCore[i]))
	}
	fmt.Fprintf(&table, "\nOn %s, %s/%s. Most resident memory under this load: %d MiB.\n", processor(), runtime.GOOS, runtime.GOARCH, peak(b, server.Process.Pid)>>20)
	if *update {
		record(b, table.String())
	}
}

// The figures stand between these two in docs/reflector.md.
const measuredBegin, measuredEnd = "<!-- measured by make bench UPDATE=1 -->\n", "<!-- end of what was measured -->"

func record(b *testing.B, table string) {
	file := filepath.Join("..", "..", "docs", "reflector.md")
	text, err := os.ReadFile(file)
	if err != nil {
		b.Fatal(err)
	}
	before, rest, begins := strings.Cut(string(text), measuredBegin)
	_, after, ends := strings.Cut(rest, measuredEnd)
	if !begins || !ends {
		b.Fatalf("%s has no place for the figures", file)
	}
	if err := os.WriteFile(file, []byte(before+measuredBegin+table+measuredEnd+after), 0o644); err != nil {
		b.Fatal(err)
	}
}

// freePort is a UDP port that nobody has at the moment.
func freePort(b *testing.B) string {
	c, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	defer c.Close()
	return strconv.Itoa(c.LocalAddr().(*net.UDPAddr).Port)
}

// processor is the machine's, as Linux calls it.
func processor() string {
	info, _ := os.ReadFile("/proc/cpuinfo")
	if m := regexp.MustCompile(`(?m)^model name\s*: (.+)$`).FindSubmatch(info); m != nil {
		return "one core of an " + string(m[1])
	}
	return "a processor without a name"
}

// certificate writes one for the load over TLS.
func certificate(b *testing.B, folder string) (cert, key string) {
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		b.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &private.PublicKey, private)
	if err != nil {
		b.Fatal(err)
	}
	pkcs8, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		b.Fatal(err)
	}
	cert, key = filepath.Join(folder, "cert.pem"), filepath.Join(folder, "key.pem")
	for file, block := range map[string]*pem.Block{cert: {Type: "CERTIFICATE", Bytes: der}, key: {Type: "PRIVATE KEY", Bytes: pkcs8}} {
		if err := os.WriteFile(file, pem.EncodeToMemory(block), 0o600); err != nil {
			b.Fatal(err)
		}
	}
	return cert, key
}

// together runs the callers, and adds up their replies.
func together(call func(stop time.Time) (int, error)) (replies int, err error) {
	stop := time.Now().Add(loadTime)
	var mu sync.Mutex
	var all sync.WaitGroup
	for range callers {
		all.Go(func() {
			n, failed := call(stop)
			mu.Lock()
			defer mu.Unlock()
			if replies += n; failed != nil {
				err = failed
			}
		})
	}
	all.Wait()
	return replies, err
}

func datagrams(to string, request []byte) func(time.Time) (int, error) {
	return func(stop time.Time) (replies int, err error) {
		conn, err := net.Dial("udp", to)
		if err != nil {
			return 0, err
		}
		defer conn.Close()
		b := make([]byte, 4096)
		for time.Now().Before(stop) {
			for range atOnce {
				if _, err := conn.Write(request); err != nil {
					return replies, err
				}
			}
			conn.SetReadDeadline(time.Now().Add(time.Second))
			for range atOnce {
				if _, err := conn.Read(b); err != nil {
					break // a full socket buffer loses some
				}
				replies++
			}
		}
		return replies, nil
	}
}

func streams(request []byte, dial func() (net.Conn, error)) func(time.Time) (int, error) {
	return func(stop time.Time) (replies int, err error) {
		conn, err := dial()
		if err != nil {
			return 0, err
		}
		defer conn.Close()
		b := make([]byte, 4096)
		for ; time.Now().Before(stop); replies++ {
			conn.SetDeadline(time.Now().Add(5 * time.Second))
			if _, err := conn.Write(request); err != nil {
				return replies, err
			}
			for n, whole := 0, false; !whole; {
				m, err := conn.Read(b[n:])
				if err != nil {
					return replies, err
				}
				n += m
				head, body, ended := bytes.Cut(b[:n], []byte("\r\n\r\n"))
				_, length, _ := bytes.Cut(head, []byte("Content-Length: "))
				want, _ := strconv.Atoi(string(length))
				whole = ended && len(body) >= want
			}
		}
		return replies, nil
	}
}

// used is the processor time of a process, user and system (proc(5), /proc/pid/stat, fields 14 and 15).
func used(b *testing.B, pid int) time.Duration {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		b.Fatal(err)
	}
	fields := strings.Fields(string(stat[bytes.LastIndexByte(stat, ')')+1:]))
	user, err1 := strconv.Atoi(fields[11])
	system, err2 := strconv.Atoi(fields[12])
	if err1 != nil || err2 != nil {
		b.Fatalf("%s: %v, %v", stat, err1, err2)
	}
	return time.Duration(user+system) * (time.Second / 100) // USER_HZ
}

// peak is the highest resident memory of a process, in bytes.
func peak(b *testing.B, pid int) int {
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		b.Fatal(err)
	}
	m := regexp.MustCompile(`VmHWM:\s+(\d+) kB`).FindSubmatch(status)
	if m == nil {
		b.Fatalf("no VmHWM in %s", status)
	}
	kib, _ := strconv.Atoi(string(m[1]))
	return kib << 10
}

// rounded has two digits that count: more would promise what another machine does not keep.
func rounded(n float64) string {
	unit := math.Pow(10, math.Floor(math.Log10(n))-1)
	digits := strconv.Itoa(int(math.Floor(n/unit) * unit))
	for at := len(digits) - 3; at > 0; at -= 3 {
		digits = digits[:at] + "," + digits[at:]
	}
	return digits
}
