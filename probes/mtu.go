package probes

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"net/netip"
	"os"
	"strings"
	"syscall"
	"time"

	"github.com/miekg/dns"
	"golang.org/x/net/icmp"
	"golang.org/x/net/ipv4"
	"golang.org/x/sys/unix"

	"trunktester/appliance/catalogue/words"
	"trunktester/probes/facts"
	"trunktester/probes/sip"
	"trunktester/probes/via"
)

// Limits of the question.
const (
	mtuHosts  = 3
	mtuSends  = 4                      // one lost packet is no verdict
	mtuResend = 400 * time.Millisecond // longer than most round trips
	mtuWait   = time.Second            // after the last send: a satellite's round trip
	mtuCable  = 1500                   // Ethernet (RFC 894)
	mtuSmall  = 576                    // every host takes it (RFC 1122 section 3.3.2)
	mtuLeast  = 1000                   // with a cable below it there is nothing to compare

	mtuHeaders = 20 + 8 // IPv4 without options, then ICMP or UDP
)

// MTU asks: do packets as large as the cable carries pass, or is told that they do not? Hosts are asked by ping
// and by padded DNS questions (RFC 7830), each with a small packet beside the large one, none of which may be
// cut up. It passes as soon as a large one is answered, or a device on the way tells the size that passes
// (RFC 1191), as lines with PPPoE do. Failed means that every large one vanished while small ones were answered.
type MTU struct {
	Via     via.Interface
	Targets []netip.Addr // hosts that answer ping and serve DNS
	DNSPort uint16       // 0 is 53
	Cable   int          // bytes; 0: the interface's own
}

// Look implements Probe. It needs Address.
func (m MTU) Look(ctx context.Context, _ facts.Facts) Result {
	found := facts.MTU{Large: m.cable(), Small: mtuSmall}
	targets := m.Targets[:min(len(m.Targets), mtuHosts)]
	if len(targets) == 0 || found.Large < mtuLeast {
		return Result{Outcome: facts.NotRun, Saw: words.Said("saw.mtu-no-host")}
	}
	ctx, enough := context.WithCancel(ctx)
	defer enough()
	done := make(chan mtuAsked, 2*len(targets))
	for i, addr := range targets {
		for j, way := range []string{"icmp", "udp"} {
			go func() {
				a := m.ask(ctx, addr, way, found.Large)
				a.at = 2*i + j
				done <- a
			}()
		}
	}
	found.Asked = make([]facts.MTUPair, cap(done))
	var failed error
	for range cap(done) {
		a := <-done
		found.Asked[a.at] = a.MTUPair
		if a.Large == facts.Answered || a.Told > 0 {
			enough()
		}
		if a.err != nil {
			failed = a.err
		}
	}
	r := m.result(found, failed)
	for _, p := range found.Asked {
		if p.Small != facts.Unasked || p.Large != facts.Unasked {
			r.Evidence = append(r.Evidence, mtuEvidence(found, p)...)
		}
	}
	return r
}

// cable is the largest packet of the interface, Ethernet's where it is larger or not known.
func (m MTU) cable() int {
	if m.Cable > 0 {
		return m.Cable
	}
	if i, err := net.InterfaceByName(string(m.Via)); err == nil && i.MTU > 0 {
		return min(i.MTU, mtuCable)
	}
	return mtuCable
}

// mtuAsked is one host asked in one way.
type mtuAsked struct {
	facts.MTUPair
	at  int
	err error
}

// ask sends both packets together, again and again until both are settled.
func (m MTU) ask(ctx context.Context, to netip.Addr, way string, large int) mtuAsked {
	a := mtuAsked{MTUPair: facts.MTUPair{Addr: to, Way: way}}
	conn, raw, err := m.open(ctx, to, way)
	if err != nil {
		a.Small, a.Large, a.err = facts.CouldNotAsk, facts.CouldNotAsk, err
		return a
	}
	defer conn.Close()
	defer context.AfterFunc(ctx, func() { conn.SetReadDeadline(time.Now()) })()
	talk := mtuTalks[way]
	id := uint16(rand.Uint32())
	for send := range mtuSends {
		for size, answer := range map[int]*facts.Answer{mtuSmall: &a.Small, large: &a.Large} {
			if *answer == facts.Answered || ctx.Err() != nil {
				continue
			}
			packet, err := talk.packet(id, size-mtuHeaders)
			if err == nil {
				_, err = conn.Write(packet)
			}
			if size == large {
				a.Sends++
			}
			if err != nil && !a.heard(raw) {
				a.err = fmt.Errorf("send %d bytes to %s by %s: %w", size, to, way, err)
			}
		}
		until := mtuResend
		if send == mtuSends-1 {
			until = mtuWait
		}
		if ctx.Err() == nil {
			conn.SetReadDeadline(time.Now().Add(until))
		}
		if a.listen(conn, raw, talk, id, large) || ctx.Err() != nil {
			break
		}
	}
	a.settle(ctx.Err() == nil)
	return a
}

// listen takes answers until the deadline; it reports whether the pair is settled.
func (a *mtuAsked) listen(conn net.Conn, raw syscall.RawConn, talk mtuTalk, id uint16, large int) bool {
	buf := make([]byte, mtuCable)
	for {
		n, err := conn.Read(buf)
		if a.heard(raw) && a.Small == facts.Answered {
			return true
		}
		if errors.Is(err, os.ErrDeadlineExceeded) || errors.Is(err, net.ErrClosed) {
			return false
		}
		if err != nil {
			continue
		}
		switch size, ok := talk.answer(buf[:n], id); {
		case ok && size == mtuSmall-mtuHeaders:
			a.Small = facts.Answered
		case ok && size == large-mtuHeaders:
			a.Large = facts.Answered
		}
		if a.Small == facts.Answered && a.Large == facts.Answered {
			return true
		}
	}
}

// heard reads what devices on the way said; it reports whether a size was told.
func (a *mtuAsked) heard(raw syscall.RawConn) bool {
	for _, e := range sip.DrainErrors(raw) {
		if e.Type == 3 && e.Code == 4 && e.MTU > 0 {
			a.Told, a.Teller = e.MTU, e.Offender
		}
	}
	return a.Told > 0
}

// open makes a connected socket whose packets are never cut up, whatever the kernel believes of the path
// (IP_PMTUDISC_PROBE, ip(7)), and that hears ICMP errors.
func (m MTU) open(ctx context.Context, to netip.Addr, way string) (net.Conn, syscall.RawConn, error) {
	network, address := "ip4:icmp", to.String()
	if way == "udp" {
		network, address = "udp4", netip.AddrPortFrom(to, internetPort(m.DNSPort, dnsPort)).String()
	}
	conn, err := m.Via.Dialer().DialContext(ctx, network, address)
	if err != nil {
		return nil, nil, err
	}
	var raw syscall.RawConn
	if way == "udp" {
		raw, err = conn.(*net.UDPConn).SyscallConn()
	} else {
		raw, err = conn.(*net.IPConn).SyscallConn()
	}
	if err == nil {
		err = sip.WatchErrors(raw, false)
	}
	if err == nil {
		var failed error
		err = raw.Control(func(fd uintptr) {
			failed = unix.SetsockoptInt(int(fd), unix.SOL_IP, unix.IP_MTU_DISCOVER, unix.IP_PMTUDISC_PROBE)
		})
		err = errors.Join(err, failed)
	}
	if err != nil {
		conn.Close()
		return nil, nil, err
	}
	return conn, raw, nil
}

// mtuTalk makes questions of a given size, and says to which size an answer belongs.
type mtuTalk struct {
	packet func(id uint16, payload int) ([]byte, error)
	answer func(raw []byte, id uint16) (payload int, ok bool)
}

var mtuTalks = map[string]mtuTalk{"icmp": {mtuEcho, mtuEchoed}, "udp": {mtuQuestion, mtuAnswer}}

// mtuEcho is an echo request; its sequence number is its size, by which answers are told apart even where a
// host cuts them short.
func mtuEcho(id uint16, payload int) ([]byte, error) {
	m := icmp.Message{Type: ipv4.ICMPTypeEcho, Body: &icmp.Echo{ID: int(id), Seq: payload, Data: make([]byte, payload)}}
	return m.Marshal(nil)
}

func mtuEchoed(raw []byte, id uint16) (int, bool) {
	if len(raw) >= 20 && raw[0]>>4 == 4 { // a raw socket gives the IP header as well (raw(7))
		raw = raw[min(int(raw[0]&15)*4, len(raw)):]
	}
	m, err := icmp.ParseMessage(1, raw)
	if err != nil || m.Type != ipv4.ICMPTypeEchoReply {
		return 0, false
	}
	echo, ok := m.Body.(*icmp.Echo)
	if !ok || echo.ID != int(id) {
		return 0, false
	}
	return echo.Seq, true
}

// mtuQuestion asks for the root's name servers, padded to the size (RFC 7830); its ID is its size and ours.
func mtuQuestion(id uint16, payload int) ([]byte, error) {
	q := new(dns.Msg).SetQuestion(".", dns.TypeNS)
	q.Id = mtuID(id, payload)
	q.SetEdns0(dnsSize, false)
	padding := &dns.EDNS0_PADDING{}
	q.IsEdns0().Option = []dns.EDNS0{padding}
	padding.Padding = make([]byte, max(0, payload-q.Len()))
	return q.Pack()
}

func mtuAnswer(raw []byte, id uint16) (int, bool) {
	if len(raw) < 12 || raw[2]&0x80 == 0 { // QR: an answer, whatever it says
		return 0, false
	}
	size := int(binary.BigEndian.Uint16(raw) ^ id)
	return size, true
}

// mtuID carries the size in a message's ID.
func mtuID(id uint16, payload int) uint16 { return id ^ uint16(payload) }

func mtuEvidence(m facts.MTU, p facts.MTUPair) []facts.Evidence {
	by := strings.NewReplacer("icmp", "ping", "udp", "DNS").Replace(p.Way)
	lines := []facts.Evidence{
		{Kind: "probe", Text: fmt.Sprintf("%d bytes that must not be cut up, to %s by %s: %s after %d sends.", m.Large, p.Addr, by, mtuWord(p.Large), p.Sends)},
		{Kind: "control", Text: fmt.Sprintf("%d bytes to %s by %s: %s.", m.Small, p.Addr, by, mtuWord(p.Small))},
	}
	if p.Told > 0 {
		lines = append(lines, facts.Evidence{Kind: "icmp", Text: fmt.Sprintf("%s said: fragmentation needed, at most %d bytes (ICMP 3/4).", p.Teller, p.Told)})
	}
	return lines
}

func mtuWord(a facts.Answer) string {
	if a == facts.Unasked {
		return "not waited for"
	}
	return string(a)
}
