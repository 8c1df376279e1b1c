// Package netnstest runs a test binary in network namespaces of its own, and builds a small LAN there: a
// switch, the cable of the box that is tested, and hosts that serve DHCP or merely hold an address. No packet
// of it reaches the machine's own network.
package netnstest

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"syscall"
	"testing"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"
)

// inside is set in the environment of the binary that runs in the namespaces.
const inside = "TRUNKTESTER_NETNS"

// Main is for TestMain: it starts the test binary again as root of a new user, network and mount namespace,
// which an ordinary user may do as well where the kernel allows it.
func Main(m *testing.M) {
	if os.Getenv(inside) == "" {
		status, err := again()
		if err == nil {
			os.Exit(status)
		}
		os.Setenv(inside, fmt.Sprintf("this machine does not let us make network namespaces: %v", err))
	} else if lo, err := netlink.LinkByName("lo"); err == nil {
		if err := netlink.LinkSetUp(lo); err != nil {
			fmt.Fprintln(os.Stderr, "set lo up:", err)
			os.Exit(1)
		}
	}
	os.Exit(m.Run())
}

func again() (status int, err error) {
	runtime.LockOSThread() // Pdeathsig follows the thread
	cmd := exec.Command("/proc/self/exe", os.Args[1:]...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
	cmd.Env = append(os.Environ(), inside+"=yes")
	cmd.SysProcAttr = &syscall.SysProcAttr{
		Cloneflags:  syscall.CLONE_NEWUSER | syscall.CLONE_NEWNET | syscall.CLONE_NEWNS,
		UidMappings: []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getuid(), Size: 1}},
		GidMappings: []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getgid(), Size: 1}},
		Pdeathsig:   syscall.SIGKILL,
	}
	if err := cmd.Start(); err != nil {
		return 0, err
	}
	exit := (*exec.ExitError)(nil)
	if err := cmd.Wait(); errors.As(err, &exit) {
		return max(exit.ExitCode(), 1), nil
	} else if err != nil {
		return 1, nil
	}
	return 0, nil
}

// Skip skips a test for a reason, or fails it where skips are forbidden (CI=true).
func Skip(t testing.TB, why string) {
	t.Helper()
	if os.Getenv("CI") == "true" {
		t.Fatal(why)
	}
	t.Skip(why)
}

// Unprivileged runs f on a thread without any capability, as an ordinary user's process is. Goroutines that f
// starts may run elsewhere, with them.
func Unprivileged(t testing.TB, f func()) {
	t.Helper()
	done := make(chan error)
	go func() {
		runtime.LockOSThread() // and never unlocked: the thread ends with the goroutine
		header := unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}
		var none [2]unix.CapUserData
		err := unix.Capset(&header, &none[0])
		if err == nil {
			f()
		}
		done <- err
	}()
	if err := <-done; err != nil {
		t.Fatal(err)
	}
}
