package report

import (
	"slices"
	"strings"
)

// A part is a piece of a line; Other says that the line beside it has something else there, or nothing.
type part struct {
	Words string
	Other bool
}

// header is one line of a SIP message in short: its name as it is written, and its value. The first line of a message
// has no name.
type header struct{ Name, Value string }

// side is one message's line of a difference, in pieces; None says that the message has no such line.
type side struct {
	Parts []part
	None  bool
}

// difference is a line that two messages do not have in common.
type difference struct {
	Name   string // of the header; "" for the first line
	Before side
	After  side
}

// echoed are the headers that an answer repeats from its request (RFC 3261 section 8.2.6.2).
var echoed = []string{"via", "from", "to", "call-id", "cseq"}

// chance says that a header is another in every message, so that a difference there tells nothing.
func chance(name string) bool { return name == "call-id" || name == "date" || name == "cseq" }

// random are parameters that are drawn for each message.
var random = []string{"branch", "tag", "nonce", "cnonce", "opaque"}

// echo compares a request with its answer by the headers that the answer must repeat, but for what a server adds to
// them; two requests, as sent and as they arrived, line by line.
func echo(sent, received string) []difference {
	before, after := headers(sent), headers(received)
	if len(before) == 0 || len(after) == 0 {
		return nil
	}
	if answer(before) == answer(after) {
		return differ(before, after, nil)
	}
	return differ(repeated(before), repeated(after), nil)
}

// repeated are the echoed headers without what a server adds to them: received and rport of Via (RFC 3261 section
// 18.2.1, RFC 3581 section 4), and the tag of To.
func repeated(message []header) []header {
	var all []header
	for _, h := range message {
		added := map[string][]string{"via": {"received", "rport"}, "to": {"tag"}}
		if name := strings.ToLower(h.Name); slices.Contains(echoed, name) {
			all = append(all, header{h.Name, without(h.Value, added[name])})
		}
	}
	return all
}

// without takes parameters out of a value.
func without(value string, names []string) string {
	parameters := strings.Split(value, ";")
	return strings.Join(slices.DeleteFunc(parameters, func(p string) bool {
		name, _, _ := strings.Cut(p, "=")
		return slices.Contains(names, strings.ToLower(strings.TrimSpace(name)))
	}), ";")
}

// against compares two messages of the same kind, a probe's and its control's, but for what is drawn for each message.
func against(probe, control string) []difference {
	before, after := headers(probe), headers(control)
	if len(before) == 0 || len(after) == 0 || answer(before) != answer(after) {
		return nil
	}
	drop := func(all []header) []header {
		return slices.DeleteFunc(all, func(h header) bool { return chance(strings.ToLower(h.Name)) })
	}
	return differ(drop(before), drop(after), random)
}

func answer(message []header) bool { return strings.HasPrefix(message[0].Value, "SIP/2.0 ") }

// mostHeaders bounds the work of a comparison; a message with more is not compared.
const mostHeaders = 100

// headers reads the lines of a SIP message above its body, the first line among them; nil for anything else.
func headers(message string) []header {
	var all []header
	for line := range strings.Lines(Clean(message)) {
		line = strings.TrimRight(line, "\r\n")
		switch name, value, ok := strings.Cut(line, ":"); {
		case line == "":
			return all
		case len(all) == mostHeaders:
			return nil
		case len(all) == 0:
			if !strings.HasSuffix(line, "SIP/2.0") && !strings.HasPrefix(line, "SIP/2.0 ") {
				return nil
			}
			all = append(all, header{Value: line})
		case ok:
			all = append(all, header{strings.TrimSpace(name), strings.TrimSpace(value)})
		}
	}
	return all
}

// differ pairs the headers of two messages by name, the first of a name with the first, and gives those that are not
// the same. What follows a parameter's name in ignored is left out.
func differ(before, after []header, ignored []string) []difference {
	var all []difference
	taken := make([]bool, len(after))
	for _, b := range before {
		i := slices.IndexFunc(after, func(a header) bool { return strings.EqualFold(a.Name, b.Name) })
		for i >= 0 && taken[i] {
			n := slices.IndexFunc(after[i+1:], func(a header) bool { return strings.EqualFold(a.Name, b.Name) })
			if i += n + 1; n < 0 {
				i = -1
			}
		}
		if i < 0 {
			all = append(all, difference{b.Name, side{Parts: []part{{b.Value, true}}}, side{None: true}})
			continue
		}
		taken[i] = true
		if one, other, same := apart(b.Value, after[i].Value, ignored); !same {
			all = append(all, difference{b.Name, side{Parts: one}, side{Parts: other}})
		}
	}
	for i, a := range after {
		if !taken[i] {
			all = append(all, difference{a.Name, side{None: true}, side{Parts: []part{{a.Value, true}}}})
		}
	}
	return all
}

// apart marks the pieces that two values do not have in common: their longest common subsequence stays unmarked.
func apart(a, b string, ignored []string) (one, other []part, same bool) {
	x, y := pieces(a, ignored), pieces(b, ignored)
	if slices.Equal(x, y) {
		return nil, nil, true
	}
	common := make([][]int, len(x)+1) // of x[i:] and y[j:]
	for i := range common {
		common[i] = make([]int, len(y)+1)
	}
	for i := len(x) - 1; i >= 0; i-- {
		for j := len(y) - 1; j >= 0; j-- {
			if common[i][j] = max(common[i+1][j], common[i][j+1]); x[i] == y[j] {
				common[i][j] = common[i+1][j+1] + 1
			}
		}
	}
	i, j := 0, 0
	for i < len(x) || j < len(y) {
		switch {
		case i < len(x) && j < len(y) && x[i] == y[j]:
			one, other = put(one, x[i], false), put(other, y[j], false)
			i, j = i+1, j+1
		case j == len(y) || i < len(x) && common[i+1][j] >= common[i][j+1]:
			one = put(one, x[i], true)
			i++
		default:
			other = put(other, y[j], true)
			j++
		}
	}
	return one, other, false
}

// mostPieces bounds the work of a comparison: a header of a real message has a dozen.
const mostPieces = 60

// pieces cuts a value where a reader would: at the delimiters of a header, which are pieces themselves. What follows a
// name in ignored is left out.
func pieces(value string, ignored []string) []string {
	var all []string
	for value != "" {
		n := strings.IndexAny(value, ";, @<>=:")
		switch {
		case len(all) >= mostPieces, n < 0:
			n = len(value)
		case n == 0:
			n = 1
		}
		all, value = append(all, value[:n]), value[n:]
		if len(all) > 1 && all[len(all)-1] == "=" && slices.Contains(ignored, strings.ToLower(all[len(all)-2])) {
			end := strings.IndexAny(value, ";, ")
			if end < 0 {
				end = len(value)
			}
			all, value = append(all, "…"), value[end:]
		}
	}
	return all
}

// put adds a piece to a line, to the part before it where that is of the same kind.
func put(line []part, piece string, other bool) []part {
	if n := len(line); n > 0 && line[n-1].Other == other {
		line[n-1].Words += piece
		return line
	}
	return append(line, part{piece, other})
}
