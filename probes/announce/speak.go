package announce

import (
	"context"
	"encoding/binary"
	"net"
	"sync"
	"time"

	"golang.org/x/net/bpf"

	"trunktester/netsetup"
)

// Speaker tells the switch who hangs on its socket, by LLDP. Many switches name the phones' VLAN only to a device that
// has announced itself so (LLDP-MED, ANSI/TIA-1057 section 11.2). The zero value is ready, and remembers when it spoke:
// however often Speak begins anew, the switch hears it once in speakEvery, and at once when the cable was out.
type Speaker struct {
	mu   sync.Mutex
	last time.Time
}

const (
	speakEvery = 30 * time.Second  // IEEE 802.1AB section 9.2.5.7, msgTxInterval
	goodFor    = 120 * time.Second // four times that (section 9.2.5.6, msgTxHold)
)

// Speak announces the name and the description on the cable of the interface until ctx ends. What the kernel refuses is
// left: the announcement is a courtesy.
func (s *Speaker) Speak(ctx context.Context, ifname, name, description string) {
	port, err := netsetup.Port(ifname)
	if err != nil {
		return
	}
	a := port.Attrs()
	mute := []bpf.Instruction{bpf.RetConstant{Val: 0}} // nothing is to come in
	wire, err := netsetup.PacketSocket(a.Index, mute, "announce the box on "+a.Name)
	if err != nil {
		return
	}
	defer wire.Close()
	frame := Own(a.HardwareAddr, a.Name, name, description)
	events := netsetup.Watch(ctx, a.Name)
	beat := time.NewTicker(time.Second)
	defer beat.Stop()
	for carrier := false; ; {
		select {
		case e, ok := <-events:
			if !ok {
				return
			}
			carrier = e.Carrier
		case <-beat.C:
		}
		if s.due(carrier, time.Now()) {
			wire.Write(frame) //nolint:errcheck // a cable that was pulled this moment
		}
	}
}

// due reports whether it is time to speak, and remembers it.
func (s *Speaker) due(carrier bool, now time.Time) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !carrier {
		s.last = time.Time{}
		return false
	}
	if !s.last.IsZero() && now.Sub(s.last) < speakEvery {
		return false
	}
	s.last = now
	return true
}

// Own is the announcement of a device that is no switch, as an Ethernet frame: IEEE 802.1AB section 8, and what LLDP-MED
// asks of its simplest kind of device (class I).
func Own(from net.HardwareAddr, port, name, description string) []byte {
	frame := append([]byte{0x01, 0x80, 0xc2, 0, 0, 0x0e}, from...)
	frame = binary.BigEndian.AppendUint16(frame, etherTypeLLDP)
	tlv := func(kind int, value ...byte) {
		value = value[:min(len(value), 255)]
		frame = binary.BigEndian.AppendUint16(frame, uint16(kind<<9|len(value)))
		frame = append(frame, value...)
	}
	const (
		hardware     = 4           // subtype of a chassis identifier
		portHardware = 3           // and of a port's
		stationOnly  = 1 << 7      // capability
		medNetworks  = 1<<0 | 1<<1 // LLDP-MED capabilities, and network policies
		classOne     = 1
	)
	tlv(tlvChassis, append([]byte{hardware}, from...)...)
	tlv(tlvPort, append([]byte{portHardware}, from...)...)
	tlv(tlvTTL, 0, byte(goodFor/time.Second))
	tlv(tlvPortText, []byte(port)...)
	tlv(tlvName, []byte(name)...)
	tlv(tlvDescription, []byte(description)...)
	tlv(tlvCapabilities, 0, stationOnly, 0, stationOnly)
	tlv(tlvOwn, 0x00, 0x12, 0xbb, 1, 0, medNetworks, classOne)
	tlv(tlvEnd)
	return frame
}
