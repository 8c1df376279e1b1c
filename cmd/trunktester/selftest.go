package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"time"

	"trunktester/appliance"
	"trunktester/appliance/catalogue"
	"trunktester/appliance/catalogue/words"
	"trunktester/appliance/importer"
	"trunktester/appliance/media"
	"trunktester/appliance/selftest"
	"trunktester/appliance/store"
)

// A USB stick with the file selftestAsk has the box test itself; selftestTold is then beside it.
const (
	selftestProgram = "/user/selftest" // where gokrazy has the programs
	selftestAsk     = "selftest.txt"
	selftestTold    = "selftest-RESULT.txt"
	selftestWithin  = 10 * time.Minute // some 2 minutes on a Pi
	topicSelftest   = "selftest"
)

// selftestErrand is what the desk does with a stick that asks for a self-test. No test of the line goes on meanwhile.
func selftestErrand(desk *appliance.Desk, memory *store.Store, log *slog.Logger) appliance.Errand {
	wants := func(root *os.Root) bool {
		_, err := root.Lstat(selftestAsk)
		return err == nil
	}
	return appliance.Errand{Wants: wants, Do: func(ctx context.Context, v media.Volume) error {
		release, err := desk.Quiet(ctx)
		if err != nil {
			return err
		}
		defer release()
		log.Info("self-test")
		desk.Pattern(catalogue.WholeWriting)
		desk.Notice(topicSelftest, words.Said("notice.selftest-begins"))
		result, err := testItself(ctx, selftestProgram)
		sentence := words.Said("notice.selftest", "result", result.Words())
		if err != nil {
			sentence = words.Said("notice.selftest-failed", "error", err)
		}
		desk.Notice(topicSelftest, sentence)
		if err == nil {
			err = memory.KeepSelftest(result)
		}
		err = errors.Join(err, v.Write(func() error { return tell(v.Root, sentence, result) }))
		switch {
		case err != nil:
		case result.Wrong() != nil:
			err = errors.New("the self-test found the box to be wrong")
		case !result.Right():
			err = errors.New("the self-test could not try everything")
		}
		desk.Pattern(catalogue.WholeDone)
		if err != nil {
			desk.Pattern(catalogue.WholeRefused)
		}
		return err
	}}
}

// testItself runs the program and reads what it found. A wrong answer is a result and no error.
func testItself(ctx context.Context, program string) (result selftest.Result, err error) {
	ctx, cancel := context.WithTimeout(ctx, selftestWithin)
	defer cancel()
	dir, err := os.MkdirTemp("", "selftest-")
	if err != nil {
		return result, err
	}
	defer os.RemoveAll(dir) //nolint:errcheck // a temporary folder
	out := filepath.Join(dir, "result.json")
	cmd := exec.CommandContext(ctx, program, "-o", out)
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	cmd.WaitDelay = 10 * time.Second
	said, failed := cmd.CombinedOutput()
	b, err := os.ReadFile(out)
	if err != nil {
		return result, fmt.Errorf("%w: %s", errors.Join(failed, err), lastLine(said))
	}
	return selftest.Decode(b)
}

// lastLine is where a program says why it ended.
func lastLine(b []byte) string {
	end := len(b)
	for end > 0 && (b[end-1] == '\n' || b[end-1] == '\r') {
		end--
	}
	start := end
	for start > 0 && b[start-1] != '\n' {
		start--
	}
	return string(b[start:end])
}

// tell writes the result on the stick, with Windows' line ends.
func tell(root *os.Root, sentence string, result selftest.Result) error {
	text := sentence + "\r\n\r\n"
	for _, w := range result.Worlds {
		text += fmt.Sprintf("%-9s  %-20s %s\r\n", w.Word(), w.Name, w.Words())
	}
	return importer.WriteFile(root, selftestTold, []byte(text))
}
