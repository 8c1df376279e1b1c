package media

import (
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
)

// machine builds sysfs and the list of mounts of a board in a folder.
type machine struct {
	Finder
	t *testing.T
}

func newMachine(t *testing.T, mounts string) machine {
	dir := t.TempDir()
	m := machine{Finder{Sys: filepath.Join(dir, "sys"), Dev: "/dev", Proc: filepath.Join(dir, "proc")}, t}
	for _, d := range []string{m.sys("class", "block"), m.sys("dev", "block"), filepath.Join(m.Proc, "self")} {
		if err := os.MkdirAll(d, 0o700); err != nil {
			t.Fatal(err)
		}
	}
	m.write(filepath.Join(m.Proc, "self", "mountinfo"), mounts)
	return m
}

func (m machine) write(file, text string) {
	m.t.Helper()
	if err := errors.Join(os.MkdirAll(filepath.Dir(file), 0o700), os.WriteFile(file, []byte(text), 0o600)); err != nil {
		m.t.Fatal(err)
	}
}

// block adds a disk, or a partition of it, at its place below /sys/devices.
func (m machine) block(path, number string, attributes map[string]string) {
	m.t.Helper()
	home := m.sys("devices", path)
	for name, value := range attributes {
		m.write(filepath.Join(home, name), value+"\n")
	}
	for _, link := range []string{m.sys("class", "block", filepath.Base(path)), m.sys("dev", "block", number)} {
		if err := os.Symlink(home, link); err != nil {
			m.t.Fatal(err)
		}
	}
}

func (m machine) wantSticks(want ...Stick) {
	m.t.Helper()
	got, err := m.Sticks()
	if err != nil || len(got) != len(want) || len(want) > 0 && !reflect.DeepEqual(got, want) {
		m.t.Errorf("%+v, %v; want %+v", got, err, want)
	}
}

const card = `21 1 179:2 / / ro,relatime - squashfs /dev/root ro
22 21 0:5 / /dev rw - devtmpfs devtmpfs rw
23 21 179:4 / /perm rw,relatime - ext4 /dev/mmcblk0p4 rw
`

const usb = "platform/soc/3f980000.usb/usb1/1-1/1-1.2/host0/target0:0:0/0:0:0:0/block/"

func (m machine) card() {
	const disk = "platform/soc/3f300000.mmc/mmc_host/mmc0/mmc0:4567/block/mmcblk0"
	m.block(disk, "179:0", map[string]string{"size": "4194304", "diskseq": "1"})
	for i, part := range []string{"p1", "p2", "p3", "p4"} {
		n := string(rune('1' + i))
		m.block(disk+"/mmcblk0"+part, "179:"+n, map[string]string{"partition": n, "size": "1000"})
	}
}

func TestTheCardIsNoStick(t *testing.T) {
	m := newMachine(t, card)
	m.card()
	m.block("virtual/block/loop0", "7:0", map[string]string{"size": "100"})
	m.wantSticks()
	if boot, err := m.Boot(); err != nil || boot != "/dev/mmcblk0p1" {
		t.Errorf("boot partition %q, %v", boot, err)
	}
}

func TestSticksOfEveryShape(t *testing.T) {
	m := newMachine(t, card)
	m.card()
	m.block(usb+"sda", "8:0", map[string]string{"size": "100", "diskseq": "9"}) // no partition table
	m.block(usb+"sdb", "8:16", map[string]string{"size": "100", "diskseq": "10"})
	m.block(usb+"sdb/sdb2", "8:18", map[string]string{"partition": "2", "size": "50"})
	m.block(usb+"sdb/sdb10", "8:26", map[string]string{"partition": "10", "size": "50"})
	m.block(usb+"sdb/sdb1", "8:17", map[string]string{"partition": "1", "size": "50"})
	m.block(usb+"sdc", "8:32", map[string]string{"size": "0"}) // a card reader with nothing in it
	m.wantSticks(Stick{"sda 9 /dev/sda", []string{"/dev/sda"}},
		Stick{"sdb 10 /dev/sdb1 /dev/sdb2 /dev/sdb10", []string{"/dev/sdb1", "/dev/sdb2", "/dev/sdb10"}})
	m.write(m.sys("devices", usb, "sda", "diskseq"), "11\n") // pulled, and another one within a second
	got, err := m.Sticks()
	if err != nil || got[0].ID != "sda 11 /dev/sda" {
		t.Errorf("%+v, %v", got, err)
	}
}

// A Pi may run from a USB disk.
func TestTheDiskThatTheBoxRunsFromIsNeverAStick(t *testing.T) {
	m := newMachine(t, strings.NewReplacer("179:2", "8:2", "179:4", "8:4").Replace(card))
	m.block(usb+"sda", "8:0", map[string]string{"size": "100", "diskseq": "1"})
	for n, name := range map[string]string{"1": "sda1", "2": "sda2", "4": "sda4"} {
		m.block(usb+"sda/"+name, "8:"+n, map[string]string{"partition": n, "size": "50"})
	}
	m.wantSticks()
	if boot, err := m.Boot(); err != nil || boot != "/dev/sda1" {
		t.Errorf("boot partition %q, %v", boot, err)
	}
}

// What an earlier program left mounted for a moment is not in use.
func TestOurOwnMountsAreNotUse(t *testing.T) {
	m := newMachine(t, card+"30 21 8:0 / /run/"+mountMark+" ro - vfat /dev/sda ro\n")
	m.block(usb+"sda", "8:0", map[string]string{"size": "100", "diskseq": "9"})
	m.wantSticks(Stick{"sda 9 /dev/sda", []string{"/dev/sda"}})
}

func TestALaptopHasNoBootPartition(t *testing.T) {
	m := newMachine(t, "21 1 254:0 / / rw - ext4 /dev/vda rw\n")
	m.block("pci0000:00/virtio0/block/vda", "254:0", map[string]string{"size": "100"})
	if boot, err := m.Boot(); !errors.Is(err, ErrNoBoot) {
		t.Errorf("boot partition %q, %v", boot, err)
	}
	if _, err := (Finder{Sys: "/nonexistent", Proc: m.Proc}).Sticks(); err == nil {
		t.Error("no sysfs, and no error")
	}
}
