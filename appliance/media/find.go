// Package media finds what people put into the box, USB sticks and the card's own boot partition, and mounts
// it for a moment. sysfs and the kernel's list of mounts go in, mounted folders come out; what is done with
// them, appliance and appliance/importer know.
package media

import (
	"bufio"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// Finder looks at this machine's block devices. The zero Finder looks at the real ones.
type Finder struct {
	Sys  string // "" is /sys
	Dev  string // "" is /dev
	Proc string // "" is /proc
}

func (f Finder) sys(path ...string) string { return under(f.Sys, "/sys", path) }
func (f Finder) dev(path ...string) string { return under(f.Dev, "/dev", path) }

func under(dir, usual string, path []string) string {
	if dir == "" {
		dir = usual
	}
	return filepath.Join(append([]string{dir}, path...)...)
}

// Stick is a USB disk that is plugged in.
type Stick struct {
	ID      string   // another one each time something is plugged in
	Devices []string // what may hold a file system: its partitions in order, or the whole disk
}

// mostDisks and mostParts bound what a strange hub or a strange partition table can make of a look.
const (
	mostDisks = 16
	mostParts = 16
)

// Sticks lists the USB disks, by name, but never one that is in use: what the box runs from may well be a
// USB disk itself.
func (f Finder) Sticks() ([]Stick, error) {
	entries, err := os.ReadDir(f.sys("class", "block"))
	if err != nil {
		return nil, fmt.Errorf("look for USB sticks: %w", err)
	}
	used, err := f.disksInUse()
	if err != nil {
		return nil, fmt.Errorf("look for USB sticks: %w", err)
	}
	var all []Stick
	for _, e := range entries {
		if s, ok := f.stick(e.Name()); ok && !slices.Contains(used, e.Name()) && len(all) < mostDisks {
			all = append(all, s)
		}
	}
	return all, nil
}

// stick describes a disk; false for what is no USB disk, or is an empty card reader.
func (f Finder) stick(disk string) (Stick, bool) {
	home, err := filepath.EvalSymlinks(f.sys("class", "block", disk))
	if err != nil || !strings.Contains(home, "/usb") || exists(filepath.Join(home, "partition")) || number(home, "size") == 0 {
		return Stick{}, false
	}
	// diskseq (since Linux 5.15, block/genhd.c) rises with every disk and every change of its medium.
	s := Stick{ID: fmt.Sprintf("%s %d", disk, number(home, "diskseq"))}
	for _, part := range parts(home) {
		s.Devices = append(s.Devices, f.dev(part))
	}
	if len(s.Devices) == 0 {
		s.Devices = []string{f.dev(disk)}
	}
	s.ID += " " + strings.Join(s.Devices, " ")
	return s, true
}

// parts are the partitions of the disk at home in sysfs, by their numbers.
func parts(home string) []string {
	entries, err := os.ReadDir(home)
	if err != nil {
		return nil // pulled a moment ago
	}
	numbers := map[string]uint64{}
	var names []string
	for _, e := range entries {
		if n := number(filepath.Join(home, e.Name()), "partition"); n > 0 && len(names) < mostParts {
			names = append(names, e.Name())
			numbers[e.Name()] = n
		}
	}
	slices.SortFunc(names, func(a, b string) int { return int(numbers[a]) - int(numbers[b]) })
	return names
}

// ErrNoBoot says that this machine does not run from a card with a boot partition.
var ErrNoBoot = errors.New("no boot partition: the disk of the root file system has no first partition")

// Boot is the device of the boot partition: the first one of the disk that the root file system lies on.
func (f Finder) Boot() (device string, err error) {
	mounts, err := f.mounts()
	if err != nil {
		return "", err
	}
	for _, where := range []string{"/", "/perm"} {
		for _, m := range mounts {
			if disk := f.disk(m.number); m.where == where && disk != "" {
				home, err := filepath.EvalSymlinks(f.sys("class", "block", disk))
				if err != nil {
					return "", err
				}
				if all := parts(home); len(all) > 0 && number(filepath.Join(home, all[0]), "partition") == 1 {
					return f.dev(all[0]), nil
				}
			}
		}
	}
	return "", ErrNoBoot
}

// inUse is one line of the kernel's list: the device's number ("179:2") and where it is mounted.
type inUse struct{ number, where string }

// mounts reads mountinfo (proc_pid_mountinfo(5)); our own mounts of a moment are left out.
func (f Finder) mounts() ([]inUse, error) {
	file, err := os.Open(under(f.Proc, "/proc", []string{"self", "mountinfo"}))
	if err != nil {
		return nil, err
	}
	defer file.Close()
	var all []inUse
	lines := bufio.NewScanner(file)
	for lines.Scan() {
		fields := strings.Fields(lines.Text())
		if len(fields) > 4 && !strings.Contains(fields[4], mountMark) {
			all = append(all, inUse{fields[2], fields[4]})
		}
	}
	return all, lines.Err()
}

func (f Finder) disksInUse() ([]string, error) {
	mounts, err := f.mounts()
	if err != nil {
		return nil, err
	}
	var disks []string
	for _, m := range mounts {
		if d := f.disk(m.number); d != "" && !slices.Contains(disks, d) {
			disks = append(disks, d)
		}
	}
	return disks, nil
}

// disk is the name of the disk that a block device number belongs to, "" for none.
func (f Finder) disk(number string) string {
	home, err := filepath.EvalSymlinks(f.sys("dev", "block", number))
	if err != nil {
		return "" // no block device
	}
	if exists(filepath.Join(home, "partition")) {
		home = filepath.Dir(home)
	}
	return filepath.Base(home)
}

// number reads a number from a file of sysfs, 0 where there is none.
func number(home, file string) uint64 {
	b, err := os.ReadFile(filepath.Join(home, file))
	if err != nil {
		return 0
	}
	n, _ := strconv.ParseUint(strings.TrimSpace(string(b)), 10, 63)
	return n
}

func exists(file string) bool {
	_, err := os.Lstat(file)
	return err == nil
}
