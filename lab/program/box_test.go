package program_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"trunktester/appliance/report"
	"trunktester/lab"
)

// patience is for what must happen, on a machine that is busy with the other tests; no test measures by it.
const patience = 2 * time.Minute

// box is a box in a world: its cable, its profile and its memory.
type box struct {
	*lab.Lab
	t      *testing.T
	folder string
}

// boxIn begins the world of that name with changes.
func boxIn(t *testing.T, name string, changes ...func(*lab.World)) *box {
	t.Helper()
	world, ok := lab.Find(name)
	if !ok {
		t.Fatalf("no world %q", name)
	}
	if err := lab.ProbeALG(); world.Home.ALG() && err != nil {
		skip(t, err.Error())
	}
	for _, change := range changes {
		change(&world)
	}
	l, err := lab.Start(t.Context(), world, lab.Options{Seed: 1})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(l.Close)
	b := &box{Lab: l, t: t, folder: t.TempDir()}
	if l.File != "" {
		b.write("trunk.toml", l.File)
	}
	return b
}

// withoutPBX leaves the customer's PBX out: what the registrar got is then the box's.
func withoutPBX(w *lab.World) { w.PBX.Absent = true }

func skip(t *testing.T, why string) {
	t.Helper()
	if os.Getenv("CI") == "true" {
		t.Fatalf("may not be skipped here: %s", why)
	}
	t.Skip(why)
}

// path is a file in the box's folder.
func (b *box) path(name string) string { return filepath.Join(b.folder, name) }

func (b *box) write(name, text string) {
	b.t.Helper()
	if err := os.WriteFile(b.path(name), []byte(text), 0o600); err != nil {
		b.t.Fatal(err)
	}
}

// change replaces a piece of the profile.
func (b *box) change(old, new string) {
	b.t.Helper()
	text, err := os.ReadFile(b.path("trunk.toml"))
	if err != nil {
		b.t.Fatal(err)
	}
	if !strings.Contains(string(text), old) {
		b.t.Fatalf("the profile has no %q", old)
	}
	b.write("trunk.toml", strings.ReplaceAll(string(text), old, new))
}

// usual are the options of a command on this box.
func (b *box) usual(command string, more ...string) []string {
	args := []string{command, "-interface", "eth0", "-state", b.path("state")}
	if b.File != "" {
		args = append(args, "-profile", b.path("trunk.toml"))
	}
	return append(args, more...)
}

// check is one run, with the report when it printed one.
func (b *box) check(more ...string) (ended, report.Report) {
	b.t.Helper()
	e := b.start(b.usual("check", append([]string{"-json"}, more...)...)...).wait()
	r, err := report.Decode([]byte(e.stdout))
	if err != nil {
		b.t.Errorf("%v in %q", err, e.stdout)
	}
	return e, r
}

// process is the program at work on the box.
type process struct {
	t      *testing.T
	cmd    *exec.Cmd
	out    watched
	err    watched
	done   chan struct{}
	failed error
	began  time.Time
	took   time.Duration
}

// start starts the program on the box. The test fails when it ends by itself in a panic or a data race.
func (b *box) start(args ...string) *process {
	b.t.Helper()
	return b.startCommand(exec.Command(trunktester, args...))
}

func (b *box) startCommand(cmd *exec.Cmd) *process {
	b.t.Helper()
	return b.startOn(b.Box, cmd)
}

// startOn starts a program on any host of the world.
func (b *box) startOn(h *lab.Host, cmd *exec.Cmd) *process {
	b.t.Helper()
	p := &process{t: b.t, cmd: cmd, done: make(chan struct{}), began: time.Now()}
	p.cmd.Stdout, p.cmd.Stderr = &p.out, &p.err
	p.cmd.Dir = b.folder
	if p.cmd.Env == nil {
		p.cmd.Env = os.Environ()
	}
	wait, err := lab.StartOn(h, p.cmd)
	if err != nil {
		b.t.Fatal(err)
	}
	go func() {
		defer close(p.done)
		p.failed = wait()
		p.took = time.Since(p.began)
	}()
	b.t.Cleanup(func() { // before the lab's end
		p.cmd.Process.Kill()
		<-p.done
		p.sound()
	})
	return p
}

// sound says that the program itself did not break.
func (p *process) sound() {
	p.t.Helper()
	for _, text := range []string{p.out.String(), p.err.String()} {
		if broken := regexp.MustCompile(`(?s)(panic:|DATA RACE|goroutine \d+ \[|fatal error:).*`).FindString(text); broken != "" {
			p.t.Errorf("the program broke:\n%.4000s", broken)
		}
	}
}

// ended is a program that has ended.
type ended struct {
	exit           int
	stdout, stderr string
	took           time.Duration
}

func (p *process) wait() ended {
	p.t.Helper()
	return p.waitFor(patience)
}

func (p *process) waitFor(patience time.Duration) ended {
	p.t.Helper()
	select {
	case <-p.done:
	case <-time.After(patience):
		p.t.Fatalf("it has not ended within %v; standard error:\n%s", patience, p.err.String())
	}
	var exit *exec.ExitError
	if p.failed != nil && !errors.As(p.failed, &exit) {
		p.t.Fatal(p.failed)
	}
	return ended{p.cmd.ProcessState.ExitCode(), p.out.String(), p.err.String(), p.took}
}

func (p *process) signal(s syscall.Signal) {
	p.t.Helper()
	if err := p.cmd.Process.Signal(s); err != nil {
		p.t.Fatal(err)
	}
}

// watched is output that can be read while it is written.
type watched struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (w *watched) Write(p []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.b.Write(p)
}

func (w *watched) String() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.b.String()
}

// until waits for something to become true.
func until(t *testing.T, what string, is func() bool) {
	t.Helper()
	untilWithin(t, patience, what, is)
}

func untilWithin(t *testing.T, patience time.Duration, what string, is func() bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	for !is() {
		select {
		case <-ctx.Done():
			t.Fatalf("%s: not within %v", what, patience)
		case <-time.After(10 * time.Millisecond):
		}
	}
}

// run runs a program outside of any world, on a machine without interfaces.
func run(t *testing.T, program string, env []string, args ...string) ended {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), program, args...)
	var out, err bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &err
	cmd.Env = append(os.Environ(), env...)
	if failed := cmd.Run(); failed != nil && !errors.As(failed, new(*exec.ExitError)) {
		t.Fatal(failed)
	}
	return ended{exit: cmd.ProcessState.ExitCode(), stdout: out.String(), stderr: err.String()}
}

// oneSentence says that a text is a single line that a person can read.
func oneSentence(text string) error {
	if text = strings.TrimSuffix(text, "\n"); text == "" || strings.Contains(text, "\n") || len(text) > 300 {
		return fmt.Errorf("not one sentence: %q", text)
	}
	return nil
}
