package main

import (
	"bytes"
	"os"
	"strings"

	"golang.org/x/sys/unix"
)

// kernel is the release of the running kernel (uname(2)).
func kernel() string {
	var u unix.Utsname
	if err := unix.Uname(&u); err != nil {
		return "unknown"
	}
	return unix.ByteSliceToString(u.Release[:])
}

// model is what the machine calls itself: the device tree on a Raspberry Pi, else the firmware's product name.
func model() string {
	for _, file := range []string{"/proc/device-tree/model", "/sys/class/dmi/id/product_name"} {
		if b, err := os.ReadFile(file); err == nil {
			if name := strings.TrimSpace(string(bytes.TrimRight(b, "\x00"))); name != "" {
				return name
			}
		}
	}
	return "unknown"
}
