package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"syscall"
	"time"

	"trunktester/image/fat"
	"trunktester/image/gpt"
	"trunktester/image/perm"
)

const (
	emulator   = "qemu-system-aarch64"
	cardGrown  = 2 << 30 // the emulated card reader takes powers of two only, in bytes
	deviceTree = "bcm2710-rpi-3-b.dtb"
)

// profilePlace is where the card keeps the profile, in its lasting partition.
const profilePlace = "trunktester/trunk.toml"

// board is an emulated Raspberry Pi 3 with a copy of the card in it.
type board struct {
	*monitor
	cmd  *exec.Cmd
	done chan error
}

// prepare copies the card to folder, with the profile on it, and takes kernel and command line out of it.
func prepare(ctx context.Context, image, folder, profile string) (cmdline string, err error) {
	card := filepath.Join(folder, "card.img")
	if out, err := exec.CommandContext(ctx, "cp", "--sparse=always", image, card).CombinedOutput(); err != nil {
		return "", fmt.Errorf("copying %s: %w\n%s", image, err, out)
	}
	f, err := os.OpenFile(card, os.O_RDWR, 0)
	if err != nil {
		return "", err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	if err := f.Truncate(cardGrown); err != nil {
		return "", err
	}
	table, err := gpt.Read(f)
	if err != nil {
		return "", err
	}
	if len(table) != 4 {
		return "", fmt.Errorf("%s has %d partitions", image, len(table))
	}
	volume, err := io.ReadAll(io.NewSectionReader(f, table[0].Offset, table[0].Size))
	if err != nil {
		return "", err
	}
	files, err := fat.Files(volume)
	if err != nil {
		return "", err
	}
	for _, file := range files {
		switch file.Name {
		case "CMDLINE.TXT", "cmdline.txt":
			cmdline = string(file.Data)
		case "VMLINUZ", "vmlinuz":
			err = errors.Join(err, os.WriteFile(filepath.Join(folder, "vmlinuz"), file.Data, 0o600))
		case deviceTree:
			err = errors.Join(err, os.WriteFile(filepath.Join(folder, deviceTree), file.Data, 0o600))
		}
	}
	if err == nil && profile != "" {
		err = perm.Format(card, table[3].Offset, table[3].Size, 1, map[string][]byte{profilePlace: []byte(profile)})
	}
	return cmdline, err
}

var console = regexp.MustCompile(`console=\S+`)

// boot starts the board with the card in folder, its cable in the file.
// What the command line needs more than on a real board: emulated USB knows no fast interrupts, and the
// emulated watchdog resets at once.
func boot(ctx context.Context, folder, cmdline string, cable *os.File) (*board, error) {
	in := func(name string) string { return filepath.Join(folder, name) }
	args := []string{"-n", "19", emulator, "-M", "raspi3b", "-m", "1G", "-kernel", in("vmlinuz"), "-dtb", in(deviceTree),
		"-drive", "file=" + in("card.img") + ",format=raw,if=sd,cache=unsafe",
		"-append", console.ReplaceAllString(cmdline, "") + " console=tty1 console=ttyAMA1,115200" +
			" dwc_otg.fiq_enable=0 dwc_otg.fiq_fsm_enable=0 initcall_blacklist=bcm2835_wdt_driver_init",
		"-serial", "file:" + in("serial.log"), "-display", "none", "-no-reboot", "-qmp", "unix:" + in("qmp") + ",server,nowait",
		"-usb", "-device", "usb-net,netdev=n0", "-netdev", "tap,id=n0,fd=3"}
	cmd := exec.CommandContext(ctx, "nice", args...)
	cmd.ExtraFiles = []*os.File{cable}
	complaint, err := os.Create(in("emulator.log"))
	if err != nil {
		return nil, err
	}
	defer complaint.Close()
	cmd.Stdout, cmd.Stderr = complaint, complaint
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	b := &board{cmd: cmd, done: make(chan error, 1)}
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("starting the emulator: %w", err)
	}
	go func() { b.done <- cmd.Wait() }()
	for b.monitor == nil {
		b.monitor, err = openMonitor(in("qmp"))
		select {
		case ended := <-b.done:
			text, _ := os.ReadFile(in("emulator.log"))
			return nil, fmt.Errorf("the emulator ended: %w\n%s", ended, text)
		case <-ctx.Done():
			return nil, errors.Join(ctx.Err(), err)
		case <-time.After(50 * time.Millisecond):
		}
	}
	return b, nil
}

// off pulls the plug.
func (b *board) off() {
	b.conn.Close()       //nolint:errcheck // only read from
	b.cmd.Process.Kill() //nolint:errcheck // it may have ended
	<-b.done
}
