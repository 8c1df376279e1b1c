// Package capture records the box's own packets on one interface, in bounded memory, and writes them as
// pcapng with every nonce, cnonce and digest response overwritten. The run loop starts it; the page and
// the command line write it out.
package capture

import (
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"regexp"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/mdlayher/packet"
	"golang.org/x/sys/unix"
)

// DefaultLimit is the memory for packets in bytes: some minutes of diagnosis.
const DefaultLimit = 4 << 20

// overhead is what one kept packet costs beside its bytes.
const overhead = 64

// ErrPermission: the program may not open packet sockets (packet(7) wants CAP_NET_RAW).
var ErrPermission = errors.New("no permission to record packets (needs root or CAP_NET_RAW)")

// Capture keeps the newest packets of one interface that came from or went to this box.
type Capture struct {
	name    string
	conn    *packet.Conn
	started time.Time
	reader  sync.WaitGroup
	mac     net.HardwareAddr
	without []uint16
	stopped atomic.Bool

	mu      sync.Mutex
	ring    ring
	failure error // why recording ended by itself, nil otherwise
}

// Start records on the interface until Stop; limit is in bytes, 0 for DefaultLimit. TCP on the box's own
// ports in without is left out: a page that is read would push the run's packets out of the memory. It
// fails with ErrPermission where packet sockets are not allowed.
func Start(name string, limit int, without ...uint16) (*Capture, error) {
	if limit <= 0 {
		limit = DefaultLimit
	}
	ifi, err := net.InterfaceByName(name)
	if err != nil {
		return nil, fmt.Errorf("capture on %q: %w", name, err)
	}
	filter, err := own(ifi.HardwareAddr)
	if err != nil {
		return nil, fmt.Errorf("capture on %s: %w", name, err)
	}
	conn, err := packet.Listen(ifi, packet.Raw, unix.ETH_P_ALL, &packet.Config{Filter: filter})
	if errors.Is(err, os.ErrPermission) {
		return nil, fmt.Errorf("capture on %s: %w: %w", name, ErrPermission, err)
	}
	if err != nil {
		return nil, fmt.Errorf("capture on %s: %w", name, err)
	}
	c := &Capture{name: name, conn: conn, started: time.Now(), ring: ring{limit: limit}, mac: ifi.HardwareAddr, without: without}
	c.reader.Go(c.read)
	return c, nil
}

// Stop ends the recording; what was kept can still be written.
func (c *Capture) Stop() {
	c.stopped.Store(true)
	c.conn.Close()
	c.reader.Wait()
}

func (c *Capture) read() {
	buffer := make([]byte, 1<<16+64) // a whole offloaded segment
	for {
		n, _, err := c.conn.ReadFrom(buffer)
		if err != nil && c.stopped.Load() { // closing it brings any of several errors
			return
		}
		if err == nil && slices.ContainsFunc(c.without, func(port uint16) bool { return servedOn(port, buffer[:n], c.mac) }) {
			continue
		}
		c.mu.Lock()
		if errors.Is(err, unix.ENETDOWN) { // the interface is down; packets come again with it
			c.mu.Unlock()
			continue
		}
		if err != nil {
			c.failure = err
			c.mu.Unlock()
			return
		}
		// The wall clock may be set while we record: times keep their distances.
		c.ring.add(record{at: c.started.Add(time.Since(c.started)), data: append([]byte{}, buffer[:n]...)})
		c.mu.Unlock()
	}
}

// Len is the number of packets kept, and of those dropped to stay within the limit.
func (c *Capture) Len() (kept, dropped int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.ring.records), c.ring.dropped
}

// Write writes what is kept as pcapng, without secrets; the comment names the run. captions are comments of single
// packets, by the Call-ID of the SIP message in them.
func (c *Capture) Write(w io.Writer, comment string, captions map[string]string) error {
	c.mu.Lock()
	records, dropped, failure := c.ring.snapshot(), c.ring.dropped, c.failure
	c.mu.Unlock()
	if dropped > 0 {
		comment += fmt.Sprintf(" The oldest %d packets were dropped to save memory.", dropped)
	}
	if failure != nil {
		comment += fmt.Sprintf(" Recording ended early: %v.", failure)
	}
	redact(records)
	for i, r := range records {
		if id := callID.FindSubmatch(r.data); id != nil {
			records[i].caption = captions[string(id[1])]
		}
	}
	return write(w, c.name, comment, records)
}

// callID is the header in any of the ways in which a server may write it (RFC 3261 section 20.8).
var callID = regexp.MustCompile(`(?i)\n(?:call-id|i)[ \t]*:[ \t]*([^\s]+)`)

// record is one packet from the link layer on.
type record struct {
	at      time.Time
	data    []byte
	caption string // its comment in the file, "" for none
}

// ring keeps the newest records within a limit of bytes.
type ring struct {
	limit   int
	size    int
	dropped int
	records []record
}

func (r *ring) add(p record) {
	r.records = append(r.records, p)
	r.size += len(p.data) + overhead
	gone := 0
	for r.size > r.limit && gone < len(r.records) {
		r.size -= len(r.records[gone].data) + overhead
		r.records[gone].data = nil
		gone++
	}
	r.records, r.dropped = r.records[gone:], r.dropped+gone
}

// snapshot copies the records, so that they can be changed.
func (r *ring) snapshot() []record {
	records := make([]record, len(r.records))
	for i, p := range r.records {
		records[i] = record{at: p.at, data: append([]byte{}, p.data...)}
	}
	return records
}
