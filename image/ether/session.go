package ether

import (
	"bufio"
	"encoding/binary"
	"net"
	"sync"
	"time"
)

// writeIn is how long the emulator may leave what it is sent unread, on a busy machine.
const writeIn = time.Minute

// session is the adapter in one board.
type session struct {
	conn  net.Conn
	cable *Adapter

	sending sync.Mutex // guards what follows, and keeps the USB packets of a frame together
	wide    bool
	started map[byte]bool // endpoints inwards that the board reads

	configuration, alternate byte   // only run's
	outward                  []byte // the frame that the board is sending, so far; only run's
}

// run answers packets until the connection ends.
func (s *session) run() error {
	if err := s.write(hello(capabilities)); err != nil {
		return err
	}
	read := bufio.NewReader(s.conn)
	greeting, err := readPacket(read, false)
	if err != nil {
		return err
	}
	caps, err := parseHello(greeting)
	if err != nil {
		return err
	}
	s.sending.Lock()
	s.wide = caps&capWideIDs != 0
	s.started = map[byte]bool{}
	s.sending.Unlock()
	if err := s.write(interfaces(), endpoints(), connect()); err != nil {
		return err
	}
	for {
		p, err := readPacket(read, s.wide)
		if err == nil {
			err = s.take(p)
		}
		if err != nil {
			return err
		}
	}
}

// write sends packets in one piece.
func (s *session) write(packets ...packet) error {
	s.sending.Lock()
	defer s.sending.Unlock()
	return s.writeLocked(packets...)
}

func (s *session) writeLocked(packets ...packet) error {
	var b []byte
	for _, p := range packets {
		b = p.append(b, s.wide)
	}
	if err := s.conn.SetWriteDeadline(time.Now().Add(writeIn)); err != nil {
		return err
	}
	_, err := s.conn.Write(b)
	return err
}

// take answers one packet. Kinds that an adapter has no use for are passed over.
func (s *session) take(p packet) error {
	first := byte(0)
	if len(p.body) > 0 {
		first = p.body[0]
	}
	switch p.kind {
	case kindReset:
		s.configure(0)
	case kindSetConfiguration:
		s.configure(first)
		return s.write(interfaces(), endpoints(), packet{kindConfigurationStatus, p.id, []byte{statusSuccess, s.configuration}})
	case kindGetConfiguration:
		return s.write(packet{kindConfigurationStatus, p.id, []byte{statusSuccess, s.configuration}})
	case kindSetAlternate:
		if len(p.body) > 1 && first == 1 {
			s.alternate, s.outward = p.body[1], nil
		}
		return s.write(packet{kindAlternateStatus, p.id, []byte{statusSuccess, first, s.alternateOf(first)}})
	case kindGetAlternate:
		return s.write(packet{kindAlternateStatus, p.id, []byte{statusSuccess, first, s.alternateOf(first)}})
	case kindStartInterrupts:
		return s.start(p.id, first)
	case kindStopInterrupts:
		s.stop(first)
		return s.write(packet{kindInterruptsStatus, p.id, []byte{statusSuccess, first}})
	case kindControl:
		c, err := parseControl(p.body)
		if err != nil {
			return err
		}
		return s.write(s.answer(c).packet(p.id))
	case kindInterrupt:
		i, err := parseInterrupt(p.body)
		if err != nil {
			return err
		}
		if i.endpoint == frameOut {
			s.outwards(i.data)
		}
	}
	return nil
}

// configure forgets what was set before.
func (s *session) configure(configuration byte) {
	s.configuration, s.alternate, s.outward = configuration, 0, nil
	s.stop(notifyIn)
	s.stop(frameIn)
}

// alternateOf: the interface of control has no other.
func (s *session) alternateOf(number byte) byte {
	if number == 1 {
		return s.alternate
	}
	return 0
}

// start: the board begins to read an endpoint. The first it hears is whether there is a cable.
func (s *session) start(id uint64, endpoint byte) error {
	err := s.write(packet{kindInterruptsStatus, id, []byte{statusSuccess, endpoint}})
	if err != nil {
		return err
	}
	s.cable.mu.Lock()
	defer s.cable.mu.Unlock()
	s.sending.Lock()
	s.started[endpoint] = true
	s.sending.Unlock()
	if endpoint == notifyIn {
		s.carrier(s.cable.plugged)
	}
	return nil
}

func (s *session) stop(endpoint byte) {
	s.sending.Lock()
	defer s.sending.Unlock()
	delete(s.started, endpoint)
}

// inwards sends USB packets of one endpoint, where the board reads it. A connection that takes nothing is closed.
func (s *session) inwards(endpoint byte, pieces ...[]byte) {
	s.sending.Lock()
	defer s.sending.Unlock()
	if !s.started[endpoint] {
		return
	}
	packets := make([]packet, 0, len(pieces))
	for _, data := range pieces {
		packets = append(packets, interrupt{endpoint: endpoint, data: data}.packet(0))
	}
	if err := s.writeLocked(packets...); err != nil {
		s.conn.Close() //nolint:errcheck // run tells
	}
}

// Notifications (CDC 1.2, table 20, and its subclass specification PSTN 1.2, section 6.5).
const (
	notifyConnection byte = 0x00
	notifySpeed      byte = 0x2a
	notification     byte = 0xa1 // class, interface, to the host
)

const cableSpeed = 100_000_000 // bits in a second

// carrier tells the board of the cable; its speed too where there is one.
func (s *session) carrier(in bool) {
	if !in {
		s.inwards(notifyIn, []byte{notification, notifyConnection, 0, 0, 0, 0, 0, 0})
		return
	}
	speed := []byte{notification, notifySpeed, 0, 0, 0, 0, 8, 0}
	speed = binary.LittleEndian.AppendUint32(speed, cableSpeed)
	speed = binary.LittleEndian.AppendUint32(speed, cableSpeed)
	s.inwards(notifyIn, []byte{notification, notifyConnection, 1, 0, 0, 0, 0, 0}, speed)
}

// frame hands a frame of the cable to the board, in USB packets. The first short one ends it.
func (s *session) frame(frame []byte) {
	var pieces [][]byte
	for len(frame) >= frameSize {
		pieces, frame = append(pieces, frame[:frameSize]), frame[frameSize:]
	}
	s.inwards(frameIn, append(pieces, frame)...)
}

// outwards takes a USB packet of a frame of the board's. Linux makes the last one short by a zero byte where it
// would not be. More bytes than a frame may have are dropped with their frame.
func (s *session) outwards(data []byte) {
	if len(s.outward) <= largestFrame+1 {
		s.outward = append(s.outward, data...)
	}
	if len(data) == frameSize {
		return
	}
	if n := len(s.outward); n > 0 && n <= largestFrame+1 {
		s.cable.send(s.outward)
	}
	s.outward = s.outward[:0]
}

// Requests (USB 2.0, table 9-4; Ethernet Control Model 1.2, table 6).
const (
	requestGetStatus     byte = 0x00
	requestClearFeature  byte = 0x01
	requestGetDescriptor byte = 0x06
	requestFilter        byte = 0x43 // SET_ETHERNET_PACKET_FILTER

	toDevice     byte = 0x00
	toEndpoint   byte = 0x02
	toClass      byte = 0x21
	fromDevice   byte = 0x80
	fromEndpoint byte = 0x82
)

// answer carries out a request on endpoint 0; what the adapter does not know stalls. Every frame passes the filter.
func (s *session) answer(c control) control {
	data, ok := s.requested(c)
	c.data, c.status = nil, statusStall
	if ok {
		c.status = statusSuccess
	}
	if c.requestType&0x80 != 0 {
		c.data = data[:min(len(data), int(c.length))]
		c.length = uint16(len(c.data))
	}
	return c
}

func (s *session) requested(c control) ([]byte, bool) {
	type request struct{ kind, number byte }
	switch (request{c.requestType, c.request}) {
	case request{fromDevice, requestGetDescriptor}:
		return s.descriptor(byte(c.value>>8), byte(c.value))
	case request{fromDevice, requestGetStatus}, request{fromEndpoint, requestGetStatus}:
		return []byte{0, 0}, true
	case request{toDevice, requestClearFeature}, request{toEndpoint, requestClearFeature}, request{toClass, requestFilter}:
		return nil, true
	}
	return nil, false
}

func (s *session) descriptor(kind, number byte) ([]byte, bool) {
	switch kind {
	case descDevice:
		return deviceDescriptor(), true
	case descConfiguration:
		return configurationDescriptor(), number == 0
	case descString:
		return stringDescriptor(number, s.cable.mac)
	}
	return nil, false
}
