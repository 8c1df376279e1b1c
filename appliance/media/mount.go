package media

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"
)

// mountMark is in the name of every folder that something is mounted on for a moment.
const mountMark = "trunktester-volume"

// ErrUnreadable says that no file system that the box knows is on a device.
var ErrUnreadable = errors.New("no FAT or exFAT on it")

// ErrReadOnly says that nothing can be written to a volume.
var ErrReadOnly = errors.New("the volume is write-protected")

// harmless are the flags of every mount: people's media run nothing and own nothing.
const harmless = unix.MS_NOSUID | unix.MS_NODEV | unix.MS_NOEXEC | unix.MS_NOATIME

// Mounter mounts volumes, one after another. Clear it before its first use.
type Mounter struct {
	Dir   string   // where the private folder for the mounts is made; it must exist
	Types []string // file systems; nil is vfat and exfat
}

func (m Mounter) point() string { return filepath.Join(m.Dir, mountMark) }

// Clear takes away what an earlier program, which was killed, left mounted.
func (m Mounter) Clear() error {
	for range 8 { // one upon another
		if err := unix.Unmount(m.point(), unix.MNT_DETACH); err != nil {
			break
		}
	}
	if err := os.Mkdir(m.point(), 0o700); err != nil && !errors.Is(err, os.ErrExist) {
		return fmt.Errorf("make the folder for USB sticks: %w", err)
	}
	return nil
}

// Volume is a file system that is mounted for a moment, for one goroutine.
type Volume struct {
	Root *os.Root // read-only
	// Write makes the volume writable while do runs, and has everything on the medium when it returns nil.
	// ErrReadOnly when the volume takes nothing.
	Write func(do func() error) error
	Room  func() (int64, error) // free space in bytes
}

// mounted is a volume that is mounted on point.
type mounted struct {
	root  *os.Root
	point string
}

func (v *mounted) volume() Volume { return Volume{Root: v.root, Write: v.write, Room: v.room} }

// mount mounts a device read-only. ErrUnreadable when it holds nothing that the box can read.
func (m Mounter) mount(device string) (*mounted, error) {
	types := m.Types
	if types == nil {
		types = []string{"vfat", "exfat"}
	}
	var failed []error
	for _, t := range types {
		err := unix.Mount(device, m.point(), t, harmless|unix.MS_RDONLY, "")
		if err == nil {
			return m.open(device)
		}
		failed = append(failed, fmt.Errorf("mount %s as %s: %w", device, t, err))
		if !errors.Is(err, unix.EINVAL) && !errors.Is(err, unix.ENODEV) { // not: another file system, or one unknown to the kernel
			return nil, errors.Join(failed...)
		}
	}
	return nil, fmt.Errorf("%w: %w", ErrUnreadable, errors.Join(failed...))
}

func (m Mounter) open(device string) (*mounted, error) {
	root, err := os.OpenRoot(m.point())
	if err != nil {
		return nil, errors.Join(fmt.Errorf("open %s: %w", device, err), unix.Unmount(m.point(), unix.MNT_DETACH))
	}
	return &mounted{root: root, point: m.point()}, nil
}

func (v *mounted) write(do func() error) error {
	if err := unix.Mount("", v.point, "", harmless|unix.MS_REMOUNT, ""); err != nil {
		return fmt.Errorf("%w: %w", ErrReadOnly, err)
	}
	err := do()
	return errors.Join(err, v.sync(), v.protect())
}

// sync is syncfs(2) on the volume.
func (v *mounted) sync() error {
	dir, err := v.root.Open(".")
	if err != nil {
		return err
	}
	if err = unix.Syncfs(int(dir.Fd())); err != nil {
		err = fmt.Errorf("sync: %w", err)
	}
	return errors.Join(err, dir.Close())
}

func (v *mounted) protect() error {
	if err := unix.Mount("", v.point, "", harmless|unix.MS_REMOUNT|unix.MS_RDONLY, ""); err != nil {
		return fmt.Errorf("remount read-only: %w", err)
	}
	return nil
}

func (v *mounted) room() (int64, error) {
	var st unix.Statfs_t
	if err := unix.Statfs(v.point, &st); err != nil {
		return 0, fmt.Errorf("statfs: %w", err)
	}
	return int64(st.Bavail) * int64(st.Bsize), nil
}

// unmount ends it. A medium that was pulled, or is still open somewhere, is detached all the same.
func (v *mounted) unmount() error {
	err := v.root.Close()
	if gone := unix.Unmount(v.point, 0); gone != nil {
		err = errors.Join(err, unix.Unmount(v.point, unix.MNT_DETACH))
	}
	return err
}
