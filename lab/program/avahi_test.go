package program_test

import (
	"bufio"
	"fmt"
	"net"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"trunktester/lab"
)

// avahi is the mDNS daemon of most Linux desktops, which we did not write, on a host of the world.
type avahi struct{ *process }

// startAvahi starts it under a name of its own. It has /run to itself: its files there have fixed names.
func (b *box) startAvahi(h *lab.Host, name string) avahi {
	b.t.Helper()
	if _, err := exec.LookPath("avahi-daemon"); err != nil {
		skip(b.t, "avahi-daemon is not installed")
	}
	b.write("avahi.conf", "[server]\nhost-name="+name+"\nuse-ipv6=no\nenable-dbus=no\nallow-interfaces=eth0\n[publish]\npublish-workstation=no\npublish-hinfo=no\n")
	p := b.startOn(h, exec.Command("sh", "-c", "mount -t tmpfs tmpfs /run && exec avahi-daemon --no-drop-root --no-chroot --no-rlimits -f "+b.path("avahi.conf")))
	return avahi{p}
}

// says asks the daemon as the name service of its host does (nss-mdns).
func (a avahi) says(name string) string {
	conn, err := net.Dial("unix", filepath.Join("/proc", strconv.Itoa(a.cmd.Process.Pid), "root", "run/avahi-daemon/socket"))
	if err != nil {
		return err.Error()
	}
	defer conn.Close()
	conn.SetDeadline(time.Now().Add(patience / 6)) //nolint:errcheck // a socket of our own
	fmt.Fprintf(conn, "RESOLVE-HOSTNAME-IPV4 %s\n", name)
	line, err := bufio.NewReader(conn).ReadString('\n')
	if err != nil {
		return err.Error()
	}
	return strings.TrimSpace(line)
}

// finds waits until the daemon finds a name at an address.
func (a avahi) finds(name, at string) {
	a.t.Helper()
	said := ""
	until(a.t, "Avahi finds "+name+" at "+at, func() bool {
		said = a.says(name)
		return strings.HasSuffix(said, " "+name+" "+at)
	})
}

// A Linux laptop finds the page by the name on the label.
func TestAvahiFindsThePage(t *testing.T) {
	t.Parallel()
	b := boxIn(t, "healthy")
	a := b.startAvahi(b.Laptop, "laptop")
	b.start(b.usual("appliance")...)
	a.finds("trunktester-lab.local", lab.PoolFirst)
	a.finds("trunktester.local", lab.PoolFirst)
}

// A computer has the name of the kit already: the box takes another one.
func TestAvahiHasTheName(t *testing.T) {
	t.Parallel()
	b := boxIn(t, "healthy")
	a := b.startAvahi(b.Laptop, "trunktester-lab")
	keeps := func() {
		t.Helper()
		until(t, "Avahi's name", func() bool { return resolve(t, b.PBX, "trunktester-lab.local").String() == lab.LaptopAddr })
	}
	keeps()
	b.start(b.usual("appliance")...)
	a.finds("trunktester-lab-2.local", lab.PoolFirst)
	a.finds("trunktester.local", lab.PoolFirst)
	keeps()
}

// The box has the name when such a computer comes: that takes another one.
func TestAvahiGivesWay(t *testing.T) {
	t.Parallel()
	b := boxIn(t, "healthy")
	b.start(b.usual("appliance")...)
	b.resolves("trunktester-lab.local", lab.PoolFirst)
	b.startAvahi(b.Neighbour, "trunktester-lab")
	b.resolves("trunktester-lab-2.local", lab.NeighbourIP)
	b.resolves("trunktester-lab.local", lab.PoolFirst)
}
