package ether

import (
	"bufio"
	"bytes"
	"context"
	"encoding/binary"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// wire is the far end of a cable: what is sent on in comes to the adapter, and what the adapter sends lies in out.
type wire struct{ in, out chan []byte }

func newWire() wire { return wire{make(chan []byte, 8), make(chan []byte, 8)} }

func (w wire) Read(b []byte) (int, error) {
	frame, ok := <-w.in
	if !ok {
		return 0, io.EOF
	}
	return copy(b, frame), nil
}

func (w wire) Write(b []byte) (int, error) {
	w.out <- bytes.Clone(b)
	return len(b), nil
}

func (w wire) Close() error { close(w.in); return nil }

// host is the emulator and the board behind it, by a script.
type host struct {
	*testing.T
	conn    net.Conn
	read    *bufio.Reader
	adapter *Adapter
	wire    wire
}

// patience is the most that one answer may take.
const patience = 20 * time.Second

func newHost(t *testing.T, plugged bool) *host {
	t.Helper()
	theirs, ours := net.Pipe()
	w := newWire()
	h := &host{T: t, conn: theirs, read: bufio.NewReader(theirs), wire: w,
		adapter: New(w, net.HardwareAddr{0xb8, 0x27, 0xeb, 0, 0, 1})}
	h.adapter.Plug(plugged)
	theirs.SetDeadline(time.Now().Add(patience)) //nolint:errcheck // the reads tell
	served := make(chan error, 1)
	go func() { served <- h.adapter.Serve(context.Background(), ours) }()
	t.Cleanup(func() {
		theirs.Close() //nolint:errcheck // at its end
		if err := <-served; err != nil {
			t.Error(err)
		}
		h.adapter.Close() //nolint:errcheck // never fails
	})
	if caps, err := parseHello(h.next(false)); err != nil || caps != capabilities {
		t.Fatal(caps, err)
	}
	h.put(hello(capabilities), false)
	for _, want := range []kind{kindInterfaces, kindEndpoints, kindConnect} {
		h.wants(want)
	}
	return h
}

func (h *host) put(p packet, wide bool) {
	h.Helper()
	if _, err := h.conn.Write(p.append(nil, wide)); err != nil {
		h.Fatal(err)
	}
}

func (h *host) next(wide bool) packet {
	h.Helper()
	p, err := readPacket(h.read, wide)
	if err != nil {
		h.Fatal(err)
	}
	return p
}

func (h *host) wants(k kind) packet {
	h.Helper()
	p := h.next(true)
	if p.kind != k {
		h.Fatalf("a packet of type %d instead of %d", p.kind, k)
	}
	return p
}

// ask makes a control request, and gives back the answer.
func (h *host) ask(c control) control {
	h.Helper()
	h.put(c.packet(7), true)
	p := h.wants(kindControl)
	answer, err := parseControl(p.body)
	if err != nil || p.id != 7 {
		h.Fatal(p, err)
	}
	return answer
}

// start reads an endpoint from now on.
func (h *host) start(endpoint byte) {
	h.Helper()
	h.put(packet{kind: kindStartInterrupts, body: []byte{endpoint}}, true)
	h.wants(kindInterruptsStatus)
}

// hears is the next USB packet of an endpoint.
func (h *host) hears(endpoint byte) []byte {
	h.Helper()
	i, err := parseInterrupt(h.wants(kindInterrupt).body)
	if err != nil || i.endpoint != endpoint {
		h.Fatal(i, err)
	}
	return i.data
}

func (h *host) carrier(want bool) {
	h.Helper()
	told := h.hears(notifyIn)
	if len(told) != 8 || told[1] != notifyConnection || (told[2] == 1) != want {
		h.Fatalf("% x instead of a carrier: %v", told, want)
	}
	if want {
		if speed := h.hears(notifyIn); len(speed) != notifySize || speed[1] != notifySpeed || binary.LittleEndian.Uint32(speed[8:]) != cableSpeed {
			h.Fatalf("% x instead of the speed", speed)
		}
	}
}

func TestTheCarrierFollowsTheCable(t *testing.T) {
	for _, plugged := range []bool{true, false} {
		h := newHost(t, plugged)
		h.start(notifyIn)
		h.carrier(plugged)
		for _, in := range []bool{!plugged, plugged} {
			go h.adapter.Plug(in)
			h.carrier(in)
		}
	}
}

func frameOf(n int) []byte { return bytes.Repeat([]byte{0xa5, 0x3c, 0x11}, n/3+1)[:n] }

// A frame ends with a short USB packet: one of a multiple of the packet size ends with an empty one.
func TestFrames(t *testing.T) {
	h := newHost(t, true)
	h.start(frameIn)
	for _, n := range []int{60, frameSize - 1, frameSize, 2 * frameSize, largestFrame} {
		h.wire.in <- frameOf(n)
		var got []byte
		for {
			data := h.hears(frameIn)
			got = append(got, data...)
			if len(data) < frameSize {
				break
			}
		}
		if diff := cmp.Diff(frameOf(n), got); diff != "" {
			t.Errorf("%d bytes to the board: %s", n, diff)
		}
		for rest := frameOf(n); ; rest = rest[frameSize:] {
			piece := rest[:min(len(rest), frameSize)]
			h.put(interrupt{endpoint: frameOut, data: piece}.packet(1), true)
			if len(piece) < frameSize {
				break
			}
		}
		if diff := cmp.Diff(frameOf(n), <-h.wire.out); diff != "" {
			t.Errorf("%d bytes from the board: %s", n, diff)
		}
	}
}

func TestNoFramePassesAPulledCable(t *testing.T) {
	h := newHost(t, false)
	h.start(frameIn)
	h.put(interrupt{endpoint: frameOut, data: frameOf(60)}.packet(1), true)
	h.wire.in <- frameOf(60)
	h.start(notifyIn) // answered after both
	h.carrier(false)
	if n := len(h.wire.out); n != 0 {
		t.Errorf("%d frames on a pulled cable", n)
	}
}

func TestRequests(t *testing.T) {
	h := newHost(t, true)
	get := control{endpoint: 0x80, request: requestGetDescriptor, requestType: fromDevice, length: 255}
	for value, begin := range map[uint16]string{0x0100: "\x12\x01\x00\x02\x02", 0x0200: "\x09\x02\x50\x00\x02\x01", 0x0300: "\x04\x03\x09\x04",
		0x0300 + uint16(stringMAC): "\x1a\x03B\x008\x002\x007\x00E\x00B\x00"} {
		get.value = value
		answer := h.ask(get)
		if answer.status != statusSuccess || !strings.HasPrefix(string(answer.data), begin) || int(answer.length) != len(answer.data) {
			t.Errorf("descriptor %#x: %+v", value, answer)
		}
	}
	get.value, get.length = 0x0200, 9
	if answer := h.ask(get); len(answer.data) != 9 {
		t.Errorf("9 bytes were asked, and %d came", len(answer.data))
	}
	for _, unknown := range []uint16{0x0600, 0x0201, 0x0309} {
		get.value = unknown
		if answer := h.ask(get); answer.status != statusStall {
			t.Errorf("descriptor %#x: %+v instead of a stall", unknown, answer)
		}
	}
	if answer := h.ask(control{request: requestFilter, requestType: toClass, value: 0xe}); answer.status != statusSuccess {
		t.Errorf("the filter: %+v", answer)
	}
	for _, step := range []struct {
		ask, answer kind
		body, want  []byte
	}{
		{kindSetConfiguration, kindConfigurationStatus, []byte{1}, []byte{0, 1}},
		{kindGetConfiguration, kindConfigurationStatus, nil, []byte{0, 1}},
		{kindSetAlternate, kindAlternateStatus, []byte{1, 1}, []byte{0, 1, 1}},
		{kindGetAlternate, kindAlternateStatus, []byte{1}, []byte{0, 1, 1}},
	} {
		h.put(packet{kind: step.ask, id: 9, body: step.body}, true)
		p := h.next(true)
		for p.kind == kindInterfaces || p.kind == kindEndpoints {
			p = h.next(true)
		}
		if p.kind != step.answer || p.id != 9 || !bytes.Equal(p.body, step.want) {
			t.Errorf("%d: %+v", step.ask, p)
		}
	}
}

func FuzzReadPacket(f *testing.F) {
	f.Add(hello(capabilities).append(nil, false), false)
	f.Add(control{requestType: fromDevice, request: requestGetDescriptor, value: 0x100, length: 18}.packet(3).append(nil, true), true)
	f.Add(interrupt{endpoint: frameOut, data: frameOf(60)}.packet(4).append(nil, true), true)
	f.Add([]byte("\x00\x00\x00\x00\xff\xff\xff\xff\x00\x00\x00\x00"), false)
	f.Fuzz(func(t *testing.T, raw []byte, wide bool) {
		p, err := readPacket(bytes.NewReader(raw), wide)
		if err != nil {
			return
		}
		if !bytes.HasPrefix(raw, p.append(nil, wide)) {
			t.Errorf("%+v is not what was read", p)
		}
		parseHello(p) //nolint:errcheck // must not panic
		if c, err := parseControl(p.body); err == nil && !bytes.Equal(c.packet(p.id).body, p.body) {
			t.Errorf("%+v is not what was read", c)
		}
		s := &session{cable: &Adapter{frames: nullFile{}, plugged: true}, conn: nowhere{}, started: map[byte]bool{}}
		s.take(p) //nolint:errcheck // must not panic
	})
}

// nowhere is a connection that takes everything.
type nowhere struct{ net.Conn }

func (nowhere) Write(b []byte) (int, error)      { return len(b), nil }
func (nowhere) SetWriteDeadline(time.Time) error { return nil }

type nullFile struct{}

func (nullFile) Read([]byte) (int, error)    { return 0, io.EOF }
func (nullFile) Write(b []byte) (int, error) { return len(b), nil }
func (nullFile) Close() error                { return nil }
