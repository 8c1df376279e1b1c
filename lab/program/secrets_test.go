package program_test

import (
	"bytes"
	"crypto/md5"
	"crypto/sha256"
	"encoding/hex"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"trunktester/appliance/report"
	"trunktester/lab"
)

var quoted = regexp.MustCompile(`\b(?:nonce|cnonce|response)="([^"]+)"`)

// secrets are what the far end knows that nobody else may: the password, what is made of it, and every
// nonce, cnonce and digest response that passed.
func (b *box) secrets() report.Secrets {
	b.t.Helper()
	file, err := os.ReadFile(b.path("trunk.toml"))
	if err != nil {
		b.t.Fatal(err)
	}
	password := regexp.MustCompile(`(?m)^password = "(.*)"$`).FindStringSubmatch(string(file))
	if password == nil {
		b.t.Fatal("the profile has no password")
	}
	all := report.Secrets{password[1]}
	ha1 := []byte(lab.Username + ":" + lab.Domain + ":" + password[1])
	short, long := md5.Sum(ha1), sha256.Sum256(ha1)
	for _, sum := range [][]byte{short[:], long[:]} {
		all = append(all, string(sum), hex.EncodeToString(sum), strings.ToUpper(hex.EncodeToString(sum)))
	}
	all = append(all, b.Registrar.Nonces()...)
	taken := 0
	for _, m := range b.Registrar.Seen.All() {
		for _, found := range quoted.FindAllSubmatch(m.Bytes, -1) {
			all = append(all, string(found[1]))
			taken++
		}
	}
	if taken < 3 { // nonce, cnonce and response of one login
		b.t.Errorf("only %d values were taken from the registrar's memory", taken)
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// files are all those in the box's folder but the profile.
func (b *box) files() map[string]string {
	b.t.Helper()
	found := map[string]string{}
	err := filepath.WalkDir(b.folder, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || d.Name() == "trunk.toml" {
			return err
		}
		text, err := os.ReadFile(path)
		found[strings.TrimPrefix(path, b.folder)] = string(text)
		return err
	})
	if err != nil {
		b.t.Fatal(err)
	}
	return found
}

// Every artefact of runs in which credentials were sent, searched for what the far end knows.
func TestNoSecretLeaves(t *testing.T) {
	t.Parallel()
	for _, world := range []string{"healthy", "wrong-login", "wrong-login-403", "sip-alg-registers", "sha-256", "stale-nonce", "tls-trunk"} {
		if _, ok := lab.Find(world); !ok {
			t.Fatalf("no world %q", world)
		}
		t.Run(world, func(t *testing.T) {
			t.Parallel()
			b := boxIn(t, world, withoutPBX)
			artefacts := map[string]string{}
			checked := b.start(b.usual("check", "-v", "-json", "-pcap", b.path("check.pcapng"))...).wait()
			artefacts["check's report"], artefacts["check's log"] = checked.stdout, checked.stderr
			plain := b.start(b.usual("check", "-v")...).wait()
			artefacts["check's text"], artefacts["check's other log"] = plain.stdout, plain.stderr

			p := b.start("appliance", "-interface", "eth0", "-profile", b.path("trunk.toml"), "-state", b.path("other-state"))
			first := b.finished("")
			if a, err := b.ask("POST", "", "/run", url.Values{}); err != nil || a.code/100 != 3 {
				t.Errorf("run again: %d %v", a.code, err)
			}
			b.finished(first.ID)
			for _, path := range []string{"/", "/report.json", "/report.txt", "/report.html", "/metrics", "/capture.pcapng", "/explain/4-2"} {
				artefacts["page "+path] = b.get(path)
			}
			p.signal(syscall.SIGTERM)
			ended := p.wait()
			artefacts["appliance's output"], artefacts["appliance's log"] = ended.stdout, ended.stderr
			for name, text := range b.files() {
				artefacts["file "+name] = text
			}

			secrets := b.secrets()
			for _, name := range []string{"file /check.pcapng", "file /state/ledger", "file /other-state/ledger", "page /capture.pcapng", "check's report", "appliance's output"} {
				if len(artefacts[name]) == 0 {
					t.Errorf("there is no %s", name)
				}
			}
			if !strings.Contains(artefacts["file /check.pcapng"], "SIP/2.0") {
				t.Error("the packets hold no SIP at all")
			}
			if planted := secrets.In([]byte(strings.Join(secrets, "\n"))); len(planted) < len(secrets) {
				t.Errorf("the search finds %d of %d secrets where they all are", len(planted), len(secrets))
			}
			for name, text := range artefacts {
				for _, leak := range secrets.In([]byte(text)) {
					t.Errorf("%s: %s", name, leak)
				}
			}
			follow(t, []byte(checked.stdout))
			follow(t, []byte(artefacts["page /report.json"]))
		})
	}
}

// follow says that a report is what docs/report.schema.json promises.
func follow(t *testing.T, encoded []byte) {
	t.Helper()
	text, err := os.ReadFile("../../docs/report.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	compiler := jsonschema.NewCompiler()
	compiler.AssertFormat()
	if err := compiler.AddResource("report.json", doc); err != nil {
		t.Fatal(err)
	}
	schema, err := compiler.Compile("report.json")
	if err != nil {
		t.Fatal(err)
	}
	v, err := jsonschema.UnmarshalJSON(bytes.NewReader(encoded))
	if err != nil {
		t.Error(err)
		return
	}
	if err := schema.Validate(v); err != nil {
		t.Error(err)
	}
}
