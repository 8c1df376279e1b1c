package reflector

import (
	"bufio"
	"bytes"
	"io"
	"strings"
	"testing"
	"time"

	"trunktester/reflector/wire"
)

// segments is a stream that comes in these pieces, and then ends.
type segments [][]byte

func (s *segments) Read(b []byte) (int, error) {
	if len(*s) == 0 {
		return 0, io.EOF
	}
	n := copy(b, (*s)[0])
	if (*s)[0] = (*s)[0][n:]; len((*s)[0]) == 0 {
		*s = (*s)[1:]
	}
	return n, nil
}

func framed(pieces ...[]byte) framer {
	s := segments(pieces)
	return framer{bufio.NewReaderSize(&s, 2*wire.Longest), func(time.Duration) {}}
}

func TestMessagesAreFramedWhereverTheStreamIsCut(t *testing.T) {
	first, second := message("INVITE", sdp), message("REGISTER", "")
	whole := bytes.Join([][]byte{first, []byte("\r\n\r\n"), second}, nil)
	for cut := 1; cut < len(whole); cut++ {
		f := framed(whole[:cut], whole[cut:])
		for _, want := range [][]byte{first, second} {
			got, framing, err := f.next(0)
			if err != nil || framing != wire.Framed || !bytes.Equal(got, want) {
				t.Fatalf("cut at %d, %q: framing %q, %q, %v", cut, whole[max(0, cut-20):cut], framing, got, err)
			}
		}
	}
}

func FuzzFraming(f *testing.F) {
	f.Add(message("INVITE", sdp), 20)
	f.Add([]byte(strings.Replace(string(message("INVITE", sdp)), "Content-Length: ", "Content-Length: 1", 1)), 400)
	f.Add(append(message("OPTIONS", ""), "\r\n\r\nINVITE si"...), 3)
	f.Fuzz(func(t *testing.T, data []byte, cut int) {
		cut = min(max(cut, 0), len(data))
		in := framed(data[:cut:cut], data[cut:])
		for taken := 0; ; {
			raw, _, err := in.next(0)
			if err != nil {
				return
			}
			if taken += len(raw); len(raw) == 0 || len(raw) > wire.Longest || taken > len(data) {
				t.Fatalf("%d bytes of %d", taken, len(data))
			}
		}
	})
}
