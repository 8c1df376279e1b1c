package sip

import (
	"bufio"
	"strings"
	"testing"
)

func TestReadMessage(t *testing.T) {
	const head = "SIP/2.0 200 OK\r\n"
	for _, c := range []struct {
		name, in string
		want     []string
		failed   bool // before the end of the input
	}{
		{"two", head + "Content-Length: 2\r\n\r\nab" + head + "l:0\r\n\r\n", []string{head + "Content-Length: 2\r\n\r\nab", head + "l:0\r\n\r\n"}, false},
		{"keep-alives", "\r\n\r\n" + head + "\r\n\r\n\r\n", []string{head + "\r\n"}, false},
		{"LF only", "SIP/2.0 200 OK\nl: 1\n\nx", []string{"SIP/2.0 200 OK\nl: 1\n\nx"}, false},
		{"body cut", head + "l: 5\r\n\r\nab", []string{head + "l: 5\r\n\r\nab"}, false},
		{"long line", head + "A: " + strings.Repeat("a", 9000) + "\r\n\r\n", []string{head + "A: " + strings.Repeat("a", 9000) + "\r\n\r\n"}, false},
		{"negative length", head + "l: -1\r\n\r\n", []string{head + "l: -1\r\n\r\n"}, true},
		{"absurd length", head + "l: 99999999\r\n\r\n", []string{head + "l: 99999999\r\n\r\n"}, true},
		{"nothing", "", nil, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := bufio.NewReader(strings.NewReader(c.in))
			var got []string
			var err error
			for err == nil {
				var raw []byte
				if raw, err = ReadMessage(r); len(raw) > 0 {
					got = append(got, string(raw))
				}
			}
			if strings.Join(got, "|") != strings.Join(c.want, "|") || (err == errTooLong) != c.failed {
				t.Errorf("got %q, %v", got, err)
			}
		})
	}
}

func FuzzReadMessage(f *testing.F) {
	torture(f)
	f.Fuzz(func(t *testing.T, raw []byte) {
		r := bufio.NewReader(strings.NewReader(string(raw)))
		total := 0
		for {
			m, err := ReadMessage(r)
			if total += len(m); total > len(raw) {
				t.Fatal("more out than in")
			}
			if err != nil {
				return
			}
		}
	})
}
