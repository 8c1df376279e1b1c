package store

import (
	"bytes"
	"cmp"
	"crypto/hmac"
	"crypto/pbkdf2"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"

	"trunktester/appliance/profile"
)

// Limits of design section 7.
const (
	hour          = time.Hour
	automaticRuns = 4                // runs with credentials within an hour that nobody asked for
	personPause   = 30 * time.Second // between two runs that a person asked for
)

// Bounds of the file.
const (
	mostAttempts = 64
	mostLearnt   = 32
)

var (
	// ErrRefusedBefore: the provider refused these settings, or nobody knows how the last attempt ended.
	ErrRefusedBefore = errors.New("the last login with these settings was refused or interrupted: it is only tried again when a person asks or the settings change")
	// ErrOften: the automatic runs of this hour are used up.
	ErrOften = fmt.Errorf("%d automatic logins within an hour are enough", automaticRuns)
	// ErrTooSoon: a person asked again within half a minute; the error is a *TooSoon.
	ErrTooSoon = errors.New("asked again too soon")
)

// TooSoon says how long to wait.
type TooSoon struct{ Left time.Duration }

func (e *TooSoon) Error() string {
	return fmt.Sprintf("%v: wait %d s", ErrTooSoon, int((e.Left+time.Second-1)/time.Second))
}

// Is makes it an ErrTooSoon.
func (e *TooSoon) Is(target error) bool { return target == ErrTooSoon }

// ending is how an attempt ended.
type ending string

const (
	begun    ending = "begun" // nobody knows: counts as refused
	accepted ending = "accepted"
	refused  ending = "refused"
	unclear  ending = "unclear" // silence, or the provider's own trouble
)

// book is the ledger: pure data and rules.
type book struct {
	Sequence uint64    `json:"sequence"` // rises with every version; the highest of several files counts
	Salt     []byte    `json:"salt"`     // this box's own, for the keys
	Asked    *moment   `json:"asked"`    // a person's last run
	Attempts []attempt `json:"attempts"` // oldest first
	Learnt   []learnt  `json:"learnt"`   // oldest first
	Lost     bool      `json:"lost"`     // a newer version was damaged: what it said is taken as refused
}

// attempt is one run with credentials.
type attempt struct {
	ID     string `json:"id"`
	Key    string `json:"key"`
	Person bool   `json:"person"`
	At     moment `json:"at"`
	Ending ending `json:"ending"`
	Status int    `json:"status"` // SIP status of the answer, 0 for none
}

// learnt is what an account (its last realm) or a provider (shows Contacts) has shown.
type learnt struct {
	Key         string `json:"key"`
	Realm       string `json:"realm"`
	ContactSeen bool   `json:"contact_seen"`
}

// parseBook reads a ledger strictly: what was not written by us is damaged.
func parseBook(body []byte) (book, error) {
	var b book
	d := json.NewDecoder(bytes.NewReader(body))
	d.DisallowUnknownFields()
	if err := d.Decode(&b); err != nil {
		return book{}, fmt.Errorf("ledger: %w: %w", errCorrupt, err)
	}
	if d.More() || len(b.Attempts) > mostAttempts || len(b.Learnt) > mostLearnt {
		return book{}, fmt.Errorf("ledger with %d attempts: %w", len(b.Attempts), errCorrupt)
	}
	for _, a := range b.Attempts {
		if !slices.Contains([]ending{begun, accepted, refused, unclear}, a.Ending) {
			return book{}, fmt.Errorf("ledger with ending %q: %w", a.Ending, errCorrupt)
		}
	}
	return b, nil
}

// keyBytes: 24 bits. Millions of passwords share a key, so that it does not lead back to one.
const keyBytes = 3

// trunkKey identifies the settings of a login on this box only, by a slow hash as the password is in it.
func (b *book) trunkKey(t profile.Trunk) string {
	const rounds = 10_000 // some 20 ms on the smallest board
	sum, err := pbkdf2.Key(sha256.New, text("trunk", t.Domain, t.ProxyHost, strconv.Itoa(t.ProxyPort), strconv.Itoa(t.Port),
		t.Transport, t.Auth, t.Username, t.AuthUser, t.Password.Reveal(), t.Realm), b.Salt, rounds, keyBytes)
	if err != nil {
		panic(err) // only for a key length or hash that FIPS mode forbids
	}
	return hex.EncodeToString(sum)
}

func (b *book) accountKey(t profile.Trunk) string { return b.plainKey("account", t.Domain, t.Username) }

func (b *book) providerKey(t profile.Trunk) string {
	host, _ := t.Contacted()
	return b.plainKey("provider", host)
}

func (b *book) plainKey(settings ...string) string {
	mac := hmac.New(sha256.New, b.Salt)
	mac.Write([]byte(text(settings...)))
	return hex.EncodeToString(mac.Sum(nil)[:keyBytes])
}

// text joins settings so that no two lists look alike.
func text(settings ...string) string {
	b, _ := json.Marshal(settings) // strings always encode
	return string(b)
}

// refusedBefore: the last attempt with these settings was refused, or nobody knows.
func (b *book) refusedBefore(key string) bool {
	for _, a := range slices.Backward(b.Attempts) {
		if a.Key == key {
			return a.Ending == begun || a.Ending == refused
		}
	}
	return b.Lost
}

// refusedWith is the status of the last attempt with these settings when that was a refusal, else 0.
func (b *book) refusedWith(key string) int {
	for _, a := range slices.Backward(b.Attempts) {
		if a.Key == key {
			if a.Ending == refused {
				return a.Status
			}
			break
		}
	}
	return 0
}

// thisHour counts runs with credentials.
func (b *book) thisHour(now moment, automaticOnly bool) (n int) {
	for _, a := range b.Attempts {
		if now.ago(a.At) < hour && !(a.Person && automaticOnly) {
			n++
		}
	}
	return n
}

// ask enters a person's wish for a run.
func (b *book) ask(now moment) error {
	if b.Asked != nil {
		if left := personPause - now.ago(*b.Asked); left > 0 {
			return &TooSoon{Left: left}
		}
	}
	b.Asked = &now
	return nil
}

// begin enters an attempt, or says why there may be none.
func (b *book) begin(now moment, id, key string, person bool) error {
	if !person {
		if b.refusedBefore(key) {
			return ErrRefusedBefore
		}
		if b.thisHour(now, true) >= automaticRuns {
			return ErrOften
		}
	}
	b.Lost = b.Lost && !person // somebody watches now
	b.Attempts = append(b.Attempts, attempt{ID: id, Key: key, Person: person, At: now, Ending: begun})
	b.prune(now)
	return nil
}

// end enters how the attempt went.
func (b *book) end(id string, e ending, status int) {
	for i := range b.Attempts {
		if b.Attempts[i].ID == id {
			b.Attempts[i].Ending, b.Attempts[i].Status = e, status
		}
	}
}

// prune keeps the attempts of the last hour and the last one of every key, mostAttempts at most.
func (b *book) prune(now moment) {
	last := map[string]string{}
	for _, a := range b.Attempts {
		last[a.Key] = a.ID
	}
	b.Attempts = slices.DeleteFunc(b.Attempts, func(a attempt) bool {
		return last[a.Key] != a.ID && now.ago(a.At) >= hour
	})
	if extra := len(b.Attempts) - mostAttempts; extra > 0 {
		b.Attempts = slices.Delete(b.Attempts, 0, extra)
	}
}

// learn changes what is known under a key.
func (b *book) learn(key string, change func(*learnt)) {
	l := b.learntOf(key)
	b.Learnt = slices.DeleteFunc(b.Learnt, func(l learnt) bool { return l.Key == key })
	change(&l)
	b.Learnt = append(b.Learnt, l)
	if extra := len(b.Learnt) - mostLearnt; extra > 0 {
		b.Learnt = slices.Delete(b.Learnt, 0, extra)
	}
}

func (b *book) learntOf(key string) learnt {
	for _, l := range b.Learnt {
		if l.Key == key {
			return l
		}
	}
	return learnt{Key: key}
}

// lose says that a newer version is gone: every attempt may have ended otherwise.
func (b *book) lose() {
	b.Lost = true
	for i := range b.Attempts {
		b.Attempts[i].Ending = begun
	}
}

// clone shares nothing that a change touches.
func (b book) clone() book {
	b.Attempts, b.Learnt = slices.Clone(b.Attempts), slices.Clone(b.Learnt)
	return b
}

// newest picks the version with the highest sequence.
func newest(books []book) book {
	if len(books) == 0 {
		return book{}
	}
	return slices.MaxFunc(books, func(a, b book) int { return cmp.Compare(a.Sequence, b.Sequence) })
}
