package main

import (
	"bytes"
	"crypto/ed25519"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"encoding/pem"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"trunktester/appliance/update"
	"trunktester/image/gpt"
	"trunktester/image/kit/kittest"
)

// box is one that runs the version before the one that the tests sign.
var box = update.Release{Version: "1.2.3", Build: 7, Kernel: "6.12.47-v8", Model: "rpi"}

const newRelease = `{"version": "1.3.0", "build": 9, "kernel": "6.12.47-v8", "model": "rpi"}`

// maker makes updates: a folder with a pair of keys, and an image of the new version that trusts them.
type maker struct{ folder, key, public, image string }

func newMaker(t *testing.T) maker {
	t.Helper()
	folder := t.TempDir()
	m := maker{folder: folder, key: filepath.Join(folder, "update.key"), public: filepath.Join(folder, "update.pub")}
	if status, said, errs := call(t, "keygen", "-o", filepath.Join(folder, "update")); status != 0 || errs != "" ||
		!strings.Contains(said, m.key+" signs updates: keep it secret") || !strings.Contains(said, "make image UPDATE_KEY="+m.public) {
		t.Fatalf("status %d\n%s%s", status, said, errs)
	}
	m.image = m.card(t, newRelease)
	return m
}

// card is an image of a version that trusts the maker.
func (m maker) card(t *testing.T, release string) string {
	t.Helper()
	return kittest.Card{Root: map[string]string{update.ReleaseFile: release, update.KeyFile: string(readAll(t, m.public))}}.Write(t)
}

func readAll(t *testing.T, name string) []byte {
	t.Helper()
	b, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func (m maker) sign(t *testing.T, image, out string) (status int, said, errs string) {
	t.Helper()
	status, said, errs = call(t, "sign", "-key", m.key, "-image", image, "-o", filepath.Join(m.folder, out))
	m.secret(t, said+errs)
	return status, said, errs
}

// secret looks for the secret key in a text.
func (m maker) secret(t *testing.T, text string) {
	t.Helper()
	block, _ := pem.Decode(readAll(t, m.key))
	seed := block.Bytes[len(block.Bytes)-ed25519.SeedSize:] // RFC 8410, section 7
	body := strings.Split(string(readAll(t, m.key)), "\n")[1]
	for _, form := range []string{string(seed), body, body[len(body)-24:], base64.StdEncoding.EncodeToString(seed), hex.EncodeToString(seed)} {
		if strings.Contains(text, form) {
			t.Errorf("the secret key is in\n%s", text)
		}
	}
}

// take is the box's own reading of the file.
func (m maker) take(t *testing.T, file []byte, floor int64) (update.Manifest, error) {
	t.Helper()
	key, err := update.DecodePublic(readAll(t, m.public))
	if err != nil {
		t.Fatal(err)
	}
	f, err := update.Open(bytes.NewReader(file), int64(len(file)))
	if err != nil {
		return update.Manifest{}, err
	}
	return f.Verify(t.Context(), key, box, floor)
}

func TestTheKeyIsForItsOwnerOnly(t *testing.T) {
	m := newMaker(t)
	for name, want := range map[string]fs.FileMode{m.key: 0o600, m.public: 0o644} {
		info, err := os.Stat(name)
		if err != nil || info.Mode() != want {
			t.Errorf("%s: %v, %v", name, info.Mode(), err)
		}
	}
}

// Whoever types the command twice must not lose the key that all boxes in the field trust.
func TestAKeyIsNeverOverwritten(t *testing.T) {
	m := newMaker(t)
	key, public := readAll(t, m.key), readAll(t, m.public)
	again := func() string {
		status, said, errs := call(t, "keygen", "-o", filepath.Join(m.folder, "update"))
		if status != 65 || said != "" || !strings.Contains(errs, "is there already, and a key is never overwritten: take another name") {
			t.Errorf("status %d\n%s%s", status, said, errs)
		}
		return errs
	}
	if errs := again(); !strings.Contains(errs, m.key) || !bytes.Equal(readAll(t, m.key), key) || !bytes.Equal(readAll(t, m.public), public) {
		t.Errorf("the keys changed: %s", errs)
	}
	if err := os.Remove(m.key); err != nil {
		t.Fatal(err)
	}
	if errs := again(); !strings.Contains(errs, m.public) || !bytes.Equal(readAll(t, m.public), public) {
		t.Errorf("the public key changed: %s", errs)
	}
	if _, err := os.Stat(m.key); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a secret key without its public half was left behind: %v", err)
	}
}

func TestEveryPairOfKeysIsAnother(t *testing.T) {
	if a, b := newMaker(t), newMaker(t); bytes.Equal(readAll(t, a.key), readAll(t, b.key)) {
		t.Error("the same key twice")
	}
}

func TestABoxTakesWhatWasSigned(t *testing.T) {
	m := newMaker(t)
	status, said, errs := m.sign(t, m.image, update.FileName)
	if status != 0 || errs != "" {
		t.Fatalf("status %d\n%s%s", status, said, errs)
	}
	file := readAll(t, filepath.Join(m.folder, update.FileName))
	m.secret(t, string(file))
	taken, err := m.take(t, file, box.Build)
	if err != nil {
		t.Fatal(err)
	}
	var printed update.Manifest
	if err := json.Unmarshal([]byte(said), &printed); err != nil || printed != taken || taken.Version != "1.3.0" || taken.Build != 9 {
		t.Errorf("%v: %+v was printed, and the box reads %+v", err, printed, taken)
	}
	card := readAll(t, m.image)
	root := card[kittest.RootAt:]
	if got := file[int64(len(file))-taken.Size:]; !bytes.Equal(got, root[:taken.Size]) {
		t.Error("the root in the update is not the card's")
	}
	if bytes.Contains(file, []byte("EFI PART")) || len(file) > gpt.Sector*8+int(taken.Size) {
		t.Errorf("%d bytes: more than the root of %d is in it", len(file), taken.Size)
	}
	if status, said, errs := m.sign(t, m.image, update.FileName); status != 65 || !strings.Contains(errs, "is there already: remove it, or give another name") {
		t.Errorf("signed over: status %d\n%s%s", status, said, errs)
	}
	if left, err := filepath.Glob(filepath.Join(m.folder, "*.part")); err != nil || len(left) > 0 {
		t.Errorf("%v, %v", left, err)
	}
}

func TestABoxRefusesWhatWasNotSigned(t *testing.T) {
	m, other := newMaker(t), newMaker(t)
	made := func(by maker, release string) []byte {
		if status, said, errs := by.sign(t, m.card(t, release), "try"); status != 0 {
			t.Fatalf("status %d\n%s%s", status, said, errs)
		}
		defer os.Remove(filepath.Join(by.folder, "try")) //nolint:errcheck // the next one says so
		return readAll(t, filepath.Join(by.folder, "try"))
	}
	good := made(m, newRelease)
	edited := func(at int) []byte { b := bytes.Clone(good); b[at] ^= 4; return b }
	for name, c := range map[string]struct {
		file  []byte
		floor int64
		want  error
	}{
		"signed with somebody else's key":          {made(other, newRelease), 0, update.ErrSignature},
		"cut short on its way":                     {good[:len(good)-1], 0, update.ErrCutShort},
		"only its first part arrived":              {good[:100], 0, update.ErrCutShort},
		"one bit of the root changed":              {edited(len(good) - 5000), 0, update.ErrDamaged},
		"another version written into it":          {bytes.Replace(good, []byte("1.3.0"), []byte("1.9.0"), 1), 0, update.ErrSignature},
		"newer than what runs, but not than ever":  {good, 10, update.ErrOlder},
		"last year's version, signed well":         {made(m, strings.Replace(newRelease, "9", "5", 1)), 0, update.ErrOlder},
		"the version that runs":                    {made(m, strings.Replace(newRelease, "9", "7", 1)), 0, update.ErrSame},
		"for other boxes":                          {made(m, strings.Replace(newRelease, `"rpi"`, `"pc"`, 1)), 0, update.ErrModel},
		"a kernel that this card does not have":    {made(m, strings.Replace(newRelease, "6.12.47-v8", "6.18.1-v8", 1)), 0, update.ErrKernel},
		"the card image itself, put on the stick":  {readAll(t, m.image), 0, update.ErrNoUpdate},
		"the floor is the version itself: it goes": {good, 9, nil},
	} {
		if taken, err := m.take(t, c.file, c.floor); !errors.Is(err, c.want) || c.want == nil && err != nil {
			t.Errorf("%s: %v, %+v", name, err, taken)
		}
	}
}

func TestNothingIsSignedThatNoBoxCouldUse(t *testing.T) {
	m, other := newMaker(t), newMaker(t)
	picture := file(t, m.folder, "photo.jpg", "\xff\xd8\xff\xe0 JFIF")
	half := file(t, m.folder, "half.img", string(readAll(t, m.image)[:kittest.RootAt+1000]))
	key := strings.Split(string(readAll(t, m.key)), "\n")
	torn := file(t, m.folder, "torn.key", strings.Join(append([]string{key[0], key[1][:40]}, key[2:]...), "\n"))
	for name, c := range map[string]struct {
		key, image string
		says       string
	}{
		"no such key":               {"none.key", m.image, `there is no file none.key: give the secret key that "trunkkit keygen" made`},
		"the public half":           {m.public, m.image, m.public + ": not a secret key in PEM form: take the file NAME.key that \"trunkkit keygen\" wrote"},
		"half of the key":           {torn, m.image, torn + ": "},
		"no such image":             {m.key, "none.img", "there is no file none.img: give the card image"},
		"a picture":                 {m.key, picture, "is no card image of trunktester"},
		"an image that was cut off": {m.key, half, "is no card image of trunktester"},
		"an image without a key": {m.key, kittest.Card{Root: map[string]string{update.ReleaseFile: newRelease}}.Write(t),
			"would never take another one: make it with \"make image UPDATE_KEY=update.pub\""},
		"an image that does not say what it is": {m.key, m.card(t, ""), "does not say what it is"},
		"a version with a blank":                {m.key, m.card(t, strings.Replace(newRelease, "1.3.0", "1 3", 1)), "does not say what it is"},
	} {
		out := filepath.Join(m.folder, "out")
		status, said, errs := call(t, "sign", "-key", c.key, "-image", c.image, "-o", out)
		m.secret(t, said+errs)
		if status != 65 || said != "" || !strings.Contains(errs, c.says) {
			t.Errorf("%s: status %d\n%s%s", name, status, said, errs)
		}
		if left, _ := filepath.Glob(out + "*"); len(left) > 0 {
			t.Errorf("%s: %v was left behind", name, left)
		}
	}
	status, _, errs := other.sign(t, m.image, "another")
	if status != 0 || !strings.Contains(errs, "Note: the image holds another key than "+other.key+". Boxes with this update take further ones of that key only.") {
		t.Errorf("an image that trusts another key: status %d\n%s", status, errs)
	}
}

func TestUpdateCommandsUsage(t *testing.T) {
	for _, c := range []struct {
		args   string
		status int
		says   string
	}{
		{"keygen", 64, "-o is missing: write for example -o update"},
		{"keygen -o a b", 64, `unexpected "b"`},
		{"keygen -o none/of/this/update", 65, "there is no folder none/of/this: make it first"},
		{"keygen -key x -o a", 64, "flag provided but not defined: -key"},
		{"sign", 64, "-key is missing: write for example -key update.key"},
		{"sign -key a", 64, "-image is missing"},
		{"sign -key a -image b", 64, "-o is missing: write for example -o " + update.FileName},
		{"sign -key a -image b -o c d", 64, `unexpected "d"`},
		{"help keygen", 0, "never overwritten"},
		{"help sign", 0, "it would be a box's last update"},
	} {
		status, said, errs := call(t, strings.Fields(c.args)...)
		if status != c.status || !strings.Contains(said+errs, c.says) {
			t.Errorf("%q: status %d\n%s%s", c.args, status, said, errs)
		}
	}
}
