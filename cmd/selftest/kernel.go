package main

import (
	"fmt"
	"os"
	"strings"

	"github.com/google/nftables"
	"github.com/google/renameio/v2"

	"trunktester/appliance/selftest"
)

// helperSwitch is where kernels before 6.0 were told to look into every flow by themselves
// (Documentation/networking/nf_conntrack-sysctl.rst).
const helperSwitch = "/proc/sys/net/netfilter/nf_conntrack_helper"

// rulesets names what this machine's own kernel does to packets: it must not be the ALG that its program finds.
func rulesets() ([]string, error) {
	var found []string
	if b, err := os.ReadFile(helperSwitch); err == nil && strings.TrimSpace(string(b)) == "1" {
		found = append(found, helperSwitch)
	}
	conn, err := nftables.New()
	if err != nil {
		return nil, fmt.Errorf("ask the kernel for its packet filter: %w", err)
	}
	tables, err := conn.ListTables()
	if err != nil {
		return nil, fmt.Errorf("ask the kernel for its packet filter: %w; run selftest as root", err)
	}
	for _, t := range tables {
		found = append(found, t.Name)
	}
	return found, nil
}

// keep writes the result so that a power cut leaves the old one or the new one.
func keep(path string, r selftest.Result) error {
	b, err := r.Encode()
	if err != nil {
		return err
	}
	if err := renameio.WriteFile(path, b, 0o644); err != nil {
		return fmt.Errorf("keep the result: %w", err)
	}
	return nil
}
