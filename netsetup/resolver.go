package netsetup

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net/netip"
	"os"
	"strings"

	"github.com/google/renameio/v2"
)

// Where Linux keeps the resolvers. systemd-resolved writes only its stub, 127.0.0.53, into the first; the
// resolvers that the network gave stand in the second (systemd-resolved(8)).
const (
	resolvConf     = "/etc/resolv.conf"
	resolvedUplink = "/run/systemd/resolve/resolv.conf"
)

// resolvers reads the first file, and where it names nothing but this machine itself, the next.
func resolvers(files ...string) ([]netip.Addr, error) {
	found := []netip.Addr{}
	for _, name := range files {
		f, err := os.Open(name)
		if os.IsNotExist(err) {
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("read the resolvers: %w", err)
		}
		listed, err := readResolvers(f)
		f.Close()
		if err != nil {
			return nil, fmt.Errorf("read the resolvers in %s: %w", name, err)
		}
		for _, a := range listed {
			if !a.IsLoopback() {
				return listed, nil
			}
		}
		if len(found) == 0 {
			found = listed
		}
	}
	return found, nil
}

// readResolvers reads the nameserver lines of resolv.conf(5).
func readResolvers(r io.Reader) ([]netip.Addr, error) {
	found := []netip.Addr{}
	lines := bufio.NewScanner(r)
	for lines.Scan() {
		fields := strings.Fields(lines.Text())
		if len(fields) < 2 || fields[0] != "nameserver" {
			continue
		}
		if a, err := netip.ParseAddr(fields[1]); err == nil && len(found) < maxServers {
			found = append(found, a)
		}
	}
	return found, lines.Err()
}

// writeResolvers writes a resolv.conf(5) in one step: a reader sees the old file or the new one.
func writeResolvers(file string, servers []netip.Addr) error {
	var b bytes.Buffer
	for _, a := range servers {
		fmt.Fprintf(&b, "nameserver %s\n", a)
	}
	if old, err := os.ReadFile(file); err == nil && bytes.Equal(old, b.Bytes()) {
		return nil
	}
	if err := renameio.WriteFile(file, b.Bytes(), 0o644); err != nil {
		return fmt.Errorf("write the resolvers to %s: %w", file, err)
	}
	return nil
}
