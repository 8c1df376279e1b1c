package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"sync/atomic"
	"syscall"
	"time"

	"trunktester/image/ether"
)

const emulator = "qemu-system-aarch64"

// niceness of the emulator (nice(1)): its four processors may not hold up the lab that they are in, nor who looks at the
// lights, but go before what else this machine does at leisure.
const niceness = "5"

// plugged is what a board has in it when it is switched on.
type plugged struct {
	card    *card
	network *ether.Adapter
	sticks  []*stick

	// writes is the file that records what the card is given to write; "" for none. The card sits in a USB reader
	// then, not in the slot: Linux sends flushes to a reader, and never to a card without a cache in a slot.
	writes string
}

// board is an emulated Raspberry Pi 3 that is switched on.
type board struct {
	*monitor
	process *exec.Cmd
	folder  string
	ended   chan struct{} // closed when the emulator is gone
	status  error         // how it ended
	pulled  atomic.Bool   // its plug

	ran, waited time.Duration // what processor told when its plug was pulled
}

// mac is an address of the Raspberry Pi Foundation's: Linux calls an adapter with such a one eth0, as on a real board.
var mac = net.HardwareAddr{0xb8, 0x27, 0xeb, 0, 0, 1}

// network is the board's network adapter, which is played at the other end of file descriptor 3.
func network() []string {
	return []string{"-chardev", "socket,id=ether,fd=3", "-device", "usb-redir,chardev=ether"}
}

// drive is the card. Of what the guest has written, a killed emulator loses nothing: that is a card without a cache. What
// a card with a cache may lose is tried on the recorded writes.
func (p plugged) drive() []string {
	if p.writes == "" {
		return []string{"-drive", "file=" + p.card.file + ",format=raw,if=sd,cache=writeback"}
	}
	return []string{"-drive", "if=none,id=card,driver=blklogwrites,file.driver=file,file.filename=" + p.card.file +
		",log.driver=file,log.filename=" + p.writes, "-device", "usb-storage,drive=card"}
}

var console = regexp.MustCompile(`console=\S+`)

// more is what the command line needs that it does not on a real board: emulated USB knows no fast interrupts, the
// emulated watchdog resets at once, and the emulated firmware knows no VCHIQ: its driver (Linux' vchiq_arm.c) then frees
// what its threads still read, and the kernel panics now and then before it ever said a word.
const more = " console=tty1 console=ttyAMA1,115200 dwc_otg.fiq_enable=0 dwc_otg.fiq_fsm_enable=0 initcall_blacklist=bcm2835_wdt_driver_init,vchiq_driver_init"

// greetingIn is how long the emulator may take to open its monitor.
const greetingIn = time.Minute

// boot switches a board on. What it starts from is read from the card, every time.
func boot(ctx context.Context, p plugged) (*board, error) {
	cmdline, err := p.card.load()
	if err != nil {
		return nil, err
	}
	folder := p.card.folder
	in := func(name string) string { return filepath.Join(folder, name) }
	for _, socket := range []string{in("qmp"), in("qtest")} {
		if err := os.Remove(socket); err != nil && !errors.Is(err, os.ErrNotExist) {
			return nil, err
		}
	}
	if p.writes != "" {
		if err := os.WriteFile(p.writes, nil, 0o600); err != nil {
			return nil, err
		}
	}
	args := []string{"-n", niceness, emulator, "-M", "raspi3b", "-m", "1G", "-kernel", in("vmlinuz"), "-dtb", in(deviceTree),
		"-append", console.ReplaceAllString(cmdline, "") + more, "-serial", "file:" + in("serial.log"), "-display", "none",
		"-no-reboot", "-qmp", "unix:" + in("qmp") + ",server,nowait", "-qtest", "unix:" + in("qtest") + ",server=on,wait=off", "-qtest-log", "none", "-usb"}
	args = append(append(args, network()...), p.drive()...)
	for _, s := range p.sticks {
		args = append(args, "-drive", "if=none,format=raw,id="+s.name+",file="+s.file, "-device", "usb-storage,id="+s.name+"-plug,drive="+s.name)
	}
	complaint, err := os.Create(in("emulator.log"))
	if err != nil {
		return nil, err
	}
	defer complaint.Close()
	// Not CommandContext: a board is only ever ended by off, which says why.
	b := &board{process: exec.Command("nice", args...), folder: folder, ended: make(chan struct{})}
	conn, socket, err := ether.Pair()
	if err != nil {
		return nil, err
	}
	defer socket.Close() //nolint:errcheck // the emulator has its own
	b.process.ExtraFiles = []*os.File{socket}
	b.process.Stdout, b.process.Stderr = complaint, complaint
	b.process.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	started := make(chan error, 1)
	go func() {
		runtime.LockOSThread() // from start to end: the death signal follows the thread, and the lab ends threads
		defer runtime.UnlockOSThread()
		err := b.process.Start()
		started <- err
		if err == nil {
			served := make(chan error, 1)
			go func() { served <- p.network.Serve(context.Background(), conn) }() // to the emulator's end
			err = b.process.Wait()
			b.status = errors.Join(err, <-served)
			close(b.ended)
		}
	}()
	if err := <-started; err != nil {
		return nil, errors.Join(fmt.Errorf("starting the emulator: %w", err), conn.Close())
	}
	if b.monitor, err = b.greet(ctx, in("qmp")); err != nil {
		b.kill()
		return nil, err
	}
	return b, nil
}

// greet waits for the emulator's monitor.
func (b *board) greet(ctx context.Context, socket string) (*monitor, error) {
	ctx, cancel := context.WithTimeout(ctx, greetingIn)
	defer cancel()
	for {
		m, err := openMonitor(socket)
		if err == nil {
			return m, nil
		}
		select {
		case <-b.ended:
			return nil, b.death()
		case <-ctx.Done():
			return nil, fmt.Errorf("the emulator's monitor: %w", errors.Join(ctx.Err(), err))
		case <-time.After(50 * time.Millisecond):
		}
	}
}

// death says how the emulator ended by itself.
func (b *board) death() error {
	<-b.ended
	text, _ := os.ReadFile(filepath.Join(b.folder, "emulator.log"))
	status := "it ended, as when the board restarts"
	if b.status != nil {
		status = b.status.Error()
	}
	return fmt.Errorf("the emulator is gone: %s\n%s%s", status, bytes.TrimSpace(text), b.lastWords())
}

// lastWords is the end of what the board's kernel said, for errors.
func (b *board) lastWords() string {
	const lines = 12
	text, _ := os.ReadFile(filepath.Join(b.folder, "serial.log"))
	all := bytes.Split(bytes.TrimSpace(text), []byte("\n"))
	return "\nThe board's log ends with\n    " + string(bytes.Join(all[max(0, len(all)-lines):], []byte("\n    ")))
}

// off pulls the plug: the emulator is killed between two instructions.
func (b *board) off() {
	b.conn.Close() //nolint:errcheck // only read from
	b.kill()
}

func (b *board) kill() {
	if !b.pulled.Load() {
		b.ran, b.waited = b.processor()
	}
	b.pulled.Store(true)
	b.process.Process.Kill() //nolint:errcheck // it may have ended
	<-b.ended
}

// plug puts a stick into the board.
func (b *board) plug(s *stick) error {
	file := map[string]any{"driver": "file", "filename": s.file}
	if _, err := b.ask("blockdev-add", map[string]any{"driver": "raw", "node-name": s.name, "file": file}); err != nil {
		return err
	}
	_, err := b.ask("device_add", map[string]any{"driver": "usb-storage", "id": s.name + "-plug", "drive": s.name})
	return err
}

// unplug pulls a stick that plug put in. The emulator lets its file go a moment later.
func (b *board) unplug(s *stick) error {
	if _, err := b.ask("device_del", map[string]any{"id": s.name + "-plug"}); err != nil {
		return err
	}
	for until := time.Now().Add(answerIn); ; time.Sleep(50 * time.Millisecond) {
		_, err := b.ask("blockdev-del", map[string]any{"node-name": s.name})
		if err == nil || time.Now().After(until) {
			return err
		}
	}
}
