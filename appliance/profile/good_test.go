package profile

import (
	"bytes"
	"errors"
	"net/netip"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"golang.org/x/text/encoding/unicode"
)

const minimal = "[trunk]\ndomain = \"sip.example.net\"\nusername = \"441632960000\"\npassword = \"k9-Tannenbaum\"\n"

func parsed(t *testing.T, text []byte) *Profile {
	t.Helper()
	p, err := Parse(bytes.NewReader(text), "trunk.toml", files{"secret.txt": "k9-Tannenbaum\r\n", "spaced.txt": " k9 Tannenbaum "}.read)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func compare(t *testing.T, got, want *Profile) {
	t.Helper()
	addresses := cmp.Comparer(func(a, b netip.Addr) bool { return a == b })
	prefixes := cmp.Comparer(func(a, b netip.Prefix) bool { return a == b })
	if diff := cmp.Diff(want, got, addresses, prefixes, cmpopts.EquateEmpty()); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

// files are what password_file can name.
type files map[string]string

func (f files) read(name string) ([]byte, error) {
	s, ok := f[name]
	if !ok {
		return nil, errors.New("no such file")
	}
	return []byte(s), nil
}

func TestParseEveryKey(t *testing.T) {
	text, err := os.ReadFile("testdata/good/full.toml")
	if err != nil {
		t.Fatal(err)
	}
	got := parsed(t, text)
	if !strings.HasPrefix(string(got.Trunk.TLSCA), "-----BEGIN CERTIFICATE-----\n") {
		t.Errorf("tls_ca is not the PEM text")
	}
	got.Trunk.TLSCA = nil
	no := false
	compare(t, got, &Profile{
		Trunk: Trunk{Domain: "sip.example.net", ProxyHost: "proxy.example.net", ProxyPort: 5070, Port: 5061, Transport: "tls", Auth: "register",
			Username: "441632960000", AuthUser: "auth-0042", Password: `k9\Tannenbaum`, Realm: "example", SettingsChanged: true},
		Expect: Expect{Port: 5060, NAT: "yes", RTPLow: 30000, RTPTop: 30999},
		Provider: Provider{Name: "ST+", Phone: "0333 496 0000", Portal: "https://portal.example.net/",
			Networks:      []netip.Prefix{netip.MustParsePrefix("198.51.100.0/24"), netip.MustParsePrefix("203.0.113.7/32")},
			ShowsBindings: &no, STUN: []string{"stun.example.net:3478", "192.0.2.9"}, Reflector: "reflector.example.net", Token: "5f1b2c3d4e5f60718293"},
		PBX:  PBX{Location: "hosted", Address: netip.MustParseAddr("192.168.1.10"), MaxBindings: 3},
		Line: Line{Kind: "leased", Edge: netip.MustParseAddr("192.0.2.254")},
		Network: Network{Mode: "static", Address: netip.MustParsePrefix("192.168.1.50/24"), Gateway: netip.MustParseAddr("192.168.1.1"),
			DNS: addrs("192.168.1.1", "2001:db8::53"), VLAN: 20, Interface: "eth0"},
		Internet: Internet{Targets: addrs("192.0.2.1"), Resolvers: addrs("192.0.2.2"), PortalCheck: "http://check.example.net/204",
			NTP: []string{"ntp.example.net"}, SIPControls: []string{"sip.example.org", "192.0.2.3:5062"}},
		Page: Page{Listen: false},
		Kit:  Kit{Name: "Kit 0042", Reseller: "Example Telecom", SupportUntil: time.Date(2031, 12, 31, 0, 0, 0, 0, time.UTC)},
		LEDs: LEDs{ActiveLow: true, Lights: [5]Pair{{6, 5}, {19, 13}, {20, 16}, {27, 17}, {23, 12}}, Button: 25},
	})
}

// minimalProfile is what minimal says.
func minimalProfile() *Profile {
	p := Default()
	p.Trunk.Domain, p.Trunk.Username, p.Trunk.AuthUser, p.Trunk.Password = "sip.example.net", "441632960000", "441632960000", "k9-Tannenbaum"
	return &p
}

func TestParseOneKey(t *testing.T) {
	const account = "[trunk]\ndomain = \"sip.example.net\"\nusername = \"441632960000\"\n"
	for name, test := range map[string]struct {
		text string
		want func(*Profile)
	}{
		"defaults":                   {minimal, func(*Profile) {}},
		"no newline at the end":      {strings.TrimSuffix(minimal, "\n"), func(*Profile) {}},
		"comments and empty lines":   {"# a\n\n" + minimal + "# z\n\n", func(*Profile) {}},
		"dotted keys":                {"trunk.domain = \"sip.example.net\"\ntrunk.username = \"441632960000\"\ntrunk.password = \"k9-Tannenbaum\"\n", func(*Profile) {}},
		"inline table":               {"trunk = { domain = \"sip.example.net\", username = \"441632960000\", password = \"k9-Tannenbaum\" }\n", func(*Profile) {}},
		"domain in spaces":           {strings.Replace(minimal, "sip.", " sip.", 1), func(*Profile) {}},
		"domain is an address":       {strings.Replace(minimal, "sip.example.net", "192.0.2.1", 1), func(p *Profile) { p.Trunk.Domain = "192.0.2.1" }},
		"proxy host":                 {minimal + "proxy = \"p.example.net\"", func(p *Profile) { p.Trunk.ProxyHost = "p.example.net" }},
		"proxy host:port":            {minimal + "proxy = \"p.example.net:5070\"", func(p *Profile) { p.Trunk.ProxyHost, p.Trunk.ProxyPort = "p.example.net", 5070 }},
		"proxy v4":                   {minimal + "proxy = \"192.0.2.1\"", func(p *Profile) { p.Trunk.ProxyHost = "192.0.2.1" }},
		"proxy v4:port":              {minimal + "proxy = \"192.0.2.1:5070\"", func(p *Profile) { p.Trunk.ProxyHost, p.Trunk.ProxyPort = "192.0.2.1", 5070 }},
		"proxy v6":                   {minimal + "proxy = \"2001:db8::1\"", func(p *Profile) { p.Trunk.ProxyHost = "2001:db8::1" }},
		"proxy [v6]":                 {minimal + "proxy = \"[2001:db8::1]\"", func(p *Profile) { p.Trunk.ProxyHost = "2001:db8::1" }},
		"proxy [v6]:port":            {minimal + "proxy = \"[2001:db8::1]:5070\"", func(p *Profile) { p.Trunk.ProxyHost, p.Trunk.ProxyPort = "2001:db8::1", 5070 }},
		"password_file with newline": {account + "password_file = \"secret.txt\"", func(*Profile) {}},
		"password_file with spaces":  {account + "password_file = \"spaced.txt\"", func(p *Profile) { p.Trunk.Password = " k9 Tannenbaum " }},
		"password_file empty":        {minimal + "password_file = \"\"", func(*Profile) {}},
		"auth by address": {"[trunk]\ndomain = \"sip.example.net\"\nauth = \"ip\"\ncheck_ip = \"203.0.113.7\"\n", func(p *Profile) {
			p.Trunk = Trunk{Domain: "sip.example.net", Transport: "udp", Auth: "ip", CheckIP: netip.MustParseAddr("203.0.113.7")}
		}},
		"nat and rtp empty":    {minimal + "[expect]\nnat = \"\"\nrtp = \"\"", func(*Profile) {}},
		"rtp with spaces":      {minimal + "[expect]\nrtp = \"1 - 65535\"", func(p *Profile) { p.Expect.RTPLow, p.Expect.RTPTop = 1, 65535 }},
		"no stun":              {minimal + "[provider]\nstun = []", func(p *Profile) { p.Provider.STUN = nil }},
		"no ntp":               {minimal + "[internet]\nntp = []", func(p *Profile) { p.Internet.NTP = nil }},
		"no portal check":      {minimal + "[internet]\nportal_check = \"\"", func(p *Profile) { p.Internet.PortalCheck = "" }},
		"network with host":    {minimal + "[provider]\nnetworks = [\"198.51.100.9/24\"]", func(p *Profile) { p.Provider.Networks = []netip.Prefix{netip.MustParsePrefix("198.51.100.0/24")} }},
		"mapped address":       {minimal + "[pbx]\naddress = \"::ffff:192.168.1.10\"", func(p *Profile) { p.PBX.Address = netip.MustParseAddr("192.168.1.10") }},
		"one colour":           {minimal + "[leds]\nlight1 = { red = 4 }", func(p *Profile) { p.LEDs.Lights[0].Red = 4 }},
		"light in a table":     {minimal + "[leds.light5]\ngreen = 24", func(p *Profile) { p.LEDs.Lights[4].Green = 24 }},
		"key in quotes":        {minimal + "\"port\" = 5070", func(p *Profile) { p.Trunk.Port = 5070 }},
		"curly quotes in text": {minimal + "[kit]\nname = \"the “blue” one\"", func(p *Profile) { p.Kit.Name = "the “blue” one" }},
	} {
		t.Run(name, func(t *testing.T) {
			want := minimalProfile()
			test.want(want)
			compare(t, parsed(t, []byte(test.text)), want)
		})
	}
}

func TestParseWhatWindowsWrites(t *testing.T) {
	const text = "# caffè £5\n" + minimal + "[kit]\nname = \"Bürö 漢 😀\"\n"
	utf16 := func(order unicode.Endianness, bom unicode.BOMPolicy) string {
		s, err := unicode.UTF16(order, bom).NewEncoder().String(text)
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	want := minimalProfile()
	want.Kit.Name = "Bürö 漢 😀"
	for name, file := range map[string]string{
		"UTF-8":                text,
		"UTF-8 with mark":      "\xef\xbb\xbf" + text,
		"UTF-16 LE":            utf16(unicode.LittleEndian, unicode.IgnoreBOM),
		"UTF-16 BE":            utf16(unicode.BigEndian, unicode.IgnoreBOM),
		"UTF-16 LE with mark":  utf16(unicode.LittleEndian, unicode.UseBOM),
		"UTF-16 BE with mark":  utf16(unicode.BigEndian, unicode.UseBOM),
		"CRLF":                 strings.ReplaceAll(text, "\n", "\r\n"),
		"CR":                   strings.ReplaceAll(text, "\n", "\r"),
		"CRLF with UTF-8 mark": "\xef\xbb\xbf" + strings.ReplaceAll(text, "\n", "\r\n"),
	} {
		t.Run(name, func(t *testing.T) { compare(t, parsed(t, []byte(file)), want) })
	}
}

func TestParsePassesOnAReadError(t *testing.T) {
	broken := errors.New("card pulled out")
	_, err := Parse(failing{broken}, "trunk.toml", nil)
	if !errors.Is(err, broken) || !strings.Contains(err.Error(), "trunk.toml") {
		t.Errorf("error = %v, want %v with the file's name", err, broken)
	}
}

type failing struct{ err error }

func (f failing) Read([]byte) (int, error) { return 0, f.err }
