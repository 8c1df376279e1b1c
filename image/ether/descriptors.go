package ether

import (
	"encoding/binary"
	"fmt"
	"net"
	"strings"
	"unicode/utf16"
)

// The endpoints: notifications, frames to the host, frames from the host.
const (
	notifyIn byte = 0x81
	frameIn  byte = 0x82
	frameOut byte = 0x02
)

const (
	controlSize = 64
	notifySize  = 16 // a speed notification in one packet
	frameSize   = 64 // bulk at full speed (USB 2.0, section 5.8.3)
	// notifyInterval is in milliseconds.
	notifyInterval = 32
)

const (
	// speedFull: the emulator's hub, which the adapter shares with USB sticks, knows no higher.
	speedFull           byte   = 1
	classCDC            byte   = 2
	classCDCData        byte   = 10
	subclassEthernet    byte   = 6
	vendor, product     uint16 = 0x1209, 0x0001 // pid.codes: for tests
	deviceVersion       uint16 = 0x0100
	largestFrame               = 1514 // header and 1500 bytes
	languageEnglishUS          = 0x0409
	configurationNumber byte   = 1
	powerBus            byte   = 0x80
	power100mA          byte   = 50
)

// Types of descriptors (USB 2.0, table 9-5; CDC 1.2, table 12).
const (
	descDevice        byte = 1
	descConfiguration byte = 2
	descString        byte = 3
	descInterface     byte = 4
	descEndpoint      byte = 5
	descClass         byte = 0x24
)

// Strings by number.
const (
	stringMaker byte = iota + 1
	stringProduct
	stringMAC
)

func deviceDescriptor() []byte {
	d := []byte{18, descDevice, 0x00, 0x02, classCDC, 0, 0, controlSize}
	for _, n := range []uint16{vendor, product, deviceVersion} {
		d = binary.LittleEndian.AppendUint16(d, n)
	}
	return append(d, stringMaker, stringProduct, 0, 1)
}

// configurationDescriptor has the interface of control, and that of data, which is silent (alternate 0) until the
// host chooses alternate 1 (Ethernet Control Model 1.2, section 3).
func configurationDescriptor() []byte {
	d := []byte{9, descConfiguration, 0, 0, 2, configurationNumber, 0, powerBus, power100mA}
	d = append(d, 9, descInterface, 0, 0, 1, classCDC, subclassEthernet, 0, 0)
	d = append(d, 5, descClass, 0x00, 0x20, 0x01) // header, CDC 1.20
	d = append(d, 5, descClass, 0x06, 0, 1)       // union of interfaces 0 and 1
	d = append(d, 13, descClass, 0x0f, stringMAC, 0, 0, 0, 0)
	d = binary.LittleEndian.AppendUint16(d, largestFrame)
	d = append(d, 0, 0, 0) // no filters
	d = append(d, 7, descEndpoint, notifyIn, typeInterrupt, notifySize, 0, notifyInterval)
	d = append(d, 9, descInterface, 1, 0, 0, classCDCData, 0, 0, 0)
	d = append(d, 9, descInterface, 1, 1, 2, classCDCData, 0, 0, 0)
	for _, endpoint := range []byte{frameIn, frameOut} {
		d = append(d, 7, descEndpoint, endpoint, typeBulk, frameSize, 0, 0)
	}
	binary.LittleEndian.PutUint16(d[2:], uint16(len(d)))
	return d
}

func stringDescriptor(number byte, mac net.HardwareAddr) ([]byte, bool) {
	if number == 0 {
		return binary.LittleEndian.AppendUint16([]byte{4, descString}, languageEnglishUS), true
	}
	text, ok := map[byte]string{stringMaker: "trunktester", stringProduct: "Ethernet with a cable to pull",
		stringMAC: strings.ToUpper(fmt.Sprintf("%x", []byte(mac)))}[number]
	d := []byte{byte(2 + 2*len(text)), descString}
	for _, unit := range utf16.Encode([]rune(text)) {
		d = binary.LittleEndian.AppendUint16(d, unit)
	}
	return d, ok
}

// Types of endpoints, in descriptors and in the protocol alike.
const (
	typeControl   byte = 0
	typeBulk      byte = 2
	typeInterrupt byte = 3
	typeInvalid   byte = 255
)

// slots is the number of endpoints and interfaces that the protocol has places for: outwards, then inwards.
const slots = 32

func slot(endpoint byte) int { return int(endpoint&0x80>>3 | endpoint&0x0f) }

// endpoints tells the emulator of the endpoints. Those of frames are bulk in the descriptors, which the host reads, and
// interrupt here: of a bulk endpoint the emulator keeps each read open until there is data, and its USB controller
// (QEMU's hcd-dwc2.c) aborts when the host takes such a read back, as Linux does whenever the carrier goes. Of
// an interrupt endpoint it keeps what came early, and tells the host to ask again where there is nothing.
func endpoints() packet {
	var types, intervals, interfaces [slots]byte
	var sizes [slots]uint16
	for i := range types {
		types[i] = typeInvalid
	}
	set := func(endpoint, kind, interval, of byte, size uint16) {
		i := slot(endpoint)
		types[i], intervals[i], interfaces[i], sizes[i] = kind, interval, of, size
	}
	set(0x00, typeControl, 0, 0, controlSize)
	set(0x80, typeControl, 0, 0, controlSize)
	set(notifyIn, typeInterrupt, notifyInterval, 0, notifySize)
	set(frameIn, typeInterrupt, 1, 1, frameSize)
	set(frameOut, typeInterrupt, 1, 1, frameSize)
	body := append(append(append([]byte(nil), types[:]...), intervals[:]...), interfaces[:]...)
	for _, size := range sizes {
		body = binary.LittleEndian.AppendUint16(body, size)
	}
	return packet{kind: kindEndpoints, body: body}
}

func interfaces() packet {
	var numbers, classes, subclasses, protocols [slots]byte
	numbers[1] = 1
	classes[0], classes[1] = classCDC, classCDCData
	subclasses[0] = subclassEthernet
	body := binary.LittleEndian.AppendUint32(nil, 2)
	for _, column := range [][slots]byte{numbers, classes, subclasses, protocols} {
		body = append(body, column[:]...)
	}
	return packet{kind: kindInterfaces, body: body}
}

func connect() packet {
	body := []byte{speedFull, classCDC, 0, 0}
	for _, n := range []uint16{vendor, product, deviceVersion} {
		body = binary.LittleEndian.AppendUint16(body, n)
	}
	return packet{kind: kindConnect, body: body}
}
