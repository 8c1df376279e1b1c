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

// onPi reports whether this is a Raspberry Pi, as its device tree says.
func onPi() bool { return strings.Contains(model(), "Raspberry Pi") }

// onBox reports whether this is the card's own system, where the clock is ours to set: gokrazy's init stands
// nowhere else.
func onBox() bool {
	_, err := os.Stat("/gokrazy/init")
	return err == nil
}

// model is what the machine calls itself: the device tree on a Raspberry Pi, else the firmware's product name; "" where
// neither tells.
func model() string {
	for _, file := range []string{"/proc/device-tree/model", "/sys/class/dmi/id/product_name"} {
		if b, err := os.ReadFile(file); err == nil {
			if name := strings.TrimSpace(string(bytes.TrimRight(b, "\x00"))); name != "" {
				return name
			}
		}
	}
	return ""
}
