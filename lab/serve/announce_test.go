package serve

import (
	"bytes"
	"net"
	"testing"

	"trunktester/probes/announce"
	"trunktester/probes/facts"
)

func TestAnnouncements(t *testing.T) {
	from := net.HardwareAddr{2, 0, 0, 0, 0, 9}
	a := Announcement{Name: "sw-office-3", Port: "Gi1/0/7", Voice: 20, Untagged: 10}
	for name, f := range map[string][]byte{announce.LLDP: a.LLDP(from), announce.CDP: a.CDP(from)} {
		var n facts.Neighbour
		announce.Take(&n, f, 0)
		if s := n.Switch; s == nil || s.Protocol != name || s.Name != a.Name || s.Port != a.Port || *s.VoiceVLAN != 20 || *s.PortVLAN != 10 {
			t.Errorf("%s: %+v", name, n)
		}
	}
	if cdp := a.CDP(from); checksum(cdp[22:]) != 0 { // with its own checksum in it
		t.Error("the checksum of CDP is wrong")
	}
	var n facts.Neighbour
	if announce.Take(&n, LoginRequest(from), 0); !n.Login {
		t.Error("no login is asked for")
	}
	if f := Broadcast(from, 30); !bytes.Equal(f[12:18], []byte{0x81, 0x00, 0xa0, 0x1e, 0x08, 0x06}) || len(f) != 46 {
		t.Errorf("%x", f)
	}
}
