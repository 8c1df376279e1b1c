package witness

import (
	"context"
	"fmt"
	"os/exec"
	"regexp"
)

// Versions are the programs with their versions, such as "Kamailio 5.6.3".
func Versions(ctx context.Context) (all []string, err error) {
	for _, p := range []struct{ name, path, flag string }{
		{"Kamailio", "/usr/sbin/kamailio", "-v"}, {"dnsmasq", "/usr/sbin/dnsmasq", "--version"}, {"coturn", "/usr/bin/turnserver", "--version"},
	} {
		out, err := exec.CommandContext(ctx, p.path, p.flag).CombinedOutput()
		if err != nil {
			return nil, fmt.Errorf("%s %s: %w", p.path, p.flag, err)
		}
		all = append(all, p.name+" "+versionNumber.FindString(string(out)))
	}
	return all, nil
}

var versionNumber = regexp.MustCompile(`\d+(\.\d+)+`)
