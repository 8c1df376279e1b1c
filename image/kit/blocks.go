package kit

import (
	"bytes"
	"compress/gzip"
	"errors"
	"io"
)

const (
	block = 64 << 10 // bytes that are looked at, copied or left out at a time
	// The largest image, far above a card's; a packed file of a few megabytes may unpack to any size.
	mostSize  = 64 << 30
	mostBytes = 2 << 30 // that are not zero
)

// blocks is an image in memory without its empty blocks.
type blocks struct {
	size int64
	full map[int64][]byte // by number
}

// unpack reads a packed image.
func unpack(r io.Reader) (*blocks, error) {
	zip, err := gzip.NewReader(r)
	if err != nil {
		return nil, err
	}
	all := &blocks{full: map[int64][]byte{}}
	buffer := make([]byte, block)
	for n := int64(0); ; n++ {
		got, err := io.ReadFull(zip, buffer)
		all.size += int64(got)
		if !zero(buffer[:got]) {
			all.full[n] = bytes.Clone(buffer[:got])
		}
		// ReadFull says ErrUnexpectedEOF for a short last block as well as for a file that is cut off.
		if got < block && err != nil {
			if _, end := zip.Read(make([]byte, 1)); end != io.EOF {
				return nil, end
			}
			return all, zip.Close()
		}
		if err != nil {
			return nil, err
		}
		if all.size > mostSize || int64(len(all.full))*block > mostBytes {
			return nil, errors.New("it is larger than any card image")
		}
	}
}

// ReadAt implements io.ReaderAt.
func (b *blocks) ReadAt(p []byte, off int64) (n int, err error) {
	if off < 0 {
		return 0, errors.New("kit: reading before the beginning")
	}
	for n < len(p) && off < b.size {
		within := off % block
		piece := p[n:min(len(p), n+int(min(block-within, b.size-off)))]
		clear(piece)
		if full, ok := b.full[off/block]; ok && int(within) < len(full) {
			copy(piece, full[within:])
		}
		n, off = n+len(piece), off+int64(len(piece))
	}
	if n < len(p) {
		return n, io.EOF
	}
	return n, nil
}

// zero tells whether there is nothing but zero bytes.
func zero(b []byte) bool {
	var none [4096]byte
	for len(b) > len(none) {
		if !bytes.Equal(b[:len(none)], none[:]) {
			return false
		}
		b = b[len(none):]
	}
	return bytes.Equal(b, none[:len(b)])
}
