package report

import (
	"errors"
	"fmt"
	"strings"

	"trunktester/appliance/catalogue"
)

// Slip is the verdict of a run as a short line that can be scanned, typed or read aloud, without any network:
//
//	TRUNKTESTER 3-2 RED KIT-0042 ABCDEFGHIJ 1.2.0 4711
//
// Its letters are those that a QR code packs closest (ISO/IEC 18004, alphanumeric mode). The last word are check digits.
type Slip struct {
	Code     string // as in the catalogue
	Severity catalogue.Severity
	Kit      string // "" for a kit without a name
	Run      string
	Version  string
}

// slipWord begins every slip, and says what the text is.
const slipWord = "TRUNKTESTER"

// mostOfAWord bounds the words of a slip.
const mostOfAWord = 32

// ErrNoSlip says that a text is no slip at all; ErrSlipDigits that it is one with a mistake in it.
var (
	ErrNoSlip     = errors.New("this is not the text of a trunktester QR code, which begins with " + slipWord)
	ErrSlipDigits = errors.New("the check digits do not fit: a letter was lost or mistyped; scan or copy it again")
)

// Slip is the short line of a finished run, "" while there is no verdict.
func (r Report) Slip() string {
	if r.Running() || r.Verdict.Code == "" {
		return ""
	}
	words := []string{slipWord}
	for _, w := range []string{r.Verdict.Code, string(r.Verdict.Severity), string(r.Kit), r.ID, r.Version} {
		words = append(words, slipped(w))
	}
	text := strings.Join(words, " ")
	return fmt.Sprintf("%s %04d", text, checkDigits(text))
}

// ParseSlip reads a slip back; capitals and blanks do not matter.
func ParseSlip(text string) (Slip, error) {
	words := strings.Fields(strings.ToUpper(text))
	if len(words) == 0 || words[0] != slipWord {
		return Slip{}, ErrNoSlip
	}
	last := len(words) - 1
	if len(words) != 7 || words[last] != fmt.Sprintf("%04d", checkDigits(strings.Join(words[:last], " "))) {
		return Slip{}, ErrSlipDigits
	}
	s := Slip{Code: strings.ToLower(words[1]), Severity: catalogue.Severity(strings.ToLower(words[2])), Run: words[4], Version: words[5]}
	if words[3] != "-" {
		s.Kit = words[3]
	}
	return s, nil
}

// slipped is a text as one word of a slip: capitals, digits, dots and dashes; "-" for nothing.
func slipped(s string) string {
	words := strings.FieldsFunc(strings.ToUpper(s), func(r rune) bool {
		return (r < 'A' || r > 'Z') && (r < '0' || r > '9') && r != '.'
	})
	s = strings.Join(words, "-")
	if s = strings.Trim(s[:min(len(s), mostOfAWord)], "-"); s == "" {
		return "-"
	}
	return s
}

// slipLetters are those of QR codes in their order: the digits of a number in base 45.
const slipLetters = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:"

// checkModulus is the largest prime of four digits: one letter that changed, and two that changed places, always
// change the remainder.
const checkModulus = 9973

// checkDigits are the remainder of the text as a number; a letter that slips do not have counts as the last one.
func checkDigits(text string) int {
	sum := 0
	for _, c := range text {
		digit := strings.IndexRune(slipLetters, c)
		if digit < 0 {
			digit = len(slipLetters) - 1
		}
		sum = (sum*len(slipLetters) + digit) % checkModulus
	}
	return sum
}
