package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const labelled = `[trunk]
domain = "sip.example.net"
username = "441632960042"
password = "never-on-paper"
[provider]
name = "ST+"
phone = "0333 000 0000"
[kit]
name = "Kit 0042"
reseller = "Example Telecom Ltd"
support_until = "2031-12-31"
`

// inFolder writes files into a folder of the test and returns it.
func inFolder(t *testing.T, files map[string]string) string {
	t.Helper()
	folder := t.TempDir()
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(folder, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return folder
}

// kitTool runs trunkkit and returns what it said and its exit status.
func kitTool(t *testing.T, args ...string) (stdout, stderr string, status int) {
	t.Helper()
	var out, errs bytes.Buffer
	status = run(t.Context(), args, &out, &errs)
	return out.String(), errs.String(), status
}

func TestALabelOfOneKit(t *testing.T) {
	folder := inFolder(t, map[string]string{"trunk.toml": labelled})
	pdf := filepath.Join(folder, "label.pdf")
	stdout, stderr, status := kitTool(t, "label", "-profile", filepath.Join(folder, "trunk.toml"), "-o", pdf)
	if status != exitOK || stderr != "" || !strings.Contains(stdout, "1 label.") {
		t.Fatalf("status %d, %q, %q", status, stdout, stderr)
	}
	b, err := os.ReadFile(pdf)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"%PDF-", "Kit 0042", "0333 000 0000", "http://trunktester-kit-0042.local/"} {
		if !bytes.Contains(b, []byte(want)) {
			t.Errorf("the label does not say %q", want)
		}
	}
	for _, never := range []string{"never-on-paper", "441632960042"} {
		if bytes.Contains(b, []byte(never)) {
			t.Errorf("the label says %q", never)
		}
	}
}

// One name that cannot be printed and one row without a password do not cost the others their labels.
func TestLabelsOfAListWithTwoBadRows(t *testing.T) {
	folder := inFolder(t, map[string]string{
		"common.toml": "[trunk]\ndomain = \"sip.example.net\"\n",
		"kits.csv":    "kit.name,trunk.username,trunk.password\nKit 1,u1,never-1\nŁódź,u2,never-2\nKit 3,u3,\nKit 4,u4,never-4\n",
	})
	pdf := filepath.Join(folder, "labels.pdf")
	stdout, stderr, status := kitTool(t, "label", "-list", filepath.Join(folder, "kits.csv"), "-common", filepath.Join(folder, "common.toml"), "-o", pdf)
	if status != exitInput || !strings.Contains(stdout, "2 labels.") {
		t.Errorf("status %d, %q", status, stdout)
	}
	for _, want := range []string{"U+0141", "line 4", "2 labels had to be left out"} {
		if !strings.Contains(stderr, want) {
			t.Errorf("not told: %q in %q", want, stderr)
		}
	}
	if strings.Contains(stdout+stderr, "never-") {
		t.Error("a password was told")
	}
	b, err := os.ReadFile(pdf)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Contains(b, []byte("Kit 1")) || !bytes.Contains(b, []byte("Kit 4")) || bytes.Contains(b, []byte("Kit 3")) {
		t.Error("the labels are not those of kits 1 and 4")
	}
}

// The table that docs/kit.md shows is one that works.
func TestTheTableOfTheKitGuide(t *testing.T) {
	guide, err := os.ReadFile("../../docs/kit.md")
	if err != nil {
		t.Fatal(err)
	}
	table := ""
	for line := range strings.Lines(string(guide)) {
		if row, ok := strings.CutPrefix(line, "    "); ok && (strings.HasPrefix(row, "kit.name,") || strings.HasPrefix(row, "Kit 00")) {
			table += row
		}
	}
	folder := inFolder(t, map[string]string{"common.toml": "[trunk]\ndomain = \"sip.example.net\"\n", "kits.csv": table})
	stdout, stderr, status := kitTool(t, "label", "-list", filepath.Join(folder, "kits.csv"), "-common", filepath.Join(folder, "common.toml"),
		"-o", filepath.Join(folder, "labels.pdf"))
	if status != exitOK || stderr != "" || !strings.Contains(stdout, "2 labels.") {
		t.Errorf("status %d, %q, %q from\n%s", status, stdout, stderr, table)
	}
}

func TestALabelThatIsAskedForWrongly(t *testing.T) {
	folder := inFolder(t, map[string]string{"trunk.toml": labelled})
	profile := filepath.Join(folder, "trunk.toml")
	for want, args := range map[string][]string{
		"-profile is missing":              {"label", "-o", "x.pdf"},
		"keep one of them":                 {"label", "-profile", profile, "-list", "kits.csv", "-o", "x.pdf"},
		"-common goes with -list":          {"label", "-profile", profile, "-common", profile, "-o", "x.pdf"},
		"-place takes 1 to 8":              {"label", "-profile", profile, "-place", "9", "-o", "x.pdf"},
		"-o is missing":                    {"label", "-profile", profile},
		"-o takes a name that ends in":     {"label", "-profile", profile, "-o", profile},
		"-o takes a name that ends in .pd": {"card", "-o", profile},
	} {
		if _, stderr, status := kitTool(t, args...); status != exitUsage || !strings.Contains(stderr, want) {
			t.Errorf("%q: status %d, %q", args, status, stderr)
		}
	}
	if b, err := os.ReadFile(profile); err != nil || string(b) != labelled {
		t.Errorf("the profile was touched: %v", err)
	}
}

func TestACardForAHelpdesk(t *testing.T) {
	folder := inFolder(t, map[string]string{"trunk.toml": labelled})
	pdf := filepath.Join(folder, "card.pdf")
	if _, stderr, status := kitTool(t, "card", "-profile", filepath.Join(folder, "trunk.toml"), "-o", pdf); status != exitOK {
		t.Fatalf("status %d, %q", status, stderr)
	}
	b, err := os.ReadFile(pdf)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"Helpdesk: 0333 000 0000", "ST+", "What the flashes mean"} {
		if !bytes.Contains(b, []byte(want)) {
			t.Errorf("the card does not say %q", want)
		}
	}
	if bytes.Contains(b, []byte("never-on-paper")) {
		t.Error("the card says the password")
	}
}
