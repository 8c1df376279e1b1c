package lab

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"runtime"
	"strings"
	"syscall"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"
)

// insideVar marks the copy of the program that runs inside. Its value is the network namespace that
// the outer copy stood in, so that a mark set by hand is not believed.
const insideVar = "TRUNKTESTER_LAB_OUTSIDE"

// CannotError says why no lab can be built on this machine, and what helps.
type CannotError struct {
	Why    error
	Remedy string
}

// Error is one sentence with the remedy.
func (e *CannotError) Error() string {
	return fmt.Sprintf("this kernel does not let the lab make its own network (%v); %s", e.Why, e.Remedy)
}

// Unwrap gives the kernel's own answer.
func (e *CannotError) Unwrap() error { return e.Why }

// Enter moves the program into its own user, network and mount namespaces by starting it once more
// with the same arguments. Inside it returns nil, and nothing that the program does to the network
// touches the machine. Outside it waits for the inner copy and exits with its status; it returns only
// an error, a *CannotError where the kernel forbids the move. The inner copy finds files as descriptors
// 3, 4 and so on: a listener handed in this way still accepts on the machine's own network.
//
// Call it first thing in main or TestMain, before flags that create files are acted upon.
func Enter(files ...*os.File) error {
	if outside := os.Getenv(insideVar); outside != "" {
		return settle(outside)
	}
	code, err := reenter(files)
	if err != nil {
		return err
	}
	os.Exit(code)
	return nil
}

// Inside says whether Enter has moved this process.
func Inside() bool {
	outside := os.Getenv(insideVar)
	here, err := os.Readlink("/proc/thread-self/ns/net")
	return outside != "" && err == nil && here != outside
}

// reenter runs the inner copy. The thread is kept, since the death signal follows the thread.
func reenter(files []*os.File) (int, error) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	outside, err := os.Readlink("/proc/self/ns/net")
	if err != nil {
		return 0, fmt.Errorf("read own network namespace: %w", err)
	}
	start := func(flags uintptr) (*exec.Cmd, error) {
		cmd := exec.Command("/proc/self/exe", os.Args[1:]...)
		cmd.Args[0] = os.Args[0]
		cmd.Env = append(os.Environ(), insideVar+"="+outside)
		cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
		cmd.ExtraFiles = files
		cmd.SysProcAttr = &syscall.SysProcAttr{Cloneflags: flags, Pdeathsig: syscall.SIGKILL}
		if flags&syscall.CLONE_NEWUSER != 0 {
			mapIDs(cmd.SysProcAttr)
		}
		return cmd, cmd.Start()
	}
	cmd, err := start(syscall.CLONE_NEWUSER | syscall.CLONE_NEWNET | syscall.CLONE_NEWNS)
	if err != nil && os.Geteuid() == 0 { // user namespaces switched off: root does not need them
		if plain, again := start(syscall.CLONE_NEWNET | syscall.CLONE_NEWNS); again == nil {
			cmd, err = plain, nil
		}
	}
	if err != nil {
		return 0, cannot(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	defer stop()
	forward(ctx, cmd.Process)
	err = cmd.Wait()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		return 0, fmt.Errorf("wait for the inner copy: %w", err)
	}
	if code := cmd.ProcessState.ExitCode(); code >= 0 {
		return code, nil
	}
	return 128 + int(cmd.ProcessState.Sys().(syscall.WaitStatus).Signal()), nil
}

// forward lets the inner copy decide when to end.
func forward(ctx context.Context, inner *os.Process) {
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP)
	go func() {
		defer signal.Stop(signals)
		for {
			select {
			case <-ctx.Done():
				return
			case s := <-signals:
				inner.Signal(s) //nolint:errcheck // it may have ended already
			}
		}
	}()
}

// mapIDs maps the caller to root inside. Root brings its whole range along, so that servers which
// drop their rights can run.
func mapIDs(attr *syscall.SysProcAttr) {
	size := 1
	if os.Geteuid() == 0 {
		size = ownRange()
		attr.GidMappingsEnableSetgroups = true
	}
	attr.UidMappings = []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Geteuid(), Size: size}}
	attr.GidMappings = []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getegid(), Size: size}}
}

// ownRange is how many ids from 0 on exist for this root: a container may have few.
func ownRange() int {
	smallest := 1 << 16
	for _, file := range []string{"/proc/self/uid_map", "/proc/self/gid_map"} {
		text, err := os.ReadFile(file)
		if err != nil {
			return 1
		}
		var first, host, size int
		if _, err := fmt.Sscan(string(text), &first, &host, &size); err != nil || first != 0 {
			return 1
		}
		smallest = min(smallest, size)
	}
	return smallest
}

// settle finishes the move inside: mounts stay private, and the machine's resolver file is covered.
func settle(outside string) error {
	here, err := os.Readlink("/proc/self/ns/net")
	if err != nil {
		return fmt.Errorf("read own network namespace: %w", err)
	}
	if here == outside {
		return fmt.Errorf("%s is set, but this is still the machine's own network", insideVar)
	}
	lo, err := netlink.LinkByName("lo")
	if err == nil {
		err = netlink.LinkSetUp(lo)
	}
	if err == nil {
		err = unix.Mount("", "/", "", unix.MS_REC|unix.MS_PRIVATE, "")
	}
	if err != nil {
		return cannot(err)
	}
	return coverResolver()
}

// coverResolver puts a file of our own over /etc/resolv.conf: what the program under test writes there
// must not reach the machine.
func coverResolver() error {
	const path = "/etc/resolv.conf"
	if _, err := os.Stat(path); err != nil {
		return nil // nothing to protect
	}
	f, err := os.CreateTemp("", "trunklab-resolv-")
	if err != nil {
		return fmt.Errorf("make a resolver file: %w", err)
	}
	defer f.Close()
	if err := f.Chmod(0o644); err != nil { // programs of other users resolve names as well
		return fmt.Errorf("make a resolver file: %w", err)
	}
	if err := unix.Mount(f.Name(), path, "", unix.MS_BIND, ""); err != nil {
		return fmt.Errorf("mount %s over %s: %w", f.Name(), path, err)
	}
	return os.Remove(f.Name())
}

// cannot turns a refusal of the kernel into a sentence with the remedy.
func cannot(err error) error {
	remedy := "run it as root"
	switch {
	case os.Geteuid() == 0:
		remedy = "run it outside of this container, or give the container the capability SYS_ADMIN"
	case one("/proc/sys/kernel/apparmor_restrict_unprivileged_userns"):
		remedy = "run it as root, or allow it with: sysctl kernel.apparmor_restrict_unprivileged_userns=0"
	case zero("/proc/sys/kernel/unprivileged_userns_clone"):
		remedy = "run it as root, or allow it with: sysctl kernel.unprivileged_userns_clone=1"
	case zero("/proc/sys/user/max_user_namespaces"):
		remedy = "run it as root, or allow it with: sysctl user.max_user_namespaces=10000"
	}
	return &CannotError{Why: err, Remedy: remedy}
}

func one(file string) bool  { return content(file) == "1" }
func zero(file string) bool { return content(file) == "0" }

func content(file string) string {
	text, err := os.ReadFile(file)
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(text))
}
