package lab

import (
	"fmt"
	"os"

	"golang.org/x/sys/unix"
)

// tapPort makes an interface of the host whose cable is a file (tuntap.rst of the kernel's documentation), with more
// flags of TUNSETIFF.
func (h *Host) tapPort(name string, flags uint16) (*os.File, error) {
	var f *os.File
	err := h.Do(func() error {
		fd, err := unix.Open("/dev/net/tun", unix.O_RDWR|unix.O_CLOEXEC|unix.O_NONBLOCK, 0)
		if err != nil {
			return &CannotError{Why: fmt.Errorf("open /dev/net/tun: %w", err), Remedy: "run it as root, or let this user open /dev/net/tun"}
		}
		request, err := unix.NewIfreq(name)
		if err == nil {
			request.SetUint16(unix.IFF_TAP | unix.IFF_NO_PI | flags)
			err = unix.IoctlIfreq(fd, unix.TUNSETIFF, request)
		}
		if err != nil {
			unix.Close(fd) //nolint:errcheck // a descriptor of our own
			return fmt.Errorf("TUNSETIFF %s: %w", name, err)
		}
		f = os.NewFile(uintptr(fd), name) // after TUNSETIFF: before, the kernel has nothing to poll
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("cable of %s: %w", h.Name, err)
	}
	return f, nil
}
