// Package fat writes and reads the card's boot partition: FAT16 with sectors of 512 bytes, as in
// Microsoft's "FAT: General Overview of On-Disk Format", version 1.03. What it writes has one copy of the
// table and unbroken files, which gokrazy's own reader (github.com/gokrazy/internal/fat) takes for granted,
// and room for further files, which gokrazy's own writer leaves out.
package fat

import (
	"encoding/binary"
	"fmt"
)

// File is one file, its name with its folders and slashes between them.
type File struct {
	Name string
	Data []byte
}

const (
	sector      = 512
	entry       = 32  // bytes of a directory entry
	rootEntries = 512 // of the root directory, which cannot grow
	reserved    = 1   // the boot sector
	leastFAT16  = 4085
	mostFAT16   = 65524
	endOfChain  = 0xffff
)

const (
	attrVolume  = 0x08
	attrFolder  = 0x10
	attrArchive = 0x20
	attrLong    = 0x0f
)

// shape is where everything lies in a volume, in sectors.
type shape struct {
	sectors    int // of the volume
	perCluster int
	fats       int
	perFAT     int
	roots      int // entries of the root directory
	before     int // the reserved sectors
}

func (s shape) rootAt() int     { return (s.before + s.fats*s.perFAT) * sector }
func (s shape) dataAt() int     { return s.rootAt() + (s.roots*entry+sector-1)/sector*sector }
func (s shape) cluster() int    { return s.perCluster * sector }
func (s shape) clusters() int   { return (s.sectors*sector - s.dataAt()) / s.cluster() }
func (s shape) at(n uint16) int { return s.dataAt() + (int(n)-2)*s.cluster() }

// shapeFor takes the smallest clusters that FAT16 allows for the size, in bytes.
func shapeFor(size int64) (shape, error) {
	for per := 1; per <= 64; per *= 2 {
		s := shape{sectors: int(size / sector), perCluster: per, fats: 1, roots: rootEntries, before: reserved}
		s.perFAT = (2*(s.sectors/per+2) + sector - 1) / sector
		if n := s.clusters(); n >= leastFAT16 && n <= mostFAT16 {
			return s, nil
		}
	}
	return shape{}, fmt.Errorf("fat: no FAT16 of %d bytes", size)
}

// bootSector describes the volume.
func (s shape) bootSector() []byte {
	b := make([]byte, sector)
	copy(b, "\xeb\x3c\x90trunkbox")
	le := binary.LittleEndian
	le.PutUint16(b[11:], sector)
	b[13] = byte(s.perCluster)
	le.PutUint16(b[14:], uint16(s.before))
	b[16] = byte(s.fats)
	le.PutUint16(b[17:], uint16(s.roots))
	if s.sectors < 1<<16 {
		le.PutUint16(b[19:], uint16(s.sectors))
	} else {
		le.PutUint32(b[32:], uint32(s.sectors))
	}
	b[21] = 0xf8 // a fixed disk
	le.PutUint16(b[22:], uint16(s.perFAT))
	le.PutUint16(b[24:], 63)  // sectors per track and heads, of old
	le.PutUint16(b[26:], 255) //
	b[36] = 0x80
	b[38] = 0x29
	copy(b[39:], "TRNK") // serial number
	copy(b[43:], label+"FAT16   ")
	b[510], b[511] = 0x55, 0xaa
	return b
}

// label is the volume's name, as Windows shows it.
const label = "TRUNKTESTER"

// readShape reads a boot sector.
func readShape(b []byte) (shape, error) {
	le := binary.LittleEndian
	if len(b) < sector || b[510] != 0x55 || b[511] != 0xaa {
		return shape{}, fmt.Errorf("fat: no boot sector")
	}
	s := shape{sectors: int(le.Uint16(b[19:])), perCluster: int(b[13]), fats: int(b[16]), perFAT: int(le.Uint16(b[22:])),
		roots: int(le.Uint16(b[17:])), before: int(le.Uint16(b[14:]))}
	if s.sectors == 0 {
		s.sectors = int(le.Uint32(b[32:]))
	}
	if le.Uint16(b[11:]) != sector || s.perCluster == 0 || s.fats == 0 || s.perFAT == 0 || s.roots == 0 || s.before == 0 {
		return shape{}, fmt.Errorf("fat: not a FAT16 with sectors of %d bytes", sector)
	}
	if s.dataAt() > s.sectors*sector || s.clusters() > s.perFAT*sector/2 {
		return shape{}, fmt.Errorf("fat: %d sectors do not hold what the boot sector says", s.sectors)
	}
	return s, nil
}
