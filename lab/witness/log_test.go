package witness

import (
	"net/netip"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"trunktester/lab/serve"
)

func TestKamailioSeen(t *testing.T) {
	got := kamailioSeen([]string{
		" 0(1) INFO: <core> [core/x.c:1]: something else",
		" 5(17) INFO: <script>: SEEN|1764000000.000042|udp|203.0.113.2|40000|198.51.100.5|5060|REGISTER|1|abc@h|Phone | with bars",
		" 5(17) INFO: <script>: SEEN|1764000000.5|tls|203.0.113.2|1|198.51.100.5|5061|OPTIONS|0|d|<null>",
		"SEEN|x|udp|203.0.113.2|40000|198.51.100.5|5060|REGISTER|1|c|a",
		"SEEN|1|udp|nonsense|40000|198.51.100.5|5060|REGISTER|1|c|a",
		"SEEN|1|udp",
	})
	want := []serve.Message{
		{At: time.Unix(1764000000, 42000), Transport: "udp", Source: netip.MustParseAddrPort("203.0.113.2:40000"), Local: netip.MustParseAddrPort("198.51.100.5:5060"),
			Method: "REGISTER", CallID: "abc@h", UserAgent: "Phone | with bars", Credentials: true},
		{At: time.Unix(1764000000, 500000000), Transport: "tls", Source: netip.MustParseAddrPort("203.0.113.2:1"), Local: netip.MustParseAddrPort("198.51.100.5:5061"),
			Method: "OPTIONS", CallID: "d"},
	}
	if d := cmp.Diff(want, got, cmpopts.EquateComparable(netip.AddrPort{})); d != "" {
		t.Error(d)
	}
}

// No line makes the reader fail, and what it takes has an address.
func FuzzKamailioSeen(f *testing.F) {
	f.Add("SEEN|1.2|udp|1.2.3.4|5|1.2.3.4|5060|REGISTER|1|c|a")
	f.Add("SEEN|9223372036854775807.-1|||||||||")
	f.Fuzz(func(t *testing.T, line string) {
		for _, m := range kamailioSeen([]string{line}) {
			if !m.Source.IsValid() || !m.Local.IsValid() {
				t.Errorf("without an address: %+v", m)
			}
		}
	})
}

func TestLogLines(t *testing.T) {
	l := newLog("ready")
	for _, part := range []string{"one\ntw", "o re", "ady\n", "", "three\nfour"} {
		if _, err := l.Write([]byte(part)); err != nil {
			t.Fatal(err)
		}
	}
	if d := cmp.Diff([]string{"one", "two ready", "three"}, l.all()); d != "" {
		t.Error(d)
	}
	select {
	case <-l.seen:
	default:
		t.Error("the ready line was not seen")
	}
}
