// Package updater is the box's own part of an update: a stick with an update file goes in; a root that starts
// the next time, lights and sentences come out. It works with slot, which knows the card, and with store,
// which remembers. There is no way to it through the network.
package updater

import (
	"context"
	"crypto/ed25519"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"trunktester/appliance/catalogue"
	"trunktester/appliance/catalogue/words"
	"trunktester/appliance/store"
	"trunktester/appliance/update"
	"trunktester/appliance/update/slot"
)

// Box is what the box shows, and its silence while the card is written; *appliance.Desk.
type Box interface {
	Pattern(catalogue.Whole)
	Notice(topic, sentence string)
	Quiet(context.Context) (release func(), err error)
}

// Memory outlives the power; *store.Store.
type Memory interface {
	Updates() (store.Updates, error)
	SaveUpdates(store.Updates) error
}

// Updater takes updates. Its methods may be called at the same time.
type Updater struct {
	Running update.Release
	Key     ed25519.PublicKey // nil: the box takes no updates
	Card    *slot.Card
	Memory  Memory
	Box     Box
	Reboot  func() error // does not return when it worked
	Log     *slog.Logger

	mu     sync.Mutex
	once   sync.Once
	proved chan struct{} // closed when what runs has run well, and all that follows from it is written down
}

// Topics of the sentences on the page: how the last update went, and what became of the stick.
const (
	topic      = "update"
	stickTopic = "update-stick"
)

// well is closed when what runs has run well.
func (u *Updater) well() chan struct{} {
	u.once.Do(func() { u.proved = make(chan struct{}) })
	return u.proved
}

// Begin looks at how the box came to what runs, once, when the program starts: a trial that is over is
// written down before its traces are taken away, so that a power cut in between repeats it.
func (u *Updater) Begin() error {
	u.mu.Lock()
	defer u.mu.Unlock()
	standing, err := u.Card.Standing()
	if err != nil {
		return err
	}
	memory, err := u.Memory.Updates()
	if err != nil {
		return err
	}
	switch trying := memory.Trying; {
	case standing.OnTrial:
		u.Box.Notice(topic, words.Said("update.on-trial", "version", u.Running.Version))
		return nil
	case trying != nil && trying.Build == u.Running.Build: // kept, and the power went before it was written down
		return nil
	case trying != nil:
		if memory.Trying = nil; standing.Tried { // else the power went before the trial: the stick brings it again
			memory.Failed = trying
		}
		if err := u.Memory.SaveUpdates(memory); err != nil {
			return err
		}
	}
	if memory.Failed != nil {
		u.Box.Notice(topic, wentBack(*memory.Failed, u.Running.Version))
	}
	if standing.Tried || standing.Asked {
		return u.Card.Settle()
	}
	return nil
}

// wentBack tells of an update that was gone back from. The first time it may have been the power.
func wentBack(failed store.Attempt, running string) string {
	if failed.Times < tries {
		return words.Said("update.went-back", "version", failed.Version, "running", running)
	}
	return words.Said("update.went-back-twice", "version", failed.Version, "running", running)
}

// RanWell is to be called after every run that was not the box's own fault. The first one makes a root that
// is on trial the one that starts, and its version the floor.
func (u *Updater) RanWell() error {
	u.mu.Lock()
	defer u.mu.Unlock()
	select {
	case <-u.well():
		return nil
	default:
	}
	standing, err := u.Card.Standing()
	if err != nil {
		return err
	}
	memory, err := u.Memory.Updates()
	if err != nil {
		return err
	}
	if standing.OnTrial {
		if err := u.keep(memory.Trying); err != nil {
			return err
		}
	}
	arrived := standing.OnTrial || memory.Trying != nil && memory.Trying.Build == u.Running.Build
	if arrived || memory.Floor < u.Running.Build {
		memory.Floor = max(memory.Floor, u.Running.Build)
		if arrived {
			memory.Trying, memory.Failed = nil, nil
		}
		if err := u.Memory.SaveUpdates(memory); err != nil {
			return err
		}
	}
	if arrived {
		u.Box.Pattern(catalogue.WholeDone)
		u.Box.Notice(topic, words.Said("update.done", "version", u.Running.Version))
	}
	close(u.well())
	return nil
}

// keep makes the root that runs the one that starts. A card that lost some of it since it was written may run
// well once and never start again, so all of it is read before.
func (u *Updater) keep(trying *store.Attempt) error {
	if trying != nil && trying.Build == u.Running.Build && trying.Size > 0 {
		if err := u.Card.Whole(trying.Size, trying.SHA256); err != nil {
			return fmt.Errorf("the update is not kept: %w", err)
		}
	}
	if err := u.Card.Keep(); err != nil {
		return err
	}
	u.Log.Info("the update is kept", "version", u.Running.Version, "root", u.Card.Running)
	return nil
}

// tries is how often the same update is tried: the first time the power may have gone.
const tries = 2

// Why the box itself refuses an update that is good.
var (
	ErrFailed   error = words.Error("update.failed")
	ErrUnproven error = words.Error("update.unproven")
	ErrMemory   error = words.Error("update.memory")
	ErrTesting  error = words.Error("update.testing")
)

// patience bounds the wait for the first good run, and the one for the end of the run that goes on.
const patience = 5 * time.Minute

// take puts the update on the card and starts it. Nothing is written before all of the file is known to be
// good, nor while the box tests, nor by a version that has not shown itself to run well; good is called before it is.
func (u *Updater) take(ctx context.Context, file *update.File, good func()) error {
	memory, err := u.Memory.Updates()
	if err != nil {
		return fmt.Errorf("%w (%w)", ErrMemory, err)
	}
	m, err := file.Verify(ctx, u.Key, u.Running, memory.Floor)
	if err != nil {
		return err
	}
	if failures(memory, m) >= tries {
		return ErrFailed
	}
	waiting, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	select {
	case <-u.well():
	case <-waiting.Done():
		return ErrUnproven
	}
	release, err := u.Box.Quiet(waiting)
	if err != nil {
		return errors.Join(ErrTesting, err)
	}
	defer release()
	u.mu.Lock()
	defer u.mu.Unlock()
	u.Log.Info("update", "version", m.Version, "build", m.Build, "size", m.Size)
	u.Box.Notice(stickTopic, words.Said("update.writing", "version", m.Version))
	u.Box.Pattern(catalogue.WholeWriting)
	good()
	if err := u.Card.Write(ctx, file.Root(), m.Size, m.SHA256); err != nil {
		return err
	}
	return u.start(m)
}

// failures is how often the update did not start well.
func failures(memory store.Updates, m update.Manifest) int {
	if memory.Failed != nil && memory.Failed.SHA256 == m.SHA256 {
		return memory.Failed.Times
	}
	return 0
}

// start lets the root that was written start once. What is remembered comes first: a trial that nobody knows
// of could repeat itself for ever.
func (u *Updater) start(m update.Manifest) error {
	memory, err := u.Memory.Updates()
	if err == nil {
		memory.Trying = &store.Attempt{Version: m.Version, Build: m.Build, Size: m.Size, SHA256: m.SHA256, Times: failures(memory, m) + 1}
		err = u.Memory.SaveUpdates(memory)
	}
	if err != nil {
		return fmt.Errorf("%w (%w)", ErrMemory, err)
	}
	if err := u.Card.Try(); err != nil {
		return err
	}
	return u.Reboot()
}
