package report

import (
	"fmt"
	"net/netip"
	"regexp"
	"time"
	"unicode/utf8"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"trunktester/appliance/catalogue"
)

// encoding writes what is not known as null, wherever it stands; nil slices are [] by json v2's own
// rule. Bytes of the network that are not UTF-8 become U+FFFD.
func encoding() json.Options {
	return json.JoinOptions(
		jsontext.AllowInvalidUTF8(true),
		json.WithMarshalers(json.JoinMarshalers(
			nullWhen(func(a netip.Addr) bool { return !a.IsValid() }),
			nullWhen(func(a netip.AddrPort) bool { return !a.IsValid() }),
			nullWhen(func(p netip.Prefix) bool { return !p.IsValid() }),
			nullWhen(time.Time.IsZero),
			nullWhen(func(t Text) bool { return t == "" }),
			nullWhen(func(f catalogue.Finding) bool { return f.Code == "" }),
		)))
}

func nullWhen[T any](unknown func(T) bool) *json.Marshalers {
	return json.MarshalToFunc(func(enc *jsontext.Encoder, v T) error {
		if unknown(v) {
			return enc.WriteToken(jsontext.Null)
		}
		return json.SkipFunc
	})
}

// MarshalJSON writes the object of docs/report.schema.json, keys in its order.
func (r Report) MarshalJSON() ([]byte, error) {
	type plain Report // without this method
	return json.Marshal(plain(r), encoding())
}

// JSON is the report as a file: indented, with a newline at the end. Control characters that JSON lets
// stand, which a terminal would obey (DEL and ISO 6429's 8-bit ones), are escaped as well.
func (r Report) JSON() ([]byte, error) {
	b, err := json.Marshal(r, jsontext.WithIndent("  "))
	if err != nil {
		return nil, fmt.Errorf("encode report %s: %w", r.ID, err)
	}
	return append(controls.ReplaceAllFunc(b, func(c []byte) []byte {
		r, _ := utf8.DecodeRune(c)
		return fmt.Appendf(nil, "\\u%04x", r)
	}), '\n'), nil
}

// controls stand only within strings.
var controls = regexp.MustCompile("[\u007f-\u009f]")

// Decode reads a report that was written by JSON.
func Decode(b []byte) (Report, error) {
	var r Report
	if err := json.Unmarshal(b, &r); err != nil {
		return Report{}, fmt.Errorf("decode report of %d bytes: %w", len(b), err)
	}
	if r.Schema != Schema {
		return Report{}, fmt.Errorf("decode report: schema %q is not %q", r.Schema, Schema)
	}
	return r, nil
}
