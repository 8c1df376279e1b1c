package main

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"io/fs"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"trunktester/image/kit"
	"trunktester/image/kit/kittest"
)

const (
	password = "k9#Wq<~zT4"
	trunk    = "[trunk]\ndomain = \"sip.example.net\"\nusername = \"441632960000\"\npassword = \"" + password + "\"\n[kit]\nname = \"Kit 0042\"\n"
)

// call runs the program and looks for the password in what it says.
func call(t *testing.T, args ...string) (status int, stdout, stderr string) {
	t.Helper()
	var out, errs bytes.Buffer
	status = run(t.Context(), args, &out, &errs)
	noSecret(t, "stdout", out.Bytes())
	noSecret(t, "stderr", errs.Bytes())
	return status, out.String(), errs.String()
}

func noSecret(t *testing.T, where string, b []byte) {
	t.Helper()
	for _, w := range []string{password, base64.StdEncoding.EncodeToString([]byte(password)), base64.RawURLEncoding.EncodeToString([]byte(password)),
		hex.EncodeToString([]byte(password)), strings.ToUpper(hex.EncodeToString([]byte(password))), url.QueryEscape(password), url.PathEscape(password)} {
		if bytes.Contains(b, []byte(w)) {
			t.Errorf("%s holds the password as %s:\n%s", where, w, b)
		}
	}
}

func file(t *testing.T, folder, name, text string) string {
	t.Helper()
	name = filepath.Join(folder, name)
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}

func TestUsage(t *testing.T) {
	for _, c := range []struct {
		args   string
		status int
		says   string
	}{
		{"", 64, "trunkkit makes the cards"},
		{"help", 0, "trunkkit batch"},
		{"help batch", 0, "kit.name,trunk.domain,trunk.username,trunk.password"},
		{"help personalise", 0, "-profile FILE"},
		{"help nothing", 64, `there is no command "nothing"`},
		{"nothing", 64, `there is no command "nothing"`},
		{"version", 0, "trunkkit dev, commit unknown"},
		{"image", 64, "-base is missing: write for example -base trunktester.img.gz"},
		{"image -base a", 64, "-profile is missing"},
		{"personalise -base a -profile b", 64, "-o is missing"},
		{"image extra", 64, `unexpected "extra"`},
		{"image -password x", 64, "flag provided but not defined: -password"},
		{"image -h", 0, "-profile file"},
		{"batch -base a -list b", 64, "-out is missing"},
		{"batch -base a -list b -out c -j 0", 64, "-j takes 1 to 64"},
		{"batch -base a -list none.csv -out c", 65, `there is no file none.csv: "trunkkit help batch" shows an example`},
		{"image -base a -profile none.toml -o c", 65, "there is no file none.toml: write one from trunk.toml.example"},
		{"inspect", 64, "say which card"},
		{"inspect none.img", 65, "there is no file none.img"},
		{"inspect a b", 64, `unexpected "b"`},
	} {
		status, out, errs := call(t, strings.Fields(c.args)...)
		if status != c.status || !strings.Contains(out+errs, c.says) {
			t.Errorf("%q: status %d\n%s%s", c.args, status, out, errs)
		}
	}
}

func TestImage(t *testing.T) {
	folder, base := t.TempDir(), kittest.Card{}.Write(t)
	out := filepath.Join(folder, "kit.img")
	windows := "\ufeff" + strings.ReplaceAll(trunk, "\n", "\r\n")
	file(t, folder, "trunk.toml.txt", windows)
	status, said, errs := call(t, "personalise", "-base", base, "-profile", filepath.Join(folder, "trunk.toml"), "-o", out)
	if status != 0 || !strings.HasPrefix(said, out+" is ready: Kit 0042, trunk sip.example.net.\nsha256 ") {
		t.Fatalf("status %d\n%s%s", status, said, errs)
	}
	if status, said, errs = call(t, "image", "-base", base, "-profile", filepath.Join(folder, "trunk.toml"), "-o", out); status != 65 || !strings.Contains(errs, "is there already") {
		t.Errorf("status %d\n%s%s", status, said, errs)
	}
	status, said, errs = call(t, "inspect", out)
	want := `program       1.2.3
build         7
kernel        6.12.47-v8
model         rpi
partitions    boot 4 MB, root A 1 MB, root B 1 MB, perm 17 MB
boot          3 files, starts from root A
kit           Kit 0042
reseller      none
supported     no date
trunk         sip.example.net over udp, authentication register
username      4416...0000
password      yes
page          on
`
	if status != 0 || said != want || errs != "" {
		t.Errorf("status %d\n%s%s", status, said, errs)
	}
	status, said, _ = call(t, "inspect", out, "-json")
	var c kit.Contents
	if err := json.Unmarshal([]byte(said), &c); err != nil || status != 0 || c.Profile == nil || !c.Profile.Password {
		t.Errorf("status %d, %v\n%s", status, err, said)
	}
	for name, text := range map[string]string{
		"a password file": "[trunk]\ndomain = \"sip.example.net\"\nusername = \"4\"\npassword_file = \"" + password + "\"\n",
		"a slip":          "[trunk]\ndomain = \"sip.example.net\"\nusername = \"4\"\npasword = \"" + password + "\"\n",
		"no quotes":       "[trunk]\ndomain = \"sip.example.net\"\nusername = \"4\"\npassword = " + password + "\n",
	} {
		bad := file(t, folder, "bad.toml", text)
		status, _, errs := call(t, "image", "-base", base, "-profile", bad, "-o", filepath.Join(folder, "bad.img"))
		if status != 65 || !strings.HasPrefix(errs, "bad.toml line 4: ") {
			t.Errorf("%s: status %d\n%s", name, status, errs)
		}
	}
}

func TestBatch(t *testing.T) {
	folder, base := t.TempDir(), kittest.Card{}.Write(t)
	common := file(t, folder, "common.toml", "[trunk]\ndomain = \"sip.example.net\"\n")
	list := file(t, folder, "kits.csv", "kit.name;trunk.username;trunk.password\r\nKit 1;441632960001;"+password+"\r\nKit 2;4.42E+11;"+password+"\r\n"+
		"Kit 3;"+password+"@x;"+password+"\r\nKit 4;441632960004;\"k9#Wq<~zT4\"x\r\nKit 5;441632960005;"+password+"\r\n")
	out := filepath.Join(folder, "kits")
	status, said, errs := call(t, "batch", "-base", base, "-list", list, "-out", out, "-common", common, "-j", "1")
	table := filepath.Join(out, kit.ResultName)
	if want := "1 of 5  kit-1.img: made\n5 of 5  kit-5.img: made\n5 kits: 2 made, 3 refused. " + table + " lists them.\n"; status != 65 || said != want {
		t.Errorf("status %d\n%s\nwant\n%s", status, said, want)
	}
	for _, want := range []string{"line 3, Kit 2: refused\n  kits.csv line 3, column trunk.username: Excel has", "line 4, Kit 3: refused\n  kits.csv line 4, column trunk.username: username must be",
		"line 5, a kit without a name: refused\n  kits.csv line 5: a quote is not closed"} {
		if !strings.Contains(errs, want) {
			t.Errorf("%s is not in\n%s", want, errs)
		}
	}
	b, err := os.ReadFile(table)
	if err != nil {
		t.Fatal(err)
	}
	noSecret(t, table, b)
	if lines := bytes.Count(b, []byte("\r\n")); lines != 6 || !bytes.HasPrefix(b, []byte("line;kit;file;sha256;result\r\n2;Kit 1;kit-1.img;")) {
		t.Errorf("%s", b)
	}
	files, err := fs.Glob(os.DirFS(out), "*")
	if err != nil || strings.Join(files, " ") != "kit-1.img kit-5.img kits-result.csv" {
		t.Errorf("%v, %v", files, err)
	}
	status, said, _ = call(t, "batch", "-base", base, "-list", list, "-out", out, "-common", common)
	if status != 65 || !strings.Contains(said, "5 kits: 2 unchanged, 3 refused.") {
		t.Errorf("again: status %d\n%s", status, said)
	}
}

func TestInterrupted(t *testing.T) {
	folder, base := t.TempDir(), kittest.Card{}.Write(t)
	list := file(t, folder, "kits.csv", "kit.name,trunk.domain,trunk.username,trunk.password\nKit 1,sip.example.net,4,"+password+"\n")
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	var out, errs bytes.Buffer
	status := run(ctx, []string{"batch", "-base", base, "-list", list, "-out", filepath.Join(folder, "kits")}, &out, &errs)
	if status != 1 || !strings.Contains(out.String(), "1 kit: 1 not made.") || !strings.Contains(errs.String(), "Stopped. The same command goes on from here.") {
		t.Errorf("status %d\n%s%s", status, &out, &errs)
	}
}

// TestExample: the list in the help text is one that works.
func TestExample(t *testing.T) {
	example := regexp.MustCompile(`(?m)^  (kit\.name,.*\n(?:  Kit .*\n)+)`).FindStringSubmatch(batchHelp)
	if example == nil {
		t.Fatal("no example in the help")
	}
	folder := t.TempDir()
	list := file(t, folder, "kits.csv", strings.ReplaceAll(example[1], "\n  ", "\n"))
	if status, said, errs := call(t, "batch", "-base", kittest.Card{}.Write(t), "-list", list, "-out", folder); status != 0 || !strings.Contains(said, "2 kits: 2 made.") {
		t.Errorf("status %d\n%s%s", status, said, errs)
	}
}

// TestEverywhere: it builds for the machines that people have, without a C compiler.
func TestEverywhere(t *testing.T) {
	goTool := func(system, arch string, args ...string) {
		cmd := exec.CommandContext(t.Context(), "go", args...)
		cmd.Env = append(os.Environ(), "GOOS="+system, "GOARCH="+arch, "CGO_ENABLED=0")
		if said, err := cmd.CombinedOutput(); err != nil {
			t.Errorf("%s/%s: go %s: %v\n%s", system, arch, strings.Join(args, " "), err, said)
		}
	}
	for _, c := range [][2]string{{"windows", "amd64"}, {"darwin", "arm64"}, {"linux", "arm64"}} {
		goTool(c[0], c[1], "build", "-o", filepath.Join(t.TempDir(), "trunkkit"), ".")
	}
	goTool("windows", "amd64", "vet", ".", "../../image/kit/")
}
