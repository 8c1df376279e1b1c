package facts

import (
	"fmt"
	"net/netip"
	"strconv"
	"time"
)

// WAN is the router's own outside address, as the router itself tells it. (light 3)
type WAN struct {
	Router  netip.Addr  `json:"router"`
	Answers []WANAnswer `json:"answers"`
	Device  *Device     `json:"device"` // nil where the router does not describe itself
}

// Device is what a router calls itself in its own description (UPnP Device Architecture 1.1 section 2.3): its words, at
// most 64 characters each, and nobody's proof.
type Device struct {
	Maker string `json:"maker"`
	Model string `json:"model"`
}

// String is its name in a sentence, "" for none.
func (d Device) String() string {
	switch {
	case d.Model == "" && d.Maker == "":
		return ""
	case d.Model == "":
		return fmt.Sprintf("a device of %q", d.Maker)
	case d.Maker == "":
		return strconv.Quote(d.Model)
	}
	return fmt.Sprintf("%q by %q", d.Model, d.Maker)
}

// WANAnswer is what one way of asking the router brought.
type WANAnswer struct {
	Way    string     `json:"way"` // "UPnP", "NAT-PMP" or "PCP"
	Answer Answer     `json:"answer"`
	Addr   netip.Addr `json:"addr"` // zero when it was not told
	None   bool       `json:"none"` // the router says that it has none; MiniUPnPd says so of a private one, too
	RTT    Duration   `json:"rtt_ms"`
}

// Walk is a way out, hop by hop.
type Walk struct {
	To   netip.AddrPort `json:"to"`
	Hops []Hop          `json:"hops"` // the first has a time to live of 1
}

// Hop is who answered a datagram with one time to live: a router at which it ran out (ICMP 11/0), a device that
// refused it (type 3), or the target itself.
type Hop struct {
	TTL  int        `json:"ttl"`
	Addr netip.Addr `json:"addr"` // zero: silence
	Type int        `json:"type"` // of ICMP; 0 with an address: the target answered
	Code int        `json:"code"`
	RTT  Duration   `json:"rtt_ms"`
}

// Lifetime is how long the router keeps an idle UDP mapping, after traffic both ways. (light 3)
type Lifetime struct {
	How     string   `json:"how"` // who sent to the idle mapping, by which protocol
	Server  string   `json:"server"`
	AtLeast Duration `json:"at_least_ms"` // the longest silence after which it let something in; 0: none
	Under   Duration `json:"under_ms"`    // the shortest one after which it was gone; 0: none, of those that were tried
	Tries   []Idle   `json:"tries"`

	Ago Duration `json:"ago_ms"` // since it was measured, at least; 0: in this run, or beside it
}

// Measured tells how old a remembered measurement is: "shortly", or at least so many "minutes" or "hours"; "" for one of
// this run.
func (l Lifetime) Measured() (unit string, n int) {
	ago := time.Duration(l.Ago)
	switch {
	case ago == 0:
		return "", 0
	case ago < 2*time.Minute:
		return "shortly", 0
	case ago < 2*time.Hour:
		return "minutes", int(ago / time.Minute)
	}
	return "hours", int(ago / time.Hour)
}

// Idle is one silence, and whether the mapping outlived it.
type Idle struct {
	For   Duration `json:"for_ms"`
	Alive bool     `json:"alive"`
}

// String is one plain sentence.
func (i Idle) String() string {
	if i.Alive {
		return "After " + i.For.String() + " of silence the mapping was still there."
	}
	return "After " + i.For.String() + " of silence the mapping was gone."
}

// RTP is voice packets to the provider's reflector and back. (light 3)
type RTP struct {
	Server netip.Addr `json:"server"`
	Inside bool       `json:"inside"` // the reflector stands in the provider's networks: else it says nothing about the provider's ports
	SIP    bool       `json:"sip"`    // it answered SIP at the same time: the control
	Ports  []RTPPort  `json:"ports"`
}

// RTPPort is one port of the range. Refused: the reflector's own host says that nothing listens there.
type RTPPort struct {
	Port    int      `json:"port"`
	Sent    int      `json:"sent"`
	Back    int      `json:"back"`
	Answer  Answer   `json:"answer"`
	TOS     int      `json:"tos"`      // the byte with the DSCP as it arrived, sent as 184; -1 when not told
	TOSBack int      `json:"tos_back"` // the same of the echo, which the reflector was asked to send as 184
	RTT     Duration `json:"rtt_ms"`
}

// Fragments is SIP over UDP in messages that do not fit one packet. (light 3)
type Fragments struct {
	Whole    Attempt   `json:"whole"`    // 1,200 bytes: the control
	Long     Attempt   `json:"long"`     // 1,600 bytes
	TCP      *Attempt  `json:"tcp"`      // the long one over TCP; nil where TCP is not answered
	Controls []Attempt `json:"controls"` // other hosts: the first exchange is the whole one, the second the long one
	// Down is the way back from the provider's reflector: short requests, the first with an answer of 1,200 bytes, the second with one
	// of 1,600; nil where there is none that answers so.
	Down *Attempt `json:"down"`
}
