package probes

import (
	"context"
	"errors"
	"fmt"
	"net"
	"slices"
	"time"

	"trunktester/probes/facts"
	"trunktester/probes/via"
	"trunktester/reflector/wire"
)

// LifetimeByReflector has the provider's reflector answer after the silence: it sends on the way that its trunk's
// own messages take.
type LifetimeByReflector struct{ FarEnd }

// Name implements LifetimeWay.
func (LifetimeByReflector) Name() string { return "reflector" }

// Ready asks it for an answer at once.
func (l LifetimeByReflector) Ready(ctx context.Context, _ via.Interface, known facts.Facts) (LifetimeAsker, error) {
	m, err := l.found(ctx, known)
	if err != nil {
		return nil, err
	}
	conn, err := m.socket(ctx)
	if err != nil {
		return nil, err
	}
	defer conn.Close()
	if _, _, err := m.ask(ctx, conn, wire.Wish{}); err != nil {
		return nil, fmt.Errorf("the reflector %s does not answer: %w", m.to, err)
	}
	return reflectorAsker{m}, nil
}

type reflectorAsker struct{ mirror }

// Server implements LifetimeAsker.
func (r reflectorAsker) Server() string { return r.to.String() }

// Close implements LifetimeAsker.
func (reflectorAsker) Close() error { return nil }

// lifetimeLate is how much later than asked an answer may come.
const lifetimeLate = 3 * time.Second

// Alive implements LifetimeAsker.
func (r reflectorAsker) Alive(ctx context.Context, idle time.Duration) (bool, error) {
	conn, err := r.socket(ctx)
	if err != nil {
		return false, err
	}
	defer conn.Close()
	if _, _, err := r.ask(ctx, conn, wire.Wish{}); err != nil {
		return false, err
	}
	if err := sleep(ctx, lifetimePrime); err != nil {
		return false, err
	}
	defer context.AfterFunc(ctx, func() { conn.SetReadDeadline(time.Now()) })()
	callID, err := r.send(conn, wire.Wish{Delay: idle})
	if err != nil {
		return false, err
	}
	seen, _, err := r.hear(conn, callID, time.Now().Add(idle+lifetimeLate))
	var late net.Error
	switch {
	case ctx.Err() != nil:
		return false, ctx.Err()
	case errors.As(err, &late) && late.Timeout():
		return false, nil
	case err != nil:
		return false, err
	case slices.Contains(seen.Refused, "delay"):
		return false, errors.New("the reflector has no place for another delayed answer")
	}
	return true, nil
}
