package kit

import (
	"regexp"
	"strconv"
	"strings"
	"time"
	"unicode"

	"trunktester/appliance/profile"
)

// asText is how Excel is kept from changing a cell.
const asText = "in Excel, mark the column, choose Format Cells, Number, Text, and type the value again"

// inFile is how a value reaches a card that no cell can hold.
const inFile = "if it is really so, write it in a profile and name that in the column profile"

var (
	scientific = regexp.MustCompile(`^[+-]?[0-9]+([.,][0-9]+)?[eE][+-]?[0-9]+$`)
	fraction   = regexp.MustCompile(`^[0-9]+[.,][0-9]*$`)
	spoiled    = regexp.MustCompile(`^#+$|^#(NAME|REF|VALUE|DIV/0|N/A|NUM|NULL)[!?]?`)
)

// cellValue is what a cell sets its key to, or what is wrong with it.
func cellValue(key, text string) (value any, fault string) {
	if key != "trunk.tls_ca" && strings.ContainsFunc(text, unicode.IsControl) {
		return nil, "there is a line break or a tab in the cell: take it out, or look for a quote that is missing"
	}
	if key == "trunk.password" {
		return passwordValue(text)
	}
	text = strings.TrimSpace(text)
	switch {
	case spoiled.MatchString(text):
		return nil, "Excel has written its own error in place of the value: " + asText
	case strings.HasPrefix(text, "="):
		return nil, "this is a formula: write the value itself; " + asText
	}
	switch profile.Keys()[key] {
	case profile.Number:
		n, err := strconv.ParseInt(text, 10, 64)
		if err != nil {
			return nil, "this must be a whole number: write digits alone"
		}
		return n, ""
	case profile.Switch:
		switch strings.ToLower(text) {
		case "true":
			return true, ""
		case "false":
			return false, ""
		}
		return nil, "this must be true or false"
	case profile.List:
		var all []any
		for _, one := range strings.FieldsFunc(text, func(r rune) bool { return r == ',' || r == ';' || unicode.IsSpace(r) }) {
			all = append(all, one)
		}
		return all, ""
	}
	return text, textFault(key, text)
}

func passwordValue(text string) (any, string) {
	switch {
	case text != strings.TrimSpace(text):
		return nil, "the password begins or ends with a space: take it out; " + inFile
	case scientific.MatchString(text):
		return nil, "Excel has written the password as a number with an exponent: " + asText + "; " + inFile
	case spoiled.MatchString(text):
		return nil, "Excel has written its own error in place of the password: " + asText + "; " + inFile
	}
	return text, ""
}

// textFault is what a spreadsheet did to a text.
func textFault(key, text string) string {
	if scientific.MatchString(text) {
		return "Excel has written the number with an exponent and lost its last digits: " + asText
	}
	switch key {
	case "trunk.username", "trunk.auth_user":
		switch {
		case strings.HasPrefix(text, "'"), strings.HasPrefix(text, "’"):
			return "there is an apostrophe in front: take it out; to keep Excel from changing the number, mark the column and choose Format Cells, Number, Text"
		case strings.HasPrefix(text, "+"):
			return "there is a + in front, which Excel takes for a sign: write the digits alone, as in 441632960000, in a column that is formatted as Text; " + inFile
		case fraction.MatchString(text):
			return "there is a decimal point in the number: " + asText
		}
	case "kit.support_until":
		if _, err := time.Parse(time.DateOnly, text); err != nil {
			return "this must be a date as in 2031-12-31; Excel writes dates in its own way: " + asText
		}
	}
	return ""
}
