package selfcheck

import (
	"errors"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sys/unix"
)

const plenty = 500 << 20

func TestWhatIsAFaultOfTheBox(t *testing.T) {
	for name, c := range map[string]struct {
		looked looked
		want   []string // topic: beginning of the sentence
	}{
		"in order":             {looked{memory: plenty}, nil},
		"the kernel lacks it":  {looked{memory: plenty, packets: unix.EAFNOSUPPORT}, []string{"packets: The kernel gives no raw packets"}},
		"a computer, no root":  {looked{memory: plenty, packets: unix.EPERM}, []string{"packets: The program may not send"}},
		"no memory":            {looked{memory: 9 << 20}, []string{"memory: The box has only 9 MB of memory left"}},
		"too many open files":  {looked{memory: plenty, files: unix.EMFILE, packets: unix.EMFILE, scratch: unix.EMFILE}, []string{"files: The box can open no more files"}},
		"/run cannot be used":  {looked{memory: plenty, scratch: unix.EROFS}, []string{"scratch: The box cannot write to its working memory"}},
		"two things at a time": {looked{packets: unix.EPERM}, []string{"memory: The box has only 0 MB", "packets: The program may not"}},
	} {
		t.Run(name, func(t *testing.T) {
			faults := judge(c.looked)
			if len(faults) != len(c.want) {
				t.Fatalf("%v, want %v", faults, c.want)
			}
			for i, f := range faults {
				if said := f.Topic + ": " + f.Sentence; !strings.HasPrefix(said, c.want[i]) || f.Err == nil {
					t.Errorf("%q (%v), want %q", said, f.Err, c.want[i])
				}
			}
		})
	}
}

func TestTheWorkingDirectory(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "run")
	for range 2 { // twice: the first look leaves nothing behind
		if err := writable(dir); err != nil {
			t.Fatal(err)
		}
		if left, err := os.ReadDir(dir); err != nil || len(left) != 0 {
			t.Errorf("left %v, %v", left, err)
		}
	}
	if err := writable(filepath.Join(dir, "nobody", "made")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a directory that cannot be: %v", err)
	}
}

// A program at its limit of open files finds that out, and no more than that.
func TestNoFilesLeft(t *testing.T) {
	var limit unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_NOFILE, &limit); err != nil {
		t.Fatal(err)
	}
	tight := limit
	tight.Cur = 16
	if err := unix.Setrlimit(unix.RLIMIT_NOFILE, &tight); err != nil {
		t.Fatal(err)
	}
	err := files()
	if back := unix.Setrlimit(unix.RLIMIT_NOFILE, &limit); back != nil {
		t.Fatal(back)
	}
	if !errors.Is(err, unix.EMFILE) {
		t.Errorf("with 16 files: %v", err)
	}
	if err := files(); err != nil {
		t.Errorf("with %d files: %v", limit.Cur, err)
	}
}

func TestMemory(t *testing.T) {
	for text, want := range map[string]uint64{
		"MemTotal: 900000 kB\nMemFree: 100 kB\nMemAvailable:    2048 kB\n": 2 << 20,
		"MemTotal: 900000 kB\n":                   math.MaxUint64,
		"MemAvailable: many kB\n":                 math.MaxUint64,
		"MemAvailable: 99999999999999999999 kB\n": math.MaxUint64,
	} {
		if diff := cmp.Diff(want, available(strings.NewReader(text))); diff != "" {
			t.Errorf("%q (-want +got):\n%s", text, diff)
		}
	}
	if memory() == 0 {
		t.Error("this machine has no memory")
	}
}

func FuzzAvailable(f *testing.F) {
	f.Add("MemTotal: 900000 kB\nMemAvailable:    2048 kB\n")
	f.Fuzz(func(t *testing.T, text string) {
		if n := available(strings.NewReader(text)); n != math.MaxUint64 && n%1024 != 0 {
			t.Fatalf("%d bytes from %q", n, text)
		}
	})
}
