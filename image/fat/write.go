package fat

import (
	"encoding/binary"
	"fmt"
	"sort"
	"strings"
	"time"
)

// Build makes a volume of so many bytes with the files in it, each with the same time. The same files give
// the same bytes.
func Build(size int64, stamp time.Time, files []File) ([]byte, error) {
	s, err := shapeFor(size)
	if err != nil {
		return nil, err
	}
	root := &folder{}
	for _, f := range files {
		if err := root.add(strings.Split(f.Name, "/"), f); err != nil {
			return nil, err
		}
	}
	v := &volume{shape: s, bytes: make([]byte, size), next: 2, stamp: stamp}
	copy(v.bytes, s.bootSector())
	v.link(0, 0xfff8)
	v.link(1, endOfChain)
	listing, err := v.list(root, 0, 0)
	if err != nil {
		return nil, err
	}
	if len(listing) > s.roots*entry {
		return nil, fmt.Errorf("fat: %d bytes of names do not fit the root directory", len(listing))
	}
	copy(v.bytes[s.rootAt():], listing)
	return v.bytes, nil
}

// folder holds files and folders by their names.
type folder struct {
	files   map[string][]byte
	folders map[string]*folder
}

func (d *folder) add(path []string, f File) error {
	name := path[0]
	if name == "" || name == "." || name == ".." || strings.ContainsAny(name, "\\:*?\"<>|") {
		return fmt.Errorf("fat: no file can be called %q", f.Name)
	}
	if len(path) == 1 {
		if _, there := d.files[name]; there || d.folders[name] != nil {
			return fmt.Errorf("fat: %q is there twice", f.Name)
		}
		if d.files == nil {
			d.files = map[string][]byte{}
		}
		d.files[name] = f.Data
		return nil
	}
	if d.folders == nil {
		d.folders = map[string]*folder{}
	}
	if d.folders[name] == nil {
		d.folders[name] = &folder{}
	}
	return d.folders[name].add(path[1:], f)
}

// names are sorted, so that the volume is always the same.
func (d *folder) names() []string {
	var all []string
	for name := range d.files {
		all = append(all, name)
	}
	for name := range d.folders {
		all = append(all, name)
	}
	sort.Strings(all)
	return all
}

// volume is being filled from its first cluster on.
type volume struct {
	shape
	bytes []byte
	next  uint16
	stamp time.Time
}

func (v *volume) link(cluster, next uint16) {
	binary.LittleEndian.PutUint16(v.bytes[v.before*sector+2*int(cluster):], next)
}

// take reserves unbroken clusters for so many bytes and returns the first; 0 for no bytes.
func (v *volume) take(size int) (uint16, error) {
	n := (size + v.cluster() - 1) / v.cluster()
	if n == 0 {
		return 0, nil
	}
	if int(v.next)-2+n > v.clusters() {
		return 0, fmt.Errorf("fat: the volume is full: %d bytes more do not fit", size)
	}
	first := v.next
	for i := range n {
		next := v.next + 1
		if i == n-1 {
			next = endOfChain
		}
		v.link(v.next, next)
		v.next++
	}
	return first, nil
}

// list writes what is in a folder and returns its entries. own and parent are the first clusters, 0 for the root.
func (v *volume) list(d *folder, own, parent uint16) ([]byte, error) {
	var b []byte
	if own == 0 {
		b = append(b, v.entry(label, attrVolume, 0, 0)...)
	} else {
		b = append(b, v.entry(".          ", attrFolder, own, 0)...)
		b = append(b, v.entry("..         ", attrFolder, parent, 0)...)
	}
	taken := map[string]bool{}
	for _, name := range d.names() {
		short := shortName(name, taken)
		if spoken([]byte(short)) != name {
			b = append(b, longEntries(name, short)...)
		}
		if inner := d.folders[name]; inner != nil {
			first, err := v.folder(inner, own)
			if err != nil {
				return nil, err
			}
			b = append(b, v.entry(short, attrFolder, first, 0)...)
			continue
		}
		data := d.files[name]
		first, err := v.take(len(data))
		if err != nil {
			return nil, err
		}
		if first != 0 {
			copy(v.bytes[v.at(first):], data)
		}
		b = append(b, v.entry(short, attrArchive, first, len(data))...)
	}
	return b, nil
}

// folder reserves the clusters of a folder before those of its files: their number follows from the names.
func (v *volume) folder(d *folder, parent uint16) (uint16, error) {
	size := 2 * entry
	taken := map[string]bool{}
	for _, name := range d.names() {
		if short := shortName(name, taken); spoken([]byte(short)) != name {
			size += len(longEntries(name, short))
		}
		size += entry
	}
	first, err := v.take(size)
	if err != nil {
		return 0, err
	}
	listing, err := v.list(d, first, parent)
	copy(v.bytes[v.at(first):], listing)
	return first, err
}

func (v *volume) entry(short string, attr byte, first uint16, size int) []byte {
	e := make([]byte, entry)
	copy(e, short)
	e[11] = attr
	t := v.stamp.UTC()
	clock := uint16(t.Hour()<<11 | t.Minute()<<5 | t.Second()/2)
	day := uint16(max(0, t.Year()-1980)<<9 | int(t.Month())<<5 | t.Day())
	le := binary.LittleEndian
	le.PutUint16(e[14:], clock)
	le.PutUint16(e[16:], day)
	le.PutUint16(e[18:], day)
	le.PutUint16(e[22:], clock)
	le.PutUint16(e[24:], day)
	le.PutUint16(e[26:], first)
	le.PutUint32(e[28:], uint32(size))
	return e
}
