package netsetup

import (
	"errors"
	"fmt"
	"os"
	"strings"

	"golang.org/x/sys/unix"
)

// NoInterface says that there is nothing to test through: the box's own fault, never the network's.
type NoInterface struct {
	Name  string   // as asked for, "" for the first wired one
	Wired []string // what there is
}

func (e *NoInterface) Error() string {
	switch {
	case e.Name == "":
		return "no wired network interface was found: plug in the network adapter, or name one with -interface"
	case len(e.Wired) == 0:
		return fmt.Sprintf("no network interface %q, and no wired one at all: plug in the network adapter", e.Name)
	}
	return fmt.Sprintf("no network interface %q: name one of %s", e.Name, strings.Join(e.Wired, ", "))
}

// NoPermission says that the kernel refused us, not that the network did.
type NoPermission struct {
	Doing string // "set the address of eth0"
	Needs string // the capability, as in capabilities(7)
	Err   error
}

func (e *NoPermission) Error() string {
	remedy := "run as root, or use -no-setup"
	if e.Needs == needsRaw {
		remedy = "run as root" // -no-setup looks at the wire as well
	}
	return fmt.Sprintf("no permission to %s (needs %s): %s", e.Doing, e.Needs, remedy)
}

func (e *NoPermission) Unwrap() error { return e.Err }

// NoVLAN says that frames cannot be tagged here: neither by the kernel nor by us.
type NoVLAN struct {
	ID  int
	Err error
}

func (e *NoVLAN) Error() string {
	return fmt.Sprintf("this machine cannot use VLAN %d: its kernel has no 802.1Q support, and there is no /dev/net/tun: set vlan = 0, or use the box", e.ID)
}

func (e *NoVLAN) Unwrap() error { return e.Err }

const (
	needsAdmin = "CAP_NET_ADMIN"
	needsRaw   = "CAP_NET_RAW"
)

// failed wraps an error of a call; a refusal becomes a NoPermission.
func failed(err error, needs, doing string, args ...any) error {
	doing = fmt.Sprintf(doing, args...)
	if errors.Is(err, os.ErrPermission) || errors.Is(err, unix.EPERM) || errors.Is(err, unix.EACCES) {
		return &NoPermission{Doing: doing, Needs: needs, Err: err}
	}
	return fmt.Errorf("%s: %w", doing, err)
}
