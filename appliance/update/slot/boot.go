package slot

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
)

const (
	sector  = 512
	entry   = 32 // bytes of a directory's entry
	dosName = "CMDLINE TXT"
)

// place is where cmdline.txt lies on the boot partition, in bytes. It fits one sector, so that a power cut
// leaves the old line or the new one.
type place struct {
	at     int64
	length int
}

// findCmdline finds cmdline.txt in the root directory of a FAT16 (Microsoft, "FAT: General Overview of
// On-Disk Format", 1.03).
func findCmdline(boot io.ReaderAt) (place, error) {
	head := make([]byte, sector)
	if _, err := boot.ReadAt(head, 0); err != nil {
		return place{}, fmt.Errorf("reading the boot partition: %w", err)
	}
	le := binary.LittleEndian
	reserved, tables, entries, perTable := int64(le.Uint16(head[14:])), int64(head[16]), int64(le.Uint16(head[17:])), int64(le.Uint16(head[22:]))
	perCluster := int64(head[13])
	if le.Uint16(head[510:]) != 0xaa55 || le.Uint16(head[11:]) != sector || perCluster == 0 || tables == 0 || perTable == 0 || entries == 0 || entries > 4096 {
		return place{}, fmt.Errorf("%w (the boot partition is no FAT16)", ErrCmdline)
	}
	rootAt := (reserved + tables*perTable) * sector
	root := make([]byte, entries*entry)
	if _, err := boot.ReadAt(root, rootAt); err != nil {
		return place{}, fmt.Errorf("reading the boot partition: %w", err)
	}
	dataAt := rootAt + (entries*entry+sector-1)/sector*sector
	for ; len(root) > 0 && root[0] != 0; root = root[entry:] {
		if !bytes.Equal(root[:11], []byte(dosName)) {
			continue
		}
		cluster, size := int64(le.Uint16(root[26:])), le.Uint32(root[28:])
		if cluster < 2 || size == 0 || size > sector {
			return place{}, fmt.Errorf("%w (%d bytes at cluster %d)", ErrCmdline, size, cluster)
		}
		return place{at: dataAt + (cluster-2)*perCluster*sector, length: int(size)}, nil
	}
	return place{}, fmt.Errorf("%w (it is not there)", ErrCmdline)
}
