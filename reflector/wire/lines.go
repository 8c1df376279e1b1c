package wire

import (
	"bytes"
	"iter"
)

// Lines takes a message apart, whatever it is: the start line, the header fields (a folded one with all its
// lines, without its last line end) and the body behind the empty line. Blank lines before the start line are passed over.
func Lines(message []byte) (start []byte, fields iter.Seq[[]byte], body []byte) {
	rest := bytes.TrimLeft(message, "\r\n")
	start, rest = line(rest)
	head := rest
	for len(rest) > 0 {
		var l []byte
		before := rest
		if l, rest = line(rest); len(l) == 0 {
			head, body = head[:len(head)-len(before)], rest
			break
		}
	}
	return start, func(yield func([]byte) bool) {
		for rest := head; len(rest) > 0; {
			field := rest
			_, rest = line(rest)
			for len(rest) > 0 && (rest[0] == ' ' || rest[0] == '\t') {
				_, rest = line(rest)
			}
			if !yield(bytes.TrimSuffix(bytes.TrimSuffix(field[:len(field)-len(rest)], []byte("\n")), []byte("\r"))) {
				return
			}
		}
	}, body
}

// line cuts the first line off; its end, CRLF or a bare LF, is in neither.
func line(b []byte) (first, rest []byte) {
	first, rest, _ = bytes.Cut(b, []byte("\n"))
	return bytes.TrimSuffix(first, []byte("\r")), rest
}

// FieldName is the name of a header field, "" for a line without a colon.
func FieldName(field []byte) string {
	name, _, ok := bytes.Cut(field, []byte(":"))
	if !ok {
		return ""
	}
	return string(bytes.TrimSpace(name))
}

// FieldValue is the value of a header field as it was written, without the space around it.
func FieldValue(field []byte) []byte {
	_, value, _ := bytes.Cut(field, []byte(":"))
	return bytes.TrimSpace(value)
}
