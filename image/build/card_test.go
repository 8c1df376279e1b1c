package main

import (
	"strings"
	"testing"

	"trunktester/image/fat"
)

// Wi-Fi and Bluetooth are off only where the firmware finds the overlays that say so.
func TestOverlaysThere(t *testing.T) {
	file := func(name, text string) fat.File { return fat.File{Name: name, Data: []byte(text)} }
	config := file("config.txt", "kernel=vmlinuz\ndtoverlay=disable-wifi\ndtoverlay=disable-bt\n")
	list, wifi, bt := file("overlays/overlay_map.dtb", ""), file("overlays/disable-wifi.dtbo", ""), file("overlays/disable-bt.dtbo", "")
	for name, c := range map[string]struct {
		files []fat.File
		says  string // "" for nothing
	}{
		"all there":              {[]fat.File{config, list, wifi, bt}, ""},
		"one is missing":         {[]fat.File{config, list, wifi}, "no overlays/disable-bt.dtbo"},
		"no list":                {[]fat.File{config, wifi, bt}, "no overlays/overlay_map.dtb"},
		"config.txt names none":  {[]fat.File{file("config.txt", "# dtoverlay=x\n"), list, wifi, bt}, "names no overlay"},
		"there is no config.txt": {[]fat.File{list, wifi, bt}, "names no overlay"},
	} {
		t.Run(name, func(t *testing.T) {
			err := overlaysThere(c.files)
			if c.says == "" != (err == nil) || err != nil && !strings.Contains(err.Error(), c.says) {
				t.Errorf("%v, want %q", err, c.says)
			}
		})
	}
}
