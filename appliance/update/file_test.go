package update

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"errors"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var (
	ours    = ed25519.NewKeyFromSeed(bytes.Repeat([]byte{1}, ed25519.SeedSize))
	theirs  = ed25519.NewKeyFromSeed(bytes.Repeat([]byte{2}, ed25519.SeedSize))
	running = Release{Version: "v1.0.0", Build: 1000, Kernel: "6.12.47-v8", Model: Model}
	newer   = Release{Version: "v1.1.0", Build: 2000, Kernel: "6.12.47-v8", Model: Model}
	root    = bytes.Repeat([]byte("squashfs"), 3*rootUnit/8)
)

func signed(t testing.TB, key ed25519.PrivateKey, r Release) []byte {
	t.Helper()
	var b bytes.Buffer
	if _, err := Sign(&b, key, r, bytes.NewReader(root), int64(len(root))); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func verified(file []byte, key ed25519.PublicKey, floor int64) (Manifest, error) {
	f, err := Open(bytes.NewReader(file), int64(len(file)))
	if err != nil {
		return Manifest{}, err
	}
	return f.Verify(context.Background(), key, running, floor)
}

func TestANewerVersionIsTaken(t *testing.T) {
	file := signed(t, ours, newer)
	m, err := verified(file, ours.Public().(ed25519.PublicKey), running.Build)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(newer, m.release()); diff != "" || m.Size != int64(len(root)) {
		t.Errorf("%s, size %d", diff, m.Size)
	}
	if !bytes.Equal(file, signed(t, ours, newer)) {
		t.Error("the same image and key make another file")
	}
}

func TestWhatIsRefused(t *testing.T) {
	with := func(change func(*Release)) []byte { r := newer; change(&r); return signed(t, ours, r) }
	good := signed(t, ours, newer)
	head := len(good) - len(root)
	flipped := func(at int) []byte { b := bytes.Clone(good); b[at] ^= 1; return b }
	for name, c := range map[string]struct {
		file  []byte
		nokey bool
		floor int64
		want  error
	}{
		"a card that was made without a key":               {file: good, nokey: true, want: ErrNoKey},
		"somebody else's key":                              {file: signed(t, theirs, newer), want: ErrSignature},
		"another version written into the manifest":        {file: bytes.Replace(good, []byte("v1.1.0"), []byte("v9.1.0"), 1), want: ErrSignature},
		"one bit of the signature":                         {file: flipped(head - 1), want: ErrSignature},
		"one bit of the magic":                             {file: flipped(3), want: ErrNoUpdate},
		"one bit of the manifest":                          {file: flipped(headSize), want: ErrDamaged},
		"the first bit of the root":                        {file: flipped(head), want: ErrDamaged},
		"the last bit of the root":                         {file: flipped(len(good) - 1), want: ErrDamaged},
		"a byte too many":                                  {file: append(bytes.Clone(good), 0), want: ErrDamaged},
		"the stick was pulled while it was copied":         {file: good[:len(good)-1], want: ErrCutShort},
		"nothing but the head":                             {file: good[:head], want: ErrCutShort},
		"half of the head":                                 {file: good[:head/2], want: ErrCutShort},
		"an empty file":                                    {file: nil, want: ErrCutShort},
		"somebody's photo":                                 {file: []byte("\xff\xd8\xff\xe0 JFIF"), want: ErrNoUpdate},
		"a manifest of 64 KiB":                             {file: []byte(magic + "\xff\xff" + strings.Repeat(" ", 70000)), want: ErrDamaged},
		"for another model":                                {file: with(func(r *Release) { r.Model = "pc-amd64" }), want: ErrModel},
		"its modules are of another kernel":                {file: with(func(r *Release) { r.Kernel = "6.18.1-v8" }), want: ErrKernel},
		"the version that runs":                            {file: with(func(r *Release) { *r = running }), want: ErrSame},
		"the version of last year":                         {file: with(func(r *Release) { r.Build = 999 }), want: ErrOlder},
		"newer than what runs, older than what once ran":   {file: good, floor: 2001, want: ErrOlder},
		"older and with another kernel: age is said first": {file: with(func(r *Release) { r.Build, r.Kernel = 999, "5" }), want: ErrOlder},
	} {
		t.Run(name, func(t *testing.T) {
			key := ours.Public().(ed25519.PublicKey)
			if c.nokey {
				key = nil
			}
			m, err := verified(c.file, key, c.floor)
			if !errors.Is(err, c.want) {
				t.Fatalf("%v, want %v", err, c.want)
			}
			if m != (Manifest{}) {
				t.Errorf("a manifest beside the error: %+v", m)
			}
		})
	}
}

// A stick that shows good bytes first and others later gets no further than the root's sum, which slot checks again.
func TestTheFloorItselfMayComeAgain(t *testing.T) {
	if _, err := verified(signed(t, ours, newer), ours.Public().(ed25519.PublicKey), newer.Build); err != nil {
		t.Error(err)
	}
}

func TestNothingBadIsSigned(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*Release)
		size   int64
	}{
		"a version with a line break": {func(r *Release) { r.Version = "v1\n" }, int64(len(root))},
		"no build":                    {func(r *Release) { r.Build = 0 }, int64(len(root))},
		"a root that is not padded":   {func(*Release) {}, int64(len(root)) - 1},
		"a root that ends too soon":   {func(*Release) {}, int64(len(root)) + rootUnit},
	} {
		r := newer
		c.change(&r)
		var b bytes.Buffer
		if m, err := Sign(&b, ours, r, bytes.NewReader(root), c.size); err == nil {
			t.Errorf("%s: %+v", name, m)
		}
	}
}

// Manifests that say the same in other words are not what was signed.
func TestOnlyOneWayToWriteAManifest(t *testing.T) {
	m := Manifest{Schema: schema, Version: "v1", Build: 1, Model: Model, Kernel: "6", Size: rootUnit, SHA256: strings.Repeat("a", 64)}
	text, err := m.encode()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := decodeManifest(text); err != nil {
		t.Fatal(err)
	}
	for name, bad := range map[string]string{
		"a key twice":       strings.Replace(string(text), `"build":1`, `"build":2,"build":1`, 1),
		"an unknown key":    strings.Replace(string(text), `{`, `{"x":1,`, 1),
		"capital letters":   strings.Replace(string(text), `"build"`, `"Build"`, 1),
		"blanks":            strings.Replace(string(text), `:`, `: `, 1),
		"no size":           strings.Replace(string(text), `,"size":4096`, ``, 1),
		"a second document": string(text) + "{}",
		"another schema":    strings.Replace(string(text), `update/1`, `update/2`, 1),
		"a huge root":       strings.Replace(string(text), `4096`, `4096000000000000`, 1),
		"a negative root":   strings.Replace(string(text), `4096`, `-4096`, 1),
		"a terminal escape": strings.Replace(string(text), `"v1"`, `"v1`+"\x1b"+`[2J"`, 1),
	} {
		if m, err := decodeManifest([]byte(bad)); !errors.Is(err, ErrDamaged) {
			t.Errorf("%s: %+v, %v", name, m, err)
		}
	}
}

func TestKeysComeBack(t *testing.T) {
	secret, public, err := EncodeKey(ours)
	if err != nil {
		t.Fatal(err)
	}
	key, err := DecodeKey(secret)
	if err != nil || !key.Equal(ours) {
		t.Error(err)
	}
	half, err := DecodePublic(public)
	if err != nil || !half.Equal(ours.Public()) {
		t.Error(err)
	}
	for name, bad := range map[string][]byte{"the other half": public, "nothing": nil, "cut short": secret[:len(secret)-10], "text": []byte("secret")} {
		if _, err := DecodeKey(bad); err == nil || strings.Contains(err.Error(), string(secret[30:60])) {
			t.Errorf("%s as a secret key: %v", name, err)
		}
	}
	for name, bad := range map[string][]byte{"the secret half": secret, "nothing": nil, "cut short": public[:len(public)-10]} {
		if _, err := DecodePublic(bad); err == nil {
			t.Errorf("%s is taken for a public key", name)
		}
	}
}

func TestReleaseFile(t *testing.T) {
	b, err := running.Encode()
	if err != nil {
		t.Fatal(err)
	}
	if r, err := DecodeRelease(b); err != nil || r != running {
		t.Errorf("%+v, %v", r, err)
	}
	for _, bad := range []string{"", "{}", `{"version":"v1"}`, strings.Replace(string(b), "v1.0.0", "<b>", 1), strings.Replace(string(b), "1000", "-1", 1)} {
		if r, err := DecodeRelease([]byte(bad)); err == nil {
			t.Errorf("%q: %+v", bad, r)
		}
	}
}

// Every refusal is a sentence for a person: what is wrong, and what to do.
func TestRefusalsSayWhatToDo(t *testing.T) {
	for _, err := range []error{ErrNoUpdate, ErrCutShort, ErrDamaged, ErrNoKey, ErrSignature, ErrModel, ErrKernel, ErrSame, ErrOlder} {
		if s := err.Error(); !strings.Contains(s, ": ") || strings.ContainsAny(s, "\n.") || len(s) > 160 {
			t.Errorf("%q", s)
		}
	}
}

func TestBuildsForWindows(t *testing.T) {
	cmd := exec.CommandContext(t.Context(), "go", "vet", ".")
	cmd.Env = append(os.Environ(), "GOOS=windows", "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}

func FuzzOpen(f *testing.F) {
	good := signed(f, ours, newer)
	for _, seed := range [][]byte{good, good[:100], []byte(magic), nil, signed(f, theirs, running)} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, file []byte) {
		m, err := verified(file, ours.Public().(ed25519.PublicKey), 0)
		if err == nil && !bytes.Equal(file, good) {
			t.Fatalf("a file that was never signed is taken: %+v", m)
		}
	})
}
