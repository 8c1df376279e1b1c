// Package program_test tries the program as it is shipped, as a user, as a supervisor and as an attacker
// would: the built binary, in the lab's worlds, judged by what it prints, what it leaves behind and what
// the far end saw of it.
package program_test

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"trunktester/lab"
)

// The built programs.
var trunktester, trunklab string

func TestMain(m *testing.M) {
	if err := lab.Enter(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	flag.Parse()
	if !given("test.parallel") { // worlds mostly wait
		flag.Set("test.parallel", "6")
	}
	code, err := builtAnd(m.Run)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	os.Exit(code)
}

func given(name string) (is bool) {
	flag.Visit(func(f *flag.Flag) { is = is || f.Name == name })
	return is
}

// builtAnd builds the programs once for all tests: with the race detector where there is a C compiler.
func builtAnd(run func() int) (code int, err error) {
	folder, err := os.MkdirTemp("", "trunktester-program-")
	if err != nil {
		return 1, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(folder)) }()
	if err := os.Chmod(folder, 0o755); err != nil { // one test runs the program as another user
		return 1, err
	}
	// What -no-setup reads. It is the lab's own file: lab.Enter covered the machine's.
	if err := os.WriteFile("/etc/resolv.conf", []byte("nameserver "+lab.RouterLAN+"\n"), 0o644); err != nil {
		return 1, err
	}
	args := []string{"build", "-o", folder + "/"}
	if _, err := exec.LookPath("gcc"); err == nil {
		args = append(args, "-race")
	}
	build := exec.Command("go", append(args, "trunktester/cmd/trunktester", "trunktester/cmd/trunklab")...)
	build.Env = append(os.Environ(), "CGO_ENABLED=1", "GOPROXY=off")
	if len(args) == 3 {
		build.Env = append(build.Env, "CGO_ENABLED=0")
	}
	if out, err := build.CombinedOutput(); err != nil {
		return 1, fmt.Errorf("%v: %w\n%s", build, err, out)
	}
	trunktester, trunklab = filepath.Join(folder, "trunktester"), filepath.Join(folder, "trunklab")
	return run(), nil
}
