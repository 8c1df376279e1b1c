package announce

import (
	"encoding/hex"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"trunktester/probes/facts"
)

func vlan(n int) *int { return &n }

// frame is written as hex with spaces.
func frame(t testing.TB, words string) []byte {
	t.Helper()
	b, err := hex.DecodeString(strings.Join(strings.Fields(words), ""))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

const (
	lldpHead = "0180c200000e 020000000009 88cc 0207 04 020000000009 "
	cdpHead  = "01000ccccccc 020000000009 0060 aaaa03 00000c 2000 "
	eapHead  = "0180c2000003 020000000009 888e "
)

// TestLLDPD reads what lldpd of Debian 12 sent, set up as a switch with a VLAN for phones.
func TestLLDPD(t *testing.T) {
	b, err := os.ReadFile(filepath.Join("testdata", "lldpd-1.0.16.bin"))
	if err != nil {
		t.Fatal(err)
	}
	var n facts.Neighbour
	Take(&n, b, 0)
	want := facts.Announcement{Protocol: LLDP, Name: "sw-office-3", Port: "Gi1/0/7", PortVLAN: vlan(10), VoiceVLAN: vlan(20)}
	if d := cmp.Diff(facts.Neighbour{Switch: &want}, n); d != "" {
		t.Error(d)
	}
}

func TestTake(t *testing.T) {
	a := func(protocol, name, port string, own, voice *int) facts.Neighbour {
		return facts.Neighbour{Switch: &facts.Announcement{Protocol: protocol, Name: name, Port: port, PortVLAN: own, VoiceVLAN: voice}}
	}
	const policy = "fe08 0012bb 02 01 " // LLDP-MED network policy for voice
	for name, c := range map[string]struct {
		frame string
		vlan  int
		want  facts.Neighbour
	}{
		"LLDP with a name":                        {lldpHead + "0402 0741 0602 0078 0a02 7377 0000", 0, a(LLDP, "sw", "A", nil, nil)},
		"LLDP without a name":                     {lldpHead + "0407 03 0200000000ff 0602 0078 0000", 0, a(LLDP, "02:00:00:00:00:09", "02:00:00:00:00:ff", nil, nil)},
		"LLDP by network address, port described": {"0180c200000e 020000000009 88cc 0206 05 01 c0a80101 0602 0078 0803 503720 0000", 0, a(LLDP, "192.168.1.1", "P7", nil, nil)},
		"LLDP with control characters":            {lldpHead + "0402 0741 0602 0078 0a05 73 0a1b 77 ff 0000", 0, a(LLDP, "s w", "A", nil, nil)},
		"voice, tagged":                           {lldpHead + "0402 0741 0602 0078 " + policy + "40296e 0000", 0, a(LLDP, "02:00:00:00:00:09", "A", nil, vlan(20))},
		"voice, without a tag":                    {lldpHead + "0402 0741 0602 0078 " + policy + "00296e 0000", 0, a(LLDP, "02:00:00:00:00:09", "A", nil, nil)},
		"voice, unknown":                          {lldpHead + "0402 0741 0602 0078 " + policy + "c0296e 0000", 0, a(LLDP, "02:00:00:00:00:09", "A", nil, nil)},
		"voice with a priority only (VLAN 0)":     {lldpHead + "0402 0741 0602 0078 " + policy + "40016e 0000", 0, a(LLDP, "02:00:00:00:00:09", "A", nil, nil)},
		"a policy for video":                      {lldpHead + "0402 0741 0602 0078 fe08 0012bb 02 06 40296e 0000", 0, a(LLDP, "02:00:00:00:00:09", "A", nil, nil)},
		"a port VLAN":                             {lldpHead + "0402 0741 0602 0078 fe06 0080c2 01 000a 0000", 0, a(LLDP, "02:00:00:00:00:09", "A", vlan(10), nil)},
		"LLDP of a switch that goes":              {lldpHead + "0402 0741 0602 0000 0000", 0, facts.Neighbour{}},
		"LLDP cut short":                          {lldpHead + "0402 0741 0602 0078 0aff 7377", 0, facts.Neighbour{}},
		"LLDP without a chassis":                  {"0180c200000e 020000000009 88cc 0402 0741 0602 0078 0000", 0, facts.Neighbour{}},
		"CDP":                                     {cdpHead + "02 b4 0000 0001 0006 7377 0003 0006 4731 000a 0006 000a 000e 0007 01 0014", 0, a(CDP, "sw", "G1", vlan(10), vlan(20))},
		"CDP without VLANs, padded":               {cdpHead + "02 b4 0000 0001 0006 7377 0003 0006 4731 0000 0000 0000", 0, a(CDP, "sw", "G1", nil, nil)},
		"CDP cut short":                           {cdpHead + "02 b4 0000 0001 0006 7377 0003 00ff 4731", 0, a(CDP, "sw", "", nil, nil)},
		"CDP of a switch that goes":               {cdpHead + "02 00 0000 0001 0006 7377", 0, facts.Neighbour{}},
		"VTP, which goes to the same address":     {"01000ccccccc 020000000009 0060 aaaa03 00000c 2003 02 b4 0000 0001 0006 7377", 0, facts.Neighbour{}},
		"a request for a login":                   {eapHead + "02 00 0005 01 01 0005 01", 0, facts.Neighbour{Login: true}},
		"a device that wants to log in":           {eapHead + "02 01 0000", 0, facts.Neighbour{}},
		"an answer of another device":             {eapHead + "02 00 0005 02 01 0005 01", 0, facts.Neighbour{}},
		"a login that succeeded":                  {eapHead + "02 00 0004 03 01 0004", 0, facts.Neighbour{}},
		"a frame with a tag":                      {"ffffffffffff 020000000009 0806 0001", 30, facts.Neighbour{Tagged: []int{30}}},
		"a frame with a priority and no VLAN":     {"ffffffffffff 020000000009 0806 0001", 0, facts.Neighbour{}},
		"the reserved VLAN":                       {"ffffffffffff 020000000009 0806 0001", 4095, facts.Neighbour{}},
		"half a header":                           {"ffffffffffff 0200", 0, facts.Neighbour{}},
	} {
		t.Run(name, func(t *testing.T) {
			var n facts.Neighbour
			Take(&n, frame(t, c.frame), c.vlan)
			if d := cmp.Diff(c.want, n); d != "" {
				t.Error(d)
			}
		})
	}
}

// TestTwoProtocols: of a switch that speaks both, what tells more is kept.
func TestTwoProtocols(t *testing.T) {
	lldp := lldpHead + "0402 0741 0602 0078 0000"
	lldpVoice := lldpHead + "0402 0741 0602 0078 fe08 0012bb 02 01 40296e 0000"
	cdp := cdpHead + "02 b4 0000 0001 0006 7377"
	cdpVoice := cdp + " 000e 0007 01 0015"
	for name, c := range map[string]struct {
		frames []string
		want   string
		voice  int
	}{
		"LLDP is the standard":             {[]string{lldp, cdp}, LLDP, 0},
		"in either order":                  {[]string{cdp, lldp}, LLDP, 0},
		"CDP names the VLAN":               {[]string{lldp, cdpVoice, lldp}, CDP, 21},
		"both name one":                    {[]string{cdpVoice, lldpVoice, cdpVoice}, LLDP, 20},
		"the later of one protocol counts": {[]string{lldpVoice, lldp}, LLDP, 0},
	} {
		var n facts.Neighbour
		for _, f := range c.frames {
			Take(&n, frame(t, f), 0)
		}
		voice := 0
		if v := n.Switch.VoiceVLAN; v != nil {
			voice = *v
		}
		if n.Switch.Protocol != c.want || voice != c.voice {
			t.Errorf("%s: %s, voice %d", name, n.Switch.Protocol, voice)
		}
	}
}

func TestTagsAreBounded(t *testing.T) {
	var n facts.Neighbour
	for id := 4094; id > 0; id-- {
		Take(&n, nil, id)
		Take(&n, nil, id)
	}
	if len(n.Tagged) != mostTags || n.Tagged[0] != 4094-mostTags+1 {
		t.Errorf("%v", n.Tagged)
	}
}

func FuzzTake(f *testing.F) {
	for _, words := range []string{
		lldpHead + "0402 0741 0602 0078 0a02 7377 fe08 0012bb 02 01 40296e fe06 0080c2 01 000a 0000",
		cdpHead + "02 b4 0000 0001 0006 7377 0003 0006 4731 000a 0006 000a 000e 0007 01 0014",
		eapHead + "02 00 0005 01 01 0005 01",
	} {
		f.Add(frame(f, words), 0)
	}
	f.Fuzz(func(t *testing.T, b []byte, id int) {
		var n facts.Neighbour
		Take(&n, b, id)
		Take(&n, b, id)
		if s := n.Switch; s != nil {
			for _, word := range []string{s.Name, s.Port} {
				if len([]rune(word)) > mostText || strings.ContainsAny(word, "\x00\n\r\x1b") {
					t.Errorf("%q", word)
				}
			}
			for _, v := range []*int{s.PortVLAN, s.VoiceVLAN} {
				if v != nil && (*v < 1 || *v > 4094) {
					t.Errorf("VLAN %d", *v)
				}
			}
		}
		if len(n.Tagged) > 1 {
			t.Errorf("%v", n.Tagged)
		}
	})
}
