package profile

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
)

// sealMark begins the first line of a profile on the card, which is a comment to TOML.
const sealMark = "# trunktester/profile/1 "

// ErrDamaged says that a profile on the card is not what was written there.
var ErrDamaged = errors.New("the profile is damaged: the checksum in its first line does not fit")

// Seal puts a comment with the checksum in front of a profile, as it is kept on the card: half a file is
// then never taken for a whole one.
func Seal(text []byte) []byte {
	sum := sha256.Sum256(text)
	return append([]byte(sealMark+hex.EncodeToString(sum[:])+"\n"), text...)
}

// Unseal gives back what Seal was given, or ErrDamaged. A text without the comment was written by hand
// and is returned as it is.
func Unseal(file []byte) ([]byte, error) {
	if !bytes.HasPrefix(file, []byte(sealMark)) {
		return file, nil
	}
	_, text, found := bytes.Cut(file, []byte("\n"))
	if !found || !bytes.Equal(file, Seal(text)) {
		return nil, ErrDamaged
	}
	return text, nil
}
