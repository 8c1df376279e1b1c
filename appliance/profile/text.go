package profile

import (
	"bytes"
	"errors"
	"unicode/utf8"

	"golang.org/x/text/encoding/unicode"
)

// sizeLimit is far above any real profile.
const sizeLimit = 64 << 10

// The TOML parser takes a minute and more for names and tables thousands deep, in a file of any permitted
// size; these too are far above any real profile.
const (
	dotLimit   = 500 // in a line
	braceLimit = 100 // in the file
)

// plain turns what Windows editors write into UTF-8 with bare line feeds: UTF-16 with or without a byte
// order mark, UTF-8 with one, CRLF. With an error comes the line of the first bad byte, or 0 for the whole file.
func plain(b []byte) (text []byte, line int, err error) {
	if len(b) > sizeLimit {
		return nil, 0, errors.New("the file is larger than 64 KiB, so it is no profile: write one from trunk.toml.example")
	}
	if b, err = Decoded(b); err != nil {
		return nil, 0, err
	}
	b = bytes.ReplaceAll(b, []byte("\r\n"), []byte("\n"))
	b = bytes.ReplaceAll(b, []byte("\r"), []byte("\n"))
	if i := bytes.IndexByte(b, 0); i >= 0 {
		return nil, lineAt(b, i), errors.New("there is a zero byte in the file, so it is not a text file: save it again as plain text")
	}
	if i := invalid(b); i >= 0 {
		return nil, lineAt(b, i), errors.New("there is a character that is not UTF-8: save the file again with the encoding UTF-8")
	}
	if bytes.Count(b, []byte("{")) > braceLimit {
		return nil, 0, errors.New("the file has too many braces, so it is no profile: write one from trunk.toml.example")
	}
	n := 0
	for line := range bytes.Lines(b) {
		if n++; bytes.Count(line, []byte(".")) > dotLimit {
			return nil, n, errors.New("there are too many dots in this line: put a long list on several lines")
		}
	}
	return b, 0, nil
}

// Decoded turns UTF-16, with or without a byte order mark, into UTF-8, and takes the mark of UTF-8 away.
func Decoded(b []byte) ([]byte, error) {
	order := unicode.LittleEndian
	switch {
	case bytes.HasPrefix(b, []byte{0xef, 0xbb, 0xbf}):
		return b[3:], nil
	case bytes.HasPrefix(b, []byte{0xff, 0xfe}):
	case bytes.HasPrefix(b, []byte{0xfe, 0xff}), len(b) > 1 && b[0] == 0 && b[1] != 0:
		order = unicode.BigEndian
	case len(b) > 1 && b[0] != 0 && b[1] == 0:
	default:
		return b, nil
	}
	// The decoder reports nothing: it writes U+FFFD for half a character.
	u, err := unicode.UTF16(order, unicode.UseBOM).NewDecoder().Bytes(b)
	if err != nil || bytes.ContainsRune(u, utf8.RuneError) {
		return nil, errors.New("the file begins as UTF-16 but is damaged: save it again with the encoding UTF-8")
	}
	return u, nil
}

// invalid is the offset of the first byte that is not UTF-8, or -1.
func invalid(b []byte) int {
	for i := 0; i < len(b); {
		r, n := utf8.DecodeRune(b[i:])
		if r == utf8.RuneError && n == 1 {
			return i
		}
		i += n
	}
	return -1
}

func lineAt(b []byte, offset int) int { return 1 + bytes.Count(b[:offset], []byte("\n")) }
