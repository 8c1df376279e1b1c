package profile

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// MaxSize is the largest profile in bytes: a hundred times a real one.
const MaxSize = 64 << 10

// readText reads a text file as Windows may have saved it: with a byte order mark, as UTF-16 of either order,
// with or without a mark, with CRLF. It gives UTF-8 with LF, or the problem.
func readText(r io.Reader, file string) (string, error) {
	data, err := io.ReadAll(io.LimitReader(r, MaxSize+1))
	if err != nil {
		return "", fmt.Errorf("reading %s: %w", file, err)
	}
	text, fault := decode(data)
	if fault != "" {
		return "", Problems{{File: file, Line: badLine(text), Text: fault}}
	}
	return strings.ReplaceAll(strings.ReplaceAll(text, "\r\n", "\n"), "\r", "\n"), nil
}

// decode gives the text, or as much as is known of it and what is wrong.
func decode(data []byte) (text, fault string) {
	switch {
	case len(data) > MaxSize:
		return "", fmt.Sprintf("the file is larger than %d KiB; this is not a profile", MaxSize>>10)
	case bytes.HasPrefix(data, []byte(`{\rtf`)), bytes.HasPrefix(data, []byte("PK\x03\x04")):
		return "", "this is a word processor's document; save it as plain text"
	}
	text = string(data)
	if order, rest := utf16Order(data); order != nil {
		if len(rest)%2 != 0 {
			return "", "the file ends in the middle of a character; save it again as plain text (UTF-8)"
		}
		units := make([]uint16, len(rest)/2)
		for i := range units {
			units[i] = order.Uint16(rest[2*i:])
		}
		text = string(utf16.Decode(units))
	}
	text = strings.TrimPrefix(text, "\ufeff")
	switch {
	case !utf8.ValidString(text):
		return text, "a character here is not UTF-8; save the file as plain text with the encoding UTF-8"
	case strings.ContainsRune(text, 0):
		return text, "the file has NUL bytes in it; it is damaged, or not a text file"
	}
	return text, ""
}

// utf16Order says whether data is UTF-16, and gives it without its mark. Without a mark it goes by the first
// character, which in TOML is never above U+00FF.
func utf16Order(data []byte) (binary.ByteOrder, []byte) {
	switch {
	case bytes.HasPrefix(data, []byte{0xff, 0xfe}):
		return binary.LittleEndian, data[2:]
	case bytes.HasPrefix(data, []byte{0xfe, 0xff}):
		return binary.BigEndian, data[2:]
	case len(data) >= 2 && data[0] != 0 && data[1] == 0:
		return binary.LittleEndian, data
	case len(data) >= 2 && data[0] == 0 && data[1] != 0:
		return binary.BigEndian, data
	}
	return nil, data
}

// badLine is the line of the first character that has no place in a text, 0 for none.
func badLine(text string) int {
	line := 1
	for i, r := range text {
		if r == '\n' {
			line++
		}
		if _, size := utf8.DecodeRuneInString(text[i:]); r == 0 || r == utf8.RuneError && size == 1 {
			return line
		}
	}
	return 0
}
