package lab

import (
	"fmt"
	"strings"
)

// setting is one line of trunk.toml: section, key and value as written there.
type setting struct{ section, key, value string }

// The account that the lab's provider knows.
const (
	Domain   = "sip.example.net"
	Username = "441632960000"
	Password = "Tr!nk-pw-0042"
)

func usual() []setting {
	return []setting{
		{"trunk", "domain", quote(Domain)},
		{"trunk", "username", quote(Username)},
		{"trunk", "password", quote(Password)},
		{"provider", "name", `"Example Voice"`},
		{"provider", "phone", `"0333 000 0000"`},
		{"provider", "networks", `["198.51.100.0/24"]`},
		{"provider", "shows_bindings", "true"},
		{"provider", "stun", fmt.Sprintf(`["%s:3478", "%s:3478"]`, STUN1, STUN2)},
		{"internet", "portal_check", quote("http://" + WebAddr + "/")},
		{"internet", "ntp", fmt.Sprintf("[%q]", TimeAddr)},
		{"internet", "sip_controls", fmt.Sprintf("[%q, %q]", Control1, Control2)},
		{"kit", "name", `"Lab"`},
	}
}

func quote(s string) string { return fmt.Sprintf("%q", s) }

// file is the usual trunk.toml with changes, each written "section.key = value"; "section.key" alone
// takes a line away.
func file(changes ...string) string {
	lines := usual()
	for _, change := range changes {
		name, value, given := strings.Cut(change, " = ")
		section, key, _ := strings.Cut(name, ".")
		kept := lines[:0:0]
		replaced := false
		for _, line := range lines {
			if line.section == section && line.key == key {
				replaced = true
				if !given {
					continue
				}
				line.value = value
			}
			kept = append(kept, line)
		}
		if !replaced && given {
			kept = append(kept, setting{section, key, value})
		}
		lines = kept
	}
	return render(lines)
}

func render(lines []setting) string {
	var text strings.Builder
	var sections []string
	bodies := map[string]string{}
	for _, line := range lines {
		if _, seen := bodies[line.section]; !seen {
			sections = append(sections, line.section)
		}
		bodies[line.section] += fmt.Sprintf("%s = %s\n", line.key, line.value)
	}
	for _, section := range sections {
		fmt.Fprintf(&text, "[%s]\n%s\n", section, bodies[section])
	}
	return text.String()
}
