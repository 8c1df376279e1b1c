package probes

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"time"

	"trunktester/appliance/catalogue/words"
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
		return m, errors.New(words.Said("saw.reflector-unnamed"))
	}
	if known.Address == nil || !known.Address.Prefix.IsValid() {
		return m, errors.New(words.Said("saw.no-box-address"))
	}
	m.own = known.Address.Prefix.Addr()
	m.name, _ = splitHost(r.Host)
	if known.RTP != nil && known.RTP.Server.IsValid() { // looked up before
		_, port := splitHost(r.Host)
		m.to = netip.AddrPortFrom(known.RTP.Server, port)
		return m, nil
	}
	var err error
	m.to, err = resolveHost(ctx, r.Dial, r.Host, known)
	return m, err
}

// socket opens one to the reflector's SIP port.
func (m mirror) socket(ctx context.Context) (*net.UDPConn, error) { return m.socketTo(ctx, m.to) }

func (m mirror) socketTo(ctx context.Context, to netip.AddrPort) (*net.UDPConn, error) {
	d := m.Dial.Via.Dialer()
	d.LocalAddr = &net.UDPAddr{IP: m.own.AsSlice()}
	conn, err := d.DialContext(ctx, "udp4", to.String())
	if err != nil {
		return nil, err
	}
	return conn.(*net.UDPConn), nil
}

// send puts one wish over the socket; the Call-ID tells its reflection apart.
func (m mirror) send(conn net.Conn, w wire.Wish) (callID string, err error) {
	raw, callID, err := m.request(udpAddrPort(conn.LocalAddr()), w)
	if err != nil {
		return "", err
	}
	if _, err := conn.Write(raw); err != nil {
		return "", fmt.Errorf("send to the reflector %s: %w", m.to, err)
	}
	return callID, nil
}

// request is one wish in a request.
func (m mirror) request(local netip.AddrPort, w wire.Wish) (raw []byte, callID string, err error) {
	w.ID, w.Body = sip.Token(8), -1
	r := sip.Request{Method: sip.OPTIONS, URI: "sip:" + wire.User + "@" + m.name, From: "sip:trunktester@" + m.name, To: "sip:" + m.name, Agent: m.Dial.Agent,
		Headers: []sip.Header{{Name: wire.Header, Value: w.Value(m.Token.Reveal())}}}.Filled(local)
	raw, err = r.Bytes("udp")
	return raw, r.CallID, err
}

// hear waits until the time for the reflection of one request. tos is the reply's own TOS byte, -1 where it was not asked
// for (receiveTOS).
func (m mirror) hear(conn *net.UDPConn, callID string, until time.Time) (seen wire.Reflection, tos int, err error) {
	if err := conn.SetReadDeadline(until); err != nil {
		return seen, -1, err
	}
	buf, oob := make([]byte, 65535), make([]byte, tosSpace)
	for {
		n, oobn, _, _, err := conn.ReadMsgUDPAddrPort(buf, oob)
		if err != nil {
			return seen, -1, err
		}
		answer := sip.Split(buf[:n])
		if answer.Code == 0 || answer.Get("Call-ID") != callID {
			continue
		}
		seen, err = wire.ParseReflection(answer.Body)
		return seen, receivedTOS(oob[:oobn]), err
	}
}

// ask puts one wish and waits for its reflection; it is put again while nothing comes.
func (m mirror) ask(ctx context.Context, conn *net.UDPConn, w wire.Wish) (seen wire.Reflection, tos int, err error) {
	defer context.AfterFunc(ctx, func() { conn.SetReadDeadline(time.Now()) })()
	for range reflectTurns {
		if err = ctx.Err(); err != nil {
			return seen, -1, err
		}
		var callID string
		if callID, err = m.send(conn, w); err != nil {
			return seen, -1, err
		}
		if seen, tos, err = m.hear(conn, callID, time.Now().Add(reflectWait)); err == nil {
			return seen, tos, nil
		}
	}
	return seen, -1, err
}

// reflectTurns are how often a wish is put, and reflectWait how long its reflection is awaited each time.
const (
	reflectTurns = 3
	reflectWait  = 700 * time.Millisecond
)
