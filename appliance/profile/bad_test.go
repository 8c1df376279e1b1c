package profile

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// bad are the files of testdata/bad and the exact message of each.
var bad = map[string]string{
	"auth":             `trunk.toml line 5: auth has a value that is not possible: use "register" or "ip"`,
	"binary":           `trunk.toml line 1: there is a zero byte in the file, so it is not a text file: save it again as plain text`,
	"broken_colon":     `trunk.toml line 2: this is not a line of a profile: write key = value, and put text in straight double quotes`,
	"broken_header":    `trunk.toml line 1: a bracket is missing in this line: write the name of a table as in [trunk]`,
	"broken_line":      `trunk.toml line 5: this is not a line of a profile: write key = value, and put text in straight double quotes`,
	"broken_list_open": `trunk.toml line 6: a list is not in order, here or above: it begins with [ and ends with ], with commas between`,
	"broken_text_open": `trunk.toml line 6: a text of several lines is not closed: end it with the same three quotes that it begins with`,
	"check_ip_bad":     `trunk.toml line 4: check_ip must be an IP address: write it as "192.0.2.1"`,
	"check_ip_unused":  `trunk.toml line 5: check_ip is only used with auth = "ip": set auth or take check_ip out`,
	"curly_german":     `trunk.toml line 2: there are curly quotes in this line: use straight double quotes, as in key = "value"`,
	"curly_quotes":     `trunk.toml line 2: there are curly quotes in this line: use straight double quotes, as in key = "value"`,
	"date":             `trunk.toml line 6: support_until must be a date: write it as "2031-12-31"`,
	"date_day":         `trunk.toml line 6: support_until must be a date: write it as "2031-12-31"`,
	"date_no_quotes":   `trunk.toml line 6: support_until must be text in double quotes: write support_until = "..."`,
	"dhcp_address": `trunk.toml line 6: address is only used with mode = "static": set mode or take address out
trunk.toml line 7: gateway is only used with mode = "static": set mode or take gateway out`,
	"dns":                     `trunk.toml line 6: entry 2 of dns must be an IP address: write it as "192.0.2.1"`,
	"domain_bad_address":      `trunk.toml line 2: domain must be a name alone: write it without sip: and without a port, as in "sip.example.net"`,
	"domain_port":             `trunk.toml line 2: domain must be a name alone: write it without sip: and without a port, as in "sip.example.net"`,
	"domain_uri":              `trunk.toml line 2: domain must be a name alone: write it without sip: and without a port, as in "sip.example.net"`,
	"edge":                    `trunk.toml line 6: edge must be an IP address: write it as "192.0.2.1"`,
	"reflector_token":         `trunk.toml line 7: reflector_token must have at least 16 characters: write what stands in the reflector's own token file`,
	"reflector_token_alone":   `trunk.toml line 6: reflector_token is only used with reflector: set reflector or take reflector_token out`,
	"empty":                   `trunk.toml: there is no [trunk] table: write [trunk] and below it domain, username and password, as in trunk.toml.example`,
	"empty_password_file":     `trunk.toml line 1: [trunk] needs password = "..." or password_file = "..."`,
	"interface":               `trunk.toml line 6: interface must be the name of a network interface: write it as "eth0", or take it out for the first wired one`,
	"invisible":               `trunk.toml line 3: there is an invisible character in this line, as web pages and mails have them: type the line again by hand`,
	"key_of_other_table":      `trunk.toml line 5: vlan does not belong in [trunk]: move it below [network]`,
	"key_twice":               `trunk.toml line 6: port stands twice: keep one of them`,
	"kind":                    `trunk.toml line 6: kind has a value that is not possible: use "broadband" or "leased"`,
	"leds_button":             `trunk.toml line 6: number 5 is used twice in [leds]: give every colour and the button a number of its own`,
	"leds_list":               `trunk.toml line 6: light1 must name its two lines: write light1 = { red = 5, green = 6 }`,
	"leds_other_light":        `trunk.toml line 6: number 13 is used twice in [leds]: give every colour and the button a number of its own`,
	"leds_range":              `trunk.toml line 6: light1 is out of range: use 0 to 27`,
	"leds_twice":              `trunk.toml line 6: number 5 is used twice in [leds]: give every colour and the button a number of its own`,
	"list_no_comma":           `trunk.toml line 6: a list is not in order, here or above: it begins with [ and ends with ], with commas between`,
	"listen":                  `trunk.toml line 6: listen has a value that is not possible: use "on" or "off"`,
	"listen_bool":             `trunk.toml line 6: listen must be text in double quotes: write listen = "..."`,
	"location":                `trunk.toml line 6: location has a value that is not possible: use "site" or "hosted"`,
	"max_bindings":            `trunk.toml line 6: max_bindings is out of range: use 1 to 1000`,
	"missing_check_ip":        `trunk.toml line 1: auth = "ip" needs check_ip = "...", the address set in the portal`,
	"missing_domain":          `trunk.toml line 1: [trunk] needs domain = "...", the SIP domain of the trunk`,
	"missing_password":        `trunk.toml line 1: [trunk] needs password = "..." or password_file = "..."`,
	"missing_username":        `trunk.toml line 1: [trunk] needs username = "..." (or auth = "ip" for a trunk that is known by its address)`,
	"mode":                    `trunk.toml line 6: mode has a value that is not possible: use "dhcp" or "static"`,
	"nat":                     `trunk.toml line 6: nat has a value that is not possible: use "yes" or "no"`,
	"networks":                `trunk.toml line 6: entry 2 of networks is no network: write it as "198.51.100.0/24"`,
	"networks_text":           `trunk.toml line 6: networks must be a list of texts: write networks = ["...", "..."]`,
	"no_trunk":                `trunk.toml: there is no [trunk] table: write [trunk] and below it domain, username and password, as in trunk.toml.example`,
	"no_value":                `trunk.toml line 5: this is not a line of a profile: write key = value, and put text in straight double quotes`,
	"no_value_at_the_end":     `trunk.toml line 5: this is not a line of a profile: write key = value, and put text in straight double quotes`,
	"not_utf8":                `trunk.toml line 5: there is a character that is not UTF-8: save the file again with the encoding UTF-8`,
	"only_comments":           `trunk.toml: there is no [trunk] table: write [trunk] and below it domain, username and password, as in trunk.toml.example`,
	"password_backslash":      `trunk.toml line 4: a backslash has a meaning of its own in double quotes: put this text in single quotes, as in key = 'value'`,
	"password_curly":          `trunk.toml line 4: there are curly quotes in this line: use straight double quotes, as in key = "value"`,
	"password_escape":         `trunk.toml line 4: a backslash has a meaning of its own in double quotes: put this text in single quotes, as in key = 'value'`,
	"password_file_empty":     `trunk.toml line 4: the password file is empty: write the password in its first line`,
	"password_file_missing":   `trunk.toml line 4: the password file cannot be read: put it beside the profile and write its name here`,
	"password_file_two_lines": `trunk.toml line 4: the password file must be plain text with one line: the password and nothing else`,
	"password_list":           `trunk.toml line 4: password must be text in double quotes: write password = "..."`,
	"password_no_quotes":      `trunk.toml line 4: this is not a line of a profile: write key = value, and put text in straight double quotes`,
	"password_number":         `trunk.toml line 4: password must be text in double quotes: write password = "..."`,
	"password_open_quote":     `trunk.toml line 4: a quote is missing in this line: text begins and ends with a double quote, as in key = "value"`,
	"password_table":          `trunk.toml line 4: password must be text in double quotes: write password = "..."`,
	"password_twice":          `trunk.toml line 5: password stands twice: keep one of them`,
	"password_two":            `trunk.toml line 5: password and password_file are both there: keep one of them`,
	"port_fraction":           `trunk.toml line 5: port must be a whole number: write it without quotes`,
	"port_negative":           `trunk.toml line 5: port is out of range: use 0 to 65535`,
	"port_range":              `trunk.toml line 5: port is out of range: use 0 to 65535`,
	"port_text":               `trunk.toml line 5: port must be a whole number: write it without quotes`,
	"portal":                  `trunk.toml line 6: portal must be a web address: write it with http:// or https:// in front`,
	"proxy_brackets":          `trunk.toml line 5: proxy must be a host: write it as "sip.example.net" or "sip.example.net:5060"`,
	"proxy_port":              `trunk.toml line 5: proxy must be a host: write it as "sip.example.net" or "sip.example.net:5060"`,
	"proxy_uri":               `trunk.toml line 5: proxy must be a host: write it as "sip.example.net" or "sip.example.net:5060"`,
	"proxy_v6_port":           `trunk.toml line 5: proxy must be a host: write it as "sip.example.net" or "sip.example.net:5060"`,
	"rtp_one":                 `trunk.toml line 6: rtp must be a range of ports, the lower one first: write it as "10000-20000"`,
	"rtp_order":               `trunk.toml line 6: rtp must be a range of ports, the lower one first: write it as "10000-20000"`,
	"rtp_top":                 `trunk.toml line 6: rtp must be a range of ports, the lower one first: write it as "10000-20000"`,
	"settings_changed":        `trunk.toml line 5: settings_changed must be true or false: write it without quotes`,
	"several": `trunk.toml line 2: support_until must be a date: write it as "2031-12-31"
trunk.toml line 3: [trunk] needs domain = "...", the SIP domain of the trunk
trunk.toml line 3: [trunk] needs password = "..." or password_file = "..."
trunk.toml line 4: port must be a whole number: write it without quotes
trunk.toml line 5: unknown key "usernam" in [trunk]; did you mean username?
trunk.toml line 6: transport has a value that is not possible: use "udp" or "tcp" or "tls"
trunk.toml line 8: vlan is out of range: use 0 to 4094`,
	"static_no_gateway":         `trunk.toml line 5: mode = "static" needs gateway, the router's address, as in gateway = "192.168.1.1"`,
	"static_no_mask":            `trunk.toml line 7: mode = "static" needs address with its mask, as in address = "192.168.1.50/24"`,
	"static_nothing":            `trunk.toml line 5: mode = "static" needs address with its mask, as in address = "192.168.1.50/24"`,
	"static_outside":            `trunk.toml line 8: the gateway 192.168.2.1 lies outside the network 192.168.1.0/24: check both`,
	"static_same":               `trunk.toml line 8: gateway and address are the same: gateway is the router's address, address that of this box`,
	"stun":                      `trunk.toml line 6: entry 1 of stun must be a host: write it as "sip.example.net" or "sip.example.net:5060"`,
	"table_array":               `trunk.toml line 1: trunk must be a table: write [trunk], in single brackets, on a line of its own and its keys below it`,
	"table_twice":               `trunk.toml line 8: [trunk] stands twice: keep one of them, with all its keys below it`,
	"table_value":               `trunk.toml line 1: trunk must be a table: write [trunk], in single brackets, on a line of its own and its keys below it`,
	"targets":                   `trunk.toml line 6: entry 1 of targets must be an IP address: write it as "192.0.2.1"`,
	"tls_ca":                    `trunk.toml line 5: tls_ca holds no certificate: paste all from -----BEGIN CERTIFICATE----- to -----END CERTIFICATE----- between """ and """`,
	"too_large":                 `trunk.toml: the file is larger than 64 KiB, so it is no profile: write one from trunk.toml.example`,
	"too_many_braces":           `trunk.toml: the file has too many braces, so it is no profile: write one from trunk.toml.example`,
	"too_many_dots":             `trunk.toml line 5: there are too many dots in this line: put a long list on several lines`,
	"top_level_domain":          `trunk.toml line 1: domain does not belong above the first [table]: move it below [trunk]`,
	"top_level_password":        `trunk.toml line 1: unknown key above the first [table]; did you mean password?`,
	"top_level_port":            `trunk.toml line 2: port does not belong above the first [table]: move it below [expect] or [trunk]`,
	"top_level_unknown":         `trunk.toml line 1: unknown key "colour" above the first [table]: take it out`,
	"transport":                 `trunk.toml line 5: transport has a value that is not possible: use "udp" or "tcp" or "tls"`,
	"transport_no_quotes":       `trunk.toml line 5: this is not a line of a profile: write key = value, and put text in straight double quotes`,
	"unknown_key":               `trunk.toml line 5: unknown key "transprot" in [trunk]; did you mean transport?`,
	"unknown_key_case":          `trunk.toml line 2: unknown key "Domain" in [trunk]; did you mean domain?`,
	"unknown_key_far":           `trunk.toml line 5: unknown key "colour" in [trunk]: take it out`,
	"unknown_key_in_light":      `trunk.toml line 6: unknown key "gren" in [leds] light1; did you mean green?`,
	"unknown_key_like_password": `trunk.toml line 4: unknown key in [trunk]; did you mean password?`,
	"unknown_subtable":          `trunk.toml line 5: unknown key "extra" in [trunk]: take it out`,
	"unknown_table":             `trunk.toml line 1: unknown table [trnk]; did you mean [trunk]?`,
	"unknown_table_far":         `trunk.toml line 5: this table is not known: take it out, with its keys`,
	"username_control":          `trunk.toml line 3: username holds a tab, a line break or the like: take it out, and put text with a backslash in single quotes`,
	"username_uri":              `trunk.toml line 3: username must be the user part alone: write it without sip: and without @ and the domain`,
	"utf16_half":                `trunk.toml: the file begins as UTF-16 but is damaged: save it again with the encoding UTF-8`,
	"utf16_surrogate":           `trunk.toml: the file begins as UTF-16 but is damaged: save it again with the encoding UTF-8`,
	"vlan":                      `trunk.toml line 6: vlan is out of range: use 0 to 4094`,
	"zero_byte":                 `trunk.toml line 5: there is a zero byte in the file, so it is not a text file: save it again as plain text`,
}

func TestParseBadFiles(t *testing.T) {
	names, err := filepath.Glob("testdata/bad/*.toml")
	if err != nil || len(names) != len(bad) {
		t.Fatalf("testdata/bad has %d files (%v), the table %d", len(names), err, len(bad))
	}
	beside := files{"empty.txt": "\n", "two.txt": "k9-Tannenbaum\nmore\n", "secret.txt": "k9-Tannenbaum"}
	for name, want := range bad {
		t.Run(name, func(t *testing.T) {
			text, err := os.ReadFile(filepath.Join("testdata/bad", name+".toml"))
			if err != nil {
				t.Fatal(err)
			}
			p, err := Parse(bytes.NewReader(text), "trunk.toml", beside.read)
			if err == nil {
				t.Fatalf("no error")
			}
			if p != nil {
				t.Errorf("a profile comes with the error")
			}
			if err.Error() != want {
				t.Errorf("got\n%v\nwant\n%s", err, want)
			}
			sound(t, text, err)
		})
	}
}

// wholeFile are the only problems without a line.
var wholeFile = []string{"there is no [trunk] table", "the file is larger", "the file has too many braces", "the file begins as UTF-16"}

// sound checks what every error of Parse has: problems in the order of the lines, each with the file, a line
// that exists and a remedy (after a colon or a semicolon, or in "needs").
func sound(t *testing.T, text []byte, err error) {
	t.Helper()
	var problems Problems
	if !errors.As(err, &problems) || len(problems) == 0 {
		t.Fatalf("%T is no Problems: %v", err, err)
	}
	lines := 1 + bytes.Count(text, []byte("\n")) + bytes.Count(text, []byte("\r"))
	for _, p := range problems {
		if p.Line == 0 && !slices.ContainsFunc(wholeFile, func(s string) bool { return strings.HasPrefix(p.Text, s) }) {
			t.Errorf("no line: %v", p)
		}
		if p.Line < 0 || p.Line > lines {
			t.Errorf("line %d of %d: %v", p.Line, lines, p)
		}
		if !strings.HasPrefix(p.Error(), "trunk.toml") || !strings.Contains(p.Text, ": ") && !strings.Contains(p.Text, "; did you mean ") && !strings.Contains(p.Text, "needs ") {
			t.Errorf("no file or no remedy: %v", p)
		}
		if strings.ContainsAny(p.Text, "\n\r\x00") {
			t.Errorf("more than one line: %q", p.Text)
		}
	}
	if !slices.IsSortedFunc(problems, func(a, b Problem) int { return a.Line - b.Line }) {
		t.Errorf("not in the order of the lines: %v", err)
	}
}

func TestPasswordFileWithoutAReader(t *testing.T) {
	text := "[trunk]\ndomain = \"sip.example.net\"\nusername = \"441632960000\"\npassword_file = \"secret.txt\"\n"
	_, err := Parse(strings.NewReader(text), "trunk.toml", nil)
	const want = "trunk.toml line 4: password_file cannot be used here: write password instead"
	if err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
}
