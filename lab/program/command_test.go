package program_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"

	"trunktester/appliance/catalogue"
	"trunktester/appliance/catalogue/words"
	"trunktester/appliance/report"
)

// Exit statuses, from design section 5.
const (
	green, amber, red, untested = 0, 1, 2, 3
	usage, badProfile           = 64, 65
)

func TestCommands(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	file := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	good := file("good.toml", "[trunk]\ndomain = \"sip.example.net\"\nusername = \"u\"\npassword = \"secret-42\"\n")
	bad := file("bad.toml", "[trunk]\ndomain = \"sip.example.net\"\nusername = \"u\"\npasword = \"secret-42\"\n")
	for _, c := range []struct {
		args           string
		exit           int
		stdout, stderr string // regular expressions for the whole; "" for nothing
	}{
		{"version", 0, `trunktester \S+, commit \S+\nkernel \S+\nmodel .+\n`, ""},
		{"help", 0, `(?s)trunktester finds out.*`, ""},
		{"explain", 0, `(?s).*1-1.*3-2.*5-\d.*`, ""},
		{"explain 3-2", 0, `(?s).*3-2.*`, ""},
		{"explain sip-alg", 0, `(?s).*3-2.*`, ""},
		{"explain 9-9", usage, "", `trunktester explain: there is no code "9-9"\. .*\n`},
		{"explain 3-2 3-3", usage, "", `trunktester explain: one code at a time.*\n`},
		{"explain trunktester 3-2 red kit-0042 20260301-093000 1.0.0 9525", 0, `(?s)Run 20260301-093000 of kit KIT-0042, trunktester 1\.0\.0, red; the check digits fit\.\n\n3-2 .*`, ""},
		{"explain trunktester 3-3 red kit-0042 20260301-093000 1.0.0 9525", usage, "", `trunktester explain: the check digits do not fit.*\n`},
		{"", usage, "", `(?s)trunktester finds out.*`},
		{"chekc", usage, "", `trunktester: there is no command "chekc"\. Try "trunktester help"\.\n`},
		{"check -passwort x", usage, "", `(?s)flag provided but not defined: -passwort.*`},
		{"check trunk.toml", usage, "", `trunktester check: unexpected "trunk\.toml".*\n`},
		{"check -position attic", usage, "", `trunktester check: there is no position "attic": use router, lan or pbx\.\n`},
		{"appliance -nonsense", usage, "", `(?s)flag provided but not defined: -nonsense.*`},
		{"profile", usage, "", `trunktester profile: say which file.*\n`},
		{"profile check " + good, 0, `\S+/good\.toml is in order: trunk sip\.example\.net over udp, authentication by username and password\.\n`, ""},
		{"profile check " + bad, badProfile, "", `bad\.toml line 4: unknown key in \[trunk\]; did you mean password\?\n`},
		{"profile check " + dir + "/none.toml", badProfile, "", `there is no file \S+/none\.toml: write one from docs/trunk\.toml\.example\n`},
		{"profile check " + dir, badProfile, "", `.+\n`},
		{"check -json -profile " + bad, badProfile, "", `bad\.toml line 4: unknown key in \[trunk\]; did you mean password\?\n`},
		{"check -json -profile " + dir + "/none.toml", badProfile, "", `there is no file .*\n`},
	} {
		t.Run(c.args, func(t *testing.T) {
			t.Parallel()
			got := run(t, trunktester, nil, strings.Fields(c.args)...)
			if got.exit != c.exit || !regexp.MustCompile(`^`+c.stdout+`$`).MatchString(got.stdout) || !regexp.MustCompile(`^`+c.stderr+`$`).MatchString(got.stderr) {
				t.Errorf("exit %d, want %d\nstandard output %q, want %s\nstandard error %q, want %s", got.exit, c.exit, got.stdout, c.stdout, got.stderr, c.stderr)
			}
			if strings.Contains(got.stdout+got.stderr, "secret-42") {
				t.Error("the password is printed")
			}
		})
	}
}

func TestExplainListsAll(t *testing.T) {
	t.Parallel()
	got := run(t, trunktester, nil, "explain")
	for _, c := range catalogue.All() {
		if !strings.Contains(got.stdout, c.Code) || !strings.Contains(got.stdout, c.Title) {
			t.Errorf("%s %s is not in the list", c.Code, c.Slug)
		}
	}
}

func TestBadProfileSendsNothing(t *testing.T) {
	t.Parallel()
	b := boxIn(t, "healthy", withoutPBX)
	b.change("[provider]", "[provder]")
	before := b.state()
	got := b.start(b.usual("check")...).wait()
	if got.exit != badProfile || !strings.Contains(got.stderr, "trunk.toml line 6: unknown table [provder]") {
		t.Errorf("exit %d, %q", got.exit, got.stderr)
	}
	if seen := b.DHCP.Seen.All(); len(seen) != 0 {
		t.Errorf("it asked for an address: %v", seen)
	}
	b.unchanged(before)
}

func TestMissingInterface(t *testing.T) {
	t.Parallel()
	b := boxIn(t, "healthy", withoutPBX)
	for _, command := range []string{"check", "appliance"} {
		got := b.start(command, "-interface", "eth7", "-state", b.path("state")).wait()
		if got.exit != untested || !strings.Contains(got.stderr, `no network interface "eth7": name one of eth0`) {
			t.Errorf("%s: exit %d, %q", command, got.exit, got.stderr)
		}
		if command == "check" {
			if err := oneSentence(got.stderr); err != nil {
				t.Error(err)
			}
		}
	}
}

// A laptop's user without any right: what cannot be looked at is the program's fault, never the line's.
func TestWithoutPermission(t *testing.T) {
	t.Parallel()
	for _, setup := range []bool{true, false} {
		b := boxIn(t, "healthy")
		if !setup {
			b.configure()
		}
		if err := os.Chmod(b.path("trunk.toml"), 0o644); err != nil {
			t.Fatal(err)
		}
		b.open()
		args := b.usual("check")
		if !setup {
			args = append(args, "-no-setup")
		}
		cmd := exec.Command(trunktester, args...)
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: 65534, Gid: 65534}}
		got := b.startCommand(cmd).wait()
		if got.exit == red || got.exit > untested || strings.Contains(got.stdout, " red") {
			t.Errorf("setup %v: exit %d\n%s%s", setup, got.exit, got.stdout, got.stderr)
		}
		if setup && (got.exit != untested || !strings.Contains(got.stdout+got.stderr, "run as root")) {
			t.Errorf("exit %d without a remedy\n%s%s", got.exit, got.stdout, got.stderr)
		}
		if !setup && !strings.Contains(got.stdout, "run as root") {
			t.Errorf("no remedy in\n%s%s", got.stdout, got.stderr)
		}
	}
}

func TestLabWithoutNamespaces(t *testing.T) {
	t.Parallel()
	limit := "/proc/sys/user/max_net_namespaces"
	cmd := exec.CommandContext(t.Context(), "sh", "-c", "echo 0 > "+limit+" && exec "+trunklab+" -world healthy -check -program "+trunktester)
	cmd.SysProcAttr = &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWUSER,
		UidMappings: []syscall.SysProcIDMap{{ContainerID: 0, HostID: 0, Size: 1}},
		GidMappings: []syscall.SysProcIDMap{{ContainerID: 0, HostID: 0, Size: 1}}}
	var kept []string
	for _, e := range os.Environ() {
		if !strings.HasPrefix(e, "TRUNKTESTER_LAB_") {
			kept = append(kept, e)
		}
	}
	cmd.Env = kept
	var stderr strings.Builder
	cmd.Stderr = &stderr
	out, _ := cmd.Output()
	if got := cmd.ProcessState.ExitCode(); got != untested || len(out) != 0 {
		t.Errorf("exit %d, %q", got, out)
	}
	if err := oneSentence(stderr.String()); err != nil || !strings.Contains(stderr.String(), "does not let the lab make its own network") {
		t.Errorf("%v in %q", err, stderr.String())
	}
}

// Neither a pipe nor NO_COLOR gets escape sequences.
func TestNoEscapes(t *testing.T) {
	t.Parallel()
	b := boxIn(t, "healthy")
	for _, noColor := range []string{"", "1"} {
		cmd := exec.Command(trunktester, b.usual("check")...)
		cmd.Env = append(os.Environ(), "TERM=xterm-256color", "NO_COLOR="+noColor)
		got := b.startCommand(cmd).wait()
		if got.exit != green || strings.ContainsAny(got.stdout+got.stderr, "\x1b\r") {
			t.Errorf("exit %d, %q %q", got.exit, got.stdout, got.stderr)
		}
		if !strings.Contains(got.stdout, "LINE green; INTERNET green; SIP PATH green; LOGIN green; PBX green") {
			t.Errorf("no lights in\n%s", got.stdout)
		}
	}
	appliance := b.start(b.usual("appliance")...)
	until(t, "all green", func() bool { return strings.Contains(appliance.out.String(), "PBX green") })
	if strings.ContainsAny(appliance.out.String(), "\x1b\r") {
		t.Errorf("%q", appliance.out.String())
	}
}

func TestProgressBesideTheReport(t *testing.T) {
	t.Parallel()
	b := boxIn(t, "healthy")
	got, r := b.check()
	if !strings.HasPrefix(got.stdout, "{") || strings.Count(got.stdout, "\n") != 1 && !strings.HasSuffix(got.stdout, "}\n") {
		t.Errorf("standard output %.100q", got.stdout)
	}
	if got.exit != green || r.Verdict.Code != "ok" {
		t.Errorf("exit %d, verdict %s", got.exit, r.Verdict.Code)
	}
	for _, s := range r.Steps {
		if title := report.Title(words.InEnglish(), s.ID); !strings.Contains(got.stderr, title) {
			t.Errorf("no progress of %q on standard error", title)
		}
	}
}
