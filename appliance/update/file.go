// Package update is the file that brings a box a new version: a root image with a signed manifest in front of
// it. trunkkit signs it on any computer, the box checks it; nothing in here writes to a card.
//
// The file is: magic; the manifest's length in 2 bytes, big-endian; the manifest, JSON; an ed25519 signature
// (RFC 8032) of all bytes before it, 64 bytes; the root, a squashfs, to the end of the file.
package update

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
)

// FileName is what the box looks for on a stick.
const FileName = "trunktester.update"

const (
	magic    = "trunktester update 1\n"
	headSize = len(magic) + 2
	// pieceSize is how much is read at a time: the box has little memory.
	pieceSize = 256 << 10
)

// Sign writes an update of the release: root is a squashfs of the size, which is read twice.
func Sign(w io.Writer, key ed25519.PrivateKey, r Release, root io.ReaderAt, size int64) (Manifest, error) {
	m := Manifest{Schema: schema, Version: r.Version, Build: r.Build, Model: r.Model, Kernel: r.Kernel, Size: size}
	hash := sha256.New()
	n, err := io.Copy(hash, io.NewSectionReader(root, 0, size))
	if err == nil && n != size {
		err = io.ErrUnexpectedEOF
	}
	if err != nil {
		return Manifest{}, fmt.Errorf("reading the root: %d bytes of %d: %w", n, size, err)
	}
	m.SHA256 = hex.EncodeToString(hash.Sum(nil))
	text, err := m.encode()
	if err != nil {
		return Manifest{}, fmt.Errorf("the manifest: %w", err)
	}
	head := binary.BigEndian.AppendUint16([]byte(magic), uint16(len(text)))
	head = append(head, text...)
	head = append(head, ed25519.Sign(key, head)...)
	if _, err := w.Write(head); err != nil {
		return Manifest{}, err
	}
	_, err = io.Copy(w, io.NewSectionReader(root, 0, size))
	return m, err
}

// File is an update of which only the head was read. Nothing that it says is true before Verify.
type File struct {
	manifest  Manifest
	signed    []byte
	signature []byte
	from      io.ReaderAt
	rootAt    int64
	length    int64 // of the whole file
}

// Open reads the head of a file of the length, in bytes. ErrNoUpdate, ErrCutShort, ErrDamaged.
func Open(r io.ReaderAt, length int64) (*File, error) {
	head := make([]byte, headSize+manifestMost+ed25519.SignatureSize)
	n, err := r.ReadAt(head[:min(int64(len(head)), max(length, 0))], 0)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("reading the update file: %w", err)
	}
	head = head[:n]
	if !bytes.HasPrefix(head, []byte(magic)) {
		if bytes.HasPrefix([]byte(magic), head) {
			return nil, ErrCutShort
		}
		return nil, ErrNoUpdate
	}
	if len(head) < headSize {
		return nil, ErrCutShort
	}
	size := int(binary.BigEndian.Uint16(head[len(magic):]))
	if size > manifestMost {
		return nil, fmt.Errorf("%w (a manifest of %d bytes)", ErrDamaged, size)
	}
	if len(head) < headSize+size+ed25519.SignatureSize {
		return nil, ErrCutShort
	}
	f := &File{from: r, length: length, signed: head[:headSize+size], rootAt: int64(headSize + size + ed25519.SignatureSize)}
	f.signature = head[headSize+size : f.rootAt]
	if f.manifest, err = decodeManifest(f.signed[headSize:]); err != nil {
		return nil, err
	}
	return f, nil
}

// Verify checks everything before anything is written: the key (ErrNoKey for nil, ErrSignature), whether the
// update fits a box that runs the release (see Manifest.Fits), and every byte of the root (ErrCutShort,
// ErrDamaged). The manifest counts only with a nil error.
func (f *File) Verify(ctx context.Context, key ed25519.PublicKey, running Release, floor int64) (Manifest, error) {
	if len(key) != ed25519.PublicKeySize {
		return Manifest{}, ErrNoKey
	}
	if !ed25519.Verify(key, f.signed, f.signature) {
		return Manifest{}, ErrSignature
	}
	if err := f.manifest.Fits(running, floor); err != nil {
		return Manifest{}, err
	}
	if f.length < f.rootAt+f.manifest.Size {
		return Manifest{}, fmt.Errorf("%w (%d bytes of %d)", ErrCutShort, f.length, f.rootAt+f.manifest.Size)
	}
	if f.length > f.rootAt+f.manifest.Size {
		return Manifest{}, fmt.Errorf("%w (%d bytes too many)", ErrDamaged, f.length-f.rootAt-f.manifest.Size)
	}
	sum, err := sumOf(ctx, f.Root())
	if err != nil {
		return Manifest{}, fmt.Errorf("reading the update file: %w", err)
	}
	if sum != f.manifest.SHA256 {
		return Manifest{}, ErrDamaged
	}
	return f.manifest, nil
}

// Claims is what the file says of itself, whoever wrote it: only Verify makes it true.
func (f *File) Claims() Manifest { return f.manifest }

// Root is the root image. A stick may give other bytes at every reading: what was written is checked again.
func (f *File) Root() *io.SectionReader {
	return io.NewSectionReader(f.from, f.rootAt, f.manifest.Size)
}

// sumOf is the SHA-256 of all that r has, in hexadecimal; it stops when ctx ends.
func sumOf(ctx context.Context, r io.Reader) (string, error) {
	hash, piece := sha256.New(), make([]byte, pieceSize)
	for {
		if err := ctx.Err(); err != nil {
			return "", err
		}
		n, err := r.Read(piece)
		hash.Write(piece[:n])
		if errors.Is(err, io.EOF) {
			return hex.EncodeToString(hash.Sum(nil)), nil
		}
		if err != nil {
			return "", err
		}
	}
}
