package store

import (
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"slices"
	"time"

	"trunktester/appliance/profile"
	"trunktester/probes/facts"
)

const (
	ledgerFile = "ledger"
	ledgerKind = "ledger"
)

// ErrNotRecorded: no directory took the record, so that an automatic login would not be remembered.
var ErrNotRecorded = errors.New("the login could not be written down beforehand")

// errKnown says that there is nothing to write down: every write wears the card.
var errKnown = errors.New("known already")

// Ledger is one run's page of the ledger. Begin writes down that credentials are about to be sent, and
// forbids it where design section 7 does; End writes down how it went. What a killed program began and
// never ended counts as refused for automatic runs.
type Ledger struct {
	store  *Store
	trunk  profile.Trunk
	person bool
	id     string
	salt   string // that key was computed with
	key    string // of the trunk's settings; slow to compute
}

// keyIn is the key of the trunk in a version of the ledger. The caller works in the store alone.
func (l *Ledger) keyIn(b *book) string {
	if salt := string(b.Salt); l.key == "" || l.salt != salt {
		l.salt, l.key = salt, b.trunkKey(l.trunk)
	}
	return l.key
}

// Automatic is for a run that nobody asked for.
func (s *Store) Automatic(t profile.Trunk) *Ledger {
	return &Ledger{store: s, trunk: t, id: rand.Text()}
}

// Asked is for a run that a person asked for.
func (s *Store) Asked(t profile.Trunk) *Ledger {
	return &Ledger{store: s, trunk: t, person: true, id: rand.Text()}
}

// Turn takes a person's turn at a button: within 30 s of the one before it fails with a *TooSoon.
func (s *Store) Turn() error {
	err := s.turn(func(b *book) error { return b.ask(s.now()) })
	if errors.Is(err, ErrNotRecorded) {
		return nil // the program itself remembers
	}
	return err
}

// Begin permits the run's login and has it on disk when it returns nil. now is the true time where it is
// known, else zero. It fails with ErrRefusedBefore, ErrOften or, for an automatic run, ErrNotRecorded.
func (l *Ledger) Begin(now time.Time) error {
	at := l.store.now()
	at.True = now.Round(0)
	err := l.store.turn(func(b *book) error {
		if slices.ContainsFunc(b.Attempts, func(a attempt) bool { return a.ID == l.id }) {
			return nil
		}
		return b.begin(at, l.id, l.keyIn(b), l.person)
	})
	if l.person && errors.Is(err, ErrNotRecorded) {
		return nil // a person knows how often he asks
	}
	return err
}

// End writes down the provider's answer to the credentials; nil is silence.
func (l *Ledger) End(reply *facts.Reply) error {
	status := 0
	if reply != nil {
		status = reply.Code
	}
	return l.store.turn(func(b *book) error { b.end(l.id, endingOf(reply), status); return nil })
}

// Learn keeps what later runs need to know: the realm offered and whether the provider shows bindings.
func (l *Ledger) Learn(f facts.Facts) error {
	realm := ""
	if f.Login != nil && len(f.Login.Challenges) > 0 {
		realm = f.Login.Challenges[0].Realm
	}
	shown := f.Bindings != nil && len(f.Bindings.Contacts) > 0 || f.OwnBinding != nil && f.OwnBinding.Shown != nil && *f.OwnBinding.Shown
	if realm == "" && !shown {
		return nil
	}
	err := l.store.turn(func(b *book) error {
		account, provider := b.accountKey(l.trunk), b.providerKey(l.trunk)
		newRealm := realm != "" && realm != b.learntOf(account).Realm
		newSight := shown && !b.learntOf(provider).ContactSeen
		if newRealm {
			b.learn(account, func(l *learnt) { l.Realm = realm })
		}
		if newSight {
			b.learn(provider, func(l *learnt) { l.ContactSeen = true })
		}
		if !newRealm && !newSight {
			return errKnown
		}
		return nil
	})
	if errors.Is(err, errKnown) {
		return nil
	}
	return err
}

// Remembered is what earlier runs left. Called at the start of a run it also prepares a quick Begin.
func (l *Ledger) Remembered() facts.Remembered {
	r, _ := within(l.store, l.store.patience, func() (facts.Remembered, error) { return l.remembered(), nil }) // Begin refuses then
	return r
}

func (l *Ledger) remembered() facts.Remembered {
	places := l.store.enter()
	defer leave(places)
	b := l.store.load(places)
	return facts.Remembered{
		Realm:          b.learntOf(b.accountKey(l.trunk)).Realm,
		ContactSeen:    b.learntOf(b.providerKey(l.trunk)).ContactSeen,
		LoginRefused:   b.refusedBefore(l.keyIn(&b)),
		RefusedWith:    b.refusedWith(l.keyIn(&b)),
		LoginsThisHour: b.thisHour(l.store.now(), false),
	}
}

// endingOf judges the answer to the credentials: the provider's own trouble is no refusal.
func endingOf(reply *facts.Reply) ending {
	switch {
	case reply == nil, reply.Code == 408, reply.Code == 480, reply.Code/100 == 5:
		return unclear
	case reply.Code/100 == 2:
		return accepted
	}
	return refused
}

// turn is one change of the ledger: read the newest version, change it, write it to every directory. An
// error of change itself writes nothing. ErrNotRecorded when no directory took it; the program then
// still remembers.
func (s *Store) turn(change func(*book) error) error {
	err := s.alone(s.patience, func() error { return s.turned(change) })
	if errors.Is(err, ErrHangs) {
		err = fmt.Errorf("%w: %w", ErrNotRecorded, err)
	}
	return err
}

func (s *Store) turned(change func(*book) error) error {
	places := s.enter()
	defer leave(places)
	b := s.load(places)
	if err := change(&b); err != nil {
		return err
	}
	b.Sequence++
	s.book = b
	body, err := json.Marshal(b)
	if err != nil {
		return fmt.Errorf("encode ledger: %w", err)
	}
	recorded := false
	for _, p := range places {
		err := write(p.root, ledgerFile, ledgerKind, body)
		s.note(p.dir, "ledger", "write", err)
		recorded = recorded || err == nil
	}
	if !recorded {
		return ErrNotRecorded
	}
	return nil
}

// load gives the newest version: of this program's memory and of every directory. Only when the newest
// there was is damaged does an older one serve, and then nobody knows what the damaged one said.
func (s *Store) load(places []place) book {
	var current, older []book
	if s.book.Sequence > 0 {
		current = append(current, s.book)
	}
	damaged := false
	for _, p := range places {
		b, err := readBook(p, ledgerFile)
		s.note(p.dir, "ledger", "read", ignoreMissing(err))
		if err == nil {
			current = append(current, b)
			continue
		}
		damaged = damaged || !errors.Is(err, os.ErrNotExist)
		if b, err := readBook(p, ledgerFile+previous); err == nil {
			older = append(older, b)
		}
	}
	b := newest(append(current, older...)).clone()
	if damaged && len(current) == 0 {
		b.lose()
	}
	if len(b.Salt) == 0 {
		b.Salt = s.salt
	}
	return b
}

func readBook(p place, name string) (book, error) {
	body, err := read(p.root, name, ledgerKind)
	if err != nil {
		return book{}, err
	}
	return parseBook(body)
}

func ignoreMissing(err error) error {
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	return err
}
