// Package witness plays the lab's roles with programs that we did not write: Kamailio as registrar,
// dnsmasq for DHCP and names, coturn for STUN, Baresip and SIPp as telephones. Options go in, a child process
// with its own folder comes out; what a server logged is read back into the types of lab/serve, so that one
// test judges both.
package witness

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"time"
)

// Launcher starts a command, in the network namespace of its choice; it does not wait for its end.
// (*exec.Cmd).Start is one.
type Launcher func(*exec.Cmd) error

// needs are the files that the witnesses are made of, and the Debian packages that bring them.
var needs = []struct{ pack, file string }{
	{"kamailio", "/usr/sbin/kamailio"},
	{"kamailio", "/usr/sbin/kamcmd"},
	{"kamailio-tls-modules", "/usr/lib/*/kamailio/modules/tls.so"},
	{"dnsmasq-base", "/usr/sbin/dnsmasq"},
	{"coturn", "/usr/bin/turnserver"},
	{"baresip-core", "/usr/bin/baresip"},
	{"sip-tester", "/usr/bin/sipp"},
}

// Missing lists the Debian packages that are not installed; nil when every witness can start.
func Missing() (packages []string) {
	for _, n := range needs {
		if found, _ := filepath.Glob(n.file); len(found) > 0 {
			continue
		}
		if len(packages) == 0 || packages[len(packages)-1] != n.pack {
			packages = append(packages, n.pack)
		}
	}
	return packages
}

// Limits of a child's life.
const (
	readyWithin = 15 * time.Second // Kamailio needs 2 s on a slow machine (knowledge/lab.md)
	endsWithin  = 3 * time.Second  // after SIGTERM, before SIGKILL
	logLimit    = 1 << 17          // lines kept
)

// Process is one running witness.
type Process struct {
	name   string
	folder string
	cmd    *exec.Cmd
	log    *log
	ended  chan struct{} // closed when the child is gone
	stop   func() error
}

// start writes the files, launches the program in a new folder, and waits until its log says ready or
// check succeeds. On failure the folder, with the log, is kept and named in the error.
func start(ctx context.Context, launch Launcher, name string, files map[string][]byte, args func(folder string) []string, ready readiness) (*Process, error) {
	folder, err := os.MkdirTemp("", "witness-"+name+"-")
	if err != nil {
		return nil, fmt.Errorf("folder for %s: %w", name, err)
	}
	for file, content := range files {
		if err := os.WriteFile(filepath.Join(folder, file), content, 0o600); err != nil {
			return nil, errors.Join(fmt.Errorf("write %s for %s: %w", file, name, err), os.RemoveAll(folder))
		}
	}
	argv := args(folder)
	p := &Process{name: name, folder: folder, cmd: exec.Command(argv[0], argv[1:]...), log: newLog(ready.line), ended: make(chan struct{})}
	p.cmd.Dir = folder
	p.cmd.Stdout, p.cmd.Stderr = p.log, p.log
	p.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	p.cmd.WaitDelay = endsWithin
	if launch == nil {
		launch = (*exec.Cmd).Start
	}
	if err := launch(p.cmd); err != nil {
		return nil, errors.Join(fmt.Errorf("start %s: %w", name, err), os.RemoveAll(folder))
	}
	go func() {
		// How it ended is in ProcessState, and in its log.
		_ = p.cmd.Wait()
		close(p.ended)
	}()
	p.stop = sync.OnceValue(func() error { return p.end(ready.abrupt) })
	if err := p.wait(ctx, ready); err != nil {
		p.kill()
		return nil, fmt.Errorf("%s is not ready: %w; its folder %s is kept, its log ends:\n%s", name, err, p.keepLog(), p.log.tail())
	}
	context.AfterFunc(ctx, func() { _ = p.stop() })
	return p, nil
}

// readiness is how a program tells that it serves, and how it ends.
type readiness struct {
	line  string                                      // a part of a log line; "": not told so
	check func(ctx context.Context, dir string) error // asked again and again until it succeeds; nil: none

	// abrupt: it has no handler for SIGTERM, which as the first process of a namespace it would then
	// never see (pid_namespaces(7)); it is killed at once.
	abrupt bool
}

func (p *Process) wait(ctx context.Context, ready readiness) error {
	ctx, cancel := context.WithTimeout(ctx, readyWithin)
	defer cancel()
	if ready.line != "" {
		select {
		case <-p.log.seen:
		case <-p.ended:
			return fmt.Errorf("it ended: %v", p.cmd.ProcessState)
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	for ready.check != nil {
		err := ready.check(ctx, p.folder)
		if err == nil {
			return nil
		}
		select {
		case <-time.After(20 * time.Millisecond):
		case <-p.ended:
			return fmt.Errorf("it ended: %v", p.cmd.ProcessState)
		case <-ctx.Done():
			return fmt.Errorf("%w: %w", ctx.Err(), err)
		}
	}
	return nil
}

// Stop ends the program with all its children. When it had ended by itself that is an error, and its
// folder with the log is kept. Stopping twice gives the first result. The end of the context of the
// start stops it too.
func (p *Process) Stop() error { return p.stop() }

func (p *Process) end(abrupt bool) error {
	select {
	case <-p.ended:
		p.kill() // children may be left
		return fmt.Errorf("%s ended by itself (%v); its folder %s is kept, its log ends:\n%s", p.name, p.cmd.ProcessState, p.keepLog(), p.log.tail())
	default:
	}
	if !abrupt {
		_ = syscall.Kill(-p.cmd.Process.Pid, syscall.SIGTERM) // fails only when it is gone
		select {
		case <-p.ended:
		case <-time.After(endsWithin):
		}
	}
	p.kill()
	<-p.ended // bounded by cmd.WaitDelay
	return os.RemoveAll(p.folder)
}

// kill ends what is left of the process group.
func (p *Process) kill() { _ = syscall.Kill(-p.cmd.Process.Pid, syscall.SIGKILL) }

// keepLog puts the log into the folder and gives the folder's name.
func (p *Process) keepLog() string {
	if err := os.WriteFile(filepath.Join(p.folder, "log"), []byte(strings.Join(p.log.all(), "\n")), 0o600); err != nil {
		return p.folder + " (without log: " + err.Error() + ")"
	}
	return p.folder
}

// log keeps the lines that a child writes.
type log struct {
	mu    sync.Mutex
	part  string
	lines []string
	ready string
	seen  chan struct{} // closed at the first line with ready in it
	once  sync.Once
}

func newLog(ready string) *log { return &log{ready: ready, seen: make(chan struct{})} }

// Write never fails.
func (l *log) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	lines := strings.Split(l.part+string(b), "\n")
	l.part = lines[len(lines)-1]
	for _, line := range lines[:len(lines)-1] {
		if l.ready != "" && strings.Contains(line, l.ready) {
			l.once.Do(func() { close(l.seen) })
		}
		if len(l.lines) == logLimit {
			l.lines = append([]string(nil), l.lines[logLimit/2:]...)
		}
		l.lines = append(l.lines, line)
	}
	return len(b), nil
}

func (l *log) all() []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return append([]string(nil), l.lines...)
}

func (l *log) tail() string {
	lines := l.all()
	return strings.Join(lines[max(0, len(lines)-15):], "\n")
}
