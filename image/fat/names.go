package fat

import (
	"bytes"
	"fmt"
	"strings"
	"unicode/utf16"
)

// shortName is a name of 8 and 3 characters that stands for a long one; taken are those of the folder so far.
func shortName(name string, taken map[string]bool) string {
	base, ext := name, ""
	if dot := strings.LastIndexByte(name, '.'); dot > 0 {
		base, ext = name[:dot], name[dot+1:]
	}
	cleanBase, cleanExt := shortLetters(base), shortLetters(ext)
	plain := fmt.Sprintf("%-8.8s%-3.3s", cleanBase, cleanExt)
	fits := strings.EqualFold(cleanBase, base) && strings.EqualFold(cleanExt, ext) && len(base) <= 8 && len(ext) <= 3
	if fits && !taken[plain] {
		taken[plain] = true
		return plain
	}
	for n := 1; ; n++ {
		tail := fmt.Sprintf("~%d", n)
		head := cleanBase[:min(len(cleanBase), 8-len(tail))]
		short := fmt.Sprintf("%-8s%-3.3s", head+tail, cleanExt)
		if !taken[short] {
			taken[short] = true
			return short
		}
	}
}

// shortLetters keeps the letters that a short name may have, as capitals.
func shortLetters(s string) string {
	return strings.Map(func(r rune) rune {
		if r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("-_~!#$%&@", r) {
			return r
		}
		return -1
	}, strings.ToUpper(s))
}

const perLong = 13 // characters in an entry of a long name

// longEntries are the entries that go before the short one and hold the whole name.
func longEntries(name, short string) []byte {
	units := utf16.Encode([]rune(name))
	count := (len(units) + perLong - 1) / perLong
	padded := make([]uint16, count*perLong)
	for i := range padded {
		switch {
		case i < len(units):
			padded[i] = units[i]
		case i > len(units):
			padded[i] = 0xffff
		}
	}
	var b bytes.Buffer
	for n := count; n > 0; n-- {
		e := make([]byte, entry)
		e[0] = byte(n)
		if n == count {
			e[0] |= 0x40
		}
		e[11], e[13] = attrLong, checksum(short)
		for i, at := range longPlaces() {
			u := padded[(n-1)*perLong+i]
			e[at], e[at+1] = byte(u), byte(u>>8)
		}
		b.Write(e)
	}
	return b.Bytes()
}

// longPlaces are where the characters lie in an entry of a long name.
func longPlaces() [perLong]int { return [perLong]int{1, 3, 5, 7, 9, 14, 16, 18, 20, 22, 24, 28, 30} }

// longPiece is the part of a name in one entry.
func longPiece(e []byte) []uint16 {
	var units []uint16
	for _, at := range longPlaces() {
		u := uint16(e[at]) | uint16(e[at+1])<<8
		if u == 0 {
			break
		}
		units = append(units, u)
	}
	return units
}

// checksum ties a long name to its short one.
func checksum(short string) byte {
	var sum byte
	for i := range 11 {
		sum = sum>>1 | sum<<7
		sum += short[i]
	}
	return sum
}

// spoken is a short name as it is said: with a dot.
func spoken(raw []byte) string {
	base, ext := strings.TrimRight(string(raw[:8]), " "), strings.TrimRight(string(raw[8:11]), " ")
	if ext != "" {
		base += "." + ext
	}
	return base
}
