package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"golang.org/x/term"

	"trunktester/appliance"
)

// backPatience is how long a person may take to point the PBX back.
const backPatience = time.Hour

// atTerminal says that somebody sits there who can press Enter.
func atTerminal(in *os.File) bool { return in != nil && term.IsTerminal(int(in.Fd())) }

// watchBack waits until a person says that the PBX points back, and looks then whether it registers. ok is false
// when nobody said so, or it was ended before it could tell: the check's own result stands.
func watchBack(ctx context.Context, t *appliance.Tester, checked appliance.Sight, in io.Reader, out io.Writer) (s appliance.Sight, ok bool, err error) {
	fmt.Fprint(out, `
The PBX logged in with the trunk's settings. Now point it back at the provider.
Then press Enter here: the box looks whether it registers there, after 45 seconds and after two minutes.
Ctrl-C ends it without that.
`)
	if !entered(ctx, in) {
		fmt.Fprintln(out, "Nobody said that the PBX points back: whether it registers at the provider was not looked at.")
		return s, false, nil
	}
	looked := false
	s, err = t.WatchPBX(ctx, appliance.PBXWatch{Check: checked, Next: func(at time.Time) {
		if wait := time.Until(at).Round(time.Second); looked {
			fmt.Fprintf(out, "It is not registered yet. The box looks once more in %s.\n", wait)
		} else {
			fmt.Fprintf(out, "The box looks in %s.\n", wait)
		}
		looked = true
	}})
	if errors.Is(err, context.Canceled) {
		fmt.Fprintln(out, "It was ended before it could tell whether the PBX registers at the provider.")
		return s, false, nil
	}
	if err == nil {
		fmt.Fprintln(out)
	}
	return s, err == nil, err
}

// entered waits for a line on in; false: it ended, or nobody came.
func entered(ctx context.Context, in io.Reader) bool {
	line := make(chan error, 1)
	go func() { // ends with the program at the latest
		_, err := bufio.NewReader(in).ReadString('\n')
		line <- err
	}()
	select {
	case err := <-line:
		return err == nil
	case <-ctx.Done():
	case <-time.After(backPatience):
	}
	return false
}
