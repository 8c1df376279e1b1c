package kit

import "strings"

// longestName is that of a file without its ending, far below every system's limit.
const longestName = 60

// FileName is a kit's name as one that every system takes for a file, without its ending: "Kit 0042" becomes
// "kit-0042". It is "" where nothing of the name is left.
func FileName(kit string) string {
	var b strings.Builder
	for _, r := range strings.ToLower(kit) {
		if r >= 'a' && r <= 'z' || r >= '0' && r <= '9' || r == '_' {
			b.WriteRune(r)
		} else if s := b.String(); s != "" && !strings.HasSuffix(s, "-") {
			b.WriteByte('-')
		}
	}
	name := strings.Trim(b.String()[:min(b.Len(), longestName)], "-")
	if reserved(name) {
		name = "kit-" + name
	}
	return name
}

// reserved are the names of devices, which Windows takes for no file, with any ending.
func reserved(name string) bool {
	switch name {
	case "con", "prn", "aux", "nul":
		return true
	}
	return len(name) == 4 && (strings.HasPrefix(name, "com") || strings.HasPrefix(name, "lpt")) && name[3] >= '0' && name[3] <= '9'
}
