package importer

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf16"

	"trunktester/appliance/profile"
	"trunktester/appliance/store"
)

const good = `[trunk]
domain = "sip.example.net"
username = "441632960000"
password = "correct horse"
`

const bad = `[trunk]
domain = "sip.example.net"
username = "441632960000"
pasword = "correct horse"
`

// stick is a folder, a store beside it, and a count of the times it was made writable.
type stick struct {
	Volume
	dir    string
	kept   *store.Store
	writes int
}

func newStick(t *testing.T, files map[string]string) *stick {
	t.Helper()
	s := &stick{dir: t.TempDir(), kept: store.Open(filepath.Join(t.TempDir(), "perm"))}
	for name, text := range files {
		s.put(t, name, text)
	}
	root, err := os.OpenRoot(s.dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { root.Close() })
	s.Volume = Volume{Root: root, Write: func(do func() error) error { s.writes++; return do() }}
	return s
}

func (s *stick) put(t *testing.T, name, text string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(s.dir, name), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func (s *stick) text(t *testing.T, name string) string {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(s.dir, name))
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func (s *stick) wantImport(t *testing.T, kind Kind) Outcome {
	t.Helper()
	out := Import(s.Volume, s.kept)
	if out.Kind != kind || out.Err != nil {
		t.Fatalf("%v, %v, %q; want %v", out.Kind, out.Err, out.Sentence, kind)
	}
	return out
}

func (s *stick) wantKept(t *testing.T, text string) {
	t.Helper()
	if got, err := s.kept.Profile(); err != nil || string(got) != text {
		t.Errorf("kept %q, %v; want %q", got, err, text)
	}
}

func utf16LE(s string) string {
	b := []byte{0xff, 0xfe}
	for _, u := range utf16.Encode([]rune(s)) {
		b = binary.LittleEndian.AppendUint16(b, u)
	}
	return string(b)
}

func TestWhatPeopleCopyOntoAStick(t *testing.T) {
	crlf := strings.ReplaceAll(good, "\n", "\r\n")
	for name, c := range map[string]struct{ file, text string }{
		"as documented":                {"trunk.toml", good},
		"old DOS name":                 {"TRUNK.TOML", good},
		"Windows hides endings":        {"trunk.toml.txt", crlf},
		"Windows, shouting":            {"Trunk.Toml.TXT", crlf},
		"Notepad: byte order mark":     {"trunk.toml", "\ufeff" + crlf},
		"Notepad: Unicode":             {"trunk.toml.txt", utf16LE(crlf)},
		"no line feed at the end":      {"trunk.toml", strings.TrimRight(good, "\n")},
		"macOS put its own beside it":  {"trunk.toml", good},
		"a folder is called like that": {"trunk.toml.txt", good},
	} {
		t.Run(name, func(t *testing.T) {
			s := newStick(t, map[string]string{c.file: c.text, "._trunk.toml": "Mac OS X\x00\x05", "photo.jpg": "x"})
			if strings.HasPrefix(name, "a folder") {
				if err := os.Mkdir(filepath.Join(s.dir, "trunk.toml"), 0o700); err != nil {
					t.Fatal(err)
				}
			}
			out := s.wantImport(t, Imported)
			if out.Profile.Trunk.Password.Reveal() != "correct horse" {
				t.Error("another password")
			}
			s.wantKept(t, c.text)
			left := s.text(t, c.file)
			if len(left) != len(c.text) || strings.Contains(left, "horse") || !strings.HasPrefix(left, "# This profile was imported") {
				t.Errorf("%d bytes are left of %d: %q", len(left), len(c.text), left)
			}
			writes := s.writes
			if out := s.wantImport(t, Nothing); out.Sentence != "" || s.writes != writes {
				t.Errorf("the second time: %q, %d writes", out.Sentence, s.writes-writes)
			}
			s.put(t, c.file, c.text) // the same file from the same computer
			if out := s.wantImport(t, Known); strings.Contains(s.text(t, c.file), "horse") || out.Profile == nil {
				t.Errorf("the same profile: %q is left", s.text(t, c.file))
			}
		})
	}
}

func TestAnEmptyStick(t *testing.T) {
	s := newStick(t, map[string]string{"trunk.toml.example": bad, "my trunk.toml": bad, "trunk.toml.bak": bad})
	if out := s.wantImport(t, Nothing); out.Sentence != "" || s.writes != 0 || Wants(s.Root) {
		t.Errorf("%q, %d writes", out.Sentence, s.writes)
	}
}

// The old file was used up; the new one was saved by an editor that adds .txt.
func TestANewFileBesideAUsedOne(t *testing.T) {
	s := newStick(t, map[string]string{"trunk.toml": string(spentText(120)), "trunk.toml.txt": good})
	s.wantImport(t, Imported)
	s.wantKept(t, good)
}

func TestABadFileIsExplainedBesideIt(t *testing.T) {
	s := newStick(t, map[string]string{"trunk.toml": good})
	s.wantImport(t, Imported)
	s.put(t, "Trunk.toml", bad)
	os.Remove(filepath.Join(s.dir, "trunk.toml"))
	out := s.wantImport(t, Refused)
	s.wantKept(t, good)
	const want = "Trunk.toml line 4: "
	if !strings.Contains(out.Sentence, want) || strings.Contains(out.Sentence, "horse") {
		t.Errorf("sentence %q", out.Sentence)
	}
	told := s.text(t, ErrorFile)
	if !strings.Contains(told, want) || strings.Contains(told, "horse") ||
		strings.Count(told, "\n") != strings.Count(told, "\r\n") || !strings.Contains(told, "password") {
		t.Errorf("told:\n%s", told)
	}
	if s.text(t, "Trunk.toml") != bad {
		t.Error("the bad file was changed")
	}
	writes := s.writes
	s.wantImport(t, Refused)
	if s.writes != writes {
		t.Error("the same was told again")
	}
	s.put(t, "Trunk.toml", strings.Replace(good, "horse", "staple", 1))
	s.wantImport(t, Imported)
	if _, err := os.Stat(filepath.Join(s.dir, ErrorFile)); !errors.Is(err, os.ErrNotExist) {
		t.Error("what was wrong with the old file is still told")
	}
}

func TestRefusals(t *testing.T) {
	for name, c := range map[string]struct{ text, want string }{
		"password file":  {strings.Replace(good, `password = "correct horse"`, `password_file = "secret.txt"`, 1), "password_file cannot be used here: write password instead"},
		"huge":           {strings.Repeat("# comment\n", 20_000), "larger than 64 KiB"},
		"empty":          {"", "domain"},
		"a photo":        {"\xff\xd8\xff\xe0\x00\x10JFIF", "zero byte"},
		"zeros":          {strings.Repeat("\x00", 512), "zero byte"},
		"example itself": {"[trunk]\n", "domain"},
	} {
		t.Run(name, func(t *testing.T) {
			s := newStick(t, map[string]string{"trunk.toml": c.text})
			if out := s.wantImport(t, Refused); !strings.Contains(out.Sentence, c.want) {
				t.Errorf("sentence %q, want %q", out.Sentence, c.want)
			}
			if told := s.text(t, ErrorFile); !strings.Contains(told, c.want) {
				t.Errorf("told %q, want %q", told, c.want)
			}
		})
	}
}

// On the boot partition a file may neither appear nor grow nor shrink: gokrazy reads that FAT raw.
func TestTheBootPartitionKeepsItsShape(t *testing.T) {
	shape := func(s *stick) string {
		var all []string
		entries, err := os.ReadDir(s.dir)
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range entries {
			info, err := e.Info()
			if err != nil {
				t.Fatal(err)
			}
			all = append(all, fmt.Sprint(e.Name(), " ", info.Size()))
		}
		return strings.Join(all, ", ")
	}
	s := newStick(t, map[string]string{"cmdline.txt": "x", "trunk.toml": bad, ErrorFile: string(ErrorSpace())})
	s.Boot = true
	before := shape(s)
	s.wantImport(t, Refused)
	if told := s.text(t, ErrorFile); !strings.Contains(told, "line 4") {
		t.Errorf("told %q", strings.TrimSpace(told))
	}
	s.put(t, "trunk.toml", good)
	before = strings.Replace(before, fmt.Sprint("trunk.toml ", len(bad)), fmt.Sprint("trunk.toml ", len(good)), 1)
	s.wantImport(t, Imported)
	if after := shape(s); after != before {
		t.Errorf("before: %s\nafter:  %s", before, after)
	}
	if !bytes.Equal([]byte(s.text(t, ErrorFile)), ErrorSpace()) {
		t.Error("what was wrong with the old file is still told")
	}
	os.Remove(filepath.Join(s.dir, ErrorFile)) // somebody tidied up
	s.put(t, "trunk.toml", bad)
	if out := Import(s.Volume, s.kept); out.Kind != Refused || out.Err == nil {
		t.Errorf("no room for the reason: %v, %v", out.Kind, out.Err)
	}
	if _, err := os.Stat(filepath.Join(s.dir, ErrorFile)); !errors.Is(err, os.ErrNotExist) {
		t.Error("a file was created")
	}
}

func TestALongExplanationFits(t *testing.T) {
	why := make(profile.Problems, 200)
	for i := range why {
		why[i] = profile.Problem{File: "trunk.toml", Line: i + 1, Text: "there is no such key"}
	}
	for size := range 3 * line {
		if got := fitted(errorText("trunk.toml", why), size+200); len(got) != size+200 || !bytes.HasSuffix(bytes.TrimRight(got, " \r\n"), []byte("correct this first)")) {
			t.Fatalf("%d bytes instead of %d: %q", len(got), size+200, got)
		}
	}
}

// keeper fails as it is told to.
type keeper struct {
	Keeper
	save, read error
	lie        bool
}

func (k keeper) SaveProfile(text []byte) error {
	if k.save != nil {
		return k.save
	}
	return k.Keeper.SaveProfile(text)
}

func (k keeper) Profile() ([]byte, error) {
	text, err := k.Keeper.Profile()
	if k.lie && err == nil {
		text = append(bytes.Clone(text), ' ')
	}
	return text, errors.Join(k.read, err)
}

// The box uses the profile until the power goes, says so, and leaves the only lasting copy alone.
func TestABoxThatCannotKeepIt(t *testing.T) {
	for name, k := range map[string]keeper{
		"full":              {save: errors.New("no space left on device")},
		"lost":              {read: errors.New("input/output error")},
		"reads otherwise":   {lie: true},
		"no /perm, no card": {Keeper: store.Open("/nonexistent/perm")},
	} {
		t.Run(name, func(t *testing.T) {
			s := newStick(t, map[string]string{"trunk.toml": good})
			if k.Keeper == nil {
				k.Keeper = s.kept
			}
			out := Import(s.Volume, k)
			if out.Kind != Unkept || out.Err == nil || out.Profile == nil || !strings.Contains(out.Sentence, "lost when the power goes") {
				t.Errorf("%v, %v, %q", out.Kind, out.Err, out.Sentence)
			}
			if s.writes != 0 || s.text(t, "trunk.toml") != good {
				t.Error("the only copy was touched")
			}
		})
	}
}

func TestAWriteProtectedStick(t *testing.T) {
	locked := errors.New("read-only file system")
	s := newStick(t, map[string]string{"trunk.toml": good})
	s.Write = func(func() error) error { return locked }
	out := Import(s.Volume, s.kept)
	if out.Kind != Imported || !errors.Is(out.Err, locked) || !strings.Contains(out.Sentence, "delete trunk.toml yourself") {
		t.Errorf("%v, %v, %q", out.Kind, out.Err, out.Sentence)
	}
	s.wantKept(t, good)
	s = newStick(t, map[string]string{"trunk.toml": bad})
	s.Write = func(func() error) error { return locked }
	if out := Import(s.Volume, s.kept); out.Kind != Refused || !errors.Is(out.Err, locked) || !strings.Contains(out.Sentence, "line 4") {
		t.Errorf("%v, %v, %q", out.Kind, out.Err, out.Sentence)
	}
}

// Somebody saves the file again in the very moment: what he wrote is not cut.
func TestAFileThatChangedMeanwhile(t *testing.T) {
	s := newStick(t, map[string]string{"trunk.toml": good})
	s.Write = func(do func() error) error {
		s.put(t, "trunk.toml", good+"# more\n")
		return do()
	}
	if out := Import(s.Volume, s.kept); out.Err == nil || s.text(t, "trunk.toml") != good+"# more\n" {
		t.Errorf("%v: %q is left", out.Err, s.text(t, "trunk.toml"))
	}
}

// cut is a power cut.
type cut struct{}

// The power goes after every step of an import, and after every byte of the overwriting: the profile is
// the old or the new one, and the text is never gone before it is safe.
func TestAPowerCutAtEveryStep(t *testing.T) {
	old := strings.Replace(good, "horse", "staple", 1)
	for after := range len(good) + 3 {
		s := newStick(t, map[string]string{"trunk.toml": old})
		s.wantImport(t, Imported)
		s.put(t, "trunk.toml", good)
		func() {
			defer func() { _ = recover().(cut) }()
			k := cutting{Keeper: s.kept, before: after == 0, after: after == 1}
			v := s.Volume
			v.Write = func(func() error) error { // the overwriting reaches so many bytes
				done := string(spentText(len(good))[:after-2]) + good[after-2:]
				s.put(t, "trunk.toml", done)
				panic(cut{})
			}
			Import(v, k)
		}()
		text, err := s.kept.Profile()
		if err != nil || string(text) != old && string(text) != good {
			t.Fatalf("cut at %d: kept %q, %v", after, text, err)
		}
		if string(text) == old && s.text(t, "trunk.toml") != good {
			t.Fatalf("cut at %d: the new profile is nowhere", after)
		}
		if out := Import(s.Volume, s.kept); out.Kind == Refused || out.Err != nil { // the power is back
			t.Fatalf("cut at %d: %v, %v, %q", after, out.Kind, out.Err, out.Sentence)
		}
		s.wantKept(t, good)
		if left := s.text(t, "trunk.toml"); left != string(spentText(len(good))) {
			t.Fatalf("cut at %d: %q is left", after, left)
		}
	}
}

// cutting loses power before or after the profile is kept.
type cutting struct {
	Keeper
	before, after bool
}

func (k cutting) SaveProfile(text []byte) error {
	if k.before {
		panic(cut{})
	}
	err := k.Keeper.SaveProfile(text)
	if k.after {
		panic(cut{})
	}
	return err
}

func FuzzImport(f *testing.F) {
	f.Add([]byte(good), []byte(good), true)
	f.Add([]byte(bad), []byte("old"), false)
	f.Add(spentText(99), []byte(nil), false)
	f.Add([]byte(utf16LE(good)), []byte(nil), true)
	f.Fuzz(func(t *testing.T, text, kept []byte, boot bool) {
		dir := t.TempDir()
		root, err := os.OpenRoot(dir)
		if err != nil {
			t.Fatal(err)
		}
		defer root.Close()
		if err := errors.Join(root.WriteFile("trunk.toml", text, 0o600), root.WriteFile(ErrorFile, ErrorSpace(), 0o600)); err != nil {
			t.Fatal(err)
		}
		k := &memory{kept}
		out := Import(Volume{Root: root, Boot: boot}, k)
		left, err := root.ReadFile("trunk.toml")
		if err != nil || len(left) != len(text) {
			t.Fatalf("%d bytes are left of %d, %v", len(left), len(text), err)
		}
		if !bytes.Equal(left, text) && !bytes.Equal(k.text, text) && !halfSpent(text, k.text) {
			t.Fatalf("%v: the text is neither on the stick nor in the box", out.Kind)
		}
		if out.Kind == Refused && !bytes.Equal(k.text, kept) {
			t.Fatal("a refused profile changed the kept one")
		}
	})
}

type memory struct{ text []byte }

func (m *memory) SaveProfile(text []byte) error { m.text = bytes.Clone(text); return nil }
func (m *memory) Profile() ([]byte, error)      { return m.text, nil }

// Windows hides the ending .txt: a new file may have been saved beside the old one, and which one is meant is not for
// the box to guess.
func TestTwoFiles(t *testing.T) {
	other := strings.Replace(good, "horse", "staple", 1)
	for name, c := range map[string]struct {
		files map[string]string
		boot  bool
		kind  Kind
		kept  string
	}{
		"alike":                             {map[string]string{"trunk.toml": good, "trunk.toml.txt": good}, false, Imported, good},
		"alike, on the boot partition":      {map[string]string{"trunk.toml": good, "trunk.toml.txt": good}, true, Imported, good},
		"another text":                      {map[string]string{"trunk.toml": good, "trunk.toml.txt": other}, false, Refused, ""},
		"another text, boot partition":      {map[string]string{"trunk.toml": good, "trunk.toml.txt": other}, true, Refused, ""},
		"a bad one, and the corrected one":  {map[string]string{"trunk.toml": bad, "trunk.toml.txt": good}, false, Refused, ""},
		"the second was used before":        {map[string]string{"trunk.toml": good, "trunk.toml.txt": string(spentText(150))}, false, Imported, good},
		"an empty one that an editor left":  {map[string]string{"trunk.toml": good, "trunk.toml.txt": ""}, false, Refused, ""},
		"a name in capitals is another one": {map[string]string{"TRUNK.TOML": good, "trunk.toml.txt": other}, false, Refused, ""},
	} {
		t.Run(name, func(t *testing.T) {
			c.files[ErrorFile] = string(ErrorSpace())
			s := newStick(t, c.files)
			s.Boot = c.boot
			out := s.wantImport(t, c.kind)
			for name, was := range c.files {
				left := s.text(t, name)
				switch {
				case name == ErrorFile:
				case c.kind == Imported && strings.Contains(left, "horse"):
					t.Errorf("%s still reads %q", name, left)
				case c.kind == Refused && left != was:
					t.Errorf("%s was changed to %q", name, left)
				}
			}
			if c.kind == Imported {
				s.wantKept(t, c.kept)
				s.wantImport(t, Nothing)
				return
			}
			if _, err := s.kept.Profile(); !errors.Is(err, store.ErrNoProfile) {
				t.Errorf("kept: %v", err)
			}
			for _, said := range []string{out.Sentence, s.text(t, ErrorFile)} {
				if !strings.Contains(said, "and they do not say the same: delete the one that is not meant") || strings.Contains(said, "horse") {
					t.Errorf("said: %q", said)
				}
			}
		})
	}
}

// A wipe leaves no password on the volume: not in a file that was refused, not in one whose overwriting was cut off.
func TestErase(t *testing.T) {
	files := map[string]string{
		"trunk.toml":     bad,
		"Trunk.toml.txt": string(spentText(40)) + good[40:],
		"TRUNK.TOML":     "# password " + strings.Repeat("horse ", largest/4),
		"cmdline.txt":    "correct horse",
		ErrorFile:        string(fitted(errorText("trunk.toml", errors.New("trunk.toml line 4: no such key")), ErrorSize)),
	}
	s := newStick(t, files)
	s.Boot = true
	for range 2 {
		if err := Erase(s.Volume); err != nil {
			t.Fatal(err)
		}
	}
	for name, was := range files {
		left := s.text(t, name)
		if name == "cmdline.txt" {
			if left != was {
				t.Error("another file was changed")
			}
			continue
		}
		if len(left) != len(was) || strings.Contains(left, "horse") || strings.Contains(left, "line 4") {
			t.Errorf("%s: %d bytes of %d, %.200q", name, len(left), len(was), left)
		}
	}
	s.wantImport(t, Nothing)
	if s.writes != 5 { // the large one each time
		t.Errorf("%d writes", s.writes)
	}
	s = newStick(t, map[string]string{"trunk.toml": bad})
	locked := errors.New("read-only file system")
	s.Write = func(func() error) error { return locked }
	if err := Erase(s.Volume); !errors.Is(err, locked) {
		t.Errorf("a volume that takes nothing: %v", err)
	}
}
