package probes

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"time"

	"trunktester/appliance/profile"
	"trunktester/probes/facts"
	"trunktester/probes/sip"
	"trunktester/reflector/wire"
)

// FarEnd is the provider's reflector, as the box's file names it.
type FarEnd struct {
	Host  string // provider.reflector: host or host:port
	Token profile.Secret
	Dial  sip.Dialer
}

// mirror is a reflector whose address is known.
type mirror struct {
	FarEnd
	name string
	to   netip.AddrPort
	own  netip.Addr
}

// found looks the reflector up.
func (r FarEnd) found(ctx context.Context, known facts.Facts) (mirror, error) {
	m := mirror{FarEnd: r}
	if r.Host == "" {
		return m, errors.New("the box's file names no reflector")
	}
	if known.Address == nil || !known.Address.Prefix.IsValid() {
		return m, errors.New("the box has no address")
	}
	m.own = known.Address.Prefix.Addr()
	m.name, _ = splitHost(r.Host)
	var err error
	m.to, err = resolveHost(ctx, r.Dial, r.Host, known)
	return m, err
}

// socket opens one to the reflector.
func (m mirror) socket(ctx context.Context) (net.Conn, error) {
	d := m.Dial.Via.Dialer()
	d.LocalAddr = &net.UDPAddr{IP: m.own.AsSlice()}
	return d.DialContext(ctx, "udp4", m.to.String())
}

// send puts one wish over the socket; the id tells its reflection apart.
func (m mirror) send(conn net.Conn, w wire.Wish) (callID string, err error) {
	w.ID, w.Body = sip.Token(8), -1
	local := conn.LocalAddr().(*net.UDPAddr).AddrPort()
	r := sip.Request{Method: sip.OPTIONS, URI: "sip:" + wire.User + "@" + m.name, From: "sip:trunktester@" + m.name, To: "sip:" + m.name, Agent: m.Dial.Agent,
		Headers: []sip.Header{{Name: wire.Header, Value: w.Value(m.Token.Reveal())}}}.Filled(local)
	raw, err := r.Bytes("udp")
	if err != nil {
		return "", err
	}
	if _, err := conn.Write(raw); err != nil {
		return "", fmt.Errorf("send to the reflector %s: %w", m.to, err)
	}
	return r.CallID, nil
}

// hear waits until the time for the reflection of one request.
func (m mirror) hear(conn net.Conn, callID string, until time.Time) (wire.Reflection, error) {
	if err := conn.SetReadDeadline(until); err != nil {
		return wire.Reflection{}, err
	}
	buf := make([]byte, 65535)
	for {
		n, err := conn.Read(buf)
		if err != nil {
			return wire.Reflection{}, err
		}
		answer := sip.Split(buf[:n])
		if answer.Code == 0 || answer.Get("Call-ID") != callID {
			continue
		}
		return wire.ParseReflection(answer.Body)
	}
}

// ask puts one wish and waits for its reflection; it is put again while nothing comes.
func (m mirror) ask(ctx context.Context, conn net.Conn, w wire.Wish) (wire.Reflection, error) {
	defer context.AfterFunc(ctx, func() { conn.SetReadDeadline(time.Now()) })()
	var seen wire.Reflection
	var err error
	for range reflectTurns {
		if err = ctx.Err(); err != nil {
			return seen, err
		}
		var callID string
		if callID, err = m.send(conn, w); err != nil {
			return seen, err
		}
		if seen, err = m.hear(conn, callID, time.Now().Add(reflectWait)); err == nil {
			return seen, nil
		}
	}
	return seen, err
}

// reflectTurns are how often a wish is put, and reflectWait how long its reflection is awaited each time.
const (
	reflectTurns = 3
	reflectWait  = 700 * time.Millisecond
)
