// Package writelog reads what a block device was given to write, as dm-log-writes of the kernel and blklogwrites of
// qemu record it, and builds from it what a device may hold after its power was cut.
//
// What goes in: the log, and what the device held before. What comes out: the device at any cut.
package writelog

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
)

// The format: the kernel's Documentation/admin-guide/device-mapper/log-writes.rst and drivers/md/dm-log-writes.c.
const (
	magic      = 0x6a736677736872
	version    = 1
	headerSize = 8 + 8 + 8 + 4
	entrySize  = 8 + 8 + 8 + 8

	flagFlush   = 1 << 0
	flagFUA     = 1 << 1
	flagDiscard = 1 << 2

	leastSector = 512
	mostSector  = 4096
	mostBlock   = 64 << 20 // bytes of one write
	mostEntries = 1 << 20
)

// Entry is one request to the device, in the order in which the device finished them.
type Entry struct {
	At      int64 // byte offset on the device
	Size    int64 // bytes written or discarded
	Flush   bool  // all that was finished before lasts from now on
	Lasts   bool  // this write itself lasts as soon as it is finished (FUA)
	Discard bool

	data int64 // where the bytes lie in the log
}

// Log is a recorded session.
type Log struct {
	Sector  int64 // bytes: what a device writes whole or not at all
	Entries []Entry

	from io.ReaderAt
}

// ErrFormat says that a log is none, or is damaged.
var ErrFormat = errors.New("not a log of writes")

// Read lists the entries of a log of size bytes. Their data stay where they are.
func Read(r io.ReaderAt, size int64) (*Log, error) {
	head := make([]byte, headerSize)
	if _, err := r.ReadAt(head, 0); err != nil {
		return nil, fmt.Errorf("%w: header: %w", ErrFormat, err)
	}
	le := binary.LittleEndian
	count, sector := le.Uint64(head[16:]), int64(le.Uint32(head[24:]))
	if le.Uint64(head) != magic || le.Uint64(head[8:]) != version {
		return nil, fmt.Errorf("%w: magic %x, version %d", ErrFormat, le.Uint64(head), le.Uint64(head[8:]))
	}
	if sector < leastSector || sector > mostSector || sector&(sector-1) != 0 || count > mostEntries {
		return nil, fmt.Errorf("%w: %d entries, sectors of %d bytes", ErrFormat, count, sector)
	}
	l := &Log{Sector: sector, from: r}
	at, entry := sector, make([]byte, entrySize)
	for i := range count {
		if _, err := r.ReadAt(entry, at); err != nil {
			return nil, fmt.Errorf("%w: entry %d of %d: %w", ErrFormat, i, count, err)
		}
		first, sectors, flags := le.Uint64(entry), le.Uint64(entry[8:]), le.Uint64(entry[16:])
		if first > 1<<40 || sectors > 1<<32 {
			return nil, fmt.Errorf("%w: entry %d: %d sectors at %d", ErrFormat, i, sectors, first)
		}
		e := Entry{At: int64(first) * sector, Size: int64(sectors) * sector, data: at + sector,
			Flush: flags&flagFlush != 0, Lasts: flags&flagFUA != 0, Discard: flags&flagDiscard != 0}
		at += sector
		if !e.Discard {
			if at += e.Size; e.Size > mostBlock || at > size {
				return nil, fmt.Errorf("%w: entry %d writes %d bytes, and the log ends at %d", ErrFormat, i, e.Size, size)
			}
		}
		l.Entries = append(l.Entries, e)
	}
	return l, nil
}

// Data reads what an entry wrote; zeros for a discard.
func (l *Log) Data(e Entry) ([]byte, error) {
	data := make([]byte, e.Size)
	if e.Discard {
		return data, nil
	}
	if _, err := l.from.ReadAt(data, e.data); err != nil {
		return nil, fmt.Errorf("reading %d bytes of the log at %d: %w", e.Size, e.data, err)
	}
	return data, nil
}
