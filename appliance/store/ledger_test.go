package store

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"trunktester/appliance/profile"
	"trunktester/probes/facts"
)

var trunk = profile.Trunk{Domain: "sip.example.net", Transport: "udp", Auth: "register", Username: "441632960000", AuthUser: "441632960000", Password: "very-secret-word"}

// box is a store whose clock the test turns by hand.
type box struct {
	*Store
	at moment
}

func newBox(dirs ...string) *box {
	b := &box{Store: Open(dirs...), at: moment{Boot: "first", Since: 10 * time.Second}}
	b.now = func() moment { return b.at }
	return b
}

// restart loses the program's memory; a power cut also loses the first directory and begins a new boot.
func (b *box) restart(t *testing.T) {
	t.Helper()
	at := b.at
	*b = *newBox(b.dirs...)
	b.at = at
	b.now = func() moment { return b.at }
}

func (b *box) powerCut(t *testing.T, boot string) {
	t.Helper()
	if err := os.RemoveAll(b.dirs[0]); err != nil {
		t.Fatal(err)
	}
	b.restart(t)
	b.at = moment{Boot: boot, Since: 5 * time.Second}
}

func (b *box) person(t *testing.T) *Ledger {
	t.Helper()
	return b.Asked(trunk)
}

func begin(t *testing.T, l *Ledger) {
	t.Helper()
	if err := l.Begin(time.Time{}); err != nil {
		t.Fatalf("Begin: %v", err)
	}
}

func end(t *testing.T, l *Ledger, code int) {
	t.Helper()
	var reply *facts.Reply
	if code != 0 {
		reply = &facts.Reply{Code: code}
	}
	if err := l.End(reply); err != nil {
		t.Fatalf("End: %v", err)
	}
}

func wantBegin(t *testing.T, l *Ledger, want error) {
	t.Helper()
	if err := l.Begin(time.Time{}); !errors.Is(err, want) {
		t.Fatalf("Begin: %v, want %v", err, want)
	}
}

func dirs(t *testing.T) (run, perm string) {
	t.Helper()
	d := t.TempDir()
	return filepath.Join(d, "run"), filepath.Join(d, "perm")
}

func TestRefusedLogin(t *testing.T) {
	tests := []struct {
		name  string
		code  int // 0: silence
		again error
	}{
		{"accepted", 200, nil},
		{"second challenge", 401, ErrRefusedBefore},
		{"forbidden", 403, ErrRefusedBefore},
		{"not found", 404, ErrRefusedBefore},
		{"declined", 603, ErrRefusedBefore},
		{"provider's trouble", 503, nil},
		{"temporarily unavailable", 480, nil},
		{"silence", 0, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			run, perm := dirs(t)
			b := newBox(run, perm)
			l := b.Automatic(trunk)
			begin(t, l)
			end(t, l, tt.code)
			b.powerCut(t, "second")
			if got, want := b.Automatic(trunk).Remembered().LoginRefused, tt.again != nil; got != want {
				t.Errorf("LoginRefused %v, want %v", got, want)
			}
			wantBegin(t, b.Automatic(trunk), tt.again)
		})
	}
}

func TestRefusedUntilSettingsChangeOrPersonAsks(t *testing.T) {
	run, perm := dirs(t)
	b := newBox(run, perm)
	l := b.Automatic(trunk)
	begin(t, l)
	end(t, l, 403)
	b.at.Since += 100 * time.Hour
	wantBegin(t, b.Automatic(trunk), ErrRefusedBefore)

	other := trunk
	other.Password = "another word"
	begin(t, b.Automatic(other))

	l = b.person(t)
	begin(t, l)
	end(t, l, 200)
	wantBegin(t, b.Automatic(trunk), nil)
}

func TestBegunCountsAsRefused(t *testing.T) {
	run, perm := dirs(t)
	b := newBox(run, perm)
	begin(t, b.Automatic(trunk))
	b.restart(t)
	wantBegin(t, b.Automatic(trunk), ErrRefusedBefore)
	b.powerCut(t, "second")
	wantBegin(t, b.Automatic(trunk), ErrRefusedBefore)
}

func TestBeginTwiceInOneRun(t *testing.T) {
	run, perm := dirs(t)
	b := newBox(run, perm)
	l := b.Automatic(trunk)
	begin(t, l)
	begin(t, l)
	if n := l.Remembered().LoginsThisHour; n != 1 {
		t.Errorf("%d logins counted, want 1", n)
	}
}

func TestFourAutomaticRunsAnHour(t *testing.T) {
	noon := time.Date(2026, 5, 4, 12, 0, 0, 0, time.UTC)
	fourAccepted := func(t *testing.T, b *box, now time.Time) {
		for range 4 {
			l := b.Automatic(trunk)
			if err := l.Begin(now); err != nil {
				t.Fatalf("Begin: %v", err)
			}
			end(t, l, 200)
			b.at.Since += time.Minute
		}
	}
	tests := []struct {
		name  string
		then  time.Time // true time of the four runs; zero: unknown
		later func(t *testing.T, b *box) (now time.Time)
		want  error
	}{
		{"at once", time.Time{}, func(t *testing.T, b *box) time.Time { return time.Time{} }, ErrOften},
		{"an hour later", time.Time{}, func(t *testing.T, b *box) time.Time { b.at.Since += time.Hour; return time.Time{} }, nil},
		{"the clock jumps ten years", noon, func(t *testing.T, b *box) time.Time { return noon.AddDate(10, 0, 0) }, ErrOften},
		{"restart, clock unknown", time.Time{}, func(t *testing.T, b *box) time.Time { b.powerCut(t, "second"); return time.Time{} }, ErrOften},
		{"restart, clock unknown then", time.Time{}, func(t *testing.T, b *box) time.Time { b.powerCut(t, "second"); return noon }, ErrOften},
		{"restart, a day later by the true time", noon, func(t *testing.T, b *box) time.Time { b.powerCut(t, "second"); return noon.AddDate(0, 0, 1) }, nil},
		{"restart, clock back in 1970", noon, func(t *testing.T, b *box) time.Time { b.powerCut(t, "second"); return time.Unix(0, 0) }, ErrOften},
		{"restart, up for an hour", time.Time{}, func(t *testing.T, b *box) time.Time {
			b.powerCut(t, "second")
			b.at.Since = time.Hour
			return time.Time{}
		}, nil},
		{"no boot id", time.Time{}, func(t *testing.T, b *box) time.Time {
			b.at = moment{Since: time.Minute}
			return time.Time{}
		}, ErrOften},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			run, perm := dirs(t)
			b := newBox(run, perm)
			fourAccepted(t, b, tt.then)
			now := tt.later(t, b)
			if err := b.Automatic(trunk).Begin(now); !errors.Is(err, tt.want) {
				t.Errorf("fifth run: %v, want %v", err, tt.want)
			}
		})
	}
}

func TestPersonAsksAtMostEvery30Seconds(t *testing.T) {
	run, perm := dirs(t)
	b := newBox(run, perm)
	if err := b.Turn(); err != nil {
		t.Fatal(err)
	}
	b.at.Since += 12 * time.Second
	b.restart(t)
	err := b.Turn()
	var soon *TooSoon
	if !errors.As(err, &soon) || !errors.Is(err, ErrTooSoon) || soon.Left != 18*time.Second {
		t.Fatalf("after 12 s: %v, want 18 s left", err)
	}
	b.at.Since += 18 * time.Second
	if err := b.Turn(); err != nil {
		t.Errorf("after 30 s: %v", err)
	}
}

func TestPersonMayTryAgainAndAgain(t *testing.T) {
	run, perm := dirs(t)
	b := newBox(run, perm)
	for range 6 {
		l := b.person(t)
		begin(t, l)
		end(t, l, 403)
		b.at.Since += time.Minute
	}
	wantBegin(t, b.Automatic(trunk), ErrRefusedBefore)
	if n := b.Automatic(trunk).Remembered().LoginsThisHour; n != 6 {
		t.Errorf("%d logins this hour, want 6", n)
	}
}

func TestRemembered(t *testing.T) {
	run, perm := dirs(t)
	b := newBox(run, perm)
	l := b.Automatic(trunk)
	if diff := cmp.Diff(facts.Remembered{}, l.Remembered()); diff != "" {
		t.Errorf("a new box remembers (-want +got):\n%s", diff)
	}
	err := l.Learn(facts.Facts{
		Login:    &facts.Login{Challenges: []facts.Challenge{{Realm: "old.example.net"}}},
		Bindings: &facts.Bindings{Contacts: []facts.Binding{{URI: "sip:x@192.0.2.1"}}},
	})
	if err != nil {
		t.Fatal(err)
	}
	b.powerCut(t, "second")
	changed := trunk
	changed.Password = "new word"
	want := facts.Remembered{Realm: "old.example.net", ContactSeen: true}
	if diff := cmp.Diff(want, b.Automatic(changed).Remembered()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	elsewhere := trunk
	elsewhere.Domain = "other.example.net"
	if diff := cmp.Diff(facts.Remembered{}, b.Automatic(elsewhere).Remembered()); diff != "" {
		t.Errorf("another provider (-want +got):\n%s", diff)
	}
}

// Every run learns the same realm again; the card need not be told.
func TestWhatIsKnownIsNotWrittenAgain(t *testing.T) {
	run, perm := dirs(t)
	b := newBox(run, perm)
	learn := func(realm string, shown bool) (written bool) {
		t.Helper()
		f := facts.Facts{Login: &facts.Login{Challenges: []facts.Challenge{{Realm: realm}}}}
		if shown {
			f.Bindings = &facts.Bindings{Contacts: []facts.Binding{{URI: "sip:x@192.0.2.1"}}}
		}
		before, _ := os.ReadFile(perm + "/ledger")
		if err := b.Automatic(trunk).Learn(f); err != nil {
			t.Fatal(err)
		}
		after, err := os.ReadFile(perm + "/ledger")
		if err != nil {
			t.Fatal(err)
		}
		return !bytes.Equal(before, after)
	}
	for i, c := range []struct {
		realm string
		shown bool
		want  bool
	}{{"old", false, true}, {"old", false, false}, {"old", true, true}, {"old", true, false}, {"old", false, false}, {"new", true, true}, {"new", true, false}} {
		if got := learn(c.realm, c.shown); got != c.want {
			t.Errorf("%d, %s: written %v", i, c.realm, got)
		}
	}
	if got := b.Automatic(trunk).Remembered(); got.Realm != "new" || !got.ContactSeen {
		t.Errorf("%+v", got)
	}
}

func TestDamagedLedger(t *testing.T) {
	damage := func(t *testing.T, name string) {
		t.Helper()
		content, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		content[len(content)/2] ^= 1
		if err := os.WriteFile(name, content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	tests := []struct {
		name   string
		damage func(t *testing.T, b *box)
		want   error
		told   bool
	}{
		{"one of two", func(t *testing.T, b *box) { damage(t, b.dirs[1]+"/ledger") }, nil, true},
		{"the only one", func(t *testing.T, b *box) {
			damage(t, b.dirs[1]+"/ledger")
			b.powerCut(t, "second")
		}, ErrRefusedBefore, true},
		{"the only one, and the version before", func(t *testing.T, b *box) {
			damage(t, b.dirs[1]+"/ledger")
			damage(t, b.dirs[1]+"/ledger.previous")
			b.powerCut(t, "second")
		}, ErrRefusedBefore, true},
		{"cut between the two renames", func(t *testing.T, b *box) {
			if err := os.Rename(b.dirs[1]+"/ledger", b.dirs[1]+"/ledger.previous"); err != nil {
				t.Fatal(err)
			}
			b.powerCut(t, "second")
		}, nil, false},
		{"gone", func(t *testing.T, b *box) {
			os.RemoveAll(b.dirs[1])
			b.powerCut(t, "second")
		}, nil, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			run, perm := dirs(t)
			b := newBox(run, perm)
			l := b.Automatic(trunk)
			begin(t, l)
			end(t, l, 200)
			b.restart(t)
			tt.damage(t, b)
			l = b.Automatic(trunk)
			l.Remembered()
			if told := len(b.Problems()) > 0; told != tt.told {
				t.Errorf("problems %v, want told=%v", b.Problems(), tt.told)
			}
			wantBegin(t, l, tt.want)
			b.at.Since += time.Minute
			l = b.person(t)
			begin(t, l)
			end(t, l, 200)
			wantBegin(t, b.Automatic(trunk), nil)
			if len(b.Problems()) != 0 {
				t.Errorf("problems stay after the repair: %v", b.Problems())
			}
		})
	}
}

func TestNoDirectory(t *testing.T) {
	missing := filepath.Join(t.TempDir(), "no", "such")
	b := newBox(missing)
	wantBegin(t, b.Automatic(trunk), ErrNotRecorded)
	l := b.person(t)
	begin(t, l)
	wantBegin(t, b.Automatic(trunk), ErrRefusedBefore) // the program itself remembers
	if p := b.Problems(); len(p) != 1 || !errors.Is(p[0].Err, os.ErrNotExist) {
		t.Errorf("problems %v, want the missing directory", p)
	}
}

func TestNoSecretOnDisk(t *testing.T) {
	run, perm := dirs(t)
	b := newBox(run, perm)
	l := b.Automatic(trunk)
	begin(t, l)
	end(t, l, 200)
	for _, dir := range b.dirs {
		content, err := os.ReadFile(dir + "/ledger")
		if err != nil {
			t.Fatal(err)
		}
		for _, secret := range []string{trunk.Password.Reveal(), trunk.Username, trunk.Domain} {
			if strings.Contains(string(content), secret) {
				t.Errorf("%s holds %q", dir, secret)
			}
		}
		info, err := os.Stat(dir + "/ledger")
		if err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s/ledger: %v, %v", dir, info.Mode(), err)
		}
	}
}

func TestWipe(t *testing.T) {
	run, perm := dirs(t)
	b := newBox(run, perm)
	begin(t, b.Automatic(trunk))
	if err := b.Save("one", Site{}, []byte("{}")); err != nil {
		t.Fatal(err)
	}
	if err := b.NewHistory(); err != nil {
		t.Fatal(err)
	}
	if err := b.Wipe(); err != nil {
		t.Fatal(err)
	}
	for _, dir := range b.dirs {
		if left, err := os.ReadDir(dir); err != nil || len(left) != 0 {
			t.Errorf("%s after the wipe: %v, %v", dir, left, err)
		}
	}
	begin(t, b.Automatic(trunk))
}

func TestAttemptsStayBounded(t *testing.T) {
	run, _ := dirs(t)
	b := newBox(run)
	for i := range 3 * mostAttempts {
		changed := trunk
		changed.Port = i
		l := b.Automatic(changed)
		begin(t, l)
		end(t, l, 200)
		b.at.Since += 20 * time.Minute
		if err := l.Learn(facts.Facts{Login: &facts.Login{Challenges: []facts.Challenge{{Realm: "r"}}}}); err != nil {
			t.Fatal(err)
		}
	}
	b.restart(t)
	b.Automatic(trunk).Remembered()
	if p := b.Problems(); len(p) != 0 {
		t.Errorf("problems %v", p)
	}
}

func FuzzLedger(f *testing.F) {
	good := seal(ledgerKind, []byte(`{"sequence":3,"salt":"AAAA","asked":null,"attempts":[{"id":"a","key":"b","person":false,"at":{"boot":"x","since":5},"ending":"begun"}],"learnt":[],"lost":false}`))
	f.Add(good)
	f.Add(seal(ledgerKind, []byte(`{}`)))
	f.Add(seal(ledgerKind, []byte(`{"attempts":[{"ending":"perhaps"}]}`)))
	f.Add(good[:len(good)-1])
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, file []byte) {
		check := func(body []byte) {
			b, err := parseBook(body)
			if err != nil {
				if !errors.Is(err, errCorrupt) {
					t.Fatalf("error without a type: %v", err)
				}
				return
			}
			b = b.clone()
			b.refusedBefore("b")
			b.thisHour(moment{Boot: "x"}, true)
			b.prune(moment{Boot: "x", Since: time.Hour})
			if len(b.Attempts) > mostAttempts {
				t.Fatalf("%d attempts kept", len(b.Attempts))
			}
		}
		if body, err := unseal(ledgerKind, file); err == nil {
			check(body)
		}
		check(file) // the parser itself, behind the checksum
	})
}
