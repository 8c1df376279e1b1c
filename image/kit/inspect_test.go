package kit

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"trunktester/image/kit/kittest"
)

func TestInspect(t *testing.T) {
	out := filepath.Join(t.TempDir(), "kit.img.gz")
	text := trunk + "reseller = \"Example\"\nsupport_until = \"2031-12-31\"\n[page]\nlisten = \"off\"\n"
	if _, err := Personalise(t.Context(), opened(t, kittest.Card{}.Write(t)), []byte(text), out, false); err != nil {
		t.Fatal(err)
	}
	want := Contents{
		Size:    kittest.Size,
		Release: Release{Version: "1.2.3", Build: 7.0, Kernel: "6.12.47-v8", Model: "rpi"},
		Partitions: []Partition{{"boot", kittest.BootAt, 4 << 20}, {"root A", kittest.RootAt, 1 << 20}, {"root B", kittest.RootAt + 1<<20, 1 << 20},
			{"perm", kittest.PermAt, kittest.PermLen}},
		Boot: Boot{Files: 3, Root: 2},
		Profile: &Profile{Kit: "Kit 0042", Reseller: "Example", SupportUntil: "2031-12-31", Domain: "sip.example.net", Transport: "udp", Auth: "register",
			Username: "4416...0000", Password: true},
		Problems: []string{},
	}
	if diff := cmp.Diff(want, opened(t, out).Inspect()); diff != "" {
		t.Error(diff)
	}
}

// Each card has something wrong, or nothing yet, and says so.
func TestInspectProblems(t *testing.T) {
	for name, c := range map[string]struct {
		card kittest.Card
		want string
	}{
		"as built":        {kittest.Card{}, ""},
		"old release":     {kittest.Card{Root: map[string]string{releaseFile: ""}}, ""},
		"no config.txt":   {kittest.Card{Boot: map[string]string{"config.txt": "", "vmlinuz": ""}}, "the boot partition lacks config.txt and vmlinuz: a box does not start from this card, use another image"},
		"no root":         {kittest.Card{Boot: map[string]string{"cmdline.txt": "rootwait"}}, "cmdline.txt on the boot partition does not name the root file system: a box does not start from this card, use another image"},
		"empty slot":      {kittest.Card{Boot: map[string]string{"cmdline.txt": "root=PARTUUID=x/PARTNROFF=2"}}, "the root file system cannot be read ("},
		"no program":      {kittest.Card{Root: map[string]string{"user/trunktester": "", "user/other": "x"}}, "the root file system has no program trunktester: use another image"},
		"broken release":  {kittest.Card{Root: map[string]string{releaseFile: "{"}}, "/" + releaseFile + " cannot be read (unexpected end of JSON input): use another image"},
		"half a profile":  {kittest.Card{Perm: map[string]string{ProfileName: "# trunktester/profile/1 00\n[trunk"}}, "/perm/trunktester/trunk.toml: the profile is damaged: the checksum in its first line does not fit: make the card again with trunkkit"},
		"a wrong profile": {kittest.Card{Perm: map[string]string{ProfileName: "[trunk]\npassword = \"" + password + "\"\n"}}, "/perm/trunktester/trunk.toml line 1: [trunk] needs domain"},
	} {
		t.Run(name, func(t *testing.T) {
			got := opened(t, c.card.Write(t)).Inspect()
			said := strings.Join(got.Problems, "\n")
			if !strings.HasPrefix(said, c.want) || c.want == "" && said != "" {
				t.Errorf("got  %s\nwant %s", said, c.want)
			}
			if strings.Contains(said, password) {
				t.Error("the password is told")
			}
			if got.Profile != nil {
				t.Errorf("a profile: %+v", got.Profile)
			}
			if c.want == "" && got.Release.Kernel != "6.12.47-v8" {
				t.Errorf("kernel %q", got.Release.Kernel)
			}
		})
	}
	c := opened(t, kittest.Card{Boot: map[string]string{"Trunk.toml.txt": trunk}}.Write(t)).Inspect()
	if c.Boot.Waiting != "Trunk.toml.txt" {
		t.Errorf("waiting: %q", c.Boot.Waiting)
	}
}
