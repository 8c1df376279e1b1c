// Package announce listens to what a switch says on a cable by itself: its name and port and the phones' VLAN (LLDP,
// CDP), frames with a VLAN tag, and requests for a network login (802.1X). Frames go in, facts.Neighbour comes out;
// the reading is pure, the Listener sends nothing.
package announce

import (
	"bytes"
	"encoding/binary"
	"slices"
	"strings"
	"unicode"

	"trunktester/probes/facts"
)

const (
	etherTypeEAPOL = 0x888e
	etherTypeLLDP  = 0x88cc
	headerLen      = 14
	mostTags       = 16 // bounds what a flood of forged tags can make us keep
	mostText       = 64 // characters of a name
)

// cdpAddress is where CDP and its relatives go, in 802.3 frames.
var cdpAddress = []byte{0x01, 0x00, 0x0c, 0xcc, 0xcc, 0xcc}

// Take adds what one Ethernet frame says. vlan is the identifier of the tag that the frame came with, which stands no
// longer in it; 0 for none, and for a tag that only carries a priority (IEEE 802.1Q section 9.6).
func Take(n *facts.Neighbour, frame []byte, vlan int) {
	if vlan > 0 && vlan < 4095 && len(n.Tagged) < mostTags && !slices.Contains(n.Tagged, vlan) {
		n.Tagged = append(n.Tagged, vlan)
		slices.Sort(n.Tagged)
	}
	if len(frame) < headerLen {
		return
	}
	payload := frame[headerLen:]
	switch etherType := binary.BigEndian.Uint16(frame[12:]); {
	case etherType == etherTypeEAPOL:
		n.Login = n.Login || asksForLogin(payload)
	case etherType == etherTypeLLDP:
		if a, ok := readLLDP(payload); ok {
			n.Switch = better(n.Switch, a)
		}
	case bytes.Equal(frame[:6], cdpAddress):
		if a, ok := readCDP(payload); ok {
			n.Switch = better(n.Switch, a)
		}
	}
}

// better is what is kept of two announcements of one switch: the later of the same protocol, of two protocols that
// which names a voice VLAN, else the standard one.
func better(before *facts.Announcement, now facts.Announcement) *facts.Announcement {
	switch {
	case before == nil || before.Protocol == now.Protocol:
	case before.VoiceVLAN != nil && now.VoiceVLAN == nil:
		return before
	case now.VoiceVLAN != nil && before.VoiceVLAN == nil:
	case before.Protocol == LLDP:
		return before
	}
	return &now
}

// asksForLogin: an EAP request comes from the socket; a Start comes from another device that wants in (IEEE 802.1X
// section 11.3, RFC 3748 section 4).
func asksForLogin(b []byte) bool {
	const eapPacket, eapRequest = 0, 1
	return len(b) >= 5 && b[1] == eapPacket && b[4] == eapRequest
}

// text makes a name of a switch fit for a person's eyes: one line, not long.
func text(b []byte) string {
	clean := strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(string(b), " "))
	runes := []rune(strings.Join(strings.Fields(clean), " "))
	return string(runes[:min(len(runes), mostText)])
}
