package witness

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"
)

// inside marks the run of this test binary within its own user and network namespace.
const inside = "WITNESS_TEST_INSIDE"

// TestMain runs the tests in a user and network namespace of their own, so that no port and no address
// of the machine is used.
func TestMain(m *testing.M) {
	if os.Getenv(inside) == "" {
		cmd := exec.Command("/proc/self/exe", os.Args[1:]...)
		cmd.Env = append(os.Environ(), inside+"=1")
		cmd.Stdout, cmd.Stderr = os.Stdout, os.Stderr
		cmd.SysProcAttr = &syscall.SysProcAttr{
			Cloneflags:  syscall.CLONE_NEWUSER | syscall.CLONE_NEWNET | syscall.CLONE_NEWNS,
			UidMappings: []syscall.SysProcIDMap{{HostID: os.Getuid(), Size: 1}},
			GidMappings: []syscall.SysProcIDMap{{HostID: os.Getgid(), Size: 1}},
		}
		err := cmd.Run()
		var exit *exec.ExitError
		switch {
		case errors.As(err, &exit):
			os.Exit(exit.ExitCode())
		case err == nil:
			os.Exit(0)
		}
		skipReason = fmt.Sprintf("this kernel gives no user and network namespace: %v", err)
	} else if err := build(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	if missing := Missing(); skipReason == "" && len(missing) > 0 {
		skipReason = fmt.Sprintf("Debian packages not installed: %s", strings.Join(missing, " "))
	}
	os.Exit(m.Run())
}

var skipReason string

// need skips where the witnesses cannot run; CI forbids the skip.
func need(t *testing.T) {
	t.Helper()
	if skipReason == "" {
		return
	}
	if os.Getenv("CI") == "true" {
		t.Fatal(skipReason)
	}
	t.Skip(skipReason)
}

// The network: loopback with the provider's addresses, and a cable between a router's end and a box's.
var (
	provider = netip.MustParseAddr("198.51.100.5")
	second   = netip.MustParseAddr("198.51.100.6")
	router   = netip.MustParsePrefix("192.168.1.1/24")
)

func build() error {
	lo, err := netlink.LinkByName("lo")
	if err != nil {
		return fmt.Errorf("find lo: %w", err)
	}
	veth := &netlink.Veth{LinkAttrs: netlink.LinkAttrs{Name: "lan"}, PeerName: "box"}
	if err := netlink.LinkAdd(veth); err != nil {
		return fmt.Errorf("add a cable: %w", err)
	}
	box, err := netlink.LinkByName("box")
	if err != nil {
		return fmt.Errorf("find box: %w", err)
	}
	for _, a := range []struct {
		link netlink.Link
		addr string
	}{{lo, provider.String() + "/32"}, {lo, second.String() + "/32"}, {veth, router.String()}} {
		addr, err := netlink.ParseAddr(a.addr)
		if err != nil {
			return fmt.Errorf("address %s: %w", a.addr, err)
		}
		if err := netlink.AddrAdd(a.link, addr); err != nil {
			return fmt.Errorf("add %s: %w", a.addr, err)
		}
	}
	for _, link := range []netlink.Link{lo, veth, box} {
		if err := netlink.LinkSetUp(link); err != nil {
			return fmt.Errorf("set %s up: %w", link.Attrs().Name, err)
		}
	}
	return nil
}

func TestMissing(t *testing.T) {
	defer func(old []struct{ pack, file string }) { needs = old }(needs)
	needs = []struct{ pack, file string }{{"a", "/nowhere/a"}, {"a", "/nowhere/b"}, {"b", "/proc/self/exe"}, {"c", "/nowhere/*"}}
	if got := strings.Join(Missing(), " "); got != "a c" {
		t.Errorf("missing %q", got)
	}
}

// run starts f and waits for its end when the test ends, so that its ports are free again.
func run(t *testing.T, f func(context.Context) error) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- f(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
}

func eventually(t *testing.T, what string, is func() bool) {
	t.Helper()
	for end := time.Now().Add(20 * time.Second); time.Now().Before(end); time.Sleep(5 * time.Millisecond) {
		if is() {
			return
		}
	}
	t.Fatal("never: " + what)
}

// stopped ends a witness and checks that nothing of it is left.
func stopped(t *testing.T, p *Process) {
	t.Helper()
	if err := p.Stop(); err != nil {
		t.Error(err)
	}
	if _, err := os.Stat(p.folder); !os.IsNotExist(err) {
		t.Errorf("folder of %s: %v", p.name, err)
	}
	eventually(t, "process group gone", func() bool { return errors.Is(syscall.Kill(-p.cmd.Process.Pid, 0), syscall.ESRCH) })
}

// bound opens a UDP socket, on one interface where one is named.
func bound(t *testing.T, addr, device string) net.PacketConn {
	t.Helper()
	lc := net.ListenConfig{Control: func(_, _ string, c syscall.RawConn) (err error) {
		if device == "" {
			return nil
		}
		return errors.Join(c.Control(func(fd uintptr) { err = unix.BindToDevice(int(fd), device) }), err)
	}}
	conn, err := lc.ListenPacket(t.Context(), "udp4", addr)
	if err != nil {
		t.Fatal(err)
	}
	return conn
}

// A witness that cannot start says why, and keeps its log.
func TestFailedStart(t *testing.T) {
	need(t)
	_, err := StartDnsmasq(t.Context(), nil, DnsmasqOptions{Listen: one(netip.MustParseAddr("203.0.113.77"))}) // nobody's address
	if err == nil || !strings.Contains(err.Error(), "203.0.113.77") {
		t.Fatalf("error %v", err)
	}
	_, after, _ := strings.Cut(err.Error(), "its folder ")
	folder, _, _ := strings.Cut(after, " ")
	defer os.RemoveAll(folder)
	if log, err := os.ReadFile(folder + "/log"); err != nil || !strings.Contains(string(log), "203.0.113.77") {
		t.Errorf("log %q: %v", log, err)
	}
}
