// Package gpt finds the partitions of a card image (UEFI specification 2.10, section 5.3).
package gpt

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
)

// Sector is the size of one in bytes, on every card.
const Sector = 512

// Partition is a stretch of the card, in bytes.
type Partition struct {
	Offset, Size int64
}

const (
	entriesMost  = 1024
	entryLargest = 4096
)

// Read lists the partitions in the order of the table, without the unused entries.
func Read(r io.ReaderAt) ([]Partition, error) {
	head := make([]byte, 92)
	if _, err := r.ReadAt(head, Sector); err != nil {
		return nil, fmt.Errorf("gpt: reading the header: %w", err)
	}
	if string(head[:8]) != "EFI PART" {
		return nil, errors.New("gpt: no header in sector 1")
	}
	start, count, size := binary.LittleEndian.Uint64(head[72:]), binary.LittleEndian.Uint32(head[80:]), binary.LittleEndian.Uint32(head[84:])
	if count > entriesMost || size < 128 || size > entryLargest || start > 1<<32 {
		return nil, fmt.Errorf("gpt: %d entries of %d bytes at sector %d", count, size, start)
	}
	table := make([]byte, int(count)*int(size))
	if _, err := r.ReadAt(table, int64(start)*Sector); err != nil {
		return nil, fmt.Errorf("gpt: reading %d entries at sector %d: %w", count, start, err)
	}
	var all []Partition
	for ; len(table) > 0; table = table[size:] {
		if [16]byte(table[:16]) == [16]byte{} {
			continue
		}
		first, last := binary.LittleEndian.Uint64(table[32:]), binary.LittleEndian.Uint64(table[40:])
		if last < first || last > 1<<48 {
			return nil, fmt.Errorf("gpt: partition %d from sector %d to %d", len(all)+1, first, last)
		}
		all = append(all, Partition{Offset: int64(first) * Sector, Size: int64(last-first+1) * Sector})
	}
	return all, nil
}
