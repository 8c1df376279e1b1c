package verdict

import (
	"fmt"
	"slices"
	"strings"

	"trunktester/appliance/catalogue"
	"trunktester/appliance/catalogue/words"
	"trunktester/probes/facts"
)

// This file judges whether the socket belongs to the network that was meant.

// wrongNetwork is 1-8 where a socket gives no address, nil when nothing says why.
func wrongNetwork(in Input) []candidate {
	why := hints(in)
	if len(why) == 0 {
		return nil
	}
	text := words.Said("verdict.wrong-socket", "n", in.Facts.Address.Discovers, "time", in.Facts.Address.Waited, "why", strings.Join(why, "; ")) + " "
	if own := ownVLAN(in); own != 0 {
		text += words.Said("verdict.own-vlan", "vlan", own) + " "
	}
	return []candidate{{code: "1-8", kind: catalogue.Stops, text: text + words.Said("verdict.dhcp-down")}}
}

// hints are what the switch said that explains why no address came. What the box's file has set already explains
// nothing.
func hints(in Input) (why []string) {
	n := in.Facts.Neighbour
	if n == nil {
		return nil
	}
	if n.Login {
		why = append(why, words.Said("verdict.socket-login"))
	}
	if vlan := otherVoice(in); vlan != 0 {
		why = append(why, words.Said("verdict.socket-voice", "switch", called(*n.Switch), "vlan", vlan))
	}
	if others := slices.DeleteFunc(slices.Clone(n.Tagged), func(vlan int) bool { return vlan == ownVLAN(in) }); len(others) > 0 {
		why = append(why, words.Said("verdict.socket-tagged", "vlans", numbers(others)))
	}
	return why
}

// dataNetwork is 1-8 as information: the phones have a VLAN of their own, and the box was not in it.
func dataNetwork(in Input) []candidate {
	vlan := otherVoice(in)
	if vlan == 0 || ownVLAN(in) != 0 {
		return nil
	}
	return []candidate{{code: "1-8", kind: catalogue.Tells, text: words.Said("verdict.data-network", "switch", called(*in.Facts.Neighbour.Switch), "vlan", vlan)}}
}

// otherVoice is the VLAN announced for phones, 0 when there is none or when the box is in it.
func otherVoice(in Input) int {
	n := in.Facts.Neighbour
	if n == nil || n.Switch == nil || n.Switch.VoiceVLAN == nil {
		return 0
	}
	vlan, untagged := *n.Switch.VoiceVLAN, n.Switch.PortVLAN
	if vlan == ownVLAN(in) || ownVLAN(in) == 0 && untagged != nil && *untagged == vlan {
		return 0
	}
	return vlan
}

// ownVLAN is the tag that the box's file sets, 0 for none.
func ownVLAN(in Input) int {
	if in.Profile == nil {
		return 0
	}
	return in.Profile.Network.VLAN
}

func called(s facts.Announcement) string {
	if s.Port == "" {
		return fmt.Sprintf("%q", s.Name)
	}
	return fmt.Sprintf("%q (port %s)", s.Name, s.Port)
}

func numbers(of []int) string {
	all := make([]string, len(of))
	for i, n := range of {
		all[i] = fmt.Sprint(n)
	}
	return strings.Join(all, ", ")
}
