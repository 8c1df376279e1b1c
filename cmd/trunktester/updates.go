package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"time"

	"golang.org/x/sys/unix"

	"trunktester/appliance"
	"trunktester/appliance/catalogue"
	"trunktester/appliance/media"
	"trunktester/appliance/store"
	"trunktester/appliance/update"
	"trunktester/appliance/update/slot"
	"trunktester/appliance/updater"
)

// openUpdater prepares the box for updates; nil on a machine that has no release file, and so no card.
func openUpdater(desk *appliance.Desk, memory *store.Store, log *slog.Logger) (*updater.Updater, error) {
	text, err := os.ReadFile("/" + update.ReleaseFile)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	u := &updater.Updater{Memory: memory, Box: desk, Reboot: reboot, Log: log}
	if u.Running, err = update.DecodeRelease(text); err != nil {
		return nil, err
	}
	if key, err := os.ReadFile("/" + update.KeyFile); err == nil {
		if u.Key, err = update.DecodePublic(key); err != nil {
			return nil, fmt.Errorf("%s: %w", update.KeyFile, err)
		}
	}
	if u.Card, err = slot.Open(); err != nil {
		return nil, err
	}
	return u, u.Begin()
}

// errand is what the desk does with a stick that holds an update.
func errand(u *updater.Updater) appliance.Errand {
	return appliance.Errand{Wants: updater.Wants, Do: func(ctx context.Context, v media.Volume) error {
		_, err := u.Stick(ctx, v.Root, v.Write)
		return err
	}}
}

// proveEvery is the least time between two tries: of a version that is on trial each reads all of the root.
const proveEvery = 30 * time.Second

// proveUpdates tells u of the runs that went well, until ctx ends.
func proveUpdates(ctx context.Context, b *appliance.Box, u *updater.Updater, log *slog.Logger) {
	var last time.Time
	for range b.Changes(ctx) {
		s := b.State()
		if s.Running || !s.Sight.Verdict.Final || s.Sight.Verdict.Finding.Severity == catalogue.Broken || s.Whole == catalogue.WholeBoxFault || time.Since(last) < proveEvery {
			continue
		}
		last = time.Now()
		if err := u.RanWell(); err != nil {
			log.Error("update", "err", err)
		}
	}
}

// reboot starts the box anew (reboot(2)); it returns only when that failed.
func reboot() error {
	unix.Sync()
	return unix.Reboot(unix.LINUX_REBOOT_CMD_RESTART)
}
