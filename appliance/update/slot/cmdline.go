package slot

import (
	"bytes"
	"errors"
	"fmt"
	"regexp"
)

// Words of gokrazy's init (github.com/gokrazy/gokrazy, gokrazy.go, maybeSwitchToInactive): it reads them in
// cmdline.txt on the card, replaces the first by the second, and only then starts the other root. So a
// trial happens once, and the start after it is the old root's again.
const (
	tryWord   = "gokrazy.try_boot_inactive=1"
	triedWord = "gokrazy.switch_on_boot=1"
)

// leastRoom are the spaces that must follow the flag: gokrazy writes the shorter word without filling up, so
// that the last characters of the line stay.
const leastRoom = len(tryWord) - len(triedWord)

// rootWord names the root by its distance from the first partition (kernel, init/do_mounts.c): 1 for
// partition 2, 2 for partition 3.
var rootWord = regexp.MustCompile(`(^| )root=PARTUUID=[0-9a-fA-F-]{36}/PARTNROFF=([12])( |$)`)

// ErrCmdline says that cmdline.txt is not as the image step wrote it.
var ErrCmdline = errors.New("cmdline.txt on the card is not as this box wrote it: write the card anew")

// cmdline is the text of cmdline.txt. It is only ever replaced by one of the same length.
type cmdline []byte

// root is the partition that the firmware starts, 2 or 3.
func (c cmdline) root() (int, error) {
	all := rootWord.FindAllSubmatch(c, 2)
	if len(all) != 1 || bytes.IndexByte(c, 0) >= 0 {
		return 0, fmt.Errorf("%w (root is named %d times)", ErrCmdline, len(all))
	}
	return int(all[0][2][0]-'0') + 1, nil
}

func (c cmdline) trying() bool { return bytes.Contains(c, []byte(tryWord)) }
func (c cmdline) tried() bool  { return bytes.Contains(c, []byte(triedWord)) }

// plain is the line without gokrazy's words.
func (c cmdline) plain() cmdline {
	out := bytes.Clone(c)
	for _, word := range []string{tryWord, triedWord} {
		out = bytes.ReplaceAll(out, []byte(word), nil)
	}
	return c.filled(bytes.TrimRight(out, " "))
}

// filled brings a text to the line's own length.
func (c cmdline) filled(text []byte) cmdline {
	return append(bytes.Clone(text), bytes.Repeat([]byte{' '}, len(c)-len(text))...)
}

// onTrial is the line with which the other root is started once.
func (c cmdline) onTrial() (cmdline, error) {
	text := bytes.TrimRight(c.plain(), " ")
	if len(text)+1+len(tryWord)+leastRoom > len(c) || bytes.ContainsAny(text, "\r\n") {
		return nil, fmt.Errorf("%w (there is no room in it)", ErrCmdline)
	}
	return c.filled(append(append(text, ' '), tryWord...)), nil
}

// switched is the line with which a root, 2 or 3, is started from now on.
func (c cmdline) switched(root int) (cmdline, error) {
	if _, err := c.root(); err != nil {
		return nil, err
	}
	out := c.plain()
	at := rootWord.FindSubmatchIndex(out)
	out[at[4]] = byte('0' + root - 1)
	return out, nil
}
