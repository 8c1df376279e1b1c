package probes

import (
	"net/netip"
	"net/url"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"
)

var (
	upnpRouter = netip.MustParseAddr("192.168.1.1")
	upnpAt     = &url.URL{Scheme: "http", Host: "192.168.1.1:5000", Path: "/rootDesc.xml"}
)

func TestSSDPLocation(t *testing.T) {
	answer := func(location string) string {
		return "HTTP/1.1 200 OK\r\nST: upnp:rootdevice\r\nLocation: " + location + "\r\n\r\n"
	}
	for name, c := range map[string]struct{ raw, want string }{
		"usual":            {answer("http://192.168.1.1:5000/rootDesc.xml"), "http://192.168.1.1:5000/rootDesc.xml"},
		"no port":          {answer("http://192.168.1.1/igd.xml"), "http://192.168.1.1/igd.xml"},
		"another device":   {answer("http://192.168.1.9:5000/rootDesc.xml"), "not itself"},
		"the internet":     {answer("http://203.0.113.9/"), "not itself"},
		"a name":           {answer("http://router.local/"), "not itself"},
		"a file":           {answer("file:///etc/passwd"), "not itself"},
		"nothing":          {"HTTP/1.1 200 OK\r\n\r\n", "not itself"},
		"an announcement":  {"NOTIFY * HTTP/1.1\r\n\r\n", "no HTTP"},
		"a refusal":        {"HTTP/1.1 404 No\r\n\r\n", "404"},
		"unreadable place": {answer("http://192.168.1.1:port/"), "cannot be read"},
	} {
		u, err := ssdpLocation([]byte(c.raw), upnpRouter)
		got := ""
		if err != nil {
			got = err.Error()
		} else {
			got = u.String()
		}
		if !strings.Contains(got, c.want) || (err == nil) != (got == c.want) {
			t.Errorf("%s: %s, want %s", name, got, c.want)
		}
	}
}

// description is a device as routers describe themselves, with these in the place of its service.
func description(base, service, control string) string {
	return `<?xml version="1.0" encoding="iso-8859-1"?><root xmlns="urn:schemas-upnp-org:device-1-0">` + base + `<device><friendlyName>R&D</friendlyName><deviceList><device>
<deviceType>urn:schemas-upnp-org:device:WANDevice:1</deviceType><deviceList><device><serviceList><service><serviceType> ` + service + `
</serviceType><controlURL>` + control + `</controlURL></service></serviceList></device></deviceList></device></deviceList></device></root>`
}

func TestUPnPServices(t *testing.T) {
	const ip, ppp = "urn:schemas-upnp-org:service:WANIPConnection:2", "urn:schemas-upnp-org:service:WANPPPConnection:1"
	for name, c := range map[string]struct{ text, want string }{
		"usual":           {description("", ip, "/ctl/IPConn"), ip + " http://192.168.1.1:5000/ctl/IPConn"},
		"PPPoE":           {description("", ppp, "ctl"), ppp + " http://192.168.1.1:5000/ctl"},
		"a base":          {description("<URLBase>http://192.168.1.1:80/</URLBase>", ip, "ctl"), ip + " http://192.168.1.1:80/ctl"},
		"a base astray":   {description("<URLBase>http://203.0.113.9/</URLBase>", ip, "ctl"), ip + " http://192.168.1.1:5000/ctl"},
		"control astray":  {description("", ip, "http://203.0.113.9/ctl"), "names no service"},
		"a media server":  {description("", "urn:schemas-upnp-org:service:ContentDirectory:1", "/ctl"), "names no service"},
		"no XML":          {"<html><p>router</html>", "names no service"},
		"nothing":         {"", "names no service"},
		"broken off late": {strings.Split(description("", ip, "/ctl"), "</serviceList>")[0], ip + " http://192.168.1.1:5000/ctl"},
	} {
		services, err := upnpServices([]byte(c.text), upnpAt, upnpRouter)
		got := ""
		if err != nil {
			got = err.Error()
		} else {
			got = services[0].kind + " " + services[0].control.String()
		}
		if !strings.Contains(got, c.want) {
			t.Errorf("%s: %s, want %s", name, got, c.want)
		}
	}
}

func TestUPnPDevice(t *testing.T) {
	device := func(inner string) string { return `<?xml version="1.0"?><root><device>` + inner + `</device></root>` }
	for name, c := range map[string]struct{ text, maker, model string }{
		"usual":                  {device("<manufacturer>AVM Berlin</manufacturer><modelName>FRITZ!Box 7590</modelName>"), "AVM Berlin", "FRITZ!Box 7590"},
		"a part names another":   {device("<deviceList><device><manufacturer>MiniUPnP</manufacturer></device></deviceList><manufacturer>OpenWrt</manufacturer>"), "OpenWrt", ""},
		"only a part has names":  {device("<deviceList><device><manufacturer>MiniUPnP</manufacturer></device></deviceList>"), "", ""},
		"outside of any device":  {"<root><manufacturer>TP-Link</manufacturer></root>", "", ""},
		"two names":              {device("<manufacturer>TP-Link</manufacturer><manufacturer>Netgear</manufacturer>"), "TP-Link", ""},
		"spaced":                 {device("<manufacturer>\n TP-Link\t Ltd \n</manufacturer>"), "TP-Link Ltd", ""},
		"invisible characters":   {device("<manufacturer>TP\u202e-\u200bLink\u00a0Ltd</manufacturer><modelName>\u2066C7\u2069</modelName>"), "TP - Link Ltd", "C7"},
		"no characters of XML":   {device("<manufacturer>TP-\x07Link</manufacturer><modelName>C7</modelName>"), "", ""},
		"no characters at all":   {device("<manufacturer>\xff\xfe</manufacturer>"), "", ""},
		"markup":                 {device("<manufacturer>&lt;script&gt;alert(1)&lt;/script&gt;</manufacturer>"), "<script>alert(1)</script>", ""},
		"a page instead":         {"<html><body>router</body></html>", "", ""},
		"broken off":             {device("<manufacturer>TP-Link</manufacturer>")[:50], "", ""},
		"without end":            {device("<modelName>" + strings.Repeat("long ", 1000) + "</modelName>"), "", strings.TrimSpace(strings.Repeat("long ", 13)[:64])},
		"one of many characters": {device("<modelName>" + strings.Repeat("\u00e9", 100) + "</modelName>"), "", strings.Repeat("\u00e9", 64)},
	} {
		if got := upnpDevice([]byte(c.text)); got.Maker != c.maker || got.Model != c.model {
			t.Errorf("%s: %q by %q, want %q by %q", name, got.Model, got.Maker, c.model, c.maker)
		}
	}
}

// FuzzUPnPDevice: whatever a router says of itself, it is short and one line that can be read.
func FuzzUPnPDevice(f *testing.F) {
	f.Add([]byte("<device><manufacturer>AVM Berlin</manufacturer><modelName>FRITZ!Box</modelName></device>"))
	f.Add([]byte("<device><manufacturer>\x00\xff\u202e</manufacturer>"))
	f.Fuzz(func(t *testing.T, b []byte) {
		d := upnpDevice(b)
		for _, s := range []string{d.Maker, d.Model} {
			if !utf8.ValidString(s) || utf8.RuneCountInString(s) > upnpName || strings.ContainsFunc(s, func(r rune) bool { return !unicode.IsPrint(r) }) {
				t.Errorf("%q", s)
			}
		}
	})
}

func TestUPnPAddress(t *testing.T) {
	answer := func(address string) string {
		return `<?xml version="1.0"?><s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body><u:GetExternalIPAddressResponse xmlns:u="urn:x">` +
			`<NewExternalIPAddress>` + address + `</NewExternalIPAddress></u:GetExternalIPAddressResponse></s:Body></s:Envelope>`
	}
	for name, c := range map[string]struct{ text, want string }{
		"told":      {answer("100.64.0.2"), "100.64.0.2"},
		"spaced":    {answer("\n 203.0.113.2 "), "203.0.113.2"},
		"none":      {answer(""), "has no outside address"},
		"zero":      {answer("0.0.0.0"), "has no outside address"},
		"a name":    {answer("wan.example.net"), "cannot be read"},
		"a fault":   {"<s:Fault/>", "holds no outside address"},
		"cut short": {"<s:Body><NewExternalIPAddress>203.0", "cannot be read"},
	} {
		a, err := upnpAddress([]byte(c.text))
		checkTold(t, name, a, err, c.want)
	}
}

func FuzzSSDPLocation(f *testing.F) {
	f.Add([]byte("HTTP/1.1 200 OK\r\nLocation: http://192.168.1.1:5000/rootDesc.xml\r\n\r\n"))
	f.Fuzz(func(t *testing.T, b []byte) {
		if u, err := ssdpLocation(b, upnpRouter); err == nil && u.Hostname() != "192.168.1.1" && u.Hostname() != "::ffff:192.168.1.1" {
			t.Error(u)
		}
	})
}

func FuzzUPnPDescription(f *testing.F) {
	f.Add([]byte(description("<URLBase>http://192.168.1.1:80/</URLBase>", "urn:schemas-upnp-org:service:WANIPConnection:1", "/ctl")))
	f.Fuzz(func(t *testing.T, b []byte) {
		services, err := upnpServices(b, upnpAt, upnpRouter)
		for _, s := range services {
			if host, _ := netip.ParseAddr(s.control.Hostname()); err != nil || host.Unmap() != upnpRouter {
				t.Error(s.control)
			}
		}
	})
}

func FuzzUPnPAddress(f *testing.F) {
	f.Add([]byte("<NewExternalIPAddress>100.64.0.2</NewExternalIPAddress>"))
	f.Fuzz(func(t *testing.T, b []byte) {
		if a, err := upnpAddress(b); err == nil && !a.Is4() {
			t.Error(a)
		}
	})
}
