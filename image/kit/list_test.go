package kit

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/text/encoding/unicode"

	"trunktester/appliance/profile"
)

const asTextSaid = "in Excel, mark the column, choose Format Cells, Number, Text, and type the value again"

func TestListFaults(t *testing.T) {
	for name, c := range map[string]struct{ list, want string }{
		"empty":        {"", "kits.csv line 1: there is no header: write the names of the columns into the first line, such as kit.name,trunk.username,trunk.password"},
		"header alone": {"kit.name,trunk.domain\n", "kits.csv: there are no kits in the list: write one into each line below the header"},
		"no kit.name":  {"trunk.domain\nsip.example.net\n", "kits.csv line 1: there is no column kit.name: each kit needs a name, which its file is called by"},
		"column twice": {"kit.name,trunk.domain,Trunk.Domain\n", "kits.csv line 1: the column \"trunk.domain\" stands twice: keep one of them"},
		"no table":     {"kit.name,username\n", "kits.csv line 1: unknown column \"username\": write trunk.username"},
		"two tables":   {"kit.name,address\n", "kits.csv line 1: unknown column \"address\": write network.address or pbx.address"},
		"no header":    {"Kit 1,k9#Wq<~zT4\na,b\n", "kits.csv line 1: a column is not known: the first line has the keys of trunk.toml with their tables, such as trunk.username; put # before the name of a column with remarks"},
		"workbook":     {"PK\x03\x04...", "kits.csv: this is a workbook, not a list: save it in Excel as \"CSV UTF-8\""},
		"old workbook": {"\xd0\xcf\x11\xe0", "kits.csv: this is a workbook, not a list: save it in Excel as \"CSV UTF-8\""},
		"Latin-1":      {"kit.name\nM\xfcller\n", "kits.csv line 2: there is a character that is not UTF-8: save the list again, in Excel as \"CSV UTF-8\""},
		"zero byte":    {"kit.name\na\nb\x00\n", "kits.csv line 3: there is a character that is not UTF-8: save the list again, in Excel as \"CSV UTF-8\""},
		"half UTF-16":  {"\xff\xfek", "kits.csv: the file begins as UTF-16 but is damaged: save it again with the encoding UTF-8"},
		"too many":     {"kit.name\n" + strings.Repeat("a\n", mostKits+1), "kits.csv: there are more than 10000 kits in the list: make several lists of it"},
		"too large":    {strings.Repeat("a", mostList+1), "kits.csv: the file is larger than 16 MiB, so it is no list of kits: save the table as CSV"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := ReadList(strings.NewReader(c.list), "kits.csv")
			var fault Fault
			if !errors.As(err, &fault) || err.Error() != c.want {
				t.Errorf("got  %v\nwant %s", err, c.want)
			}
		})
	}
}

// Each case is a row of its own list, with the fault that is told of it.
func TestRowFaults(t *testing.T) {
	common := shared(t, "[trunk]\ndomain = \"sip.example.net\"\nusername = \"441632960000\"\npassword = \"p\"\n")
	for name, c := range map[string]struct{ column, cell, want string }{
		"exponent":             {"trunk.username", "4.42E+11", "line 2, column trunk.username: Excel has written the number with an exponent and lost its last digits: " + asTextSaid},
		"exponent with comma":  {"trunk.username", `"4,42E+11"`, "line 2, column trunk.username: Excel has written the number with an exponent and lost its last digits: " + asTextSaid},
		"exponent in phone":    {"provider.phone", "4.41633E+11", "line 2, column provider.phone: Excel has written the number with an exponent and lost its last digits: " + asTextSaid},
		"exponent in password": {"trunk.password", "1E+20", "line 2, column trunk.password: Excel has written the password as a number with an exponent: " + asTextSaid + "; if it is really so, write it in a profile and name that in the column profile"},
		"apostrophe":           {"trunk.username", "'441632960000", "line 2, column trunk.username: there is an apostrophe in front: take it out; to keep Excel from changing the number, mark the column and choose Format Cells, Number, Text"},
		"plus":                 {"trunk.auth_user", "+441632960000", "line 2, column trunk.auth_user: there is a + in front, which Excel takes for a sign: write the digits alone, as in 441632960000, in a column that is formatted as Text; if it is really so, write it in a profile and name that in the column profile"},
		"decimals":             {"trunk.username", "441632960000.0", "line 2, column trunk.username: there is a decimal point in the number: " + asTextSaid},
		"formula":              {"provider.name", "=A1", "line 2, column provider.name: this is a formula: write the value itself; " + asTextSaid},
		"too narrow":           {"trunk.username", "########", "line 2, column trunk.username: Excel has written its own error in place of the value: " + asTextSaid},
		"Excel's error":        {"trunk.password", "#NAME?", "line 2, column trunk.password: Excel has written its own error in place of the password: " + asTextSaid + "; if it is really so, write it in a profile and name that in the column profile"},
		"space at the end":     {"trunk.password", "\"secret \"", "line 2, column trunk.password: the password begins or ends with a space: take it out; if it is really so, write it in a profile and name that in the column profile"},
		"line break":           {"provider.name", "\"a\nb\"", "line 2, column provider.name: there is a line break or a tab in the cell: take it out, or look for a quote that is missing"},
		"date":                 {"kit.support_until", "31/12/2031", "line 2, column kit.support_until: this must be a date as in 2031-12-31; Excel writes dates in its own way: " + asTextSaid},
		"no number":            {"trunk.port", "many", "line 2, column trunk.port: this must be a whole number: write digits alone"},
		"no switch":            {"trunk.settings_changed", "perhaps", "line 2, column trunk.settings_changed: this must be true or false"},
		"quote inside":         {"provider.name", "a\"b", "line 2: a quote stands in the middle of a cell: put the whole cell in quotes and write the quote twice"},
		"quote open":           {"provider.name", "\"ab", "line 2: a quote is not closed, or something stands behind the closing one: a cell in quotes ends with a quote, and a quote inside it is written twice"},
		"one cell too many":    {"provider.name", "a,b", "line 2: there is a cell without a column: a value with a ',' in it goes in quotes"},
		"the profile's checks": {"trunk.domain", "sip:example.net", "line 2, column trunk.domain: domain must be a name alone: write it without sip: and without a port, as in \"sip.example.net\""},
		"out of range":         {"trunk.port", "70000", "line 2, column trunk.port: port is out of range: use 0 to 65535"},
		"password in a file":   {"trunk.password_file", "secret.txt", "line 2, column trunk.password_file: password and password_file are both there: keep one of them"},
		"profile not there":    {"profile", "none.toml", "line 2, column profile: there is no such file: write its name with the folder in which it lies, seen from the list's own folder"},
	} {
		t.Run(name, func(t *testing.T) {
			l, err := ReadList(strings.NewReader("kit.name,"+c.column+"\nKit 1,"+c.cell+"\n"), "kits.csv")
			if err != nil {
				t.Fatal(err)
			}
			got := plan(l, common, ReadProfile)
			if len(got) != 1 || got[0].err == nil || got[0].err.Error() != "kits.csv "+c.want {
				t.Errorf("got  %v\nwant kits.csv %s", got[0].err, c.want)
			}
		})
	}
}

func shared(t testing.TB, text string) *profile.File {
	t.Helper()
	f, err := profile.Read(strings.NewReader(text), "common.toml")
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// What is wrong with a kit is told at the place where its value stands.
func TestPlaces(t *testing.T) {
	for name, c := range map[string]struct{ common, list, want string }{
		"in the common profile": {"[trunk]\n\ndomain = \"sip:x\"\nusername = \"1\"\npassword = \"p\"\n", "kit.name\nKit 1\n",
			"common.toml line 3: domain must be a name alone: write it without sip: and without a port, as in \"sip.example.net\""},
		"unknown there": {"[trunk]\ndomain = \"sip.example.net\"\nusername = \"1\"\npassword = \"p\"\ncolour = 1\n", "kit.name\nKit 1\n",
			"common.toml line 5: unknown key \"colour\" in [trunk]: take it out"},
		"above all tables": {"port = 1\n[trunk]\ndomain = \"sip.example.net\"\nusername = \"1\"\npassword = \"p\"\n", "kit.name\nKit 1\n",
			"common.toml line 1: port does not belong above the first [table]: move it below [expect] or [trunk]"},
		"double brackets": {"[[trunk]]\ndomain = \"sip.example.net\"\n", "kit.name\nKit 1\n",
			"common.toml line 1: a table stands in double brackets: write its name in single ones, as in [trunk]"},
		"missing": {"[trunk]\ndomain = \"sip.example.net\"\n", "kit.name,trunk.username\nKit 1,\n\nKit 2,441632960000\n",
			"kits.csv line 2: [trunk] needs username = \"...\" (or auth = \"ip\" for a trunk that is known by its address)\n" +
				"kits.csv line 2: [trunk] needs password = \"...\" or password_file = \"...\"\n" +
				"kits.csv line 4: [trunk] needs password = \"...\" or password_file = \"...\""},
		"no trunk":   {"", "kit.name\nKit 1\n", "kits.csv line 2: there is no [trunk] table: write [trunk] and below it domain, username and password, as in trunk.toml.example"},
		"same name":  {trunk, "kit.name\nKit 1\nKit 2\nKit 1\n", "kits.csv line 2, column kit.name: kit.name is the same as in line 4: give each kit a name of its own\nkits.csv line 4, column kit.name: kit.name is the same as in line 2: give each kit a name of its own"},
		"same file":  {trunk, "kit.name\nKit 1\nkit-1\n", "kits.csv line 2, column kit.name: kit.name makes the same file name as in line 3: give the kits names that differ in letters or digits\nkits.csv line 3, column kit.name: kit.name makes the same file name as in line 2: give the kits names that differ in letters or digits"},
		"no letters": {trunk, "kit.name\n???\n", "kits.csv line 2, column kit.name: each kit needs a name with letters or digits: its file is called by it"},
	} {
		t.Run(name, func(t *testing.T) {
			l, err := ReadList(strings.NewReader(c.list), "kits.csv")
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, p := range plan(l, shared(t, c.common), ReadProfile) {
				if p.err != nil {
					got = append(got, p.err.Error())
				}
			}
			if diff := cmp.Diff(c.want, strings.Join(got, "\n")); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// What Excel writes is read as if it were plain.
func TestExcel(t *testing.T) {
	plain := "kit.name,trunk.password,network.dns,#remark\r\nKit 1,\"a,\"\"b;c\",192.0.2.1 192.0.2.2,hello\r\nKit 2,x\r\n,,,\r\n"
	semicolons := "sep=;\nkit.name;trunk.password;network.dns;#remark;\nKit 1;\"a,\"\"b;c\";192.0.2.1, 192.0.2.2;hello;\n\nKit 2;x;;;\n;;;;\n"
	utf16 := func(s string) string {
		u, err := unicode.UTF16(unicode.LittleEndian, unicode.UseBOM).NewEncoder().String(s)
		if err != nil {
			t.Fatal(err)
		}
		return u
	}
	want := [][]Cell{
		{{"kit.name", "Kit 1"}, {"trunk.password", `a,"b;c`}, {"network.dns", []any{"192.0.2.1", "192.0.2.2"}}},
		{{"kit.name", "Kit 2"}, {"trunk.password", "x"}},
	}
	for name, text := range map[string]string{
		"commas": plain, "a mark": "\ufeff" + plain, "semicolons": semicolons, "UTF-16": utf16(plain),
		"tabs":     utf16(strings.ReplaceAll(strings.NewReplacer(`"a,""b;c"`, "\x01", ",", "\t").Replace(plain), "\x01", `"a,""b;c"`)),
		"old Macs": strings.ReplaceAll(plain, "\r\n", "\r"), "no last line break": strings.TrimSuffix(plain, "\r\n,,,\r\n"),
	} {
		l, err := ReadList(strings.NewReader(text), "kits.csv")
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		var got [][]Cell
		for _, row := range l.Rows {
			if len(row.Faults) > 0 {
				t.Errorf("%s: %v", name, row.Faults)
			}
			got = append(got, row.Cells)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

// A bad row does not take the next ones with it, and lines are those of the file.
func TestRowsAfterABadOne(t *testing.T) {
	l, err := ReadList(strings.NewReader("sep=,\nkit.name,provider.name\nKit 1,a\"b\n\nKit 2,c\n"), "kits.csv")
	if err != nil {
		t.Fatal(err)
	}
	if len(l.Rows) != 2 || l.Rows[0].Line != 3 || len(l.Rows[0].Faults) != 1 || l.Rows[1].Line != 5 || len(l.Rows[1].Faults) != 0 {
		t.Errorf("%+v", l.Rows)
	}
}

func TestLaterReplacesEarlier(t *testing.T) {
	l, err := ReadList(strings.NewReader("kit.name,profile,trunk.password,trunk.port,leds.light1.red\nKit 1,own,\"'\"\"x\\\",5061,7\n"), "kits.csv")
	if err != nil {
		t.Fatal(err)
	}
	common := shared(t, "[trunk]\ndomain = \"common.example.net\"\nusername = \"1\"\npassword = \"common\"\n[leds]\nlight1 = { red = 5, green = 6 }\n[internet]\ntargets = [\"192.0.2.1\"]\n")
	own := shared(t, "[trunk]\ndomain = \"own.example.net\"\npassword = \"own\"\n")
	all := plan(l, common, func(string) (*profile.File, error) { return own, nil })
	if all[0].err != nil {
		t.Fatal(all[0].err)
	}
	p, err := profile.Parse(bytes.NewReader(all[0].text), "", nil)
	if err != nil {
		t.Fatal(err)
	}
	if p.Trunk.Domain != "own.example.net" || p.Trunk.Username != "1" || p.Trunk.Password.Reveal() != `'"x\` || p.Trunk.Port != 5061 || p.LEDs.Lights[0] != (profile.Pair{Red: 7, Green: 6}) {
		t.Errorf("%s", all[0].text)
	}
}

func TestFileName(t *testing.T) {
	for kit, want := range map[string]string{"Kit 0042": "kit-0042", "../../etc/passwd": "etc-passwd", "CON": "kit-con", "com7": "kit-com7", "a:b*c?": "a-b-c",
		"...": "", "": "", "Müller & Söhne": "m-ller-s-hne", strings.Repeat("a", 300): strings.Repeat("a", longestName), "nul.img": "nul-img"} {
		if got := FileName(kit); got != want {
			t.Errorf("%q becomes %q instead of %q", kit, got, want)
		}
	}
}

// written are the ways in which a secret may show.
func written(secret string) []string {
	return []string{secret, base64.StdEncoding.EncodeToString([]byte(secret)), base64.RawURLEncoding.EncodeToString([]byte(secret)),
		hex.EncodeToString([]byte(secret)), url.QueryEscape(secret), url.PathEscape(secret)}
}

// A password in any column, in any broken line, is in no fault.
func TestFaultsQuoteNothing(t *testing.T) {
	common := shared(t, trunk)
	keys := profile.Keys()
	keys[profileColumn] = profile.Text
	for key := range keys {
		for _, cell := range []string{password, "=" + password, "'" + password, "+" + password, "\"" + password + "\n\"", password + "\"", "\"" + password, password + "," + password} {
			if key == "kit.name" {
				continue // that is the one which is told
			}
			l, err := ReadList(strings.NewReader("kit.name,"+key+"\nKit 1,"+cell+"\n"+password+"\n"), "kits.csv")
			said := ""
			if err != nil {
				said = err.Error()
			} else {
				for _, p := range plan(l, common, ReadProfile) {
					if p.err != nil {
						said += p.err.Error()
					}
				}
			}
			for _, w := range written(password) {
				if strings.Contains(said, w) {
					t.Errorf("%s = %q: %s", key, cell, said)
				}
			}
		}
	}
	if _, err := ReadList(strings.NewReader(password+",kit.name\n"+password+",a\n"), "kits.csv"); err == nil || strings.Contains(err.Error(), password) {
		t.Errorf("in the header: %v", err)
	}
}

func FuzzList(f *testing.F) {
	for _, s := range []string{"kit.name,trunk.domain\nKit 1,sip.example.net\n", "sep=;\nkit.name;profile\n\"a\";b\n", "\xff\xfek\x00", "\ufeffkit.name\tleds.light1.red\na\t1", "kit.name,trunk.tls_ca\na,\"b\nc\""} {
		f.Add([]byte(s))
	}
	common := shared(f, trunk)
	f.Fuzz(func(t *testing.T, b []byte) {
		l, err := ReadList(bytes.NewReader(b), "kits.csv")
		if err != nil {
			return
		}
		lines := 1 + bytes.Count(b, []byte("\n")) + bytes.Count(b, []byte("\r"))
		for _, p := range plan(l, common, func(string) (*profile.File, error) { return nil, errors.New("none") }) {
			if p.line < 1 || p.line > lines {
				t.Errorf("line %d of %d", p.line, lines)
			}
			if p.err != nil {
				continue
			}
			if FileName(p.kit) == "" || strings.ContainsAny(p.file, `/\:`) {
				t.Errorf("%q is written to %q", p.kit, p.file)
			}
			if _, err := profile.Parse(bytes.NewReader(p.text), "", nil); err != nil {
				t.Errorf("a profile that passed is wrong: %v", err)
			}
		}
	})
}
