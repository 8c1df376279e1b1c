package sip

import (
	"bytes"
	"net/netip"
	"strings"
	"sync"
	"time"
)

// arrival is one thing that came in on a socket.
type arrival struct {
	at   time.Time
	door netip.AddrPort
	raw  []byte     // a datagram or a framed message
	icmp *ICMPError // or an ICMP error
	err  error      // or the end of a stream
}

// transaction is one request that waits for its reply.
type transaction struct {
	request Request
	arrived chan arrival
}

// transactions are the requests in flight on one connection.
type transactions struct {
	mu    sync.Mutex
	open  map[*transaction]bool
	ended error // of a stream that was closed
}

// enough for every answer to every retransmission of a request; what does not fit is dropped
const arrivals = 64

func (ts *transactions) begin(r Request) *transaction {
	t := &transaction{request: r, arrived: make(chan arrival, arrivals)}
	ts.mu.Lock()
	defer ts.mu.Unlock()
	if ts.open == nil {
		ts.open = map[*transaction]bool{}
	}
	ts.open[t] = true
	if ts.ended != nil {
		t.arrived <- arrival{err: ts.ended}
	}
	return t
}

func (ts *transactions) end(t *transaction) {
	ts.mu.Lock()
	defer ts.mu.Unlock()
	delete(ts.open, t)
}

// deliver hands an arrival to the request that it belongs to, or to all when it names none: then it is a
// stray for each of them.
func (ts *transactions) deliver(a arrival) {
	ts.mu.Lock()
	defer ts.mu.Unlock()
	text := a.raw
	if a.icmp != nil {
		text = a.icmp.Quoted
	}
	owner := ts.owner(text)
	for t := range ts.open {
		if owner == nil || owner == t {
			select {
			case t.arrived <- a:
			default:
			}
		}
	}
}

// owner is the request that bytes belong to; a branch outweighs a Call-ID, which several may share.
func (ts *transactions) owner(raw []byte) *transaction {
	var owner *transaction
	for t := range ts.open {
		if bytes.Contains(raw, []byte(t.request.Branch)) {
			return t
		}
		if t.owns(raw) {
			owner = t
		}
	}
	return owner
}

// owns says whether bytes belong to the request: they hold its branch, or its Call-ID and CSeq. These are
// drawn at random, so that a mangled message still finds its request.
func (t *transaction) owns(raw []byte) bool {
	if bytes.Contains(raw, []byte(t.request.Branch)) {
		return true
	}
	if !bytes.Contains(raw, []byte(t.request.CallID)) && !bytes.Contains(raw, []byte("tag="+t.request.FromTag)) {
		return false
	}
	n, _ := Split(raw).CSeq()
	return n == t.request.CSeq
}

// mangled compares what a reply must repeat (RFC 3261 section 8.2.6.2) with what was sent.
func mangled(r Request, sent, reply *Message) []string {
	var names []string
	branch, _ := reply.Via().Params.Get("branch")
	if branch != r.Branch || reply.Via().SentBy != sent.Via().SentBy {
		names = append(names, "Via")
	}
	if !sameAddress(sent.Get("From"), reply.Get("From")) {
		names = append(names, "From")
	}
	to, _, _ := strings.Cut(reply.Get("To"), ";tag=") // the server adds a tag
	if !sameAddress(sent.Get("To"), to) {
		names = append(names, "To")
	}
	if reply.Get("Call-ID") != sent.Get("Call-ID") {
		names = append(names, "Call-ID")
	}
	n, method := reply.CSeq()
	if n != r.CSeq || method != r.Method {
		names = append(names, "CSeq")
	}
	return names
}

// sameAddress compares From or To without white space, which a server may normalise.
func sameAddress(a, b string) bool {
	return strings.Join(strings.Fields(a), "") == strings.Join(strings.Fields(b), "")
}

// close tells every request in flight that the connection has ended.
func (ts *transactions) close(err error) {
	ts.mu.Lock()
	defer ts.mu.Unlock()
	ts.ended = err
	for t := range ts.open {
		select {
		case t.arrived <- arrival{err: err}:
		default:
		}
	}
}
