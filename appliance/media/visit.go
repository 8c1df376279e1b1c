package media

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"time"
)

// ErrHangs says that a medium does not answer. Nothing else is mounted until it does.
var ErrHangs = errors.New("the medium does not answer")

// Drives are this machine's media. Open them with OpenDrives.
type Drives struct {
	Finder
	Mounter
	free chan struct{} // holds one value while nothing is mounted
}

// OpenDrives prepares for mounting; dir is where the private folder for it is made.
func OpenDrives(dir string) (*Drives, error) {
	d := &Drives{Mounter: Mounter{Dir: dir}, free: make(chan struct{}, 1)}
	d.free <- struct{}{}
	return d, d.Clear()
}

// Visit mounts the first of the devices that can be read and holds something wanted, else the first that can
// be read, has do look at it, and unmounts it again. What do gives is returned only when do has come to its end:
// after ErrHangs, which says that patience is over, or when ctx ends, it may still run. ErrUnreadable: none of the
// devices can be read.
func Visit[T any](ctx context.Context, d *Drives, devices []string, patience time.Duration, wanted func(*os.Root) bool, do func(Volume) T) (T, error) {
	var none T
	limit := time.NewTimer(patience)
	defer limit.Stop()
	select {
	case <-d.free:
	case <-limit.C:
		return none, ErrHangs
	case <-ctx.Done():
		return none, ctx.Err()
	}
	type end struct {
		value T
		err   error
	}
	ended := make(chan end, 1)
	go func() {
		var e end
		e.err = d.visit(devices, wanted, func(v Volume) { e.value = do(v) })
		d.free <- struct{}{}
		ended <- e
	}()
	select {
	case e := <-ended:
		return e.value, e.err
	case <-limit.C:
		return none, ErrHangs
	case <-ctx.Done():
		return none, ctx.Err()
	}
}

func (d *Drives) visit(devices []string, wanted func(*os.Root) bool, do func(Volume)) error {
	readable := ""
	var failed []error
	for _, device := range devices {
		v, err := d.mount(device)
		if err != nil {
			failed = append(failed, explained(device, err))
			continue
		}
		if wanted(v.root) {
			do(v.volume())
			return v.unmount()
		}
		if readable == "" {
			readable = device
		}
		if err := v.unmount(); err != nil {
			return err
		}
	}
	if readable == "" {
		return errors.Join(failed...)
	}
	v, err := d.mount(readable)
	if err != nil {
		return err
	}
	do(v.volume())
	return v.unmount()
}

// explained adds what is on the device instead, where its first sector says so.
func explained(device string, err error) error {
	if !errors.Is(err, ErrUnreadable) {
		return err
	}
	f, open := os.Open(device)
	if open != nil {
		return err
	}
	defer f.Close()
	var head [11]byte
	if _, read := io.ReadFull(f, head[:]); read == nil && string(head[3:]) == "NTFS    " {
		return fmt.Errorf("it is formatted as NTFS: %w", err)
	}
	return err
}
