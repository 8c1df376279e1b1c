package capture

import (
	"bytes"
	"errors"
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gopacket/gopacket/layers"
	"github.com/gopacket/gopacket/pcapgo"
)

// TestPcapngIsReadByOthers: another implementation reads back what was written, whatever the lengths.
func TestPcapngIsReadByOthers(t *testing.T) {
	began := time.Date(2026, 5, 4, 3, 2, 1, 987654321, time.UTC)
	var rs []record
	for n := range 9 {
		rs = append(rs, record{at: began.Add(time.Duration(n) * time.Hour), data: bytes.Repeat([]byte{byte(n + 1)}, n)})
	}
	for _, comment := range []string{"", "a", "abcd", strings.Repeat("long ", 20_000)} {
		var file bytes.Buffer
		if err := write(&file, "eth0", comment, rs); err != nil {
			t.Fatal(err)
		}
		if file.Len()%4 != 0 {
			t.Errorf("%d bytes, which is no multiple of 4", file.Len())
		}
		r, err := pcapgo.NewNgReader(&file, pcapgo.DefaultNgReaderOptions)
		if err != nil {
			t.Fatal(err)
		}
		if info := r.SectionInfo(); info.Application != "trunktester" || info.Comment != comment[:min(len(comment), 65535)] {
			t.Errorf("application %q, comment of %d bytes for one of %d", info.Application, len(info.Comment), len(comment))
		}
		for i, want := range rs {
			data, ci, err := r.ReadPacketData()
			if err != nil {
				t.Fatalf("packet %d: %v", i, err)
			}
			if !bytes.Equal(data, want.data) || !ci.Timestamp.Equal(want.at) || ci.Length != len(want.data) {
				t.Errorf("packet %d: %x of %d bytes at %v, want %x at %v", i, data, ci.Length, ci.Timestamp, want.data, want.at)
			}
		}
		if _, _, err := r.ReadPacketData(); err != io.EOF {
			t.Errorf("after the last packet: %v", err)
		}
		if i, err := r.Interface(0); err != nil || i.Name != "eth0" || i.LinkType != layers.LinkTypeEthernet {
			t.Errorf("interface %+v, %v", i, err)
		}
	}
}

func TestPcapngTellsWriteErrors(t *testing.T) {
	full := errors.New("no space left")
	err := write(writerFunc(func([]byte) (int, error) { return 0, full }), "eth0", "", records(slices.Repeat([]byte{1}, 5000)))
	if !errors.Is(err, full) {
		t.Errorf("error %v", err)
	}
}

type writerFunc func([]byte) (int, error)

func (f writerFunc) Write(b []byte) (int, error) { return f(b) }
