package wire

import (
	"bytes"
	"strconv"
	"strings"
)

// Difference is one place where the message that was received is not the one that was sent.
type Difference struct {
	Place    string // "start line"; a header field's name as it was sent, "Via", the next of that name "Via 2"; "body line 3"
	Sent     string // the line without its end; "" where it was added on the way
	Received string // the line without its end; "" where it was taken away
}

// Unordered is the place of a difference that is in no single line: the same lines in another order, or ended otherwise.
const Unordered = "order or line ends"

// Compare gives all differences: first those of the start line and the header fields in the order in which they
// were sent, then the fields that were added, then the body. Nothing at all means that the two are equal, byte
// for byte: whatever routes and translates addresses without reading SIP changes none (RFC 3022 section 2.9).
func Compare(sent, received []byte) []Difference {
	if bytes.Equal(sent, received) {
		return nil
	}
	a, b := take(sent), take(received)
	all := append(a.head.against(b.head), bodies(a.body, b.body)...)
	if len(all) == 0 {
		return []Difference{{Place: Unordered}}
	}
	return all
}

// parts are a message for comparison.
type parts struct {
	head head
	body []string
}

// head are the start line and header fields by their key: the name in lower case, and which of that name it is.
type head struct {
	order []string
	place map[string]string // how the key is shown
	line  map[string]string
}

func take(message []byte) parts {
	start, fields, body := Lines(message)
	p := parts{head: head{place: map[string]string{}, line: map[string]string{}}}
	p.head.add("", "start line", string(start))
	seen := map[string]int{}
	for field := range fields {
		name := FieldName(field)
		// A compact name (RFC 3261 section 7.3.3) is another one than its long form: a device that turns one into the
		// other has rewritten the message.
		key := "field " + strings.ToLower(name)
		if seen[key]++; seen[key] > 1 {
			n := " " + strconv.Itoa(seen[key])
			key, name = key+n, name+n
		}
		p.head.add(key, name, string(field))
	}
	for l := range bytes.Lines(body) {
		p.body = append(p.body, string(bytes.TrimRight(l, "\r\n")))
	}
	return p
}

func (h *head) add(key, place, line string) {
	h.order = append(h.order, key)
	h.place[key], h.line[key] = place, line
}

func (h head) against(received head) []Difference {
	var all []Difference
	for _, key := range h.order {
		if line := received.line[key]; line != h.line[key] {
			all = append(all, Difference{h.place[key], h.line[key], line})
		}
	}
	for _, key := range received.order {
		if _, sent := h.line[key]; !sent {
			all = append(all, Difference{received.place[key], "", received.line[key]})
		}
	}
	return all
}

// bodies pairs what stands between the lines that begin and end both, so that one line added or
// taken away does not make all after it differ.
func bodies(sent, received []string) []Difference {
	first := 0
	for first < len(sent) && first < len(received) && sent[first] == received[first] {
		first++
	}
	sent, received = sent[first:], received[first:]
	for len(sent) > 0 && len(received) > 0 && sent[len(sent)-1] == received[len(received)-1] {
		sent, received = sent[:len(sent)-1], received[:len(received)-1]
	}
	var all []Difference
	for i := range max(len(sent), len(received)) {
		d := Difference{Place: "body line " + strconv.Itoa(first+i+1)}
		if i < len(sent) {
			d.Sent = sent[i]
		}
		if i < len(received) {
			d.Received = received[i]
		}
		if d.Sent != d.Received {
			all = append(all, d)
		}
	}
	return all
}
