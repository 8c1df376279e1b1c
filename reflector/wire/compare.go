package wire

import (
	"bytes"
	"iter"
	"strconv"
	"strings"
)

// Difference is one place where the message that was received is not the one that was sent.
type Difference struct {
	Place    string // "start line", a header field's name as in "Via", "Via 2", "body line 3", "line ends"
	Sent     string // the line, "" where it was added on the way
	Received string // the line, "" where it was taken away
}

// Compare gives all differences: first those of the start line and the header in the order in which they were
// sent, then what was added, then the body. Nothing at all means that the two are equal, byte for byte.
func Compare(sent, received []byte) []Difference {
	if bytes.Equal(sent, received) {
		return nil
	}
	a, b := places(sent), places(received)
	var all []Difference
	for _, p := range a.order {
		if other, ok := b.line[p]; !ok || other != a.line[p] {
			all = append(all, Difference{p, a.line[p], other})
		}
	}
	for _, p := range b.order {
		if _, ok := a.line[p]; !ok {
			all = append(all, Difference{p, "", b.line[p]})
		}
	}
	if len(all) == 0 { // the same lines in another order, or ended otherwise
		all = append(all, Difference{Place: "order or line ends"})
	}
	return all
}

// placed are the lines of a message by their place.
type placed struct {
	order []string
	line  map[string]string
}

func places(message []byte) placed {
	p := placed{line: map[string]string{}}
	add := func(place, line string) {
		p.order = append(p.order, place)
		p.line[place] = line
	}
	seen := map[string]int{}
	start, fields, body := Lines(message)
	add("start line", string(start))
	for line := range fields {
		name := FieldName(line)
		key := strings.ToLower(name)
		seen[key]++
		if seen[key] > 1 {
			key += " " + strconv.Itoa(seen[key])
		}
		add(display(key, name), string(line))
	}
	n := 0
	for line := range bytes.Lines(body) {
		n++
		add("body line "+strconv.Itoa(n), string(bytes.TrimRight(line, "\r\n")))
	}
	return p
}

// display keeps "Via" and "via" in one place, under the name that most write.
func display(key, name string) string {
	if long, ok := spelled[strings.ToLower(name)]; ok {
		return long + key[len(name):]
	}
	return key
}

// spelled are names as RFC 3261 writes them; the compact ones of its section 7.3.3 are kept apart, as a
// device that turns one into the other has rewritten the message.
var spelled = map[string]string{
	"via": "Via", "from": "From", "to": "To", "call-id": "Call-ID", "cseq": "CSeq", "contact": "Contact",
	"content-length": "Content-Length", "content-type": "Content-Type", "max-forwards": "Max-Forwards",
	"user-agent": "User-Agent", "route": "Route", "record-route": "Record-Route", "x-reflect": "X-Reflect",
	"allow": "Allow", "supported": "Supported", "expires": "Expires", "accept": "Accept",
}

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
