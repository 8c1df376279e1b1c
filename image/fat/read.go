package fat

import (
	"encoding/binary"
	"fmt"
	"unicode/utf16"
)

// deepest is how many folders may lie in one another.
const deepest = 8

// Files reads every file of a volume, in the order of its folders.
func Files(volume []byte) ([]File, error) {
	s, err := readShape(volume)
	if err != nil {
		return nil, err
	}
	if len(volume) < s.sectors*sector {
		return nil, fmt.Errorf("fat: %d bytes of a volume of %d", len(volume), s.sectors*sector)
	}
	r := &reading{shape: s, bytes: volume, left: s.sectors * sector}
	err = r.list(volume[s.rootAt():s.rootAt()+s.roots*entry], "", 0)
	return r.files, err
}

type reading struct {
	shape
	bytes []byte
	files []File
	left  int // bytes that may still be read: files that share clusters would be without end
}

// list reads the entries of a folder.
func (r *reading) list(entries []byte, prefix string, depth int) error {
	if depth > deepest {
		return fmt.Errorf("fat: folders too deep at %q", prefix)
	}
	var long []uint16
	for ; len(entries) >= entry && entries[0] != 0; entries = entries[entry:] {
		e := entries[:entry]
		switch {
		case e[0] == 0xe5:
			long = nil
			continue
		case e[11] == attrLong:
			long = append(longPiece(e), long...)
			continue
		case e[11]&attrVolume != 0, e[0] == '.':
			long = nil
			continue
		}
		name := spoken(e[:11])
		if long != nil {
			name = string(utf16.Decode(long))
		}
		long = nil
		first, size := binary.LittleEndian.Uint16(e[26:]), int(binary.LittleEndian.Uint32(e[28:]))
		folder := e[11]&attrFolder != 0
		if folder {
			size = -1
		}
		data, err := r.chain(first, size)
		if err != nil {
			return fmt.Errorf("fat: %s%s: %w", prefix, name, err)
		}
		if folder {
			err = r.list(data, prefix+name+"/", depth+1)
		} else {
			r.files = append(r.files, File{prefix + name, data})
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// chain reads size bytes from a cluster on; all of them for a size below 0.
func (r *reading) chain(cluster uint16, size int) ([]byte, error) {
	if size > r.left {
		return nil, fmt.Errorf("%d bytes are more than the volume has", size)
	}
	var data []byte
	for size < 0 || len(data) < size {
		if size < 0 && cluster >= 0xfff8 {
			break
		}
		if cluster < 2 || int(cluster) >= r.clusters()+2 || r.left < r.cluster() {
			return nil, fmt.Errorf("the chain of clusters breaks at %d", cluster)
		}
		at := r.at(cluster)
		data = append(data, r.bytes[at:at+r.cluster()]...)
		r.left -= r.cluster()
		cluster = binary.LittleEndian.Uint16(r.bytes[r.before*sector+2*int(cluster):])
	}
	if size >= 0 {
		data = data[:size]
	}
	return data, nil
}
