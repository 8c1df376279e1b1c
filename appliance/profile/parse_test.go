package profile

import (
	"errors"
	"io/fs"
	"net/netip"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

const example = "../../docs/trunk.toml.example"

// compare compares profiles with everything in them, the secret too.
var compare = cmp.Options{
	cmp.Comparer(func(a, b netip.Addr) bool { return a == b }),
	cmp.Comparer(func(a, b netip.Prefix) bool { return a == b }),
}

func parse(t *testing.T, text string) *Profile {
	t.Helper()
	p, err := Parse(strings.NewReader(text), "trunk.toml")
	if err != nil {
		t.Fatal(err)
	}
	return p
}

const minimal = "[trunk]\ndomain = \"sip.example.net\"\nusername = \"4416\"\npassword = \"hunter2\"\n"

func TestMinimalTakesTheDefaults(t *testing.T) {
	want := Defaults()
	want.Trunk.Domain, want.Trunk.Username, want.Trunk.AuthUser = "sip.example.net", "4416", "4416"
	want.Trunk.Password = "hunter2"
	if diff := cmp.Diff(want, parse(t, minimal), compare); diff != "" {
		t.Error(diff)
	}
}

// The example has every key, and says for every key that is not an example what the box assumes.
func TestExample(t *testing.T) {
	data, err := os.ReadFile(example)
	if err != nil {
		t.Fatal(err)
	}
	yes := true
	want := Defaults()
	want.Trunk.Domain, want.Trunk.Username, want.Trunk.AuthUser = "sip.example.net", "441632960000", "441632960000"
	want.Trunk.Password = "secret"
	want.Provider.Name, want.Provider.Phone, want.Provider.Portal = "ST+", "0333 000 0000", "https://portal.example.net/"
	want.Provider.Networks, want.Provider.ShowsBindings = []netip.Prefix{netip.MustParsePrefix("198.51.100.0/24")}, &yes
	want.Kit = Kit{Name: "Kit 0042", Reseller: "Example Telecom", SupportUntil: time.Date(2031, 12, 31, 0, 0, 0, 0, time.UTC)}
	if diff := cmp.Diff(want, parse(t, string(data)), compare); diff != "" {
		t.Error(diff)
	}
	for _, table := range keysOf("") {
		for _, key := range keysOf(table) {
			if !strings.Contains(string(data), "\n"+key+" ") && !strings.Contains(string(data), "\n#"+key+" ") {
				t.Errorf("[%s] %s is not in the example", table, key)
			}
		}
	}
}

func TestEveryKeyArrives(t *testing.T) {
	f, err := os.Open("testdata/full.toml")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	got, err := ParseWith(f, "testdata/full.toml", os.ReadFile)
	if err != nil {
		t.Fatal(err)
	}
	addr := netip.MustParseAddr
	no := false
	ca, err := os.ReadFile("testdata/authority.pem")
	if err != nil {
		t.Fatal(err)
	}
	want := &Profile{
		Trunk: Trunk{
			Domain: "SIP.example.net", ProxyHost: "2001:db8::5", ProxyPort: 5070, Port: 5080, Transport: "tls", Auth: "ip",
			Username: "u", AuthUser: "a@b", Password: "from the file", Realm: " st+ ", TLSCA: ca, CheckIP: addr("203.0.113.7"),
			SettingsChanged: true,
		},
		Expect: Expect{Port: 5062, NAT: "no", RTPLow: 30000, RTPTop: 40000},
		Provider: Provider{
			Name: "P", Phone: "1", Portal: "http://p.example", ShowsBindings: &no,
			Networks:  []netip.Prefix{netip.MustParsePrefix("198.51.100.0/24"), netip.MustParsePrefix("2001:db8::1/128")},
			STUN:      []string{"a.example:3478", "b.example:19302", "[2001:db8::1]:3478"},
			Reflector: "r.example:5090",
		},
		PBX:  PBX{Location: "hosted", Address: addr("192.168.1.20"), MaxBindings: 3},
		Line: Line{Kind: "leased", Edge: addr("203.0.113.1")},
		Network: Network{
			Mode: "static", Address: netip.MustParsePrefix("192.168.1.50/24"), Gateway: addr("192.168.1.1"),
			DNS: []netip.Addr{addr("192.168.1.1"), addr("fd00::1")}, VLAN: 100, Interface: "eth1",
		},
		Internet: Internet{
			Targets: []netip.Addr{addr("192.0.2.1")}, Resolvers: []netip.Addr{addr("192.0.2.2")},
			PortalCheck: "http://check.example/", NTP: []string{"192.0.2.3", "time.example"},
			SIPControls: []string{"sip.one.example", "two.example:5080", "192.0.2.4"},
		},
		Page: Page{Listen: false},
		Kit:  Kit{Name: "K", Reseller: "R", SupportUntil: time.Date(2030, 1, 2, 0, 0, 0, 0, time.UTC)},
		LEDs: LEDs{
			ActiveLow: true, Button: 2,
			Lights: [5]Pair{{Red: 12, Green: 6}, {Red: 13, Green: 19}, {Red: 16, Green: 20}, {Red: 17, Green: 27}, {Red: 4, Green: 3}},
		},
	}
	if diff := cmp.Diff(want, got, compare); diff != "" {
		t.Error(diff)
	}
}

func TestHostsAndPorts(t *testing.T) {
	for written, want := range map[string]Trunk{
		"sip.example.net":      {ProxyHost: "sip.example.net"},
		"sip.example.net:5070": {ProxyHost: "sip.example.net", ProxyPort: 5070},
		"sip.example.net.":     {ProxyHost: "sip.example.net"},
		"192.0.2.1":            {ProxyHost: "192.0.2.1"},
		"192.0.2.1:5061":       {ProxyHost: "192.0.2.1", ProxyPort: 5061},
		"[2001:db8::1]":        {ProxyHost: "2001:db8::1"},
		"2001:db8::1":          {ProxyHost: "2001:db8::1"},
		"[2001:db8::1]:5060":   {ProxyHost: "2001:db8::1", ProxyPort: 5060},
		" sip_1.example ":      {ProxyHost: "sip_1.example"},
	} {
		p := parse(t, minimal+`proxy = "`+written+`"`)
		if p.Trunk.ProxyHost != want.ProxyHost || p.Trunk.ProxyPort != want.ProxyPort {
			t.Errorf("proxy %q is %q port %d", written, p.Trunk.ProxyHost, p.Trunk.ProxyPort)
		}
	}
}

func TestPasswordFile(t *testing.T) {
	with := func(data string, err error) (*Profile, error) {
		text := strings.Replace(minimal, `password = "hunter2"`, `password_file = "pw.txt"`, 1)
		return ParseWith(strings.NewReader(text), filepath.Join("usb", "trunk.toml"), func(path string) ([]byte, error) {
			if path != filepath.Join("usb", "pw.txt") {
				t.Errorf("asked for %q", path)
			}
			return []byte(data), err
		})
	}
	for data, want := range map[string]string{
		"hunter2": "hunter2", "hunter2\n": "hunter2", "hunter2\r\n": "hunter2", " hunter2 \n": " hunter2 ", "\ufeffhunter2": "hunter2",
		"\xff\xfeh\x00i\x00\r\x00\n\x00": "hi",
	} {
		if p, err := with(data, nil); err != nil || p.Trunk.Password.Reveal() != want {
			t.Errorf("file %q: %v", data, err)
		}
	}
	const where = "usb/trunk.toml line 4: [trunk] password_file names "
	for _, c := range []struct {
		data string
		err  error
		want string
	}{
		{"", nil, "an empty file; write the password into it"},
		{"\n", nil, "an empty file; write the password into it"},
		{"hunter2\nhunter3\n", nil, "a file with more than one line in it; it must hold the password and nothing else"},
		{"hunter2\x00", nil, "a file that is not plain text; save it as plain text (UTF-8)"},
		{"hunter2\xe9", nil, "a file that is not plain text; save it as plain text (UTF-8)"},
		{"", fs.ErrNotExist, `"usb/pw.txt", which is not there; put it beside the profile`},
		{"", fs.ErrPermission, `"usb/pw.txt", which cannot be read; check who may read it`},
	} {
		if _, err := with(c.data, c.err); err == nil || err.Error() != where+c.want {
			t.Errorf("file %q, %v: %v", c.data, c.err, err)
		}
	}
}

func TestWhatWindowsDoes(t *testing.T) {
	utf16 := func(order string, mark bool) string {
		var b strings.Builder
		text := minimal
		if mark {
			text = "\ufeff" + text
		}
		for _, r := range text {
			pair := []byte{byte(r), byte(r >> 8)}
			if order == "BE" {
				pair[0], pair[1] = pair[1], pair[0]
			}
			b.Write(pair)
		}
		return b.String()
	}
	want := parse(t, minimal)
	for name, text := range map[string]string{
		"UTF-8 mark":    "\ufeff" + minimal,
		"CRLF":          strings.ReplaceAll(minimal, "\n", "\r\n"),
		"mark and CRLF": "\ufeff" + strings.ReplaceAll(minimal, "\n", "\r\n"),
		"CR":            strings.ReplaceAll(minimal, "\n", "\r"),
		"UTF-16 LE":     utf16("LE", true),
		"UTF-16 BE":     utf16("BE", true),
		"LE, no mark":   utf16("LE", false),
		"BE, no mark":   utf16("BE", false),
		"no last LF":    strings.TrimSuffix(minimal, "\n"),
		"spaces, tabs":  strings.ReplaceAll(minimal, " = ", "\t=   ") + "\t\n",
		"inline":        `trunk = { domain = "sip.example.net", username = "4416", password = "hunter2" }`,
		"dotted":        "trunk.domain = \"sip.example.net\"\ntrunk.username = \"4416\"\ntrunk.password = \"hunter2\"\n",
	} {
		got, err := Parse(strings.NewReader(text), "trunk.toml")
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if diff := cmp.Diff(want, got, compare); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

// halfReader fails in the middle of the file.
type halfReader struct{ err error }

func (r halfReader) Read(b []byte) (int, error) { return copy(b, "[trunk]"), r.err }

func TestAReaderThatFails(t *testing.T) {
	broken := errors.New("input/output error")
	_, err := Parse(halfReader{broken}, "trunk.toml")
	var problems Problems
	if !errors.Is(err, broken) || errors.As(err, &problems) || err.Error() != "reading trunk.toml: input/output error" {
		t.Errorf("error %v", err)
	}
}

func TestProblemsAreFoundByErrorsAs(t *testing.T) {
	_, err := Parse(strings.NewReader(""), "trunk.toml")
	var problems Problems
	var problem Problem
	if !errors.As(err, &problems) || !errors.As(err, &problem) || len(problems) != 1 || !reflect.DeepEqual(problem, problems[0]) {
		t.Errorf("error %#v", err)
	}
}
