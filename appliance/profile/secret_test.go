package profile

import (
	"fmt"
	"math/rand/v2"
	"os"
	"strings"
	"testing"
)

// password has what TOML and its parser trip over: a sign of its own, a number, a dot, an equals sign.
const password = "Zq9!x=7.Wm#k"

// leaks tells whether a message holds the password or a telling piece of it.
func leaks(message string) bool {
	for i := 0; i+4 <= len(password); i++ {
		if strings.Contains(message, password[i:i+4]) {
			return true
		}
	}
	return false
}

func profileWith(passwordLine string) string {
	return "[trunk]\ndomain = \"sip.example.net\"\nusername = \"441632960000\"\n" + passwordLine + "\nport = 5060\n\n[network]\nvlan = 20\n"
}

// Every way we know of writing the password's line wrongly.
func TestNoMessageHoldsThePassword(t *testing.T) {
	for _, line := range []string{
		"password = %s", "password = \"%s", "password = %s\"", "password = '%s", "password = '%s\"", "password = “%s”", "password = \"\"%s\"\"",
		"password \"%s\"", "password: \"%s\"", "password = \"%s\" \"%s\"", "password = \"%s\" # ok\npassword = \"%s\"", "password == \"%s\"",
		"password = \"\\q%s\"", "password = \"\\x%s\"", "password = \"\\u%s\"", "password = \"\\U%s\"", "password = \"\\u%sD800\"", "password = \"%s\\\"",
		"password = 12%s", "password = 0x%s", "password = 1.%s", "password = +%s", "password = 2031-%s", "password = 1e%s", "password = 0%s", "password = 1_%s",
		"password = true%s", "password = inf%s", "password = [\"%s\"]", "password = [\"%s\"", "password = [%s]", "password = {\"%s\" = 1}",
		"password = { a = \"%s\" }", "password = {%s}", "password.\"%s\" = 1", "password.%s = 1", "password.\"%s\".x = 1", "[trunk.password]\n\"%s\" = 1",
		"[trunk.password.\"%s\"]", "[trunk.\"%s\"]", "[[trunk.\"%s\"]]", "[\"%s\"]", "[%s]", "[\"password %s\"]\nx = 1", "\"password %s\" = 1", "\"password=%s\" = 1",
		"passwort = \"%s\"", "Password = \"%s\"", "PASSWORD = %s", "pass = \"%s\"", "pasword = \"%s\"\npasword = \"%s\"", "passwd-%s = 1", "password-%s",
		"\"%s\" = 1", "'%s' = 1", "\"%s\"", "%s", "= \"%s\"", "password = \"%s\"\n\"password\" = \"%s\"", "password = \"%s\"\npassword.x = 1",
		"password = \"\"\"%s", "password = '''%s", "password = \"\"\"%s\"\"\"\"\"\"", "password = \"%s\x01\"", "password = \"%s\\t\"", "password = \"%s\x00\"",
		"password = \"%s\xff\"", "password\u00a0= \"%s\"", "password = \"%s\"\npassword_file = \"%s\"", "password_file = \"%s\"", "password_file = [\"%s\"]",
		"password = \"x\"\nproxy = \"%s\"", "password = \"x\"\nauth = \"%s\"", "password = \"x\"\ntransport = \"%s\"", "password = \"x\"\ncheck_ip = \"%s\"",
		"password = \"x\"\ntls_ca = \"%s\"", "password = \"x\"\nport = \"%s\"", "password = \"x\"\n[network]\ninterface = \"%s\"",
		"password = \"x\"\n[provider]\nstun = [\"%s\"]\nportal = \"%s\"\nnetworks = [\"%s\"]", "password = \"x\"\n[kit]\nsupport_until = \"%s\"",
	} {
		text := profileWith(strings.ReplaceAll(line, "%s", password))
		_, err := Parse(strings.NewReader(text), "trunk.toml", files{}.read)
		if err == nil {
			t.Errorf("%s: no error", line)
			continue
		}
		if leaks(err.Error()) {
			t.Errorf("%s: the message holds the password: %v", line, err)
		}
		sound(t, []byte(text), err)
	}
}

// Thousands of slips of the pen, always the same ones: characters and pieces taken out, put in, exchanged.
func TestNoMessageHoldsThePasswordAfterSlips(t *testing.T) {
	example, err := os.ReadFile(exampleFile)
	if err != nil {
		t.Fatal(err)
	}
	random := rand.New(rand.NewPCG(1, 2))
	pieces := []string{"\"", "'", "=", "[", "]", "{", "}", "\n", "\\", "#", ".", ",", " ", "“", "\"\"\"", "'''", "0", "\\x", "\x00", "\xff", "\u00a0", "[trunk]\n", "password"}
	refused := 0
	for _, good := range []string{profileWith("password = \"" + password + "\""), strings.Replace(string(example), "change me", password, 1)} {
		for i := range 1500 {
			text := good
			for range 1 + random.IntN(3) {
				at := random.IntN(len(text))
				if i%2 == 0 { // near the password
					at = max(0, min(len(text)-1, strings.Index(text, "password = ")+random.IntN(40)))
				}
				end := min(len(text), at+random.IntN(4))
				piece := pieces[random.IntN(len(pieces))]
				if random.IntN(3) == 0 {
					piece = ""
				}
				text = text[:at] + piece + text[end:]
			}
			_, err := Parse(strings.NewReader(text), "trunk.toml", files{}.read)
			if err == nil {
				continue
			}
			refused++
			if leaks(err.Error()) {
				t.Fatalf("the message holds the password: %v\nfile:\n%s", err, text)
			}
			sound(t, []byte(text), err)
		}
	}
	if refused < 1500 {
		t.Errorf("only %d of 3000 files were refused: the slips are too mild", refused)
	}
}

func TestProfileDoesNotPrintThePassword(t *testing.T) {
	p := parsed(t, []byte(profileWith("password = \""+password+"\"")))
	if p.Trunk.Password.Reveal() != password {
		t.Fatalf("the password is not the one in the file")
	}
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q"} {
		if s := fmt.Sprintf(verb, *p); leaks(s) {
			t.Errorf("%s prints the password", verb)
		}
	}
}

func FuzzParse(f *testing.F) {
	for name := range bad {
		text, err := os.ReadFile("testdata/bad/" + name + ".toml")
		if err != nil {
			f.Fatal(err)
		}
		if len(text) < 4096 {
			f.Add(text, []byte{})
		}
	}
	f.Add([]byte("[trunk]\ndomain = \"sip.example.net\"\nusername = \"441632960000\"\n"), []byte("[network]\nvlan = 20\n"))
	f.Add([]byte("\xff\xfe[\x00"), []byte("\xd8"))
	f.Fuzz(func(t *testing.T, before, after []byte) {
		text := []byte(string(before) + "\npassword = \"" + password + "\"\n" + string(after))
		for _, file := range [][]byte{text, before, after} {
			p, err := Parse(strings.NewReader(string(file)), "trunk.toml", files{}.read)
			if (p == nil) == (err == nil) {
				t.Fatalf("profile %v, error %v", p, err)
			}
			if err == nil {
				continue
			}
			sound(t, file, err)
			if strings.Contains(err.Error(), password) {
				t.Errorf("the message holds the password: %v", err)
			}
		}
	})
}
