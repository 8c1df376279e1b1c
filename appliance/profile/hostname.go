package profile

import "strings"

// HostName is what the box calls itself on the network: trunktester-kit-0042 for "Kit 0042", trunktester for a
// kit without a name. Page, DHCP and label read it from here. A label of a name holds 63 characters
// (RFC 1035 section 2.3.4).
func (k Kit) HostName() string {
	const box, most = "trunktester", 63
	slug := strings.Join(strings.FieldsFunc(strings.ToLower(k.Name), func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < '0' || r > '9')
	}), "-")
	if slug == "" {
		return box
	}
	name := box + "-" + slug
	return strings.TrimRight(name[:min(len(name), most)], "-")
}
