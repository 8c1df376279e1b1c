package slot

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"unsafe"

	"golang.org/x/sys/unix"
)

// Open finds the card that this system runs from: the root directory's device, and its neighbours
// (kernel, Documentation/ABI/testing/sysfs-block: "partition"). On a machine that does not run from such a
// card it fails.
func Open() (*Card, error) {
	var root unix.Stat_t
	if err := unix.Stat("/", &root); err != nil {
		return nil, fmt.Errorf("stat /: %w", err)
	}
	own, err := filepath.EvalSymlinks(fmt.Sprintf("/sys/dev/block/%d:%d", unix.Major(root.Dev), unix.Minor(root.Dev)))
	if err != nil {
		return nil, fmt.Errorf("the device of /: %w", err)
	}
	running, err := number(own)
	if err != nil || running != 2 && running != 3 {
		return nil, fmt.Errorf("%s is not a root partition of a box's card: %w", own, err)
	}
	devices := map[int]Device{}
	entries, err := os.ReadDir(filepath.Dir(own))
	if err != nil {
		return nil, err
	}
	for _, e := range entries {
		if n, err := number(filepath.Join(filepath.Dir(own), e.Name())); err == nil {
			devices[n] = partition("/dev/" + e.Name())
		}
	}
	if devices[1] == nil || devices[2] == nil || devices[3] == nil {
		return nil, fmt.Errorf("%s has %d partitions", filepath.Dir(own), len(devices))
	}
	return &Card{Running: running, Boot: devices[1], Roots: map[int]Device{2: devices[2], 3: devices[3]}}, nil
}

func number(folder string) (int, error) {
	text, err := os.ReadFile(filepath.Join(folder, "partition"))
	if err != nil {
		return 0, err
	}
	return strconv.Atoi(strings.TrimSpace(string(text)))
}

// partition is a device file. It is opened anew each time: none stays open while the box does other things.
type partition string

// open opens the device past the kernel's memory of it, so that a write of one sector is a write of one
// sector to the card (open(2), O_DIRECT).
func (p partition) open(how int) (*os.File, error) {
	return os.OpenFile(string(p), how|unix.O_DIRECT, 0)
}

func (p partition) ReadAt(b []byte, at int64) (n int, err error) {
	f, err := os.Open(string(p))
	if err != nil {
		return 0, err
	}
	defer f.Close() //nolint:errcheck // only read from
	return f.ReadAt(b, at)
}

func (p partition) WriteAt(b []byte, at int64) (n int, err error) {
	f, err := p.open(os.O_WRONLY)
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	return f.WriteAt(aligned(b), at)
}

// aligned is b at an address that O_DIRECT takes, which wants that of a whole sector.
func aligned(b []byte) []byte {
	const page = 4096
	room := make([]byte, len(b)+page)
	skip := (page - int(uintptr(unsafe.Pointer(unsafe.SliceData(room)))%page)) % page
	runtime.KeepAlive(room)
	return room[skip : skip+copy(room[skip:skip+len(b)], b)]
}

func (p partition) Sync() error {
	f, err := os.OpenFile(string(p), os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}

// Forget drops the kernel's memory of the device (kernel, block/ioctl.c, BLKFLSBUF).
func (p partition) Forget() error {
	f, err := os.Open(string(p))
	if err != nil {
		return err
	}
	return errors.Join(unix.IoctlSetInt(int(f.Fd()), unix.BLKFLSBUF, 0), f.Close())
}
