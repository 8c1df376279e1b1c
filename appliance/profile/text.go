package profile

import (
	"bytes"
	"fmt"
	"unicode/utf8"

	"golang.org/x/text/encoding/unicode"
)

// sizeLimit is far above any real profile.
const sizeLimit = 64 << 10

// plain turns what Windows editors write into UTF-8 with bare line feeds: UTF-16 with or without a byte
// order mark, UTF-8 with one, CRLF.
func plain(b []byte) ([]byte, error) {
	b, err := decoded(b)
	if err != nil {
		return nil, err
	}
	if !utf8.Valid(b) {
		return nil, fmt.Errorf("the file is not plain text in UTF-8 or UTF-16: save it again as UTF-8")
	}
	if bytes.IndexByte(b, 0) >= 0 {
		return nil, fmt.Errorf("the file holds zero bytes, so it is not a text file: save it again as plain text")
	}
	b = bytes.ReplaceAll(b, []byte("\r\n"), []byte("\n"))
	return bytes.ReplaceAll(b, []byte("\r"), []byte("\n")), nil
}

func decoded(b []byte) ([]byte, error) {
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
	u, err := unicode.UTF16(order, unicode.UseBOM).NewDecoder().Bytes(b)
	if err != nil {
		return nil, fmt.Errorf("the file is not valid UTF-16: save it again as UTF-8")
	}
	return u, nil
}
